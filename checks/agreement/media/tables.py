"""Detail tables of what is compared item by item: by rater, pair and class, and the worst items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from fractions import Fraction

import numpy as np

from checks.agreement.media import measures
from checks.agreement.media.average_precision import Detections, ranked
from checks.agreement.media.joints import NOBODY, NONE, ONE
from checks.agreement.media.tally import Comparison
from checks.kernel import Number, Table, rounded
from checks.masking import public
from checks.statistics.undefined import Undefined

MOST_CLASSES_CROSSED = 50
"""Confusion tables of more classes than this are left out: nobody reads 2,500 cells."""

Row = tuple[str | int | Number | None, ...]


def agreement_tables(c: Comparison, measure: str, declared: Collection[str]) -> tuple[Table, ...]:
    """Every table that these labels allow, in the order of the report."""
    raters = tuple(public(n, int(k), declared) for n, k in zip(c.raters, c.labels_of.tolist(), strict=True))
    tables = [_ratings(c)]
    if c.unit.size:
        pairs = _pairs(c, measure)
        tables += [_per_rater(c, measure, raters), _per_pair(c, measure, raters, pairs)]
        if c.cells:
            names = _class_names(c)
            tables.append(_per_class(c, names))
            worst = min(pairs, key=lambda pair: _badness(measure, pairs[pair]))
            tables += _confusion(c, worst, raters, names)
    if c.apart:
        tables.append(worst_items(c))
    return tuple(tables)


def _badness(measure: str, value: Number | None) -> tuple[bool, Fraction]:
    """Orders values from bad to good, an undefined one first of all."""
    if value is None:
        return False, Fraction(0)
    return True, -Fraction(value) if measure in measures.ERRORS else Fraction(value)


def _ratings(c: Comparison) -> Table:
    """How many items and labels, and what was left aside."""
    rows: tuple[Row, ...] = (
        ("items", c.items),
        ("items-with-two-or-more-ratings", c.pairable),
        ("ratings", int(c.labels_of.sum())),
        ("raters", len(c.raters)),
        ("items-apart", c.failing.count),
        ("labels-of-another-kind", c.other_kind),
        ("labels-without-item-or-rater", c.unidentified),
    )
    return Table("ratings", ("quantity", "value"), rows)


def _value(c: Comparison, measure: str, at: np.ndarray) -> Number | None:
    """The measure over some joints; None where it has none."""
    try:
        return measures.AGREEMENT[measure](c, at).value(c.weight)
    except Undefined:
        return None


def _pairs(c: Comparison, measure: str) -> dict[tuple[int, int], Number | None]:
    return {pair: _value(c, measure, c.of_pair(pair)) for pair in c.pairs()}


def _per_pair(
    c: Comparison, measure: str, raters: tuple[str, ...], pairs: dict[tuple[int, int], Number | None]
) -> Table:
    """Each pair of raters with items in common, the worst first.

    Items that both drew alike to the last digit are counted: of hands that drew apart they are few, of a copy all.
    """
    error = measure in measures.ERRORS
    alike = (c.common > 0) & (2 * c.common == c.many_left + c.many_right) & (c.alike == ONE * c.common)
    rows = []
    for pair in sorted(pairs, key=lambda pair: (_badness(measure, pairs[pair]), pair)):
        at = c.of_pair(pair)
        total = (int(part[at].sum()) for part in (c.many_left, c.many_right, c.common))
        drawn = () if error else (int(alike[at].sum()),)
        rows.append((raters[pair[0]], raters[pair[1]], int(at.size), *total, *drawn, pairs[pair]))
    common = ("edits",) if error else ("matched", "items-drawn-alike")
    columns = ("rater", "other-rater", "items", "labels-of-rater", "labels-of-other", *common, measure)
    return Table("per-pair", columns, tuple(rows))


def _per_rater(c: Comparison, measure: str, raters: tuple[str, ...]) -> Table:
    """Each rater's labels, and the share of them in common with others (or the edits) on items that both did."""
    rows = []
    for code, name in enumerate(raters):
        left, right = np.flatnonzero(c.left == code), np.flatnonzero(c.right == code)
        at = np.concatenate([left, right])
        own = int(c.many_left[left].sum() + c.many_right[right].sum())
        others = int(c.many_right[left].sum() + c.many_left[right].sum())
        common = int(c.common[at].sum())
        share = Fraction(2 * common, own + others) if own + others else None
        rows.append((name, int(c.labels_of[code]), int(np.unique(c.unit[at]).size), own, others, common, share))
    error = measure in measures.ERRORS
    common_name, share_name = ("edits", "error-rate") if error else ("matched", "f1")
    columns = ("rater", "labelled", "shared", "labels-of-rater", "labels-of-other", common_name, share_name)
    return Table("per-rater", columns, tuple(rows))


def _class_names(c: Comparison) -> Mapping[int, str]:
    """Classes as tables may show them, by the labels that bear them."""
    borne: Counter[int] = Counter()
    for (_, _, x, y), n in c.cells.items():
        for label in (x, y):
            borne[label] += n
    return {k: public(c.labels[k], borne[k]) for k in sorted(borne) if k != NONE}


def _per_class(c: Comparison, names: Mapping[int, str]) -> Table:
    """Each class's labels in all pairs, how many have a match, one of the same class, and the F1 of those."""
    labels: Counter[int] = Counter()
    matched: Counter[int] = Counter()
    same: Counter[int] = Counter()
    for (_, _, x, y), count in c.cells.items():
        for label in (x, y):
            labels[label] += count
            matched[label] += count if NONE not in {x, y} else 0
            same[label] += count if x == y else 0
    rows = [(name, labels[k], matched[k], same[k], Fraction(same[k], labels[k])) for k, name in names.items()]
    return Table("per-class", ("class", "labels", "matched", "same-class", "f1"), tuple(rows))


