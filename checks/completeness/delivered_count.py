"""Contracted against delivered quantity, in all or by class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar, Self

from checks.analyzers.labels import label_text
from checks.analyzers.where import SCHEMA as WHERE
from checks.analyzers.where import parse as parse_where
from checks.balance.counted import ITEM, UNIT, Counts, class_counts, counts_of
from checks.columns import Col
from checks.kernel import Analyzer, Check, Declaration, Metric, Misdeclared, Outcome, States, Table, Target

QUANTITY = {"type": "integer", "minimum": 1}


@dataclass(frozen=True)
class DeliveredCount(Check):
    """The smallest share delivered / contracted over all contracted classes, as a fraction: 1 or more is all of it."""

    id: ClassVar[str] = "delivered-count"
    family: ClassVar[str] = "completeness"
    standards: ClassVar[Mapping[str, str]] = {"iso-5259-2": "Com-ML-3", "nia": "통계적 충분성"}
    params: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "by": {"type": "string", "description": "the column of the class"},
            "atLeast": {
                "oneOf": [QUANTITY, {"type": "object", "minProperties": 1, "additionalProperties": QUANTITY}],
                "description": "contracted quantity: a number in all, or class to number",
            },
            "unit": UNIT,
            "item": ITEM,
            "where": WHERE,
        },
        "required": ["atLeast"],
        "additionalProperties": False,
    }

    by: Col | None
    contracted: tuple[tuple[str, int], ...]
    counts: Counts

    @classmethod
    def build(cls, decl: Declaration) -> Self:
        """`atLeast` by class needs `by`."""
        at_least, where = decl.params["atLeast"], parse_where(decl, decl.params)
        if decl.target is not None:
            raise Misdeclared("", "delivered-count takes atLeast, not an operator")
        by = decl.col("by", decl.params["by"]) if "by" in decl.params else None
        if isinstance(at_least, Mapping) != (by is not None):
            raise Misdeclared("atLeast", "quantities by class go with `by`, a single one without")
        contracted = {label_text(k): int(v) for k, v in at_least.items()} if by else {"": int(at_least)}
        counted = by or next(iter(decl.columns.values()), None)
        if counted is None:
            raise Misdeclared("", "the object declares no column")
        everything = Target(">=", (Decimal(1),))
        counts = counts_of(decl, counted, (), where, classed=by is not None)
        return cls(decl.rule, decl.object, everything, by, tuple(sorted(contracted.items())), counts)

    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """Counts by class."""
        return (self.counts,)

    def judge(self, states: States) -> Outcome:
        """The class that is shortest decides."""
        state = class_counts(states, self.counts)
        delivered = state.classes() if self.by else {"": state.total}
        rows = [(name, n, delivered.get(name, 0), Fraction(delivered.get(name, 0), n)) for name, n in self.contracted]
        _, contracted, count, share = min(rows, key=lambda row: (row[3], row[0]))
        metric = Metric("delivered-share", share, numerator=count, denominator=contracted)
        detail = Table("delivered", ("class", "contracted", "delivered", "share"), tuple(rows))
        return Outcome(metric, states.rows(self.object), detail=(detail,))
