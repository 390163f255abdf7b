"""Runs of keys, in memory or in a file of the scratch folder, read range by range of their hashes.

Hashes are spread evenly, so a range of hashes is a partition of the keys: what stands in one range of all runs together
fits into memory however many keys there are, and equal keys always meet in the same range.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np

from checks.analyzers.keyblock import Block, concat, key_array
from checks.analyzers.keyhash import parts

BUCKETS = 4096
"""Smallest ranges of hashes: their upper 12 bits."""

RANGE_KEYS = 1 << 19
"""Keys handled at a time, as far as buckets can be that small."""

_EDGES = (np.arange(1, BUCKETS, dtype=np.uint64)) << np.uint64(52)


@dataclass(frozen=True, slots=True)
class Files:
    """The files that keys are of, by name in order of their UTF-8 bytes, and how a row of each is shown."""

    pointers: Mapping[str, str]

    @classmethod
    def of(cls, parts: Sequence[Files]) -> Files:
        """All of them."""
        found: dict[str, str] = {}
        for part in parts:
            found.update(part.pointers)
        return cls({name: found[name] for name in sorted(found, key=lambda f: f.encode("utf-8", "surrogatepass"))})

    def names(self) -> tuple[str, ...]:
        """In order."""
        return tuple(self.pointers)

    def numbers(self, part: Files) -> np.ndarray:
        """The numbers here of the files there, uint32."""
        place = {name: i for i, name in enumerate(self.pointers)}
        return np.array([place[name] for name in part.pointers], dtype=np.uint32)


@dataclass(frozen=True, slots=True)
class Run:
    """Sorted keys in memory. `starts`: where each bucket begins, int64 [BUCKETS + 1]."""

    files: Files
    block: Block
    starts: np.ndarray

    @classmethod
    def of(cls, files: Files, block: Block) -> Run:
        """Of a condensed block."""
        inner = np.searchsorted(block.hashes, _EDGES)
        return cls(files, block, np.concatenate([[0], inner, [len(block)]]).astype(np.int64))

    def read(self, first: int, stop: int) -> Block:
        """The keys of buckets [first, stop)."""
        return self.block.slice(int(self.starts[first]), int(self.starts[stop]))


@dataclass(frozen=True, slots=True)
class Spilled:
    """Sorted keys in a file: arrays end to end. `counted`: are counts among them, or is each key there once?

    `key_starts`: where each bucket's key bytes begin; None without keys.
    """

    files: Files
    path: Path
    starts: np.ndarray
    counted: bool
    key_starts: np.ndarray | None

    @classmethod
    def write(cls, run: Run, folder: Path) -> Spilled:
        """The run, moved to a new file in `folder`, which removes it with itself."""
        block, key_starts = run.block, None
        counted = bool((block.counts != 1).any())
        with NamedTemporaryFile(dir=folder, prefix="keys-", delete=False) as file:
            for array in (block.hashes, block.rows, block.files, *([block.counts] if counted else [])):
                array.tofile(file)
            if block.keys is not None:
                _, lengths, data = parts(block.keys)
                key_starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)[run.starts]
                lengths.astype(np.int32).tofile(file)
                data.tofile(file)
        return cls(run.files, Path(file.name), run.starts, counted, key_starts)

    def read(self, first: int, stop: int) -> Block:
        """The keys of buckets [first, stop)."""
        start, end, total = int(self.starts[first]), int(self.starts[stop]), int(self.starts[-1])
        before, keys = 0, None
        with self.path.open("rb") as file:

            def array(dtype: str) -> np.ndarray:
                nonlocal before
                size = np.dtype(dtype).itemsize
                file.seek(before + start * size)
                before += total * size
                return np.fromfile(file, dtype=dtype, count=end - start)

            hashes, rows, files = array("u8"), array("i8"), array("u4")
            counts = array("i8") if self.counted else np.ones(end - start, dtype=np.int64)
            if self.key_starts is not None:
                lengths = array("i4")
                file.seek(before + int(self.key_starts[first]))
                keys = key_array(lengths, file.read(int(self.key_starts[stop] - self.key_starts[first])))
        return Block(hashes, counts, files, rows, keys)


AnyRun = Run | Spilled


def ranges(groups: Sequence[Sequence[AnyRun]]) -> Iterator[tuple[int, int]]:
    """Bucket ranges that cover all hashes, of about RANGE_KEYS keys in all runs together."""
    sizes = np.zeros(BUCKETS, dtype=np.int64)
    for group in groups:
        for run in group:
            sizes += np.diff(run.starts)
    ends = np.cumsum(sizes)
    first = 0
    while first < BUCKETS:
        before = int(ends[first - 1]) if first else 0
        stop = max(first + 1, int(np.searchsorted(ends, before + RANGE_KEYS, side="right")))
        yield first, stop
        first = stop


def gathered(runs: Sequence[AnyRun], files: Files, first: int, stop: int) -> Block:
    """The keys of these buckets in all runs, with files numbered as in `files`."""
    return concat([run.read(first, stop).placed(files.numbers(run.files)) for run in runs])
