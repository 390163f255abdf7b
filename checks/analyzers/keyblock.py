"""Blocks of keys: parallel arrays of hash, count and first place, with the keys' bytes where a hash is not the key.

A condensed block holds each key once, in order of (hash, key), with how often it occurs and the smallest place
(file, row) where. It must not know files by name, nor where blocks are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from checks.analyzers.keyhash import parts


@dataclass(frozen=True, slots=True)
class Block:
    """`hashes` uint64 [n], `counts` int64 [n], `files` uint32 [n] (numbers in order of the files' names), `rows` int64 [n].

    `keys` [n]: the keys' bytes; None where every hash is its key. Counts of one each and a file common to all take no
    memory (`same`).
    """

    hashes: np.ndarray
    counts: np.ndarray
    files: np.ndarray
    rows: np.ndarray
    keys: pa.LargeBinaryArray | None

    def __len__(self) -> int:
        return len(self.hashes)

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        arrays = (self.hashes, self.counts, self.files, self.rows)
        return sum(0 if _is_same(a) else a.nbytes for a in arrays) + (0 if self.keys is None else int(self.keys.nbytes))

    def take(self, index: np.ndarray) -> Block:
        """Some of the records."""
        keys = None if self.keys is None else self.keys.take(_arrow(index))
        return Block(
            self.hashes[index], _picked(self.counts, index), _picked(self.files, index), self.rows[index], keys
        )

    def slice(self, start: int, stop: int) -> Block:
        """Consecutive records, without copying."""
        keys = None if self.keys is None else self.keys.slice(start, stop - start)
        s = slice(start, stop)
        return Block(self.hashes[s], self.counts[s], self.files[s], self.rows[s], keys)

    def placed(self, numbers: np.ndarray) -> Block:
        """With files numbered anew: `numbers` uint32 by old number."""
        return Block(self.hashes, self.counts, _mapped(self.files, numbers), self.rows, self.keys)


def same(value: int, count: int, kind: type[np.int64 | np.uint32]) -> np.ndarray:
    """So many times one value, without memory for each."""
    return np.broadcast_to(kind(value), count)


def _is_same(array: np.ndarray) -> bool:
    return array.strides == (0,)


def _picked(array: np.ndarray, index: np.ndarray) -> np.ndarray:
    return np.broadcast_to(array[:1], len(index)) if _is_same(array) and len(array) else array[index]


def _mapped(codes: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    return np.broadcast_to(numbers[codes[:1]], len(codes)) if _is_same(codes) and len(codes) else numbers[codes]


def _joined(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """The arrays, none of them empty, end to end."""
    if all(_is_same(a) and a[0] == arrays[0][0] for a in arrays):
        return np.broadcast_to(arrays[0][:1], sum(map(len, arrays)))
    return np.concatenate(arrays)


@dataclass(frozen=True, slots=True)
class Places:
    """Records by file number, uint32 [n], and row, int64 [n]."""

    files: np.ndarray
    rows: np.ndarray

    @classmethod
    def none(cls) -> Places:
        """No place."""
        return cls(np.zeros(0, dtype=np.uint32), np.zeros(0, dtype=np.int64))


def concat(blocks: Sequence[Block]) -> Block:
    """All records of blocks that number files alike."""
    blocks = [block for block in blocks if len(block)] or [*blocks[:1]] or [_NOTHING]
    if len(blocks) == 1:
        return blocks[0]
    keys = None
    if any(block.keys is not None for block in blocks):
        keys = pa.concat_arrays([_empty_keys(len(b)) if b.keys is None else b.keys for b in blocks])
    return Block(
        np.concatenate([b.hashes for b in blocks]),
        _joined([b.counts for b in blocks]),
        _joined([b.files for b in blocks]),
        np.concatenate([b.rows for b in blocks]),
        keys,
    )


_NOTHING = Block(
    np.zeros(0, dtype=np.uint64),
    np.zeros(0, dtype=np.int64),
    np.zeros(0, dtype=np.uint32),
    np.zeros(0, dtype=np.int64),
    None,
)


def condensed(block: Block) -> tuple[Block, Places]:
    """Each key once, with its counts summed and its smallest place; and the places of all the others."""
    order = _order(block.hashes)
    if order is None:
        return block, Places.none()
    shared = _shared(block.hashes[order])
    if shared is None:
        return block.take(order), Places.none()
    group, first = _grouped(block, order[shared])
    counts = block.counts.copy()
    counts[group[first]] = np.add.reduceat(block.counts[group], np.flatnonzero(first))
    kept = np.ones(len(block), dtype=bool)
    kept[shared] = first
    order[shared] = group
    whole = Block(block.hashes, counts, block.files, block.rows, block.keys)
    return whole.take(order[kept]), _places(block, group[~first])


def repeating(block: Block) -> Places:
    """The places of all records but the first of each key, without making the rest."""
    if _shared(np.sort(block.hashes)) is None:  # a plain sort is much the faster
        return Places.none()
    order = np.argsort(block.hashes)
    shared = _shared(block.hashes[order])
    group, first = _grouped(block, order[shared])
    return _places(block, group[~first])


_NEARLY = 64
"""Fewer descents than one in so many, and sorting by merging is the fastest."""


def _order(hashes: np.ndarray) -> np.ndarray | None:
    """The order that sorts them, int64 [n]; None where they ascend and none is there twice."""
    descents = np.count_nonzero(hashes[1:] <= hashes[:-1])
    if not descents:
        return None
    return np.argsort(hashes, kind="stable" if descents * _NEARLY < len(hashes) else None)


def _shared(hashes: np.ndarray) -> np.ndarray | None:
    """Which of these sorted hashes stand more than once, bool [n]; None if none does."""
    same = hashes[1:] == hashes[:-1]
    if not same.any():
        return None
    shared = np.zeros(len(hashes), dtype=bool)
    shared[1:] |= same
    shared[:-1] |= same
    return shared


def _grouped(block: Block, group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Records `group`, which is in order of hash, so that of each key the one with the smallest place comes first.

    And which of them those are, bool [n].
    """
    hashes = block.hashes[group]
    starts = np.flatnonzero(np.concatenate([[True], hashes[1:] != hashes[:-1]]))
    number = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(group)))
    place = _ordinal(block, group)
    if place is None or not _one_key_a_hash(block, group, starts, number):
        return _sorted_groups(block, group)
    smallest = np.flatnonzero(place == np.minimum.reduceat(place, starts)[number])
    if len(smallest) > len(starts):  # a record that is there twice
        smallest = smallest[np.unique(number[smallest], return_index=True)[1]]
    group = group.copy()
    group[starts], group[smallest] = group[smallest], group[starts]
    first = np.zeros(len(group), dtype=bool)
    first[starts] = True
    return group, first


