"""JPEG: what the header says, and proof that all coded data is there and decodes (ITU-T T.81).

libjpeg-turbo reads every bit of the entropy-coded data at any scale, and takes a warning (data too short, too long, of
no code) as the end when asked to be strict; so a picture decoded at an eighth is as proven as one decoded whole. What it
cannot turn grey (CMYK) is decoded in its own colours.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from include.deliveries.readers.media.base import Broken
from include.deliveries.readers.media.phash import SIDE

SCANS = 500
"""Scans of a progressive picture: each may cost a pass over all of it."""

_STARTS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})
_MODES = {1: "L", 3: "RGB", 4: "CMYK"}


@dataclass(frozen=True, slots=True)
class Header:
    """Size and colour mode as coded; is it progressive; EXIF's bytes, if there are."""

    width: int
    height: int
    mode: str
    progressive: bool
    exif: bytes | None


def header_of(data: bytes) -> Header:
    """Raises Broken."""
    at, exif, size = 2, None, len(data)
    while at + 4 <= size:
        if data[at] != 0xFF:
            raise Broken("image-corrupt", "no marker where one should be")
        marker = data[at + 1]
        if marker in _BARE or marker == 0xFF:
            at += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4])
        if marker in _STARTS:
            return Header(*_frame(data[at + 4 : at + 2 + length]), marker == 0xC2, exif)
        if marker == 0xE1 and exif is None and data[at + 4 : at + 10] == b"Exif\0\0":
            exif = data[at + 4 : at + 2 + length]
        if marker in {0xD9, 0xDA} or length < 2:
            raise Broken("image-corrupt", "no frame before the picture")
        at += 2 + length
    raise Broken("truncated", "it ends within its header")


def _frame(segment: bytes) -> tuple[int, int, str]:
    if len(segment) < 6:
        raise Broken("truncated", "it ends within its header")
    _, height, width, components = struct.unpack_from(">BHHB", segment)
    mode = _MODES.get(components)
    if mode is None or not width or not height:
        raise Broken("image-corrupt", "a frame without size or of unknown colours")
    return width, height, mode


def grey(data: bytes, header: Header) -> np.ndarray:
    """The picture's luma, reduced up to eight times but not below 32 pixels a side: uint8 [h, w]. Raises Broken."""
    import simplejpeg

    if header.progressive and data.count(b"\xff\xda") > SCANS:
        raise Broken("image-bomb", f"more than {SCANS} scans")
    wanted = "CMYK" if header.mode == "CMYK" else "GRAY"
    try:
        found: np.ndarray = simplejpeg.decode_jpeg(data, wanted, min_height=SIDE, min_width=SIDE)
    except ValueError as error:
        raise Broken(*_why(str(error))) from None
    if wanted == "GRAY":
        return found[:, :, 0]
    return _of_inks(found)


def _of_inks(inks: np.ndarray) -> np.ndarray:
    """Luma of CMYK as Adobe writes it, inverted: 255 is no ink. Rec. 601 weights in 16 bits."""
    wide = inks.astype(np.uint32)
    red, green, blue = (wide[:, :, i] * wide[:, :, 3] // 255 for i in range(3))
    luma: np.ndarray = ((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16).astype(np.uint8)
    return luma


def _why(message: str) -> tuple[str, str]:
    """The code for libjpeg's message, which holds no value of the data."""
    if "Premature end" in message:
        return "truncated", "its coded data ends early"
    if "Corrupt JPEG data" in message or "Huffman" in message:
        return "image-corrupt", "its coded data does not hold"
    return "image-corrupt", "it does not decode"
