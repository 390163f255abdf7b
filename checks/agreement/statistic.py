"""One agreement statistic of one set of ratings: its value with interval, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from functools import cached_property

import numpy as np

from checks.agreement import coefficients
from checks.agreement.coefficients import PAIRWISE, WEIGHTED, Level, Name, Profiles, Weights
from checks.agreement.counting import occurring
from checks.agreement.distances import Nominal
from checks.agreement.intervals import interval
from checks.agreement.label_sets import SetDistance, set_of
from checks.agreement.scale import Scale, scale_of
from checks.agreement.sums import Coefficient
from checks.agreement.units import Ratings
from checks.kernel import Interval, Metric, Number, rounded
from checks.masking import public
from checks.statistics.undefined import Undefined

MOST_PAIRED_RATERS = 100
"""Beyond this many raters (4,950 pairs) a mean over pairs is undefined: an alpha or AC serves crowds."""

Joint = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True, slots=True)
class Method:
    """What the contract asks for. `categories` are texts in order; `weights` only where the coefficient has them."""

    coefficient: Name
    level: Level = "nominal"
    weights: Weights | None = None
    categories: tuple[str, ...] | None = None

    @property
    def numeric(self) -> bool:
        """Must labels be numbers? Always for interval and ratio, else where order has no other source."""
        ordered = self.level != "nominal" or self.coefficient in WEIGHTED
        return self.level in {"interval", "ratio"} or (ordered and self.categories is None)

    @property
    def lowest(self) -> int:
        """The least value it can take."""
        return 0 if self.coefficient == "percent-agreement" else -1


def _public(names: Sequence[str], counts: np.ndarray, named: Collection[str]) -> tuple[str, ...]:
    return tuple(public(name, int(n), named) for name, n in zip(names, counts, strict=True))


@dataclass(frozen=True)
class Rated:
    """Ratings on their scale, and what several statistics of them share."""

    ratings: Ratings
    scale: Scale

    @classmethod
    def of(cls, ratings: Ratings, method: Method) -> Rated:
        """Raises Undefined unknown-category, not-a-number."""
        scale = scale_of(ratings.observed(), method.categories, numeric=method.numeric)
        if method.coefficient == "masi-alpha":
            scale = replace(scale, sets=tuple(set_of(text) for text in scale.labels))
        return cls(ratings.on(scale), scale)

    @property
    def pairable(self) -> int:
        """Items with two or more ratings."""
        return int(self.ratings.weight[self.profiles.pairable].sum())

    def shown(self, named: Collection[str], *, raters: Collection[str]) -> Rated:
        """The same with labels, raters and groups as tables may show them; `named` and `raters` stand in the contract."""
        r = self.ratings
        weight = r.weight[r.unit]
        labels = _public(r.labels, np.bincount(r.label, weight, minlength=len(r.labels)), named)
        names = _public(r.raters, np.bincount(r.rater, weight, minlength=len(r.raters)), raters)
        sizes = np.bincount(r.group, r.weight, minlength=len(r.groups))
        groups = tuple(g and public(g, int(n)) for g, n in zip(r.groups, sizes, strict=True))
        return Rated(replace(r, labels=labels, raters=names, groups=groups), replace(self.scale, labels=labels))

    def of_group(self, group: int) -> Rated:
        """One group, on the scale of all."""
        return Rated(self.ratings.of_group(group), self.scale)

    @cached_property
    def profiles(self) -> Profiles:
        """Label counts by unit."""
        return Profiles(self.ratings, self.scale)

    @cached_property
    def joint(self) -> dict[tuple[int, int], Joint]:
        """Both raters' labels per pair of raters; empty for crowds."""
        return coefficients.joint_ratings(self.ratings) if len(self.ratings.raters) <= MOST_PAIRED_RATERS else {}

    @cached_property
    def tables(self) -> dict[tuple[int, int], tuple[Joint, np.ndarray]]:
        """The contingency table of each of these pairs: its cells as units, and the items in them."""
        q, weight = self.scale.size, self.ratings.weight
        return {pair: coefficients.contingency(both, weight, q) for pair, both in self.joint.items()}

    @cached_property
    def raters_used(self) -> int:
        """Raters with a rating."""
        return int(occurring(self.ratings.rater, len(self.ratings.raters)).size)

    @cached_property
    def labels_used(self) -> int:
        """Labels that some rating has."""
        return int(occurring(self.ratings.label, len(self.ratings.labels)).size)

    def refusal(self) -> str | None:
        """Why no coefficient is defined whatever its formula, most basic reason first."""
        r = self.ratings
        if not r.items:
            return "empty"
        if not r.unit.size:
            return "no-ratings"
        if self.raters_used < 2:
            return "one-rater"
        pairable = int(r.weight[self.profiles.pairable].sum())
        return {0: "no-pairable-items", 1: "one-item"}.get(pairable)

    def one_class(self) -> bool:
        """Do all ratings name one class?"""
        return self.labels_used == 1