def _ordinal(block: Block, group: np.ndarray) -> np.ndarray | None:
    """One number for each record's place that orders as (file, row) does, int64 [n]; None if there is none."""
    rows: np.ndarray = block.rows[group]
    if block.files.strides == (0,):
        return rows
    files = block.files[group]
    if int(rows.min()) < 0 or int(rows.max()) >= 1 << _ROW_BITS or int(files.max()) >= 1 << (63 - _ROW_BITS):
        return None
    return np.asarray((files.astype(np.int64) << _ROW_BITS) | rows)


_ROW_BITS = 40


def _one_key_a_hash(block: Block, group: np.ndarray, starts: np.ndarray, number: np.ndarray) -> bool:
    """Have all records of one hash one key?"""
    if block.keys is None:
        return True
    heads = group[starts][number]
    return bool(pc.all(pc.equal(block.keys.take(_arrow(group)), block.keys.take(_arrow(heads)))).as_py())


def _sorted_groups(block: Block, group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """As `_grouped`, by sorting."""
    ranks = _ranks(block, group)
    within = np.lexsort((block.rows[group], block.files[group], ranks, block.hashes[group]))
    group, ranks = group[within], ranks[within]
    hashes = block.hashes[group]
    first = np.ones(len(group), dtype=bool)
    first[1:] = (hashes[1:] != hashes[:-1]) | (ranks[1:] != ranks[:-1])
    return group, first


def _places(block: Block, index: np.ndarray) -> Places:
    return Places(block.files[index], block.rows[index])


def _ranks(block: Block, index: np.ndarray) -> np.ndarray:
    """Numbers of these records' keys in the order of their bytes, int64."""
    if block.keys is None:
        return np.zeros(len(index), dtype=np.int64)
    encoded = block.keys.take(_arrow(index)).dictionary_encode()
    order = pc.sort_indices(encoded.dictionary).to_numpy().astype(np.int64)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    ranks: np.ndarray = rank[encoded.indices.to_numpy(zero_copy_only=False)]
    return ranks


def absent(wanted: Block, known: Block) -> np.ndarray:
    """Which keys of `wanted` are not in `known`, which is condensed: bool [n]."""
    if not len(known):
        return np.ones(len(wanted), dtype=bool)
    at = np.minimum(np.searchsorted(known.hashes, wanted.hashes), len(known) - 1)
    missing: np.ndarray = known.hashes[at] != wanted.hashes
    if wanted.keys is None and known.keys is None:
        return missing
    met = np.flatnonzero(~missing)
    mine, theirs = (_empty_keys(len(b)) if b.keys is None else b.keys for b in (wanted, known))
    same_keys = pc.equal(mine.take(_arrow(met)), theirs.take(_arrow(at[met])))
    return missing if pc.all(same_keys).as_py() else _absent_by_key(wanted, known)


def _absent_by_key(wanted: Block, known: Block) -> np.ndarray:
    """As `absent`, where different keys share a hash."""
    both = concat([wanted, known])
    pairs = np.empty(len(both), dtype=[("hash", "u8"), ("key", "i8")])
    pairs["hash"], pairs["key"] = both.hashes, _ranks(both, np.arange(len(both)))
    return np.isin(pairs[: len(wanted)], pairs[len(wanted) :], invert=True)


def _arrow(index: np.ndarray) -> pa.Int64Array:
    return pa.Array.from_buffers(
        pa.int64(), len(index), [None, pa.py_buffer(np.ascontiguousarray(index, dtype=np.int64))]
    )


def _empty_keys(count: int) -> pa.LargeBinaryArray:
    return pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), count, [None, pa.py_buffer(bytes(8 * (count + 1))), pa.py_buffer(b"")]
    )


