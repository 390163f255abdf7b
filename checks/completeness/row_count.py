"""ODCS rowCount: records delivered in all files of an object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from checks.kernel import Analyzer, Check, Declaration, Metric, Misdeclared, Outcome, States
from checks.row_rule import NO_PARAMS


@dataclass(frozen=True)
class RowCount(Check):
    """The number of records."""

    id: ClassVar[str] = "row-count"
    family: ClassVar[str] = "completeness"
    standards: ClassVar[Mapping[str, str]] = {"iso-5259-2": "Com-ML-3", "nia": "통계적 충분성"}
    params: ClassVar[Mapping[str, Any]] = NO_PARAMS

    @classmethod
    def build(cls, decl: Declaration) -> Self:
        """At object level, with an operator."""
        if decl.target is None:
            raise Misdeclared("", "rowCount needs an operator", "for example mustBe: 3000")
        if decl.unit == "percent":
            raise Misdeclared("unit", "rowCount is in rows")
        return cls(decl.rule, decl.object, decl.target)

    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """Only the shape, which the engine always tallies."""
        return ()

    def judge(self, states: States) -> Outcome:
        """Rows of the object."""
        rows = states.rows(self.object)
        return Outcome(Metric.count("row-count", rows), rows)
