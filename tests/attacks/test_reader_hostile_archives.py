"""Hostile archives: every attack on names, sizes, structure and bytes ends as a finding, and the rest is read.

Each attack is made here, by zipfile, tarfile or by hand, and named after what it tries.
"""

from __future__ import annotations

import io
import random
import stat
import struct
import tarfile
import time
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest

from checks.batch import Defect
from checks.schema.delivered_files import FILE_CODES
from include.deliveries.archives import ArchiveLimits, Member, archive_of, is_archive
from include.deliveries.readers.base import Part
from include.deliveries.readers.codes import CODES

GOOD = {"원천/a.jpg": b"first" * 100, "b.txt": "가나다".encode() * 500, "deep/er/c.json": b'{"x":1}'}


def walk(path: Path, part: Part | None = None, limits: ArchiveLimits | None = None) -> tuple[dict[str, bytes], list]:
    """Every member's bytes by name, and the findings as (code, path)."""
    archive, members, found = archive_of(path, path.name, limits), {}, []
    copy = path.with_name("spooled")
    for one in archive.walk(part):
        if isinstance(one, Defect):
            assert CODES[one.code].list == one.list == "file"
            found.append((one.code, one.file))
            continue
        assert isinstance(one, Member)
        refused = archive.spool(one, copy)
        if refused is None:
            assert one.name not in members
            members[one.name] = copy.read_bytes()
            assert len(members[one.name]) == one.size
        else:
            found.append((refused.code, refused.file))
    return members, found


def zipped(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def tarred(path: Path, members: dict[str, bytes], fmt: int = tarfile.PAX_FORMAT) -> Path:
    mode = "w" if path.name.endswith(".tar") else "w:gz"
    with tarfile.open(path, mode, format=fmt) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


MAKERS = {"a.zip": zipped, "a.tar": tarred, "a.tar.gz": tarred, "a.tgz": tarred}


@pytest.mark.parametrize("name", MAKERS)
def test_the_good_archive_is_read_whole(tmp_path, name):
    assert is_archive(name.upper())
    assert walk(MAKERS[name](tmp_path / name, GOOD)) == (GOOD, [])


def test_stored_streamed_and_prefixed_zips(tmp_path):
    assert walk(zipped(tmp_path / "a.zip", GOOD, zipfile.ZIP_STORED)) == (GOOD, [])

    class Pipe(io.RawIOBase):  # cannot seek: zipfile writes data descriptors
        def __init__(self):
            self.data = b""

        def writable(self):
            return True

        def write(self, chunk):
            self.data += bytes(chunk)
            return len(chunk)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in GOOD.items():
            archive.writestr(name, data)
    (tmp_path / "b.zip").write_bytes(b"#!/bin/self-extracting\n" + pipe.data)
    assert walk(tmp_path / "b.zip") == (GOOD, [])


def test_zip64_in_every_field(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive, archive.open("a", "w", force_zip64=True) as file:
        file.write(b"data")
    data = path.read_bytes()
    at = data.index(b"PK\1\2")
    record = bytearray(data[at : data.index(b"PK\5\6")])
    size, packed, place = 4, 4, 0
    struct.pack_into("<2L", record, 20, 0xFFFFFFFF, 0xFFFFFFFF)
    struct.pack_into("<H", record, 30, 28)
    struct.pack_into("<L", record, 42, 0xFFFFFFFF)
    record += struct.pack("<2H3Q", 1, 24, size, packed, place)
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, len(record), at)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, at + len(record), 1)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    path.write_bytes(data[:at] + record + end64 + locator + end)
    assert walk(path) == ({"a": b"data"}, [])


def edited(path: Path, at: bytes, offset: int, value: bytes, *, all_of: bool = False) -> Path:
    """The file with `value` written `offset` bytes behind the first (or every) place of `at`."""
    data = bytearray(path.read_bytes())
    start = data.find(at)
    while start >= 0:
        data[start + offset : start + offset + len(value)] = value
        start = data.find(at, start + 4) if all_of else -1
    path.write_bytes(data)
    return path


DIRECTORY, LOCAL = b"PK\1\2", b"PK\3\4"
X = {"x.txt": b"some text, some text, some text"}

