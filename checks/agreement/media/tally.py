"""All joints of a delivery together: what each pair of raters has in common, item by item, and where they are apart.

Memory holds a few integers a joint, never labels. Partitions come in a fixed order, so everything here is in the order of
items, raters by name, and nothing depends on how the delivery was read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from checks.agreement.media.joints import NOBODY, Joints
from checks.agreement.media.source import GOLD, Codes, Labels, Reading
from checks.analyzers.failing import EXAMPLES, FAILURE_ROWS, Failing, ranges_of
from checks.kernel import Example, Failures

Score = Callable[[Joints], tuple[np.ndarray, np.ndarray]]
"""By joint what counts and of how much, int64 [n] each; an item's score is the quotient of its sums."""

Cell = tuple[int, int, int, int]
"""Raters on the left and right, their labels (NONE where there is none)."""


@dataclass(frozen=True, slots=True)
class Apart:
    """An item that raters do not agree on: its `score`, first label's place, and how many labels and raters it has."""

    score: Fraction
    file: str
    row: int
    pointer: str
    labels: int
    raters: int


@dataclass(frozen=True, slots=True)
class Entries:
    """Labels that were matched, or have no match, item by item: int64 [n] each."""

    unit: np.ndarray
    left: np.ndarray
    right: np.ndarray
    label_left: np.ndarray
    label_right: np.ndarray


