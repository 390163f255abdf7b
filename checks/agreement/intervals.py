"""95 % confidence intervals of agreement coefficients over items drawn from a large population of items.

Delta method: the variance of a coefficient is that of its linearisation over items (Fleiss, Cohen & Everitt 1969 for
kappa; Gwet 2008, 2014, 2021 for all of them): n / (n - 1) * sum over items of influence^2, centred, with Student's t of
n - 1 degrees of freedom, as Gwet does. Raters are taken as given. It needs the gradient in every feature; where a
coefficient has too many, a Poisson bootstrap over units takes its place, whose weights come from a counter-based hash of
(unit, replicate): no generator, no order, no seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from math import exp, fsum, lgamma, log, sqrt

import numpy as np

from checks.agreement.sums import Coefficient
from checks.kernel import Interval, rounded
from checks.statistics.student import half_width
from checks.statistics.undefined import Undefined

LEVEL = "0.95"
MOST_FEATURES = 4096
REPLICATES = 999
_BOUND_DIGITS = Decimal("0.000001")


def interval(
    parts: Sequence[Coefficient], weight: np.ndarray, value: float, lowest: float, highest: float | None = 1
) -> Interval | None:
    """The interval of the mean of `parts` over units with `weight` items, cut to [lowest, highest] (None: no end).

    None where fewer than two items carry information. Bounds are given to six decimals.
    """
    informative = np.zeros(weight.size, dtype=bool)
    for part in parts:
        informative[part.sums.unit] = True
    n = int(weight[informative].sum())
    if n < 2:
        return None
    lowest = min(lowest, value)
    if max(part.sums.features for part in parts) <= MOST_FEATURES:
        half = half_width(n - 1) * standard_error(parts, weight, informative)
        method = f"delta method over {n} items, Student t with {n - 1} degrees of freedom"
        return Interval(bound(value - half, lowest, highest), bound(value + half, lowest, highest), LEVEL, method)
    replicates = sorted(_replicates(parts, weight))
    if len(replicates) < REPLICATES // 2:
        return None
    return percentiles(replicates, n, REPLICATES, lowest, highest)


def percentiles(
    replicates: Sequence[float], n: int, drawn: int, lowest: float = 0, highest: float | None = 1
) -> Interval:
    """The interval of sorted replicates of a bootstrap over `n` items, of which `drawn` were made."""
    low, high = (_percentile(replicates, share) for share in (0.025, 0.975))
    method = f"Poisson bootstrap over {n} items, {len(replicates)} of {drawn} replicates, percentiles"
    return Interval(bound(low, lowest, highest), bound(high, lowest, highest), LEVEL, method)


def standard_error(parts: Sequence[Coefficient], weight: np.ndarray, informative: np.ndarray) -> float:
    """Of the mean of `parts`, by the delta method."""
    influence = np.zeros(weight.size)
    for part in parts:
        influence += part.influence(weight)
    influence /= len(parts)
    w = weight.astype(np.float64)
    n = fsum(w[informative])
    centre = fsum(w[informative] * influence[informative]) / n
    squares = fsum(w[informative] * (influence[informative] - centre) ** 2)
    return sqrt(squares * n / (n - 1))


def bound(x: float, lowest: float, highest: float | None) -> Decimal:
    """Six decimals: more would differ between machines' floating-point libraries."""
    within = max(x, lowest) if highest is None else min(max(x, lowest), highest)
    return rounded(Decimal(within).quantize(_BOUND_DIGITS))


def _percentile(ordered: Sequence[float], share: float) -> float:
    """Of B sorted replicates the one at rank share * (B + 1)."""
    rank = round(share * (len(ordered) + 1))
    return ordered[min(max(rank, 1), len(ordered)) - 1]


def _replicates(parts: Sequence[Coefficient], weight: np.ndarray) -> list[float]:
    """The mean of `parts` under replicate weights; replicates where it is undefined are left out."""
    values = []
    for replicate in range(REPLICATES):
        drawn = poisson_weights(weight, replicate)
        try:
            values.append(fsum(part.replicate(drawn) for part in parts) / len(parts))
        except Undefined:
            continue
    return values


def poisson_weights(weight: np.ndarray, replicate: int) -> np.ndarray:
    """For each unit of w items a Poisson(w) count, a pure function of the unit's place in canonical order and replicate."""
    uniform = _uniform(np.arange(weight.size, dtype=np.uint64), replicate)
    drawn = np.zeros(weight.size)
    for items in np.unique(weight):
        same = weight == items
        first, cumulative = _poisson_table(int(items))
        drawn[same] = first + np.searchsorted(cumulative, uniform[same], side="right")
    return drawn


def _poisson_table(mean: int) -> tuple[int, np.ndarray]:
    """The first count worth naming and the cumulative probabilities from it on."""
    if mean == 0:
        return 0, np.ones(1)
    spread = 10 * sqrt(mean) + 20
    first, last = max(int(mean - spread), 0), int(mean + spread)
    mass = [exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(first, last + 1)]
    return first, np.cumsum(mass)


def _uniform(unit: np.ndarray, replicate: int) -> np.ndarray:
    """In (0, 1), by SplitMix64's finaliser (Steele, Lea & Flood 2014) over the two counters."""
    stream = _mix(np.full(1, replicate + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    z = _mix(stream + (unit + np.uint64(1)) * np.uint64(0xD1B54A32D192ED03))
    return ((z >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53


def _mix(z: np.ndarray) -> np.ndarray:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31)))
