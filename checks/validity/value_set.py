"""Value sets: the contract's enum, and ODCS's invalidValues (a set, a pattern, or both)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from checks.analyzers.labels import label_text
from checks.columns import Col, View
from checks.kernel import Declaration, Misdeclared
from checks.predicates import NotInSet, NotMatching, Predicate, check_pattern
from checks.row_rule import RowRule

VALUE = {"type": ["string", "number", "boolean"]}
VALUES: Mapping[str, Any] = {"type": "array", "items": VALUE, "minItems": 1}


@dataclass(frozen=True)
class Enum(RowRule):
    """The number of values that are none of the contract's."""

    id: ClassVar[str] = "enum"
    family: ClassVar[str] = "validity"
    standards: ClassVar[Mapping[str, str]] = {"iso-5259-2": "Con-ML-3", "nia": "구문정확성"}
    params: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {"values": VALUES},
        "required": ["values"],
        "additionalProperties": False,
    }

    @classmethod
    def predicate_of(cls, decl: Declaration, column: Col) -> Predicate:  # noqa: ARG003 - the port's signature
        """Values by their text. A null is none of them: it is no value, and passes this rule as it passes others."""
        if any(value is None for value in decl.params["values"]):
            raise Misdeclared("values", "null is no value of an enum", "leave it out; `required` decides about nulls")
        return NotInSet(tuple(sorted({label_text(v) for v in decl.params["values"]})))


@dataclass(frozen=True, slots=True)
class Either(Predicate):
    """Fails if one of the parts fails."""

    parts: tuple[Predicate, ...]

    def failing(self, view: View, col: Col) -> pa.Array:
        """The union of the masks."""
        masks = [part.failing(view, col).fill_null(False) for part in self.parts]
        whole = masks[0]
        for mask in masks[1:]:
            whole = pc.or_(whole, mask)
        return whole


@dataclass(frozen=True)
class InvalidValues(RowRule):
    """ODCS invalidValues: values outside `validValues` or not matching `pattern`."""

    id: ClassVar[str] = "invalid-values"
    family: ClassVar[str] = "validity"
    standards: ClassVar[Mapping[str, str]] = {"iso-5259-2": "Con-ML-3", "nia": "구문정확성"}
    params: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {"validValues": VALUES, "pattern": {"type": "string", "minLength": 1}},
        "minProperties": 1,
        "additionalProperties": False,
    }

    @classmethod
    def predicate_of(cls, decl: Declaration, column: Col) -> Predicate:  # noqa: ARG003 - the port's signature
        """A set, a pattern, or both."""
        parts: list[Predicate] = []
        if "validValues" in decl.params:
            parts.append(NotInSet(tuple(sorted({label_text(v) for v in decl.params["validValues"]}))))
        if "pattern" in decl.params:
            wrong = check_pattern(decl.params["pattern"])
            if wrong is not None:
                raise Misdeclared("pattern", f"not a regular expression: {wrong}", "RE2 syntax: no look-around")
            parts.append(NotMatching(decl.params["pattern"]))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))
