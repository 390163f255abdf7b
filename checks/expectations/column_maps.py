"""Column map expectations: each value of one column is expected or not."""

from __future__ import annotations

import json
import re
from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Self

from checks.analyzers.failing import Failing
from checks.analyzers.row_test import RowTest
from checks.columns import Col
from checks.expectations.bounds import Bounds
from checks.expectations.jsontext import as_json
from checks.expectations.kwargs import Kwargs
from checks.expectations.patterns import check_pattern
from checks.expectations.predicates import (
    Absent,
    AnyOf,
    Matching,
    Membership,
    NotDateutil,
    NotJson,
    NotOfSchema,
    NotStrftime,
    Present,
    TextLength,
)
from checks.expectations.scalars import ORDERED, as_value
from checks.expectations.translation import MapTranslation
from checks.kernel import Analyzer, States
from checks.predicates import Outside, Predicate

BOUNDS = ("min_value", "max_value", "strict_min", "strict_max")


@dataclass(frozen=True)
class ColumnMap(MapTranslation):
    """A predicate over one column."""

    column: Col
    predicate: Predicate

    @classmethod
    @abstractmethod
    def predicate_of(cls, kwargs: Kwargs, column: Col) -> Predicate:
        """The predicate of the arguments. Raises Misdeclared."""

    @classmethod
    def build(cls, name: str, kwargs: Kwargs) -> Self:
        """Of one column."""
        column = kwargs.column()
        return cls(name, kwargs.mostly(), column, cls.predicate_of(kwargs, column))

    def _test(self) -> RowTest:
        return RowTest(self.object, self.column, self.predicate)

    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """The row test."""
        return (self._test(),)

    def tally(self, states: States) -> Failing:
        """The row test's."""
        return states[self._test()]


class NotNull(ColumnMap):
    """No value is missing."""

    name: ClassVar[str] = "expect_column_values_to_not_be_null"
    family: ClassVar[str] = "completeness"
    takes: ClassVar[tuple[str, ...]] = ("column", "mostly")

    @classmethod
    def predicate_of(cls, kwargs: Kwargs, column: Col) -> Predicate:  # noqa: ARG003 - the port's signature
        """Nulls and NaN."""
        return Absent()


class Null(NotNull):
    """Every value is missing."""

    name: ClassVar[str] = "expect_column_values_to_be_null"

    @classmethod
    def predicate_of(cls, kwargs: Kwargs, column: Col) -> Predicate:  # noqa: ARG003 - the port's signature
        """Values that are there."""
        return Present()


class InSet(ColumnMap):
    """Every value is among the set."""

    name: ClassVar[str] = "expect_column_values_to_be_in_set"
    family: ClassVar[str] = "validity"
    takes: ClassVar[tuple[str, ...]] = ("column", "value_set", "mostly")
    inside: ClassVar[bool] = True

    @classmethod
    def predicate_of(cls, kwargs: Kwargs, column: Col) -> Predicate:
        """Values that the column can hold."""
        return Membership(value_set(kwargs, column), cls.inside)


class NotInSet(InSet):
    """No value is among the set."""

    name: ClassVar[str] = "expect_column_values_to_not_be_in_set"
    inside: ClassVar[bool] = False


def value_set(kwargs: Kwargs, column: Col) -> tuple[Any, ...]:
    """The values of `value_set` that the column can hold; at least one must be."""
    given = kwargs.items("value_set")
    if any(isinstance(v, dict | list) for v in given) or column.type in {"object", "array"}:
        raise kwargs.wrong("value_set", "a set holds single values of a column of single values")
    usable = [v for v in given if v is not None and as_value(v, column) is not None]
    if not usable:
        raise kwargs.wrong("value_set", f"a column of type {column.type} can hold none of these values")
    return tuple(dict.fromkeys(usable))


