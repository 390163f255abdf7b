"""Expectations about the table: how many records, which columns in which order.

Columns are those of the files, under their contract names where the contract declares them. Every file must meet the
expectation. Records of JSON have no common columns: theirs are all the keys that occur, and they have no order.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, Self

import msgspec

from checks.analyzers.shape import smallest
from checks.columns import View
from checks.expectations.aggregates import within
from checks.expectations.bounds import Bounds
from checks.expectations.column_maps import BOUNDS
from checks.expectations.kwargs import Kwargs
from checks.expectations.translation import Translation, facts
from checks.kernel import Analyzer, Metric, Outcome, State, States, Table, Target

SHOWN = 900
"""Columns listed in a detail."""


@dataclass(frozen=True)
class RowCountBetween(Translation):
    """How many records there are, between bounds."""

    name: ClassVar[str] = "expect_table_row_count_to_be_between"
    family: ClassVar[str] = "completeness"
    takes: ClassVar[tuple[str, ...]] = BOUNDS

    bounds: Bounds

    @classmethod
    def build(cls, name: str, kwargs: Kwargs) -> Self:
        """Of the object."""
        return cls(name, Bounds.numbers(kwargs))

    @property
    def target(self) -> Target:
        """The bounds."""
        return self.bounds.target()

    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """Only the shape, which the engine always tallies."""
        return ()

    def outcome(self, states: States) -> Outcome:
        """The records of all files."""
        rows = states.rows(self.object)
        return within(self.bounds, Fraction(rows), rows)


class RowCountEqual(RowCountBetween):
    """How many records there are."""

    name: ClassVar[str] = "expect_table_row_count_to_equal"
    takes: ClassVar[tuple[str, ...]] = ("value",)

    @classmethod
    def build(cls, name: str, kwargs: Kwargs) -> Self:
        """One number."""
        return cls(name, exactly(kwargs))


def exactly(kwargs: Kwargs) -> Bounds:
    """`value` as both bounds."""
    kwargs.raw("value")
    kwargs.whole("value")
    value = kwargs.number("value")
    return Bounds(value, value)


class Headers(State, frozen=True):
    """`fixed`: each list of columns and the smallest files that have it; `loose`: keys of records without fixed columns."""

    fixed: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    loose: tuple[str, ...] = ()

    def merge(self, other: Self) -> Self:
        """All lists and keys of both."""
        fixed = {
            header: smallest((*self.fixed.get(header, ()), *other.fixed.get(header, ())))
            for header in sorted({*self.fixed, *other.fixed})
        }
        return type(self)(fixed, tuple(sorted({*self.loose, *other.loose})))

    def lists(self) -> list[tuple[tuple[str, ...], str, bool]]:
        """Each list of columns, one file that has it, and whether it has an order."""
        found = [(tuple(msgspec.json.decode(h, type=list[str])), f[0], True) for h, f in self.fixed.items()]
        return [*found, (self.loose, "", False)] if self.loose else found


@dataclass(frozen=True)
class HeadersOf(Analyzer[Headers]):
    """The columns of the files of one object."""

    state_type: ClassVar[type[State]] = Headers

    object: str

    def columns(self) -> frozenset[str]:
        """None: it is observed whatever the file has."""
        return frozenset()

    def zero(self) -> Headers:
        """No file."""
        return Headers()

    def observe(self, view: View) -> Headers:
        """One batch."""
        batch = view.batch
        names = batch.found or tuple(batch.table.schema.names)
        if not batch.fixed:
            return Headers(loose=tuple(sorted(set(names))))
        return Headers({msgspec.json.encode(list(names)).decode(): batch.files()})


@dataclass(frozen=True)
class ColumnsExpectation(Translation):
    """A condition on the columns of every file."""

    family: ClassVar[str] = "schema"

    names: tuple[tuple[str, str], ...]

    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """The files' columns."""
        return (HeadersOf(self.object),)

    @abstractmethod
    def departures(self, columns: list[str], *, ordered: bool) -> list[tuple[str, str]]:
        """What is wrong with one list of columns: (problem, column)."""

    def outcome(self, states: States) -> Outcome:
        """The departures over all lists of columns; the detail shows the first list with any, or the first."""
        known = dict(self.names)
        rows: list[tuple[str, str, str]] = []
        shown: list[str] | None = None
        lists = states[HeadersOf(self.object)].lists()
        for header, file, ordered in lists:
            columns = [known.get(name, name) for name in header]
            found = [(problem, column, file) for problem, column in self.departures(columns, ordered=ordered)]
            shown = columns if shown is None or (found and not rows) else shown
            rows += found
        if shown is None:
            return Outcome(Metric("unmet-conditions", undefined="empty"), states.rows(self.object))
        seen = facts(("column-count", len(shown)), *(("observed-column", name) for name in shown[:SHOWN]))
        table = Table("columns", ("problem", "column", "file"), tuple(rows))
        metric = Metric.count("unmet-conditions", len(rows))
        return Outcome(metric, states.rows(self.object), detail=(seen, table) if rows else (seen,))


