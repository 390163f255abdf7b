"""Ratings by unit: what raters said of each item, from a state of rating patterns or of rating rows.

Long form: one entry per rating, sorted by unit. A unit is a distinct rating pattern with its number of items (raters as
columns) or one item (raters as rows); both give the same coefficients, which depend on patterns' counts alone.
It must not score or judge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from checks.agreement.counting import occurring
from checks.agreement.scale import Scale
from checks.analyzers.cells import Cells


@dataclass(frozen=True, slots=True)
class Ratings:
    """Ratings of `weight.size` units. Entries: `unit` int64, `rater` int64, `label` int64 (codes), sorted by unit.

    `weight`: items per unit, int64 [units]; units without any rating are among them. `group`: int64 [units] into
    `groups`, None being the group of records without one. `labels` are texts, `raters` names.
    """

    raters: tuple[str, ...]
    labels: tuple[str, ...]
    groups: tuple[str | None, ...]
    unit: np.ndarray
    rater: np.ndarray
    label: np.ndarray
    weight: np.ndarray
    group: np.ndarray

    @property
    def items(self) -> int:
        """Items, rated or not."""
        return int(self.weight.sum())

    def per_unit(self) -> np.ndarray:
        """Ratings of each unit, int64 [units]."""
        return np.bincount(self.unit, minlength=self.weight.size)

    def of_group(self, group: int) -> Ratings:
        """The units of one group."""
        kept = self.group == group
        number = np.cumsum(kept) - 1
        entries = kept[self.unit]
        return Ratings(
            self.raters,
            self.labels,
            (self.groups[group],),
            number[self.unit[entries]],
            self.rater[entries],
            self.label[entries],
            self.weight[kept],
            np.zeros(int(kept.sum()), dtype=np.int64),
        )

    def on(self, scale: Scale) -> Ratings:
        """With labels as the ranks of `scale`; every label must be on it."""
        rank = np.array([scale.rank.get(text, -1) for text in self.labels], dtype=np.int64)
        label = rank[self.label] if self.label.size else self.label
        assert not label.size or label.min() >= 0, "a label is not on the scale"
        return Ratings(self.raters, scale.labels, self.groups, self.unit, self.rater, label, self.weight, self.group)

    def observed(self) -> tuple[str, ...]:
        """The labels that some rating has."""
        return tuple(self.labels[code] for code in occurring(self.label, len(self.labels)))


@dataclass(frozen=True, slots=True)
class RowDefects:
    """What makes rating rows unusable: a rater's second and further ratings of an item; rows without item or rater."""

    duplicates: int = 0
    unidentified: int = 0


def from_patterns(cells: Cells, raters: tuple[str, ...], *, by: bool, missing: frozenset[str]) -> Ratings:
    """Units of a state over (by?, raters...)."""
    rows = cells.rows().astype(np.int64)
    groups, group = _groups(cells, rows, by=by)
    patterns = rows[:, 1:] if by else rows
    labels, recode = _vocabulary([cells.vocabulary(j + by) for j in range(len(raters))], missing)
    recoded = np.empty_like(patterns)
    for j, lookup in enumerate(recode):
        recoded[:, j] = lookup[patterns[:, j]]
    unit, rater = np.nonzero(recoded >= 0)
    return Ratings(raters, labels, groups, unit, rater, recoded[unit, rater], cells.tally(), group)


def from_rows(cells: Cells, *, by: bool, missing: frozenset[str]) -> tuple[Ratings, RowDefects]:
    """Units of a state over (by?, item, rater, value); an item in two groups is two units."""
    rows = cells.rows().astype(np.int64)
    groups, group = _groups(cells, rows, by=by)
    item, rater, value = rows[:, -3], rows[:, -2], rows[:, -1]
    labels, (recode,) = _vocabulary([cells.vocabulary(2 + by)], missing)
    label = recode[value]
    names = tuple(cells.vocabulary(1 + by))
    named = np.array([bool(name.strip()) for name in (*names, "")])  # the last is code -1: null
    known = (item >= 0) & named[rater]
    items = max(int(item.max(initial=-1)) + 1, 1)
    keys, unit = np.unique((group * items + item)[known], return_inverse=True)
    rated = label[known] >= 0
    entries = np.flatnonzero(known)[rated]
    counts = cells.tally()
    distinct = np.unique(unit[rated] * (int(rater.max(initial=0)) + 1) + rater[entries]).size
    defects = RowDefects(int(counts[entries].sum()) - distinct, int(counts[~known].sum()))
    weight = np.ones(keys.size, dtype=np.int64)
    ratings = Ratings(names, labels, groups, unit[rated], rater[entries], label[entries], weight, keys // items)
    return _sorted(ratings), defects


def _groups(cells: Cells, rows: np.ndarray, *, by: bool) -> tuple[tuple[str | None, ...], np.ndarray]:
    """Group names and the group of each cell; one nameless group where there is no `by`."""
    if not by:
        return (None,), np.zeros(len(rows), dtype=np.int64)
    names = cells.vocabulary(0)
    return (None, *names), rows[:, 0] + 1


def _vocabulary(columns: list[list[str]], missing: frozenset[str]) -> tuple[tuple[str, ...], list[np.ndarray]]:
    """All labels of the columns without the missing ones, and each column's lookup into them (-1 last)."""
    labels = tuple(sorted(set().union(*columns) - missing))
    number = {text: code for code, text in enumerate(labels)}
    return labels, [np.array([*(number.get(t, -1) for t in texts), -1], dtype=np.int64) for texts in columns]


def _sorted(r: Ratings) -> Ratings:
    order = np.lexsort((r.label, r.rater, r.unit))
    return Ratings(r.raters, r.labels, r.groups, r.unit[order], r.rater[order], r.label[order], r.weight, r.group)