@dataclass(frozen=True)
class Comparison:
    """Joints over all items: `unit` is the item's number; raters and labels are numbers in their sorted names.

    `items`: with a label of the kind; `pairable`: with a joint; `labels_of`: labels by rater; `tested`: items with a
    score; `apart`: the worst of those whose score is short of full, `failing` all of them.
    """

    raters: tuple[str, ...]
    labels: tuple[str, ...]
    items: int
    unit: np.ndarray
    left: np.ndarray
    right: np.ndarray
    many_left: np.ndarray
    many_right: np.ndarray
    common: np.ndarray
    alike: np.ndarray
    cells: Counter[Cell]
    entries: Entries
    labels_of: np.ndarray
    unidentified: int
    other_kind: int
    apart: tuple[Apart, ...]
    failing: Failing

    @property
    def pairable(self) -> int:
        """Items with a joint."""
        return int(np.unique(self.unit).size)

    @property
    def weight(self) -> np.ndarray:
        """Each item counts once, int64 [items]."""
        return np.ones(self.items, dtype=np.int64)

    def pairs(self) -> list[tuple[int, int]]:
        """Pairs of raters with an item in common, in order of their names."""
        width = len(self.raters) + 2  # GOLD is -2
        keys = np.unique((self.left + 2) * width + self.right + 2).tolist()
        return [(key // width - 2, key % width - 2) for key in keys]

    def of_pair(self, pair: tuple[int, int]) -> np.ndarray:
        """Which joints are of a pair."""
        return np.flatnonzero((self.left == pair[0]) & (self.right == pair[1]))

    def failures(self) -> Failures:
        """Items that raters do not agree on, by the place of their first label; the worst as examples."""
        listed = self.failing.failures()
        worst = sorted(self.apart[:EXAMPLES], key=lambda a: (a.file.encode("utf-8", "surrogatepass"), a.row))
        examples = tuple(Example(a.file, a.row, a.pointer, f"{float(a.score):.4f}") for a in worst)
        return Failures(listed.count, examples, listed.ranges, listed.complete)


@dataclass
class _Kept:
    """What is kept of each partition."""

    joints: list[tuple[np.ndarray, ...]] = field(default_factory=list)
    entries: list[tuple[np.ndarray, ...]] = field(default_factory=list)
    cells: Counter[Cell] = field(default_factory=Counter)
    labels_of: Counter[int] = field(default_factory=Counter)
    apart: list[Apart] = field(default_factory=list)
    places: list[tuple[str, int]] = field(default_factory=list)
    short: int = 0
    items: int = 0


def tally(
    reading: Reading,
    partitions: Iterable[Labels],
    compare: Callable[[Labels], Joints],
    score: Score,
    *,
    full: int,
    by_label: bool,
) -> Comparison:
    """Joints of all partitions. `full`: the score of full agreement, 1 or 0; `by_label`: keep entries item by item."""
    kept = _Kept()
    for labels in partitions:
        joints = compare(labels)
        unit = joints.item + kept.items
        kept.joints.append(
            (unit, joints.left, joints.right, joints.many_left, joints.many_right, joints.common, joints.alike)
        )
        _cells(kept, joints, unit, by_label=by_label)
        codes, counts = np.unique(labels.rater, return_counts=True)
        kept.labels_of.update(dict(zip(codes.tolist(), counts.tolist(), strict=True)))
        _apart(kept, labels, joints, score, full)
        kept.items += labels.items
    return _finished(reading, kept)


def _cells(kept: _Kept, joints: Joints, unit: np.ndarray, *, by_label: bool) -> None:
    columns = (joints.left[joints.entry], joints.right[joints.entry], joints.label_left, joints.label_right)
    if by_label:
        kept.entries.append((unit[joints.entry], *columns))
    if not joints.entry.size:
        return
    lowest = np.array([part.min() for part in columns])
    sizes = tuple(int(part.max() - low) + 1 for part, low in zip(columns, lowest, strict=True))
    keys = np.ravel_multi_index([part - low for part, low in zip(columns, lowest, strict=True)], sizes)
    distinct, counts = np.unique(keys, return_counts=True)
    found = zip(*(part + low for part, low in zip(np.unravel_index(distinct, sizes), lowest, strict=True)), strict=True)
    for (a, b, x, y), count in zip(found, counts.tolist(), strict=True):
        kept.cells[int(a), int(b), int(x), int(y)] += count


def _apart(kept: _Kept, labels: Labels, joints: Joints, score: Score, full: int) -> None:
    """Items whose score is short of full: the worst, and all their places."""
    of, whole = (np.bincount(joints.item, part, minlength=labels.items) for part in score(joints))
    short = np.flatnonzero((whole > 0) & (of != full * whole))
    kept.short += int(short.size)
    if not short.size:
        return
    first = np.searchsorted(labels.item, short)
    files, rows = (labels.table.column(name) for name in ("file", "row"))
    at = first.tolist()
    kept.places += [(files[i].as_py(), rows[i].as_py()) for i in at]
    kept.places = _fewest(kept.places)
    rate = of[short] / whole[short]
    worst = np.lexsort((short, -rate if full == 0 else rate))[:EXAMPLES]
    for k in worst.tolist():
        item, place = int(short[k]), labels.place(at[k])
        mine = slice(at[k], int(np.searchsorted(labels.item, item, side="right")))
        raters = int(np.unique(labels.rater[mine]).size)
        exact = Fraction(int(of[item]), int(whole[item]))
        kept.apart.append(Apart(exact, *place, mine.stop - mine.start, raters))
    kept.apart.sort(key=lambda a: (-a.score if full == 0 else a.score, _utf8(a.file), a.row))
    del kept.apart[EXAMPLES:]


def _fewest(places: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """The smallest places, once there are too many to list."""
    if len(places) <= 2 * FAILURE_ROWS:
        return places
    return sorted(places, key=lambda place: (_utf8(place[0]), place[1]))[:FAILURE_ROWS]


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _failing(kept: _Kept) -> Failing:
    rows: dict[str, list[int]] = {}
    for file, row in sorted(kept.places, key=lambda place: (_utf8(place[0]), place[1]))[:FAILURE_ROWS]:
        rows.setdefault(file, []).append(row)
    ranges = {file: ranges_of(np.unique(np.array(found, dtype=np.int64))) for file, found in rows.items()}
    return Failing(kept.items, kept.short, ranges)


def _finished(reading: Reading, kept: _Kept) -> Comparison:
    """With raters and labels numbered by their sorted names."""
    raters, rater = _renumbered(reading.raters)
    labels, label = _renumbered(reading.labels)
    unit, left, right, many_left, many_right, common, alike = _joined(kept.joints, 7)
    entry, entry_left, entry_right, x, y = _joined(kept.entries, 5)
    cells: Counter[Cell] = Counter()
    for (a, b, c, d), count in kept.cells.items():
        cells[int(rater[a]), int(rater[b]), int(label[c]), int(label[d])] += count
    counts = np.zeros(len(raters), dtype=np.int64)
    for code, count in kept.labels_of.items():
        if code >= 0:
            counts[rater[code]] = count
    return Comparison(
        raters=raters,
        labels=labels,
        items=kept.items,
        unit=unit,
        left=rater[left],
        right=rater[right],
        many_left=many_left,
        many_right=many_right,
        common=common,
        alike=alike,
        cells=cells,
        entries=Entries(entry, rater[entry_left], rater[entry_right], label[x], label[y]),
        labels_of=counts,
        unidentified=reading.unidentified,
        other_kind=reading.other_kind,
        apart=tuple(kept.apart),
        failing=_failing(kept),
    )


def _renumbered(codes: Codes) -> tuple[tuple[str, ...], np.ndarray]:
    """Sorted texts, and the lookup from codes; GOLD, NOBODY and NONE (negative) stay what they are."""
    texts, rank = codes.ranks()
    return texts, np.append(rank, [GOLD, NOBODY])


def _joined(parts: list[tuple[np.ndarray, ...]], width: int) -> list[np.ndarray]:
    if not parts:
        return [np.zeros(0, dtype=np.int64)] * width
    return [np.concatenate(column) for column in zip(*parts, strict=True)]
