"""Aggregate expectations over numbers: sum, mean, standard deviation, least and greatest value between bounds."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from decimal import Context
from fractions import Fraction
from typing import Any, ClassVar, Self

from checks.columns import Col
from checks.expectations.bounds import Bounds
from checks.expectations.column_maps import BOUNDS
from checks.expectations.extremes import ExtremesOf
from checks.expectations.kwargs import Kwargs
from checks.expectations.moments import Moments, MomentsOf
from checks.expectations.scalars import NUMERIC, ORDERED, as_value
from checks.expectations.translation import Translation, facts
from checks.kernel import Analyzer, Metric, Number, Outcome, States, Target, rounded
from checks.masking import shape

_WIDE = Context(prec=60)


def within(bounds: Bounds, value: Number | None, rows: int, why: str = "no-values") -> Outcome:
    """An observed number between bounds; the engine compares it with `bounds.target()`."""
    if value is None:
        return Outcome(Metric("observed-value", undefined=why), rows)
    violation = "outside-bounds" if bounds.excludes(value) else None
    return Outcome(Metric("observed-value", value), rows, violation=violation)


@dataclass(frozen=True)
class BoundedNumber(Translation):
    """One number of a column, between bounds."""

    family: ClassVar[str] = "validity"
    takes: ClassVar[tuple[str, ...]] = ("column", *BOUNDS)
    types: ClassVar[frozenset[str]] = NUMERIC | {"boolean"}

    column: Col
    bounds: Bounds

    @classmethod
    def build(cls, name: str, kwargs: Kwargs) -> Self:
        """Of a column of numbers."""
        column = kwargs.column()
        if column.type not in cls.types:
            raise kwargs.wrong(
                "column", f"{column.name} is declared as {column.type}", f"of: {', '.join(sorted(cls.types))}"
            )
        return cls(name, column, Bounds.numbers(kwargs))

    @property
    def target(self) -> Target:
        """The bounds."""
        return self.bounds.target()

    @abstractmethod
    def observed(self, states: States) -> Number | None:
        """The number, None where there is none."""

    def outcome(self, states: States) -> Outcome:
        """The number against the bounds."""
        return within(self.bounds, self.observed(states), states.rows(self.object))


class Summed(BoundedNumber):
    """From the exact sums of a column."""

    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """Count, sum, sum of squares."""
        return (MomentsOf(self.object, self.column),)

    def observed(self, states: States) -> Number | None:
        """From at least `least` values."""
        moments = states[MomentsOf(self.object, self.column)]
        return self.of(moments) if moments.count else None

    @abstractmethod
    def of(self, moments: Moments) -> Number | None:
        """From the moments of at least one value."""


class SumBetween(Summed):
    """The sum, exactly."""

    name: ClassVar[str] = "expect_column_sum_to_be_between"

    def of(self, moments: Moments) -> Number | None:
        """As a fraction."""
        return Fraction(moments.total)


class MeanBetween(Summed):
    """The arithmetic mean, exactly."""

    name: ClassVar[str] = "expect_column_mean_to_be_between"
    note: ClassVar[str] = "decimals have a mean here; GX raises TypeError on them"

    def of(self, moments: Moments) -> Number | None:
        """As a fraction."""
        return moments.mean()


class StdevBetween(Summed):
    """The sample standard deviation (n - 1), from exact sums, to 12 significant digits."""

    name: ClassVar[str] = "expect_column_stdev_to_be_between"

    def of(self, moments: Moments) -> Number | None:
        """Of at least two values."""
        if moments.count < 2:
            return None
        variance = moments.variance()
        top, bottom = _WIDE.create_decimal(variance.numerator), _WIDE.create_decimal(variance.denominator)
        return rounded(_WIDE.sqrt(_WIDE.divide(top, bottom)))


@dataclass(frozen=True)
class ExtremeBetween(Translation):
    """The least or greatest value between bounds: of numbers, dates, times or texts."""

    family: ClassVar[str] = "validity"
    takes: ClassVar[tuple[str, ...]] = ("column", *BOUNDS)
    note: ClassVar[str] = "dates compare with ISO texts; GX raises TypeError"
    greatest: ClassVar[bool]

    column: Col
    bounds: Bounds

    @classmethod
    def build(cls, name: str, kwargs: Kwargs) -> Self:
        """Of a column with an order."""
        column = kwargs.column()
        if column.type not in ORDERED:
            raise kwargs.wrong("column", f"values of type {column.type} have no order")
        return cls(name, column, Bounds.read(kwargs, column))

    @property
    def target(self) -> Target:
        """The bounds of a number; of other values that no bound is missed."""
        return self.bounds.target() if self.column.type in NUMERIC else super().target

    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """Both extremes."""
        return (ExtremesOf(self.object, self.column),)

    def outcome(self, states: States) -> Outcome:
        """Numbers are the metric; of other values the missed bounds are, the value stands masked in the detail."""
        state = states[ExtremesOf(self.object, self.column)]
        found = state.greatest if self.greatest else state.least
        rows = states.rows(self.object)
        if self.column.type in NUMERIC:
            return within(self.bounds, None if found is None else Fraction(found), rows)
        if found is None:
            return Outcome(Metric("unmet-conditions", undefined="no-values"), rows)
        missed = self._missed(found)
        detail = facts(("observed-value", shape(found) if self.column.type == "string" else None), ("unmet", missed))
        return Outcome(Metric.count("unmet-conditions", missed), rows, detail=(detail,))

    def _missed(self, found: str) -> int:
        """How many bounds are missed."""
        value = found if self.column.type == "string" else int(found)
        low, high = (self._ordinal(bound) for bound in (self.bounds.low, self.bounds.high))
        below = low is not None and (value < low or (self.bounds.strict_low and value == low))
        above = high is not None and (value > high or (self.bounds.strict_high and value == high))
        return int(below) + int(above)

    def _ordinal(self, bound: Any) -> Any:
        """A bound in the units of the state."""
        if bound is None or self.column.type == "string":
            return bound
        return ordinal(bound, self.column)


def ordinal(text: str, column: Col) -> int:
    """An ISO text as the days or microseconds that the state counts."""
    import pyarrow as pa

    from checks.conform import ARROW

    scalar = pa.array([as_value(text, column)], ARROW[column.type])
    return int(scalar.cast(pa.int32() if column.type == "date" else pa.int64())[0].as_py())


class MinBetween(ExtremeBetween):
    """The least value."""

    name: ClassVar[str] = "expect_column_min_to_be_between"
    greatest: ClassVar[bool] = False


class MaxBetween(ExtremeBetween):
    """The greatest value."""

    name: ClassVar[str] = "expect_column_max_to_be_between"
    greatest: ClassVar[bool] = True
