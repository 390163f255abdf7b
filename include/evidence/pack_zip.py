"""The archive of an evidence pack: a zip in exactly one form, so that no unzip tool sees what another does not.

Entries are stored, never compressed (no bombs; the same bytes with any zlib), in order of their names' UTF-8 bytes, one
behind the other from byte 0, without directories, comments, extra fields or times. Every header is compared with what
`write` would have written, and every byte of the file is accounted for: what differs in anything is refused.
Standard library alone; memory is that of one entry.
"""

from __future__ import annotations

import struct
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final, NamedTuple

from include.evidence.canonical import verification_only
from include.evidence.refusals import refuse

LOCAL: Final = struct.Struct("<4s5H3I2H")
CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
END: Final = struct.Struct("<4s4H2IH")
MAGIC: Final = b"PK\x03\x04"

MAX_FILES: Final = 65_534
MAX_BYTES: Final = 2**32 - 2**24
"""Of a zip without the 64-bit extensions."""
MAX_FILE: Final = 2**30
MAX_NAME: Final = 1024
UTF8: Final = 0x0800
DAY_ONE: Final = 0x21
"""1980-01-01, the zero of zip's calendar."""
PLAIN_FILE: Final = 0o100644 << 16
ILLEGAL: Final = frozenset('\\:*?"<>|')


class _Entry(NamedTuple):
    name: bytes
    crc: int
    size: int
    offset: int

    def local(self) -> bytes:
        """The header before the data."""
        head = (b"PK\x03\x04", 20, UTF8, 0, 0, DAY_ONE, self.crc, self.size, self.size, len(self.name), 0)
        return LOCAL.pack(*head) + self.name

    def central(self) -> bytes:
        """The header in the directory at the end."""
        head = (
            b"PK\x01\x02", 0x0314, 20, UTF8, 0, 0, DAY_ONE, self.crc, self.size, self.size,
            len(self.name), 0, 0, 0, 0, PLAIN_FILE, self.offset,
        )  # fmt: skip
        return CENTRAL.pack(*head) + self.name


def write(files: Mapping[str, bytes]) -> bytes:
    """The archive of `files` (path -> content). The same files give the same bytes. Raises VerificationError for a path."""
    names = {check_path(path): path for path in files}
    _refuse_twins(names.values())
    parts, directory, offset = [], [], 0
    for name, path in sorted(names.items()):
        data = files[path]
        entry = _Entry(name, zlib.crc32(data), len(data), offset)
        parts += [entry.local(), data]
        directory.append(entry.central())
        offset += LOCAL.size + len(name) + len(data)
    if len(files) > MAX_FILES or offset > MAX_BYTES or any(len(data) > MAX_FILE for data in files.values()):
        raise refuse("pack-too-large")
    tail = b"".join(directory)
    return b"".join([*parts, tail, _end(len(directory), len(tail), offset)])


def _end(count: int, size: int, offset: int) -> bytes:
    return END.pack(b"PK\x05\x06", 0, 0, count, count, size, offset, 0)


@dataclass(frozen=True)
class Archive:
    """An archive whose form holds. `file` stays open while it is read."""

    file: BinaryIO
    entries: Mapping[str, _Entry]

    @classmethod
    @verification_only
    def of(cls, file: BinaryIO) -> Archive:
        """The archive in a seekable file. Raises VerificationError for every other form than `write` gives."""
        length = file.seek(0, 2)
        if length > MAX_BYTES + 2**27:
            raise refuse("pack-too-large")
        count, size, offset = _tail(file, length)
        found = list(_directory(_bytes(file, offset, size), count))
        expected, names = 0, []
        for entry in found:
            if entry.offset != expected or _bytes(file, entry.offset, LOCAL.size + len(entry.name)) != entry.local():
                raise refuse("pack-form", "a header differs, or something lies between the files")
            expected += LOCAL.size + len(entry.name) + entry.size
            names.append(_path(entry.name))
        if expected != offset:
            raise refuse("pack-form", "something lies before the directory")
        if [entry.name for entry in found] != sorted({entry.name for entry in found}):
            raise refuse("pack-duplicate" if len({*names}) < len(names) else "pack-form", "order of names")
        _refuse_twins(names)
        return cls(file, dict(zip(names, found, strict=True)))

    def read(self, path: str, limit: int = MAX_FILE) -> bytes:
        """The content of a file, whose checksum holds. Raises VerificationError."""
        entry = self.entries.get(path)
        if entry is None:
            raise refuse("pack-file-missing", path)
        if entry.size > limit:
            raise refuse("too-large", path)
        data = _bytes(self.file, entry.offset + LOCAL.size + len(entry.name), entry.size)
        if zlib.crc32(data) != entry.crc:
            raise refuse("pack-form", "checksum")
        return data


