"""PNG, WebP, TIFF, BMP and GIF through Pillow: every frame decoded, pixels counted before they are made.

Pillow alone opens these formats, and none but these. Its global limit stands beside ours; nothing global is changed but
one filter of warnings, since what it warns of is no finding and a log is no place for a file's content.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from threading import BoundedSemaphore

import numpy as np
from PIL import Image, UnidentifiedImageError

from include.deliveries.readers.media.base import Broken
from include.deliveries.readers.media.containers import bare, whole_gif, whole_png, whole_webp
from include.deliveries.readers.media.phash import SIDE, upright

FORMATS = {
    "PNG": ("image/png", (".png",)),
    "WEBP": ("image/webp", (".webp",)),
    "TIFF": ("image/tiff", (".tif", ".tiff")),
    "BMP": ("image/bmp", (".bmp", ".dib")),
    "GIF": ("image/gif", (".gif",)),
}

LARGE = 16_000_000
"""Pixels from which pictures are decoded one at a time, whatever number of threads."""

FRAMES_PIXELS = 2_000_000_000
"""Pixels of all frames together."""

_one_at_a_time = BoundedSemaphore()
_WHOLE: dict[str, Callable[[bytes, int], None]] = {"PNG": whole_png, "GIF": whole_gif, "WEBP": whole_webp}


@dataclass(frozen=True, slots=True)
class Raster:
    """A decoded picture: size as it is to be seen, Pillow's mode, number of frames, EXIF orientation, mean luma, and the
    luma of 32 x 32, upright."""

    width: int
    height: int
    mode: str
    frames: int
    orientation: int | None
    brightness: float
    luma: np.ndarray


def decode(data: bytes, kind: str, most: int) -> tuple[Raster, tuple[str, str] | None]:
    """The picture and, where only its metadata do not hold, the finding. Raises Broken."""
    warnings.filterwarnings("ignore", module=r"PIL\.")
    check = _WHOLE.get(kind)
    if check is not None:
        check(data, most)
    try:
        return _decoded(data, kind, most), None
    except Broken as broken:
        if kind != "PNG" or broken.code == "image-bomb":
            raise
        return _decoded(bare(data), kind, most), ("image-metadata", "a chunk beside the pixels")


def _decoded(data: bytes, kind: str, most: int) -> Raster:
    try:
        with Image.open(BytesIO(data), formats=(kind,)) as image:
            return _frames(image, most)
    except Broken:
        raise
    except Image.DecompressionBombError:
        raise Broken("image-bomb", "more pixels than the limit") from None
    except UnidentifiedImageError:
        raise Broken("image-corrupt", "its header does not hold") from None
    except Exception as error:  # noqa: BLE001 - whatever a decoder raises, it could not decode the file
        raise Broken(*_why(str(error))) from None


def _frames(image: Image.Image, most: int) -> Raster:
    width, height, mode = *image.size, image.mode
    turned = _orientation(image) if image.format == "TIFF" else None  # Pillow turns a TIFF as it loads
    if width * height > most:
        raise Broken("image-bomb", f"{width} x {height} pixels")
    with _turn(width * height):
        image.load()
        luma = _luma(image)
        small = np.asarray(luma.resize((SIDE, SIDE), Image.Resampling.BOX))
        brightness = sum(level * count for level, count in enumerate(luma.histogram())) / (width * height)
        frames, left = 1, FRAMES_PIXELS - width * height
        while _next(image, frames):
            left -= image.size[0] * image.size[1]
            if max(image.size[0] * image.size[1], 0) > most or left < 0:
                raise Broken("image-bomb", "more pixels in all frames than the limit")
            image.load()
            frames += 1
    if image.format == "TIFF":
        return Raster(width, height, mode, frames, turned, brightness, small)
    orientation = _orientation(image)
    if orientation is not None and orientation >= 5:
        width, height = height, width
    return Raster(width, height, mode, frames, orientation, brightness, upright(small, orientation))


class _turn:  # noqa: N801 - read as a verb
    """Large pictures wait for each other."""

    def __init__(self, pixels: int) -> None:
        self._large = pixels >= LARGE

    def __enter__(self) -> None:
        if self._large:
            _one_at_a_time.acquire()

    def __exit__(self, *_: object) -> None:
        if self._large:
            _one_at_a_time.release()


def _next(image: Image.Image, number: int) -> bool:
    if not getattr(image, "is_animated", False):
        return False
    try:
        image.seek(number)
    except EOFError:
        return False
    return True


def _orientation(image: Image.Image) -> int | None:
    value = image.getexif().get(274)
    return value if isinstance(value, int) and 1 <= value <= 8 else None


def _luma(image: Image.Image) -> Image.Image:
    """Eight bits of luma; of sixteen the upper, of floating point what lies in 0 to 255."""
    if image.mode.startswith("I;16") or image.mode == "I":
        wide = np.asarray(image).astype(np.int64)
        return Image.fromarray(np.clip(wide >> 8 if wide.size and wide.max() > 255 else wide, 0, 255).astype(np.uint8))
    if image.mode == "F":
        return Image.fromarray(np.clip(np.nan_to_num(np.asarray(image)), 0, 255).astype(np.uint8))
    return image.convert("L")


def _why(message: str) -> tuple[str, str]:
    """The code for a decoder's message, which itself is not told."""
    if "MAX_TEXT" in message or "too large for" in message:
        return "image-bomb", "text that unpacks beyond the limit"
    if "truncated" in message.lower():
        return "truncated", "its pixels end early"
    return "image-corrupt", "it does not decode"
