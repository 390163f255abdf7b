"""Measures over joints, each as linear sums over items and a rational function of them, so that value and interval agree.

Between raters neither is right, so each measure is symmetric: F1 = 2 matched / (labels of both) (Hripcsak & Rothschild
2005), error rates are edits over the mean length of both. Against gold: precision, recall, and edits over gold's length.
Dice is 2 IoU / (1 + IoU) of a match. Cohen's kappa of the classes of matches, or with `none` for what is unmatched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from checks.agreement.coefficients import cohen_kappa
from checks.agreement.distances import Nominal, Vector
from checks.agreement.intervals import interval
from checks.agreement.media.joints import NONE, ONE, Joints
from checks.agreement.media.tally import Comparison, Score
from checks.agreement.statistic import Statistic, mean
from checks.agreement.sums import Coefficient, Sums, Term, quotient
from checks.statistics.undefined import Undefined

Chosen = np.ndarray
"""Which joints, int64."""

Part = Callable[[Comparison, Chosen], Coefficient]
"""A measure over some joints."""


def _ratio(comparison: Comparison, at: Chosen, top: np.ndarray, bottom: np.ndarray, reason: str) -> Coefficient:
    """sum top / sum bottom."""
    unit = comparison.unit[at]
    return Coefficient(
        Sums(2, [Term(unit, 0, top[at]), Term(unit, 1, bottom[at])]), lambda s: quotient(s[0], s[1], reason)
    )


def _f1(c: Comparison, at: Chosen) -> Coefficient:
    return _ratio(c, at, 2 * c.common, c.many_left + c.many_right, "no-ratings")


def _precision(c: Comparison, at: Chosen) -> Coefficient:
    return _ratio(c, at, c.common, c.many_right, "nothing-labelled")


def _recall(c: Comparison, at: Chosen) -> Coefficient:
    return _ratio(c, at, c.common, c.many_left, "no-ratings")


def _error_of_gold(c: Comparison, at: Chosen) -> Coefficient:
    return _ratio(c, at, c.common, c.many_left, "empty-reference")


def _symmetric_error(c: Comparison, at: Chosen) -> Coefficient:
    return _ratio(c, at, 2 * c.common, c.many_left + c.many_right, "empty-reference")


def _item_f1(c: Comparison, at: Chosen) -> Coefficient:
    """The mean over joints of their F1; empty on both sides agrees."""
    unit, both = c.unit[at], (c.many_left + c.many_right)[at]
    terms = [Term(unit, 0, np.where(both, 2 * c.common[at], 1), np.maximum(both, 1)), Term(unit, 1, 1)]
    return Coefficient(Sums(2, terms), lambda s: quotient(s[0], s[1], "no-ratings"), rational=False)


def _mean_alike(c: Comparison, at: Chosen) -> Coefficient:
    """The mean likeness of matches."""
    unit = c.unit[at]
    sums = Sums(2, [Term(unit, 0, c.alike[at]), Term(unit, 1, c.common[at])])
    return Coefficient(sums, lambda s: quotient(s[0], s[1] * ONE, "no-matches"), rational=False)


def _kappa(c: Comparison, at: Chosen, *, with_none: bool) -> Coefficient:
    """Cohen's kappa of the classes of matched labels."""
    e = c.entries
    width = len(c.raters) + 2
    mine = np.isin((e.left + 2) * width + e.right + 2, np.unique((c.left[at] + 2) * width + c.right[at] + 2))
    x, y = e.label_left, e.label_right
    if not with_none:
        mine &= (x != NONE) & (y != NONE)
    chosen = np.flatnonzero(mine)
    if not chosen.size:
        raise Undefined("no-matches")
    classes, code = np.unique(np.concatenate([x[chosen], y[chosen]]), return_inverse=True)
    first, second = code[: chosen.size], code[chosen.size :]
    if classes.size < 2:
        raise Undefined("one-class")
    return cohen_kappa((e.unit[chosen], first, second), int(classes.size), Nominal())


def _class_kappa(c: Comparison, at: Chosen) -> Coefficient:
    return _kappa(c, at, with_none=False)


def _class_kappa_with_none(c: Comparison, at: Chosen) -> Coefficient:
    return _kappa(c, at, with_none=True)


