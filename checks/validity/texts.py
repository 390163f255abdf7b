"""Texts: length, pattern, format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from checks.columns import Col
from checks.kernel import Declaration, Misdeclared
from checks.predicates import STRING_FORMATS, BadFormat, Length, NotMatching, Predicate, check_pattern
from checks.row_rule import RowRule, value_params


@dataclass(frozen=True)
class TextRule(RowRule):
    """A rule over texts; other logical types are a mistake in the contract."""

    family: ClassVar[str] = "validity"
    standards: ClassVar[Mapping[str, str]] = {"iso-5259-2": "Con-ML-3", "nia": "구문정확성"}

    @classmethod
    def predicate_of(cls, decl: Declaration, column: Col) -> Predicate:
        """For string columns only."""
        if column.type not in {"string", "any"}:
            raise Misdeclared("value", f"{cls.id} is for strings, not {column.type}", "set logicalType: string")
        return cls.text_predicate(decl.params["value"])

    @classmethod
    def text_predicate(cls, value: Any) -> Predicate:
        """The predicate of `value`. Raises Misdeclared."""
        raise NotImplementedError


@dataclass(frozen=True)
class MinLength(TextRule):
    """At least so many code points."""

    id: ClassVar[str] = "min-length"
    params: ClassVar[Mapping[str, Any]] = value_params({"type": "integer", "minimum": 0})

    @classmethod
    def text_predicate(cls, value: Any) -> Predicate:
        """Length in code points."""
        return Length(least=int(value))


@dataclass(frozen=True)
class MaxLength(TextRule):
    """At most so many code points."""

    id: ClassVar[str] = "max-length"
    params: ClassVar[Mapping[str, Any]] = value_params({"type": "integer", "minimum": 0})

    @classmethod
    def text_predicate(cls, value: Any) -> Predicate:
        """Length in code points."""
        return Length(most=int(value))


@dataclass(frozen=True)
class PatternRule(TextRule):
    """Matches a regular expression (RE2)."""

    id: ClassVar[str] = "pattern"
    params: ClassVar[Mapping[str, Any]] = value_params({"type": "string", "minLength": 1})

    @classmethod
    def text_predicate(cls, value: Any) -> Predicate:
        """Checked by the engine that will run it."""
        wrong = check_pattern(value)
        if wrong is not None:
            raise Misdeclared(
                "value", f"not a regular expression: {wrong}", "RE2 syntax: no look-around, no back-references"
            )
        return NotMatching(value)


@dataclass(frozen=True)
class FormatRule(TextRule):
    """Is of a named format. (A format of dates and times belongs to the type.)"""

    id: ClassVar[str] = "format"
    params: ClassVar[Mapping[str, Any]] = value_params({"type": "string"})

    @classmethod
    def text_predicate(cls, value: Any) -> Predicate:
        """One of ours."""
        if value not in STRING_FORMATS:
            raise Misdeclared("value", f"unknown format {value!r}", f"known: {', '.join(STRING_FORMATS)}")
        return BadFormat(value)
