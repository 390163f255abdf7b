"""Small pictures of delivered images with the labels that failed drawn on them.

A picture is an aid to the eye: never evidence, never read back, and it leaves out nothing silently, for what lies
outside the image is drawn on a margin around it. Pixels are encoded anew, so nothing hidden in a file comes along.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

SIDE = 360
"""Pixels of the longer side."""

MARGIN = 0.25
"""How far beyond the image a label is drawn, as a share of the image's side."""

CLOSE_UP = 0.15
"""A label smaller than this share of the image is shown from near by."""

PIXELS = 100_000_000
"""An image of more is not drawn."""

HALO, LINE, PAPER = (255, 255, 255), (213, 94, 0), (236, 236, 234)
"""Vermilion between white lines stands out on any picture, to any eye (Okabe and Ito 2008)."""

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A label to draw, in pixels of the image or, if `sides` are given, of an image of those sides."""

    rings: tuple[tuple[tuple[float, float], ...], ...]
    sides: tuple[float, float] | None = None

    @classmethod
    def box(cls, box: Box, sides: tuple[float, float] | None = None) -> Outline:
        """A box."""
        left, top, right, bottom = box
        return cls((((left, top), (right, top), (right, bottom), (left, bottom)),), sides)

    def on(self, width: int, height: int) -> list[list[tuple[float, float]]]:
        """In pixels of an image of these sides."""
        across, down = self.sides or (width, height)
        return [[(x * width / across, y * height / down) for x, y in ring] for ring in self.rings]


def thumbnail(path: Path, outlines: Sequence[Outline] = ()) -> bytes | None:
    """A JPEG of at most SIDE pixels a side; None for what is no image that can be drawn."""
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as opened:
            if opened.width * opened.height > PIXELS:
                return None
            image = ImageOps.exif_transpose(opened).convert("RGB")
    except Exception:  # noqa: BLE001 - decoders of hostile files raise anything; then there is no picture
        return None
    rings = [ring for outline in outlines for ring in outline.on(image.width, image.height) if ring]
    return _encoded(_drawn(image, rings))


def _drawn(image: Image.Image, rings: Sequence[Sequence[tuple[float, float]]]) -> Image.Image:
    from PIL import Image, ImageDraw

    view = _view(image.width, image.height, rings)
    scale = SIDE / max(view[2] - view[0], view[3] - view[1])
    scale = min(scale, 4.0)
    size = max(1, round((view[2] - view[0]) * scale)), max(1, round((view[3] - view[1]) * scale))
    canvas = Image.new("RGB", size, PAPER)
    inside = _clip(view, image.width, image.height)
    if inside[2] > inside[0] and inside[3] > inside[1]:
        part = image.crop(tuple(map(round, inside)))  # type: ignore[arg-type]
        shown = max(1, round(part.width * scale)), max(1, round(part.height * scale))
        at = round((inside[0] - view[0]) * scale), round((inside[1] - view[1]) * scale)
        canvas.paste(part.resize(shown, Image.Resampling.LANCZOS), at)
    pen = ImageDraw.Draw(canvas)
    for colour, width in ((HALO, 5), (LINE, 2)):
        for ring in rings:
            moved = [((x - view[0]) * scale, (y - view[1]) * scale) for x, y in ring]
            pen.line([*moved, moved[0]], fill=colour, width=width, joint="curve")
    return canvas


def _view(width: int, height: int, rings: Sequence[Sequence[tuple[float, float]]]) -> Box:
    """What part of the plane is shown: the image and what lies a little beyond it, or a small label from near by."""
    if not rings:
        return 0.0, 0.0, float(width), float(height)
    reach = max(width, height) * MARGIN
    xs = [min(max(x, -reach), width + reach) for ring in rings for x, _ in ring]
    ys = [min(max(y, -reach), height + reach) for ring in rings for _, y in ring]
    left, top, right, bottom = min(xs), min(ys), max(xs), max(ys)
    if max(right - left, bottom - top) < CLOSE_UP * max(width, height):
        half = max(right - left, bottom - top, 16.0) * 3
        middle, level = (left + right) / 2, (top + bottom) / 2
        return middle - half, level - half, middle + half, level + half
    edge = max(width, height) * 0.02
    return (
        min(0.0, left - edge if left < 0 else 0.0),
        min(0.0, top - edge if top < 0 else 0.0),
        max(float(width), right + edge if right > width else 0.0),
        max(float(height), bottom + edge if bottom > height else 0.0),
    )


def _clip(view: Box, width: int, height: int) -> Box:
    return max(0.0, view[0]), max(0.0, view[1]), min(float(width), view[2]), min(float(height), view[3])


def _encoded(image: Image.Image) -> bytes:
    image.thumbnail((SIDE, SIDE))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=78, optimize=True)
    return out.getvalue()
