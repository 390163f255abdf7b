"""The scale of measurement: which labels there are, in which order, and which numbers they stand for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import gcd, lcm

from checks.statistics.undefined import Undefined


@dataclass(frozen=True)
class Scale:
    """`labels` in order, `rank` of every text, and for numeric scales the `scores` in rising order.

    Two texts of one number ("1", "1.0") share a rank; `labels` has the shortest of them. `sets`: the label sets that
    the labels stand for, where a distance is between sets.
    """

    labels: tuple[str, ...]
    rank: Mapping[str, int]
    scores: tuple[Fraction, ...] | None = None
    sets: tuple[frozenset[str], ...] | None = None

    @property
    def size(self) -> int:
        """Number of categories."""
        return len(self.labels)

    @cached_property
    def integers(self) -> tuple[int, ...]:
        """Whole numbers at the scores' distances: what is unchanged by shift and unit is computed from these."""
        assert self.scores is not None
        unit = lcm(*(s.denominator for s in self.scores))
        shifted = [int((s - self.scores[0]) * unit) for s in self.scores]
        step = gcd(*(b - a for a, b in pairwise(shifted))) or 1
        return tuple(s // step for s in shifted)


def scale_of(texts: Iterable[str], categories: tuple[str, ...] | None, *, numeric: bool) -> Scale:
    """The scale of observed `texts`. Raises Undefined unknown-category, not-a-number.

    `categories`, where given, are all there may be, and their order is the order. `numeric`: texts are numbers.
    """
    observed = sorted(set(texts))
    if categories is not None and not set(observed) <= set(categories):
        raise Undefined("unknown-category")
    if numeric:
        return _numeric(observed if categories is None else categories)
    labels = tuple(observed) if categories is None else categories
    return Scale(labels, {text: k for k, text in enumerate(labels)})


def _numeric(texts: Iterable[str]) -> Scale:
    named: dict[Fraction, list[str]] = {}
    for text in texts:
        named.setdefault(_number(text), []).append(text)
    scores = tuple(sorted(named))
    labels = tuple(min(named[s], key=lambda t: (len(t), t)) for s in scores)
    return Scale(labels, {text: k for k, s in enumerate(scores) for text in named[s]}, scores)


def _number(text: str) -> Fraction:
    """Exactly the number that `text` writes."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        raise Undefined("not-a-number") from None
    # An exponent of millions would make an integer of millions of digits.
    if not value.is_finite() or abs(value.adjusted()) > 300 or len(value.as_tuple().digits) > 300:
        raise Undefined("not-a-number")
    return Fraction(value)
