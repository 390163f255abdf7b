"""Ratings as rows (item, rater, value), whose items may be spread over batches, files and shards.

Which ratings belong to one item is known only when all are there, so the state holds the rows themselves, coded, and
grouping is left to whoever judges. Nothing is dropped or repaired: a rater who rated an item twice stands here twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import ClassVar, Self

import msgspec

from checks.analyzers.cells import Cells, cross
from checks.analyzers.where import Where
from checks.columns import Col, View
from checks.kernel import Analyzer, State


class RatingList(State, frozen=True, eq=False):
    """Counts of rows as sorted runs of falling size, so that merging many batches costs n log n and not n squared.

    Two lists are equal when they hold the same rows; bytes are those of the one run of all rows.
    """

    runs: tuple[Cells, ...]

    def whole(self) -> Cells:
        """All rows as one canonical state."""
        return reduce(Cells.merge, reversed(self.runs))

    def merge(self, other: Self) -> Self:
        """Rows of both."""
        filled = [run for run in (*self.runs, *other.runs) if run.counts]
        return type(self)(_stack(sorted(filled, key=_size, reverse=True))) if filled else self

    def to_bytes(self) -> bytes:
        """Canonical bytes."""
        return msgspec.msgpack.encode(type(self)((self.whole(),)), order="deterministic")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RatingList) and self.whole() == other.whole()

    def __hash__(self) -> int:
        return hash(self.whole())


def _size(run: Cells) -> int:
    return len(run.counts)


def _stack(runs: Sequence[Cells]) -> tuple[Cells, ...]:
    """Merge neighbours from the small end until each run is at least twice the next."""
    stack: list[Cells] = []
    for run in runs:
        stack.append(run)
        while len(stack) > 1 and _size(stack[-2]) < 2 * _size(stack[-1]):
            last = stack.pop()
            stack[-1] = stack[-1].merge(last)
    return tuple(stack)


@dataclass(frozen=True)
class RatingRows(Analyzer[RatingList]):
    """Every rating row of the records `where` lets through, over (by, item, rater, value)."""

    state_type: ClassVar[type[State]] = RatingList

    object: str
    item: Col
    rater: Col
    value: Col
    by: Col | None = None
    where: Where | None = None

    def _cells(self) -> tuple[Col, ...]:
        return (*(() if self.by is None else (self.by,)), self.item, self.rater, self.value)

    def columns(self) -> frozenset[str]:
        """Item, rater, value, group and the filter's columns."""
        read = frozenset(col.name for col in self._cells())
        return read if self.where is None else read | self.where.columns()

    def zero(self) -> RatingList:
        """No row seen."""
        return RatingList((Cells.empty(len(self._cells())),))

    def observe(self, view: View) -> RatingList:
        """Rows of one batch."""
        return RatingList((cross(Cells, view, self._cells(), self.where),))
