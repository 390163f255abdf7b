"""Keys that stand once: `unique`, primary keys, and ODCS duplicateValues."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

from checks.analyzers.keyset import Keys
from checks.columns import Col
from checks.kernel import Analyzer, Check, Declaration, Metric, Misdeclared, Outcome, States
from checks.row_rule import NONE


@dataclass(frozen=True)
class DuplicateValues(Check):
    """Records whose key stands at an earlier place already (records minus distinct keys); nulls are no keys."""

    id: ClassVar[str] = "duplicate-values"
    family: ClassVar[str] = "uniqueness"
    standards: ClassVar[Mapping[str, str]] = {"iso-5259-2": "Con-ML-1", "nia": "유사성"}
    params: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "properties": {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True}
        },
        "additionalProperties": False,
    }

    key: tuple[Col, ...]
    unit: Literal["rows", "percent"] = "rows"

    @classmethod
    def build(cls, decl: Declaration) -> Self:
        """Of the property it stands on, or of `properties` together."""
        names = decl.params.get("properties") or ([decl.column] if decl.column else [])
        if not names:
            raise Misdeclared("properties", "say which properties form the key")
        key = tuple(decl.col("properties", name) for name in names)
        return cls(decl.rule, decl.object, decl.target or NONE, key, decl.unit)

    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """The keys."""
        return (Keys(self.object, self.key),)

    def judge(self, states: States) -> Outcome:
        """No key at all is nothing to judge by."""
        surplus = states[Keys(self.object, self.key)].surplus()
        rows, name = states.rows(self.object), f"{self.id}-{self.unit}"
        if not surplus.tested:
            return Outcome(Metric(name, undefined="no-values"), rows)
        if self.unit == "percent":
            metric = Metric.ratio(name, surplus.count, rows, scale=100)
        else:
            metric = Metric(name, Metric.count(name, surplus.count).value, numerator=surplus.count, denominator=rows)
        return Outcome(metric, rows, failures=surplus.failures())


@dataclass(frozen=True)
class Unique(DuplicateValues):
    """Derived from `unique` and `primaryKey`."""

    id: ClassVar[str] = "unique"
    params: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {"columns": {"type": "array", "items": {"type": "string"}, "minItems": 1}},
        "additionalProperties": False,
    }

    @classmethod
    def build(cls, decl: Declaration) -> Self:
        """Of `columns` together, or of the property it stands on."""
        names = decl.params.get("columns") or ([decl.column] if decl.column else [])
        return cls(decl.rule, decl.object, NONE, tuple(decl.col("columns", name) for name in names))