ZIP_EDITS = {
    "encrypted": (DIRECTORY, 8, b"\x01\x00", "member-encrypted"),
    "strongly-encrypted": (DIRECTORY, 8, b"\x41\x00", "member-encrypted"),
    "encrypted-in-its-own-header-only": (LOCAL, 6, b"\x01\x00", "member-corrupt"),
    "another-checksum": (DIRECTORY, 16, b"\0\0\0\0", "member-corrupt"),
    "smaller-than-declared": (DIRECTORY, 24, b"\xff\0\0\0", "member-size"),
    "larger-than-declared": (DIRECTORY, 24, b"\x01\0\0\0", "member-size"),
    "packed-smaller": (DIRECTORY, 20, b"\x02\0\0\0", "member-corrupt"),
    "packed-over-the-directory": (DIRECTORY, 20, b"\xff\0\0\0", "member-overlap"),
    "lzma": (DIRECTORY, 10, b"\x0e\x00", "member-unsupported"),
    "header-elsewhere": (DIRECTORY, 42, b"\x03\0\0\0", "member-corrupt"),
    "header-behind-the-end": (DIRECTORY, 42, b"\xff\xff\xff\x7f", "member-overlap"),
    "another-name-in-its-own-header": (LOCAL, 30, b"y", "member-corrupt"),
    "symlink": (DIRECTORY, 40, struct.pack("<H", stat.S_IFLNK | 0o777), "member-link"),
    "device": (DIRECTORY, 40, struct.pack("<H", stat.S_IFCHR | 0o666), "member-device"),
    "fifo": (DIRECTORY, 40, struct.pack("<H", stat.S_IFIFO | 0o666), "member-device"),
}


@pytest.mark.parametrize("attack", ZIP_EDITS)
def test_zip_member_is_refused_and_the_rest_read(tmp_path, attack):
    at, offset, value, code = ZIP_EDITS[attack]
    path = edited(zipped(tmp_path / "a.zip", X | GOOD), at, offset, value)
    members, found = walk(path)
    assert found == [(code, "a.zip!/x.txt")]
    assert members == GOOD


def test_zip_with_a_flipped_byte_of_data(tmp_path):
    path = zipped(tmp_path / "a.zip", X | GOOD, zipfile.ZIP_STORED)
    members, found = walk(edited(path, b"some text", 0, b"S"))
    assert (found, members) == ([("member-checksum", "a.zip!/x.txt")], GOOD)


NAMES = {
    "../up.txt": "member-traversal",
    "a/../../up.txt": "member-traversal",
    "/etc/passwd": "member-absolute",
    "C:/windows.txt": "member-absolute",
    "c:relative.txt": "member-absolute",
    "a\\b.txt": "member-backslash",
    "..\\up.txt": "member-backslash",
    "a//b.txt": "member-name",
    "a/./b.txt": "member-name",
    "line\nbreak.txt": "member-name",
    "\x1b[31mred.txt": "member-name",
    "inner.zip!/x.jpg": "member-name",
    "k" * 1025: "member-name",
    "가" * 400: "member-name",
}
HARMLESS = [
    "<script>alert(1)</script>.jpg",
    "=cmd|' /C calc'!A0.csv",
    "\u202egpj.exe",
    "a\u200bb.txt",
    "🧡한글 이름 😀.png",
    "가" * 300,
    "..hidden",
    "a..b/c...d",
    " leading and trailing ",
    "CON",
    "-rf",
    "%2e%2e%2fetc",
    "!important",
]


@pytest.mark.parametrize("maker", ["a.zip", "a.tar", "a.tgz"])
@pytest.mark.parametrize("name", NAMES)
def test_names_that_no_file_may_have(tmp_path, maker, name):
    members, found = walk(MAKERS[maker](tmp_path / maker, {name: b"x"} | GOOD))
    assert [code for code, _ in found] == [NAMES[name]]
    assert members == GOOD
    assert found[0][1].isprintable()


@pytest.mark.parametrize("maker", ["a.zip", "a.tar", "a.tgz"])
def test_odd_but_harmless_names_are_names(tmp_path, maker):
    given = {name: name.encode() for name in HARMLESS}
    assert walk(MAKERS[maker](tmp_path / maker, given)) == (given, [])


def test_a_nul_does_not_hide_the_end_of_a_name(tmp_path):
    path = zipped(tmp_path / "a.zip", {"x.jpg_.exe": b"x"})
    data = path.read_bytes().replace(b"x.jpg_", b"x.jpg\0")
    path.write_bytes(data)
    assert walk(path) == ({}, [("member-name", "a.zip!/x.jpg\\x00.exe")])


