"""A delivered class distribution and its measures against the contracted one.

p is the delivered share, q the contracted, over the classes of both. Rational measures are exact; those with logarithms
are computed with 40 decimal digits and rounded to 12, so that no machine's floating point can change a byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from typing import Literal, get_args

from checks.kernel import Number, rounded
from checks.statistics.tails import chi_square_tail
from checks.statistics.undefined import Undefined

Measure = Literal[
    "overlap",
    "total-variation",
    "jensen-shannon",
    "psi",
    "normalized-entropy",
    "imbalance-ratio",
    "min-class-count",
]
MEASURES: tuple[Measure, ...] = get_args(Measure)
AGAINST_TARGET = frozenset({"overlap", "total-variation", "jensen-shannon", "psi"})
"""Measures of the distance to a contracted distribution; the others look at the counts alone."""

_PRECISE = Context(prec=40)
_P_VALUE = Context(prec=6)


@dataclass(frozen=True)
class Distribution:
    """Counts by class, and the contracted shares where there are any. Classes: contracted, then delivered, sorted."""

    counts: Mapping[str, int]
    target: Mapping[str, Fraction] | None = None

    @property
    def total(self) -> int:
        """Labels counted."""
        return sum(self.counts.values())

    @property
    def classes(self) -> tuple[str, ...]:
        """The contract's classes in its order, then others that were delivered."""
        contracted = tuple(self.target or ())
        return contracted + tuple(sorted(set(self.counts) - set(contracted)))

    @property
    def outside(self) -> tuple[str, ...]:
        """Delivered classes that the contract does not know."""
        return () if self.target is None else tuple(c for c in sorted(self.counts) if c not in self.target)

    def count(self, name: str) -> int:
        """Labels of one class."""
        return self.counts.get(name, 0)

    def share(self, name: str) -> Fraction:
        """Delivered share of one class."""
        return Fraction(self.count(name), self.total)

    def contracted(self, name: str) -> Fraction:
        """Contracted share of one class."""
        return (self.target or {}).get(name, Fraction(0))

    def pairs(self) -> Iterator[tuple[Fraction, Fraction]]:
        """(p, q) by class."""
        return ((self.share(c), self.contracted(c)) for c in self.classes)

    def measure(self, name: Measure) -> Number:
        """The value. Raises Undefined: empty, one-class, empty-cell."""
        if not self.total:
            raise Undefined("empty")
        return _FORMULAE[name](self)


def overlap(d: Distribution) -> Fraction:
    """Sum of min(p, q): 1 - total variation."""
    return sum((min(p, q) for p, q in d.pairs()), Fraction(0))


def total_variation(d: Distribution) -> Fraction:
    """Half the sum of |p - q|."""
    return sum((abs(p - q) for p, q in d.pairs()), Fraction(0)) / 2


def jensen_shannon(d: Distribution) -> Decimal:
    """The divergence in bits (Lin 1991): mean of the Kullback-Leibler divergences from p and q to their midpoint."""
    with localcontext(_PRECISE):
        nats = Decimal(0)
        for p, q in d.pairs():
            middle = (p + q) / 2
            nats += sum((_decimal(x) * _ln(x / middle) for x in (p, q) if x), Decimal(0))
        return _clean(nats / 2 / Decimal(2).ln())


def psi(d: Distribution) -> Decimal:
    """Population stability index: sum of (p - q) ln(p / q); undefined with an empty cell on either side."""
    pairs = list(d.pairs())
    if any(not p or not q for p, q in pairs):
        raise Undefined("empty-cell")
    with localcontext(_PRECISE):
        return _clean(sum((_decimal(p - q) * _ln(p / q) for p, q in pairs), Decimal(0)))


def normalized_entropy(d: Distribution) -> Decimal:
    """Shannon's entropy over that of as many equal classes (Pielou's evenness); classes of the contract, if it names them."""
    if len(d.classes) < 2:
        raise Undefined("one-class")
    with localcontext(_PRECISE):
        shares = [d.share(c) for c in d.classes]
        nats = -sum((_decimal(p) * _ln(p) for p in shares if p), Decimal(0))
        return _clean(nats / Decimal(len(shares)).ln())


def imbalance_ratio(d: Distribution) -> Fraction:
    """The largest class over the smallest; undefined while a contracted class is empty."""
    counts = [d.count(c) for c in d.classes]
    if not min(counts):
        raise Undefined("empty-cell")
    return Fraction(max(counts), min(counts))


def min_class_count(d: Distribution) -> Fraction:
    """Labels of the smallest class, contracted ones that were not delivered included."""
    return Fraction(min(d.count(c) for c in d.classes))


_FORMULAE: Mapping[Measure, Callable[[Distribution], Number]] = {
    "overlap": overlap,
    "total-variation": total_variation,
    "jensen-shannon": jensen_shannon,
    "psi": psi,
    "normalized-entropy": normalized_entropy,
    "imbalance-ratio": imbalance_ratio,
    "min-class-count": min_class_count,
}


@dataclass(frozen=True, slots=True)
class ChiSquare:
    """Pearson's goodness of fit to the contracted shares; p to six digits."""

    statistic: Fraction
    freedom: int
    p: Decimal


def chi_square(d: Distribution) -> ChiSquare | None:
    """None where an expected count is zero or one class alone is contracted.

    Shown and never a target: with enough labels any difference is significant, with few none is.
    """
    if d.target is None or not d.total or len(d.classes) < 2 or any(not q for _, q in d.pairs()):
        return None
    n = d.total
    statistic = sum(((d.count(c) - n * d.contracted(c)) ** 2 / (n * d.contracted(c)) for c in d.classes), Fraction(0))
    freedom = len(d.classes) - 1
    p = _P_VALUE.plus(Decimal(chi_square_tail(freedom, float(statistic))))
    return ChiSquare(statistic, freedom, p)


def _decimal(x: Fraction) -> Decimal:
    return Decimal(x.numerator) / Decimal(x.denominator)


def _ln(x: Fraction) -> Decimal:
    return _decimal(x).ln()


def _clean(x: Decimal) -> Decimal:
    """Rounded; what is zero but for the working precision is zero."""
    return Decimal(0) if abs(x) < Decimal("1e-30") else rounded(x)
