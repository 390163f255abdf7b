"""Tests of a record over several columns: the analyzer and the predicates under pair and multicolumn map expectations.

`ignore_row_if` says which records are looked at; a comparison with a missing value does not hold, as in pandas.
"""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from checks.analyzers.failing import Failing, failing_of
from checks.columns import Col, View
from checks.expectations.scalars import as_array, as_value, unsigned
from checks.kernel import Analyzer, State

Ignore = Literal["all", "any", "never"]
"""Records that are not looked at: those where all, or any, of the columns are missing; or none."""


def valid(array: pa.Array) -> np.ndarray:
    """Where a value is, bool [n]."""
    found: np.ndarray = pc.is_valid(array).to_numpy(zero_copy_only=False)
    return found


def looked_at(view: View, columns: Sequence[Col], ignore: Ignore) -> np.ndarray:
    """Which records are looked at, bool [n]."""
    if ignore == "never":
        return np.ones(view.num_rows, dtype=bool)
    there = np.stack([valid(view.typed(col)) for col in columns])
    return np.asarray(there.any(axis=0) if ignore == "all" else there.all(axis=0))


def compared(left: pa.Array, right: pa.Array, op: Literal["equal", "greater", "greater_equal"]) -> np.ndarray:
    """Does `left op right` hold, bool [n]? False where a value is missing. Integers and doubles compare exactly."""
    if left.type == right.type:
        mask = getattr(pc, op)(left, right).fill_null(False).to_numpy(zero_copy_only=False)
        found: np.ndarray = mask
        return found
    holds = {"equal": operator.eq, "greater": operator.gt, "greater_equal": operator.ge}[op]
    pairs = zip(left.to_pylist(), right.to_pylist(), strict=True)
    return np.array([a is not None and b is not None and holds(a, b) for a, b in pairs], dtype=bool)


class RecordPredicate(ABC):
    """A frozen, hashable declaration of when a record meets the expectation."""

    @abstractmethod
    def holds(self, view: View, columns: Sequence[Col]) -> np.ndarray:
        """Boolean mask [records]."""


@dataclass(frozen=True, slots=True)
class PairCompares(RecordPredicate):
    """The first column's value stands in `op` to the second's."""

    op: Literal["equal", "greater", "greater_equal"]

    def holds(self, view: View, columns: Sequence[Col]) -> np.ndarray:
        """Missing values never do."""
        return compared(view.typed(columns[0]), view.typed(columns[1]), self.op)


@dataclass(frozen=True, slots=True)
class PairInSet(RecordPredicate):
    """The pair of values is among `pairs`; None stands for a missing value."""

    pairs: tuple[tuple[str | bool | int | Decimal | None, str | bool | int | Decimal | None], ...]

    def holds(self, view: View, columns: Sequence[Col]) -> np.ndarray:
        """By the codes of both values among those of the set."""
        wanted = [tuple(as_value(v, col) for v, col in zip(pair, columns, strict=True)) for pair in self.pairs]
        usable = [w for w, given in zip(wanted, self.pairs, strict=True) if _whole(w, given)]
        coded, allowed = [], []
        for i, col in enumerate(columns):
            typed = unsigned(view.typed(col))
            values = list(dict.fromkeys(w[i] for w in usable if w[i] is not None))
            codes = pc.index_in(typed, value_set=as_array(values, typed.type, col)).fill_null(-1)
            own = codes.to_numpy(zero_copy_only=False).astype(np.int64)
            own[~valid(typed)] = -2
            coded.append(own)
            place = {v: k for k, v in enumerate(as_array(values, typed.type, col).to_pylist())}
            allowed.append([-2 if w[i] is None else place.get(w[i], -3) for w in usable])
        width = 1 << 31
        keys = coded[0] * width + coded[1]
        known = np.array([a * width + b for a, b in zip(*allowed, strict=True)], dtype=np.int64)
        found: np.ndarray = np.isin(keys, known)
        return found


def _whole(made: Sequence[object], given: Sequence[object]) -> bool:
    """Could every value that was given be made?"""
    return all(m is not None or g is None for m, g in zip(made, given, strict=True))


@dataclass(frozen=True, slots=True)
class SumEquals(RecordPredicate):
    """The columns' values sum to `total`: integers exactly, doubles added from left to right as in pandas."""

    total: Decimal

    def holds(self, view: View, columns: Sequence[Col]) -> np.ndarray:
        """A missing value makes no sum."""
        arrays = [view.typed(col) for col in columns]
        if all(not pa.types.is_floating(a.type) for a in arrays):
            lists = zip(*(a.to_pylist() for a in arrays), strict=True)
            return np.array([None not in row and sum(map(int, row)) == self.total for row in lists], dtype=bool)
        total = np.zeros(view.num_rows)
        for array in arrays:
            total = total + array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        found: np.ndarray = total == float(self.total)
        return found


@dataclass(frozen=True, slots=True)
class AllDiffer(RecordPredicate):
    """No two columns hold the same value; two missing values are the same."""

    def holds(self, view: View, columns: Sequence[Col]) -> np.ndarray:
        """Every pair of columns."""
        arrays = [view.typed(col) for col in columns]
        fine = np.ones(view.num_rows, dtype=bool)
        for i, left in enumerate(arrays):
            for right in arrays[i + 1 :]:
                fine &= ~(compared(left, right, "equal") | (~valid(left) & ~valid(right)))
        return fine


@dataclass(frozen=True, slots=True)
class AllEqual(RecordPredicate):
    """All columns hold the first one's value; missing values are equal to each other."""

    def holds(self, view: View, columns: Sequence[Col]) -> np.ndarray:
        """Each column with the first."""
        first, *others = (view.typed(col) for col in columns)
        fine = np.ones(view.num_rows, dtype=bool)
        for other in others:
            fine &= compared(other, first, "equal") | (~valid(other) & ~valid(first))
        return fine


@dataclass(frozen=True)
class RecordTest(Analyzer[Failing]):
    """Which records that are looked at fail `predicate` over the columns `over`."""

    state_type: ClassVar[type[State]] = Failing

    object: str
    over: tuple[Col, ...]
    ignore: Ignore
    predicate: RecordPredicate

    def columns(self) -> frozenset[str]:
        """The columns compared."""
        return frozenset(col.name for col in self.over)

    def zero(self) -> Failing:
        """Nothing looked at."""
        return Failing()

    def observe(self, view: View) -> Failing:
        """One batch."""
        looked = looked_at(view, self.over, self.ignore)
        hits = np.flatnonzero(looked & ~self.predicate.holds(view, self.over))
        return failing_of(view, hits, int(looked.sum()), self.over[0].name)
