"""Student's t distribution with whole degrees of freedom, to twelve digits, without loading a statistics library.

Distribution: the finite series of Abramowitz & Stegun (1964) 26.7.3-4. Quantile: Newton's method on it; for many degrees
of freedom the asymptotic expansion 26.7.5 about the normal quantile, whose first omitted term is below 1e-13 there.
"""

from __future__ import annotations

from math import atan2, cos, exp, lgamma, log1p, pi, sin, sqrt

TWO_SIDED = 0.95
NORMAL = 1.9599639845400542
"""The normal quantile at 0.975."""

_MANY = 1000
_STEPS = 60


def half_width(freedom: int) -> float:
    """The t below which |T| lies with probability TWO_SIDED: the quantile at 0.975. `freedom` is at least 1."""
    if freedom >= _MANY:
        return _expanded(freedom)
    t = NORMAL
    for _ in range(_STEPS):  # from below on a concave function: each step comes nearer and none goes too far
        step = (within(t, freedom) - TWO_SIDED) / (2 * _density(t, freedom))
        t -= step
        if abs(step) < 1e-13 * t:
            break
    return t


def _expanded(freedom: int) -> float:
    z = NORMAL
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / float(freedom) ** (i + 1) for i, term in enumerate(terms))


def within(t: float, freedom: int) -> float:
    """The probability that |T| is at most `t`, which is not negative."""
    theta = atan2(t, sqrt(freedom))
    odd, squared = freedom % 2, cos(theta) ** 2
    term = sin(theta) * (cos(theta) if odd else 1.0)
    total = 0.0
    for k in range(odd + 1, freedom, 2):
        total += term
        term *= squared * k / (k + 1)
    return (theta + total) * 2 / pi if odd else total


def _density(t: float, freedom: int) -> float:
    scale = exp(lgamma((freedom + 1) / 2) - lgamma(freedom / 2)) / sqrt(freedom * pi)
    return scale * exp(-(freedom + 1) / 2 * log1p(t * t / freedom))
