"""Reasoning about a target: which of several values is furthest from meeting it."""

from __future__ import annotations

from fractions import Fraction

from checks.kernel import Declaration, Misdeclared, Number, Target


def demanded(decl: Declaration) -> Target:
    """The rule's target. Misdeclared where there is none, or where it is in percent of rows: these metrics are not."""
    if decl.unit == "percent":
        raise Misdeclared("unit", "this metric is not a share of rows", "leave unit out; shares are written 0 to 1")
    if decl.target is None:
        raise Misdeclared("", "the rule names no target", "add one, such as mustBeGreaterOrEqualTo")
    return decl.target


def shortfall(target: Target, value: Number) -> Fraction:
    """How far `value` is from meeting the target; the larger, the worse. At most zero where an inclusive bound is met."""
    x = Fraction(value)
    first, last = Fraction(target.values[0]), Fraction(target.values[-1])
    match target.op:
        case ">" | ">=":
            return first - x
        case "<" | "<=":
            return x - first
        case "=":
            return abs(x - first)
        case "!=":
            return -abs(x - first)
        case "between":
            return max(first - x, x - last)
        case "not-between":
            return min(x - first, last - x)
