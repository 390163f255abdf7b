"""The label readers' common part: labels of one file in, batches with the fixed columns of annotations out.

A format's reader says what its file says and nothing else. What all formats share stands here: how an item's name becomes
its id, annotator and split from the path, the box around a geometry, and what no column can hold.
"""

from __future__ import annotations

import unicodedata
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from checks.batch import Batch, Defect
from checks.streams import ANNOTATIONS
from include.contracts.model import ObjectSpec
from include.deliveries.readers.base import Part, Reader, closed
from include.deliveries.readers.codes import defect
from include.deliveries.readers.labels.geometry import fill
from include.deliveries.readers.pathfields import FIELD, field_of
from include.deliveries.readers.text import ENCODING_OPTION

MEDIA_EXTENSIONS = frozenset(
    [
        ".avi",
        ".bmp",
        ".csv",
        ".flac",
        ".gif",
        ".jpeg",
        ".jpg",
        ".json",
        ".m4a",
        ".mkv",
        ".mov",
        ".mp3",
        ".mp4",
        ".ogg",
        ".pcm",
        ".png",
        ".tif",
        ".tiff",
        ".txt",
        ".wav",
        ".webp",
        ".xml",
    ]
)
"""What the stem of a name is without; `v1.2_0001` keeps its dot."""

ID_OPTION: Mapping[str, Any] = {
    "enum": ["stem", "name", "path"],
    "description": "What of an item's name is its item_id: the file name without its extension (the default), the file name, or the path as it is given.",
}


class Label(msgspec.Struct):
    """One label as a file says it: a field for each column of `checks.streams.ANNOTATIONS`, and its place in the file.

    `item_id` is the item's name as the file has it; None where the label file's own name says it, "" where it is not known. `row` is its index in
    the file, None for the next one.
    """

    pointer: str
    item_id: str | None = None
    annotator_id: str | None = None
    object_id: str | None = None
    label: str | None = None
    kind: str | None = None
    text: str | None = None
    split: str | None = None
    created_at: str | None = None
    mask: str | None = None
    attributes: str | None = None
    x: float | None = None
    y: float | None = None
    width: float | None = None
    height: float | None = None
    start: float | None = None
    end: float | None = None
    value: float | None = None
    area: float | None = None
    aspect: float | None = None
    item_width: int | None = None
    item_height: int | None = None
    points: list[list[float]] | None = None
    labels: list[str] | None = None
    row: int | None = None


_ARROW = {"string": pa.string(), "number": pa.float64(), "integer": pa.int64()}
_LISTS = {"points": pa.list_(pa.list_(pa.float64())), "labels": pa.list_(pa.string())}
SCHEMA = pa.schema([(col.name, _LISTS.get(col.name) or _ARROW[col.type]) for col in ANNOTATIONS])
"""The columns of every batch of labels."""

_RECORD = pa.struct(
    [
        pa.field("pointer", pa.string())
        if name == "pointer"
        else pa.field("row", pa.int64())
        if name == "row"
        else SCHEMA.field(name)
        for name in Label.__struct_fields__
    ]
)


def label_options(**own: Mapping[str, Any]) -> Mapping[str, Any]:
    """The JSON Schema of a label reader's options: its own beside those that all have."""
    rater = {
        "oneOf": [
            FIELD,
            {
                "type": "object",
                "properties": {"value": {"type": "string", "minLength": 1}},
                "required": ["value"],
                "additionalProperties": False,
            },
        ],
        "description": "Who labelled: from the file's path, or one name for all.",
    }
    split = {**FIELD, "description": "The split, from the file's path."}
    return closed(**{"id": ID_OPTION, "annotator": rater, "split": split, "encoding": ENCODING_OPTION, **own})


