"""Types without silent coercion: values that are not exactly of their logical type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from checks.columns import Col
from checks.kernel import Declaration
from checks.predicates import Mistyped, Predicate
from checks.row_rule import NO_PARAMS, RowRule


@dataclass(frozen=True)
class Type(RowRule):
    """The number of values of another type than declared. A column of nulls has none of them."""

    id: ClassVar[str] = "type"
    family: ClassVar[str] = "schema"
    standards: ClassVar[Mapping[str, str]] = {"iso-5259-2": "Acc-ML-1", "nia": "구문정확성"}
    params: ClassVar[Mapping[str, Any]] = NO_PARAMS
    empty_ok: ClassVar[bool] = True

    @classmethod
    def predicate_of(cls, decl: Declaration, column: Col) -> Predicate:  # noqa: ARG003 - the port's signature
        """The type is the column's."""
        return Mistyped()
