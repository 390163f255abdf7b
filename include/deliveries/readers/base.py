"""The Reader port: a local file of one format in, record batches and defects out.

Invariants every reader keeps:
- it never raises for bad data and never skips silently: what it cannot read becomes a `Defect`, and it goes on where
  it can (next record, next row group);
- row indices are absolute in the file, so the shard plan changes neither records nor places. A record that cannot be
  read still takes its index;
- memory is bounded by `Limits`, not by the file;
- a file that can be opened gives at least one batch, possibly of zero rows, so that its columns are known.
It must not judge, repair, convert types, or trust what a file says about itself (footer statistics, sizes).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

from checks.batch import Batch, Defect
from include.contracts.model import ObjectSpec

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what one file may make a reader hold. Exceeding one is a defect, never an endless or huge read.

    `batch_rows`, `batch_bytes`: the usual size of a batch. `window_chars`: how much text is read at a time;
    `record_chars`: one record of it; `record_bytes`: one record of a binary format. `columns`: fields of a record. `depth`: nesting of JSON. `row_group_rows`,
    `row_group_bytes`: rows and decoded bytes of one Parquet row group; `page_bytes`: of one of its pages; `values`:
    values of one of its nested columns. `item_bytes`: a picture or text that is decoded in one piece.
    """

    batch_rows: int = 65_536
    batch_bytes: int = 32 * MIB
    window_chars: int = MIB
    record_chars: int = 16 * MIB
    record_bytes: int = 64 * MIB
    columns: int = 20_000
    depth: int = 200
    row_group_rows: int = 256 * MIB
    row_group_bytes: int = 16_384 * MIB
    page_bytes: int = 256 * MIB
    values: int = 64 * MIB
    item_bytes: int = 1024 * MIB


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a file that can be read on its own; all fields are integers, so it goes into JSON as it is.

    `first_row_group`, `stop_row_group` (exclusive) count for Parquet only; `first_row` is the index of its first
    record; `bytes` its share of the file, for planning only. A file without cut points has one Part, 0 to 0.
    """

    first_row_group: int = 0
    stop_row_group: int = 0
    first_row: int = 0
    bytes: int = 0

    @property
    def leads(self) -> bool:
        """Is it the first part of its file, which alone reports defects of the file as a whole?"""
        return self.first_row_group == 0


def join(parts: Sequence[Part]) -> Part:
    """One Part for consecutive parts of a file; reading it gives what they give together."""
    if any(a.stop_row_group != b.first_row_group for a, b in pairwise(parts)):
        raise ValueError("parts are not consecutive")
    return Part(
        parts[0].first_row_group, parts[-1].stop_row_group, parts[0].first_row, sum(part.bytes for part in parts)
    )


class Reader(ABC):
    """Reads files of one format. Stateless between files; safe to share between threads.

    `options`: the JSON Schema (2020-12, closed) of the contract's `reader` property for this format.
    """

    format: ClassVar[str]
    options: ClassVar[Mapping[str, Any]]

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()

    def parts(self, path: Path, spec: ObjectSpec) -> tuple[Part, ...]:  # noqa: ARG002 - formats with cut points need it
        """The natural cut points of the file, in file order; at least one Part, also for a broken file."""
        return (Part(bytes=path.stat().st_size),)

    @abstractmethod
    def read(self, path: Path, name: str, spec: ObjectSpec, part: Part | None = None) -> Iterator[Batch | Defect]:
        """Records and defects of the file (or of one part), in file order.

        `path` is the local file; `name` its path in the delivery, which stands in every Batch and Defect. Batches hold
        the declared columns the file has, by contract name. Raises OSError only if `path` itself cannot be opened.
        """


def closed(**properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """The JSON Schema of an options object with these properties, all optional, and no others."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