class Packed(msgspec.Struct, frozen=True):
    """A block as bytes: little-endian arrays end to end; `lengths` int64 and `data` only where there are keys."""

    hashes: bytes
    counts: bytes
    files: bytes
    rows: bytes
    lengths: bytes | None = None
    data: bytes = b""

    def __post_init__(self) -> None:
        n = len(self.hashes) // 8
        sizes = [len(self.hashes) / 8, len(self.counts) / 8, len(self.files) / 4, len(self.rows) / 8]
        if any(size != n for size in sizes) or (self.lengths is not None and len(self.lengths) != 8 * n):
            raise ValueError("the arrays of a block differ in length")
        if self.lengths is not None and int(np.frombuffer(self.lengths, dtype="<i8").sum()) != len(self.data):
            raise ValueError("the lengths of a block do not cover its keys")

    @classmethod
    def of(cls, block: Block) -> Packed:
        """The bytes of a block."""
        lengths, data = None, b""
        if block.keys is not None:
            _, sizes, content = parts(block.keys)
            if content.size:  # else: whether a batch beside it had keys must not show
                lengths, data = sizes.astype("<i8").tobytes(), content.tobytes()
        return cls(
            block.hashes.astype("<u8").tobytes(),
            block.counts.astype("<i8").tobytes(),
            block.files.astype("<u4").tobytes(),
            block.rows.astype("<i8").tobytes(),
            lengths,
            data,
        )

    def block(self) -> Block:
        """The block again."""
        keys = None
        if self.lengths is not None:
            keys = key_array(np.frombuffer(self.lengths, dtype="<i8"), self.data)
        return Block(
            np.frombuffer(self.hashes, dtype="<u8"),
            np.frombuffer(self.counts, dtype="<i8"),
            np.frombuffer(self.files, dtype="<u4"),
            np.frombuffer(self.rows, dtype="<i8"),
            keys,
        )


def key_array(lengths: np.ndarray, data: bytes) -> pa.LargeBinaryArray:
    """Keys of these lengths, int64 [n], end to end in `data`."""
    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), len(lengths), [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    )
