"""Detail tables of an agreement: by class, rater and pair of raters, who confuses what, and other coefficients beside."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from checks.agreement import coefficients
from checks.agreement.coefficients import PAIRWISE, Profiles
from checks.agreement.distances import add_up
from checks.agreement.statistic import Method, Rated, Statistic, measure, pair_tables
from checks.agreement.sums import Sums, Term
from checks.kernel import Number, Table
from checks.statistics.undefined import Undefined

MOST_CLASSES_CROSSED = 50
"""Confusion tables of more classes than this are left out: nobody reads 2,500 cells."""

_BESIDE = (
    Method("percent-agreement"),
    Method("cohen-kappa"),
    Method("scott-pi"),
    Method("fleiss-kappa"),
    Method("krippendorff-alpha"),
    Method("gwet-ac1"),
)


Row = tuple[str | int | Number | None, ...]


def all_tables(rated: Rated, method: Method) -> tuple[Table, ...]:
    """Every table that these ratings allow, in the order of the report."""
    return tuple(_tables(rated, method))


def _tables(rated: Rated, method: Method) -> Iterator[Table]:
    yield ratings_table(rated)
    yield coefficients_table(rated, method)
    if rated.refusal() is None:
        together = _Coincidences(rated)
        yield together.per_class()
        if len(rated.ratings.raters) == 2:
            yield _confusion(rated)
        elif rated.scale.size <= MOST_CLASSES_CROSSED:
            yield together.confusion()
        yield per_rater(rated)
        if rated.joint:
            yield per_pair(rated, method)


def ratings_table(rated: Rated) -> Table:
    """How many items, with how many ratings, and how many of them unanimous."""
    r, p = rated.ratings, rated.profiles
    most = int(p.m.max(initial=0))
    kinds = np.bincount(p.unit, minlength=r.weight.size)
    pairable = int(r.weight[p.pairable].sum())
    unanimous = int(r.weight[(p.m >= 2) & (kinds == 1)].sum())
    rows = (
        ("items", r.items),
        ("items-with-two-or-more-ratings", pairable),
        ("items-with-fewer-ratings-than-others", int(r.weight[p.m < most].sum())),
        ("items-without-rating", int(r.weight[p.m == 0].sum())),
        ("ratings", int((p.m * r.weight).sum())),
        ("raters", rated.raters_used),
        ("classes", rated.labels_used),
        ("unanimous-items", unanimous),
        ("unanimous-share", Fraction(unanimous, pairable) if pairable else None),
    )
    return Table("ratings", ("quantity", "value"), rows)


def coefficients_table(rated: Rated, method: Method) -> Table:
    """The demanded coefficient and the nominal ones beside it: kappa and alpha mislead where one class prevails."""
    others = [m for m in _BESIDE if (m.coefficient, m.level) != (method.coefficient, method.level)]
    rows = [_coefficient_row(m, measure(rated, m, with_interval=False)) for m in (method, *others)]
    return Table("coefficients", ("coefficient", "level", "weights", "value", "undefined"), tuple(rows))


def _coefficient_row(m: Method, s: Statistic) -> Row:
    return m.coefficient, m.level, m.weights, s.value, s.undefined


class _Coincidences:
    """Krippendorff's coincidence matrix: o_ck, each unit's ordered pairs counted 1 / (m - 1); exact."""

    def __init__(self, rated: Rated) -> None:
        found = coefficients.coincidences(rated.profiles)
        exact = found.sums.exact(rated.ratings.weight)
        q = rated.scale.size
        self.labels = rated.scale.labels
        self.totals: list[Fraction] = [Fraction(n) for n in exact[:q]]
        self.apart = {
            (c, k): Fraction(o) / 2 for c, k, o in zip(found.low.tolist(), found.high.tolist(), exact[q:], strict=True)
        }
        self.same = list(self.totals)
        for (c, k), o in self.apart.items():
            self.same[c] -= o
            self.same[k] -= o
        r = rated.ratings
        self.ratings = add_up(r.label, r.weight[r.unit], q)

    def per_class(self) -> Table:
        """Ratings, share, the chance that a second rater agrees (specific agreement), and the class's own alpha."""
        n, every = sum(self.totals), int(self.ratings.sum())
        rows = []
        for label, count, total, same in zip(self.labels, self.ratings.tolist(), self.totals, self.same, strict=True):
            specific = same / total if total else None
            alpha = 1 - (n - 1) * (total - same) / (total * (n - total)) if total and n != total else None
            rows.append((label, count, Fraction(count, every), specific, alpha))
        return Table("per-class", ("class", "ratings", "share", "specific-agreement", "alpha"), tuple(rows))

    def confusion(self) -> Table:
        """The matrix; symmetric."""
        q = range(len(self.labels))
        rows = tuple[Row, ...]((self.labels[c], *(self._cell(c, k) for k in q)) for c in q)
        return Table("confusion", ("coincidences", *self.labels), rows)

    def _cell(self, c: int, k: int) -> Fraction:
        return self.same[c] if c == k else self.apart.get((min(c, k), max(c, k)), Fraction(0))


