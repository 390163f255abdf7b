"""Joints: one item as two raters labelled it. Their labels matched one-to-one, or their transcripts compared.

All items and pairs of raters of a partition are worked on at once; memory is bounded by taking so many joints at a
time. Likenesses are whole multiples of 1e-12, so that their sums are exact in any order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from checks.agreement.media.likeness import Likeness
from checks.agreement.media.source import Labels
from checks.geometry import edits
from checks.geometry.matching import matched, ragged_product
from checks.statistics.undefined import Undefined

ONE = 10**12
"""Full likeness."""

NOBODY = -1
"""The rater of a gold item that nobody labelled."""

NONE = -1
"""The label of what the other rater has not."""

_AT_ONCE = 1 << 19
"""Pairs of labels that are compared at once."""

MOST_LABELS = 20_000
"""Labels of one rater on one item; of more nothing is matched."""

LONGEST = 10**12
"""Characters (or words) of two transcripts, multiplied: beyond, they are not compared."""


@dataclass(frozen=True, slots=True)
class Joints:
    """`item`: its number in the partition; `left`, `right`: codes of raters; `many_left`, `many_right`: labels (or
    tokens) of each; `common`: labels matched (or edits); `alike`: their summed likeness. All int64 [n].

    `entry`, `label_left`, `label_right`: for every match and every label without one the joint and both labels.
    """

    item: np.ndarray
    left: np.ndarray
    right: np.ndarray
    many_left: np.ndarray
    many_right: np.ndarray
    common: np.ndarray
    alike: np.ndarray
    entry: np.ndarray
    label_left: np.ndarray
    label_right: np.ndarray


@dataclass(frozen=True, slots=True)
class Matches:
    """Matched labels: joint, positions on the left and on the right, likeness in 1e-12; int64 [n], sorted by joint."""

    joint: np.ndarray
    left: np.ndarray
    right: np.ndarray
    like: np.ndarray


@dataclass(frozen=True, slots=True)
class Everyone:
    """Raters of whom no label on an item is an answer too: none. `codes`; `rank`: the order of all raters, by code."""

    codes: np.ndarray
    rank: np.ndarray


@dataclass(frozen=True, slots=True)
class Sets:
    """The labels of one rater on one item, in order of items and raters: int64 [n] each."""

    item: np.ndarray
    rater: np.ndarray
    start: np.ndarray
    count: np.ndarray

    @classmethod
    def of(cls, labels: Labels) -> Sets:
        """Runs of equal item and rater."""
        new = np.ones(labels.item.size, dtype=bool)
        new[1:] = (np.diff(labels.item) != 0) | (np.diff(labels.rater) != 0)
        start = np.flatnonzero(new)
        count = np.diff(np.append(start, labels.item.size))
        return cls(labels.item[start], labels.rater[start], start, count)

    def filled(self, everyone: Everyone) -> Sets:
        """With an empty set for each item that one of `everyone` has no label on."""
        width = everyone.rank.size  # codes -2 and -1 count from its end
        wanted = np.unique(self.item)[:, None] * width + everyone.codes % width
        lacking = np.setdiff1d(wanted, self.item * width + self.rater % width)
        item, rater = lacking // width, lacking % width
        rater = np.where(rater >= width - 2, rater - width, rater)
        nothing = np.zeros(item.size, dtype=np.int64)
        columns = ((self.item, item), (self.rater, rater), (self.start, nothing), (self.count, nothing))
        item, rater, start, count = (np.concatenate(pair) for pair in columns)
        order = np.lexsort((everyone.rank[rater], item))
        return Sets(item[order], rater[order], start[order], count[order])

    def pairs(self, gold: int | None) -> tuple[np.ndarray, np.ndarray]:
        """All pairs of sets of one item, the first before the second; with `gold`, those whose first is gold's.

        A gold set that nobody else's is beside stands with set -1.
        """
        size = np.bincount(self.item, minlength=1)
        end = np.cumsum(size)[self.item]
        later = end - np.arange(self.item.size) - 1
        if gold is not None:
            later = np.where(self.rater == gold, later, 0)
        first = np.repeat(np.arange(self.item.size), later)
        second = first + 1 + np.arange(first.size) - np.repeat(np.cumsum(later) - later, later)
        if gold is None:
            return first, second
        alone = np.flatnonzero((self.rater == gold) & (later == 0))
        first, second = np.append(first, alone), np.append(second, np.full(alone.size, -1))
        order = np.lexsort((second, first))
        return first[order], second[order]


def compared(
    labels: Labels,
    alike: Likeness,
    least: int,
    *,
    same_label: bool,
    gold: int | None = None,
    dice: bool = False,
    everyone: Everyone | None = None,
) -> Joints:
    """The joints of a partition: labels are matched that are `least` alike (in 1e-12) or more.

    `dice`: what is summed of each match is its Dice coefficient, 2 IoU / (1 + IoU).
    """
    sets = Sets.of(labels)
    sets = sets if everyone is None else sets.filled(everyone)
    first, second = sets.pairs(gold)
    many_left, many_right = sets.count[first], np.where(second < 0, 0, sets.count[second])
    start_left, start_right = sets.start[first], np.where(second < 0, 0, sets.start[second])
    facing = Facing(start_left, start_right, many_left, many_right)
    found = _matches(labels, alike, facing, least, same_label=same_label)
    entries = _entries(labels, found, (start_left, start_right), (many_left, many_right))
    return Joints(
        sets.item[first],
        sets.rater[first],
        np.where(second < 0, NOBODY, sets.rater[second]),
        many_left,
        many_right,
        np.bincount(found.joint, minlength=first.size),
        _sum_by(found.joint, _dice(found.like) if dice else found.like, first.size),
        *entries,
    )


def _dice(like: np.ndarray) -> np.ndarray:
    share = like / ONE
    return np.asarray(np.rint(2 * share / (1 + share) * ONE).astype(np.int64))


def _sum_by(group: np.ndarray, values: np.ndarray, size: int) -> np.ndarray:
    """Integer sums by group."""
    out = np.zeros(size, dtype=np.int64)
    np.add.at(out, group, values)
    return out


@dataclass(frozen=True, slots=True)
class Facing:
    """The labels that face each other: of each joint the first position and the number, on the left and on the right."""

    start_left: np.ndarray
    start_right: np.ndarray
    many_left: np.ndarray
    many_right: np.ndarray

    def candidates(self, labels: Labels, alike: Likeness, least: int, *, same_label: bool) -> Iterator[Matches]:
        """Pairs of labels that are `least` alike (1e-12), whole joints at a time. Raises Undefined too-many-labels."""
        if max(self.many_left.max(initial=0), self.many_right.max(initial=0)) > MOST_LABELS:
            raise Undefined("too-many-labels")
        for lower, upper in _portions(self.many_left * self.many_right):
            pieces = [
                self._near(labels, alike, least, part, same_label=same_label) for part in self._parts(lower, upper)
            ]
            if sum(piece.joint.size for piece in pieces) > _AT_ONCE << 3:
                raise Undefined("too-many-labels")
            yield Matches(
                *(np.concatenate(c) for c in zip(*((p.joint, p.left, p.right, p.like) for p in pieces), strict=True))
            )

    def _parts(self, lower: int, upper: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Joints with how many labels on the left to pass over and to take: a joint of very many pairs bit by bit."""
        joint = np.arange(lower, upper)
        if upper > lower + 1:
            yield joint, np.zeros_like(joint), self.many_left[lower:upper]
            return
        whole = int(self.many_left[lower])
        step = max(_AT_ONCE // max(int(self.many_right[lower]), 1), 1)
        for begin in range(0, max(whole, 1), step):
            yield joint, np.array([begin]), np.array([min(step, whole - begin)])

    def _near(
        self,
        labels: Labels,
        alike: Likeness,
        least: int,
        part: tuple[np.ndarray, np.ndarray, np.ndarray],
        *,
        same_label: bool,
    ) -> Matches:
        joint, begin, take = part
        group, i, j = ragged_product(take, self.many_right[joint])
        i, j = (self.start_left[joint] + begin)[group] + i, self.start_right[joint][group] + j
        if same_label:
            same = np.flatnonzero(labels.label[i] == labels.label[j])
            group, i, j = group[same], i[same], j[same]
        like = np.rint(alike(i, j) * ONE).astype(np.int64)
        near = np.flatnonzero(like >= max(least, 1))
        return Matches(joint[group[near]], i[near], j[near], like[near])

    def slots(self, found: Matches) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of the labels of candidates, on the left and on the right, no number in two joints."""
        sides = ((self.start_left, self.many_left, found.left), (self.start_right, self.many_right, found.right))
        left, right = ((np.cumsum(many) - many - start)[found.joint] + at for start, many, at in sides)
        return left, right


def _matches(labels: Labels, alike: Likeness, facing: Facing, least: int, *, same_label: bool) -> Matches:
    chosen = [np.zeros((4, 0), dtype=np.int64)]
    for found in facing.candidates(labels, alike, least, same_label=same_label):
        columns = np.stack([found.joint, found.left, found.right, found.like])
        chosen.append(columns[:, _one_to_one(found, facing)])
    return Matches(*np.concatenate(chosen, axis=1))


def _one_to_one(found: Matches, facing: Facing) -> np.ndarray:
    if not found.joint.size:
        return found.joint
    left, right = facing.slots(found)
    return matched(found.joint, left - left.min(), right - right.min(), found.like)


def _portions(sizes: np.ndarray) -> Iterator[tuple[int, int]]:
    """Ranges of joints with about _AT_ONCE pairs of labels in each; one joint at least."""
    ends = np.cumsum(sizes)
    lower = 0
    while lower < sizes.size:
        before = int(ends[lower - 1]) if lower else 0
        upper = max(int(np.searchsorted(ends, before + _AT_ONCE, side="right")), lower + 1)
        yield lower, upper
        lower = upper


def _entries(
    labels: Labels, found: Matches, start: tuple[np.ndarray, np.ndarray], many: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Joint and both labels of every match, then of what is unmatched on the left, then on the right."""
    joints = [found.joint]
    lefts, rights = [labels.label[found.left]], [labels.label[found.right]]
    for side, at in enumerate((found.left, found.right)):
        joint, _, member = ragged_product(np.ones_like(many[side]), many[side])
        free = np.ones(joint.size, dtype=bool)
        offset = np.cumsum(many[side]) - many[side]
        free[offset[found.joint] + at - start[side][found.joint]] = False
        label = labels.label[(start[side][joint] + member)[free]]
        nothing = np.full(label.size, NONE)
        joints.append(joint[free])
        lefts.append(nothing if side else label)
        rights.append(label if side else nothing)
    return np.concatenate(joints), np.concatenate(lefts), np.concatenate(rights)


def transcribed(labels: Labels, unit: edits.Unit, *, gold: int | None = None) -> Joints:
    """The joints of a partition of transcripts: edits between both. Several of one rater are one text, in their order."""
    sets = Sets.of(labels)
    first, second = sets.pairs(gold)
    texts = _texts(labels, sets, unit)
    length = np.array([len(t) for t in texts], dtype=np.int64)
    if (length[first].astype(np.float64) * length[second]).max(initial=0) > LONGEST:
        raise Undefined("too-long-text")
    pairs = zip(first.tolist(), second.tolist(), strict=True)
    distance = [edits.distance(texts[a], texts[b]) if b >= 0 else len(texts[a]) for a, b in pairs]
    nothing = np.zeros(0, dtype=np.int64)
    return Joints(
        sets.item[first],
        sets.rater[first],
        np.where(second < 0, NOBODY, sets.rater[second]),
        length[first],
        np.where(second < 0, 0, length[second]),
        np.array(distance, dtype=np.int64),
        np.zeros(first.size, dtype=np.int64),
        nothing,
        nothing,
        nothing,
    )


def _texts(labels: Labels, sets: Sets, unit: edits.Unit) -> list[edits.Tokens]:
    """What each rater wrote of each item: pieces by time, where they have one, else as they stand."""
    begin = np.nan_to_num(labels.column("start"), nan=np.inf)
    written = labels.table.column("text").to_pylist()
    found = []
    for start, count in zip(sets.start.tolist(), sets.count.tolist(), strict=True):
        order = (
            range(start, start + count)
            if count == 1
            else start + np.argsort(begin[start : start + count], kind="stable")
        )
        found.append(edits.tokens(" ".join(written[k] for k in order), unit))
    return found
