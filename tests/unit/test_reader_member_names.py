"""Names of archive members: which encoding an archive's names are in, in NFC, with their bytes kept."""

from __future__ import annotations

import io
import tarfile
import unicodedata
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.batch import Defect
from include.deliveries.archives import Member, archive_of
from include.deliveries.archives.names import Ballot, fault, read_name

KOREAN = ["원천데이터/감귤_0001.jpg", "라벨링데이터/똠방각하.json", "쀍/뷁.txt", "한글 이름 (1).wav", "plain.txt"]


def zip_of_raw(path: Path, names: list[bytes], *, flag: bool = False) -> Path:
    """A zip whose names are exactly these bytes."""
    with zipfile.ZipFile(path, "w") as archive:
        for number, raw in enumerate(names):
            archive.writestr(zipfile.ZipInfo("ABCDE"[number] * len(raw)), b"x")
    data = path.read_bytes()
    for number, raw in enumerate(names):
        data = data.replace(b"ABCDE"[number : number + 1] * len(raw), raw)
    if flag:
        for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
            start = data.find(mark)
            while start >= 0:
                data = data[: start + at] + b"\x00\x08" + data[start + at + 2 :]
                start = data.find(mark, start + 4)
    path.write_bytes(data)
    return path


def read(path: Path) -> tuple[list[Member], list[Defect]]:
    found = list(archive_of(path, path.name).walk())
    return [one for one in found if isinstance(one, Member)], [one for one in found if isinstance(one, Defect)]


@pytest.mark.parametrize(
    ("encode", "flag", "written"),
    [
        (lambda name: name.encode("cp949"), False, "cp949"),
        (lambda name: name.encode("utf-8"), False, "utf-8"),
        (lambda name: name.encode("utf-8"), True, "utf-8-flag"),
        (lambda name: unicodedata.normalize("NFD", name).encode(), False, "utf-8-nfd"),
        (lambda name: unicodedata.normalize("NFD", name).encode(), True, "utf-8-flag-nfd"),
    ],
)
def test_korean_names_as_tools_write_them(tmp_path, encode, flag, written):
    raw = [encode(name) for name in KOREAN]
    members, found = read(zip_of_raw(tmp_path / "a.zip", raw, flag=flag))
    assert found == []
    assert [member.name for member in members] == KOREAN
    assert [member.raw for member in members] == raw
    assert {member.written for member in members} == {written, "ascii"}


def test_one_syllable_that_is_valid_utf_8_too_is_outvoted(tmp_path):
    lone = next(
        syllable
        for code in range(0xAC00, 0xD7A4)
        if (syllable := chr(code)) and _utf8(syllable.encode("cp949"))
    )  # fmt: skip
    raw = [name.encode("cp949") for name in (lone + ".jpg", "감귤.jpg")]
    members, _ = read(zip_of_raw(tmp_path / "a.zip", raw))
    assert [member.name for member in members] == [lone + ".jpg", "감귤.jpg"]
    members, _ = read(zip_of_raw(tmp_path / "b.zip", raw[:1]))
    assert members[0].name == lone + ".jpg", "and on its own Hangul is likelier than what UTF-8 makes of it"


def _utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def test_a_name_in_no_encoding_is_a_finding_and_the_rest_read(tmp_path):
    raw = ["감귤.jpg".encode("cp949"), b"\xff\xff\xff.jpg", "나무.jpg".encode("cp949")]
    members, found = read(zip_of_raw(tmp_path / "a.zip", raw))
    assert [member.name for member in members] == ["감귤.jpg", "나무.jpg"]
    assert [(one.code, one.file) for one in found] == [("member-encoding", r"a.zip!/\xff\xff\xff.jpg")]
    members, found = read(zip_of_raw(tmp_path / "b.zip", raw[:1], flag=True))
    assert (members, [one.code for one in found]) == ([], ["member-encoding"])


def test_info_zips_unicode_path_is_believed_if_it_is_about_the_name(tmp_path):
    import struct
    import zlib

    raw, name = "감귤.jpg".encode("cp949"), "감귤.jpg".encode()
    for crc, encodings in ((zlib.crc32(raw), {"utf-8-flag"}), (7, {"cp949"})):
        path = tmp_path / f"{crc}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            info = zipfile.ZipInfo("x" * len(raw))
            info.extra = struct.pack("<2HBL", 0x7075, 5 + len(name), 1, crc) + name
            archive.writestr(info, b"x")
        path.write_bytes(path.read_bytes().replace(b"x" * len(raw), raw))
        members, found = read(path)
        assert ([member.name for member in members], found) == (["감귤.jpg"], [])
        assert {member.written for member in members} == encodings


@pytest.mark.parametrize("fmt", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_tar_names_vote_unless_pax_says_utf_8(tmp_path, fmt):
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w", format=fmt, encoding="cp949") as archive:
        for name in KOREAN:
            info = tarfile.TarInfo(name)
            info.size = 1
            archive.addfile(info, io.BytesIO(b"x"))
    members, found = read(path)
    assert ([member.name for member in members], found) == (KOREAN, [])
    expected = "cp949" if fmt == tarfile.GNU_FORMAT else "utf-8-flag"
    assert {member.written for member in members} == {expected, "ascii"}


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=40), st.booleans(), st.sampled_from(["utf-8", "cp949"]))
def test_any_bytes_are_a_name_or_none(raw, flagged, decided):
    ballot = Ballot()
    ballot.add(raw)
    assert ballot.decided in {"utf-8", "cp949"}
    named = read_name(raw, flagged=flagged, decided=decided)
    assert named is None or unicodedata.is_normalized("NFC", named.text)
    assert named is None or fault(named.text) is None or fault(named.text).startswith("member-")


@given(st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=2, max_size=8))
def test_two_syllables_or_more_are_known_in_both_encodings(name):
    for encoding in ("utf-8", "cp949"):
        ballot = Ballot()
        ballot.add(name.encode(encoding))
        if encoding == "utf-8" or not _utf8(name.encode("cp949")):
            assert ballot.decided == encoding
