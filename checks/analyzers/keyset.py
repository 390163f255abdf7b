"""Keys: each distinct key of some columns with its count and first place, exact in bounded memory at any size.

The state is a set of keys, and what repeats one: of every key the smallest place is kept, all further records are
`repeats`. Keys are told apart by themselves: a fixed-width value is its own hash, a text is told by hash and bytes (one
longer than LONGEST_KEY by its SHA-256), so that no chance makes or hides a duplicate. What does not fit into memory is
spilled to the scratch folder in sorted runs. A key with a null part is no key: `required` says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import ClassVar, Self

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from checks.analyzers.failing import EXAMPLES, FAILURE_ROWS, Failing, ranges_of
from checks.analyzers.keyblock import Block, Packed, Places, absent, concat, condensed, repeating, same
from checks.analyzers.keyhash import hash_bytes, hash_fixed, is_fixed, joined
from checks.analyzers.keyruns import AnyRun, Files, Gathered, Run, Spilled, ranges
from checks.batch import Batch
from checks.columns import Col, View
from checks.kernel import Analyzer, Spilling, State

LONGEST_KEY = 256
"""Bytes of a key that is kept as it is."""

CHUNK_KEYS = 1 << 19
"""Keys in one chunk of a stored state."""


class Stored(msgspec.Struct, frozen=True):
    """A key set as bytes: files with their pointers, what repeats, and chunks: packed blocks, or names of them."""

    pointers: dict[str, str]
    repeats: Failing
    places: bool
    chunks: tuple[bytes, ...] = ()
    names: tuple[str, ...] = ()


class KeySet(Spilling, frozen=True, eq=False):
    """`loose`: batches as they came; `runs`: condensed; `repeats`: what is known already to repeat a key (its `tested`
    counts all keys), None where repeats are only counted. Two are equal when they hold the same keys."""

    loose: tuple[tuple[Files, Block], ...] = ()
    runs: tuple[AnyRun, ...] = ()
    repeats: Failing = Failing()
    places: bool = True

    def merge(self, other: Self) -> Self:
        """All keys of both; equal keys meet when the set is read."""
        repeats = self.repeats.merge(other.repeats)
        return type(self)(self.loose + other.loose, self.runs + other.runs, repeats, self.places)

    @property
    def held(self) -> int:
        """Bytes in memory."""
        return sum(block.nbytes for _, block in self.loose) + sum(
            run.block.nbytes for run in self.runs if isinstance(run, Run)
        )

    @property
    def files(self) -> Files:
        """All files with a key."""
        return Files.of([*(files for files, _ in self.loose), *(run.files for run in self.runs)])

    def spilled(self, folder: Path) -> Self:
        """The same set with its keys in `folder`."""
        tidy = self._tidy()
        runs = tuple(Spilled.write(run, folder) if isinstance(run, Run) else run for run in tidy.runs)
        return type(self)((), runs, tidy.repeats, self.places)

    def _tidy(self) -> Self:
        """All that is in memory as one run."""
        inside = [(run.files, run.block) for run in self.runs if isinstance(run, Run)]
        if not self.loose and len(inside) < 2:
            return self
        parts = [*self.loose, *inside]
        files = Files.of([part for part, _ in parts])
        block, others = condensed(concat([block.placed(files.numbers(part)) for part, block in parts]))
        spilled = tuple(run for run in self.runs if isinstance(run, Spilled))
        repeats = self.repeats.merge(self._repeats(files, others))
        return type(self)((), (*spilled, Run(files, block)), repeats, self.places)

    def _repeats(self, files: Files, others: Places) -> Failing:
        return listed(files, others) if self.places else Failing(0, len(others.rows))

    def distinct(self) -> Iterator[tuple[Block, Failing]]:
        """Condensed blocks in order of their hashes, and with each what repeats a key of it; once through all keys."""
        tidy, files = self._tidy(), self.files
        first = tidy.repeats
        if len(tidy.runs) == 1 and isinstance(only := tidy.runs[0], Run):
            yield only.block.placed(files.numbers(only.files)), first
            return
        for span in ranges(tidy.runs):
            block, others = condensed(Gathered.of(tidy.runs, span).block(files))
            yield block, first.merge(self._repeats(files, others))
            first = Failing()

    def surplus(self) -> Failing:
        """The records whose key stands at a smaller place already; `tested` counts all keys."""
        tidy, files = self._tidy(), self.files
        total = tidy.repeats
        if len(tidy.runs) > 1:  # one run alone holds each key once
            for span in ranges(tidy.runs):
                found = Gathered.of(tidy.runs, span)
                if not found.apart:
                    total = total.merge(self._repeats(files, repeating(found.block(files))))
        return total

    def members(self) -> Failing:
        """The records whose key stands at another place too, the smallest one included; `tested` counts all keys."""
        files, total = self.files, Failing()
        for block, repeats in self.distinct():
            again = block.counts > 1
            total = total.merge(repeats).merge(listed(files, Places(block.files[again], block.rows[again])))
        return total

    def size(self) -> int:
        """Distinct keys."""
        return sum(len(block) for block, _ in self.distinct())

    def absent_from(self, known: KeySet) -> Failing:
        """Records whose key is none of `known`: their exact number, and of each such key the first place."""
        mine, theirs, files = self._tidy(), known._tidy(), self.files
        total = Failing(mine.repeats.tested)
        for span in ranges([*mine.runs, *theirs.runs]):
            there, _ = condensed(Gathered.of(theirs.runs, span).block(known.files))
            wanted = Gathered.of(mine.runs, span).block(files)
            lost, _ = condensed(wanted.take(np.flatnonzero(absent(wanted, there))))
            found = listed(files, Places(lost.files, lost.rows))
            total = total.merge(Failing(0, int(lost.counts.sum()), found.files, found.examples))
        return total

    def store(self, put: Callable[[bytes], str] | None = None) -> bytes:
        """Canonical bytes; with `put`, chunks go there, and the bytes name them."""
        blocks = _Passing(self)
        packed = (msgspec.msgpack.encode(Packed.of(chunk)) for chunk in _chunks(blocks))
        chunks, names = (tuple(packed), ()) if put is None else ((), tuple(map(put, packed)))
        stored = Stored(dict(self.files.pointers), blocks.repeats, self.places, chunks, names)
        return msgspec.msgpack.encode(stored, order="deterministic")

    @classmethod
    def restore(cls, data: bytes, get: Callable[[str], bytes] | None = None, folder: Path | None = None) -> Self:
        """The set again; chunks are fetched by name, and moved to `folder` one by one if there is one."""
        stored = msgspec.msgpack.decode(data, type=Stored)
        files = Files.of([Files(stored.pointers)])
        runs: list[AnyRun] = []
        if stored.names and get is None:
            raise ValueError("the chunks of a stored state are elsewhere")
        fetched = (get(name) for name in stored.names if get is not None)
        for chunk in chain(stored.chunks, fetched):
            block = msgspec.msgpack.decode(chunk, type=Packed).block()
            if len(block) and int(block.files.max()) >= len(files.pointers):
                raise ValueError("a key is of no file")
            run = Run(files, block)
            runs.append(run if folder is None else Spilled.write(run, folder))
        return cls((), tuple(runs), stored.repeats, stored.places)

    def to_bytes(self) -> bytes:
        """Canonical bytes, whole."""
        return self.store()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The set again."""
        return cls.restore(data)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KeySet) and self.to_bytes() == other.to_bytes()

    def __hash__(self) -> int:
        return hash(self.to_bytes())


