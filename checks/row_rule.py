"""Row-level rules: the share or number of values that fail one predicate. Each rule of the contract is a small subclass."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Literal, Self

from checks.analyzers.row_test import RowTest
from checks.columns import Col
from checks.kernel import Analyzer, Check, Declaration, Metric, Misdeclared, Outcome, States, Target
from checks.predicates import Predicate

NONE = Target("=", (Decimal(0),))
"""No failing value: the target of every rule that names none."""


@dataclass(frozen=True)
class RowRule(Check):
    """`unit` percent is of all rows, nulls included. `empty_ok`: is a column without any value a result (types), or
    nothing to judge by (ranges, sets, patterns), which FAILs?"""

    empty_ok: ClassVar[bool] = False

    column: Col
    predicate: Predicate
    unit: Literal["rows", "percent"] = "rows"

    @classmethod
    @abstractmethod
    def predicate_of(cls, decl: Declaration, column: Col) -> Predicate:
        """The predicate of the contract's parameters. Raises Misdeclared."""

    @classmethod
    def build(cls, decl: Declaration) -> Self:
        """On the property the rule stands on."""
        if decl.column is None:
            raise Misdeclared("", f"{cls.id} stands on a property, not on the object")
        column = decl.columns[decl.column]
        return cls(decl.rule, decl.object, decl.target or NONE, column, cls.predicate_of(decl, column), decl.unit)

    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """The row test, and the rows of the object."""
        return (self._test(),)

    def _test(self) -> RowTest:
        return RowTest(self.object, self.column, self.predicate)

    def judge(self, states: States) -> Outcome:
        """Counts to metric."""
        failing = states[self._test()]
        rows = states.rows(self.object)
        name = f"{self.id}-{self.unit}"
        if not failing.tested and not self.empty_ok:
            return Outcome(Metric(name, undefined="no-values"), rows)
        if self.unit == "percent":
            metric = Metric.ratio(name, failing.count, rows, scale=100)
        else:
            metric = Metric(name, Metric.count(name, failing.count).value, numerator=failing.count, denominator=rows)
        return Outcome(metric, rows, failures=failing.failures())


def value_params(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The JSON Schema of a derived rule with one `value`."""
    return {"type": "object", "properties": {"value": schema}, "required": ["value"], "additionalProperties": False}


NO_PARAMS: Mapping[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}
