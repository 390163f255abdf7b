"""What an AI Hub object draws: boxes in three forms, polygons, lines, points, keypoints, COCO segmentations.

Coordinates may stand flat (x, y, x, y ...), in pairs, or as objects with x and y: the numbers are the same.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from include.deliveries.readers.jsonvalues import step
from include.deliveries.readers.labels.aihubplan import Geometry, Place
from include.deliveries.readers.labels.base import Label
from include.deliveries.readers.labels.cocogeometry import segmentation
from include.deliveries.readers.labels.pointers import Known, resolve
from include.deliveries.readers.labels.taking import MISSING, Taking

Found = tuple[object, str]
"""A value, or MISSING, and its pointer."""

Find = Callable[[Place], Found]

_SINGLE = frozenset([int, float, str, bool, type(None)])
_BOXES = frozenset(["xywh", "xyxy", "cxcywh"])
_KINDS = {"keypoints": "keypoints", "polyline": "polyline", "points": "points"}


def draw(label: Label, geometries: tuple[Geometry, ...], find: Find, taking: Taking, *, required: bool) -> None:
    """Gives the label the first geometry that its object has."""
    fitting = [geometry for geometry in geometries if geometry.when is None or _applies(*geometry.when, find)]
    for geometry in fitting:
        found = [find(place) for place in geometry.places]
        if any(_there(value) for value, _ in found):
            _draw(label, geometry, found, taking)
            return
    if required:
        taking.absent(*find((fitting or geometries)[0].places[0]))


def _there(value: object) -> bool:
    return value is not MISSING and value is not None


def _applies(place: Place, wanted: str | int, find: Find) -> bool:
    value = find(place)[0]
    return type(value) is type(wanted) and value == wanted


def _draw(label: Label, geometry: Geometry, found: list[Found], taking: Taking) -> None:
    form = geometry.form
    value, at = found[0]
    if geometry.ratio:
        label.item_width = label.item_height = 1
    if form in _BOXES:
        label.kind = "box"
        flat = _four(found, taking) if len(found) > 1 else _flat(value, at, taking, 2)
        _box(label, form, flat, at, taking)
    elif form == "coco-segmentation":
        segmentation(label, msgspec.to_builtins(value), at, taking)
    elif form == "polygons":
        label.kind = "polygon"
        rings = (
            [_flat(ring, at + step(i), taking, 2) for i, ring in enumerate(value)] if isinstance(value, list) else []
        )
        if not isinstance(value, list):
            taking.wrong(at, "array", value)
        label.points = [ring for ring in rings if ring is not None] or None
    else:
        label.kind = _KINDS.get(form, "polygon")
        flat = _flat(value, at, taking, 3 if form == "keypoints" else 2)
        label.points = None if flat is None else [flat]


def _four(found: list[Found], taking: Taking) -> list[float] | None:
    numbers = [taking.number(value, at) for value, at in found]
    given = [number for number in numbers if number is not None]
    return given if len(given) == len(numbers) else None


def _box(label: Label, form: str, flat: list[float] | None, at: str, taking: Taking) -> None:
    if flat is None:
        return
    if len(flat) != 4:
        taking.fault("coordinate-count", at, f"{len(flat)} values instead of 4")
        return
    x, y, third, fourth = flat
    if form == "xyxy":
        third, fourth = third - x, fourth - y
    elif form == "cxcywh":
        x, y = x - third / 2, y - fourth / 2
    label.x, label.y, label.width, label.height = x, y, third, fourth


def _flat(value: object, at: str, taking: Taking, multiple: int) -> list[float] | None:
    """All numbers of a list: its own, those of the lists in it, and x, y of the objects in it."""
    if not isinstance(value, list) or _SINGLE.issuperset(map(type, value)):
        return taking.coordinates(value, at, multiple=multiple)
    found: list[float] = []
    whole = True
    for i, inner in enumerate(value):
        if isinstance(inner, dict | Known):
            names = ("x", "y", "v")[:multiple]
            part = [taking.number(resolve(inner, (name,)), f"{at}/{i}/{name}") for name in names]
            numbers = [number for number in part if number is not None]
            whole &= len(numbers) == len(part)
        else:
            pair = taking.coordinates(inner, at + step(i), multiple=multiple)
            whole &= pair is not None
            numbers = pair or []
        found += numbers
    return found if whole else None