def _confusion(rated: Rated) -> Table:
    """Two raters' contingency table: rows the first's labels, columns the second's."""
    unit, first, second = rated.joint[0, 1]
    q = rated.scale.size
    counts = add_up(first * q + second, rated.ratings.weight[unit], q * q).reshape(q, q)
    labels = rated.scale.labels
    rows = tuple[Row, ...]((label, *row) for label, row in zip(labels, counts.tolist(), strict=True))
    return Table("confusion", (" \\ ".join(rated.ratings.raters), *labels), rows)


def per_rater(rated: Rated) -> Table:
    """Each rater's ratings, agreement with the others on the same items, and with the others' majority where they have one."""
    r, p = rated.ratings, rated.profiles
    raters = len(r.raters)
    weight = r.weight[r.unit]
    times = _times_of_ratings(p)
    paired = p.m[r.unit] >= 2
    with_others = Sums(raters, [Term(r.unit[paired], r.rater[paired], times[paired] - 1, p.m[r.unit][paired] - 1)])
    agreed, decided = _against_majority(p, times)
    count, of_pairs, of_decided, of_agreed = (
        add_up(r.rater, weight * which, raters).tolist() for which in (np.ones_like(paired), paired, decided, agreed)
    )
    shares = with_others.exact(r.weight)
    rows = tuple(
        (
            name,
            count[j],
            of_pairs[j],
            Fraction(shares[j]) / of_pairs[j] if of_pairs[j] else None,
            of_decided[j],
            Fraction(of_agreed[j], of_decided[j]) if of_decided[j] else None,
        )
        for j, name in enumerate(r.raters)
    )
    columns = ("rater", "ratings", "shared", "agreement-with-others", "majorities", "agreement-with-majority")
    return Table("per-rater", columns, rows)


def _times_of_ratings(p: Profiles) -> np.ndarray:
    """For each rating, how many ratings of its unit have its label."""
    r, q = p.ratings, max(p.scale.size, 1)
    place = np.searchsorted(p.unit * q + p.label, r.unit * q + r.label)
    return np.asarray(p.times[place])


def _against_majority(p: Profiles, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each rating: does it match the most frequent label of the unit's other ratings; is that label unique?"""
    r, units = p.ratings, p.m.size
    top, runner_up = np.zeros(units, dtype=np.int64), np.zeros(units, dtype=np.int64)
    np.maximum.at(top, p.unit, p.times)
    below = p.times < top[p.unit]
    np.maximum.at(runner_up, p.unit[below], p.times[below])
    tops = np.bincount(p.unit[~below], minlength=units)[r.unit]
    is_top = times == top[r.unit]
    agreed = is_top & (tops == 1) & (times - 1 > runner_up[r.unit])
    against = (~is_top & (tops == 1)) | (is_top & (tops == 2))
    return agreed, agreed | against


def per_pair(rated: Rated, method: Method) -> Table:
    """Each pair of raters with items in common, the worst first: items, share of equal labels, coefficient."""
    shown = method if method.coefficient in PAIRWISE else Method("cohen-kappa")
    r = rated.ratings
    rows = []
    for (a, b), (coefficient, weight) in pair_tables(rated, shown).items():
        (_, first, second), _ = rated.tables[a, b]
        items, same = int(weight.sum()), int(weight[first == second].sum())
        try:
            value: Number | None = coefficient.value(weight)
        except Undefined:
            value = None
        rows.append((r.raters[a], r.raters[b], items, Fraction(same, items), value))
    rows.sort(key=lambda row: (row[4] is not None, row[4] or 0, row[3], row[0], row[1]))
    return Table("per-pair", ("rater", "other-rater", "items", "agreement", shown.coefficient), tuple(rows))