def names_of(kwargs: Kwargs) -> tuple[tuple[str, str], ...]:
    """The file's name and the contract's name of each declared column where they differ."""
    return tuple(sorted(kwargs.sources.items()))


@dataclass(frozen=True)
class ColumnExists(ColumnsExpectation):
    """A column is there, at a position where one is given."""

    name: ClassVar[str] = "expect_column_to_exist"
    takes: ClassVar[tuple[str, ...]] = ("column", "column_index")
    note: ClassVar[str] = "`column_index: 0` is looked at; GX takes 0 for none given"

    column: str
    index: int | None

    @classmethod
    def build(cls, name: str, kwargs: Kwargs) -> Self:
        """Declared or not."""
        column = kwargs.text("column")
        return cls(name, names_of(kwargs), kwargs.sources.get(column, column), kwargs.whole("column_index"))

    def departures(self, columns: list[str], *, ordered: bool) -> list[tuple[str, str]]:
        """Missing, or elsewhere."""
        if self.column not in columns:
            return [("missing", self.column)]
        if self.index is None:
            return []
        there = ordered and -len(columns) <= self.index < len(columns) and columns[self.index] == self.column
        return [] if there else [("order", self.column)]


@dataclass(frozen=True)
class ColumnCountBetween(ColumnsExpectation):
    """How many columns there are."""

    name: ClassVar[str] = "expect_table_column_count_to_be_between"
    takes: ClassVar[tuple[str, ...]] = ("min_value", "max_value")

    bounds: Bounds

    @classmethod
    def build(cls, name: str, kwargs: Kwargs) -> Self:
        """Of each file."""
        return cls(name, names_of(kwargs), Bounds.numbers(kwargs))

    def departures(self, columns: list[str], *, ordered: bool) -> list[tuple[str, str]]:  # noqa: ARG002 - the port's
        """Too few or too many."""
        low, high = self.bounds.low, self.bounds.high
        assert not isinstance(low, str)
        assert not isinstance(high, str)
        if low is not None and len(columns) < low:
            return [("too-few", str(len(columns)))]
        return [("too-many", str(len(columns)))] if high is not None and len(columns) > high else []


class ColumnCountEqual(ColumnCountBetween):
    """How many columns there are, exactly."""

    name: ClassVar[str] = "expect_table_column_count_to_equal"
    takes: ClassVar[tuple[str, ...]] = ("value",)

    @classmethod
    def build(cls, name: str, kwargs: Kwargs) -> Self:
        """One number."""
        return cls(name, names_of(kwargs), exactly(kwargs))


@dataclass(frozen=True)
class ColumnsOrdered(ColumnsExpectation):
    """Exactly these columns in this order."""

    name: ClassVar[str] = "expect_table_columns_to_match_ordered_list"
    takes: ClassVar[tuple[str, ...]] = ("column_list",)
    note: ClassVar[str] = "keys of JSON records have no order, so only the set is compared there"

    wanted: tuple[str, ...]

    @classmethod
    def build(cls, name: str, kwargs: Kwargs) -> Self:
        """Declared or not."""
        return cls(name, names_of(kwargs), renamed(kwargs, "column_list"))

    def departures(self, columns: list[str], *, ordered: bool) -> list[tuple[str, str]]:
        """Missing and extra columns, else the first that stands elsewhere."""
        found = different(columns, self.wanted, exact=True)
        if found or not ordered or columns == list(self.wanted):
            return found
        pairs = zip(columns, self.wanted, strict=False)
        return [("order", next((a for a, b in pairs if a != b), columns[-1]))]


@dataclass(frozen=True)
class ColumnsSet(ColumnsExpectation):
    """These columns in any order, and no others where `exact_match`."""

    name: ClassVar[str] = "expect_table_columns_to_match_set"
    takes: ClassVar[tuple[str, ...]] = ("column_set", "exact_match")

    wanted: tuple[str, ...]
    exact: bool

    @classmethod
    def build(cls, name: str, kwargs: Kwargs) -> Self:
        """Declared or not."""
        wanted = tuple(sorted(set(renamed(kwargs, "column_set"))))
        return cls(name, names_of(kwargs), wanted, kwargs.flag("exact_match", default=True))

    def departures(self, columns: list[str], *, ordered: bool) -> list[tuple[str, str]]:  # noqa: ARG002 - the port's
        """Missing, and extra ones where none may be."""
        return different(columns, self.wanted, exact=self.exact)


def renamed(kwargs: Kwargs, key: str) -> tuple[str, ...]:
    """A list of columns under their contract names."""
    return tuple(kwargs.sources.get(name, name) for name in kwargs.texts(key))


def different(columns: list[str], wanted: tuple[str, ...], *, exact: bool) -> list[tuple[str, str]]:
    """Columns that are missing and, if `exact`, extra."""
    missing = [("missing", name) for name in wanted if name not in columns]
    return [*missing, *(("extra", name) for name in columns if exact and name not in wanted)]