@pytest.mark.parametrize("maker", ["a.zip", "a.tar", "a.tgz"])
@pytest.mark.parametrize(
    ("first", "second", "code"),
    [("a.txt", "a.txt", "member-duplicate"), ("a.txt", "./a.txt", "member-duplicate"),
     ("각.txt", "\u1100\u1161\u11a8.txt", "member-duplicate"), ("A.txt", "a.TXT", "member-twins")],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_that_occur_twice(tmp_path, maker, first, second, code):
    path = tmp_path / maker
    if maker == "a.zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(first, b"1")
            archive.writestr(second, b"22")
            archive.writestr(second, b"333")
    else:
        with tarfile.open(path, "w" if maker == "a.tar" else "w:gz") as archive:
            for name, data in ((first, b"1"), (second, b"22"), (second, b"333")):
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
    members, found = walk(path)
    assert [found_code for found_code, _ in found] == [code, "member-duplicate"]
    assert list(members.values()) == ([b"1"] if code == "member-duplicate" else [b"1", b"22"])


LINKS = {
    tarfile.SYMTYPE: "member-link",
    tarfile.LNKTYPE: "member-link",
    tarfile.CHRTYPE: "member-device",
    tarfile.BLKTYPE: "member-device",
    tarfile.FIFOTYPE: "member-device",
    b"S": "member-unsupported",
    b"Z": "member-unsupported",
}


@pytest.mark.parametrize("kind", LINKS)
def test_tar_members_that_are_no_files(tmp_path, kind):
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as archive:
        info = tarfile.TarInfo("evil")
        info.type, info.linkname = kind, "/etc/passwd"
        archive.addfile(info)
        for name, data in GOOD.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    assert walk(path) == (GOOD, [(LINKS[kind], "a.tar!/evil")])


@pytest.mark.parametrize("fmt", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_tar_formats_and_long_names(tmp_path, fmt):
    long = "/".join(["folder" * 6] * 4) + "/" + "n" * 90
    given = GOOD | {long: b"long"}
    assert walk(tarred(tmp_path / "a.tar", given, fmt)) == (given, [])


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tgz"])
def test_cut_anywhere_is_noticed(tmp_path, name):
    path = MAKERS[name](tmp_path / name, GOOD)
    data = path.read_bytes()
    for cut in [*range(0, len(data), max(1, len(data) // 60)), len(data) - 1]:
        path.write_bytes(data[:cut])
        members, found = walk(path)
        padding = name == "a.tar" and not data[cut:].strip(b"\0") and members == GOOD
        assert found or padding, cut
        assert all(GOOD[key] == value for key, value in members.items())


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tgz"])
def test_three_hundred_flips_raise_nothing_and_lose_nothing_silently(tmp_path, name):
    path = MAKERS[name](tmp_path / name, GOOD)
    data = path.read_bytes()
    seeded = random.Random(31)
    for _ in range(300):
        mutated = bytearray(data)
        for _ in range(seeded.choice([1, 2, 8])):
            mutated[seeded.randrange(len(mutated))] = seeded.choice([0, 1, 0x7F, 0xFF, seeded.randrange(256)])
        path.write_bytes(mutated)
        members, found = walk(path)
        if name != "a.tar":  # a plain tar has no checksum of its members' bytes
            assert found or len(members) == len(GOOD)
            assert found or sorted(members.values()) == sorted(GOOD.values())


def test_bomb_of_one_member(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("zeros", "w") as file:
            for _ in range(300):
                file.write(b"\0" * 2**20)
        archive.writestr("b.txt", b"good")
    assert walk(path) == ({"b.txt": b"good"}, [("archive-bomb", "a.zip!/zeros")])


def test_bomb_that_lies_about_its_size(tmp_path):
    path = zipped(tmp_path / "a.zip", {"zeros": b"\0" * 2**24})
    size = struct.pack("<L", 1000)
    edited(path, LOCAL, 22, size)
    edited(path, DIRECTORY, 24, size)
    tracemalloc.start()
    assert walk(path) == ({}, [("member-size", "a.zip!/zeros")])
    assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    tracemalloc.stop()
    assert path.with_name("spooled").stat().st_size <= 1000


def test_overlapping_entries_are_not_unpacked_twice(tmp_path):
    """A bomb after Fifield (2019): every record names the one kernel of data."""
    kernel = zlib.compressobj(9, wbits=-15)
    body = kernel.compress(b"\0" * 10**6) + kernel.flush()
    crc = zlib.crc32(b"\0" * 10**6)
    local = struct.pack("<4s2B4H3L2H", LOCAL, 20, 0, 0, 8, 0, 0, crc, len(body), 10**6, 1, 0) + b"a"
    records = b"".join(
        struct.pack("<4s4B4H3L5H2L", DIRECTORY, 20, 0, 20, 0, 0, 8, 0, 0, crc, len(body), 10**6, 1, 0, 0, 0, 0, 0, 0)
        + bytes([97 + i])
        for i in range(20)
    )
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 20, 20, len(records), len(local + body), 0)
    (tmp_path / "a.zip").write_bytes(local + body + records + end)
    members, found = walk(tmp_path / "a.zip")
    assert members == {}
    assert {code for code, _ in found} <= {"member-overlap", "member-corrupt"}
    assert len(found) == 20


def test_a_bomb_through_gzip_stops_early(tmp_path):
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo("zeros")
        info.size = 2 * 2**30
        archive.addfile(info, _Zeros())
    began = time.process_time()
    members, found = walk(path)
    assert members == {}
    assert ("archive-bomb", "a.tar.gz") in found
    assert time.process_time() - began < 6


class _Zeros:
    def read(self, count: int) -> bytes:
        return b"\0" * count


def test_limits_on_members_and_totals(tmp_path):
    path = zipped(tmp_path / "a.zip", {f"{i}.txt": b"x" * 100 for i in range(20)})
    members, found = walk(path, limits=ArchiveLimits(members=5))
    assert (len(members), found) == (5, [("archive-bomb", "a.zip")])
    members, found = walk(path, limits=ArchiveLimits(total_bytes=1000))
    assert len(members) == 10
    assert {code for code, _ in found} == {"archive-bomb"}
    members, found = walk(path, limits=ArchiveLimits(member_bytes=99))
    assert (len(members), len(found)) == (0, 20)


def test_archives_that_are_none(tmp_path):
    for name in MAKERS:
        for data in (b"", b"no archive at all" * 100, b"PK\3\4" + b"\0" * 100):
            (tmp_path / name).write_bytes(data)
            members, found = walk(tmp_path / name)
            assert members == {}
            assert [code for code, _ in found] in (["archive-corrupt"], ["archive-truncated"])


def test_empty_and_split_archives(tmp_path):
    assert walk(zipped(tmp_path / "a.zip", {})) == ({}, [("archive-empty", "a.zip")])
    assert walk(tarred(tmp_path / "a.tar", {})) == ({}, [("archive-empty", "a.tar")])
    path = edited(zipped(tmp_path / "b.zip", GOOD), b"PK\5\6", 4, b"\x01\x00")
    assert walk(path) == ({}, [("archive-unsupported", "b.zip")])


def test_members_hidden_from_the_end_record_or_behind_the_end(tmp_path):
    path = edited(zipped(tmp_path / "a.zip", GOOD), b"PK\5\6", 8, struct.pack("<2H", 2, 2))
    members, found = walk(path)
    assert (members, found) == (GOOD, [("archive-corrupt", "a.zip")])
    for name in ("a.tar", "a.tgz"):
        path = tarred(tmp_path / name, GOOD)
        if name == "a.tar":
            path.write_bytes(path.read_bytes() + tarred(tmp_path / "b.tar", {"hidden": b"x"}).read_bytes())
        else:
            path.write_bytes(path.read_bytes() + tarred(tmp_path / "b.tgz", {"hidden": b"x"}).read_bytes())
        assert walk(path) == (GOOD, [("archive-corrupt", name)])


def test_more_members_than_an_end_record_counts(tmp_path):
    """As old tools write them: without zip64, their number modulo 65,536."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(65_540):
            archive.writestr(f"{number}", b"")
    data = path.read_bytes()
    end = data.rindex(b"PK\6\6")
    size, start = struct.unpack("<2Q", data[end + 40 : end + 56])
    path.write_bytes(data[:end] + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 4, 4, size, start, 0))
    archive_ = archive_of(path, "a.zip")
    assert archive_.survey().members == 65_540
    assert archive_.survey().broken is None


@pytest.mark.parametrize("name", ["a.zip", "a.tar"])
def test_any_cut_into_parts_finds_the_same(tmp_path, name):
    given = {f"{i:03}.txt": bytes(random.Random(i).randbytes(500)) for i in range(40)} | {
        "../x": b"",
        "./007.txt": b"2",
    }
    path = MAKERS[name](tmp_path / name, given)
    whole = walk(path)
    assert {code for code, _ in whole[1]} == {"member-traversal", "member-duplicate"}
    for size in (1, 700, 5_000, 10**9):
        parts = list(archive_of(path, path.name).parts(size))
        assert sum(part.bytes for part in parts) == path.stat().st_size
        assert [part.first_row_group for part in parts[1:]] == [part.stop_row_group for part in parts[:-1]]
        together: tuple[dict, list] = ({}, [])
        for part in parts:
            members, found = walk(path, part)
            together[0].update(members)
            together[1].extend(found)
        assert together == whole


def test_what_archives_find_is_counted():
    assert {code for code in CODES if code.startswith(("archive-", "member-"))} <= set(FILE_CODES)
