"""The agreement coefficients, each as linear sums over units and one rational function of them.

All are 1 - Do/De: observed over expected disagreement. They differ in how an item's ratings are averaged and whose
marginal distribution is expected by chance:

- percent agreement: mean over items with two or more ratings of the share of agreeing pairs (Fleiss 1971, eq. 1-2).
- Cohen's kappa (Cohen 1960), weighted (Cohen 1968): two raters, each with their own marginals; the items both rated.
- Scott's pi (Scott 1955): two raters, marginals pooled; the items both rated.
- Fleiss' kappa (Fleiss 1971), for unequal numbers of ratings as generalised in Gwet (2014, ch. 2): observed agreement
  over items with two or more ratings, each category's share the mean over all rated items of its share in the item.
- Gwet's AC1 (Gwet 2008) and AC2 (Gwet 2014, ch. 3): the same observed agreement and shares pi_k; chance agreement
  T_w / (q (q-1)) * sum pi_k (1 - pi_k), q categories, T_w the sum of all weights (q for AC1).
- Krippendorff's alpha (Krippendorff 2004, ch. 11; 2011): coincidences of pairable values, each unit's pairs counted
  1 / (m_u - 1); metric differences nominal, ordinal, interval, ratio.
- MASI alpha: the same over labels that are sets, their difference by Passonneau (2006): checks/agreement/label_sets.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal, get_args

import numpy as np

from checks.agreement.counting import counted, summed
from checks.agreement.distances import Distance, Nominal, RankDistance, SquaredDistance, Vector
from checks.agreement.scale import Scale
from checks.agreement.sums import Coefficient, Sums, Term, quotient
from checks.agreement.units import Ratings
from checks.statistics.undefined import Undefined

Level = Literal["nominal", "ordinal", "interval", "ratio"]
Weights = Literal["linear", "quadratic"]
Name = Literal[
    "percent-agreement",
    "cohen-kappa",
    "weighted-cohen-kappa",
    "scott-pi",
    "fleiss-kappa",
    "krippendorff-alpha",
    "gwet-ac1",
    "gwet-ac2",
    "masi-alpha",
]
NAMES: tuple[Name, ...] = get_args(Name)
PAIRWISE = frozenset({"cohen-kappa", "weighted-cohen-kappa", "scott-pi"})
WEIGHTED = frozenset({"weighted-cohen-kappa", "gwet-ac2"})

_MOST_RATIO_VALUES = 1000
_MOST_EXACT_RATIO_VALUES = 64


@dataclass(frozen=True)
class Profiles:
    """How often each unit got each label: entries (unit, label, times) sorted by unit, label; `m`: ratings per unit."""

    ratings: Ratings
    scale: Scale

    @cached_property
    def _entries(self) -> tuple[np.ndarray, np.ndarray]:
        r = self.ratings
        labels = max(self.scale.size, 1)
        return counted(r.unit * labels + r.label, r.weight.size * labels)

    @cached_property
    def unit(self) -> np.ndarray:
        """Unit of each entry, int64."""
        return self._entries[0] // max(self.scale.size, 1)

    @cached_property
    def label(self) -> np.ndarray:
        """Label of each entry, int64."""
        return self._entries[0] % max(self.scale.size, 1)

    @cached_property
    def times(self) -> np.ndarray:
        """Ratings of the unit with the label, int64."""
        return self._entries[1]

    @cached_property
    def m(self) -> np.ndarray:
        """Ratings per unit, int64 [units]."""
        return self.ratings.per_unit()

    @cached_property
    def pairable(self) -> np.ndarray:
        """Units with two or more ratings, ascending."""
        return np.flatnonzero(self.m >= 2)

    def disagreement(self, distance: Distance, *, per_rating: bool) -> Term:
        """Feature 0: the unit's summed distances over its m (m - 1) ordered pairs, or over m - 1 (`per_rating`)."""
        within = distance.within(self.m.size, self.unit, self.label, self.times)[self.pairable]
        m = self.m[self.pairable]
        return Term(self.pairable, 0, within, m - 1 if per_rating else m * (m - 1))


def percent_agreement(p: Profiles) -> Coefficient:
    """Share of agreeing pairs of ratings, averaged over items with two or more."""
    terms = [p.disagreement(Nominal(), per_rating=False), Term(p.pairable, 1, 1)]
    return Coefficient(Sums(2, terms), lambda s: 1 - quotient(s[0], s[1], "no-pairable-items"))


def _shares(p: Profiles, distance: Distance) -> Sums:
    """Features: disagreement, items with a pair, rated items, then per category the sum of its shares in the items."""
    rated = np.flatnonzero(p.m)
    terms = [
        p.disagreement(distance, per_rating=False),
        Term(p.pairable, 1, 1),
        Term(rated, 2, 1),
        Term(p.unit, 3 + p.label, p.times, p.m[p.unit]),
    ]
    return Sums(3 + p.scale.size, terms)


