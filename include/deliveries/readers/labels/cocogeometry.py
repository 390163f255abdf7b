"""What a COCO annotation draws: bbox [x, y, width, height], segmentation (polygons or run lengths), keypoints [x, y, v ...]."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from checks.geometry import masks
from include.deliveries.readers.labels.base import Label
from include.deliveries.readers.labels.taking import MISSING, Taking, kind_of

GEOMETRY_OPTION: Mapping[str, Any] = {
    "enum": ["auto", "box", "polygon", "mask", "keypoints", "class"],
    "description": "Which geometry of an annotation is its label: the most exact that it has (auto, the default: keypoints, then segmentation, then bbox), or the one named, which every annotation must then have.",
}

_INTEGERS = frozenset([int])
_PIXELS = 1 << 40
"""More than any image has."""


def set_geometry(label: Label, value: Mapping[str, object], wanted: str, taking: Taking) -> None:
    """Kind, box, points and mask of an annotation. `wanted`: a word of GEOMETRY_OPTION."""
    bbox = value.get("bbox", MISSING)
    if not taking.absent(bbox, label.pointer + "/bbox", required=wanted == "box"):
        box = taking.box(bbox, label.pointer + "/bbox")
        if box is not None:
            label.x, label.y, label.width, label.height = box
    kind = _kind(value) if wanted == "auto" else wanted
    label.kind = kind
    if kind == "keypoints":
        _keypoints(label, value.get("keypoints", MISSING), taking)
    elif kind in {"polygon", "mask"}:
        segmentation(label, value.get("segmentation", MISSING), label.pointer + "/segmentation", taking)
        if wanted not in {"auto", label.kind}:
            taking.fault("other-geometry", label.pointer + "/segmentation", f"{label.kind} instead of {wanted}")


def _kind(value: Mapping[str, object]) -> str:
    if value.get("keypoints"):
        return "keypoints"
    if value.get("segmentation"):
        return "polygon"
    if "caption" in value:
        return "transcript"
    return "box" if value.get("bbox") is not None else "class"


def _keypoints(label: Label, value: object, taking: Taking) -> None:
    at = label.pointer + "/keypoints"
    if taking.absent(value, at):
        return
    flat = taking.coordinates(value, at, multiple=3)
    label.points = None if flat is None else [flat]


def segmentation(label: Label, value: object, at: str, taking: Taking) -> None:
    """Polygons or run lengths, as COCO writes them, into a label; its kind becomes polygon or mask."""
    label.kind = "mask" if isinstance(value, dict) else "polygon"
    if taking.absent(value, at):
        return
    if isinstance(value, dict):
        _mask(label, value, at, taking)
    elif isinstance(value, list):
        rings = [taking.coordinates(ring, f"{at}/{i}") for i, ring in enumerate(value)]
        label.points = [ring for ring in rings if ring is not None]
    else:
        taking.fault("wrong-type", at, f"{kind_of(value)} instead of array or object")


def _mask(label: Label, value: Mapping[str, object], at: str, taking: Taking) -> None:
    size = value.get("size", MISSING)
    sides = None if taking.absent(size, at + "/size") else taking.coordinates(size, at + "/size")
    counts = _counts(value.get("counts", MISSING), at + "/counts", taking)
    if sides is None or counts is None:
        return
    mask = masks.decode(counts)
    if mask is None or len(sides) != 2 or mask.size != sides[0] * sides[1]:
        taking.fault("bad-mask", at, "run lengths and size do not agree" if mask else "not run lengths")
        return
    own = (label.item_height, label.item_width)
    if None not in own and own != (sides[0], sides[1]):
        taking.fault("bad-mask", at + "/size", "not the size of the image")
        return
    label.mask = counts
    label.area = label.area if label.area is not None else float(mask.area)


def _counts(value: object, at: str, taking: Taking) -> str | None:
    """Compressed run lengths, whichever way they are written."""
    if isinstance(value, str):
        return value
    if taking.absent(value, at):
        return None
    if not isinstance(value, list) or not _INTEGERS.issuperset(map(type, value)):
        runs = taking.coordinates(value, at, multiple=1)
        if runs is not None:
            taking.fault("bad-mask", at, "a run that is no count of pixels")
        return None
    if value and not (min(value) >= 0 and max(value) < _PIXELS):
        taking.fault("bad-mask", at, "a run that is no count of pixels")
        return None
    return masks.encode(value)
