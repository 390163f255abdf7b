"""What a single value may fail under GX's column map expectations, as vectorised masks over a typed column.

A mask is True where the value is unexpected. Missing values (null, NaN) are not looked at, as in GX, and neither are
values of another type than declared: the type rule counts those. `Absent` and `Present` are about missingness itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from checks.columns import Col, View
from checks.expectations.patterns import contains
from checks.expectations.scalars import as_array, as_value, unsigned
from checks.predicates import Predicate, texts


def by_distinct(array: pa.Array, holds: Callable[[Any], bool]) -> pa.Array:
    """`holds` of each value, computed once per distinct value; null where the value is null."""
    encoded = array.dictionary_encode()
    answers = pa.array([holds(value) for value in encoded.dictionary.to_pylist()], pa.bool_())
    return answers.take(encoded.indices)


@dataclass(frozen=True, slots=True)
class Absent(Predicate):
    """The value is missing: null, or NaN."""

    def failing(self, view: View, col: Col) -> pa.Array:
        """As the reader found it, so that a mistyped value is not also a missing one."""
        return pc.is_null(view.raw(col.name), nan_is_null=True)

    def tested(self, view: View, col: Col) -> int:  # noqa: ARG002 - the port's signature
        """Every record."""
        return view.num_rows


@dataclass(frozen=True, slots=True)
class Present(Absent):
    """The value is there."""

    def failing(self, view: View, col: Col) -> pa.Array:
        """The opposite of missing."""
        return pc.invert(Absent.failing(self, view, col))


@dataclass(frozen=True, slots=True)
class AnyOf(Predicate):
    """Fails where any of its parts fails."""

    parts: tuple[Predicate, ...]

    def failing(self, view: View, col: Col) -> pa.Array:
        """The parts' masks together."""
        mask = self.parts[0].failing(view, col)
        for part in self.parts[1:]:
            mask = pc.or_(mask, part.failing(view, col))
        return mask


@dataclass(frozen=True, slots=True)
class Membership(Predicate):
    """The value is (`inside` False) or is not (`inside` True) among `values`, as typed values of the column."""

    values: tuple[str | bool | int | float, ...]
    inside: bool

    def failing(self, view: View, col: Col) -> pa.Array:
        """By value, not by text: 1 is not "1"."""
        typed = unsigned(view.typed(col))
        wanted = [value for given in self.values if (value := as_value(given, col)) is not None]  # type: ignore[arg-type]
        found = pc.is_in(typed, value_set=as_array(wanted, typed.type, col))
        return pc.and_(pc.invert(found) if self.inside else found, pc.is_valid(typed))


@dataclass(frozen=True, slots=True)
class TextLength(Predicate):
    """The value's text has under `least` or over `most` code points."""

    least: int | None
    most: int | None

    def failing(self, view: View, col: Col) -> pa.Array:
        """Length of the text that stands for the value."""
        lengths = pc.utf8_length(texts(view, col))
        mask = pc.less(lengths, self.least if self.least is not None else 0)
        return mask if self.most is None else pc.or_(mask, pc.greater(lengths, self.most))


@dataclass(frozen=True, slots=True)
class Matching(Predicate):
    """The value's text contains a match of any (or of `every`) pattern: expected if `wanted`, else unexpected."""

    patterns: tuple[str, ...]
    wanted: bool
    every: bool = False

    def failing(self, view: View, col: Col) -> pa.Array:
        """`re.search` of each pattern."""
        values = texts(view, col)
        mask = contains(values, self.patterns[0])
        for pattern in self.patterns[1:]:
            mask = (pc.and_ if self.every else pc.or_)(mask, contains(values, pattern))
        return pc.invert(mask) if self.wanted else mask


@dataclass(frozen=True, slots=True)
class NotStrftime(Predicate):
    """The text is not a time of `format`, as `datetime.strptime` reads it."""

    format: str

    def failing(self, view: View, col: Col) -> pa.Array:
        """Once per distinct text."""

        def holds(text: str) -> bool:
            try:
                datetime.strptime(text, self.format)  # noqa: DTZ007 - only whether it parses
            except ValueError:
                return False
            return True

        return pc.invert(by_distinct(view.typed(col), holds))


@dataclass(frozen=True, slots=True)
class NotDateutil(Predicate):
    """The text is no date or time that dateutil reads. What a text leaves out is taken from a leap day, not from today."""

    def failing(self, view: View, col: Col) -> pa.Array:
        """Once per distinct text."""
        from dateutil.parser import parse  # type: ignore[import-untyped]

        base = datetime(2000, 1, 1)  # noqa: DTZ001 - dateutil's default has no zone either

        def holds(text: str) -> bool:
            try:
                parse(text, default=base)
            except (ValueError, OverflowError):
                return False
            return True

        return pc.invert(by_distinct(view.typed(col), holds))


@dataclass(frozen=True, slots=True)
class NotOfSchema(Predicate):
    """The text is no JSON, or not of the JSON Schema (its canonical text)."""

    schema: str

    def failing(self, view: View, col: Col) -> pa.Array:
        """Once per distinct text."""
        from jsonschema.validators import validator_for

        schema = json.loads(self.schema)
        validator = validator_for(schema)(schema)

        def holds(text: str) -> bool:
            try:
                return bool(validator.is_valid(json.loads(text)))
            except (ValueError, RecursionError):
                return False

        return pc.invert(by_distinct(view.typed(col), holds))


@dataclass(frozen=True, slots=True)
class NotJson(Predicate):
    """The text is no JSON, as Python's json reads it (NaN and Infinity included, as in GX)."""

    def failing(self, view: View, col: Col) -> pa.Array:
        """Once per distinct text."""

        def holds(text: str) -> bool:
            try:
                json.loads(text)
            except (ValueError, RecursionError):
                return False
            return True

        return pc.invert(by_distinct(view.typed(col), holds))
