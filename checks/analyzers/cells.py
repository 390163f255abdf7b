"""Cells: exact counts of combinations of labels over several columns, the state behind every tally of classes.

A class distribution, a contingency table of two raters, rating patterns of five and a list of (item, rater, label) are
one thing: a sparse cross table. It is kept as arrays so that millions of cells merge without Python objects.
Canonical form: per column the sorted texts that occur, rows sorted, no row twice, no zero count.
It must not decide what a null means: a null is a cell of its own, and whoever reads the state says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Self, TypeVar

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from checks.analyzers.labels import Codes, labels
from checks.analyzers.where import Where
from checks.columns import Col, View
from checks.kernel import State

_DENSE = 1 << 16
_WIDEST = 1 << 62

Key = tuple[str | None, ...]


class Texts(msgspec.Struct, frozen=True):
    """Sorted distinct texts, as UTF-8 bytes end to end and their byte lengths (int64, little-endian)."""

    data: bytes = b""
    lengths: bytes = b""

    def __post_init__(self) -> None:
        if len(self.lengths) % 8 or int(np.frombuffer(self.lengths, dtype="<i8").sum()) != len(self.data):
            raise ValueError("lengths do not cover the data")

    @property
    def size(self) -> int:
        """Number of texts."""
        return len(self.lengths) // 8

    def array(self) -> pa.LargeStringArray:
        """As Arrow."""
        lengths = np.frombuffer(self.lengths, dtype="<i8")
        offsets = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])
        return pa.LargeStringArray.from_buffers(len(lengths), pa.py_buffer(offsets), pa.py_buffer(self.data))

    @classmethod
    def of(cls, array: pa.LargeStringArray) -> Self:
        """Of distinct texts that are already sorted."""
        binary = array.cast(pa.large_binary())
        lengths = pc.binary_length(binary).to_numpy(zero_copy_only=False).astype("<i8")
        return cls(b"".join(binary.to_pylist()), lengths.tobytes())


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
        columns = []
        mine, theirs = self.rows(), other.rows()
        for j in range(len(self.texts)):
            texts, first, second = _union(self.texts[j], other.texts[j])
            columns.append(Codes(np.concatenate([first[mine[:, j]], second[theirs[:, j]]]), texts, nulls=True))
        return type(self)(*_canonical(columns, np.concatenate([self.tally(), other.tally()])))

    @classmethod
    def of(cls, columns: Sequence[Codes]) -> Self:
        """Tally columns of equal length."""
        return cls(*_canonical(columns, None))

    @classmethod
    def empty(cls, columns: int) -> Self:
        """Nothing counted yet over so many columns."""
        return cls((Texts(),) * columns)


C = TypeVar("C", bound=Cells)


def cross(kind: type[C], view: View, columns: Sequence[Col], where: Where | None) -> C:
    """A state of `kind`: tally a batch over `columns`, of the records that `where` lets through."""
    encoded = [labels(view, col) for col in columns]
    if where is not None:
        mask = where.mask(view)
        encoded = [Codes(c.codes[mask], c.texts, c.nulls) for c in encoded]
    return kind.of(encoded)


def _union(a: Texts, b: Texts) -> tuple[pa.LargeStringArray, np.ndarray, np.ndarray]:
    """Texts of both, and the lookups from the codes of each (-1 last)."""
    first, second = a.array(), b.array()
    both = pa.concat_arrays([first, second]).dictionary_encode()
    lookup = both.indices.cast(pa.int32()).to_numpy(zero_copy_only=False)
    null = np.int32(-1)
    return both.dictionary, np.append(lookup[: len(first)], null), np.append(lookup[len(first) :], null)


def _canonical(columns: Sequence[Codes], weights: np.ndarray | None) -> tuple[tuple[Texts, ...], bytes, bytes]:
    """Fields of a canonical state. Counting comes first, so that sorting touches cells, not records."""
    codes, counts = sum_by_row([c.codes for c in columns], [len(c.texts) for c in columns], weights)
    texts = []
    for j, column in enumerate(columns):
        used, inverse = np.unique(codes[:, j], return_inverse=True)
        nulls = int(used.size > 0 and used[0] < 0)
        kept = column.texts.take(pa.array(used[nulls:]))
        order = pc.sort_indices(kept).to_numpy()
        rank = np.full(used.size, -1, dtype=np.int32)
        rank[order.astype(np.int64) + nulls] = np.arange(len(order), dtype=np.int32)
        codes[:, j] = rank[inverse]
        texts.append(Texts.of(kept.take(pa.array(order))))
    codes, counts = sum_by_row(list(codes.T), [t.size for t in texts], counts)
    return tuple(texts), codes.astype("<i4").tobytes(), counts.astype("<i8").tobytes()


def sum_by_row(
    codes: Sequence[np.ndarray], sizes: Sequence[int], weights: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Distinct combinations of codes, sorted with -1 first, int32 [m, columns], and their summed weights, int64 [m].

    `codes`: per column int32 [n] in -1..size-1; `weights` int64 [n], None for ones. The combination is one number in a
    mixed radix; where the radix is small it is counted by address, else by sorting.
    """
    n, radix = len(codes[0]), 1
    for size in sizes:
        radix *= size + 1
    if weights is None and radix <= max(_DENSE, n):
        dense = np.bincount(_combine(codes, sizes), minlength=0)
        keys = np.flatnonzero(dense)
        return _split(keys, sizes), dense[keys]
    keys, first, inverse = np.unique(_combine(codes, sizes), return_index=True, return_inverse=True)
    summed = np.zeros(len(keys), dtype=np.int64)
    np.add.at(summed, inverse, 1 if weights is None else weights)
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


def _split(keys: np.ndarray, sizes: Sequence[int]) -> np.ndarray:
    """The codes that `_combine` made one number of."""
    out = np.empty((len(keys), len(sizes)), dtype=np.int32)
    for j in range(len(sizes) - 1, -1, -1):
        keys, out[:, j] = np.divmod(keys, sizes[j] + 1)
    out -= 1
    return out
