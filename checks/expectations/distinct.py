"""Expectations over the distinct values of a column.

How many there are is found in bounded memory. Which they are, and their quantiles, need every distinct value with its
count: there memory grows with the distinct values of the column (about 20 bytes and the text each), not with its records.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Any, ClassVar, Self

import numpy as np

from checks.analyzers.keyset import Keys, KeySet
from checks.analyzers.labels import Scalar as Label
from checks.analyzers.labels import label_text
from checks.analyzers.value_counts import LabelCounts, ValueCounts
from checks.columns import Col
from checks.expectations.aggregates import BoundedNumber
from checks.expectations.column_maps import value_set
from checks.expectations.kwargs import Kwargs
from checks.expectations.scalars import NUMERIC, as_value
from checks.expectations.translation import Translation, facts
from checks.kernel import Analyzer, Metric, Number, Outcome, States, Table
from checks.masking import shape

SINGLE = frozenset({"string", "integer", "number", "boolean", "date", "timestamp", "time", "any"})
SHOWN = 20
"""Values listed in a detail."""


class Counted(BoundedNumber):
    """A number that follows from the counts of distinct values."""

    types: ClassVar[frozenset[str]] = SINGLE

    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """The counts."""
        return (ValueCounts(self.object, self.column),)

    def counts(self, states: States) -> LabelCounts:
        """Their state."""
        return states[ValueCounts(self.object, self.column)]


class Distinct(BoundedNumber):
    """A number that follows from how many distinct values there are; exact at any size, in bounded memory."""

    types: ClassVar[frozenset[str]] = SINGLE

    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """The values as keys."""
        return (self._keys(),)

    def _keys(self) -> Keys:
        return Keys(self.object, (self.column,), places=False)

    def keys(self, states: States) -> KeySet:
        """Their state."""
        return states[self._keys()]


class UniqueCountBetween(Distinct):
    """How many distinct values there are."""

    name: ClassVar[str] = "expect_column_unique_value_count_to_be_between"

    def observed(self, states: States) -> Number | None:
        """Missing values are none."""
        return Fraction(self.keys(states).size())


class UniqueProportionBetween(Distinct):
    """Distinct values in proportion to all values."""

    name: ClassVar[str] = "expect_column_proportion_of_unique_values_to_be_between"

    def observed(self, states: States) -> Number | None:
        """Of the values that are not missing."""
        keys = self.keys(states)
        values = keys.repeats.tested
        return Fraction(keys.size(), values) if values else None


class NonNullProportionBetween(Counted):
    """Values that are not missing in proportion to all records."""

    name: ClassVar[str] = "expect_column_proportion_of_non_null_values_to_be_between"
    family: ClassVar[str] = "completeness"

    def observed(self, states: States) -> Number | None:
        """Of all records."""
        counts = self.counts(states)
        return Fraction(counts.total - counts.nulls, counts.total) if counts.total else None


@dataclass(frozen=True)
class Quantiles:
    """A column's numbers in order, with the number of values up to each."""

    values: tuple[Fraction, ...]
    ends: tuple[int, ...]

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> Self:
        """From texts of numbers to counts."""
        ordered = sorted(
            (Fraction(float(text)) if not _whole(text) else Fraction(int(text)), n) for text, n in counts.items()
        )
        return cls(tuple(v for v, _ in ordered), tuple(np.cumsum([n for _, n in ordered]).tolist()))

    def rank(self, index: int) -> Fraction:
        """The value at a zero-based rank."""
        return self.values[int(np.searchsorted(self.ends, index, side="right"))]

    def at(self, share: Fraction, method: str) -> Fraction:
        """The quantile by numpy's `method` over n - 1 intervals (Hyndman and Fan 1996, definition 7, and its variants)."""
        position = share * (self.ends[-1] - 1)
        low, high = floor(position), ceil(position)
        if method == "nearest":
            return self.rank(round(position))
        if method == "lower":
            return self.rank(low)
        if method == "higher":
            return self.rank(high)
        part = Fraction(1, 2) if method == "midpoint" else position - low
        return self.rank(low) + (self.rank(high) - self.rank(low)) * part if high > low else self.rank(low)


def _whole(text: str) -> bool:
    return text.lstrip("-").isdigit()


