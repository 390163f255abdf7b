"""What a reader hands to the engine: record batches with their place in the delivery, and defects.

A reader never judges and never repairs. What it cannot read it reports as a `Defect` and goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pyarrow as pa

DefectList = Literal["format", "structure", "file"]
"""형식오류 (does not parse), 구조오류 (parses, but not of the agreed structure), 파일오류 (missing, empty, broken)."""


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing a reader could not read.

    `file` is the path in the delivery; `row` the zero-based record index (-1: the file as a whole);
    `pointer` the place for people ("row 12", a JSON pointer, "" for the whole file); `code` a stable kebab-case word.
    `message` never holds a raw value of the data.
    """

    file: str
    row: int
    pointer: str
    list: DefectList
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Origin:
    """One of the files that a joined batch is of: so many records of it, and how a person finds each."""

    file: str
    rows: int
    pointer: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Some records of one file, as the reader found them; or of several small files, joined (`joined`).

    `table`: columns named as the contract names them (its `name`, not `physicalName`); a declared column that the file
    lacks is absent here. A column whose JSON values are of mixed kinds, or nested, or integers beyond 64 bits, is a
    string column of JSON texts whose field metadata has `b"dambo.json": b"1"`.
    `lexical`: True when the format has no types (CSV), so that every value is its text.
    `found`: all column names of the file in file order, as the file spells them; () where the format has no fixed
    columns (JSON: the union of keys of this batch, in order of first sight).
    `fixed`: every record has the same columns (Parquet, CSV), so a declared column that is not in `table` is absent
    from the file; False for JSON, where a key that a file never has is a column of nulls.
    `first_row`: zero-based index of the first record in its file; `rows` the indices where they are not consecutive.
    `pointer`: how a person finds record i: a template with `{row}` (zero-based), `{number}` (one-based).
    `pointers`: each record's own pointer (string), where a template cannot say it.
    `origins`: the files of a joined batch, in the order of its records; `file` is then the first of them.
    """

    file: str
    table: pa.RecordBatch
    first_row: int = 0
    rows: np.ndarray | None = None  # int64 [n]
    lexical: bool = False
    found: tuple[str, ...] = ()
    pointer: str = "row {number}"
    fixed: bool = True
    pointers: pa.Array | None = None
    origins: tuple[Origin, ...] = ()

    def row_index(self) -> np.ndarray:
        """Zero-based record indices in the file, int64 [n]."""
        if self.rows is not None:
            return self.rows
        return np.arange(self.first_row, self.first_row + self.table.num_rows, dtype=np.int64)

    def files(self) -> tuple[str, ...]:
        """The files it is of, in the order of its records."""
        return tuple(origin.file for origin in self.origins) or (self.file,)

    def templates(self) -> tuple[str, ...]:
        """The pointer template of each of `files()`."""
        return tuple(origin.pointer for origin in self.origins) or (self.pointer,)

    def file_codes(self, at: np.ndarray) -> np.ndarray:
        """Which of `files()` the records at these positions are of, int64 [n]."""
        if not self.origins:
            return np.zeros(len(at), dtype=np.int64)
        stops = np.cumsum([origin.rows for origin in self.origins])
        return np.searchsorted(stops, at, side="right")

    def places(self, at: np.ndarray) -> list[Place]:
        """File, zero-based row and pointer of the records at these positions."""
        files, templates, rows = self.files(), self.templates(), self.row_index()[at].tolist()
        return [
            (files[code], row, self._pointer(position, templates[code], row))
            for position, code, row in zip(at.tolist(), self.file_codes(at).tolist(), rows, strict=True)
        ]

    def _pointer(self, position: int, template: str, row: int) -> str:
        if self.pointers is not None and self.pointers[position].is_valid:
            return str(self.pointers[position])
        return template.format(row=row, number=row + 1)


Place = tuple[str, int, str]
"""File, zero-based row (-1: the file as a whole), pointer for people."""


def joinable(left: Batch, right: Batch) -> bool:
    """Do both have the same columns, of the same types, so that one batch can hold their records?"""
    return (
        left.table.schema.equals(right.table.schema, check_metadata=True)
        and (left.found, left.lexical, left.fixed) == (right.found, right.lexical, right.fixed)
        and (left.pointers is None) == (right.pointers is None)
    )


def joined(batches: Sequence[Batch]) -> Batch:
    """Batches that are joinable with each other as one, in their order."""
    if len(batches) == 1:
        return batches[0]
    first = batches[0]
    origins = tuple(origin for batch in batches for origin in _origins(batch))
    return replace(
        first,
        table=pa.concat_batches([batch.table for batch in batches]),
        rows=np.concatenate([batch.row_index() for batch in batches]),
        pointers=None if first.pointers is None else pa.concat_arrays([batch.pointers for batch in batches]),
        origins=origins,
    )


def _origins(batch: Batch) -> tuple[Origin, ...]:
    return batch.origins or (Origin(batch.file, batch.table.num_rows, batch.pointer),)
