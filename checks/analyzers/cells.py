"""Cells: exact counts of combinations of labels over several columns, the state behind every tally of classes.

A class distribution, a contingency table of two raters, rating patterns of five and a list of (item, rater, label) are
one thing: a sparse cross table. It is kept as arrays so that millions of cells merge without Python objects.
Canonical form: per column the sorted texts that occur, rows sorted, no row twice, no zero count.
It must not decide what a null means: a null is a cell of its own, and whoever reads the state says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import prod
from typing import Self, TypeVar

import numpy as np
import pyarrow as pa

from checks.analyzers.histogram import MOST, crossed
from checks.analyzers.joint import Joint, joint
from checks.analyzers.labels import Codes, labels
from checks.analyzers.vocabulary import Texts, Vocabulary
from checks.analyzers.where import Where
from checks.columns import Col, View
from checks.kernel import State

_WIDEST = 1 << 62

Key = tuple[str | None, ...]


class Cells(State, frozen=True):
    """Counts of combinations. `texts` per column; `codes` int32 [cells, columns] row by row, -1 for null; `counts` int64."""

    texts: tuple[Texts, ...]
    codes: bytes = b""
    counts: bytes = b""

    def __post_init__(self) -> None:
        if not self.texts or len(self.counts) % 8 or len(self.codes) * 2 != len(self.counts) * len(self.texts):
            raise ValueError("codes and counts differ in length")
        rows = self.rows()
        if rows.size and (rows.min() < -1 or (rows.max(axis=0) >= [t.size for t in self.texts]).any()):
            raise ValueError("a code has no text")

    @property
    def total(self) -> int:
        """Records counted, nulls included."""
        return int(self.tally().sum())

    def rows(self) -> np.ndarray:
        """Codes, int32 [cells, columns]."""
        return np.frombuffer(self.codes, dtype="<i4").reshape(-1, len(self.texts))

    def tally(self) -> np.ndarray:
        """Counts, int64 [cells]."""
        return np.frombuffer(self.counts, dtype="<i8")

    def vocabulary(self, column: int) -> list[str]:
        """The sorted labels of one column."""
        found: list[str] = self.texts[column].array().to_pylist()
        return found

    def items(self) -> Iterator[tuple[Key, int]]:
        """Combinations and their counts, sorted; for states that are small."""
        names = [[*self.vocabulary(j), None] for j in range(len(self.texts))]
        for row, count in zip(self.rows().tolist(), self.tally().tolist(), strict=True):
            yield tuple(names[j][code] for j, code in enumerate(row)), count

    def merge(self, other: Self) -> Self:
        """Counts of both."""
        if not other.counts:
            return self
        if not self.counts:
            return other
        if self.texts != other.texts:
            return self._united(other)
        if self.codes == other.codes:
            return type(self)(self.texts, self.codes, (self.tally() + other.tally()).tobytes())
        rows, counts = np.concatenate([self.rows(), other.rows()]), np.concatenate([self.tally(), other.tally()])
        rows, counts = sum_by_row(list(rows.T), [t.size for t in self.texts], counts)
        return type(self)(self.texts, rows.astype("<i4").tobytes(), counts.astype("<i8").tobytes())

    def _united(self, other: Self) -> Self:
        """Counts of both, whose texts differ."""
        mine, theirs = self.rows(), other.rows()
        codes, vocabularies = [], []
        for j in range(len(self.texts)):
            texts, first, second = _union(self.texts[j], other.texts[j])
            codes.append(np.concatenate([first[mine[:, j]], second[theirs[:, j]]]))
            vocabularies.append(Vocabulary(texts))
        sizes = [vocabulary.size for vocabulary in vocabularies]
        summed = sum_by_row(codes, sizes, np.concatenate([self.tally(), other.tally()]))
        return type(self)(*_canonical(*summed, vocabularies))

    @classmethod
    def of(cls, columns: Sequence[Codes]) -> Self:
        """Tally columns of equal length."""
        codes, vocabularies = [c.codes for c in columns], [c.vocabulary for c in columns]
        sizes = [vocabulary.size for vocabulary in vocabularies]
        if prod(size + 1 for size in sizes) > MOST:
            return cls(*_canonical(*sum_by_row(codes, sizes, None), vocabularies))
        table = crossed(codes, sizes)
        return cls(*_canonical(np.argwhere(table) - 1, table[table > 0], vocabularies))

    @classmethod
    def of_joint(cls, found: Joint) -> Self:
        """Tally joint codes."""
        return cls(*_canonical(found.cells, found.counts[found.met], found.vocabularies))

    @classmethod
    def empty(cls, columns: int) -> Self:
        """Nothing counted yet over so many columns."""
        return cls((Texts(),) * columns)


C = TypeVar("C", bound=Cells)


def cross(kind: type[C], view: View, columns: Sequence[Col], where: Where | None) -> C:
    """A state of `kind`: tally a batch over `columns`, of the records that `where` lets through."""
    mask = None if where is None else where.mask(view)
    found = joint(view, columns)
    if found is not None:
        return kind.of_joint(found if mask is None else found.of(mask))
    encoded = [labels(view, col) for col in columns]
    return kind.of(encoded if mask is None else [replace(c, codes=c.codes[mask]) for c in encoded])


def _union(a: Texts, b: Texts) -> tuple[pa.LargeStringArray, np.ndarray, np.ndarray]:
    """Texts of both, and the lookups from the codes of each (-1 last)."""
    first, second = a.array(), b.array()
    both = pa.concat_arrays([first, second]).dictionary_encode()
    lookup = both.indices.cast(pa.int32()).to_numpy(zero_copy_only=False)
    null = np.int32(-1)
    return both.dictionary, np.append(lookup[: len(first)], null), np.append(lookup[len(first) :], null)


def _canonical(
    codes: np.ndarray, counts: np.ndarray, vocabularies: Sequence[Vocabulary]
) -> tuple[tuple[Texts, ...], bytes, bytes]:
    """Fields of a canonical state, of distinct combinations `codes`, int32 [m, columns], with -1 for null."""
    texts, ranked = [], []
    for j, vocabulary in enumerate(vocabularies):
        used, at = _used(codes[:, j], vocabulary.size)
        rank, ordered = vocabulary.part(used)
        ranked.append(np.append(rank, np.int32(-1)).take(at))
        texts.append(ordered)
    order = np.argsort(_combine(ranked, [t.size for t in texts]))
    rows = np.stack(ranked, axis=1)[order]
    return tuple(texts), rows.astype("<i4").tobytes(), counts[order].astype("<i8").tobytes()


def _used(codes: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The codes that occur, ascending without -1, and where among them each one stands (-1 stays), int64 [n]."""
    if size <= len(codes):
        occurs = np.zeros(size + 1, dtype=bool)
        occurs[codes] = True  # -1 is the last
        used = np.flatnonzero(occurs[:-1])
        place = np.cumsum(occurs) - 1
        place[-1] = -1
        return used, place.take(codes)
    found, at = np.unique(codes, return_inverse=True)
    nulls = int(found[0] < 0) if found.size else 0
    return found[nulls:], at - nulls


