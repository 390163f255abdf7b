"""Unique and compound unique, as GX counts them: every record whose key stands more than once is unexpected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from checks.analyzers.failing import Failing
from checks.columns import Col
from checks.expectations.keytable import RecordKeys
from checks.expectations.kwargs import Kwargs
from checks.expectations.record_maps import MANY
from checks.expectations.translation import MapTranslation
from checks.kernel import Analyzer, States


@dataclass(frozen=True)
class UniqueValues(MapTranslation):
    """No value stands twice."""

    name: ClassVar[str] = "expect_column_values_to_be_unique"
    family: ClassVar[str] = "uniqueness"
    takes: ClassVar[tuple[str, ...]] = ("column", "mostly")

    keys: RecordKeys

    @classmethod
    def build(cls, name: str, kwargs: Kwargs) -> Self:
        """Of one column; missing values are not looked at."""
        column = _single(kwargs, "column", kwargs.column())
        return cls(name, kwargs.mostly(), RecordKeys(name, (column,), "any"))

    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """The keys."""
        return (self.keys,)

    def tally(self, states: States) -> Failing:
        """Every member of a group of equal keys."""
        return states[self.keys].repeated()


class CompoundUnique(UniqueValues):
    """No combination of the columns' values stands twice."""

    name: ClassVar[str] = "expect_compound_columns_to_be_unique"
    takes: ClassVar[tuple[str, ...]] = ("column_list", "ignore_row_if", "mostly")

    @classmethod
    def build(cls, name: str, kwargs: Kwargs) -> Self:
        """Of several columns; two missing values are the same."""
        columns = tuple(_single(kwargs, "column_list", col) for col in kwargs.columns())
        ignore = MANY[kwargs.choice("ignore_row_if", tuple(MANY))]
        return cls(name, kwargs.mostly(), RecordKeys(name, columns, ignore))


def _single(kwargs: Kwargs, key: str, column: Col) -> Col:
    if column.type in {"object", "array"}:
        raise kwargs.wrong(key, f"{column.name} does not hold single values")
    return column
