"""Images as items: JPEG, PNG, WebP, TIFF, BMP, GIF; each file read once, hashed, and decoded whole.

Size stands as the picture is to be seen (EXIF orientation applied), colour mode and orientation as coded. Pixels are
counted before any are made. What a file is, its first bytes say; a name that says otherwise is a finding.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from include.contracts.model import ObjectSpec
from include.deliveries.readers.media.base import Broken, ItemReader, Sample, extension_of, item_options
from include.deliveries.readers.media.containers import declared_size
from include.deliveries.readers.media.exif import orientation_of
from include.deliveries.readers.media.jpeg import grey, header_of
from include.deliveries.readers.media.phash import SIDE, phash, upright

MAX_PIXELS = 100_000_000
"""Of one picture, unless the contract says otherwise."""

_PILLOWS = 178_956_970
_JPEG = (".jpg", ".jpeg", ".jpe", ".jfif")


class ImageReader(ItemReader):
    """One picture a file."""

    format: ClassVar[str] = "image"
    options: ClassVar[Mapping[str, Any]] = item_options(
        max_pixels={
            "type": "integer",
            "minimum": 1,
            "maximum": _PILLOWS,
            "description": f"Pixels of one picture; more are refused before decoding. Without it {MAX_PIXELS:,}.",
        }
    )

    def fill(self, sample: Sample, path: Path, spec: ObjectSpec) -> Iterator[tuple[str, str]]:
        """See ItemReader."""
        data = _bytes(path, self.limits.item_bytes)
        sample.sha256 = sha256(data).hexdigest()
        kind = _kind(data)
        most = int(spec.reader.get("max_pixels", MAX_PIXELS))
        if kind == "JPEG":
            sample.media_type = "image/jpeg"
            yield from _name(sample, _JPEG)
            yield from _jpeg(sample, data, most)
        else:
            from include.deliveries.readers.media.raster import FORMATS

            sample.media_type, endings = FORMATS[kind]
            yield from _name(sample, endings)
            yield from _raster(sample, data, kind, most)


def _bytes(path: Path, most: int) -> bytes:
    size = path.stat().st_size
    if size > most:
        raise Broken("too-large", f"{size} bytes")
    data = path.read_bytes()
    if not data:
        raise Broken("empty-file")
    return data


def _kind(data: bytes) -> str:
    """By the first bytes. Raises Broken."""
    if data.startswith(b"\xff\xd8"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    if data.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return "TIFF"
    if data.startswith(b"BM"):
        return "BMP"
    raise Broken("not-an-image")


def _name(sample: Sample, endings: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """A finding if the name ends as another format's does."""
    ending = extension_of(sample.path or "")
    if ending in _ENDINGS and ending not in endings:
        yield "extension-mismatch", f"{sample.media_type} in a {ending} file"


_ENDINGS = frozenset({*_JPEG, ".png", ".webp", ".tif", ".tiff", ".bmp", ".dib", ".gif"})


def _jpeg(sample: Sample, data: bytes, most: int) -> Iterator[tuple[str, str]]:
    header = header_of(data)
    sample.mode = header.mode
    if header.exif is not None:
        try:
            sample.orientation = orientation_of(header.exif)
        except Broken as broken:
            yield broken.code, broken.detail
    _sized(sample, header.width, header.height)
    _counted(header.width, header.height, most)
    luma = grey(data, header)
    sample.brightness = int(luma.sum(dtype=np.int64)) / luma.size
    sample.phash = phash(upright(_square(luma), sample.orientation))


def _square(luma: np.ndarray) -> np.ndarray:
    from PIL import Image

    return np.asarray(Image.fromarray(luma).resize((SIDE, SIDE), Image.Resampling.BOX))


def _raster(sample: Sample, data: bytes, kind: str, most: int) -> Iterator[tuple[str, str]]:
    from include.deliveries.readers.media.raster import decode

    size = declared_size(data, kind)
    if size is not None:
        _sized(sample, *size)
        _counted(*size, most)
    raster, finding = decode(data, kind, most)
    if finding is not None:
        yield finding
    sample.mode, sample.orientation, sample.brightness = raster.mode, raster.orientation, raster.brightness
    _sized(sample, raster.width, raster.height, seen=True)
    if raster.frames > 1:
        sample.attributes = json.dumps({"frames": raster.frames})
    sample.phash = phash(raster.luma)


def _sized(sample: Sample, width: int, height: int, *, seen: bool = False) -> None:
    """Size as coded, or as it is to be seen."""
    if not seen and sample.orientation is not None and sample.orientation >= 5:
        width, height = height, width
    sample.width, sample.height, sample.pixels = width, height, width * height
    sample.aspect = width / height if height else None


def _counted(width: int, height: int, most: int) -> None:
    """Before a pixel is made. Raises Broken."""
    if not width or not height:
        raise Broken("image-corrupt", f"{width} x {height} pixels")
    if width * height > most:
        raise Broken("image-bomb", f"{width} x {height} pixels")
