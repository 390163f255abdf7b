"""Video containers by their own sizes: is all of the file there that it says? (ISO/IEC 14496-12; RFC 8794; RIFF)

A decoder plays a cut file to its end without a word. Nothing but sizes is read here.
"""

from __future__ import annotations

import os
from typing import BinaryIO

from include.deliveries.readers.media.base import Broken

_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"


def container_of(head: bytes) -> tuple[str, str] | None:
    """Media type and demuxer by the first 64 bytes of a file; None of no video."""
    if head[4:8] == b"ftyp":
        return ("video/quicktime" if head[8:12] == b"qt  " else "video/mp4"), "mov"
    if head.startswith(_EBML):
        return ("video/webm" if b"webm" in head else "video/x-matroska"), "matroska"
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return "video/x-msvideo", "avi"
    return None


def whole(file: BinaryIO, demuxer: str) -> None:
    """Raises Broken where the file is shorter than it says."""
    size = os.fstat(file.fileno()).st_size
    if demuxer == "mov":
        _boxes(file, size)
    elif demuxer == "matroska":
        _segment(file, size)
    else:
        file.seek(4)
        if int.from_bytes(file.read(4), "little") + 8 > size:
            raise Broken("truncated", "it is shorter than its header says")


def _boxes(file: BinaryIO, size: int) -> None:
    at, kinds = 0, set[bytes]()
    while at < size:
        file.seek(at)
        head = file.read(16)
        length = int.from_bytes(head[:4]) if len(head) >= 8 else 1
        if length == 1:
            length = int.from_bytes(head[8:16]) if len(head) == 16 else size
        length = length or size - at
        if length < 8 or at + length > size:
            raise Broken("truncated", "a box ends behind the file")
        kinds.add(head[4:8])
        at += length
    if not {b"moov", b"moof"} & kinds:
        raise Broken("truncated", "nothing says where its pictures are")


def _segment(file: BinaryIO, size: int) -> None:
    file.seek(4)
    length, _ = _number(file)
    file.seek(length, os.SEEK_CUR)
    mark = file.read(4)
    length, unknown = _number(file) if mark == _SEGMENT else (0, False)
    if mark != _SEGMENT or (not unknown and file.tell() + length > size):
        raise Broken("truncated", "its segment ends behind the file")


def _number(file: BinaryIO) -> tuple[int, bool]:
    """A size after RFC 8794, 4: so many bytes as the first has leading zero bits, and one; all ones say unknown."""
    first = file.read(1)
    if not first or not first[0]:
        raise Broken("truncated", "it ends within its header")
    width = 8 - first[0].bit_length()
    rest = file.read(width)
    value = int.from_bytes(bytes([first[0] & (0x7F >> width)]) + rest)
    return value, value == (1 << 7 * (width + 1)) - 1