def _chunks(blocks: Iterator[Block]) -> Iterator[Block]:
    """The same keys, CHUNK_KEYS at a time whatever the blocks were."""
    kept: list[Block] = []
    count = 0
    for block in blocks:
        at = 0
        while count + len(block) - at >= CHUNK_KEYS:
            kept.append(block.slice(at, at + CHUNK_KEYS - count))
            yield concat(kept)
            at += CHUNK_KEYS - count
            kept, count = [], 0
        if at < len(block):
            kept.append(block.slice(at, len(block)))
            count += len(block) - at
    if kept:
        yield concat(kept)


class _Passing(Iterator[Block]):
    """The distinct blocks of a set, adding up what repeats as they pass."""

    def __init__(self, keys: KeySet) -> None:
        self._found = keys.distinct()
        self.repeats = Failing()

    def __next__(self) -> Block:
        block, repeats = next(self._found)
        self.repeats = self.repeats.merge(repeats)
        return block


def listed(files: Files, places: Places) -> Failing:
    """Records at these places."""
    order = np.lexsort((places.rows, places.files))
    codes, rows = places.files[order], places.rows[order]
    names, kept = files.names(), codes[:FAILURE_ROWS]
    by_file = {names[code]: ranges_of(rows[:FAILURE_ROWS][kept == code]) for code in np.unique(kept).tolist()}
    examples = []
    for code, row in zip(codes[:EXAMPLES].tolist(), rows[:EXAMPLES].tolist(), strict=True):
        name = names[code]
        examples.append((name, row, files.pointers[name].format(row=row, number=row + 1), ""))
    return Failing(0, len(rows), by_file, tuple(examples))


