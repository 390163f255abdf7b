"""LabelMe: one JSON file an image (labelme by K. Wada), or the XML of MIT's web tool.

Coordinates are pixels. A rectangle is two corners in any order; a circle is its centre and a point on it, of which the
box around it is kept. Objects that the web tool marks as deleted are no labels.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from checks.batch import Defect
from include.contracts.model import ObjectSpec
from include.deliveries.readers.jsonvalues import step
from include.deliveries.readers.labels.base import Label, LabelReader, label_options
from include.deliveries.readers.labels.documents import load
from include.deliveries.readers.labels.labelmexml import WebToolImage
from include.deliveries.readers.labels.pointers import RATER_OPTION, Known, rater_of, resolve
from include.deliveries.readers.labels.taking import MISSING, Taking, as_json

_KINDS = {"polygon": "polygon", "line": "polyline", "linestrip": "polyline", "point": "points", "points": "points"}
_TWO = {"rectangle": "box", "circle": "box", "mask": "mask"}


class LabelMeReader(LabelReader):
    """One image's labels a file: JSON, or XML if the file's name ends so."""

    format = "labelme"
    options: ClassVar[Mapping[str, Any]] = label_options(annotator=RATER_OPTION)

    def labels(self, path: Path, name: str, spec: ObjectSpec) -> Iterator[Label | Defect]:
        """See LabelReader."""
        if name.lower().endswith(".xml"):
            yield from WebToolImage(name).labels(path, self.limits, spec)
            return
        tree = load(path, name, self.limits, spec.reader.get("encoding"))
        if isinstance(tree, Defect):
            yield tree
        else:
            yield from _Document(name, spec).labels(tree)


class _Document:
    """One JSON file being read."""

    def __init__(self, name: str, spec: ObjectSpec) -> None:
        self._taking = Taking(name)
        self._rater = rater_of(spec)

    def labels(self, tree: object) -> Iterator[Label | Defect]:
        taking = self._taking
        if not isinstance(tree, dict | Known):
            taking.wrong("", "object", tree)
            yield from taking.told()
            return
        item = taking.text(resolve(tree, ("imagePath",)), "/imagePath") or ""
        width = taking.integer(resolve(tree, ("imageWidth",)), "/imageWidth", required=False)
        height = taking.integer(resolve(tree, ("imageHeight",)), "/imageHeight", required=False)
        shapes = resolve(tree, ("shapes",))
        if not taking.absent(shapes, "/shapes") and not isinstance(shapes, list):
            taking.wrong("/shapes", "array", shapes)
        yield from taking.told()
        for row, shape in enumerate(shapes if isinstance(shapes, list) else ()):
            taking.row = row
            at = "/shapes" + step(row)
            label = Label(pointer=at, row=row, item_id=item, item_width=width, item_height=height)
            if isinstance(shape, dict | Known):
                self._shape(label, shape)
            else:
                taking.wrong(at, "object", shape)
            yield label
            yield from taking.told()

    def _shape(self, label: Label, shape: object) -> None:
        taking, at = self._taking, label.pointer
        label.label = taking.text(resolve(shape, ("label",)), at + "/label")
        label.object_id = taking.name(resolve(shape, ("group_id",)), at + "/group_id", required=False)
        told = {key: resolve(shape, (key,)) for key in ("flags", "description", "difficult", "attributes")}
        label.attributes = as_json({key: value for key, value in told.items() if value and value is not MISSING})
        if self._rater:
            label.annotator_id = taking.name(resolve(shape, self._rater[0]), at + self._rater[1])
        kind = taking.text(resolve(shape, ("shape_type",)), at + "/shape_type", required=False) or "polygon"
        ring = self._ring(resolve(shape, ("points",)), at + "/points")
        if kind in _KINDS:
            label.kind = _KINDS[kind]
            label.points = None if ring is None else [ring]
        elif kind in _TWO:
            label.kind = _TWO[kind]
            self._between(label, kind, ring)
        else:
            taking.fault("unsupported-label", at + "/shape_type", "a shape that is not read")

    def _ring(self, value: object, at: str) -> list[float] | None:
        if self._taking.absent(value, at):
            return None
        if not isinstance(value, list):
            self._taking.wrong(at, "array", value)
            return None
        pairs = [self._taking.coordinates(pair, at + step(i)) for i, pair in enumerate(value)]
        if any(pair is not None and len(pair) != 2 for pair in pairs):
            self._taking.fault("coordinate-count", at, "a point that is not two numbers")
            return None
        return None if None in pairs else [number for pair in pairs if pair for number in pair]

    def _between(self, label: Label, kind: str, ring: list[float] | None) -> None:
        """The box of two points: opposite corners, or a circle's centre and a point on it."""
        if ring is None:
            return
        if len(ring) != 4:
            self._taking.fault("coordinate-count", label.pointer + "/points", f"{len(ring) // 2} points instead of 2")
            return
        x1, y1, x2, y2 = ring
        if kind == "circle":
            radius = math.hypot(x2 - x1, y2 - y1)
            x1, y1, x2, y2 = x1 - radius, y1 - radius, x1 + radius, y1 + radius
            label.area = math.pi * radius**2
        label.x, label.y, label.width, label.height = min(x1, x2), min(y1, y2), abs(x2 - x1), abs(y2 - y1)
