"""PNG and GIF as containers: every chunk there, whole, and of the right checksum (W3C PNG 3; GIF89a).

Decoders do not look: Pillow takes a wrong CRC of pixel data, and a GIF cut between two frames is whole to all of them.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from include.deliveries.readers.media.base import Broken

PNG = b"\x89PNG\r\n\x1a\n"
_NEEDED = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS"})


def declared_size(data: bytes, kind: str) -> tuple[int, int] | None:
    """Width and height that a PNG or GIF says of itself, before anything else of it is looked at; None of others."""
    if kind == "PNG" and data[12:16] == b"IHDR" and len(data) >= 24:
        return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    if kind == "GIF" and len(data) >= 10:
        return int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    return None


def chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Type, start and end (of the whole chunk) of each, up to IEND. Raises Broken where one does not hold."""
    at = len(PNG)
    while at < len(data):
        length, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        end = at + 12 + length
        if not (len(kind) == 4 and kind.isalpha()):
            raise Broken("image-corrupt" if len(kind) == 4 else "truncated", "no chunk where one should be")
        if end > len(data):
            raise Broken("truncated", "a chunk ends behind the file")
        if int.from_bytes(data[end - 4 : end]) != zlib.crc32(memoryview(data)[at + 4 : end - 4]):
            raise Broken("image-corrupt", "a chunk does not match its checksum")
        yield kind, at, end
        if kind == b"IEND":
            return
        at = end
    raise Broken("truncated", "its last chunk is missing")


def bare(data: bytes) -> bytes:
    """The picture with nothing but what its pixels need."""
    return PNG + b"".join(data[start:end] for kind, start, end in chunks(data) if kind in _NEEDED)


def whole_png(data: bytes, _most: int) -> None:
    """Raises Broken."""
    for _ in chunks(data):
        pass


def whole_gif(data: bytes, most: int) -> None:
    """Every block of a GIF up to its trailer, no frame reaching beyond `most` pixels. Raises Broken."""
    if len(data) < 13:
        raise Broken("truncated", "it ends within its header")
    at = 13 + _table(data[10])
    while at < len(data):
        match data[at]:
            case 0x3B:
                return
            case 0x21:
                at = _sub_blocks(data, at + 2)
            case 0x2C:
                if at + 10 > len(data):
                    break
                left, top, width, height = struct.unpack_from("<4H", data, at + 1)
                if (left + width) * (top + height) > most:
                    raise Broken("image-bomb", f"a frame of {width} x {height} pixels")
                at = _sub_blocks(data, at + 11 + _table(data[at + 9]))
            case _:
                raise Broken("image-corrupt", "no block where one should be")
    raise Broken("truncated", "its trailer is missing")


def _table(flags: int) -> int:
    """Bytes of a colour table."""
    return 3 << (1 + (flags & 7)) if flags & 0x80 else 0


def _sub_blocks(data: bytes, at: int) -> int:
    while at < len(data) and data[at]:
        at += 1 + data[at]
    return at + 1


def whole_webp(data: bytes, _most: int) -> None:
    """As many bytes as its RIFF header says. Raises Broken."""
    if int.from_bytes(data[4:8], "little") + 8 > len(data):
        raise Broken("truncated", "it is shorter than its header says")
