"""The item readers' common part: one file in, a batch of one row with the fixed columns of items out.

A format's reader says what is in the file; what could not be decoded whole is a defect, and the row stands with nulls
where nothing is known. What all share stands here: the item's id, split and group from its path, its bytes and sha256.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from checks.batch import Batch, Defect
from checks.streams import ITEMS
from include.contracts.model import ObjectSpec
from include.deliveries.readers.base import Part, Reader, closed
from include.deliveries.readers.codes import defect
from include.deliveries.readers.labels.base import ID_OPTION, item_id
from include.deliveries.readers.pathfields import FIELD, field_of


class Sample(msgspec.Struct):
    """What one file is: a field for each column of `checks.streams.ITEMS`, in their units."""

    item_id: str | None = None
    split: str | None = None
    path: str | None = None
    media_type: str | None = None
    mode: str | None = None
    phash: str | None = None
    sha256: str | None = None
    group_key: str | None = None
    attributes: str | None = None
    width: int | None = None
    height: int | None = None
    pixels: int | None = None
    orientation: int | None = None
    bytes: int | None = None
    sample_rate: int | None = None
    channels: int | None = None
    bit_depth: int | None = None
    chars: int | None = None
    duration: float | None = None
    aspect: float | None = None
    brightness: float | None = None
    silence: float | None = None
    clipping: float | None = None


_ARROW = {"string": pa.string(), "number": pa.float64(), "integer": pa.int64()}
SCHEMA = pa.schema([(col.name, _ARROW[col.type]) for col in ITEMS])
"""The columns of every batch of items."""


class Broken(Exception):  # noqa: N818 - what it says is that the file is broken
    """The file cannot be read on; what is known of it so far stays. The defect's code and a detail without raw values."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code, self.detail = code, detail


def item_options(**own: Mapping[str, Any]) -> Mapping[str, Any]:
    """The JSON Schema of an item reader's options: its own beside those that all have."""
    split = {**FIELD, "description": "The split, from the file's path."}
    group = {**FIELD, "description": "What keeps items together (a patient, a speaker), from the file's path."}
    return closed(**{"id": ID_OPTION, "split": split, "group": group, **own})


class ItemReader(Reader):
    """A reader of one kind of media."""

    @abstractmethod
    def fill(self, sample: Sample, path: Path, spec: ObjectSpec) -> Iterator[tuple[str, str]]:
        """Put what the file says into `sample`; give (code, detail) of what is wrong. Raises Broken to end there."""

    def read(self, path: Path, name: str, spec: ObjectSpec, part: Part | None = None) -> Iterator[Batch | Defect]:  # noqa: ARG002 - one part
        """See Reader. One row, also for a file that is broken."""
        options, sample = spec.reader, Sample(path=name, bytes=path.stat().st_size)
        sample.item_id = item_id(name, str(options.get("id", "stem")))
        sample.split = field_of(name, options["split"]) if "split" in options else None
        sample.group_key = field_of(name, options["group"]) if "group" in options else None
        try:
            for code, detail in self.fill(sample, path, spec):
                yield defect(name, code, detail=detail)
        except Broken as broken:
            yield defect(name, broken.code, detail=broken.detail)
        yield Batch(name, _row(sample), pointer="")


_ROW = pa.struct(SCHEMA)


def _row(sample: Sample) -> pa.RecordBatch:
    """The columns through one struct: half the price of an array each."""
    return pa.RecordBatch.from_struct_array(pa.array([msgspec.structs.asdict(sample)], _ROW))


def extension_of(name: str) -> str:
    """The lower-case ending of a file's name, dot included; "" without one."""
    base = name.rsplit("/", 1)[-1]
    return "." + base.rsplit(".", 1)[1].lower() if "." in base else ""
