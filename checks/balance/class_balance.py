"""Class balance: how close the delivered classes are to the contracted distribution, in all or in each group.

Balance is closeness to what was agreed, not to uniformity. With `by`, every group must meet the target: the worst one is
the metric. A class that the contract does not name, or a set of one class, fails whatever the number says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar, Self

from checks.analyzers import where
from checks.analyzers.labels import label_text
from checks.balance.counted import ITEM, UNIT, Counts, class_counts, co_occurrence, counts_of
from checks.balance.distribution import AGAINST_TARGET, MEASURES, Distribution, Measure, chi_square
from checks.kernel import Analyzer, Check, Declaration, Metric, Misdeclared, Number, Outcome, States, Table
from checks.masking import public
from checks.statistics.targets import demanded, shortfall
from checks.statistics.undefined import Undefined

_ALL = "(all)"
Row = tuple[str | int | Number | None, ...]


@dataclass(frozen=True)
class ClassBalance(Check):
    """One measure of the class distribution of `counts.column` against the target; null labels are no class."""

    id: ClassVar[str] = "class-balance"
    family: ClassVar[str] = "balance"
    standards: ClassVar[Mapping[str, str]] = {"iso-5259-2": "Bal-ML-3", "nia": "통계적 다양성"}
    params: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "column": {"type": "string"},
            "target": {
                "type": "object",
                "minProperties": 2,
                "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1},
                "description": "class to contracted share; the shares sum to exactly 1",
            },
            "measure": {"enum": list(MEASURES)},
            "by": {"type": "string"},
            "unit": UNIT,
            "item": ITEM,
            "where": where.SCHEMA,
        },
        "required": ["measure"],
        "additionalProperties": False,
    }

    counts: Counts
    measure: Measure
    shares: tuple[tuple[str, Fraction], ...] | None

    @classmethod
    def build(cls, decl: Declaration) -> Self:
        """`target` must sum to exactly 1; measures against a distribution need one."""
        measure: Measure = decl.params["measure"]
        shares = shares_of("target", decl.params.get("target"))
        if shares is None and measure in AGAINST_TARGET:
            raise Misdeclared("target", f"{measure} compares with a distribution", "give target: {class: share}")
        name = decl.params.get("column", decl.column)
        if name is None:
            raise Misdeclared("column", "the rule stands on no column", "name the column of the class")
        column = decl.col("column", name)
        by = (decl.col("by", decl.params["by"]),) if "by" in decl.params else ()
        if column in by:
            raise Misdeclared("by", "the class itself is no group")
        counts = counts_of(decl, column, by, where.parse(decl, decl.params))
        return cls(decl.rule, decl.object, demanded(decl), counts, measure, shares)

    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """Counts by (group, class)."""
        return (self.counts,)

    def judge(self, states: States) -> Outcome:
        """The metric over all labels, or of the worst group."""
        state = class_counts(states, self.counts)
        overall = self._distribution(state.classes())
        groups = (
            {key[0]: self._distribution(labels) for key, labels in state.groups().items()} if self.counts.by else {}
        )
        decisive = self._worst([self._metric(d) for d in groups.values()] or [self._metric(overall)])
        tables = [self._table(overall), *_fit(overall), *([self._split(overall, groups)] if groups else [])]
        tables.append(self._quantities(overall.total, state.nulls))
        tables += co_occurrence(states, self.counts, overall.counts, overall.target or ())
        violations = (self._violation(d) for d in (overall, *groups.values()))
        return Outcome(decisive, overall.total, tuple(tables), violation=next((v for v in violations if v), None))

    def _quantities(self, counted: int, missing: int) -> Table:
        """How many records have a label."""
        return Table("labels", ("quantity", "value"), (("labelled", counted), ("missing", missing)))

    def _violation(self, d: Distribution) -> str | None:
        """What fails though a number is there."""
        if d.outside:
            return "class-outside-target"
        return "one-class" if len([c for c, n in d.counts.items() if n]) == 1 else None

    def _distribution(self, counts: Mapping[str, int]) -> Distribution:
        return Distribution(counts, None if self.shares is None else dict(self.shares))

    def _metric(self, d: Distribution) -> Metric:
        try:
            return Metric(self.measure, d.measure(self.measure))
        except Undefined as why:
            return Metric(self.measure, undefined=why.reason)

    def _worst(self, metrics: list[Metric]) -> Metric:
        """An undefined one first of all, then the one furthest from the target."""
        return max(
            metrics,
            key=lambda m: (m.value is None, Fraction(0) if m.value is None else shortfall(self.target, m.value)),
        )

    def _table(self, d: Distribution) -> Table:
        """Delivered beside contracted; classes outside the contract masked, for they may be anything."""
        rows = tuple(_row(d, c) for c in d.classes)
        return Table("distribution", ("class", "count", "share", "target-share"), rows)

    def _split(self, overall: Distribution, groups: Mapping[str | None, Distribution]) -> Table:
        """The measure by group."""
        rows = []
        for name, d in (*groups.items(), (_ALL, overall)):
            metric = self._metric(d)
            group = name if name is None or d is overall else public(name, d.total)
            rows.append((group, d.total, metric.value, metric.undefined))
        return Table("split", ("group", "count", self.measure, "undefined"), tuple(rows))


def shares_of(key: str, target: Mapping[Any, Any] | None) -> tuple[tuple[str, Fraction], ...] | None:
    """Contracted shares by label text, exact."""
    if target is None:
        return None
    shares = tuple((label_text(name), Fraction(share)) for name, share in target.items())
    if len(dict(shares)) < len(shares):
        raise Misdeclared(key, "two classes are written alike")
    total = sum(share for _, share in shares)
    if total != 1:
        raise Misdeclared(key, f"the shares sum to {_plain(total)}, not to 1")
    if len(shares) < 2 or any(share < 0 for _, share in shares):
        raise Misdeclared(key, "two or more classes with shares from 0 to 1 make a distribution")
    return shares


def _plain(total: Fraction | int) -> str:
    exact = Fraction(total)
    return f"{Decimal(exact.numerator) / Decimal(exact.denominator):f}"


def _row(d: Distribution, name: str) -> Row:
    contracted = None if d.target is None else d.contracted(name)
    known = public(name, 0 if name in d.outside else d.count(name), d.target or ())
    return known, d.count(name), d.share(name) if d.total else None, contracted


def _fit(d: Distribution) -> Iterator[Table]:
    found = chi_square(d)
    if found is not None:
        row = (found.statistic, found.freedom, found.p)
        yield Table("chi-square", ("chi-square", "degrees-of-freedom", "p-value"), (row,))
