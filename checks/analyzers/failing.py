"""Failing records of a rule: exact count, the smallest places, and examples; the state under every row-level rule.

Only the FAILURE_ROWS smallest (file, row) keys are kept, as ranges, so that any merge order keeps the same ones:
keeping the k smallest is associative, keeping the first k ranges would not be.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import msgspec
import numpy as np

from checks.kernel import Example, Failures, State

FAILURE_ROWS = 100_000
"""Failing records listed per rule; beyond it the count stays exact and the list says that it is cut."""

EXAMPLES = 20

Ranges = list[tuple[int, int]]
Sample = tuple[str, int, str, str]
"""(file, row, pointer, masked value)."""


def ranges_of(rows: np.ndarray) -> Ranges:
    """Ascending row indices to inclusive ranges."""
    if rows.size == 0:
        return []
    breaks = np.flatnonzero(np.diff(rows) != 1)
    starts = rows[np.concatenate(([0], breaks + 1))]
    stops = rows[np.concatenate((breaks, [rows.size - 1]))]
    return list(zip(starts.tolist(), stops.tolist(), strict=True))


class Failing(State, frozen=True):
    """`tested` values were looked at, `count` of them failed; `files` holds the smallest failing rows as ranges."""

    tested: int = 0
    count: int = 0
    files: dict[str, Ranges] = msgspec.field(default_factory=dict)
    examples: tuple[Sample, ...] = ()

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
        files = dict(self.files)
        for file, ranges in other.files.items():
            files[file] = _joined(files[file], ranges) if file in files else ranges
        return type(self)(
            self.tested + other.tested,
            self.count + other.count,
            _smallest(files),
            tuple(sorted({*self.examples, *other.examples}, key=_place)[:EXAMPLES]),
        )

    def failures(self) -> Failures:
        """As the report shows them."""
        ranges = tuple(
            (file, start, stop) for file in sorted(self.files, key=_utf8) for start, stop in self.files[file]
        )
        kept = sum(stop - start + 1 for _, start, stop in ranges)
        return Failures(self.count, tuple(Example(*e) for e in self.examples), ranges, complete=kept == self.count)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _place(sample: Sample) -> tuple[bytes, int, str, str]:
    file, row, pointer, value = sample
    return _utf8(file), row, pointer, value


def _joined(left: Ranges, right: Ranges) -> Ranges:
    """The union of two sorted range lists, neighbours run together."""
    out: Ranges = []
    for start, stop in sorted([*left, *right]):
        if out and start <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(stop, out[-1][1]))
        else:
            out.append((start, stop))
    return out


def _smallest(files: dict[str, Ranges]) -> dict[str, Ranges]:
    """The FAILURE_ROWS smallest keys of `files`."""
    total = sum(stop - start + 1 for ranges in files.values() for start, stop in ranges)
    if total <= FAILURE_ROWS:
        return files
    room, kept = FAILURE_ROWS, {}
    for file in sorted(files, key=_utf8):
        short: Ranges = []
        for start, stop in files[file]:
            if room <= 0:
                break
            short.append((start, min(stop, start + room - 1)))
            room -= short[-1][1] - start + 1
        if short:
            kept[file] = short
    return kept
