"""Open Images: CSV tables of boxes, of image-level labels, or of segments (storage.googleapis.com/openimages, "Download").

One row a label; coordinates are ratios of the image's sides, so an item's size stands as 1 x 1. Image-level labels carry
a Confidence that becomes the label's value: 0 says that people have found the class absent.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from checks.batch import Defect
from include.contracts.model import ObjectSpec
from include.deliveries.readers.codes import defect
from include.deliveries.readers.labels.base import Label, LabelReader, label_options
from include.deliveries.readers.labels.lines import Line, lines
from include.deliveries.readers.labels.taking import Taking, as_json

_BOX = ("XMin", "XMax", "YMin", "YMax")
_SEGMENT = ("BoxXMin", "BoxXMax", "BoxYMin", "BoxYMax")
_KINDS: Mapping[tuple[str, ...], str] = {_BOX: "box", _SEGMENT: "mask"}
_NOT_ATTRIBUTES = frozenset([*_BOX, *_SEGMENT, "ImageID", "LabelName", "Confidence", "BoxID"])


class OpenImagesReader(LabelReader):
    """One table a file, its columns by the names in its header."""

    format = "openimages"
    options: ClassVar[Mapping[str, Any]] = label_options(
        names={
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "What the codes of LabelName mean (class-descriptions.csv); others stay as they are.",
        },
        decimal={"enum": ["point", "comma"], "description": "The decimal sign; a point without it."},
    )

    def labels(self, path: Path, name: str, spec: ObjectSpec) -> Iterator[Label | Defect]:
        """See LabelReader."""
        table: _Table | None = None
        for record in _records(lines(path, name, self.limits, spec.reader.get("encoding")), name):
            if isinstance(record, Defect):
                yield record
            elif table is None:
                table = _Table(name, record[1], spec)
                yield from table.head()
                if not table.usable:
                    return
            else:
                yield from table.row(*record)


def _records(found: Iterator[Line | Defect], name: str) -> Iterator[tuple[int, list[str]] | Defect]:
    """The fields of each line, with its number. A field never spans lines in this format."""
    for line in found:
        if isinstance(line, Defect):
            yield line
        elif line.text:
            try:
                fields = next(csv.reader([line.text], strict=True))
            except (csv.Error, StopIteration):
                yield defect(name, "stray-quote", pointer=f"line {line.number}")
                continue
            yield line.number, fields


class _Table:
    """One file being read."""

    def __init__(self, name: str, header: list[str], spec: ObjectSpec) -> None:
        self._header = header
        self._taking = Taking(name, "text")
        self._names: Mapping[str, str] = spec.reader.get("names", {})
        self._comma = spec.reader.get("decimal") == "comma"
        self._row = 0
        self._corners: tuple[str, ...] = next((names for names in _KINDS if set(names) <= set(header)), ())
        self.usable = {"ImageID", "LabelName"} <= set(header)

    def head(self) -> Iterator[Defect]:
        """What is wrong with the header."""
        for column in ("ImageID", "LabelName"):
            if column not in self._header:
                self._taking.fault("key-absent", f"line 1, {column}")
        if len(set(self._header)) < len(self._header):
            self._taking.fault("duplicate-column", "line 1")
        yield from self._taking.told()

    def row(self, number: int, fields: list[str]) -> Iterator[Label | Defect]:
        """The label of a line, and what is wrong with it."""
        self._taking.row = self._row
        self._row += 1
        at = f"line {number}"
        if len(fields) != len(self._header):
            self._taking.fault("field-count", at, f"{len(fields)} instead of {len(self._header)}")
            yield from self._taking.told()
            return
        values = dict(zip(reversed(self._header), reversed(fields), strict=True))
        name = values["LabelName"]
        label = Label(
            pointer=at,
            row=self._row - 1,
            item_id=values["ImageID"],
            object_id=values.get("BoxID") or None,
            label=self._names.get(name, name) or None,
            value=self._number(values.get("Confidence", ""), f"{at}, Confidence"),
            kind=_KINDS.get(self._corners, "class"),
            attributes=as_json({key: text for key, text in values.items() if text and key not in _NOT_ATTRIBUTES}),
        )
        if self._corners:
            self._box(label, values)
        yield label
        yield from self._taking.told()

    def _box(self, label: Label, values: Mapping[str, str]) -> None:
        label.item_width = label.item_height = 1
        found = [self._number(values[key], f"{label.pointer}, {key}", required=True) for key in self._corners]
        left, right, top, bottom = found
        if left is None or right is None or top is None or bottom is None:
            return
        label.x, label.y, label.width, label.height = left, top, right - left, bottom - top

    def _number(self, text: str, at: str, *, required: bool = False) -> float | None:
        if not text and not required:
            return None
        if self._comma:
            text = "." if "." in text else text.replace(",", ".")
        return self._taking.number(text, at)
