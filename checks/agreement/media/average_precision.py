"""Mean average precision of detections against gold, as COCO evaluates it (pycocotools, cocoeval.py).

Per class, detections in order of falling score take the gold label they are most alike, if nobody took it before and the
likeness is at least the threshold. Average precision is the mean over 101 recall levels of the greatest precision at
that recall or more; the mean is over classes that gold has and, of [.5:.95], ten thresholds. All detections of an item
count (COCO's limit of 100 an image is not applied). Detections of equal score enter at once, so that nothing depends on
their order; within an item the more alike comes first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np

from checks.agreement.intervals import REPLICATES, percentiles, poisson_weights
from checks.agreement.media.joints import NOBODY, ONE, Everyone, Facing, Sets
from checks.agreement.media.likeness import Likeness
from checks.agreement.media.source import GOLD, Labels
from checks.agreement.statistic import Statistic
from checks.geometry.matching import ragged_product
from checks.kernel import Interval, rounded

THRESHOLDS: Mapping[str, tuple[int, ...]] = {
    "map-50": (ONE // 2,),
    "map": tuple(ONE * k // 100 for k in range(50, 100, 5)),
}
"""Least likeness (1e-12) by measure."""

RECALLS = np.linspace(0.0, 1.0, 101)

_FEWEST = 99
_WORK = 10**8
"""Detections times thresholds times replicates of a bootstrap."""


@dataclass(frozen=True, slots=True)
class Detections:
    """Detections of all items: `label` code, `score`, `unit` (item), `hit` [n, thresholds]; and gold by label and unit."""

    label: np.ndarray
    score: np.ndarray
    unit: np.ndarray
    hit: np.ndarray
    gold_label: np.ndarray
    gold_unit: np.ndarray


@dataclass
class Collected:
    """What is kept of each partition."""

    measure: str
    key: str = "score"
    parts: list[tuple[np.ndarray, ...]] = field(default_factory=list)
    gold: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)
    scored: int = 0
    items: int = 0

    def add(self, labels: Labels, alike: Likeness, everyone: Everyone | None = None) -> None:
        """The detections of a partition, each set of a rater's against the gold of its item."""
        sets = Sets.of(labels)
        sets = sets if everyone is None else sets.filled(everyone)
        first, second = sets.pairs(GOLD)
        score, scored = _scores(labels, self.key)
        thresholds = THRESHOLDS[self.measure]
        alone = second == NOBODY
        group, _, member = ragged_product(np.ones_like(first), sets.count[first])
        at = sets.start[first][group] + member
        self.gold.append((labels.label[at], self.items + labels.item[at]))
        first, second = first[~alone], second[~alone]
        joint, _, member = ragged_product(np.ones_like(second), sets.count[second])
        mine = sets.start[second][joint] + member
        self.scored += int(scored[mine].sum())
        hit = np.zeros((mine.size, len(thresholds)), dtype=bool)
        facing = Facing(sets.start[first], sets.start[second], sets.count[first], sets.count[second])
        for near in facing.candidates(labels, alike, thresholds[0], same_label=True):
            gold, place = facing.slots(near)
            _take(hit, Candidates(place, gold, near.like, score[near.right]), thresholds)
        self.parts.append((labels.label[mine], score[mine], self.items + labels.item[mine], hit))
        self.items += labels.items

    def detections(self, rank: np.ndarray) -> Detections:
        """All partitions together, with labels renumbered by `rank`."""
        if not self.parts:
            nothing = np.zeros(0, dtype=np.int64)
            return Detections(nothing, nothing.astype(float), nothing, np.zeros((0, 1), dtype=bool), nothing, nothing)
        label, score, unit, hit = (np.concatenate(c) for c in zip(*self.parts, strict=True))
        gold_label, gold_unit = (np.concatenate(c) for c in zip(*self.gold, strict=True))
        return Detections(rank[label], score, unit, hit, rank[gold_label], gold_unit)


def _scores(labels: Labels, key: str) -> tuple[np.ndarray, np.ndarray]:
    """The score of each label (its value, else that attribute), 1 where it has none, and whether it has one."""
    value = labels.column("value")
    scored = np.isfinite(value)
    score = np.where(scored, value, 1.0)
    decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
    number = msgspec.json.Decoder(float).decode
    for k, text in enumerate(labels.table.column("attributes").to_pylist()):
        if text is None or scored[k]:
            continue
        try:
            found = decode(text).get(key)
            if found is not None:
                score[k], scored[k] = number(found), True
        except msgspec.DecodeError:
            continue
    return score, scored


