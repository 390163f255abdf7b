"""Exact sums: count, sum and sum of squares of a numeric column as fractions, so that no plan of shards changes a digit.

A finite double is an integer times a power of two. The integers are summed by exponent in 27-bit halves, which a batch
can add without rounding; so the sum of doubles is the sum of the numbers they are, and mean and deviation follow exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Self

import numpy as np
import pyarrow as pa

from checks.columns import Col, View
from checks.kernel import Analyzer, State

_HALF = 27
_CHUNK = 1 << 20
"""Values summed at once: 2^20 parts below 2^32 stay exact in a double."""


class Moments(State, frozen=True):
    """`count` values; `total` and `squares` as reduced fractions "n/d" (or "n")."""

    count: int = 0
    total: str = "0"
    squares: str = "0"

    def merge(self, other: Self) -> Self:
        """Sums add."""
        return type(self)(
            self.count + other.count,
            str(Fraction(self.total) + Fraction(other.total)),
            str(Fraction(self.squares) + Fraction(other.squares)),
        )

    def mean(self) -> Fraction:
        """Sum over count, which must not be 0."""
        return Fraction(self.total) / self.count

    def variance(self) -> Fraction:
        """The sample variance (n - 1), of at least two values."""
        return (Fraction(self.squares) - Fraction(self.total) ** 2 / self.count) / (self.count - 1)


@dataclass(frozen=True)
class MomentsOf(Analyzer[Moments]):
    """Moments of a column of integers, numbers or booleans (true is 1), missing values left out."""

    state_type: ClassVar[type[State]] = Moments

    object: str
    column: Col

    def columns(self) -> frozenset[str]:
        """The one column."""
        return frozenset({self.column.name})

    def zero(self) -> Moments:
        """No value."""
        return Moments()

    def observe(self, view: View) -> Moments:
        """One batch."""
        values = view.typed(self.column).drop_null()
        total, squares = exact(values)
        return Moments(len(values), str(total), str(squares))


def exact(values: pa.Array) -> tuple[Fraction, Fraction]:
    """Sum and sum of squares of non-null booleans, integers, decimals or finite doubles."""
    if pa.types.is_boolean(values.type):
        values = values.cast(pa.int64())
    if pa.types.is_decimal(values.type):
        whole = [int(v) for v in values.to_pylist()]
        return Fraction(sum(whole)), Fraction(sum(v * v for v in whole))
    numbers = values.to_numpy(zero_copy_only=False)
    total, squares = Fraction(0), Fraction(0)
    for start in range(0, len(numbers), _CHUNK):
        part = numbers[start : start + _CHUNK]
        sums = _integers(part) if pa.types.is_integer(values.type) else _doubles(part)
        for exponent, one, two in sums:
            total += one * Fraction(2) ** exponent
            squares += two * Fraction(4) ** exponent
    return total, squares


def _integers(values: np.ndarray) -> Iterator[tuple[int, int, int]]:
    """Sum and sum of squares of int64 [n]: limbs of 32 bits, whose products fit 64."""
    high, low = values >> 32, (values & 0xFFFFFFFF).astype(np.uint64)
    total = (int(high.sum()) << 32) + int(low.sum())
    absolute = np.abs(high).astype(np.uint64)
    cross = high * low.astype(np.int64)
    squares = (_wide(absolute * absolute) << 64) + (_signed(cross) << 33) + _wide(low * low)
    yield 0, total, squares


def _wide(values: np.ndarray) -> int:
    """Sum of uint64 [n] without overflow."""
    return (int((values >> np.uint64(32)).sum()) << 32) + int((values & np.uint64(0xFFFFFFFF)).sum())


def _signed(values: np.ndarray) -> int:
    """Sum of int64 [n] without overflow."""
    return (int((values >> 32).sum()) << 32) + int((values & 0xFFFFFFFF).sum())


def _doubles(values: np.ndarray) -> Iterator[tuple[int, int, int]]:
    """Per exponent e: sums of m and of m^2 where each value is m * 2^e with a whole m of at most 53 bits."""
    fractions, exponents = np.frexp(values)
    whole = (fractions * 2.0**53).astype(np.int64)
    distinct, place = np.unique(exponents.astype(np.int64), return_inverse=True)
    high, low = whole >> _HALF, whole & ((1 << _HALF) - 1)
    parts = [high * high, high * low, low * low]
    for i, exponent in enumerate(distinct.tolist()):
        mine = place == i if len(distinct) > 1 else slice(None)
        two = (
            (_signed(parts[0][mine]) << (2 * _HALF))
            + (_signed(parts[1][mine]) << (_HALF + 1))
            + _signed(parts[2][mine])
        )
        yield exponent - 53, _signed(whole[mine]), two
