"""The manifest: one content, one sequence of bytes, one digest, one RFC 6962 root."""

from __future__ import annotations

import hashlib
import unicodedata

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from include.errors import VerificationError
from include.evidence.canonical import digest
from include.evidence.manifest import Entry, Manifest
from include.evidence.merkle import EMPTY, leaf_hash, node_hash, root_hash

SHA = digest(b"")
names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
paths = (
    st.lists(names, min_size=1, max_size=3)
    .map("/".join)
    .filter(lambda p: not p.startswith("/") and not {".", ".."} & set(p.split("/")))
)
entries = st.lists(
    st.builds(Entry, paths, st.integers(0, 2**53 - 1), st.binary(max_size=4).map(digest)),
    max_size=8,
    unique_by=lambda e: e.path,
)


@given(entries, st.randoms())
def test_order_of_listing_does_not_matter(listed: list[Entry], random: object) -> None:
    made = Manifest.of(listed)
    random.shuffle(listed)
    assert Manifest.of(listed) == made
    assert made.digest == hashlib.sha256(made.to_bytes()).hexdigest()
    assert Manifest.from_bytes(made.to_bytes()) == made
    assert made.objects == len(listed)
    assert made.bytes == sum(e.size for e in listed)
    encoded = [e.path.encode() for e in made.entries]
    assert encoded == sorted(encoded)


@given(entries)
def test_lines_are_rfc_8785(listed: list[Entry]) -> None:
    for entry in listed:
        assert entry.line() == rfc8785.dumps({"path": entry.path, "size": entry.size, "sha256": entry.sha256})


def naive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 2.1, word for word: split at the largest power of two smaller than n."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


@pytest.mark.parametrize("n", range(40))
def test_root_is_that_of_the_rfc(n: int) -> None:
    leaves = [bytes([i]) for i in range(n)]
    assert root_hash(leaves) == naive_root(leaves)


def test_known_roots() -> None:
    assert EMPTY.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    # Certificate Transparency's well-known eight leaves
    leaves = [bytes.fromhex(h) for h in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")]  # fmt: skip
    assert root_hash(leaves).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    assert node_hash(b"a", b"b") != node_hash(b"b", b"a")


def test_an_empty_manifest_has_a_digest() -> None:
    assert Manifest(()).digest == SHA
    assert Manifest.from_bytes(b"") == Manifest(())


@pytest.mark.parametrize(
    "path", ["", "/a", "../a", "a/../b", "a/..", ".", "./a", "a/./b", "a\0b", "\ud800", "x" * 4097]
)
def test_paths_that_cannot_stand(path: str) -> None:
    with pytest.raises(VerificationError) as error:
        Manifest.of([Entry(path, 0, SHA)])
    assert error.value.code == "manifest-path"


@pytest.mark.parametrize(
    "entry",
    [
        Entry("a", -1, SHA),
        Entry("a", 2**53, SHA),
        Entry("a", True, SHA),
        Entry("a", 0, SHA.upper()),
        Entry("a", 0, SHA + "\n"),
    ],
)
def test_entries_that_cannot_stand(entry: Entry) -> None:
    with pytest.raises(VerificationError) as error:
        Manifest.of([entry])
    assert error.value.code == "manifest-line"


def test_a_path_stands_once() -> None:
    with pytest.raises(VerificationError) as error:
        Manifest.of([Entry("a", 0, SHA), Entry("a", 1, SHA)])
    assert error.value.code == "manifest-duplicate"


LINE = Entry("b", 1, SHA).line() + b"\n"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (LINE[:-1], "manifest-line"),
        (LINE + b"\n", "manifest-line"),
        (LINE + Entry("a", 1, SHA).line() + b"\n", "manifest-order"),
        (LINE + LINE, "manifest-duplicate"),
        (LINE.replace(b":1", b":1.0"), "manifest-line"),
        (LINE.replace(b":1", b": 1"), "manifest-line"),
        (LINE.replace(b":1", b":true"), "manifest-line"),
        (LINE.replace(b'"b"', b'"\\u0062"'), "manifest-line"),
        (LINE.replace(b'"b"', b'"\\ud800"'), "manifest-path"),
        (LINE.replace(b'"b"', b'"../b"'), "manifest-path"),
        (LINE.replace(b"}", b',"size":1}'), "manifest-line"),
        (LINE.replace(b"}", b',"more":1}'), "manifest-line"),
        (LINE.replace(b"\n", b"\r\n"), "manifest-line"),
        (b"[" * 100_000 + b"\n", "manifest-line"),
        (b'{"path":"b","sha256":"' + SHA.encode() + b'","size":' + b"9" * 5000 + b"}\n", "manifest-line"),
        (b"\xff\n", "manifest-line"),
        (b"\xef\xbb\xbf" + LINE, "manifest-line"),
    ],
)
def test_other_spellings_are_refused(data: bytes, code: str) -> None:
    with pytest.raises(VerificationError) as error:
        Manifest.from_bytes(data)
    assert error.value.code == code


@given(st.binary(max_size=100))
def test_any_bytes_give_a_manifest_of_those_bytes_or_a_refusal(data: bytes) -> None:
    try:
        made = Manifest.from_bytes(data)
    except VerificationError as error:
        code = error.code
    else:
        code = "manifest-" if made.to_bytes() == data else "changed"
    assert code.startswith("manifest-")


def test_twins_are_flagged_and_bound() -> None:
    composed, decomposed = "가.jpg", unicodedata.normalize("NFD", "가.jpg")
    made = Manifest.of(Entry(p, 0, SHA) for p in (composed, decomposed, "A.txt", "a.TXT", "d//x", "d/x", "single"))
    assert made.objects == 7
    assert sorted(map(set, made.twins()), key=str) == sorted(
        [{composed, decomposed}, {"A.txt", "a.TXT"}, {"d//x", "d/x"}], key=str
    )
    assert Manifest.of([Entry(composed, 0, SHA)]).digest != Manifest.of([Entry(decomposed, 0, SHA)]).digest


def test_the_root_and_the_digest_bind_name_size_and_content() -> None:
    variants = [
        Manifest.of([e])
        for e in (Entry("a", 1, SHA), Entry("b", 1, SHA), Entry("a", 2, SHA), Entry("a", 1, digest(b"x")))
    ]
    assert len({m.digest for m in variants}) == 4
    assert len({m.root for m in variants}) == 4