@dataclass(frozen=True, slots=True)
class Candidates:
    """Detections that may get a gold label: positions of both, their likeness (1e-12) and the detection's score."""

    detection: np.ndarray
    gold: np.ndarray
    like: np.ndarray
    score: np.ndarray

    def order(self, chosen: np.ndarray) -> np.ndarray:
        """By falling score, then the more alike; of one detection's the more alike, and of those the later gold, as
        pycocotools does."""
        best = np.zeros(int(self.detection.max(initial=-1)) + 1, dtype=np.int64)
        np.maximum.at(best, self.detection[chosen], self.like[chosen])
        mine = self.detection[chosen]
        keys = (-self.gold[chosen], -self.like[chosen], mine, -best[mine], -self.score[chosen])
        return np.asarray(chosen[np.lexsort(keys)])


def _take(hit: np.ndarray, c: Candidates, thresholds: Sequence[int]) -> None:
    """Marks the detections that get a gold label, threshold by threshold."""
    lone = (_times(c.detection) == 1) & (_times(c.gold) == 1)
    order = c.order(np.flatnonzero(~lone)).tolist()
    for t, least in enumerate(thresholds):
        hit[c.detection[lone], t] = c.like[lone] >= least
        taken: set[int] = set()
        done: set[int] = set()
        for k in order:
            d, g = int(c.detection[k]), int(c.gold[k])
            if c.like[k] >= least and d not in done and g not in taken:
                done.add(d)
                taken.add(g)
                hit[d, t] = True


def _times(codes: np.ndarray) -> np.ndarray:
    """How often each code is there."""
    _, which, counts = np.unique(codes, return_inverse=True, return_counts=True)
    return np.asarray(counts[which])


@dataclass(frozen=True, slots=True)
class Ranked:
    """The detections of one class in order of falling score. `last`: where a block of equal scores ends."""

    unit: np.ndarray
    hit: np.ndarray
    last: np.ndarray
    gold_unit: np.ndarray

    def precision(self, weight: np.ndarray) -> np.ndarray | None:
        """Average precision by threshold; None where no gold has weight."""
        total = float(weight[self.gold_unit].sum())
        if not total:
            return None
        if not self.last.size:
            return np.zeros(self.hit.shape[1])
        mine = weight[self.unit]
        found = np.cumsum(self.hit * mine[:, None], axis=0)[self.last]
        given = np.cumsum(mine)[self.last]
        precise = found / np.maximum(given, 1e-300)[:, None]
        precise = np.maximum.accumulate(precise[::-1], axis=0)[::-1]
        recall = found / total
        out = np.zeros(self.hit.shape[1])
        for t in range(out.size):
            at = np.searchsorted(recall[:, t], RECALLS, side="left")
            there = at[at < recall.shape[0]]
            out[t] = precise[there, t].sum() / RECALLS.size
        return out


def ranked(d: Detections) -> dict[int, Ranked]:
    """By class of gold."""
    found = {}
    for label in np.unique(d.gold_label).tolist():
        mine = np.flatnonzero(d.label == label)
        order = mine[np.argsort(-d.score[mine], kind="stable")]
        score = d.score[order]
        last = np.flatnonzero(np.append(score[1:] != score[:-1], True)) if order.size else order
        found[label] = Ranked(d.unit[order], d.hit[order].astype(np.float64), last, d.gold_unit[d.gold_label == label])
    return found


def mean_precision(classes: Mapping[int, Ranked], weight: np.ndarray) -> float | None:
    """The mean over classes and thresholds."""
    values = [found for one in classes.values() if (found := one.precision(weight)) is not None]
    return float(np.mean(values)) if values else None


def statistic(d: Detections, items: int) -> Statistic:
    """mAP with its interval: a Poisson bootstrap over items with hash-counter weights."""
    classes = ranked(d)
    value = mean_precision(classes, np.ones(items))
    if value is None:
        return Statistic(undefined="no-gold")
    return Statistic(rounded(value), interval=_interval(classes, d, items))


def _interval(classes: Mapping[int, Ranked], d: Detections, items: int) -> Interval | None:
    """None where fewer than two items have gold, or there are too many detections to resample."""
    units = int(np.unique(d.gold_unit).size)
    replicates = min(REPLICATES, _WORK // max(d.hit.size, 1))
    if units < 2 or replicates < _FEWEST:
        return None
    ones = np.ones(items, dtype=np.int64)
    drawn = (mean_precision(classes, poisson_weights(ones, r)) for r in range(replicates))
    values = sorted(v for v in drawn if v is not None)
    return percentiles(values, units, replicates)