@dataclass(frozen=True, slots=True)
class Statistic:
    """`value` or `undefined`, one of them."""

    value: Number | None = None
    undefined: str | None = None
    interval: Interval | None = None

    def metric(self, name: str) -> Metric:
        """As the check's metric."""
        return Metric(name, self.value, self.undefined, interval=self.interval)


def measure(rated: Rated, method: Method, *, with_interval: bool = True) -> Statistic:
    """The statistic of `rated` by `method`."""
    refused = rated.refusal()
    if refused is not None:
        return Statistic(undefined=refused)
    if rated.one_class() and method.coefficient != "percent-agreement":
        return Statistic(undefined="one-class")
    weight = rated.ratings.weight
    try:
        parts = [] if method.coefficient in PAIRWISE else _parts(rated, method)
        whole = [(part, weight) for part in parts] or pair_tables(rated, method).values()
        value = mean([part.value(items) for part, items in whole])
    except Undefined as why:
        return Statistic(undefined=why.reason)
    if not with_interval:
        return Statistic(value)
    return Statistic(value, interval=interval(parts or _parts(rated, method), weight, float(value), method.lowest))


def _parts(rated: Rated, method: Method) -> list[Coefficient]:
    """The coefficients whose mean is asked for: one, or one per pair of raters."""
    if method.coefficient in PAIRWISE:
        make = _pairwise(rated, method)
        return [make(both) for both in rated.joint.values()]
    q = rated.scale.size
    match method.coefficient:
        case "percent-agreement":
            return [coefficients.percent_agreement(rated.profiles)]
        case "fleiss-kappa":
            return [coefficients.fleiss_kappa(rated.profiles)]
        case "gwet-ac1":
            return [coefficients.gwet_ac(rated.profiles, Nominal())]
        case "gwet-ac2":
            assert method.weights is not None
            return [coefficients.gwet_ac(rated.profiles, coefficients.rank_distance(method.weights, q))]
        case "masi-alpha":
            return [coefficients.alpha_of_distance(rated.profiles, SetDistance.of(rated.scale.sets or ()))]
        case _:
            return [coefficients.krippendorff_alpha(rated.profiles, method.level)]


def pair_tables(rated: Rated, method: Method) -> dict[tuple[int, int], tuple[Coefficient, np.ndarray]]:
    """A pairwise coefficient per pair of raters with items in common, over the cells of their table, with their items.

    Raises Undefined where there is no pair.
    """
    make = _pairwise(rated, method)
    return {pair: (make(cells), items) for pair, (cells, items) in rated.tables.items()}


def _pairwise(rated: Rated, method: Method) -> Callable[[Joint], Coefficient]:
    """The coefficient of two raters' labels. Raises Undefined where no pair has any in common."""
    if len(rated.ratings.raters) > MOST_PAIRED_RATERS:
        raise Undefined("too-many-raters")
    if not rated.joint:
        raise Undefined("no-pairable-items")
    q = rated.scale.size
    if method.coefficient == "scott-pi":
        return lambda both: coefficients.scott_pi(both, q)
    weights = method.weights if method.coefficient == "weighted-cohen-kappa" else None
    distance = Nominal() if weights is None else coefficients.rank_distance(weights, q)
    return lambda both: coefficients.cohen_kappa(both, q, distance)


def mean(values: Iterable[Number]) -> Number:
    """The exact mean; of more than 64 values, whose common denominator explodes, rounded from 50 digits."""
    listed = list(values)
    if len(listed) == 1:
        return listed[0]
    if len(listed) <= 64 and all(isinstance(v, Fraction) for v in listed):
        return sum((Fraction(v) for v in listed), Fraction(0)) / len(listed)
    with localcontext(Context(prec=50)):
        exact = (Fraction(v) for v in listed)
        total = sum((Decimal(v.numerator) / Decimal(v.denominator) for v in exact), Decimal(0))
        return rounded(total / len(listed))