class MedianBetween(Counted):
    """The median."""

    name: ClassVar[str] = "expect_column_median_to_be_between"
    types: ClassVar[frozenset[str]] = NUMERIC

    def observed(self, states: States) -> Number | None:
        """The middle value, or the mean of the two in the middle."""
        counts = self.counts(states).classes()
        return Quantiles.of(counts).at(Fraction(1, 2), "linear") if counts else None


METHODS = ("nearest", "linear", "lower", "higher", "midpoint")


@dataclass(frozen=True)
class QuantilesBetween(Translation):
    """Quantiles between bounds, which count as met within a relative 0.0001 of a bound, as in GX."""

    name: ClassVar[str] = "expect_column_quantile_values_to_be_between"
    family: ClassVar[str] = "validity"
    takes: ClassVar[tuple[str, ...]] = ("column", "quantile_ranges", "allow_relative_error")

    column: Col
    wanted: tuple[tuple[Decimal, Decimal | None, Decimal | None], ...]
    method: str

    @classmethod
    def build(cls, name: str, kwargs: Kwargs) -> Self:
        """Of a column of numbers."""
        column = kwargs.column()
        if column.type not in NUMERIC:
            raise kwargs.wrong("column", f"{column.name} is declared as {column.type}, not as a number")
        method = METHODS[0]
        if kwargs.has("allow_relative_error") and kwargs.raw("allow_relative_error") is not False:
            method = kwargs.choice("allow_relative_error", METHODS)
        return cls(name, column, _ranges(kwargs), method)

    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """The counts."""
        return (ValueCounts(self.object, self.column),)

    def outcome(self, states: States) -> Outcome:
        """The number of quantiles outside their bounds."""
        counts, rows = states[ValueCounts(self.object, self.column)].classes(), states.rows(self.object)
        if not counts:
            return Outcome(Metric("unmet-conditions", undefined="no-values"), rows)
        ordered = Quantiles.of(counts)
        values = [ordered.at(Fraction(share), self.method) for share, _, _ in self.wanted]
        missed = sum(not met(v, low, high) for v, (_, low, high) in zip(values, self.wanted, strict=True))
        lines = tuple((share, v, low, high) for v, (share, low, high) in zip(values, self.wanted, strict=True))
        table = Table("quantiles", ("quantile", "value", "low", "high"), lines)
        return Outcome(Metric.count("unmet-conditions", missed), rows, detail=(table,))


def _ranges(kwargs: Kwargs) -> tuple[tuple[Decimal, Decimal | None, Decimal | None], ...]:
    given = kwargs.raw("quantile_ranges")
    if not isinstance(given, Mapping) or set(given) != {"quantiles", "value_ranges"}:
        raise kwargs.wrong("quantile_ranges", "quantiles and value_ranges are needed")
    shares, ranges = given["quantiles"], given["value_ranges"]
    if not isinstance(shares, list) or not isinstance(ranges, list) or not shares or len(shares) != len(ranges):
        raise kwargs.wrong("quantile_ranges", "as many value_ranges as quantiles are needed")
    found = []
    for share, bounds in zip(shares, ranges, strict=True):
        if not isinstance(bounds, list) or len(bounds) != 2 or not all(_number(v, none=True) for v in bounds):
            raise kwargs.wrong("quantile_ranges", "a range is [low, high], either of them null where it is open")
        if not _number(share) or not 0 <= share <= 1:
            raise kwargs.wrong("quantile_ranges", "a quantile is a number from 0 to 1")
        low, high = (None if v is None else Decimal(str(v)) for v in bounds)
        if low is not None and high is not None and low > high:
            raise kwargs.wrong("quantile_ranges", "the low end of a range is above its high end")
        found.append((Decimal(str(share)), low, high))
    return tuple(found)


def _number(value: object, *, none: bool = False) -> bool:
    return (none and value is None) or (isinstance(value, int | float | Decimal) and not isinstance(value, bool))


def met(value: Fraction, low: Decimal | None, high: Decimal | None) -> bool:
    """Within the range, or close to an end of it: |value - end| <= 1e-8 + 1e-4 |end|."""
    if any(end is not None and _close(value, Fraction(end)) for end in (low, high)):
        return True
    return (low is None or value >= Fraction(low)) and (high is None or value <= Fraction(high))


def _close(value: Fraction, end: Fraction) -> bool:
    return abs(value - end) <= Fraction(1, 10**8) + Fraction(1, 10**4) * abs(end)