def _bytes(file: BinaryIO, offset: int, size: int) -> bytes:
    file.seek(offset)
    data = file.read(size)
    if len(data) != size:
        raise refuse("pack-form", "cut short")
    return data


def _tail(file: BinaryIO, length: int) -> tuple[int, int, int]:
    """Number of entries, size and place of the directory, from the last 22 bytes."""
    if length < END.size:
        raise refuse("pack-form", "no archive")
    last = _bytes(file, length - END.size, END.size)
    count, size, offset = END.unpack(last)[3], END.unpack(last)[5], END.unpack(last)[6]
    if last != _end(count, size, offset) or offset + size + END.size != length or count > MAX_FILES:
        raise refuse("pack-form", "the end is not the end")
    return count, size, offset


def _directory(data: bytes, count: int) -> Iterator[_Entry]:
    """The entries as the directory has them, each header exactly as we would write it."""
    place = 0
    for _ in range(count):
        if place + CENTRAL.size > len(data):
            raise refuse("pack-form", "directory")
        head = CENTRAL.unpack_from(data, place)
        name = data[place + CENTRAL.size : place + CENTRAL.size + head[10]]
        entry = _Entry(name, head[7], head[9], head[16])
        _refuse_kind(method=head[4], mode=head[15] >> 16, sizes=(head[8], head[9]))
        _path(name)
        whole = entry.central()
        if data[place : place + len(whole)] != whole:
            raise refuse("pack-form", "a directory entry")
        place += len(whole)
        yield entry
    if place != len(data):
        raise refuse("pack-form", "directory")


def _refuse_kind(*, method: int, mode: int, sizes: tuple[int, int]) -> None:
    if method != 0 or sizes[0] != sizes[1]:
        raise refuse("pack-compressed")
    if mode != PLAIN_FILE >> 16:
        raise refuse("pack-entry-kind")
    if sizes[1] > MAX_FILE:
        raise refuse("pack-too-large")


def check_path(path: str) -> bytes:
    """The UTF-8 bytes of a path that is the same file on every system. Raises VerificationError "pack-path"."""
    try:
        name = path.encode()
    except UnicodeEncodeError:
        raise refuse("pack-path", "not Unicode text") from None
    segments = path.split("/")
    if (
        len(name) > MAX_NAME
        or any(s in {"", ".", ".."} or s != s.strip(" ") or s.endswith(".") for s in segments)
        or any(c in ILLEGAL or unicodedata.category(c)[0] == "C" or c in "\u2028\u2029" for c in path)
        or unicodedata.normalize("NFC", path) != path
    ):
        raise refuse("pack-path", path.encode("ascii", "backslashreplace").decode()[:80])
    return name


def _path(name: bytes) -> str:
    try:
        path = name.decode()
    except UnicodeDecodeError:
        raise refuse("pack-path", "not UTF-8") from None
    check_path(path)
    return path


def _refuse_twins(paths: Iterable[str]) -> None:
    """Names that a file system without case, or one that cannot hold a file and a folder of one name, takes for one."""
    folded = [path.casefold() for path in paths]
    known = {*folded}
    if len(known) != len(folded):
        raise refuse("pack-duplicate")
    for path in folded:
        parts = path.split("/")
        if any("/".join(parts[:depth]) in known for depth in range(1, len(parts))):
            raise refuse("pack-duplicate", "a file and a folder of one name")
