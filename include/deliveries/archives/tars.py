"""TAR archives, plain or through gzip: headers read one after the other (POSIX.1-2017 pax, ustar, GNU long names).

Only the parsing of one 512-byte header is `tarfile`'s: its loop takes a damaged header for the end of the archive, and
so hides everything behind it. Here an archive that does not end with its mark is a finding. Through gzip, nothing can be
skipped: the stream is read twice, for the names and for the members.
"""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from include.deliveries.archives.base import CHUNK, Archive, ArchiveLimits, Header, Kind, Refused
from include.deliveries.readers.base import MIB

BLOCK = tarfile.BLOCKSIZE
_META = MIB
"""Bytes of one pax header or long name."""

_KINDS: dict[bytes, Kind] = {
    tarfile.REGTYPE: "file",
    tarfile.AREGTYPE: "file",
    tarfile.CONTTYPE: "file",
    tarfile.DIRTYPE: "folder",
    tarfile.SYMTYPE: "link",
    tarfile.LNKTYPE: "link",
    tarfile.CHRTYPE: "device",
    tarfile.BLKTYPE: "device",
    tarfile.FIFOTYPE: "device",
}


class Stream:
    """Bytes in order, with their position; through gzip it watches how much comes out of how little."""

    def __init__(self, file: BinaryIO, limits: ArchiveLimits, *, packed: bool) -> None:
        self._file, self._limits, self._packed = file, limits, packed
        self._source = gzip.GzipFile(fileobj=file) if packed else file
        self.position = 0

    def read(self, count: int) -> bytes:
        """Up to so many bytes; fewer only at the end. Raises Refused."""
        try:
            data = self._source.read(count)
        except (zlib.error, gzip.BadGzipFile):
            raise Refused("archive-corrupt", "the gzip stream does not hold") from None
        except EOFError:
            raise Refused("archive-truncated", "the gzip stream ends in the middle") from None
        self.position += len(data)
        if self._packed and self._limits.bomb(self.position, self._file.tell()):
            raise Refused("archive-bomb", f"more than {self._limits.ratio} bytes out of each")
        return data

    def skip_to(self, position: int) -> None:
        """Forward to this place; Refused where there is none."""
        if not self._packed:
            end = self._file.seek(0, 2)
            if position > end:
                raise Refused("archive-truncated", "a member ends behind the file")
            self._file.seek(position)
            self.position = position
        while self.position < position:
            if not self.read(min(CHUNK, position - self.position)):
                raise Refused("archive-truncated", "a member ends behind the stream")


class TarArchive(Archive):
    """A tar; `.tar.gz` and `.tgz` through gzip."""

    def __init__(self, local: Path, name: str, limits: ArchiveLimits | None = None) -> None:
        super().__init__(local, name, limits)
        self._packed = not name.lower().endswith(".tar")
        self._stream: Stream | None = None

    @property
    def cuttable(self) -> bool:
        """A plain tar is; what comes through gzip can only be read from its start."""
        return not self._packed

    def headers(self) -> Iterator[Header]:
        """As the port says."""
        with self.local.open("rb") as file:
            stream = self._stream = Stream(file, self.limits, packed=self._packed)
            yield from _members(stream)
            while data := stream.read(CHUNK):  # through gzip, its own checksum stands at its end
                if data.strip(b"\0"):
                    raise Refused("archive-corrupt", "something stands behind its end")

    def content(self, header: Header) -> Iterator[bytes]:
        """As the port says."""
        stream, left = self._stream, header.size
        assert stream is not None
        stream.skip_to(header.place)
        while left:
            data = stream.read(min(CHUNK, left))
            if not data:
                raise Refused("member-corrupt", "the archive ends before it does")
            left -= len(data)
            yield data


def _members(stream: Stream) -> Iterator[Header]:
    pax: dict[str, bytes] = {}
    long_name: bytes | None = None
    while (info := _header(stream)) is not None:
        start = stream.position
        if info.type in {tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE}:
            pax = _pax(_meta(stream, info))
        elif info.type == tarfile.GNUTYPE_LONGNAME:
            long_name = _meta(stream, info).split(b"\0", 1)[0]
        elif info.type == tarfile.GNUTYPE_LONGLINK:
            _meta(stream, info)
        elif info.type not in {tarfile.XGLTYPE, b"V"}:
            header = _described(info, pax, long_name, start)
            yield header
            start, info.size = header.place, header.size if _has_bytes(info) else 0
            pax, long_name = {}, None
        else:
            _limited(info)
        stream.skip_to(start + -(-info.size // BLOCK) * BLOCK)


def _header(stream: Stream) -> tarfile.TarInfo | None:
    """The next header; None at the mark of the end. Raises Refused where neither stands."""
    block = stream.read(BLOCK)
    if len(block) < BLOCK:
        whole = "the mark of the end is missing" if not block else "it ends within a header"
        raise Refused("archive-truncated" if stream.position >= BLOCK else "archive-corrupt", whole)
    if not any(block):
        return None
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError):
        raise Refused("archive-corrupt", "a header does not hold") from None
    if info.size < 0:
        raise Refused("archive-corrupt", "a header declares a size below zero")
    return info


def _limited(info: tarfile.TarInfo) -> None:
    if info.size > _META:
        raise Refused("archive-bomb", f"more than {_META} bytes about one member")


def _meta(stream: Stream, info: tarfile.TarInfo) -> bytes:
    _limited(info)
    data = stream.read(info.size)
    if len(data) < info.size:
        raise Refused("archive-truncated", "it ends within a header")
    return data


def _pax(data: bytes) -> dict[str, bytes]:
    """The records `length key=value\\n` of a pax header. Raises Refused."""
    records: dict[str, bytes] = {}
    while data.strip(b"\0"):
        digits, _, _ = data.partition(b" ")
        length = int(digits) if digits.isdigit() and len(digits) < 8 else 0
        key, equals, value = data[len(digits) + 1 : max(length - 1, 0)].partition(b"=")
        if not equals or data[length - 1 : length] != b"\n":
            raise Refused("archive-corrupt", "a pax header does not hold")
        records[key.decode("ascii", "replace")] = value
        data = data[length:]
    return records


def _described(info: tarfile.TarInfo, pax: dict[str, bytes], long_name: bytes | None, place: int) -> Header:
    raw = pax.get("path") or long_name or info.name.encode("utf-8", "surrogateescape")
    size = info.size
    if "size" in pax:
        if not pax["size"].isdigit() or len(pax["size"]) > 18:
            raise Refused("archive-corrupt", "a pax header does not hold")
        size = int(pax["size"])
    kind: Kind = _KINDS.get(info.type, "unsupported")
    detail = "" if kind != "unsupported" else "its type"
    if kind == "file" and any(key.startswith("GNU.sparse.") for key in pax):
        kind, detail = "unsupported", "a sparse file"
    flagged = "path" in pax and pax.get("hdrcharset") != b"BINARY"
    return Header(raw, flagged, kind, size, size, place, detail=detail)


def _has_bytes(info: tarfile.TarInfo) -> bool:
    """Links and devices have none, whatever size they declare."""
    return _KINDS.get(info.type, "file") == "file"
