"""Labels that are sets of labels: MASI, the distance between two of them (Passonneau 2006, LREC, "Measuring agreement on
set-valued items").

d(A, B) = 1 - J M: J = |A n B| / |A u B| (Jaccard), M = 1 if the sets are equal, 2/3 if one holds the other, 1/3 if they
overlap otherwise, 0 if they have nothing in common. Two empty sets are equal.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import lcm
from typing import Any

import msgspec
import numpy as np

from checks.agreement.distances import Distance, Vector, add_up
from checks.statistics.undefined import Undefined

MOST_SETS = 1000
"""Of more different sets no alpha is computed: it would take all their pairs."""


def set_text(labels: Collection[str]) -> str:
    """The text that stands for a set: a JSON list in order."""
    return msgspec.json.encode(sorted(set(labels))).decode()


def set_of(text: str) -> frozenset[str]:
    """The set that a text stands for: a JSON list of texts, else one label."""
    try:
        return frozenset(msgspec.json.decode(text, type=list[str]))
    except (msgspec.DecodeError, msgspec.ValidationError):
        return frozenset([text])


@dataclass(frozen=True)
class SetDistance(Distance):
    """MASI between sets by number; integers: `matrix` [q, q] of dtype object holds distances times `unit`."""

    matrix: np.ndarray
    unit: int

    @classmethod
    def of(cls, sets: Sequence[frozenset[str]]) -> SetDistance:
        """Raises Undefined too-many-values."""
        if len(sets) > MOST_SETS:
            raise Undefined("too-many-values")
        common, union = _crossed(sets)
        size = np.array([len(s) for s in sets], dtype=np.int64)
        within = (common == size[:, None]) | (common == size[None, :])
        thirds = np.where(common == union, 3, np.where(within, 2, 1)) * common
        unit = 3 * lcm(*np.unique(np.maximum(union, 1)).tolist())
        share = np.array([unit // (3 * u) for u in range(1, int(union.max(initial=1)) + 1)], dtype=object)
        like = thirds.astype(object) * share[np.maximum(union, 1) - 1]
        like[union == 0] = unit
        return cls(unit - like, unit)

    @property
    def longest(self) -> int:
        """Between sets that have nothing in common."""
        return self.unit

    def between(self, p: Vector, q: Vector) -> Any:
        """p D q."""
        matrix = self.matrix if p.dtype == object else self.matrix.astype(np.float64)
        return (p * (matrix @ q)).sum()

    def pair(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """D[a, b]."""
        return np.asarray(self.matrix[a, b])

    def within(self, units: int, unit: np.ndarray, label: np.ndarray, times: np.ndarray) -> np.ndarray:
        """Twice the sum over pairs of different sets of the unit."""
        size = np.bincount(unit, minlength=units)
        later = np.cumsum(size)[unit] - np.arange(unit.size) - 1
        first = np.repeat(np.arange(unit.size), later)
        second = first + 1 + np.arange(first.size) - np.repeat(np.cumsum(later) - later, later)
        apart = self.matrix[label[first], label[second]] * (2 * times[first] * times[second]).astype(object)
        return add_up(unit[first], apart, units)


def _crossed(sets: Sequence[frozenset[str]]) -> tuple[np.ndarray, np.ndarray]:
    """Sizes of intersection and union of all pairs, int64 [q, q]."""
    labels = {label: k for k, label in enumerate(sorted(frozenset().union(*sets)))}
    member = np.zeros((len(sets), max(len(labels), 1)))
    for row, one in enumerate(sets):
        member[row, [labels[label] for label in one]] = 1
    common = np.rint(member @ member.T).astype(np.int64)
    size = np.diag(common)
    return common, size[:, None] + size[None, :] - common
