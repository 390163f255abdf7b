"""Ranges: minimum, maximum, their exclusive forms, and multiples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Literal

from checks.columns import Col
from checks.kernel import Declaration, Misdeclared
from checks.predicates import NotMultiple, Outside, Predicate
from checks.row_rule import RowRule, value_params

TEMPORAL = {"date", "time", "timestamp"}


@dataclass(frozen=True)
class Bound(RowRule):
    """The number of values on the wrong side of one bound."""

    family: ClassVar[str] = "validity"
    standards: ClassVar[Mapping[str, str]] = {"iso-5259-2": "Acc-ML-6", "nia": "구문정확성"}
    params: ClassVar[Mapping[str, Any]] = value_params({"type": ["number", "string"]})
    op: ClassVar[Literal[">=", ">", "<=", "<"]]

    @classmethod
    def predicate_of(cls, decl: Declaration, column: Col) -> Predicate:
        """A number for numbers, ISO 8601 text for dates and times."""
        return Outside(cls.op, bound_value(decl.params["value"], column))


def bound_value(value: Any, column: Col) -> Decimal | str:
    """The contract's bound, of the column's kind. Raises Misdeclared."""
    if column.type in TEMPORAL:
        return _temporal(str(value), column)
    if column.type not in {"integer", "number"}:
        raise Misdeclared("value", f"a range needs numbers, dates or times, not {column.type}", "give the logicalType")
    if isinstance(value, str):
        raise Misdeclared("value", "the bound must be a number", "write it without quotes")
    return Decimal(value)


def _temporal(text: str, column: Col) -> str:
    import pyarrow as pa

    from checks.conform import conform

    typed, _ = conform(pa.array([text]), Col(column.name, column.type), lexical=True)
    if typed.null_count:
        raise Misdeclared("value", f"{text!r} is no {column.type} in ISO 8601", "write it like 2026-01-31")
    return text


@dataclass(frozen=True)
class Minimum(Bound):
    """At least."""

    id: ClassVar[str] = "minimum"
    op: ClassVar[Literal[">=", ">", "<=", "<"]] = ">="


@dataclass(frozen=True)
class Maximum(Bound):
    """At most."""

    id: ClassVar[str] = "maximum"
    op: ClassVar[Literal[">=", ">", "<=", "<"]] = "<="


@dataclass(frozen=True)
class ExclusiveMinimum(Bound):
    """More than."""

    id: ClassVar[str] = "exclusive-minimum"
    op: ClassVar[Literal[">=", ">", "<=", "<"]] = ">"


@dataclass(frozen=True)
class ExclusiveMaximum(Bound):
    """Less than."""

    id: ClassVar[str] = "exclusive-maximum"
    op: ClassVar[Literal[">=", ">", "<=", "<"]] = "<"


@dataclass(frozen=True)
class MultipleOf(RowRule):
    """The number of values that are not a whole multiple."""

    id: ClassVar[str] = "multiple-of"
    family: ClassVar[str] = "validity"
    standards: ClassVar[Mapping[str, str]] = {"iso-5259-2": "Acc-ML-6", "nia": "구문정확성"}
    params: ClassVar[Mapping[str, Any]] = value_params({"type": "number", "exclusiveMinimum": 0})

    @classmethod
    def predicate_of(cls, decl: Declaration, column: Col) -> Predicate:
        """Exact decimals."""
        if column.type not in {"integer", "number"}:
            raise Misdeclared("value", f"multipleOf needs numbers, not {column.type}")
        return NotMultiple(Decimal(decl.params["value"]))
