"""What a CVAT element draws, from its attributes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

from checks.geometry import masks
from include.deliveries.readers.labels.base import Label
from include.deliveries.readers.labels.taking import MISSING, Taking
from include.deliveries.readers.labels.xmltree import Element, number_of


def shape(label: Label, drawn: Element, taking: Taking) -> None:
    """Kind and geometry of a label. The element's tag must be one of SHAPES."""
    SHAPES[drawn.tag](label, drawn, taking)


def _numbers(drawn: Element, taking: Taking, *names: str) -> list[float] | None:
    found = [number_of(drawn, name, taking) for name in names]
    given = [number for number in found if number is not None]
    return given if len(given) == len(found) else None


def _box(label: Label, drawn: Element, taking: Taking) -> None:
    label.kind = "box"
    corners = _numbers(drawn, taking, "xtl", "ytl", "xbr", "ybr")
    if corners is not None:
        left, top, right, bottom = corners
        label.x, label.y, label.width, label.height = left, top, right - left, bottom - top


def _points(kind: str) -> Callable[[Label, Element, Taking], None]:
    def draw(label: Label, drawn: Element, taking: Taking) -> None:
        label.kind = kind
        at = f"{drawn.pointer}/@points"
        text = taking.text(drawn.attributes.get("points", MISSING), at)
        if text is None:
            return
        flat: list[object] = [number.strip() for point in text.split(";") for number in point.split(",")]
        if any(point.count(",") != 1 for point in text.split(";")):
            taking.fault("coordinate-count", at, "a point that is not two numbers")
            return
        ring = taking.coordinates(flat, at)
        label.points = None if ring is None else [ring]

    return draw


def _ellipse(label: Label, drawn: Element, taking: Taking) -> None:
    """Its box; what it is stands in the attributes."""
    label.kind = "box"
    found = _numbers(drawn, taking, "cx", "cy", "rx", "ry")
    if found is not None:
        x, y, rx, ry = found
        label.x, label.y, label.width, label.height = x - rx, y - ry, 2 * rx, 2 * ry
        label.area = math.pi * rx * ry


def _tag(label: Label, _drawn: Element, _taking: Taking) -> None:
    label.kind = "class"


def _mask(label: Label, drawn: Element, taking: Taking) -> None:
    """Run lengths in rows within a box (CVAT), which become COCO's in columns over the whole image."""
    label.kind = "mask"
    found = _numbers(drawn, taking, "left", "top", "width", "height")
    at = f"{drawn.pointer}/@rle"
    text = taking.text(drawn.attributes.get("rle", MISSING), at)
    if found is None or text is None:
        return
    label.x, label.y, label.width, label.height = found
    runs = taking.coordinates([run.strip() for run in text.split(",")], at, multiple=1)
    if runs is None:
        return
    whole = [int(number) for number in (*found, *runs)]
    if whole != [*found, *runs] or min(whole) < 0:
        taking.fault("bad-mask", at, "not counts of pixels")
    elif sum(whole[4:]) != whole[2] * whole[3]:
        taking.fault("bad-mask", at, "run lengths and box do not agree")
    elif label.item_width is not None and label.item_height is not None:
        _columns(label, whole[:4], whole[4:], at, taking)


_LARGEST = 1 << 28
"""Pixels of an image whose masks are turned."""


def _columns(label: Label, box: list[int], runs: list[int], at: str, taking: Taking) -> None:
    import numpy as np

    left, top, width, height = box
    columns, rows = label.item_width or 0, label.item_height or 0
    if left + width > columns or top + height > rows or columns * rows > _LARGEST:
        taking.fault("bad-mask", at, "outside its image")
        return
    inside = np.repeat(np.arange(len(runs)) % 2, runs).astype(np.int8).reshape(height, width)
    label.area = float(inside.sum())
    pixels = np.zeros((columns, rows), dtype=np.int8)
    pixels[left : left + width, top : top + height] = inside.T
    changes = np.flatnonzero(np.diff(pixels.ravel(), prepend=0))
    label.mask = masks.encode(np.diff([0, *changes.tolist(), pixels.size]).tolist())


SHAPES: Mapping[str, Callable[[Label, Element, Taking], None]] = MappingProxyType({
    "box": _box,
    "polygon": _points("polygon"),
    "polyline": _points("polyline"),
    "points": _points("points"),
    "ellipse": _ellipse,
    "tag": _tag,
    "mask": _mask,
})  # fmt: skip
"""The elements that are labels; cuboids and skeletons are not read."""
