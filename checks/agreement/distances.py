"""Distances between labels, and the two sums over them that every agreement coefficient is made of.

`within`: the disagreement among the ratings of one unit; `between`: the disagreement expected between two marginal
distributions. Both are over ordered pairs. Sums that could be quadratic in the number of categories are rewritten to be
linear in it. `between` takes any vector of exact, float or complex numbers and is analytic in it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

Vector = np.ndarray
"""Exact numbers (dtype object), float64 or complex128."""


class Distance(ABC):
    """A distance over q categories: zero from a label to itself, symmetric. `longest`: what it is divided by for weights."""

    @abstractmethod
    def between(self, p: Vector, q: Vector) -> Any:
        """Sum over c, k of p[c] q[k] d[c, k]."""

    @abstractmethod
    def pair(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """d[a, b], integers, elementwise."""

    @abstractmethod
    def within(self, units: int, unit: np.ndarray, label: np.ndarray, times: np.ndarray) -> np.ndarray:
        """Per unit the sum over ordered pairs of its ratings of their distance; integers [units].

        Entries (unit, label, times) are sorted by unit, then label.
        """

    @property
    def longest(self) -> int:
        """The largest distance."""
        return 1


@dataclass(frozen=True)
class Nominal(Distance):
    """1 between different labels."""

    def between(self, p: Vector, q: Vector) -> Any:
        """(sum p)(sum q) - sum pq."""
        return p.sum() * q.sum() - (p * q).sum()

    def pair(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """1 where they differ."""
        return np.asarray(a != b, dtype=np.int64)

    def within(self, units: int, unit: np.ndarray, label: np.ndarray, times: np.ndarray) -> np.ndarray:  # noqa: ARG002 - all labels are alike
        """m^2 - sum r^2."""
        return np.asarray(add_up(unit, times, units) ** 2 - add_up(unit, times * times, units))


@dataclass(frozen=True)
class RankDistance(Distance):
    """|i - j| of the ranks, in units of 1 / (categories - 1) when used as weights (Cicchetti & Allison 1971)."""

    categories: int

    @property
    def longest(self) -> int:
        """From the first category to the last."""
        return max(self.categories - 1, 1)

    def between(self, p: Vector, q: Vector) -> Any:
        """|i - j| counts the cuts between i and j: sum over cuts of (mass on one side)(mass on the other)."""
        below_p, below_q = np.cumsum(p)[:-1], np.cumsum(q)[:-1]
        return (below_p * (q.sum() - below_q) + below_q * (p.sum() - below_p)).sum()

    def pair(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """|a - b|."""
        return np.asarray(np.abs(a - b))

    def within(self, units: int, unit: np.ndarray, label: np.ndarray, times: np.ndarray) -> np.ndarray:
        """Twice the sum over sorted ratings of rank * (ratings below - ratings above)."""
        m = add_up(unit, times, units)
        upto = np.cumsum(times)
        start = np.cumsum(m) - m
        before = upto - times - start[unit]
        return 2 * add_up(unit, label * times * (2 * before + times - m[unit]), units)


@dataclass(frozen=True)
class SquaredDistance(Distance):
    """(x_i - x_j)^2 of whole-number scores that rise from zero: quadratic weights (scores are ranks), interval data."""

    scores: tuple[int, ...]

    @property
    def longest(self) -> int:
        """From the first score to the last."""
        return max(self.scores[-1] ** 2, 1)

    def _x(self) -> np.ndarray:
        """Scores as int64, or as Python integers where fourth powers and sums would leave 63 bits."""
        return np.array(self.scores, dtype=np.int64 if self.scores[-1] < 1 << 16 else object)

    def between(self, p: Vector, q: Vector) -> Any:
        """Sum p * sum q x^2 - 2 sum px * sum qx + sum p x^2 * sum q."""
        x = np.array(self.scores, dtype=object) if p.dtype == object else np.array(self.scores, dtype=np.float64)
        return p.sum() * (q * x * x).sum() - 2 * (p * x).sum() * (q * x).sum() + (p * x * x).sum() * q.sum()

    def pair(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """(x_a - x_b)^2."""
        x = self._x()
        squared: np.ndarray = (x[a] - x[b]) ** 2
        return squared

    def within(self, units: int, unit: np.ndarray, label: np.ndarray, times: np.ndarray) -> np.ndarray:
        """2 (m sum x^2 - (sum x)^2)."""
        x = self._x()[label]
        m = add_up(unit, times, units)
        first, second = add_up(unit, times * x, units), add_up(unit, times * x * x, units)
        return np.asarray(2 * (m * second - first * first))


def add_up(index: np.ndarray, values: np.ndarray, size: int) -> np.ndarray:
    """Exact integer sums of `values` by `index`, [size]; int64, or Python integers where `values` are."""
    out = np.zeros(size, dtype=values.dtype if values.dtype == object else np.int64)
    np.add.at(out, index, values)
    return out
