"""Operators of the contract as Targets, and what a Target can mean: sets of numbers, compared exactly.

A Target accepts a union of at most two intervals. With the range of a metric (a percentage lies in 0..100) it follows
whether it can be met at all, whether it says nothing, and whether it demands no less than a programme's floor.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor

from checks.kernel import Op, Target
from include.contracts.problems import Path, Problems, describe
from include.contracts.yaml import Value

OPERATORS: Mapping[str, Op] = {
    "mustBe": "=",
    "mustNotBe": "!=",
    "mustBeGreaterThan": ">",
    "mustBeGreaterOrEqualTo": ">=",
    "mustBeLessThan": "<",
    "mustBeLessOrEqualTo": "<=",
    "mustBeBetween": "between",
    "mustNotBeBetween": "not-between",
}
"""ODCS's words for our operators."""

INF = Decimal("Infinity")


@dataclass(frozen=True, slots=True)
class Interval:
    """Numbers from `low` to `high`; an open end does not belong to it."""

    low: Decimal
    high: Decimal
    low_open: bool = False
    high_open: bool = False

    def meet(self, other: Interval) -> Interval:
        """What both hold."""
        low, low_open = max((self.low, self.low_open), (other.low, other.low_open))
        high, high_closed = min((self.high, not self.high_open), (other.high, not other.high_open))
        return Interval(low, high, low_open, not high_closed)

    def empty(self, *, whole: bool = False) -> bool:
        """Is there no number in it (`whole`: no whole number)?"""
        if self.low > self.high or (self.low == self.high and (self.low_open or self.high_open)):
            return True
        if not whole or self.low == -INF or self.high == INF:
            return False
        first = floor(self.low) + 1 if self.low_open else ceil(self.low)
        last = ceil(self.high) - 1 if self.high_open else floor(self.high)
        return first > last

    def within(self, other: Interval) -> bool:
        """Does `other` hold all of it?"""
        return (other.low, other.low_open) <= (self.low, self.low_open) and (self.high, not self.high_open) <= (
            other.high,
            not other.high_open,
        )


@dataclass(frozen=True, slots=True)
class Range:
    """The values that a metric can have by definition."""

    low: Decimal = -INF
    high: Decimal = INF
    whole: bool = False

    def __str__(self) -> str:
        low = "-∞" if self.low == -INF else f"{self.low}"
        high = "∞" if self.high == INF else f"{self.high}"
        return f"{low}..{high}" + (", whole numbers" if self.whole else "")

    def interval(self) -> Interval:
        """As an interval; its ends belong to it."""
        return Interval(self.low, self.high)


def accepted(target: Target) -> tuple[Interval, ...]:
    """The numbers that meet `target`."""
    a, b = target.values[0], target.values[-1]
    return {
        "=": (Interval(a, a),),
        "!=": (Interval(-INF, a, high_open=True), Interval(a, INF, low_open=True)),
        ">": (Interval(a, INF, low_open=True),),
        ">=": (Interval(a, INF),),
        "<": (Interval(-INF, a, high_open=True),),
        "<=": (Interval(-INF, a),),
        "between": (Interval(a, b),),
        "not-between": (Interval(-INF, a, high_open=True), Interval(b, INF, low_open=True)),
    }[target.op]


def possible(target: Target, within: Range) -> bool:
    """Can any value of the range meet it?"""
    return any(not part.meet(within.interval()).empty(whole=within.whole) for part in accepted(target))


def vacuous(target: Target, within: Range) -> bool:
    """Does every value of the range meet it?"""
    return any(within.interval().within(part) for part in accepted(target))


def demands(target: Target, least: Target, within: Range) -> bool:
    """Does whatever meets `target` meet `least` too (over the metric's range)?"""
    parts = [part.meet(within.interval()) for part in accepted(target)]
    allowed = accepted(least)
    return all(any(part.within(a) for a in allowed) for part in parts if not part.empty(whole=within.whole))


def show(target: Target) -> str:
    """As the contract writes it: `mustBeGreaterOrEqualTo 0.8`."""
    word = next(word for word, op in OPERATORS.items() if op == target.op)
    values = ", ".join(f"{v:f}" for v in target.values)
    return f"{word} [{values}]" if len(target.values) > 1 else f"{word} {values}"


def parse(found: Mapping[str, Value], path: Path, problems: Problems) -> Target | None:
    """The one operator among the keys of `found`; None where there is none, or after telling what is wrong."""
    words = [word for word in OPERATORS if word in found]
    if len(words) > 1:
        problems.add((*path, words[1]), "operator-several", count=len(words))
    if len(words) != 1:
        return None
    word = words[0]
    here = (*path, word)
    given = found[word]
    op = OPERATORS[word]
    if op in {"between", "not-between"}:
        return _bounds(op, given, here, problems)
    numbers = _numbers([given], here, problems)
    return Target(op, numbers) if numbers else None


def _bounds(op: Op, given: Value, path: Path, problems: Problems) -> Target | None:
    if not isinstance(given, list) or len(given) != 2:
        problems.add(path, "wrong-type", **_must("a list [low, high]", "[하한, 상한] 목록", given))
        return None
    numbers = _numbers(given, path, problems)
    if numbers and numbers[0] > numbers[1]:
        problems.add(path, "target-reversed", low=numbers[0], high=numbers[1])
        return None
    return Target(op, numbers) if numbers else None


def _numbers(given: Iterable[Value], path: Path, problems: Problems) -> tuple[Decimal, ...]:
    numbers = []
    for value in given:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            problems.add(path, "wrong-type", **_must("a number", "수", value))
            return ()
        numbers.append(Decimal(value))
    return tuple(numbers)


def _must(expected: str, expected_ko: str, found: Value) -> dict[str, str]:
    en, ko = describe(found)
    return {"expected": expected, "expected_ko": expected_ko, "found": en, "found_ko": ko}
