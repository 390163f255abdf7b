"""YOLO: one text file an image, one label a line: the class's index, then ratios of the image's sides.

`class x y width height` (a box by its centre), `class x1 y1 x2 y2 x3 y3 ...` (a polygon; oriented boxes are four points),
or, where the contract says so, a box with keypoints. A file says neither its image's size nor the names of its classes:
the names come from the contract, and coordinates stay ratios with the item's size given as 1 x 1, so that areas, overlaps
and what is outside the image are right as they stand. A file without lines says that its image has no labels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from checks.batch import Defect
from include.contracts.model import ObjectSpec
from include.deliveries.readers.labels.base import Label, LabelReader, label_options
from include.deliveries.readers.labels.lines import lines
from include.deliveries.readers.labels.taking import Taking

_CLASSES: Mapping[str, Any] = {
    "type": "array",
    "items": {"type": "string", "minLength": 1},
    "minItems": 1,
    "uniqueItems": True,
    "description": "The names of the classes in the order of their indices (names of data.yaml, lines of obj.names); without it, the index is the label.",
}

_KEYPOINTS: Mapping[str, Any] = {
    "type": "object",
    "properties": {"count": {"type": "integer", "minimum": 1}, "values": {"enum": [2, 3]}},
    "required": ["count"],
    "additionalProperties": False,
    "description": "After the box, so many keypoints of 2 (x, y) or 3 (x, y, visibility; the default) values each.",
}

_FEWEST = 6  # coordinates of a polygon


class YoloReader(LabelReader):
    """One image's labels a file."""

    format = "yolo"
    options: ClassVar[Mapping[str, Any]] = label_options(
        classes=_CLASSES,
        keypoints=_KEYPOINTS,
        confidence={
            "type": "boolean",
            "description": "A box is followed by a confidence, which becomes the label's value. Without it, one is a defect.",
        },
    )

    def labels(self, path: Path, name: str, spec: ObjectSpec) -> Iterator[Label | Defect]:
        """See LabelReader."""
        if not path.stat().st_size:
            return
        file = _File(name, spec)
        for line in lines(path, name, self.limits, spec.reader.get("encoding")):
            if isinstance(line, Defect):
                yield line
            else:
                yield from file.line(line.number, line.text.split())


class _File:
    """One file being read."""

    def __init__(self, name: str, spec: ObjectSpec) -> None:
        self._taking = Taking(name, "text")
        self._classes: list[str] | None = spec.reader.get("classes")
        keypoints = spec.reader.get("keypoints")
        self._keypoints = int(keypoints["count"]) if keypoints else 0
        self._values = int(keypoints.get("values", 3)) if keypoints else 3
        self._confidence = bool(spec.reader.get("confidence", False))
        self._box = 4 + self._keypoints * self._values + self._confidence
        self._row = 0

    def line(self, number: int, fields: list[str]) -> Iterator[Label | Defect]:
        """The label of a line, and what is wrong with it."""
        if not fields:
            return
        self._taking.row = self._row
        label = Label(pointer=f"line {number}", row=self._row, item_width=1, item_height=1)
        if self._fits(len(fields) - 1):
            label.label = self._class(fields[0], label.pointer)
            values = [self._taking.number(text, label.pointer) for text in fields[1:]]
            given = [value for value in values if value is not None]
            if len(given) == len(values):
                self._geometry(label, given)
        else:
            self._taking.fault("line-fields", label.pointer, f"{len(fields) - 1} after the class")
        self._row += 1
        yield label
        yield from self._taking.told()

    def _fits(self, count: int) -> bool:
        """Can so many values draw something?"""
        return count == self._box or (not self._keypoints and count >= _FEWEST and count % 2 == 0)

    def _class(self, text: str, at: str) -> str | None:
        index = self._taking.integer(text, at)
        if index is None or self._classes is None:
            return None if index is None else str(index)
        if 0 <= index < len(self._classes):
            return self._classes[index]
        self._taking.fault("unknown-category", at)
        return None

    def _geometry(self, label: Label, given: list[float]) -> None:
        if len(given) != self._box:
            label.kind, label.points = "polygon", [given]
            return
        label.kind = "box"
        x, y, label.width, label.height = given[:4]
        label.x, label.y = x - label.width / 2, y - label.height / 2
        label.value = given[-1] if self._confidence else None
        if self._keypoints:
            self._points(label, given[4 : self._box - self._confidence])

    def _points(self, label: Label, flat: list[float]) -> None:
        """Keypoints; one without a visibility is visible."""
        step = self._values
        label.kind = "keypoints"
        points = [
            (*flat[i : i + 2], *(flat[i + 2 : i + 3] if step == 3 else (2.0,))) for i in range(0, len(flat), step)
        ]
        label.points = [[value for point in points for value in point]]
