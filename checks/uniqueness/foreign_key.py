"""Foreign keys: references of one schema object to keys of another, derived from the contract's `relationships`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from checks.analyzers.keyset import Keys
from checks.columns import Col
from checks.kernel import Analyzer, Check, Declaration, Metric, Misdeclared, Outcome, States
from checks.row_rule import NONE


@dataclass(frozen=True)
class ForeignKey(Check):
    """Records whose reference is no key of the other object, over all files of both. A reference with a null part is none.

    Of each lost reference the first place is listed; the count is of all its records.
    """

    id: ClassVar[str] = "foreign-key"
    family: ClassVar[str] = "uniqueness"
    standards: ClassVar[Mapping[str, str]] = {"iso-5259-2": "Con-ML-1", "nia": "유사성"}
    params: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "columns": {"type": "array", "items": {"type": "string"}, "minItems": 1},
            "object": {"type": "string"},
            "key": {"type": "array", "minItems": 1},
        },
        "required": ["columns", "object", "key"],
        "additionalProperties": False,
    }

    references: tuple[Col, ...]
    other: str
    key: tuple[Col, ...]

    @classmethod
    def build(cls, decl: Declaration) -> Self:
        """`columns` here refer to `key`, which is columns (Col) of the schema object `object`, in the same order."""
        own = tuple(decl.col("columns", name) for name in decl.params["columns"])
        key: tuple[Col, ...] = tuple(decl.params["key"])
        for mine, theirs in zip(own, key, strict=True):
            if mine.type != theirs.type:
                raise Misdeclared(
                    "to",
                    f"{mine.name!r} is {mine.type} and {theirs.name!r} is {theirs.type}: they can never be equal",
                    "give both the same logicalType",
                )
        return cls(decl.rule, decl.object, NONE, own, decl.params["object"], key)

    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """The references, and the keys they should be among."""
        return (self._own(), self._known())

    def _own(self) -> Keys:
        return Keys(self.object, self.references, places=False)

    def _known(self) -> Keys:
        return Keys(self.other, self.key)

    def columns(self) -> frozenset[str]:
        """Those of its own object; where the other lacks the key's, every reference is lost."""
        return self._own().columns()

    def judge(self, states: States) -> Outcome:
        """No reference at all is nothing to judge by."""
        lost = states[self._own()].absent_from(states[self._known()])
        rows, name = states.rows(self.object), f"{self.id}-rows"
        if not lost.tested:
            return Outcome(Metric(name, undefined="no-values"), rows)
        metric = Metric(name, Metric.count(name, lost.count).value, numerator=lost.count, denominator=rows)
        return Outcome(metric, rows, failures=lost.failures())
