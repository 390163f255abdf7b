"""A batch as analyzers see it: declared columns, typed once without silent coercion, cached for the batch.

A value that is not exactly of its logical type is `mistyped`: the types check counts it, every other check sees a null
there. So `"12"` in a JSON integer column never passes as 12, while CSV text, which has no types, is read lexically.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

from checks.batch import Batch
from checks.conform import Col, LogicalType, conform

__all__ = ["Col", "LogicalType", "View"]

T = TypeVar("T")


class View:
    """One batch, with typed columns made on first use. Analyzers read it; they never change it.

    `seen`: what the batch before knew of the values in dictionaries; readers give the same ones again and again.
    """

    def __init__(self, batch: Batch, seen: Seen | None = None) -> None:
        self.batch = batch
        self._names = frozenset(batch.table.schema.names)
        self._typed: dict[Col, tuple[pa.Array, pa.Array | None]] = {}
        self._decoded: dict[str, pa.Array] = {}
        self._made: dict[tuple[str, Hashable], Any] = {}
        self._distinct: dict[str, Distinct | None] = {}
        self._seen: Seen = {} if seen is None else seen

    @property
    def num_rows(self) -> int:
        """Records in the batch."""
        return int(self.batch.table.num_rows)

    def rows(self) -> np.ndarray:
        """Zero-based record indices in the file, int64 [n]."""
        return self.batch.row_index()

    def has(self, names: frozenset[str]) -> bool:
        """Are all these columns in the file? Formats without fixed columns have them all, as nulls."""
        return not self.batch.fixed or names <= self._names

    def raw(self, name: str) -> pa.Array:
        """The column as the reader gave it, its values in place."""
        array = self._given(name)
        if not pa.types.is_dictionary(array.type):
            return array
        if name not in self._decoded:
            self._decoded[name] = array.dictionary_decode()
        return self._decoded[name]

    def _given(self, name: str) -> pa.Array:
        """The column as the reader gave it, maybe codes into a dictionary."""
        if name not in self._names:
            return pa.nulls(self.num_rows)
        return self.batch.table.column(name)

    def nulls(self, name: str) -> int:
        """Records without a value, as the reader found them."""
        return int(self._given(name).null_count)

    def is_json(self, name: str) -> bool:
        """Does the column hold JSON texts, because its values are of mixed kinds, nested or huge?"""
        return name in self._names and b"dambo.json" in (self.batch.table.schema.field(name).metadata or {})

    def distinct(self, col: Col) -> Distinct | None:
        """The column's values once each, only if the reader gave codes into a dictionary, shorter than the batch.

        What depends on a value alone is then found once a value.
        """
        if col.name not in self._distinct:
            self._distinct[col.name] = self._values(col.name)
        return self._distinct[col.name]

    def dictionary(self, name: str) -> pa.DictionaryArray | None:
        """The column if the reader gave codes into a dictionary without null, of which there are fewer than records."""
        array = self._given(name)
        if not pa.types.is_dictionary(array.type) or array.dictionary.null_count:
            return None
        return array if len(array.dictionary) < self.num_rows else None

    def _values(self, name: str) -> Distinct | None:
        array = self.dictionary(name)
        if array is None:
            return None
        field = self.batch.table.schema.field(name)
        known = self._seen.get(name)
        if known is None or not known.is_of(array.dictionary, field, lexical=self.batch.lexical):
            known = self._seen[name] = _Dictionary(array.dictionary, field, self._once(array.dictionary, field))
        return Distinct(known.view, array.indices)

    def _once(self, values: pa.Array, field: pa.Field) -> View:
        """A view of these values and a null at last."""
        once = pa.concat_arrays([values, pa.nulls(1, values.type)])
        table = pa.RecordBatch.from_arrays([once], schema=pa.schema([field.with_type(values.type)]))
        return View(replace(self.batch, table=table, rows=None, pointers=None, origins=()))

    def codes(self, col: Col) -> tuple[pa.Array, np.ndarray] | None:
        """Typed values once each (they may be null, or equal to each other) and where each record's stands; see `distinct`."""
        found = self.distinct(col)
        return None if found is None else (found.view.typed(col), found.index)

    def once(self, kind: str, about: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, made once a batch for all who ask for this kind of thing about a column (or columns)."""
        if (kind, about) not in self._made:
            self._made[kind, about] = make()
        made: T = self._made[kind, about]
        return made

    def present(self, col: Col) -> int:
        """Records with a value of the type."""
        found = self.distinct(col)
        if found is None:
            return int(self.num_rows - self.typed(col).null_count)
        values = found.view.typed(col)
        if values.null_count == 1:  # the null at the end
            return self.num_rows - self.nulls(col.name)
        valid: np.ndarray = values.is_valid().to_numpy(zero_copy_only=False)
        return int(valid[found.index].sum())

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


@dataclass(frozen=True)
class Distinct:
    """A coded column. `view`: its values once each and a null at last; `indices` [n]: the codes, null for null."""

    view: View
    indices: pa.Array

    @cached_property
    def index(self) -> np.ndarray:
        """Where in `view` each record's value stands, int64 [n]."""
        places: np.ndarray = (
            self.indices.cast(pa.int64()).fill_null(self.view.num_rows - 1).to_numpy(zero_copy_only=False)
        )
        return places


@dataclass(frozen=True)
class _Dictionary:
    """The dictionary of a column, and a view of its values that remembers what was asked of them."""

    values: pa.Array
    field: pa.Field
    view: View

    def is_of(self, values: pa.Array, field: pa.Field, *, lexical: bool) -> bool:
        """Is it the view of these values of this column?"""
        return (
            self.view.batch.lexical == lexical
            and self.field.equals(field, check_metadata=True)
            and (self.values is values or self.values.equals(values))
        )


Seen = dict[str, _Dictionary]
"""The last dictionary of each column, in one pass over one object."""
