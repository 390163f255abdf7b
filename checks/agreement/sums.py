"""Coefficients as functions of linear sums over units: one definition gives the exact value and its derivative.

Every agreement coefficient is T = f(L) with L_j = sum over units of weight_u * a_uj, a_uj a rational number from unit u's
ratings, and f a rational function written once. On exact numbers f gives the exact value. On complex numbers it gives its
own gradient to machine precision (complex-step derivative: Squire & Trapp 1998), from which the delta method follows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np

from checks.agreement.counting import numbered
from checks.agreement.distances import Vector, add_up
from checks.kernel import Number, rounded
from checks.statistics.undefined import Undefined

_STEP = 1e-40


@dataclass(frozen=True)
class Term:
    """Entries a_uj = numerator / denominator: unit, feature j, integers; arrays of one length, or scalars to spread."""

    unit: np.ndarray
    feature: np.ndarray | int
    numerator: np.ndarray | int
    denominator: np.ndarray | int = 1


class Sums:
    """Linear sums L over units: sparse a_uj with `features` columns."""

    def __init__(self, features: int, terms: Iterable[Term]) -> None:
        spread = [np.broadcast_arrays(t.unit, t.feature, t.numerator, t.denominator) for t in terms]
        self.features = features
        self.unit, self.feature, self.numerator, self.denominator = (
            np.concatenate(c) for c in zip(*spread, strict=True)
        )
        self._coefficient = (self.numerator / self.denominator).astype(np.float64)

    def exact(self, weight: np.ndarray) -> Vector:
        """L as integers and Fractions, [features] of dtype object."""
        bound = float(np.abs(self.numerator).max(initial=0)) * float(weight.sum())
        numerator = self.numerator if bound * max(self.unit.size, 1) < 2**62 else self.numerator.astype(object)
        denominators, which = numbered(self.denominator)
        width = max(denominators.size, 1)
        parts = add_up(self.feature * width + which, numerator * weight[self.unit], self.features * width)
        common = lcm(*denominators.tolist())
        scaled = np.array([common // int(d) for d in denominators] or [1], dtype=object)
        totals = (parts.reshape(self.features, width).astype(object) * scaled).sum(axis=1)
        return totals if common == 1 else np.array([Fraction(t, common) for t in totals], dtype=object)

    def floats(self, weight: np.ndarray) -> Vector:
        """L in floating point, for gradients and replicates."""
        return np.bincount(self.feature, self._coefficient * weight[self.unit], minlength=self.features)

    def back(self, gradient: np.ndarray, units: int) -> np.ndarray:
        """Per unit the sum over j of gradient_j * a_uj, [units]: the derivative by the unit's weight."""
        return np.bincount(self.unit, self._coefficient * gradient[self.feature], minlength=units)


@dataclass(frozen=True)
class Coefficient:
    """T = formula(L). `formula` is rational, raises Undefined at a pole, and takes vectors of any number type."""

    sums: Sums
    formula: Callable[[Vector], Any]
    rational: bool = True

    def value(self, weight: np.ndarray) -> Number:
        """The exact value, or that of exact sums rounded where `formula` is not `rational`. Raises Undefined."""
        value = Fraction(self.formula(self.sums.exact(weight)))
        return value if self.rational else rounded_fraction(value)

    def replicate(self, weight: np.ndarray) -> float:
        """The value under other weights, in floating point."""
        return float(self.formula(self.sums.floats(weight)))

    def influence(self, weight: np.ndarray) -> np.ndarray:
        """dT / d weight_u, [units]: the unit's influence on the coefficient."""
        at = self.sums.floats(weight).astype(np.complex128)
        gradient = np.zeros(at.size)
        for j in range(at.size):
            at[j] += 1j * _STEP
            gradient[j] = self.formula(at).imag / _STEP
            at[j] = at[j].real
        return self.sums.back(gradient, weight.size)


def quotient(numerator: Any, denominator: Any, reason: str) -> Any:
    """numerator / denominator, exact where both are; Undefined(reason) over zero."""
    if denominator == 0:
        raise Undefined(reason)
    if isinstance(numerator, int) and isinstance(denominator, int):
        return Fraction(numerator, denominator)
    return numerator / denominator


def rounded_fraction(value: Fraction) -> Decimal:
    """`value` at 12 significant digits, from 50."""
    with localcontext(Context(prec=50)):
        return rounded(Decimal(value.numerator) / Decimal(value.denominator))
