"""Targets as sets of numbers, against a naive reading over a grid of exact values."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.kernel import Target
from include.contracts.problems import Problems
from include.contracts.targets import OPERATORS, Range, accepted, demands, parse, possible, show, vacuous

GRID = [Decimal(n) / 4 for n in range(-20, 21)]
"""-5 to 5 by quarters; bounds below lie on halves, so that every open gap holds a grid value."""

halves = st.integers(-8, 8).map(lambda n: Decimal(n) / 2)


@st.composite
def targets(draw: st.DrawFn) -> Target:
    op = draw(st.sampled_from(sorted(OPERATORS.values())))
    low, high = sorted((draw(halves), draw(halves)))
    return Target(op, (low, high) if "between" in op else (low,))  # type: ignore[arg-type]


@st.composite
def ranges(draw: st.DrawFn) -> Range:
    low, high = sorted((draw(halves), draw(halves)))
    return Range(low, high, draw(st.booleans()))


def values(within: Range) -> list[Decimal]:
    return [v for v in GRID if within.low <= v <= within.high and (not within.whole or v == v.to_integral_value())]


@given(targets())
def test_accepted_is_what_met_says(target: Target) -> None:
    for value in GRID:
        inside = any(
            (part.low < value or (part.low == value and not part.low_open))
            and (value < part.high or (value == part.high and not part.high_open))
            for part in accepted(target)
        )
        assert inside == target.met(Fraction(value))


@given(targets(), ranges())
def test_possible_if_some_value_meets_it(target: Target, within: Range) -> None:
    assert possible(target, within) == any(target.met(Fraction(v)) for v in values(within))


@given(targets(), ranges())
def test_vacuous_only_if_every_value_meets_it(target: Target, within: Range) -> None:
    every = all(target.met(Fraction(v)) for v in values(within))
    assert not vacuous(target, within) or every
    if not within.whole and every:
        assert vacuous(target, within) or target.op in {"!=", "not-between"}


@given(targets(), targets())
def test_demands_if_no_value_slips_through(target: Target, least: Target) -> None:
    within = Range(Decimal(-5), Decimal(5))
    naive = all(least.met(Fraction(v)) for v in values(within) if target.met(Fraction(v)))
    assert demands(target, least, within) == naive


@pytest.mark.parametrize(
    ("given_", "shown"),
    [
        ({"mustBe": 0}, "mustBe 0"),
        ({"mustNotBe": Decimal("0.10")}, "mustNotBe 0.10"),
        ({"mustBeGreaterThan": 1}, "mustBeGreaterThan 1"),
        ({"mustBeGreaterOrEqualTo": Decimal("0.8")}, "mustBeGreaterOrEqualTo 0.8"),
        ({"mustBeLessThan": 5}, "mustBeLessThan 5"),
        ({"mustBeLessOrEqualTo": 5}, "mustBeLessOrEqualTo 5"),
        ({"mustBeBetween": [1, Decimal("2.5")]}, "mustBeBetween [1, 2.5]"),
        ({"mustNotBeBetween": [1, 2]}, "mustNotBeBetween [1, 2]"),
    ],
)
def test_operators(given_: dict[str, object], shown: str) -> None:
    problems = Problems()
    target = parse(given_, (), problems)  # type: ignore[arg-type]
    assert target is not None
    assert show(target) == shown
    assert problems.listed() == []


@pytest.mark.parametrize(
    ("given_", "code"),
    [
        ({"mustBe": "3"}, "wrong-type"),
        ({"mustBe": True}, "wrong-type"),
        ({"mustBe": None}, "wrong-type"),
        ({"mustBeBetween": 3}, "wrong-type"),
        ({"mustBeBetween": [1]}, "wrong-type"),
        ({"mustBeBetween": [1, 2, 3]}, "wrong-type"),
        ({"mustBeBetween": [1, "2"]}, "wrong-type"),
        ({"mustBeBetween": [2, 1]}, "target-reversed"),
        ({"mustBe": 1, "mustNotBe": 2}, "operator-several"),
    ],
)
def test_wrong_operators(given_: dict[str, object], code: str) -> None:
    problems = Problems()
    assert parse(given_, (), problems) is None  # type: ignore[arg-type]
    assert [p.code for p in problems.listed()] == [code]


def test_a_tenth_stays_a_tenth() -> None:
    target = Target(">=", (Decimal("0.1"),))
    assert target.met(Fraction(1, 10))
    assert not target.met(Fraction(1, 10) - Fraction(1, 10**30))
