"""The one thing that EXIF says and pixels do not: how the picture is to be turned (CIPA DC-008, tag 274 of IFD0)."""

from __future__ import annotations

import struct

from include.deliveries.readers.media.base import Broken

_TAG = 274
_SHORT = 3


def orientation_of(data: bytes) -> int | None:
    """1 to 8, None where the tag is absent or says something else. Raises Broken where the directory does not hold."""
    data = data.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None or len(data) < 8:
        raise Broken("image-metadata", "EXIF without its mark")
    (start,) = struct.unpack_from(f"{order}L", data, 4)
    if start + 2 > len(data):
        raise Broken("image-metadata", "EXIF directory behind its end")
    (count,) = struct.unpack_from(f"{order}H", data, start)
    if start + 2 + 12 * count > len(data):
        raise Broken("image-metadata", "EXIF directory cut short")
    for number in range(count):
        tag, kind, values, value = struct.unpack_from(f"{order}HHLH", data, start + 2 + 12 * number)
        if tag == _TAG:
            return value if kind == _SHORT and values == 1 and 1 <= value <= 8 else None
    return None
