"""Runs of keys, in memory or in a file of the scratch folder, read range by range of their hashes.

A run holds each key once, in order of the hashes. Ranges are cut by samples of all runs, so that what stands in one range
of all runs together fits into memory however many keys there are and however they lie, and equal keys always meet in
the same range. Where the runs of a range do not overlap, no key of it can stand twice, and nothing needs to be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np
import pyarrow as pa

from checks.analyzers.keyblock import Block, concat, key_array, same
from checks.analyzers.keyhash import parts

RANGE_KEYS = 1 << 20
"""Keys handled at a time, about."""

_SAMPLES = 1024
"""Samples among so many keys."""

Range = tuple[int, int]
"""Hashes from the first to before the second."""


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


def _stride() -> int:
    return max(1, RANGE_KEYS // _SAMPLES)


@dataclass(frozen=True, slots=True)
class Run:
    """Sorted keys in memory."""

    files: Files
    block: Block

    @property
    def sample(self) -> np.ndarray:
        """Some of the hashes, the first among them, evenly."""
        return self.block.hashes[:: _stride()]

    def cut(self, span: Range) -> tuple[int, int]:
        """Where the keys of a range stand: from, to before."""
        return place(self.block.hashes, span[0]), place(self.block.hashes, span[1])

    def hash_at(self, index: int) -> int:
        """One of the hashes."""
        return int(self.block.hashes[index])

    def read(self, start: int, stop: int) -> Block:
        """The keys from `start` to before `stop`."""
        return self.block.slice(start, stop)


@dataclass(frozen=True, slots=True)
class Spilled:
    """Sorted keys in a file: arrays end to end, each as narrow as its numbers allow, and those left out that can be told
    without: rows where they are consecutive (`rows` ""), files where all are of one (`file`), counts where each key is
    there once (`counted`), keys that are their hash.

    Hashes ascend, so the file has their differences; `sample` has every one in `stride`, `last` is the last. Rows count from `first_row`.
    """

    files: Files
    path: Path
    count: int
    sample: np.ndarray
    last: int
    stride: int
    steps: str
    first_row: int
    rows: str
    file: int | None
    counted: bool
    keyed: bool

    @classmethod
    def write(cls, run: Run, folder: Path) -> Spilled:
        """The run, moved to a new file in `folder`, which removes it with itself."""
        block = run.block
        first_row = int(block.rows.min(initial=_LAST_ROW))
        steps, file = _narrowed(np.diff(block.hashes)), _common(block.files)
        rows = None if _consecutive(block.rows) else _narrowed(block.rows - first_row)
        counted = bool((block.counts != 1).any()) if block.counts.strides != (0,) else False
        with NamedTemporaryFile(dir=folder, prefix="keys-", delete=False) as target:
            for array in (
                np.zeros(min(1, len(block)), dtype=steps.dtype),
                steps,
                *([] if rows is None else [rows]),
                *([block.files] if file is None else []),
                *([block.counts] if counted else []),
            ):
                array.tofile(target)
            if block.keys is not None:
                starts, lengths, data = parts(block.keys)
                np.append(starts, starts[-1:] + lengths[-1:]).astype(np.int64).tofile(target)
                data.tofile(target)
        return cls(
            files=run.files,
            path=Path(target.name),
            count=len(block),
            sample=run.sample.copy(),
            last=int(block.hashes[-1]) if len(block) else 0,
            stride=_stride(),
            steps=steps.dtype.str,
            first_row=first_row,
            rows="" if rows is None else rows.dtype.str,
            file=file,
            counted=counted,
            keyed=block.keys is not None,
        )

    def cut(self, span: Range) -> tuple[int, int]:
        """Where the keys of a range stand: from, to before."""
        return self._place(span[0]), self._place(span[1])

    def _place(self, bound: int) -> int:
        """How many hashes are below."""
        after = place(self.sample, bound)
        if not after or bound > self.last:
            return self.count if after else 0
        start = max(0, after - 1) * self.stride
        return start + place(self._hashes(start, min(self.count, start + self.stride)), bound)

    def hash_at(self, index: int) -> int:
        """One of the hashes."""
        if index == self.count - 1:
            return self.last
        return int(self._hashes(index, index + 1)[0] if index % self.stride else self.sample[index // self.stride])

    def read(self, start: int, stop: int) -> Block:
        """The keys from `start` to before `stop`."""
        n, before = stop - start, self._size(self.steps)
        rows = np.arange(self.first_row + start, self.first_row + stop, dtype=np.int64)
        if self.rows:
            rows = self._array(before, self.rows, start, stop).astype(np.int64) + self.first_row
            before += self._size(self.rows)
        codes = same(self.file or 0, n, np.uint32)
        if self.file is None:
            codes = self._array(before, "u4", start, stop)
            before += self._size("u4")
        counts = same(1, n, np.int64)
        if self.counted:
            counts = self._array(before, "i8", start, stop)
            before += self._size("i8")
        return Block(self._hashes(start, stop), counts, codes, rows, self._keys(before, start, stop))

    def _hashes(self, start: int, stop: int) -> np.ndarray:
        near = start // self.stride
        first = near * self.stride
        hashes = self._array(0, self.steps, first, stop).astype(np.uint64)
        hashes[:1] = self.sample[near : near + 1]
        return np.cumsum(hashes, out=hashes)[start - first :]

    def _keys(self, before: int, start: int, stop: int) -> pa.LargeBinaryArray | None:
        if not self.keyed:
            return None
        offsets = self._array(before, "i8", start, stop + 1)
        data = self._array(before + 8 * (self.count + 1), "u1", int(offsets[0]), int(offsets[-1]))
        return key_array(np.diff(offsets), data.tobytes())

    def _size(self, kind: str) -> int:
        return np.dtype(kind).itemsize * self.count

    def _array(self, before: int, kind: str, start: int, stop: int) -> np.ndarray:
        return np.fromfile(self.path, dtype=kind, count=stop - start, offset=before + start * np.dtype(kind).itemsize)


AnyRun = Run | Spilled


def place(hashes: np.ndarray, bound: int) -> int:
    """How many of these sorted hashes are below `bound`, which may be one more than any hash."""
    return len(hashes) if bound > _LAST else int(np.searchsorted(hashes, np.uint64(bound)))


_LAST = 2**64 - 1


_LAST_ROW = 2**63 - 1


def _consecutive(rows: np.ndarray) -> bool:
    """Is each row one more than the one before?"""
    return len(rows) > 0 and int(rows[-1]) - int(rows[0]) + 1 == len(rows) and bool((rows[1:] > rows[:-1]).all())


def _narrowed(numbers: np.ndarray) -> np.ndarray:
    """Numbers that are not negative in the narrowest type that holds them."""
    most = int(numbers.max(initial=0))
    return numbers.astype(next(kind for kind in ("u1", "u2", "u4", "u8") if most < 1 << 8 * int(kind[1])))


def _common(files: np.ndarray) -> int | None:
    """The file that all are of."""
    if not len(files) or (files.strides != (0,) and (files != files[0]).any()):
        return None
    return int(files[0])


def ranges(runs: Sequence[AnyRun]) -> Iterator[Range]:
    """Ranges that cover all hashes, each of about RANGE_KEYS keys in all runs together."""
    samples = np.sort(np.concatenate([run.sample for run in runs] or [np.zeros(0, dtype=np.uint64)]))
    apart = max(1, RANGE_KEYS // _stride())
    bounds = np.unique(samples[apart::apart]).tolist()
    yield from pairwise([0, *(bound for bound in bounds if bound), _LAST + 1])


@dataclass(frozen=True, slots=True)
class Gathered:
    """The part of several runs that is in one range: run, from, to before; in order of the first hashes, none empty."""

    pieces: tuple[tuple[AnyRun, int, int], ...]

    @classmethod
    def of(cls, runs: Sequence[AnyRun], span: Range) -> Gathered:
        """What is in the range."""
        pieces = [(run, *run.cut(span)) for run in runs]
        filled = [piece for piece in pieces if piece[1] < piece[2]]
        return cls(tuple(sorted(filled, key=lambda piece: piece[0].hash_at(piece[1]))))

    @property
    def apart(self) -> bool:
        """Does each piece end before the next begins? Then no key is in two of them."""
        ends = [run.hash_at(stop - 1) for run, _, stop in self.pieces[:-1]]
        starts = [run.hash_at(start) for run, start, _ in self.pieces[1:]]
        return all(end < start for end, start in zip(ends, starts, strict=True))

    def block(self, files: Files) -> Block:
        """The keys, with files numbered as in `files`."""
        return concat([run.read(start, stop).placed(files.numbers(run.files)) for run, start, stop in self.pieces])
