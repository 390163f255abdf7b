"""Least and greatest value of a column: numbers exactly, dates and times as whole units, texts by code point."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Self

import pyarrow as pa
import pyarrow.compute as pc

from checks.columns import Col, View
from checks.expectations.scalars import NUMERIC
from checks.kernel import Analyzer, State


class Extremes(State, frozen=True):
    """`least` and `greatest`, None where no value was seen. Numbers are fractions "n/d"; `numeric` says how to compare."""

    numeric: bool
    least: str | None = None
    greatest: str | None = None

    def merge(self, other: Self) -> Self:
        """The outer ones."""
        if self.least is None or self.greatest is None:
            return other
        if other.least is None or other.greatest is None:
            return self
        key = Fraction if self.numeric else str
        least = min(self.least, other.least, key=key)
        return type(self)(self.numeric, least, max(self.greatest, other.greatest, key=key))


@dataclass(frozen=True)
class ExtremesOf(Analyzer[Extremes]):
    """Extremes of an ordered column, missing values left out. Dates count days, times and timestamps microseconds."""

    state_type: ClassVar[type[State]] = Extremes

    object: str
    column: Col

    def columns(self) -> frozenset[str]:
        """The one column."""
        return frozenset({self.column.name})

    def zero(self) -> Extremes:
        """No value."""
        return Extremes(self.column.type != "string")

    def observe(self, view: View) -> Extremes:
        """One batch."""
        values = view.typed(self.column)
        numeric = self.column.type != "string"
        if numeric and self.column.type not in NUMERIC:
            values = values.cast(pa.int32() if self.column.type == "date" else pa.int64())
        ends = pc.min_max(values).as_py()
        if ends["min"] is None:
            return self.zero()
        return Extremes(numeric, *(str(Fraction(end)) if numeric else end for end in (ends["min"], ends["max"])))