def _accuracy(c: Comparison, at: Chosen) -> Coefficient:
    """The share of gold labels that are given; all joints."""
    e = c.entries
    right = np.flatnonzero(e.label_left == e.label_right)
    terms = [Term(e.unit[right], 0, 1), Term(c.unit[at], 1, c.many_left[at])]
    return Coefficient(Sums(2, terms), lambda s: quotient(s[0], s[1], "no-gold"))


def _by_class(quality: str, pick: Callable[[list[Any]], Any]) -> Part:
    """The mean, or the least, over classes of gold and labels of precision, recall or F1; 0 where that is 0 / 0."""

    def part(c: Comparison, at: Chosen) -> Coefficient:  # noqa: ARG001 - classes are of all joints
        e = c.entries
        found = np.unique(np.concatenate([e.label_left, e.label_right]))
        classes = found[found != NONE]
        q = classes.size
        same = np.flatnonzero(e.label_left == e.label_right)
        terms = [Term(e.unit[same], np.searchsorted(classes, e.label_left[same]), 1)]
        for side, label in enumerate((e.label_left, e.label_right)):
            there = np.flatnonzero(label != NONE)
            terms.append(Term(e.unit[there], (side + 1) * q + np.searchsorted(classes, label[there]), 1))

        def formula(s: Vector) -> Any:
            hits, gold, given = s[:q], s[q : 2 * q], s[2 * q :]
            whole = {"precision": given, "recall": gold, "f1": gold + given}[quality]
            times = 2 if quality == "f1" else 1
            return pick([times * quotient(h, w, "") if w != 0 else 0 for h, w in zip(hits, whole, strict=True)])

        if not q:
            raise Undefined("no-ratings")
        return Coefficient(Sums(3 * q, terms), formula, rational=False)

    return part


def _mean(values: list[Any]) -> Any:
    total = sum(values[1:], values[0])
    return quotient(total, len(values), "no-ratings")


def _least(values: list[Any]) -> Any:
    return min(values, key=lambda v: v.real)


AGREEMENT: Mapping[str, Part] = {
    "f1": _f1,
    "item-f1": _item_f1,
    "span-f1": _f1,
    "overlap-f1": _f1,
    "mean-iou": _mean_alike,
    "dice": _mean_alike,
    "oks": _mean_alike,
    "class-kappa": _class_kappa,
    "class-kappa-with-none": _class_kappa_with_none,
    "cer": _symmetric_error,
    "cer-no-space": _symmetric_error,
    "wer": _symmetric_error,
}
"""Coefficients between raters."""

ACCURACY: Mapping[str, Part] = {
    "accuracy": _accuracy,
    "precision": _precision,
    "recall": _recall,
    "f1": _f1,
    "mean-iou": _mean_alike,
    "oks": _mean_alike,
    **{f"macro-{q}": _by_class(q, _mean) for q in ("precision", "recall", "f1")},
    **{f"min-{q}": _by_class(q, _least) for q in ("precision", "recall", "f1")},
    "cer": _error_of_gold,
    "cer-no-space": _error_of_gold,
    "wer": _error_of_gold,
}
"""Measures against gold."""

BY_LABEL = frozenset(
    {"class-kappa", "class-kappa-with-none"} | {n for n in ACCURACY if n.startswith(("accuracy", "macro", "min"))}
)
"""Those that need labels item by item."""

ERRORS = frozenset({"cer", "cer-no-space", "wer"})
"""Those of which less is better; they may exceed 1."""

LIKENESSES = frozenset({"mean-iou", "dice", "oks"})
"""Those of the likeness of matches."""


def score_of(name: str) -> Score:
    """What an item is called worse than another by."""

    def score(j: Joints) -> tuple[np.ndarray, np.ndarray]:
        both = j.many_left + j.many_right
        if name in LIKENESSES:
            return 2 * j.alike, ONE * both
        if name in BY_LABEL:
            same = j.entry[(j.label_left == j.label_right) & (j.label_left != NONE)]
            return 2 * np.bincount(same, minlength=j.item.size), both
        return 2 * j.common, both

    return score


def statistic(comparison: Comparison, parts: Sequence[Coefficient], *, lowest: int, highest: int | None) -> Statistic:
    """The mean of coefficients over all items, with its interval. Raises Undefined."""
    weight = comparison.weight
    value = mean([part.value(weight) for part in parts])
    return Statistic(value, interval=interval(parts, weight, float(value), lowest, highest))
