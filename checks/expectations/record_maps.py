"""Pair and multicolumn map expectations: each record is expected or not by the values of several columns."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from checks.analyzers.failing import Failing
from checks.columns import Col
from checks.expectations.kwargs import Kwargs
from checks.expectations.records import (
    AllDiffer,
    AllEqual,
    Ignore,
    PairCompares,
    PairInSet,
    RecordPredicate,
    RecordTest,
    SumEquals,
)
from checks.expectations.scalars import NUMERIC, ORDERED, as_value
from checks.expectations.translation import MapTranslation
from checks.kernel import Analyzer, States

PAIR: dict[str, Ignore] = {"both_values_are_missing": "all", "either_value_is_missing": "any", "neither": "never"}
MANY: dict[str, Ignore] = {"all_values_are_missing": "all", "any_value_is_missing": "any", "never": "never"}


@dataclass(frozen=True)
class RecordMap(MapTranslation):
    """A predicate over several columns."""

    family: ClassVar[str] = "validity"

    over: tuple[Col, ...]
    ignore: Ignore
    predicate: RecordPredicate

    @classmethod
    @abstractmethod
    def read(cls, kwargs: Kwargs) -> tuple[tuple[Col, ...], Ignore, RecordPredicate]:
        """Columns, records ignored, predicate. Raises Misdeclared."""

    @classmethod
    def build(cls, name: str, kwargs: Kwargs) -> Self:
        """Of several columns."""
        return cls(name, kwargs.mostly(), *cls.read(kwargs))

    def _test(self) -> RecordTest:
        return RecordTest(self.object, self.over, self.ignore, self.predicate)

    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """The record test."""
        return (self._test(),)

    def tally(self, states: States) -> Failing:
        """The record test's."""
        return states[self._test()]


def pair(kwargs: Kwargs) -> tuple[Col, Col]:
    """`column_A` and `column_B`."""
    found = kwargs.column("column_A"), kwargs.column("column_B")
    if found[0] == found[1]:
        raise kwargs.wrong("column_B", "both are the same column")
    return found


def comparable(kwargs: Kwargs, key: str, columns: tuple[Col, ...]) -> None:
    """Values of different kinds are never equal, so such a rule would be a mistake."""
    kinds = {"number" if col.type in NUMERIC else col.type for col in columns}
    if len(kinds) > 1 or kinds & {"object", "array"}:
        shown = ", ".join(f"{col.name} ({col.type})" for col in columns)
        raise kwargs.wrong(key, f"these columns hold values that cannot be compared: {shown}")


class PairEqual(RecordMap):
    """Both columns hold the same value."""

    name: ClassVar[str] = "expect_column_pair_values_to_be_equal"
    takes: ClassVar[tuple[str, ...]] = ("column_A", "column_B", "ignore_row_if", "mostly")

    @classmethod
    def read(cls, kwargs: Kwargs) -> tuple[tuple[Col, ...], Ignore, RecordPredicate]:
        """Of comparable columns."""
        columns = pair(kwargs)
        comparable(kwargs, "column_B", columns)
        return columns, PAIR[kwargs.choice("ignore_row_if", tuple(PAIR))], PairCompares("equal")


class PairGreater(RecordMap):
    """The first column's value is greater (`or_equal`: or equal)."""

    name: ClassVar[str] = "expect_column_pair_values_a_to_be_greater_than_b"
    takes: ClassVar[tuple[str, ...]] = ("column_A", "column_B", "or_equal", "ignore_row_if", "mostly")
    note: ClassVar[str] = "a missing date or text is not greater; GX raises TypeError on pandas' object columns"

    @classmethod
    def read(cls, kwargs: Kwargs) -> tuple[tuple[Col, ...], Ignore, RecordPredicate]:
        """Of columns with an order."""
        columns = pair(kwargs)
        comparable(kwargs, "column_B", columns)
        if columns[0].type not in ORDERED:
            raise kwargs.wrong("column_A", f"values of type {columns[0].type} have no order")
        predicate = PairCompares("greater_equal" if kwargs.flag("or_equal") else "greater")
        return columns, PAIR[kwargs.choice("ignore_row_if", tuple(PAIR))], predicate


class PairSet(RecordMap):
    """The pair of values is among the set; null stands for a missing value."""

    name: ClassVar[str] = "expect_column_pair_values_to_be_in_set"
    takes: ClassVar[tuple[str, ...]] = ("column_A", "column_B", "value_pairs_set", "ignore_row_if", "mostly")

    @classmethod
    def read(cls, kwargs: Kwargs) -> tuple[tuple[Col, ...], Ignore, RecordPredicate]:
        """Pairs of single values."""
        columns, pairs = pair(kwargs), []
        for i, given in enumerate(kwargs.items("value_pairs_set")):
            if not isinstance(given, list | tuple) or len(given) != 2 or any(isinstance(v, dict | list) for v in given):
                raise kwargs.wrong(f"value_pairs_set[{i}]", "a pair of single values is needed")
            if any(v is not None and as_value(v, col) is None for v, col in zip(given, columns, strict=True)):
                raise kwargs.wrong(f"value_pairs_set[{i}]", "the columns can never hold this pair")
            pairs.append((given[0], given[1]))
        return columns, PAIR[kwargs.choice("ignore_row_if", tuple(PAIR))], PairInSet(tuple(pairs))


class SumEqual(RecordMap):
    """The columns' values sum to the total."""

    name: ClassVar[str] = "expect_multicolumn_sum_to_equal"
    takes: ClassVar[tuple[str, ...]] = ("column_list", "sum_total", "ignore_row_if", "mostly")

    @classmethod
    def read(cls, kwargs: Kwargs) -> tuple[tuple[Col, ...], Ignore, RecordPredicate]:
        """Of numbers."""
        columns = kwargs.columns()
        for col in columns:
            if col.type not in NUMERIC:
                raise kwargs.wrong("column_list", f"{col.name} is declared as {col.type}, not as a number")
        kwargs.raw("sum_total")
        total = kwargs.number("sum_total")
        assert total is not None
        return columns, MANY[kwargs.choice("ignore_row_if", tuple(MANY))], SumEquals(total)


class UniqueWithinRecord(RecordMap):
    """No two of the columns hold the same value in a record."""

    name: ClassVar[str] = "expect_select_column_values_to_be_unique_within_record"
    family: ClassVar[str] = "uniqueness"
    takes: ClassVar[tuple[str, ...]] = ("column_list", "ignore_row_if", "mostly")

    @classmethod
    def read(cls, kwargs: Kwargs) -> tuple[tuple[Col, ...], Ignore, RecordPredicate]:
        """Of single values."""
        columns = kwargs.columns()
        for col in columns:
            if col.type in {"object", "array"}:
                raise kwargs.wrong("column_list", f"{col.name} does not hold single values")
        return columns, MANY[kwargs.choice("ignore_row_if", tuple(MANY))], AllDiffer()


class ValuesEqual(RecordMap):
    """All the columns hold the same value in a record."""

    name: ClassVar[str] = "expect_multicolumn_values_to_be_equal"
    takes: ClassVar[tuple[str, ...]] = ("column_list", "ignore_row_if", "mostly")

    @classmethod
    def read(cls, kwargs: Kwargs) -> tuple[tuple[Col, ...], Ignore, RecordPredicate]:
        """Of comparable columns."""
        columns = kwargs.columns()
        comparable(kwargs, "column_list", columns)
        return columns, MANY[kwargs.choice("ignore_row_if", tuple(MANY))], AllEqual()