@dataclass(frozen=True)
class DistinctSet(Translation):
    """The distinct values against a set. `inside`: none may be outside of it; `whole`: each of it must occur."""

    family: ClassVar[str] = "validity"
    takes: ClassVar[tuple[str, ...]] = ("column", "value_set")
    note: ClassVar[str] = (
        "dates of the set are ISO texts; values that the column cannot hold are missing values of the set"
    )
    inside: ClassVar[bool]
    whole: ClassVar[bool]

    column: Col
    values: tuple[str, ...]
    never: int

    @classmethod
    def build(cls, name: str, kwargs: Kwargs) -> Self:
        """Of a column of single values."""
        column = kwargs.column()
        given = kwargs.items("value_set")
        if any(v is None for v in given):
            raise kwargs.wrong("value_set", "null is no value", "use expect_column_values_to_not_be_null")
        usable = value_set(kwargs, column)
        texts = sorted({label_text(as_value(v, column)) for v in usable})
        return cls(name, column, tuple(texts), len(set(map(repr, given))) - len(usable))

    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """The counts."""
        return (ValueCounts(self.object, self.column),)

    def outcome(self, states: States) -> Outcome:
        """Values outside the set, and of the set that do not occur."""
        found, rows = states[ValueCounts(self.object, self.column)].classes(), states.rows(self.object)
        if not found:
            return Outcome(Metric("unmet-conditions", undefined="no-values"), rows)
        outside = sorted(found.keys() - set(self.values))
        lacking = sorted(set(self.values) - found.keys())
        lines: list[tuple[str, str | int]] = []
        unmet = 0
        if self.inside:
            unmet += len(outside)
            lines += [("unexpected-count", len(outside)), *(("unexpected", shape(v)) for v in outside[:SHOWN])]
        if self.whole:
            missing = len(lacking) + self.never
            unmet += missing
            lines += [("missing-values", missing), *(("missing-value", v) for v in lacking[:SHOWN])]
        return Outcome(Metric.count("unmet-conditions", unmet), rows, detail=(facts(*lines),))


class DistinctInSet(DistinctSet):
    """No value is outside the set."""

    name: ClassVar[str] = "expect_column_distinct_values_to_be_in_set"
    inside: ClassVar[bool] = True
    whole: ClassVar[bool] = False


class DistinctContainSet(DistinctSet):
    """Each value of the set occurs."""

    name: ClassVar[str] = "expect_column_distinct_values_to_contain_set"
    inside: ClassVar[bool] = False
    whole: ClassVar[bool] = True


class DistinctEqualSet(DistinctSet):
    """Exactly the values of the set occur."""

    name: ClassVar[str] = "expect_column_distinct_values_to_equal_set"
    inside: ClassVar[bool] = True
    whole: ClassVar[bool] = True


@dataclass(frozen=True)
class MostCommonInSet(Translation):
    """The most common value is among the set; several are tied only with `ties_okay`."""

    name: ClassVar[str] = "expect_column_most_common_value_to_be_in_set"
    family: ClassVar[str] = "validity"
    takes: ClassVar[tuple[str, ...]] = ("column", "value_set", "ties_okay")

    column: Col
    values: tuple[str, ...]
    ties: bool

    @classmethod
    def build(cls, name: str, kwargs: Kwargs) -> Self:
        """Of a column of single values."""
        column = kwargs.column()
        usable: list[Label] = [as_value(v, column) for v in value_set(kwargs, column)]
        return cls(name, column, tuple(sorted(map(label_text, usable))), kwargs.flag("ties_okay"))

    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """The counts."""
        return (ValueCounts(self.object, self.column),)

    def outcome(self, states: States) -> Outcome:
        """Met or not; a value outside the set is masked."""
        found, rows = states[ValueCounts(self.object, self.column)].classes(), states.rows(self.object)
        if not found:
            return Outcome(Metric("unmet-conditions", undefined="no-values"), rows)
        top = max(found.values())
        modes = sorted(text for text, count in found.items() if count == top)
        hits = len(set(modes) & set(self.values))
        fine = hits > 0 if self.ties else len(modes) == 1 and hits == 1
        shown = [v if v in self.values else shape(v) for v in modes[:SHOWN]]
        lines: list[tuple[str, str | int]] = [("count", top), ("tied", len(modes))]
        lines += [("observed-value", v) for v in shown]
        return Outcome(Metric.count("unmet-conditions", int(not fine)), rows, detail=(facts(*lines),))
