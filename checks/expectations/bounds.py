"""`min_value`, `max_value`, `strict_min`, `strict_max`: bounds as GX has them, checked before any data is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Self

from checks.columns import Col
from checks.expectations.kwargs import Kwargs
from checks.expectations.scalars import NUMERIC, as_value
from checks.kernel import Number, Target

Bound = Decimal | str


@dataclass(frozen=True, slots=True)
class Bounds:
    """Either bound may be absent, not both. Numbers are Decimals; dates, times and texts are texts."""

    low: Bound | None
    high: Bound | None
    strict_low: bool = False
    strict_high: bool = False

    @classmethod
    def numbers(cls, kwargs: Kwargs) -> Self:
        """Bounds of a number."""
        low, high = kwargs.number("min_value"), kwargs.number("max_value")
        return cls(low, high, kwargs.flag("strict_min"), kwargs.flag("strict_max")).checked(kwargs)

    @classmethod
    def read(cls, kwargs: Kwargs, column: Col) -> Self:
        """Bounds of the values of `column`."""
        if column.type in NUMERIC:
            return cls.numbers(kwargs)
        given = {key: kwargs.text(key) if kwargs.has(key) else None for key in ("min_value", "max_value")}
        for key, text in given.items():
            if text is not None and as_value(text, column) is None:
                raise kwargs.wrong(key, f"not a value of type {column.type}", "write dates and times as ISO 8601 texts")
        low, high = (None if text is None else as_value(text, column) for text in given.values())
        made = cls(_text(low), _text(high), kwargs.flag("strict_min"), kwargs.flag("strict_max"))
        return made.checked(kwargs, reversed_=low is not None and high is not None and low > high)

    def checked(self, kwargs: Kwargs, *, reversed_: bool | None = None) -> Self:
        """Itself, or Misdeclared where there is no bound or they contradict."""
        if self.low is None and self.high is None:
            raise kwargs.wrong("min_value", "no bound is given, so it demands nothing", "give min_value or max_value")
        if reversed_ is None:
            reversed_ = self.low is not None and self.high is not None and self.low > self.high  # type: ignore[operator]
        if reversed_:
            raise kwargs.wrong("max_value", "max_value is below min_value")
        return self

    def first_whole(self) -> int | None:
        """The least whole number within."""
        if not isinstance(self.low, Decimal):
            return None
        return floor(self.low) + 1 if self.strict_low else ceil(self.low)

    def last_whole(self) -> int | None:
        """The greatest whole number within."""
        if not isinstance(self.high, Decimal):
            return None
        return ceil(self.high) - 1 if self.strict_high else floor(self.high)

    def target(self) -> Target:
        """As a target of the metric. Two bounds read as inclusive: `excludes` tells what a strict one leaves out."""
        low, high = self.low, self.high
        assert not isinstance(low, str)
        assert not isinstance(high, str)
        if low is not None and high is not None:
            return Target("between", (low, high))
        if low is not None:
            return Target(">" if self.strict_low else ">=", (low,))
        assert high is not None
        return Target("<" if self.strict_high else "<=", (high,))

    def excludes(self, value: Number) -> bool:
        """Does a strict bound leave out `value`, which equals it?"""
        x = Fraction(value)
        at_low = self.strict_low and isinstance(self.low, Decimal) and x == Fraction(self.low)
        at_high = self.strict_high and isinstance(self.high, Decimal) and x == Fraction(self.high)
        return at_low or at_high


def _text(value: str | date | time | None) -> str | None:
    """As the engine reads a bound: a text as it is, dates and times in ISO 8601."""
    return value if value is None or isinstance(value, str) else value.isoformat()
