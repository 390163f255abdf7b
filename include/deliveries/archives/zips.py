"""ZIP archives: the central directory read record by record, and members unpacked as a stream (PKWARE APPNOTE 6.3.10).

Only what the directory and the member's own header agree on is read; stored and deflated members alone, each within its
own stretch of the file, to its declared size and CRC-32. Not done with `zipfile`, which decodes names before anybody can
vote on them, gives up a whole archive for one bad record, and holds a million of them as objects.
"""

from __future__ import annotations

import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from include.deliveries.archives.base import CHUNK, Archive, ArchiveLimits, Header, Kind, Refused

_END = struct.Struct("<4s4H2LH")  # end of central directory
_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_RECORD = struct.Struct("<4s4B4H3L5H2L")  # one member in the central directory
_LOCAL = struct.Struct("<4s2B4H3L2H")  # the member's own header
_COMMENT = 0xFFFF
_UTF8, _DESCRIPTOR = 0x800, 0x8
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_STORED, _DEFLATED = 0, 8
_COUNTED = 1 << 16
"""Old tools write more members than this into an end record without zip64, and their number modulo this."""
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
_ZIP64, _UNICODE_PATH = 0x0001, 0x7075


@dataclass(frozen=True, slots=True)
class Directory:
    """Where the central directory lies; `shift` is how much was put before the archive, which offsets do not count."""

    start: int
    size: int
    records: int
    shift: int


class ZipArchive(Archive):
    """A zip; zip64, data descriptors and an archive behind other bytes included."""

    def __init__(self, local: Path, name: str, limits: ArchiveLimits | None = None) -> None:
        super().__init__(local, name, limits)
        self._ends: np.ndarray | None = None

    def headers(self) -> Iterator[Header]:
        """As the port says. A directory that breaks in the middle breaks the archive there."""
        with self.local.open("rb", buffering=CHUNK) as file:
            directory = _directory(file)
            ends = self._stretches(file, directory)
            for number, header in enumerate(_records(file, directory)):
                end = int(ends[number]) if number < len(ends) else header.place
                yield Header(
                    header.raw, header.flagged, header.kind, header.size, header.packed, header.place, end,
                    header.crc, header.method, header.detail,
                )  # fmt: skip

    def content(self, header: Header) -> Iterator[bytes]:
        """As the port says."""
        with self.local.open("rb", buffering=0) as file:
            start = _data_start(file, header)
            if start + header.packed > header.limit:
                raise Refused("member-overlap")
            file.seek(start)
            size = crc = 0
            pieces = _stored(file, header) if header.method == _STORED else _inflated(file, header)
            for piece in pieces:
                size += len(piece)
                if size > header.size:
                    raise Refused("member-size", f"more than the {header.size} bytes declared")
                crc = zlib.crc32(piece, crc)
                yield piece
            if size != header.size:
                raise Refused("member-size", f"{size} instead of {header.size} bytes")
            if crc != header.crc:
                raise Refused("member-checksum")

    def _stretches(self, file: BinaryIO, directory: Directory) -> np.ndarray:
        """Where the next member's header (or the directory) begins, for each member: its own bytes end before."""
        if self._ends is None:
            places = _places(file, directory)
            order = np.argsort(places, kind="stable")
            ends = np.empty(len(places), dtype=np.int64)
            ends[order] = np.append(places[order][1:], directory.start)
            self._ends = ends
        return self._ends