@lru_cache(maxsize=4096)
def item_id(name: str, mode: str) -> str:
    """The id of an item by its name; in NFC, so that a label written on another system still finds it."""
    name = unicodedata.normalize("NFC", name)
    if mode == "path":
        return name
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    if mode == "name":
        return base
    stem, dot, extension = base.rpartition(".")
    return stem if stem and f"{dot}{extension}".lower() in MEDIA_EXTENSIONS else base


class LabelReader(Reader):
    """A reader of one label format."""

    @abstractmethod
    def labels(self, path: Path, name: str, spec: ObjectSpec) -> Iterator[Label | Defect]:
        """The labels of a file in file order, and what could not be read. See Reader.read for `path` and `name`."""

    def read(self, path: Path, name: str, spec: ObjectSpec, part: Part | None = None) -> Iterator[Batch | Defect]:  # noqa: ARG002 - one part
        """See Reader. A file without labels gives a batch without rows."""
        finish, first, weight = _Finish(name, spec), 0, 0
        held: list[Label] = []
        for item in self.labels(path, name, spec):
            if isinstance(item, Defect):
                yield item
                continue
            held.append(item)
            weight += _weight(item)
            if len(held) >= self.limits.batch_rows or weight >= self.limits.batch_bytes:
                yield from finish.batch(held, first)
                held, first, weight = [], first + len(held), 0
        if held or not first:
            yield from finish.batch(held, first)


def _weight(label: Label) -> int:
    """About how many bytes a label takes while it is held."""
    texts = (label.text, label.mask, label.attributes)
    return 600 + 40 * sum(map(len, label.points or ())) + sum(len(text) for text in texts if text)


class _Finish:
    """Makes batches of the labels of one file."""

    def __init__(self, name: str, spec: ObjectSpec) -> None:
        options = spec.reader
        self._name = name
        self._mode = str(options.get("id", "stem"))
        self._rater = _given(name, options.get("annotator"))
        self._split = _given(name, options.get("split"))

    def batch(self, labels: list[Label], first: int) -> Iterator[Batch | Defect]:
        """One batch, after what no column can hold."""
        for i, label in enumerate(labels):
            self._complete(label)
            label.row = first + i if label.row is None else label.row
        try:
            records = _records(labels)
        except (UnicodeEncodeError, OverflowError, pa.ArrowException):
            yield from (found for label in labels for found in _cleaned(self._name, label))
            records = _records(labels)
        yield Batch(
            self._name,
            records.select(SCHEMA.names),
            first_row=first,
            rows=records.column("row").to_numpy(),
            pointer="label {number}",
            pointers=records.column("pointer"),
        )

    def _complete(self, label: Label) -> None:
        label.item_id = item_id(self._name if label.item_id is None else label.item_id, self._mode) or None
        if label.annotator_id is None:
            label.annotator_id = self._rater
        if label.split is None:
            label.split = self._split
        fill(label)


def _given(name: str, option: Any) -> str | None:
    """What an option says about all labels of a file."""
    if not isinstance(option, Mapping):
        return None
    if "value" in option:
        return str(option["value"])
    return field_of(name, option) if "path" in option else None


def _records(labels: list[Label]) -> pa.RecordBatch:
    """Labels with their places. All columns in one call: most files have few labels, and each call costs as much as ten."""
    return pa.RecordBatch.from_struct_array(pa.array(list(map(msgspec.structs.astuple, labels)), _RECORD))


def _cleaned(name: str, label: Label) -> Iterator[Defect]:
    """Takes out what no column can hold, and says so."""
    for field in SCHEMA:
        value = getattr(label, field.name)
        try:
            pa.array([value], field.type)
        except (UnicodeEncodeError, OverflowError, pa.ArrowException) as error:
            code = "lone-surrogate" if isinstance(error, UnicodeEncodeError) else "number-out-of-range"
            yield defect(name, code, row=label.row or 0, pointer=_text(label.pointer), detail=field.name)
            setattr(label, field.name, None)
    label.pointer = _text(label.pointer)


def _text(value: str) -> str:
    return value.encode("utf-8", "replace").decode("utf-8")