def sum_by_row(
    codes: Sequence[np.ndarray], sizes: Sequence[int], weights: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Distinct combinations of codes, sorted with -1 first, int32 [m, columns], and their summed weights, int64 [m].

    `codes`: per column integers [n] in -1..size-1; `weights` int64 [n], None for ones.
    """
    keys = _combine(codes, sizes)
    order = np.argsort(keys)
    ordered = keys[order]
    starts = np.flatnonzero(np.concatenate([ordered[:1] >= 0, ordered[1:] != ordered[:-1]]))
    if weights is None:
        summed = np.diff(starts, append=len(keys))
    else:
        summed = np.add.reduceat(weights[order], starts) if len(keys) else weights
    first = order[starts]
    return np.stack([c[first] for c in codes], axis=1).astype(np.int32), summed


def _combine(codes: Sequence[np.ndarray], sizes: Sequence[int]) -> np.ndarray:
    """One number for each row that orders as the row does; ranks take the place of numbers that grow too wide."""
    dtype = np.int64
    keys = codes[0].astype(dtype)
    keys += 1
    width = sizes[0] + 1
    for column, size in zip(codes[1:], sizes[1:], strict=True):
        if width > _WIDEST // (size + 1):
            distinct, keys = np.unique(keys, return_inverse=True)
            width = len(distinct)
        keys *= size + 1
        keys += column
        keys += 1
        width *= size + 1
    return keys
