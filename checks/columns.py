"""A batch as analyzers see it: declared columns, typed once without silent coercion, cached for the batch.

A value that is not exactly of its logical type is `mistyped`: the types check counts it, every other check sees a null
there. So `"12"` in a JSON integer column never passes as 12, while CSV text, which has no types, is read lexically.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from checks.batch import Batch
from checks.conform import Col, LogicalType, conform

__all__ = ["Col", "LogicalType", "View"]


class View:
    """One batch, with typed columns made on first use. Analyzers read it; they never change it."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self._typed: dict[Col, tuple[pa.Array, pa.Array | None]] = {}

    @property
    def num_rows(self) -> int:
        """Records in the batch."""
        return int(self.batch.table.num_rows)

    def rows(self) -> np.ndarray:
        """Zero-based record indices in the file, int64 [n]."""
        return self.batch.row_index()

    def has(self, names: frozenset[str]) -> bool:
        """Are all these columns in the file? Formats without fixed columns have them all, as nulls."""
        return not self.batch.fixed or names <= set(self.batch.table.schema.names)

    def raw(self, name: str) -> pa.Array:
        """The column as the reader gave it."""
        if name not in self.batch.table.schema.names:
            return pa.nulls(self.num_rows)
        return self.batch.table.column(name)

    def is_json(self, name: str) -> bool:
        """Does the column hold JSON texts, because its values are of mixed kinds, nested or huge?"""
        schema = self.batch.table.schema
        return name in schema.names and b"dambo.json" in (schema.field(name).metadata or {})

    def typed(self, col: Col) -> pa.Array:
        """The column as its logical type; null where it is missing or mistyped.

        integer: int64 (decimal128(38, 0) beyond); number: float64; boolean: bool; date: date32;
        timestamp: timestamp[us], UTC where a zone is given; time: time64[us]; string: large_string;
        object, array and any: as they came (a JSON text column stays one).
        """
        return self._column(col)[0]

    def mistyped(self, col: Col) -> pa.Array | None:
        """Boolean mask of non-null values that are not of the type; None when there are none."""
        return self._column(col)[1]

    def _column(self, col: Col) -> tuple[pa.Array, pa.Array | None]:
        if col not in self._typed:
            self._typed[col] = conform(
                self.raw(col.name), col, lexical=self.batch.lexical, json_texts=self.is_json(col.name)
            )
        return self._typed[col]
