"""Pascal VOC: one XML file an image, with `object` elements (PASCAL VOC devkit, "annotation format").

Boxes are corners in pixels. The devkit counts pixels from 1 and includes both ends; most tools since write edges from 0:
the contract says which (`pixels`), as a file does not. Parts of an object (head, hand ...) are labels of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from checks.batch import Defect
from include.contracts.model import ObjectSpec
from include.deliveries.readers.labels.base import Label, LabelReader, label_options
from include.deliveries.readers.labels.taking import Taking, as_json
from include.deliveries.readers.labels.xmltree import Element, child, content, document, quantity

_CORNERS = ("xmin", "ymin", "xmax", "ymax")
_READ = frozenset(["name", "bndbox", "polygon", "part", "size"])


class VocReader(LabelReader):
    """One image's XML a file."""

    format = "voc"
    options: ClassVar[Mapping[str, Any]] = label_options(
        pixels={
            "enum": ["edges", "counted"],
            "description": "What a corner is: an edge, counted from 0 (the default), or a pixel, counted from 1, both ends included (the devkit's own).",
        },
        item={
            "enum": ["filename", "file"],
            "description": "Which name is the item's: what the file says (`filename`, the default) or the name of the XML file.",
        },
    )

    def labels(self, path: Path, name: str, spec: ObjectSpec) -> Iterator[Label | Defect]:
        """See LabelReader."""
        root = document(path, name, self.limits, spec.reader.get("encoding"), "annotation")
        if isinstance(root, Defect):
            yield root
        else:
            yield from _Image(root, Taking(name, "text"), spec).labels()


class _Image:
    """One file being read."""

    def __init__(self, root: Element, taking: Taking, spec: ObjectSpec) -> None:
        self._root = root
        self._taking = taking
        self._counted = spec.reader.get("pixels", "edges") == "counted"
        own = spec.reader.get("item", "filename") == "file"
        self._item = None if own else content(root, "filename", taking)
        size = child(root, "size", taking, required=False)
        self._width = _side(size, "width", taking)
        self._height = _side(size, "height", taking)
        self._row = 0

    def labels(self) -> Iterator[Label | Defect]:
        yield from self._taking.told()
        for found in self._root.all("object"):
            label = self._label(found)
            yield label
            yield from self._taking.told()
            for part in found.all("part"):
                yield self._label(part, whole=label.label)
                yield from self._taking.told()

    def _label(self, found: Element, whole: str | None = None) -> Label:
        self._taking.row = self._row
        label = Label(
            pointer=found.pointer,
            row=self._row,
            item_id=self._item,
            kind="box",
            label=content(found, "name", self._taking),
            item_width=self._width,
            item_height=self._height,
            attributes=as_json(_attributes(found) | ({"part_of": whole} if whole else {})),
        )
        box = child(found, "bndbox", self._taking)
        if box is not None:
            self._box(label, box)
        self._row += 1
        return label

    def _box(self, label: Label, box: Element) -> None:
        found = [quantity(box, tag, self._taking) for tag in _CORNERS]
        left, top, right, bottom = found
        if left is None or top is None or right is None or bottom is None:
            return
        one = 1.0 if self._counted else 0.0
        label.x, label.y = left - one, top - one
        label.width, label.height = right - label.x, bottom - label.y


def _side(size: Element | None, tag: str, taking: Taking) -> int | None:
    if size is None:
        return None
    found = child(size, tag, taking)
    return None if found is None else taking.integer(found.text.strip(), found.pointer)


def _attributes(found: Element) -> dict[str, object]:
    """What else an object says: pose, truncated, difficult, occluded; `actions` and CVAT's `attributes` by their names."""
    told: dict[str, object] = {}
    for inner in found.children:
        if inner.tag == "attributes":
            told |= {_text(pair, "name"): _text(pair, "value") for pair in inner.all("attribute")}
        elif inner.tag not in _READ and inner.children:
            told[inner.tag] = {part.tag: part.text.strip() for part in inner.children}
        elif inner.tag not in _READ:
            told[inner.tag] = inner.text.strip()
    return told


def _text(pair: Element, tag: str) -> str:
    return "".join(inner.text for inner in pair.all(tag)).strip()
