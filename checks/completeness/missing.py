"""Values that must be there: required, ODCS nullValues and missingValues."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from checks.analyzers.labels import label_text
from checks.columns import Col
from checks.kernel import Declaration
from checks.predicates import IsMissing, IsNull, Predicate
from checks.row_rule import NO_PARAMS, RowRule


@dataclass(frozen=True)
class NullValues(RowRule):
    """The number or percentage of nulls."""

    id: ClassVar[str] = "null-values"
    family: ClassVar[str] = "completeness"
    standards: ClassVar[Mapping[str, str]] = {"iso-5259-2": "Com-ML-1", "nia": "완전성"}
    params: ClassVar[Mapping[str, Any]] = NO_PARAMS

    @classmethod
    def predicate_of(cls, decl: Declaration, column: Col) -> Predicate:  # noqa: ARG003 - the port's signature
        """Nulls as delivered."""
        return IsNull()


@dataclass(frozen=True)
class Required(NullValues):
    """Derived from `required`: no null."""

    id: ClassVar[str] = "required"


@dataclass(frozen=True)
class MissingValues(RowRule):
    """ODCS missingValues: values of the contract's own list of missing ones (a YAML null stands for nulls)."""

    id: ClassVar[str] = "missing-values"
    family: ClassVar[str] = "completeness"
    standards: ClassVar[Mapping[str, str]] = {"iso-5259-2": "Com-ML-1", "nia": "완전성"}
    params: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "missingValues": {
                "type": "array",
                "items": {"type": ["string", "number", "boolean", "null"]},
                "minItems": 1,
            }
        },
        "required": ["missingValues"],
        "additionalProperties": False,
    }

    @classmethod
    def predicate_of(cls, decl: Declaration, column: Col) -> Predicate:  # noqa: ARG003 - the port's signature
        """By text; "" also is a null where the format has no other way to say nothing (CSV)."""
        listed = decl.params["missingValues"]
        texts = tuple(sorted({label_text(v) for v in listed if v is not None}))
        return IsMissing(texts, null=None in listed or "" in texts)