def _confusion(c: Comparison, pair: tuple[int, int], raters: tuple[str, ...], names: Mapping[int, str]) -> list[Table]:
    """The worst pair's classes crossed, with what is unmatched."""
    cells = {(x, y): n for (a, b, x, y), n in c.cells.items() if (a, b) == pair}
    corner = " \\ ".join(raters[code] for code in pair)
    return _crossed(cells, {k: name for k, name in names.items() if any(k in cell for cell in cells)}, corner)


def _crossed(cells: Mapping[tuple[int, int], int], names: Mapping[int, str], corner: str) -> list[Table]:
    """One set of labels against another; none of too many classes."""
    if len(names) > MOST_CLASSES_CROSSED or not names:
        return []
    rows = tuple[Row, ...](
        (name, *(cells.get((x, y), 0) for y in (*names, NONE))) for x, name in (*names.items(), (NONE, "(none)"))
    )
    return [Table("confusion", (corner, *names.values(), "(none)"), rows)]


def accuracy_tables(
    c: Comparison, measure: str, declared: Collection[str], detections: Detections | None, scored: int
) -> tuple[Table, ...]:
    """Every table of a comparison with gold, in the order of the report."""
    raters = tuple(public(n, int(k), declared) for n, k in zip(c.raters, c.labels_of.tolist(), strict=True))
    tables = [_gold(c, None if detections is None else scored)]
    if c.unit.size:
        tables.append(_raters_against_gold(c, measure, raters))
        if c.cells:
            tables += _classes_against_gold(c, detections)
    if c.apart:
        tables.append(worst_items(c))
    return tuple(tables)


def _gold(c: Comparison, scored: int | None) -> Table:
    """How much gold there is, and what was left aside."""
    gold = {unit: int(many) for unit, many in zip(c.unit.tolist(), c.many_left.tolist(), strict=True)}
    rows: list[Row] = [
        ("gold-items", len(gold)),
        ("gold-labels", sum(gold.values())),
        ("labels-on-gold-items", int(c.many_right.sum())),
        ("gold-items-without-label", int((c.right == NOBODY).sum())),
        ("items-apart", c.failing.count),
        ("labels-of-another-kind", c.other_kind),
        ("labels-without-item-or-rater", c.unidentified),
    ]
    if scored is not None:
        rows.append(("scored-labels", scored))
    return Table("labels", ("quantity", "value"), tuple(rows))


def _raters_against_gold(c: Comparison, measure: str, raters: tuple[str, ...]) -> Table:
    """Each rater on the items with gold that this rater labelled."""
    rows = []
    for code in np.unique(c.right).tolist():
        at = np.flatnonzero(c.right == code)
        name = "(none)" if code == NOBODY else raters[code]
        gold, given, common = (int(part[at].sum()) for part in (c.many_left, c.many_right, c.common))
        own: list[Number | None]
        if measure in measures.ERRORS:
            own = [_share(common, gold)]
        else:
            right = sum(n for (_, b, x, y), n in c.cells.items() if b == code and x == y)
            own = [right, _share(right, given), _share(right, gold), _share(2 * right, gold + given)]  # type: ignore[list-item]
        rows.append((name, int(at.size), gold, given, common, *own))
    more = ("edits", "error-rate") if measure in measures.ERRORS else ("matched", "right", "precision", "recall", "f1")
    return Table("per-rater", ("rater", "shared", "gold-labels", "labelled", *more), tuple(rows))


def _share(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole else None


def _classes_against_gold(c: Comparison, detections: Detections | None) -> list[Table]:
    """Precision, recall and F1 by class, who is taken for whom, and average precision."""
    gold: Counter[int] = Counter()
    given: Counter[int] = Counter()
    right: Counter[int] = Counter()
    crossed: Counter[tuple[int, int]] = Counter()
    for (_, _, x, y), n in c.cells.items():
        gold[x] += n
        given[y] += n
        crossed[x, y] += n
        right[x] += n if x == y else 0
    names = _class_names(c)
    rows = tuple[Row, ...](
        (name, gold[k], given[k], right[k], _share(right[k], given[k]), _share(right[k], gold[k]), _share(2 * right[k], gold[k] + given[k]))
        for k, name in names.items()
    )  # fmt: skip
    columns = ("class", "gold", "labelled", "right", "precision", "recall", "f1")
    tables = [Table("per-class", columns, rows), *_crossed(crossed, names, "gold \\ label")]
    if detections is not None:
        tables.append(_average_precision(detections, c, names))
    return tables


def _average_precision(d: Detections, c: Comparison, names: Mapping[int, str]) -> Table:
    """By class of gold: average precision at the first threshold and over all."""
    weight = np.ones(c.items)
    rows = []
    for label, one in ranked(d).items():
        found = one.precision(weight)
        if found is not None:
            rows.append(
                (names[label], int(one.gold_unit.size), int(one.unit.size), rounded(found[0]), rounded(found.mean()))
            )
    columns = ("class", "gold", "labelled", "average-precision-50", "average-precision")
    return Table("average-precision", columns, tuple(sorted(rows, key=lambda row: (row[4], row[0]))))


def worst_items(c: Comparison) -> Table:
    """The items that are furthest apart: where their first label stands."""
    rows = tuple[Row, ...]((a.file, a.pointer, a.raters, a.labels, a.score) for a in c.apart)
    return Table("worst-items", ("file", "pointer", "raters", "labels", "score"), rows)
