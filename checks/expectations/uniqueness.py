"""Unique and compound unique, as GX counts them: every record whose key stands more than once is unexpected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa

from checks.analyzers.failing import Failing
from checks.analyzers.keyhash import joined
from checks.analyzers.keyset import Keys, KeySet, by_bytes, keys_of
from checks.columns import Col, View
from checks.expectations.kwargs import Kwargs
from checks.expectations.record_maps import MANY
from checks.expectations.records import Ignore, looked_at
from checks.expectations.translation import MapTranslation
from checks.kernel import Analyzer, State, States


@dataclass(frozen=True)
class RecordKeys(Analyzer[KeySet]):
    """The keys of every record that is looked at; a missing value is a key's part like another."""

    state_type: ClassVar[type[State]] = KeySet

    object: str
    parts: tuple[Col, ...]
    ignore: Ignore

    def columns(self) -> frozenset[str]:
        """The key's columns."""
        return frozenset(col.name for col in self.parts)

    def zero(self) -> KeySet:
        """No key."""
        return KeySet()

    def observe(self, view: View) -> KeySet:
        """One batch."""
        looked = looked_at(view, self.parts, self.ignore)
        if not looked.any():
            return self.zero()
        mask = pa.array(looked)
        keys = by_bytes(joined([view.typed(col).filter(mask) for col in self.parts]))
        return keys_of(view, np.flatnonzero(looked), *keys)


@dataclass(frozen=True)
class UniqueValues(MapTranslation):
    """No value stands twice."""

    name: ClassVar[str] = "expect_column_values_to_be_unique"
    family: ClassVar[str] = "uniqueness"
    takes: ClassVar[tuple[str, ...]] = ("column", "mostly")

    keys: Keys | RecordKeys

    @classmethod
    def build(cls, name: str, kwargs: Kwargs) -> Self:
        """Of one column; missing values are not looked at."""
        column = _single(kwargs, "column", kwargs.column())
        return cls(name, kwargs.mostly(), Keys(name, (column,)))

    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """The keys."""
        return (self.keys,)

    def tally(self, states: States) -> Failing:
        """Every member of a group of equal keys."""
        return states[self.keys].members()


class CompoundUnique(UniqueValues):
    """No combination of the columns' values stands twice."""

    name: ClassVar[str] = "expect_compound_columns_to_be_unique"
    takes: ClassVar[tuple[str, ...]] = ("column_list", "ignore_row_if", "mostly")

    @classmethod
    def build(cls, name: str, kwargs: Kwargs) -> Self:
        """Of several columns; two missing values are the same."""
        columns = tuple(_single(kwargs, "column_list", col) for col in kwargs.columns())
        ignore = MANY[kwargs.choice("ignore_row_if", tuple(MANY))]
        whole = ignore == "any" and len(columns) > 1  # then a key with a missing part is none
        return cls(name, kwargs.mostly(), Keys(name, columns) if whole else RecordKeys(name, columns, ignore))


def _single(kwargs: Kwargs, key: str, column: Col) -> Col:
    if column.type in {"object", "array"}:
        raise kwargs.wrong(key, f"{column.name} does not hold single values")
    return column