def _directory(file: BinaryIO) -> Directory:
    """Found from the end record, which must end with the file. Raises Refused."""
    size = file.seek(0, 2)
    if size == 0:
        raise Refused("archive-corrupt", "no bytes")
    start = max(0, size - _END.size - _COMMENT)
    file.seek(start)
    tail = file.read()
    at = _last_end(tail)
    if at is None:
        file.seek(0)
        head = file.read(4)
        raise Refused("archive-truncated" if head in {b"PK\3\4", b"PK\1\2"} else "archive-corrupt", "no end record")
    _, disk, first, here, records, length, offset, _ = _END.unpack_from(tail, at)
    end = start + at
    if _FULL16 in {disk, first, here, records} or _FULL32 in {length, offset}:
        found = _end64(file, end)
        if found is not None:
            disk, first, here, records, length, offset, end = found
    if disk or first or here != records:
        raise Refused("archive-unsupported", "split over several files")
    begin = end - length
    if begin < offset:
        raise Refused("archive-corrupt", "the directory is not where the end record says")
    return Directory(begin, length, records, begin - offset)


def _last_end(tail: bytes) -> int | None:
    """The last end record whose comment ends with the file."""
    at = tail.rfind(b"PK\5\6")
    while at >= 0:
        if at + _END.size <= len(tail) and at + _END.size + _END.unpack_from(tail, at)[-1] == len(tail):
            return at
        at = tail.rfind(b"PK\5\6", 0, at)
    return None


def _end64(file: BinaryIO, end: int) -> tuple[int, int, int, int, int, int, int] | None:
    """The zip64 end record's fields and place; None where there is no locator, so that the fields mean what they say."""
    if end < _LOCATOR.size:
        return None
    file.seek(end - _LOCATOR.size)
    mark, disk, _, disks = _LOCATOR.unpack(file.read(_LOCATOR.size))
    if mark != b"PK\6\7":
        return None
    place = end - _LOCATOR.size - _END64.size
    if disk or disks > 1 or place < 0:
        raise Refused("archive-unsupported", "split over several files")
    file.seek(place)
    fields = _END64.unpack(file.read(_END64.size))
    if fields[0] != b"PK\6\6":
        raise Refused("archive-corrupt", "no zip64 end record before its locator")
    return (*fields[4:6], fields[6], fields[7], fields[8], fields[9], place)


def _raw_records(file: BinaryIO, directory: Directory) -> Iterator[tuple[tuple[int, ...], bytes, bytes]]:
    """Fields, name and extra field of each record. Raises Refused where one does not hold."""
    at, stop, count = directory.start, directory.start + directory.size, 0
    while at < stop:
        file.seek(at)
        head = file.read(_RECORD.size)
        if len(head) < _RECORD.size or head[:4] != b"PK\1\2" or at + _RECORD.size > stop:
            raise Refused("archive-corrupt", "a directory record does not hold")
        fields = _RECORD.unpack(head)
        length, more, comment = fields[12:15]
        at += _RECORD.size + length + more + comment
        if at > stop:
            raise Refused("archive-corrupt", "a directory record does not hold")
        variable = file.read(length + more)
        count += 1
        yield fields[1:], variable[:length], variable[length:]
    if (count - directory.records) % _COUNTED:
        raise Refused("archive-corrupt", "another number of members than the end record says")


def _records(file: BinaryIO, directory: Directory) -> Iterator[Header]:
    for fields, raw, extra in _raw_records(file, directory):
        system, flags, method, crc = fields[1], fields[4], fields[5], fields[8]
        packed, size, place = _sizes(fields, extra)
        other = _unicode_path(raw, extra)
        kind, detail = _kind(other or raw, system, flags, method, fields[16] >> 16)
        yield Header(
            other or raw, bool(flags & _UTF8) or other is not None, kind, size, packed, place + directory.shift,
            0, crc, method, detail,
        )  # fmt: skip


def _places(file: BinaryIO, directory: Directory) -> np.ndarray:
    """Where each member's own header begins, int64; as many as there are records that hold."""
    places: list[int] = []
    try:
        for fields, _, extra in _raw_records(file, directory):
            places.append(min(_sizes(fields, extra)[2] + directory.shift, 2**62))
    except Refused:
        pass
    return np.array(places, dtype=np.int64)


