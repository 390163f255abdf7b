"""COCO: one JSON document with images, categories and annotations (cocodataset.org, "Data format").

Instances (boxes, polygons, run lengths), keypoints, captions, panoptic segments and labels without geometry. The file may
be of any size: its arrays are read element by element, and only the tables of images and categories are held; twice,
where one of them stands behind the annotations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from checks.batch import Defect
from include.contracts.model import ObjectSpec
from include.deliveries.readers.jsonmembers import Member, members
from include.deliveries.readers.labels.base import Label, LabelReader, label_options
from include.deliveries.readers.labels.cocogeometry import GEOMETRY_OPTION, set_geometry
from include.deliveries.readers.labels.cocotables import Category, Image, Tables
from include.deliveries.readers.labels.pointers import RATER_OPTION, rater_of, resolve
from include.deliveries.readers.labels.taking import MISSING, Taking, as_json
from include.deliveries.readers.text import decide_encoding

_HELD_BYTES = 4 << 20
"""A file up to this size is decoded once and held."""

_ANNOTATION_CHARS = 6 << 20
"""The longest annotation taken: a value of two characters takes up to 40 bytes while it is held."""

_NOT_ATTRIBUTES = frozenset(["id", "image_id", "category_id", "bbox", "segmentation", "area", "keypoints", "caption", "attributes", "segments_info"])  # fmt: skip


class CocoReader(LabelReader):
    """One COCO document a file."""

    format = "coco"
    options: ClassVar[Mapping[str, Any]] = label_options(annotator=RATER_OPTION, geometry=GEOMETRY_OPTION)

    def labels(self, path: Path, name: str, spec: ObjectSpec) -> Iterator[Label | Defect]:
        """See LabelReader. An annotation of an unknown image or category keeps the rest of what it says."""
        codec = decide_encoding(path, name, spec.reader.get("encoding"))
        if isinstance(codec, Defect):
            yield codec
            return

        limits = replace(self.limits, record_chars=min(self.limits.record_chars, _ANNOTATION_CHARS))

        def again() -> Iterable[Member | Defect]:
            return members(path, codec, name, limits)

        if path.stat().st_size <= _HELD_BYTES:
            held = list(again())
            yield from _Document(name, spec).read(lambda: held)
        else:
            yield from _Document(name, spec).read(again)


class _Document:
    """One file being read. `row` counts annotations, so that a label lost does not move the others."""

    def __init__(self, name: str, spec: ObjectSpec) -> None:
        self._taking = Taking(name)
        self._tables = Tables(name)
        self._geometry = str(spec.reader.get("geometry", "auto"))
        self._rater = rater_of(spec)
        self._row = 0

    def read(self, again: Callable[[], Iterable[Member | Defect]]) -> Iterator[Label | Defect]:
        """Labels and defects; `again` reads the document from its start."""
        seen: set[str] = set()
        broken = complete = False
        for member in again():
            if isinstance(member, Defect):
                broken = True
                yield self._lost(member)
                continue
            if member.key == "annotations" and not complete:
                complete = True
                if not seen >= {"images", "categories"}:
                    self._learn(again())
            seen.add(member.key)
            yield from self._member(member)
            yield from self._taking.told()
        for key in ("images", "annotations"):
            if not broken and key not in seen:
                self._taking.fault("key-absent", "/" + key)
        yield from self._taking.told()

    def _learn(self, document: Iterable[Member | Defect]) -> None:
        """Takes the tables that stand behind the annotations."""
        for member in document:
            if isinstance(member, Member):
                self._tables.learn(member)

    def _lost(self, found: Defect) -> Defect:
        """A defect with the row of its annotation."""
        if not found.pointer.startswith("/annotations/"):
            return replace(found, row=-1)
        self._row += 1
        return replace(found, row=self._row - 1)

    def _member(self, member: Member) -> Iterator[Label]:
        self._taking.row = -1
        if self._tables.check(member, self._taking) or member.key != "annotations":
            return
        if member.at < 0:
            if member.value != []:
                self._taking.wrong(member.pointer, "array", member.value)
            return
        self._taking.row = self._row
        if not isinstance(member.value, dict):
            self._taking.wrong(member.pointer, "object", member.value)
            self._row += 1
            return
        yield from self._annotation(member.value, member.pointer)

    def _annotation(self, value: dict[str, object], at: str) -> Iterator[Label]:
        image = self._image(value, at)
        segments = value.get("segments_info")
        if not isinstance(segments, list):
            yield self._label(value, at, image)
            return
        for i, segment in enumerate(segments):
            self._taking.row = self._row
            if isinstance(segment, dict):
                label = self._label(segment, f"{at}/segments_info/{i}", image)
                label.kind = "mask"  # its pixels stand in a PNG beside the file
                yield label
            else:
                self._taking.wrong(f"{at}/segments_info/{i}", "object", segment)
                self._row += 1

    def _image(self, value: dict[str, object], at: str) -> Image:
        key = self._taking.name(value.get("image_id", MISSING), at + "/image_id")
        image = self._tables.images.get(key) if key is not None else Image()
        if image is None:
            self._taking.fault("unknown-image", at + "/image_id")
        return image or Image()

    def _category(self, value: dict[str, object], at: str) -> Category:
        if "caption" in value and "category_id" not in value:
            return Category()
        key = self._taking.name(value.get("category_id", MISSING), at + "/category_id")
        category = self._tables.categories.get(key) if key is not None else Category()
        if category is None and "caption" not in value:
            self._taking.fault("unknown-category", at + "/category_id")
        return category or Category()

    def _label(self, value: dict[str, object], at: str, image: Image) -> Label:
        taking = self._taking
        category = self._category(value, at)
        label = Label(
            pointer=at,
            row=self._row,
            item_id=image.name or "",
            object_id=taking.name(value.get("id"), at + "/id"),
            label=category.name,
            text=taking.text(value.get("caption"), at + "/caption"),
            area=taking.number(value.get("area"), at + "/area"),
            item_width=image.width,
            item_height=image.height,
            attributes=_attributes(value, category),
        )
        if self._rater:
            pointer, text = self._rater
            label.annotator_id = taking.name(resolve(value, pointer), at + text)
        set_geometry(label, value, self._geometry, taking)
        self._row += 1
        return label


def _attributes(value: dict[str, object], category: Category) -> str | None:
    """What else the annotation says: its own attributes, flags such as iscrowd, and its class's number of keypoints."""
    own = value.get("attributes")
    found = {key: inner for key, inner in value.items() if key not in _NOT_ATTRIBUTES}
    found |= own if isinstance(own, dict) else {}
    if category.keypoints is not None:
        found["keypoints"] = category.keypoints
    return as_json(found)