class Between(ColumnMap):
    """Every value lies between the bounds."""

    name: ClassVar[str] = "expect_column_values_to_be_between"
    family: ClassVar[str] = "validity"
    takes: ClassVar[tuple[str, ...]] = ("column", *BOUNDS, "mostly")
    note: ClassVar[str] = "dates of pandas' object columns compare here with ISO texts; GX raises TypeError"

    @classmethod
    def predicate_of(cls, kwargs: Kwargs, column: Col) -> Predicate:
        """Bounds of the column's kind."""
        if column.type not in ORDERED:
            raise kwargs.wrong("column", f"values of type {column.type} have no order")
        bounds = Bounds.read(kwargs, column)
        parts: list[Predicate] = []
        if bounds.low is not None:
            parts.append(Outside(">" if bounds.strict_low else ">=", bounds.low))
        if bounds.high is not None:
            parts.append(Outside("<" if bounds.strict_high else "<=", bounds.high))
        return AnyOf(tuple(parts))


class LengthBetween(ColumnMap):
    """Every value's text is between so many code points long."""

    name: ClassVar[str] = "expect_column_value_lengths_to_be_between"
    family: ClassVar[str] = "validity"
    takes: ClassVar[tuple[str, ...]] = ("column", *BOUNDS, "mostly")
    note: ClassVar[str] = "an integer column with nulls is not read as floats, so 7 has length 1, not 3 (`7.0`)"

    @classmethod
    def predicate_of(cls, kwargs: Kwargs, column: Col) -> Predicate:  # noqa: ARG003 - the port's signature
        """Bounds as whole numbers."""
        low, high = kwargs.number("min_value"), kwargs.number("max_value")
        bounds = Bounds(low, high, kwargs.flag("strict_min"), kwargs.flag("strict_max")).checked(kwargs)
        return TextLength(bounds.first_whole(), bounds.last_whole())


class LengthEqual(ColumnMap):
    """Every value's text is so many code points long."""

    name: ClassVar[str] = "expect_column_value_lengths_to_equal"
    family: ClassVar[str] = "validity"
    takes: ClassVar[tuple[str, ...]] = ("column", "value", "mostly")
    note: ClassVar[str] = LengthBetween.note

    @classmethod
    def predicate_of(cls, kwargs: Kwargs, column: Col) -> Predicate:  # noqa: ARG003 - the port's signature
        """A whole number."""
        kwargs.raw("value")
        length = kwargs.whole("value")
        return TextLength(length, length)


class MatchRegex(ColumnMap):
    """Every value's text contains a match."""

    name: ClassVar[str] = "expect_column_values_to_match_regex"
    family: ClassVar[str] = "validity"
    takes: ClassVar[tuple[str, ...]] = ("column", "regex", "mostly")
    wanted: ClassVar[bool] = True

    @classmethod
    def predicate_of(cls, kwargs: Kwargs, column: Col) -> Predicate:  # noqa: ARG003 - the port's signature
        """One pattern of Python's `re`."""
        return Matching(_patterns(kwargs, "regex", (kwargs.text("regex"),)), cls.wanted)


class NotMatchRegex(MatchRegex):
    """No value's text contains a match."""

    name: ClassVar[str] = "expect_column_values_to_not_match_regex"
    wanted: ClassVar[bool] = False


class MatchRegexList(ColumnMap):
    """Every value's text contains a match of any, or of all, patterns."""

    name: ClassVar[str] = "expect_column_values_to_match_regex_list"
    family: ClassVar[str] = "validity"
    takes: ClassVar[tuple[str, ...]] = ("column", "regex_list", "match_on", "mostly")

    @classmethod
    def predicate_of(cls, kwargs: Kwargs, column: Col) -> Predicate:  # noqa: ARG003 - the port's signature
        """Several patterns of Python's `re`."""
        patterns = _patterns(kwargs, "regex_list", kwargs.texts("regex_list"))
        return Matching(patterns, wanted=True, every=kwargs.choice("match_on", ("any", "all")) == "all")