def _kind(name: bytes, system: int, flags: int, method: int, mode: int) -> tuple[Kind, str]:
    """What the member is. Unix modes are looked at whatever system is named: refusing more harms nobody."""
    form = stat.S_IFMT(mode) if system or mode else 0
    if form == stat.S_IFLNK:
        return "link", ""
    if form not in {0, stat.S_IFREG, stat.S_IFDIR}:
        return "device", ""
    if name.endswith(b"/") or form == stat.S_IFDIR:
        return "folder", ""
    if flags & _ENCRYPTED:
        return "encrypted", ""
    return ("file", "") if method in {_STORED, _DEFLATED} else ("unsupported", f"compression method {method}")


def _sizes(fields: tuple[int, ...], extra: bytes) -> tuple[int, int, int]:
    """Packed bytes, unpacked bytes and place; from the zip64 field where they do not fit into the record."""
    packed, size, place = fields[9], fields[10], fields[17]
    wide = _extra(extra, _ZIP64)
    at = 0

    def eight(value: int) -> int:
        nonlocal at
        if value != _FULL32 or wide is None or len(wide) < at + 8:
            return value
        at += 8
        return int.from_bytes(wide[at - 8 : at], "little")

    size = eight(size)
    packed = eight(packed)
    return packed, size, eight(place)


def _unicode_path(raw: bytes, extra: bytes) -> bytes | None:
    """The name in Info-ZIP's Unicode path field, if it is about this very name."""
    found = _extra(extra, _UNICODE_PATH)
    if found is None or len(found) < 6 or found[0] != 1 or int.from_bytes(found[1:5], "little") != zlib.crc32(raw):
        return None
    return found[5:]


def _extra(extra: bytes, wanted: int) -> bytes | None:
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == wanted:
            return extra[at + 4 : at + 4 + length]
        at += 4 + length
    return None


def _data_start(file: BinaryIO, header: Header) -> int:
    """Behind the member's own header, which must say of the name, method and flags what the directory says."""
    if header.place < 0 or header.place > header.limit:
        raise Refused("member-overlap")
    file.seek(header.place)
    head = file.read(_LOCAL.size)
    if len(head) < _LOCAL.size or head[:4] != b"PK\3\4":
        raise Refused("member-corrupt", "no header where the directory says")
    _, _, _, flags, method, _, _, crc, _, _, length, more = _LOCAL.unpack(head)
    raw = file.read(length)
    extra = file.read(more)
    same = raw == header.raw or _unicode_path(raw, extra) == header.raw
    if not same or method != header.method or flags & _ENCRYPTED:
        raise Refused("member-corrupt", "its header and the directory differ")
    if not flags & _DESCRIPTOR and crc != header.crc:
        raise Refused("member-corrupt", "its header and the directory differ")
    return header.place + _LOCAL.size + len(raw) + len(extra)


def _packed(file: BinaryIO, header: Header) -> Iterator[bytes]:
    left = header.packed
    while left:
        data = file.read(min(CHUNK, left))
        if not data:
            raise Refused("member-corrupt", "the file ends before it does")
        left -= len(data)
        yield data


def _stored(file: BinaryIO, header: Header) -> Iterator[bytes]:
    yield from _packed(file, header)


def _inflated(file: BinaryIO, header: Header) -> Iterator[bytes]:
    """A piece of at most CHUNK bytes at a time, whatever comes in."""
    machine, used = zlib.decompressobj(-zlib.MAX_WBITS), 0
    try:
        for data in _packed(file, header):
            used += len(data)
            while True:
                piece = machine.decompress(data, CHUNK)
                if piece:
                    yield piece
                data = machine.unconsumed_tail  # noqa: PLW2901 - the rest of this piece
                if machine.eof or (not data and len(piece) < CHUNK):
                    break
            if machine.eof:
                break
    except zlib.error:
        raise Refused("member-corrupt", "it does not unpack") from None
    if not machine.eof or machine.unused_data or used != header.packed:
        raise Refused("member-corrupt", "it does not end where it should")