def fleiss_kappa(p: Profiles) -> Coefficient:
    """1 - Do / (1 - sum pi_k^2)."""

    def formula(s: Vector) -> Any:
        observed = quotient(s[0], s[1], "no-pairable-items")
        return 1 - quotient(observed * s[2] * s[2], Nominal().between(s[3:], s[3:]), "one-class")

    return Coefficient(_shares(p, Nominal()), formula)


def gwet_ac(p: Profiles, distance: Distance) -> Coefficient:
    """AC1 with nominal distances, AC2 with distances of ranks; weights are 1 - d / longest."""
    q = p.scale.size
    if q < 2:
        raise Undefined("one-class")
    ones = np.array([1] * q, dtype=object)
    weights = q * q - Fraction(distance.between(ones, ones)) / distance.longest
    chance, exact_longest = weights / (q * (q - 1)), distance.longest

    def formula(s: Vector) -> Any:
        exact = s.dtype == object
        longest = exact_longest if exact else float(exact_longest)
        observed = quotient(s[0], s[1] * longest, "no-pairable-items")
        spread = quotient(Nominal().between(s[3:], s[3:]), s[2] * s[2], "empty")
        return 1 - quotient(observed, 1 - (chance if exact else float(chance)) * spread, "one-class")

    return Coefficient(_shares(p, distance), formula)


def cohen_kappa(raters: tuple[np.ndarray, np.ndarray, np.ndarray], q: int, distance: Distance) -> Coefficient:
    """Of `raters`: units both rated, the first rater's labels, the second's. 1 - n sum d / sum row col d."""

    def formula(s: Vector) -> Any:
        rows, columns = s[1 : 1 + q], s[1 + q :]
        return 1 - quotient(s[0] * rows.sum(), distance.between(rows, columns), "one-class")

    return Coefficient(_table(raters, q, distance), formula)


def scott_pi(raters: tuple[np.ndarray, np.ndarray, np.ndarray], q: int) -> Coefficient:
    """As Cohen's kappa, but both raters are expected to follow their common distribution."""

    def formula(s: Vector) -> Any:
        pooled = s[1 : 1 + q] + s[1 + q :]
        return 1 - quotient(2 * s[0] * pooled.sum(), Nominal().between(pooled, pooled), "one-class")

    return Coefficient(_table(raters, q, Nominal()), formula)


def _table(raters: tuple[np.ndarray, np.ndarray, np.ndarray], q: int, distance: Distance) -> Sums:
    """Features: disagreement, then row marginals, then column marginals."""
    unit, first, second = raters
    terms = [Term(unit, 0, distance.pair(first, second)), Term(unit, 1 + first, 1), Term(unit, 1 + q + second, 1)]
    return Sums(1 + 2 * q, terms)


def krippendorff_alpha(p: Profiles, level: Level) -> Coefficient:
    """1 - (n - 1) sum o_ck d_ck / sum n_c n_k d_ck over the n pairable values."""
    match level:
        case "nominal":
            return alpha_of_distance(p, Nominal())
        case "interval":
            return alpha_of_distance(p, SquaredDistance(p.scale.integers))
        case "ordinal":
            return _alpha_ordinal(p)
        case "ratio":
            return _alpha_ratio(p)