@dataclass(frozen=True)
class Keys(Analyzer[KeySet]):
    """The keys that the columns `parts` form together. `places`: list where keys repeat, or only count."""

    state_type: ClassVar[type[State]] = KeySet

    object: str
    parts: tuple[Col, ...]
    places: bool = True

    def columns(self) -> frozenset[str]:
        """The key's columns."""
        return frozenset(col.name for col in self.parts)

    def zero(self) -> KeySet:
        """No key."""
        return KeySet(places=self.places)

    def observe(self, view: View) -> KeySet:
        """One batch."""
        columns = [view.typed(col) for col in self.parts]
        at = None
        if any(column.null_count for column in columns):
            whole = np.ones(view.num_rows, dtype=bool)
            for column in columns:
                whole &= pc.is_valid(column).to_numpy(zero_copy_only=False)
            at, mask = np.flatnonzero(whole), pa.array(whole)
            columns = [column.filter(mask) for column in columns]
        if not len(columns[0]):
            return self.zero()
        hashes, keys = identified(columns, numeric=self.parts[0].type != "any")
        return keys_of(view, at, hashes, keys, places=self.places)


def keys_of(
    view: View, at: np.ndarray | None, hashes: np.ndarray, keys: pa.LargeBinaryArray | None, *, places: bool = True
) -> KeySet:
    """The keys of the records at positions `at` (ascending; None: all) of a batch, by their hashes and bytes."""
    rows = view.rows() if at is None else view.rows()[at]
    files, codes = _files_of(view.batch, np.arange(len(rows)) if at is None else at)
    block = Block(hashes, same(1, len(rows), np.int64), codes, rows, keys)
    return KeySet(((files, block),), (), Failing(len(rows)), places)


def _files_of(batch: Batch, at: np.ndarray) -> tuple[Files, np.ndarray]:
    """The files that the records at these positions are of, and which of them each is, uint32 [n]."""
    if not batch.origins:
        return Files({batch.file: batch.pointer}), same(0, len(at), np.uint32)
    codes, names, templates = batch.file_codes(at), batch.files(), batch.templates()
    used = np.unique(codes).tolist()
    files = Files.of([Files({names[code]: templates[code] for code in used})])
    place = {name: number for number, name in enumerate(files.pointers)}
    numbers = np.array([place[names[code]] for code in used], dtype=np.uint32)
    return files, numbers[np.searchsorted(used, codes)]


def identified(columns: list[pa.Array], *, numeric: bool) -> tuple[np.ndarray, pa.LargeBinaryArray | None]:
    """Hash of each row of non-null columns, uint64 [n], and the key's bytes unless the hash is the key.

    `numeric`: numbers by value. Equal keys are equal in every batch: integers that fit 64 bits stand by their hash alone
    whether a batch holds them as int64 or decimal, and by their text where the column has no type.
    """
    first = columns[0]
    if len(columns) > 1:
        return by_bytes(joined(columns))
    if numeric and is_fixed(first.type):
        return hash_fixed(first), None
    hashes, keys = by_bytes(first.cast(pa.large_string()))
    if numeric and pa.types.is_decimal(first.type):
        small = pc.less(pc.abs(first), pa.scalar(2**63, first.type))
        hashes[small.to_numpy(zero_copy_only=False)] = hash_fixed(first.filter(small).cast(pa.int64()))
        keys = pc.if_else(small, pa.scalar(b"", pa.large_binary()), keys)
    return hashes, keys


def by_bytes(texts: pa.LargeStringArray) -> tuple[np.ndarray, pa.LargeBinaryArray]:
    """Hash of each text, uint64 [n], and its key's bytes."""
    keys = texts.cast(pa.large_binary())
    if (pc.max(pc.binary_length(keys)).as_py() or 0) > LONGEST_KEY:
        keys = _with_digests(keys)
    return hash_bytes(keys), keys


def _with_digests(keys: pa.LargeBinaryArray) -> pa.LargeBinaryArray:
    """Long keys by their digests, without a copy of a long one."""
    long = pc.greater(pc.binary_length(keys), LONGEST_KEY)
    at = np.flatnonzero(long.to_numpy(zero_copy_only=False))
    digests = pa.array([_digest(memoryview(keys[int(i)].as_buffer())) for i in at], pa.large_binary())
    return pc.replace_with_mask(keys, long, digests)


def _digest(key: memoryview) -> bytes:
    """Longer than any key that stands for itself."""
    return b"sha256:".ljust(LONGEST_KEY, b"\0") + hashlib.sha256(key).digest()
