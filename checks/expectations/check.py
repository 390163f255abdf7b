"""Expectations as checks of the catalogue, one class a family: which family an expectation is of, its translation says.

`type`, `kwargs` and `meta` are kept as the contract writes them (canonical JSON), for the export as a GX result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from checks.expectations.jsontext import as_json
from checks.expectations.kwargs import Kwargs
from checks.expectations.translated import TRANSLATED
from checks.expectations.translation import Translation
from checks.kernel import Analyzer, Check, Declaration, Outcome, States

PARAMS: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "type": {"type": "string", "pattern": "^expect_[a-z0-9_]+\\Z", "description": "the expectation's name in GX"},
        "kwargs": {"type": "object", "description": "its arguments, as GX writes them"},
        "meta": {"type": "object", "description": "notes, which change nothing"},
    },
    "required": ["type", "kwargs"],
    "additionalProperties": False,
}
"""An expectation as GX writes it in a suite."""

MANY = frozenset({"column_A", "column_B", "column_list", "column_set"})
"""Arguments of expectations that are about more than one column."""


@dataclass(frozen=True)
class Expectation(Check):
    """One expectation; `translation` does the work."""

    params: ClassVar[Mapping[str, Any]] = PARAMS

    type: str
    kwargs: str
    meta: str
    translation: Translation

    @classmethod
    def build(cls, decl: Declaration) -> Self:
        """Of `type`, `kwargs` and `meta`; `sources` maps the files' names of columns to the contract's."""
        made = translation_of(decl)
        given = decl.params["kwargs"]
        if decl.column is not None and not MANY & given.keys():
            given = {"column": decl.column, **given}
        texts = (as_json(given), as_json(decl.params.get("meta", {})))
        return cls(decl.rule, decl.object, made.target, decl.params["type"], *texts, made)

    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """The translation's."""
        return self.translation.analyzers()

    def judge(self, states: States) -> Outcome:
        """The translation's."""
        return self.translation.outcome(states)


@dataclass(frozen=True)
class SchemaExpectation(Expectation):
    """About columns and types."""

    id: ClassVar[str] = "schema-expectation"
    family: ClassVar[str] = "schema"
    standards: ClassVar[Mapping[str, str]] = {"iso-5259-2": "Con-ML-3", "nia": "구문정확성"}


@dataclass(frozen=True)
class CompletenessExpectation(Expectation):
    """About missing values and the number of records."""

    id: ClassVar[str] = "completeness-expectation"
    family: ClassVar[str] = "completeness"
    standards: ClassVar[Mapping[str, str]] = {"iso-5259-2": "Com-ML-1", "nia": "완전성"}


@dataclass(frozen=True)
class UniquenessExpectation(Expectation):
    """About repeated values and keys."""

    id: ClassVar[str] = "uniqueness-expectation"
    family: ClassVar[str] = "uniqueness"
    standards: ClassVar[Mapping[str, str]] = {"iso-5259-2": "Con-ML-1", "nia": "유사성"}


@dataclass(frozen=True)
class ValidityExpectation(Expectation):
    """About values, and every expectation that Great Expectations itself runs."""

    id: ClassVar[str] = "validity-expectation"
    family: ClassVar[str] = "validity"
    standards: ClassVar[Mapping[str, str]] = {"iso-5259-2": "Con-ML-3", "nia": "구문정확성"}


def check_id(type_: str) -> str:
    """The catalogue's id for an expectation; of an unknown one that of values, whose `build` says what is wrong."""
    kind = TRANSLATED.get(type_)
    return f"{'validity' if kind is None else kind.family}-expectation"


def translation_of(decl: Declaration) -> Translation:
    """What does the work of an expectation. Raises Misdeclared where nothing can."""
    type_, given = decl.params["type"], decl.params["kwargs"]
    kind = TRANSLATED.get(type_)
    if kind is not None:
        return kind.build(decl.object, Kwargs(decl, given, kind.takes))
    from checks.expectations.native import GxMap

    return GxMap.of(decl, type_, given)