def _pairable_values(p: Profiles) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unit, label and times of the entries of units with two or more ratings."""
    kept = p.m[p.unit] >= 2
    return p.unit[kept], p.label[kept], p.times[kept]


def alpha_of_distance(p: Profiles, distance: Distance) -> Coefficient:
    """Alpha by a distance that does not depend on the data. Features: disagreement, then n_c."""
    unit, label, times = _pairable_values(p)
    terms = [p.disagreement(distance, per_rating=True), Term(unit, 1 + label, times)]

    def formula(s: Vector) -> Any:
        n = s[1:]
        return 1 - quotient(s[0] * (n.sum() - 1), distance.between(n, n), "one-class")

    return Coefficient(Sums(1 + p.scale.size, terms), formula)


@dataclass(frozen=True)
class Coincidences:
    """Pairs of categories that meet in some unit: features 0..q-1 are n_c, then o_ck + o_kc of pair (low, high)."""

    sums: Sums
    low: np.ndarray
    high: np.ndarray


def coincidences(p: Profiles) -> Coincidences:
    """The coincidences of differing labels; those of equal ones follow from n_c."""
    unit, label, times = _pairable_values(p)
    size = np.bincount(unit, minlength=p.m.size)
    # Entry i of a unit with e entries meets the e - 1 - position entries after it.
    start = np.cumsum(size) - size
    later = start[unit] + size[unit] - np.arange(unit.size) - 1
    first = np.repeat(np.arange(unit.size), later)
    offset = np.arange(first.size) - np.repeat(np.cumsum(later) - later, later)
    second = first + 1 + offset
    keys, pair = np.unique(label[first] * p.scale.size + label[second], return_inverse=True)
    terms = [
        Term(unit, label, times),
        Term(unit[first], p.scale.size + pair, 2 * times[first] * times[second], p.m[unit[first]] - 1),
    ]
    return Coincidences(Sums(p.scale.size + keys.size, terms), keys // p.scale.size, keys % p.scale.size)


def _alpha_ordinal(p: Profiles) -> Coefficient:
    """The ordinal difference (sum of n_g from c to k, less half the ends)^2 is that of the categories' mid-ranks."""
    c = coincidences(p)
    q = p.scale.size

    def formula(s: Vector) -> Any:
        n, together = s[:q], s[q:]
        twice = 2 * np.cumsum(n) - n  # twice the mid-ranks; the factor cancels
        observed = (together * (twice[c.high] - twice[c.low]) ** 2).sum()
        expected = 2 * (n.sum() * (n * twice * twice).sum() - (n * twice).sum() ** 2)
        return 1 - quotient(observed * (n.sum() - 1), expected, "one-class")

    return Coefficient(c.sums, formula)


def _alpha_ratio(p: Profiles) -> Coefficient:
    """Difference ((c - k) / (c + k))^2 of values that are not negative; 0 and 0 differ by 0."""
    scores = p.scale.scores
    assert scores is not None
    if scores and scores[0] < 0:
        raise Undefined("negative-value")
    if len(scores) > _MOST_RATIO_VALUES:
        raise Undefined("too-many-values")
    c = coincidences(p)
    q = p.scale.size
    low, high = np.triu_indices(q, 1)
    few = q <= _MOST_EXACT_RATIO_VALUES
    all_exact, met_exact = (_ratio_differences(scores, *pairs, few=few) for pairs in ((low, high), (c.low, c.high)))
    all_float, met_float = all_exact.astype(np.float64), met_exact.astype(np.float64)

    def formula(s: Vector) -> Any:
        n, together = s[:q], s[q:]
        met, every = (met_exact, all_exact) if s.dtype == object else (met_float, all_float)
        observed = (together * met).sum()
        expected = 2 * (n[low] * n[high] * every).sum()
        return 1 - quotient(observed * (n.sum() - 1), expected, "one-class")

    return Coefficient(c.sums, formula, rational=few)


def _ratio_differences(scores: tuple[Fraction, ...], low: np.ndarray, high: np.ndarray, *, few: bool) -> np.ndarray:
    """Exact differences; of many values, whose common denominator explodes, whole multiples of 10^-40."""
    out = np.empty(low.size, dtype=object)
    for i, (a, b) in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
        difference = ((scores[a] - scores[b]) / (scores[a] + scores[b])) ** 2
        out[i] = difference if few else round(difference * 10**40)
    return out


def rank_distance(weights: Weights, q: int) -> Distance:
    """Distances that the weights 1 - d / longest over q ranked categories come from."""
    return RankDistance(q) if weights == "linear" else SquaredDistance(tuple(range(q)))


def joint_ratings(r: Ratings) -> dict[tuple[int, int], tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """For each pair of raters (first < second) with items in common: those units, and the label each gave."""
    order = np.argsort(r.rater, kind="stable")
    bounds = np.searchsorted(r.rater[order], np.arange(len(r.raters) + 1))
    mine = [order[a:b] for a, b in pairwise(bounds)]
    found = {}
    label_of = np.full(r.weight.size, -1, dtype=np.int64)
    for a in range(len(r.raters)):
        label_of[r.unit[mine[a]]] = r.label[mine[a]]
        for b in range(a + 1, len(r.raters)):
            first = label_of[r.unit[mine[b]]]
            both = first >= 0
            if both.any():
                found[a, b] = (r.unit[mine[b]][both], first[both], r.label[mine[b]][both])
        label_of[r.unit[mine[a]]] = -1
    return found


def contingency(both: tuple[np.ndarray, np.ndarray, np.ndarray], weight: np.ndarray, q: int) -> tuple[Any, np.ndarray]:
    """Two raters' units as the cells of their contingency table, in the same form, and the items of each cell.

    A coefficient is the same of both; its interval is not, whose items are units.
    """
    unit, first, second = both
    cells, items = summed(first * q + second, weight[unit], q * q)
    return (np.arange(cells.size), cells // q, cells % q), items
