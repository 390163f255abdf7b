"""Labels of which a rater gives an item one: classes, values on a scale, sets of labels, as ratings of units.

What the coefficients need is the same whether raters were columns or annotations. What annotations add is their place, so
items that raters label differently, and a rater's second answers, are listed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
import pyarrow as pa

from checks.agreement.label_sets import set_text
from checks.agreement.media.joints import Sets
from checks.agreement.media.source import GOLD, GOLD_LABEL, Codes, Labels, Reading, Source
from checks.agreement.units import Ratings, RowDefects
from checks.analyzers.failing import EXAMPLES, Failing, ranges_of
from checks.analyzers.gather import Gather
from checks.analyzers.labels import label_text
from checks.kernel import States


@dataclass(frozen=True, slots=True)
class Found:
    """Ratings and what makes them unusable; `apart`: items that raters label differently; `again`: second answers,
    by rater in `repeated`. `gold`: by unit the number of gold's label among the ratings' labels, -1 for none; int64."""

    ratings: Ratings
    defects: RowDefects = field(default_factory=RowDefects)
    apart: Failing = field(default_factory=Failing)
    again: Failing = field(default_factory=Failing)
    repeated: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    gold: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


@dataclass(frozen=True, slots=True)
class MediaRatings:
    """Ratings from annotations."""

    source: Source

    def analyzers(self) -> tuple[Gather, ...]:
        """What is gathered."""
        return self.source.analyzers()

    def found(self, states: States, missing: frozenset[str]) -> Found:
        """All ratings. An item is a unit."""
        reading, kept = Reading(self.source), _Kept()
        for labels in reading.partitions(states):
            if self.source.kind.name == "labels":
                _keep(kept, *_united(labels), missing)
            else:
                _keep(kept, labels, _texts(self.source.kind.name, labels), missing)
        return _finished(reading, kept)


@dataclass
class _Kept:
    units: int = 0
    texts: Codes = field(default_factory=Codes)
    ratings: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = field(default_factory=list)
    apart: list[Failing] = field(default_factory=list)
    again: list[Failing] = field(default_factory=list)
    repeated: Counter[int] = field(default_factory=Counter)
    gold: list[np.ndarray] = field(default_factory=list)


def _texts(kind: str, labels: Labels) -> pa.ChunkedArray:
    """The label of each record as a text."""
    if kind != "scale":
        return labels.table.column("label")
    values = labels.table.column("value").to_pylist()
    return pa.chunked_array([pa.array([label_text(Decimal(repr(v))) for v in values], pa.large_string())])


def _united(labels: Labels) -> tuple[Labels, pa.ChunkedArray]:
    """One record for all that a rater says of an item, and the set of its labels as a text."""
    sets = Sets.of(labels)
    many, single = (labels.table.column(name).to_pylist() for name in ("labels", "label"))
    texts = []
    for start, count in zip(sets.start.tolist(), sets.count.tolist(), strict=True):
        rows = range(start, start + count)
        texts.append(set_text([t for k in rows for t in (*(many[k] or ()), single[k]) if t is not None]))
    first = sets.start
    one = Labels(labels.table.take(pa.array(first)), labels.item[first], labels.rater[first], labels.label[first])
    return one, pa.chunked_array([pa.array(texts, pa.large_string())])


def _keep(kept: _Kept, labels: Labels, texts: pa.ChunkedArray, missing: frozenset[str]) -> None:
    codes = kept.texts.encode(texts)
    kept.gold.append(_gold(kept, labels, codes))
    absent = np.array([text in missing for text in kept.texts.of], dtype=bool)
    rated = (labels.rater != GOLD) & ~absent[codes]
    item, rater, label = labels.item[rated], labels.rater[rated], codes[rated]
    new = np.ones(item.size, dtype=bool)
    new[1:] = (np.diff(item) != 0) | (np.diff(rater) != 0)
    at = np.flatnonzero(rated)
    kept.repeated.update(rater[~new].tolist())
    kept.again.append(_listed(labels, at[~new]))
    kept.ratings.append((item[new] + kept.units, rater[new], label[new]))
    kept.apart.append(_apart(labels, item[new], label[new], at[new]))
    kept.units += labels.items


def _gold(kept: _Kept, labels: Labels, codes: np.ndarray) -> np.ndarray:
    """Gold's label of each item, the first where it has several; -1 for none."""
    found = np.full(labels.items, -1, dtype=np.int64)
    if GOLD_LABEL in labels.table.schema.names:
        column = labels.table.column(GOLD_LABEL)
        at = np.flatnonzero(column.is_valid().to_numpy(zero_copy_only=False))
        codes_of = kept.texts.encode(column.take(pa.array(at)))
    else:
        at = np.flatnonzero(labels.rater == GOLD)
        codes_of = codes[at]
    found[labels.item[at][::-1]] = codes_of[::-1]
    return found


def _apart(labels: Labels, item: np.ndarray, label: np.ndarray, at: np.ndarray) -> Failing:
    """Items with different labels, at their first rating's place; how the votes split as the example's value."""
    if not item.size:
        return Failing()
    start = np.flatnonzero(np.diff(item, prepend=-1))
    size = np.diff(np.append(start, item.size))
    lowest, highest = np.minimum.reduceat(label, start), np.maximum.reduceat(label, start)
    differ = np.flatnonzero(lowest != highest)
    votes = []
    for k in differ.tolist():
        counts = Counter(label[start[k] : start[k] + size[k]].tolist()).values()
        votes.append(":".join(map(str, sorted(counts, reverse=True))))
    return _listed(labels, at[start[differ]], votes)


def _listed(labels: Labels, at: np.ndarray, values: list[str] | None = None) -> Failing:
    """Records at these positions."""
    if not at.size:
        return Failing()
    places = [labels.place(int(k)) for k in at]
    rows: dict[str, list[int]] = {}
    for file, row, _ in places:
        rows.setdefault(file, []).append(row)
    ranges = {file: ranges_of(np.unique(np.array(found, dtype=np.int64))) for file, found in rows.items()}
    shown = [(*place, value) for place, value in zip(places, values or [""] * len(places), strict=True)]
    ordered = sorted(shown, key=lambda sample: (sample[0].encode("utf-8", "surrogatepass"), sample[1]))
    return Failing(0, int(at.size), ranges, tuple(ordered[:EXAMPLES]))


def _finished(reading: Reading, kept: _Kept) -> Found:
    raters, rater_rank = reading.raters.ranks()
    texts, text_rank = kept.texts.ranks()
    unit, rater, label = (
        np.concatenate(c) if kept.ratings else np.zeros(0, dtype=np.int64)
        for c in (zip(*kept.ratings, strict=True) if kept.ratings else [()] * 3)
    )
    ratings = Ratings(
        raters,
        texts,
        (None,),
        unit,
        rater_rank[rater] if rater.size else rater,
        text_rank[label] if label.size else label,
        np.ones(kept.units, dtype=np.int64),
        np.zeros(kept.units, dtype=np.int64),
    )
    repeated = np.zeros(len(raters), dtype=np.int64)
    for code, count in kept.repeated.items():
        repeated[rater_rank[code]] = count
    gold = np.concatenate([*kept.gold, np.zeros(0, dtype=np.int64)]).astype(np.int64)
    defects = RowDefects(int(repeated.sum()), reading.unidentified)
    again = _merged(kept.again)
    return Found(ratings, defects, _merged(kept.apart), again, repeated, np.append(text_rank, -1)[gold])


def _merged(states: list[Failing]) -> Failing:
    total = Failing()
    for state in states:
        total = total.merge(state)
    return total
