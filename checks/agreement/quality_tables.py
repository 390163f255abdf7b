"""Detail tables of the quality of raters. Estimated probabilities have six decimals: more would differ between machines."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np

from checks.agreement.dawid_skene import Consensus
from checks.agreement.units import Ratings
from checks.kernel import Number, Table
from checks.masking import public

MOST_CONFUSIONS = 20_000
"""Rows of the table of confusions; of more raters only the worst are shown."""

MOST_CLASSES_CROSSED = 50
"""Of more classes there is no table of confusions."""

_DIGITS = Decimal("0.000001")

Row = tuple[str | int | Number | None, ...]


@dataclass(frozen=True)
class Judged:
    """Ratings with their consensus; by rater, int64: `ratings`, those that `agreed` with the consensus, those `with_gold`
    and `right` by it, and second answers (`repeated`)."""

    rated: Ratings
    consensus: Consensus
    ratings: np.ndarray
    agreed: np.ndarray
    with_gold: np.ndarray
    right: np.ndarray
    repeated: np.ndarray
    items_with_gold: int
    consensus_right: int
    majority_right: int


def quality_tables(j: Judged, declared: Collection[str], *, gold: bool) -> tuple[Table, ...]:
    """In the order of the report: the consensus, raters from the worst on, classes, confusions."""
    r = j.rated
    names = tuple(public(n, int(k), declared) for n, k in zip(r.raters, j.ratings.tolist(), strict=True))
    counts = np.bincount(r.label, r.weight[r.unit], minlength=len(r.labels))
    labels = tuple(public(n, int(k)) for n, k in zip(r.labels, counts.tolist(), strict=True))
    order = sorted(
        np.flatnonzero(j.ratings).tolist(), key=lambda k: (_share(int(j.agreed[k]), int(j.ratings[k])), r.raters[k])
    )
    tables = (_consensus(j, gold=gold), _per_rater(j, names, order, gold=gold), _per_class(j, labels))
    return (*tables, _confusions(j, names, labels, order)) if len(labels) <= MOST_CLASSES_CROSSED else tables


def _share(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole else None


def _six(value: float) -> Decimal:
    return Decimal(float(value)).quantize(_DIGITS)


def _consensus(j: Judged, *, gold: bool) -> Table:
    r = j.rated
    rated = j.consensus.label >= 0
    certain = j.consensus.posterior.max(axis=1)[rated]
    weight = r.weight[rated]
    rows: list[Row] = [
        ("items", r.items),
        ("ratings", int(j.ratings.sum())),
        ("raters", int((j.ratings > 0).sum())),
        ("classes", len(r.labels)),
        ("posterior-mean", _six(float((certain * weight).sum() / weight.sum()))),
        ("iterations", j.consensus.iterations),
        ("repeated-answers", int(j.repeated.sum())),
    ]
    if gold:
        rows += [
            ("items-with-gold", j.items_with_gold),
            ("consensus-right", j.consensus_right),
            ("majority-right", j.majority_right),
        ]
    return Table("consensus", ("quantity", "value"), tuple(rows))


def _per_rater(j: Judged, names: tuple[str, ...], order: list[int], *, gold: bool) -> Table:
    estimated = j.consensus.estimated_accuracy()
    rows = []
    for k in order:
        row: Row = (
            names[k],
            int(j.ratings[k]),
            int(j.repeated[k]),
            _share(j.agreed[k], j.ratings[k]),
            _six(estimated[k]),
        )
        rows.append((*row, int(j.with_gold[k]), _share(int(j.right[k]), int(j.with_gold[k]))) if gold else row)
    columns = ("rater", "ratings", "again", "agreement-with-consensus", "estimated-accuracy")
    more = ("with-gold-labels", "agreement-with-gold") if gold else ()
    return Table("per-rater", (*columns, *more), tuple(rows))


def _per_class(j: Judged, labels: tuple[str, ...]) -> Table:
    """How often each class is given, is the consensus, and is estimated to occur."""
    r, q = j.rated, len(labels)
    given = np.bincount(r.label, r.weight[r.unit], minlength=q)
    rated = j.consensus.label >= 0
    agreed = np.bincount(j.consensus.label[rated], r.weight[rated], minlength=q)
    rows = tuple[Row, ...]((labels[k], int(given[k]), int(agreed[k]), _six(j.consensus.prior[k])) for k in range(q))
    return Table("per-class", ("class", "ratings", "items", "probability"), rows)


def _confusions(j: Judged, names: tuple[str, ...], labels: tuple[str, ...], order: list[int]) -> Table:
    """For each rater and class of the consensus, the chance of each label that this rater gives."""
    q = len(labels)
    shown = order[: max(MOST_CONFUSIONS // (q * q), 1)]
    rows = tuple[Row, ...](
        (names[k], labels[c], labels[g], _six(j.consensus.confusion[k, c, g]))
        for k in shown
        for c in range(q)
        for g in range(q)
    )
    return Table("rater-confusion", ("rater", "consensus-class", "given-class", "probability"), rows)
