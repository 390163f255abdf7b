"""What a reader hands to the engine: record batches with their place in the delivery, and defects.

A reader never judges and never repairs. What it cannot read it reports as a `Defect` and goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
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
class Batch:
    """Some records of one file, as the reader found them.

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
    """

    file: str
    table: pa.RecordBatch
    first_row: int = 0
    rows: np.ndarray | None = None  # int64 [n]
    lexical: bool = False
    found: tuple[str, ...] = ()
    pointer: str = "row {number}"
    fixed: bool = True

    def row_index(self) -> np.ndarray:
        """Zero-based record indices in the file, int64 [n]."""
        if self.rows is not None:
            return self.rows
        return np.arange(self.first_row, self.first_row + self.table.num_rows, dtype=np.int64)

    def pointer_of(self, row: int) -> str:
        """The place of record `row` for people."""
        return self.pointer.format(row=row, number=row + 1)
