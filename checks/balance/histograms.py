"""Histograms: how sizes, shapes, lengths and brightness are distributed, for people to look at. Never a reason to fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar, Self

from checks.analyzers.bin_counts import SCALES, BinCounts, names_of
from checks.kernel import Analyzer, Check, Declaration, Metric, Outcome, States, Table, Target
from checks.row_rule import NO_PARAMS

SHOWN = Target(">=", (Decimal(0),))
"""Nothing is demanded."""


@dataclass(frozen=True)
class Histograms(Check):
    """The number of values that are shown."""

    id: ClassVar[str] = "histograms"
    family: ClassVar[str] = "balance"
    standards: ClassVar[Mapping[str, str]] = {"iso-5259-2": "Div-ML-1", "nia": "통계적 다양성"}
    params: ClassVar[Mapping[str, Any]] = NO_PARAMS
    needs_rows: ClassVar[bool] = False

    shown: tuple[BinCounts, ...]

    @classmethod
    def build(cls, decl: Declaration) -> Self:
        """Derived for items and annotations: of the columns that there is a scale for."""
        shown = tuple(
            BinCounts(decl.object, decl.columns[name], SCALES[name]) for name in SCALES if name in decl.columns
        )
        return cls(decl.rule, decl.object, SHOWN, shown)

    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """Counts by bin."""
        return self.shown

    def judge(self, states: States) -> Outcome:
        """A table for each column that has a value."""
        tables, total = [], 0
        for counted in self.shown:
            counts = states[counted].classes()
            n = sum(counts.values())
            if n:
                bins = names_of(counted.edges)
                rows = tuple((name, counts.get(name, 0), Fraction(counts.get(name, 0), n)) for name in bins)
                tables.append(Table(f"histogram-{counted.column.name}", ("bin", "count", "share"), rows))
            total += n
        return Outcome(Metric.count("measured-values", total), states.rows(self.object), tuple(tables))
