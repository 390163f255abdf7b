"""Failing records of a rule: exact count, the smallest places, and examples; the state under every row-level rule.

Only the FAILURE_ROWS smallest (file, row) keys are kept, as ranges, so that any merge order keeps the same ones:
keeping the k smallest is associative, keeping the first k ranges would not be.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import msgspec
import numpy as np

from checks.columns import View
from checks.kernel import Example, Failures, State
from checks.masking import shape_at

FAILURE_ROWS = 100_000
"""Failing records listed per rule; beyond it the count stays exact and the list says that it is cut."""

EXAMPLES = 20

Ranges = bytes
"""Inclusive ranges of rows, (first, last) int64 little-endian end to end; sorted, apart from each other by a row at least."""

Sample = tuple[str, int, str, str]
"""(file, row, pointer, masked value)."""


def ranges_of(rows: np.ndarray) -> Ranges:
    """Ascending row indices to ranges."""
    if rows.size == 0:
        return b""
    breaks = np.flatnonzero(np.diff(rows) != 1)
    starts = rows[np.concatenate(([0], breaks + 1))]
    stops = rows[np.concatenate((breaks, [rows.size - 1]))]
    return _packed(np.stack([starts, stops], axis=1))


def pairs(ranges: Ranges) -> np.ndarray:
    """The ranges, int64 [n, 2]."""
    return np.frombuffer(ranges, dtype="<i8").reshape(-1, 2)


def _packed(found: np.ndarray) -> Ranges:
    return np.ascontiguousarray(found, dtype="<i8").tobytes()


class Failing(State, frozen=True):
    """`tested` values were looked at, `count` of them failed; `files` holds the smallest failing rows as ranges."""

    tested: int = 0
    count: int = 0
    files: dict[str, Ranges] = msgspec.field(default_factory=dict)
    examples: tuple[Sample, ...] = ()

    def __post_init__(self) -> None:
        if any(len(ranges) % 16 for ranges in self.files.values()):
            raise ValueError("half a range")

    @classmethod
    def of(cls, file: str, rows: np.ndarray, tested: int, examples: Sequence[Sample]) -> Self:
        """One batch: `rows` are the failing indices, ascending, int64; `examples` of the first EXAMPLES of them."""
        kept = ranges_of(rows[:FAILURE_ROWS])
        return cls(tested, int(rows.size), {file: kept} if kept else {}, tuple(examples[:EXAMPLES]))

    def merge(self, other: Self) -> Self:
        """Counts add; of places and examples the smallest stay."""
        if not other.count or not self.count:
            lone = self if self.count else other
            return type(self)(self.tested + other.tested, lone.count, lone.files, lone.examples)
        count = self.count + other.count
        return type(self)(
            self.tested + other.tested,
            count,
            _united(self.files, other.files, cut=count > FAILURE_ROWS),
            tuple(sorted({*self.examples, *other.examples}, key=_place)[:EXAMPLES]),
        )

    def failures(self) -> Failures:
        """As the report shows them."""
        ranges = tuple(
            (file, start, stop)
            for file in sorted(self.files, key=_utf8)
            for start, stop in pairs(self.files[file]).tolist()
        )
        kept = sum(stop - start + 1 for _, start, stop in ranges)
        return Failures(self.count, tuple(Example(*e) for e in self.examples), ranges, complete=kept == self.count)


def failing_of(view: View, hits: np.ndarray, tested: int, column: str | None = None) -> Failing:
    """The failing records at positions `hits` (ascending, int64) of a batch, with the masked value of `column`, if any."""
    first = smallest_hits(view, hits)
    raw = None if column is None else view.raw(column)
    values = ["" if raw is None else shape_at(raw, int(i)) for i in first]
    return placed(view, hits, tested, [(*place, v) for place, v in zip(view.batch.places(first), values, strict=True)])


def smallest_hits(view: View, hits: np.ndarray) -> np.ndarray:
    """The EXAMPLES of `hits` with the smallest places."""
    if not view.batch.origins or hits.size <= EXAMPLES:
        return hits[:EXAMPLES]
    codes, files, rows = view.batch.file_codes(hits), view.batch.files(), view.rows()[hits]
    used = sorted(np.unique(codes).tolist(), key=lambda code: _utf8(files[code]))
    rank = np.zeros(len(files), dtype=np.int64)
    rank[used] = np.arange(len(used))
    return hits[np.lexsort((rows, rank[codes]))[:EXAMPLES]]


def placed(view: View, hits: np.ndarray, tested: int, examples: Sequence[Sample]) -> Failing:
    """The failing records at positions `hits` of a batch of one file or many; `examples` of the smallest of them."""
    rows = view.rows()[hits]
    if not view.batch.origins:
        return Failing.of(view.batch.file, rows, tested, examples)
    codes, files = view.batch.file_codes(hits), view.batch.files()
    found: dict[str, Ranges] = {}
    for code, group in zip(*_grouped(codes, rows), strict=True):
        ranges = ranges_of(group[:FAILURE_ROWS])
        found[files[code]] = _joined(found[files[code]], ranges) if files[code] in found else ranges
    return Failing(tested, int(hits.size), _smallest(found), tuple(sorted(examples, key=_place)[:EXAMPLES]))


def _grouped(codes: np.ndarray, rows: np.ndarray) -> tuple[list[int], list[np.ndarray]]:
    """Ascending `codes` once each, and the rows of each."""
    found, starts = np.unique(codes, return_index=True)
    return found.tolist(), np.split(rows, starts[1:]) if found.size else []


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _place(sample: Sample) -> tuple[bytes, int, str, str]:
    file, row, pointer, value = sample
    return _utf8(file), row, pointer, value


def _united(mine: dict[str, Ranges], theirs: dict[str, Ranges], *, cut: bool) -> dict[str, Ranges]:
    """The rows of both; with `cut`, the FAILURE_ROWS smallest keys of them."""
    if not mine or not theirs:  # where records are only counted, no place is known
        return mine or theirs
    if cut:
        for early, late in ((mine, theirs), (theirs, mine)):
            if _last(early) < _first(late) and _rows(early) >= FAILURE_ROWS:
                return early
    files = dict(mine)
    for file, ranges in theirs.items():
        files[file] = _joined(files[file], ranges) if file in files else ranges
    return _smallest(files) if cut else files


def _first(files: dict[str, Ranges]) -> tuple[bytes, int]:
    """The smallest key of `files`."""
    file = min(files, key=_utf8)
    return _utf8(file), int(pairs(files[file])[0, 0])


def _last(files: dict[str, Ranges]) -> tuple[bytes, int]:
    """The largest key of `files`."""
    file = max(files, key=_utf8)
    return _utf8(file), int(pairs(files[file])[-1, 1])


def _rows(files: dict[str, Ranges]) -> int:
    return sum(_size(pairs(ranges)) for ranges in files.values())


def _size(found: np.ndarray) -> int:
    """Rows in ranges."""
    return int((found[:, 1] - found[:, 0]).sum()) + len(found)


def _joined(left: Ranges, right: Ranges) -> Ranges:
    """The union of two range lists, neighbours run together."""
    for early, late in ((left, right), (right, left)):
        if pairs(early)[-1, 1] + 1 < pairs(late)[0, 0]:
            return early + late
    both = np.concatenate([pairs(left), pairs(right)])
    if (both[1:, 0] < both[:-1, 0]).any():
        both = both[np.argsort(both[:, 0], kind="stable")]
    reach = np.maximum.accumulate(both[:, 1])
    first = np.concatenate([[True], both[1:, 0] > reach[:-1] + 1])
    last = np.append(first[1:], True)
    return _packed(np.stack([both[first, 0], reach[last]], axis=1))


def _smallest(files: dict[str, Ranges]) -> dict[str, Ranges]:
    """The FAILURE_ROWS smallest keys of `files`."""
    sizes = {file: _size(pairs(ranges)) for file, ranges in files.items()}
    if sum(sizes.values()) <= FAILURE_ROWS:
        return files
    room, kept = FAILURE_ROWS, {}
    for file in sorted(files, key=_utf8):
        if room <= 0:
            break
        kept[file] = files[file] if sizes[file] <= room else _cut(pairs(files[file]), room)
        room -= sizes[file]
    return kept


def _cut(found: np.ndarray, room: int) -> Ranges:
    """The first `room` rows of ranges that hold more."""
    ends = np.cumsum(found[:, 1] - found[:, 0] + 1)
    whole = int(np.searchsorted(ends, room))
    kept = found[: whole + 1].copy()
    kept[whole, 1] -= int(ends[whole]) - room
    return _packed(kept)
