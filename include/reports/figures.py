"""Numbers as people read them: few digits, but never so few that a number seems to be on the other side of its target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from include.reports.decimals import parse
from include.reports.texts.names import OPERATORS
from include.reports.texts.text import Text

Json = Mapping[str, Any]


def shown(value: Fraction, bounds: Sequence[Fraction] = (), least: int = 0) -> str:
    """4 decimal places, more where rounding would move it onto or across a bound or zero; thousands in groups.

    Zeros at the end are left out beyond `least` places.

    So 0.79996 against a target of 0.8 is shown as 0.79996, never as 0.8000.
    """
    marks = [*bounds, Fraction(0)]
    for places in range(4, 13):
        near = round(value, places)
        if all(_side(near, mark) == _side(value, mark) for mark in marks):
            break
    number = Decimal(near.numerator) / Decimal(near.denominator)
    return f"{number:,f}" if number.as_tuple().exponent <= -least else f"{number:,.{least}f}"  # type: ignore[operator]


def _side(value: Fraction, mark: Fraction) -> int:
    return (value > mark) - (value < mark)


def value_of(metric: Json, target: Json) -> str:
    """The metric's value as shown, "—" where there is none."""
    text = metric["value"]
    if text is None:
        return "—"
    if "E" in text:
        return str(text)
    return shown(parse(text, metric["exact"]), [parse(b) for b in bounds_of(target) if "E" not in b])


def bounds_of(target: Json) -> list[str]:
    """The one or two bounds, as written."""
    return list(target["values"]) if "values" in target else [target["value"]]


def target_text(target: Json, unit: Text) -> Text:
    """Operator and bounds with their unit."""
    bounds = [bound if "E" in bound else f"{Decimal(bound):,f}" for bound in bounds_of(target)]
    if len(bounds) == 1:
        sign = OPERATORS[target["op"]]
        return Text(f"{sign} {with_unit(bounds[0], unit.ko)}", f"{sign} {with_unit(bounds[0], unit.en)}")
    low, high = bounds
    outside = target["op"] == "not-between"
    ko, en = f"{low} ~ {with_unit(high, unit.ko)}", f"{low} to {with_unit(high, unit.en)}"
    return Text(f"{ko} 밖", f"outside {en}") if outside else Text(ko, en)


def with_unit(number: str, unit: str) -> str:
    """Korean counters join the number; signs and words keep a space."""
    return f"{number}{unit}" if unit == "건" else f"{number} {unit}".rstrip()


def percent(level: str) -> str:
    """A confidence level such as "0.95" as "95 %"; anything else as it is."""
    try:
        return f"{(Decimal(level) * 100).normalize():f} %"
    except ArithmeticError:
        return level


def count(value: int | str | None) -> str:
    """A count in groups of three digits."""
    return "—" if value is None else f"{int(value):,}"


def size(number: int) -> str:
    """Bytes for people."""
    step, unit = next(((s, u) for s, u in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")) if number >= s), (1, "B"))
    return f"{number:,} B" if step == 1 else f"{number / step:.1f} {unit}"
