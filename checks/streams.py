"""The streams of labelled media: which formats give items or annotations, and the fixed columns of both.

A table has its own columns; an items object has one row a delivered sample, an annotations object one row a label,
whatever the format was. What a format does not say is null. Units: pixels with the origin at the top left (ratios of
the image's sides where a format is normalised and the item's size stands as 1 x 1), seconds, characters, Hz.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from checks.columns import Col

Stream = Literal["items", "annotations"]

ITEMS: tuple[Col, ...] = (
    *(Col(name, "string") for name in ("item_id", "split", "path", "media_type", "mode", "phash", "sha256")),
    *(Col(name, "string") for name in ("group_key", "attributes")),
    *(Col(name, "integer") for name in ("width", "height", "pixels", "orientation", "bytes")),
    *(Col(name, "integer") for name in ("sample_rate", "channels", "bit_depth", "chars")),
    *(Col(name, "number") for name in ("duration", "aspect", "brightness", "silence", "clipping")),
)
"""One row a delivered sample. `width`, `height` are after EXIF `orientation`; `brightness` is mean luma, 0 to 255;
`silence` and `clipping` are shares of time and of audio samples; `attributes` is a JSON text."""

ANNOTATIONS: tuple[Col, ...] = (
    *(Col(name, "string") for name in ("item_id", "annotator_id", "object_id", "label", "kind", "text", "split")),
    *(Col(name, "string") for name in ("created_at", "mask", "attributes")),
    *(Col(name, "number") for name in ("x", "y", "width", "height", "start", "end", "value", "area", "aspect")),
    *(Col(name, "integer") for name in ("item_width", "item_height")),
    *(Col(name, "array") for name in ("points", "labels")),
)
"""One row a label. `x`, `y`, `width`, `height` bound any geometry; `points` are its rings, each flat x, y, x, y ... (of
keypoints: x, y, visibility); `mask` is COCO's compressed run lengths; `item_width` and `item_height` are what the label
file says of its item."""

COLUMNS: Mapping[Stream, tuple[Col, ...]] = MappingProxyType({"items": ITEMS, "annotations": ANNOTATIONS})

KINDS = ("class", "box", "polygon", "polyline", "points", "mask", "keypoints", "span", "transcript", "value", "labels")
"""What an annotation may be."""

STREAM_OF: Mapping[str, Stream] = MappingProxyType({
    **dict.fromkeys(("image", "audio", "video", "text"), "items"),
    **dict.fromkeys(("aihub", "coco", "voc", "yolo", "cvat", "openimages", "labelme", "image-folder"), "annotations"),
    **dict.fromkeys(("transcript", "ner", "conll"), "annotations"),
})  # fmt: skip
"""Formats that give a stream; every other format is a table."""
