"""Tail probabilities of distributions, without a library that takes a tenth of a second to load."""

from __future__ import annotations

from math import erfc, exp, log, pi, sqrt


def chi_square_tail(freedom: int, x: float) -> float:
    """Probability that a chi-square variable of `freedom` (whole, at least 1) is larger than `x`, which is not negative.

    Q(freedom / 2, x / 2) as a finite sum of positive terms (Abramowitz and Stegun 1964, 26.4.4 and 26.4.5), built up by
    ratios from the largest term's scale, so that nothing overflows.
    """
    half = x / 2
    if freedom % 2:
        total, term, order = erfc(sqrt(half)), 2 * sqrt(half / pi), 0.5
    else:
        total, term, order = 0.0, 1.0, 0.0
    sums, scale = 0.0, -half
    for _ in range((freedom - freedom % 2) // 2):
        sums += term
        order += 1
        term *= half / order
        if term > 1e200:
            sums, term, scale = sums * 1e-200, term * 1e-200, scale + 460.51701859880916
    return min(1.0, total + (exp(log(sums) + scale) if sums else 0.0))
