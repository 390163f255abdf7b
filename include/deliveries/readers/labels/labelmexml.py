"""The XML files of MIT's LabelMe web tool: polygons, boxes drawn as polygons, and segments whose pixels are in a PNG."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from checks.batch import Defect
from include.contracts.model import ObjectSpec
from include.deliveries.readers.base import Limits
from include.deliveries.readers.labels.base import Label
from include.deliveries.readers.labels.taking import Taking, as_json
from include.deliveries.readers.labels.xmltree import Element, child, content, document, quantity

_TOLD = ("occluded", "attributes", "verified", "parts")


class WebToolImage:
    """One file being read."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._taking = Taking(name, "text")
        self._size: tuple[int | None, int | None] = (None, None)
        self._row = 0

    def labels(self, path: Path, limits: Limits, spec: ObjectSpec) -> Iterator[Label | Defect]:
        """Labels and defects of the file."""
        root = document(path, self._name, limits, spec.reader.get("encoding"), "annotation")
        if isinstance(root, Defect):
            yield root
            return
        item = content(root, "filename", self._taking)
        size = child(root, "imagesize", self._taking, required=False)
        sides = [None if size is None else quantity(size, tag, self._taking) for tag in ("ncols", "nrows")]
        self._size = (_whole(sides[0]), _whole(sides[1]))
        yield from self._taking.told()
        for found in root.all("object"):
            if content(found, "deleted", self._taking, required=False) != "1":
                self._taking.row = self._row
                yield self._label(found, item)
                self._row += 1
            yield from self._taking.told()

    def _label(self, found: Element, item: str | None) -> Label:
        taking = self._taking
        told = {tag: inner for tag in _TOLD if (inner := _text(found, tag))}
        label = Label(
            pointer=found.pointer,
            row=self._row,
            item_id=item or "",
            label=content(found, "name", taking),
            object_id=content(found, "id", taking, required=False),
            created_at=content(found, "date", taking, required=False),
            item_width=self._size[0],
            item_height=self._size[1],
            attributes=as_json(told),
        )
        polygon = child(found, "polygon", taking, required=False)
        segment = child(found, "segm", taking, required=False)
        if polygon is not None:
            self._polygon(label, polygon, content(found, "type", taking, required=False))
        elif segment is not None:
            self._segment(label, segment)
        else:
            taking.fault("key-absent", f"{found.pointer}/polygon")
        return label

    def _polygon(self, label: Label, polygon: Element, kind: str | None) -> None:
        label.annotator_id = content(polygon, "username", self._taking, required=False)
        numbers = [quantity(point, tag, self._taking) for point in polygon.all("pt") for tag in ("x", "y")]
        ring = [number for number in numbers if number is not None]
        label.kind = "box" if kind == "bounding_box" else "polygon"
        if len(ring) == len(numbers) and ring:
            label.points = [ring]

    def _segment(self, label: Label, segment: Element) -> None:
        label.kind = "mask"
        label.annotator_id = content(segment, "username", self._taking, required=False)
        box = child(segment, "box", self._taking)
        if box is None:
            return
        left, top, right, bottom = (quantity(box, tag, self._taking) for tag in ("xmin", "ymin", "xmax", "ymax"))
        if left is None or top is None or right is None or bottom is None:
            return
        label.x, label.y, label.width, label.height = left, top, right - left, bottom - top


def _whole(value: float | None) -> int | None:
    return None if value is None or not value.is_integer() else int(value)


def _text(found: Element, tag: str) -> object:
    for inner in found.all(tag):
        parts = {part.tag: part.text.strip() for part in inner.children if part.text.strip()}
        return parts or inner.text.strip()
    return None
