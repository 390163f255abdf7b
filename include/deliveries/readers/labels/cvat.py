"""CVAT for images and for video, XML 1.1 (docs.cvat.ai, "CVAT for image", "CVAT for video").

Images come with their boxes, polygons, polylines, points, masks, ellipses and tags; tracks come frame by frame, where a
shape marked `outside` says that the object is not in that frame, so it is no label. A frame has no name in a video's file:
its item is `frame_000012`, as CVAT names the frames that it exports. The file may be of any size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from checks.batch import Defect
from include.contracts.model import ObjectSpec
from include.deliveries.readers.labels.base import Label, LabelReader, label_options
from include.deliveries.readers.labels.cvatshapes import SHAPES, shape
from include.deliveries.readers.labels.taking import MISSING, Taking, as_json
from include.deliveries.readers.labels.xmltree import Element, elements

_OWN = frozenset(["label", "points", "xtl", "ytl", "xbr", "ybr", "rle", "left", "top", "width", "height", "cx", "cy", "rx", "ry", "frame", "outside"])  # fmt: skip


class _Item(NamedTuple):
    name: str | None
    width: int | None
    height: int | None


class CvatReader(LabelReader):
    """One export of a task or job a file."""

    format = "cvat"
    options: ClassVar[Mapping[str, Any]] = label_options()

    def labels(self, path: Path, name: str, spec: ObjectSpec) -> Iterator[Label | Defect]:
        """See LabelReader."""
        file, first = _File(name), True
        for found in elements(path, name, self.limits, spec.reader.get("encoding")):
            if isinstance(found, Defect):
                yield found
            elif first:
                yield from file.root(found)
            else:
                yield from file.member(found)
            first = False


class _File:
    """One file being read."""

    def __init__(self, name: str) -> None:
        self._taking = Taking(name, "text")
        self._size: tuple[int | None, int | None] = (None, None)
        self._row = 0

    def root(self, found: Element) -> Iterator[Defect]:
        """The document's element."""
        if found.tag != "annotations":
            self._taking.fault("key-absent", "/annotations")
        yield from self._taking.told()

    def member(self, found: Element) -> Iterator[Label | Defect]:
        """What stands below it: `meta`, images, tracks."""
        self._taking.row = -1
        if found.tag == "meta":
            self._size = self._original(found)
        elif found.tag == "image":
            yield from self._image(found)
        elif found.tag == "track":
            yield from self._track(found)
        yield from self._taking.told()

    def _original(self, meta: Element) -> tuple[int | None, int | None]:
        """The size of a video's frames."""
        for task in meta.children:
            for size in task.all("original_size"):
                sides = [(inner.text.strip(), inner.pointer) for tag in ("width", "height") for inner in size.all(tag)]
                if len(sides) == 2:
                    return self._taking.integer(*sides[0]), self._taking.integer(*sides[1])
        return None, None

    def _image(self, found: Element) -> Iterator[Label | Defect]:
        name = self._taking.text(found.attributes.get("name", MISSING), f"{found.pointer}/@name")
        item = _Item(name or "", *(self._side(found, side) for side in ("width", "height")))
        yield from self._taking.told()
        for drawn in found.children:
            yield from self._label(drawn, item, drawn.attributes.get("label", MISSING))

    def _side(self, found: Element, side: str) -> int | None:
        value = found.attributes.get(side, MISSING)
        return self._taking.integer(value, f"{found.pointer}/@{side}", required=False)

    def _track(self, found: Element) -> Iterator[Label | Defect]:
        for drawn in found.children:
            if drawn.attributes.get("outside") == "1":
                continue
            self._taking.row = self._row
            frame = self._taking.integer(drawn.attributes.get("frame", MISSING), f"{drawn.pointer}/@frame")
            item = _Item("" if frame is None else f"frame_{frame:06d}", *self._size)
            yield from self._label(drawn, item, found.attributes.get("label", MISSING), found.attributes.get("id"))

    def _label(
        self, drawn: Element, item: _Item, name: str | object, track: str | None = None
    ) -> Iterator[Label | Defect]:
        taking = self._taking
        taking.row = self._row
        if drawn.tag not in SHAPES:
            taking.fault("unsupported-label", drawn.pointer, "a kind of CVAT that is not read")
        else:
            label = Label(
                pointer=drawn.pointer,
                row=self._row,
                item_id=item.name,
                object_id=track or drawn.attributes.get("id"),
                label=taking.text(name, f"{drawn.pointer}/@label"),
                item_width=item.width,
                item_height=item.height,
                attributes=as_json(_attributes(drawn)),
            )
            shape(label, drawn, taking)
            yield label
        self._row += 1
        yield from taking.told()


def _attributes(drawn: Element) -> dict[str, object]:
    told: dict[str, object] = {key: value for key, value in drawn.attributes.items() if key not in _OWN}
    return told | {inner.attributes.get("name", ""): inner.text.strip() for inner in drawn.all("attribute")}