class NotMatchRegexList(ColumnMap):
    """No value's text contains a match of any pattern."""

    name: ClassVar[str] = "expect_column_values_to_not_match_regex_list"
    family: ClassVar[str] = "validity"
    takes: ClassVar[tuple[str, ...]] = ("column", "regex_list", "mostly")

    @classmethod
    def predicate_of(cls, kwargs: Kwargs, column: Col) -> Predicate:  # noqa: ARG003 - the port's signature
        """Several patterns of Python's `re`."""
        return Matching(_patterns(kwargs, "regex_list", kwargs.texts("regex_list")), wanted=False)


def _patterns(kwargs: Kwargs, key: str, patterns: tuple[str, ...]) -> tuple[str, ...]:
    for pattern in patterns:
        wrong = check_pattern(pattern)
        if wrong is not None:
            raise kwargs.wrong(key, f"not a regular expression of Python: {wrong}")
    return patterns


class Strftime(ColumnMap):
    """Every text is a time of the format."""

    name: ClassVar[str] = "expect_column_values_to_match_strftime_format"
    family: ClassVar[str] = "validity"
    takes: ClassVar[tuple[str, ...]] = ("column", "strftime_format", "mostly")

    @classmethod
    def predicate_of(cls, kwargs: Kwargs, column: Col) -> Predicate:
        """A format that Python can write and read again."""
        _of_texts(kwargs, column)
        form = kwargs.text("strftime_format")
        try:
            datetime.strptime(datetime(2000, 1, 1).strftime(form), form)  # noqa: DTZ001, DTZ007 - only the format
        except ValueError as wrong:
            raise kwargs.wrong("strftime_format", f"not a format that can be read: {wrong}") from None
        return NotStrftime(form)


class DateutilParseable(ColumnMap):
    """Every text is a date or time that dateutil reads."""

    name: ClassVar[str] = "expect_column_values_to_be_dateutil_parseable"
    family: ClassVar[str] = "validity"
    takes: ClassVar[tuple[str, ...]] = ("column", "mostly")
    note: ClassVar[str] = "what a text leaves out comes from 2000-01-01, not from today, so the answer never changes"

    @classmethod
    def predicate_of(cls, kwargs: Kwargs, column: Col) -> Predicate:
        """Of texts."""
        _of_texts(kwargs, column)
        return NotDateutil()


class JsonParseable(ColumnMap):
    """Every text is JSON."""

    name: ClassVar[str] = "expect_column_values_to_be_json_parseable"
    family: ClassVar[str] = "validity"
    takes: ClassVar[tuple[str, ...]] = ("column", "mostly")

    @classmethod
    def predicate_of(cls, kwargs: Kwargs, column: Col) -> Predicate:
        """Of texts."""
        _of_texts(kwargs, column)
        return NotJson()


class JsonSchema(ColumnMap):
    """Every text is JSON of the schema."""

    name: ClassVar[str] = "expect_column_values_to_match_json_schema"
    family: ClassVar[str] = "validity"
    takes: ClassVar[tuple[str, ...]] = ("column", "json_schema", "mostly")
    note: ClassVar[str] = "a text that is no JSON is unexpected; GX raises. References stay inside the schema"

    @classmethod
    def predicate_of(cls, kwargs: Kwargs, column: Col) -> Predicate:
        """A schema that holds together by itself."""
        from jsonschema import SchemaError
        from jsonschema.validators import validator_for

        _of_texts(kwargs, column)
        text = as_json(kwargs.raw("json_schema"))
        schema = json.loads(text)
        if not isinstance(schema, dict):
            raise kwargs.wrong("json_schema", "a JSON Schema is a mapping")
        if any(not ref.startswith("#") for ref in re.findall(r'"\$(?:ref|dynamicRef|recursiveRef)":"([^"]*)"', text)):
            raise kwargs.wrong("json_schema", "a reference must stay inside the schema")
        try:
            validator_for(schema).check_schema(schema)
        except SchemaError as wrong:
            raise kwargs.wrong("json_schema", f"not a JSON Schema: {wrong.message}") from None
        return NotOfSchema(text)


def _of_texts(kwargs: Kwargs, column: Col) -> None:
    if column.type != "string":
        raise kwargs.wrong("column", f"it stands on texts, and {column.name} is declared as {column.type}")
