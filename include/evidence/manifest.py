"""The manifest: what was delivered, file by file. Its sha256 is the subject of every statement.

Lines are RFC 8785 `{path, sha256, size}`, each ended by a newline, sorted by the path's UTF-8 bytes. Paths are relative
to the delivery and bound as they are: a rename changes the digest, and so does another Unicode form of the same name.
This module is pure: who lists and hashes the objects hands the entries in.
"""

from __future__ import annotations

import builtins
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from itertools import pairwise
from json.encoder import encode_basestring
from typing import Final

from include.evidence.canonical import INTEGER_LIMIT, verification_only
from include.evidence.merkle import root_hash
from include.evidence.refusals import refuse

MANIFEST_LIMIT: Final = 2**30
PATH_LIMIT: Final = 4096
SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One delivered object: path relative to the delivery, size in bytes, sha256 in hex."""

    path: str
    size: int
    sha256: str

    def line(self) -> bytes:
        """The RFC 8785 bytes, without newline. Keys stand in order; JSON strings are escaped as section 3.2.2.2 says."""
        return f'{{"path":{encode_basestring(self.path)},"sha256":"{self.sha256}","size":{self.size}}}'.encode()


@dataclass(frozen=True)
class Manifest:
    """The entries in canonical order. Made in any order; raises VerificationError for a path that cannot stand."""

    entries: tuple[Entry, ...]

    def __post_init__(self) -> None:
        for entry in self.entries:
            _check(entry)
        ordered = tuple(sorted(self.entries, key=lambda e: e.path.encode()))
        for before, after in pairwise(ordered):
            if before.path == after.path:
                raise refuse("manifest-duplicate")
        object.__setattr__(self, "entries", ordered)

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Manifest:
        """From any iterable."""
        return cls(tuple(entries))

    @cached_property
    def digest(self) -> str:
        """sha256 of `to_bytes()`, hex: the subject."""
        state = sha256()
        for entry in self.entries:
            state.update(entry.line() + b"\n")
        return state.hexdigest()

    @property
    def objects(self) -> int:
        """How many."""
        return len(self.entries)

    @cached_property
    def bytes(self) -> int:
        """Their sizes together."""
        return sum(entry.size for entry in self.entries)

    @cached_property
    def root(self) -> str:
        """RFC 6962 root over the lines (without newline), hex: one object can be proven without the others."""
        return root_hash(entry.line() for entry in self.entries).hex()

    def to_bytes(self) -> builtins.bytes:
        """The file."""
        return b"".join(entry.line() + b"\n" for entry in self.entries)

    @classmethod
    @verification_only
    def from_bytes(cls, data: builtins.bytes) -> Manifest:
        """The manifest of exactly these bytes; refuses every other spelling of the same content."""
        if len(data) > MANIFEST_LIMIT:
            raise refuse("too-large")
        if data and not data.endswith(b"\n"):
            raise refuse("manifest-line", "the last line has no end")
        given = tuple(_parse(line, number) for number, line in enumerate(data.split(b"\n")[:-1], 1))
        made = cls(given)
        if made.entries != given:
            raise refuse("manifest-order")
        return made

    def twins(self) -> tuple[tuple[str, ...], ...]:
        """Groups of paths that some file systems or eyes take for one: equal after NFC, case folding and joining "//"."""
        groups: dict[str, list[str]] = defaultdict(list)
        for entry in self.entries:
            groups[_folded(entry.path)].append(entry.path)
        return tuple(tuple(paths) for paths in groups.values() if len(paths) > 1)


def _parse(line: bytes, number: int) -> Entry:
    """One line. That it says itself again byte for byte excludes duplicate keys, spaces, escapes and odd numbers."""
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        raise refuse("manifest-line", f"line {number}") from None
    if type(fields) is not dict or fields.keys() != {"path", "sha256", "size"}:
        raise refuse("manifest-line", f"line {number}")
    entry = Entry(fields["path"], fields["size"], fields["sha256"])
    _check(entry)
    if entry.line() != line:
        raise refuse("manifest-line", f"line {number} is not canonical")
    return entry


def _check(entry: Entry) -> None:
    if type(entry.size) is not int or not 0 <= entry.size < INTEGER_LIMIT:
        raise refuse("manifest-line", "size")
    if type(entry.sha256) is not str or SHA256.fullmatch(entry.sha256) is None:
        raise refuse("manifest-line", "sha256")
    path = entry.path
    if type(path) is not str or not path or path.startswith("/") or "\0" in path:
        raise refuse("manifest-path")
    if {".", ".."} & set(path.split("/")):
        raise refuse("manifest-path")
    try:
        long = len(path.encode()) > PATH_LIMIT
    except UnicodeEncodeError:
        raise refuse("manifest-path", "not Unicode text") from None
    if long:
        raise refuse("manifest-path", "too long")


def _folded(path: str) -> str:
    """Unicode's canonical caseless match (definition D145), segments joined by one slash."""
    return re.sub("/+", "/", unicodedata.normalize("NFC", unicodedata.normalize("NFD", path).casefold()))
