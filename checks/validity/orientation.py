"""On which side of a line a point lies, exactly, for arrays of float64 coordinates.

The determinant is computed in floating point and believed only beyond Shewchuk's error bound ("Adaptive precision
floating-point arithmetic and fast robust geometric predicates", 1997, the static filter of orient2d), or where the
coordinates are so short that nothing was rounded; what remains is computed with fractions.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import numpy as np

_HALF_ULP = 2.0**-53
_FILTER = (3 + 16 * _HALF_ULP) * _HALF_ULP
_SMALLEST = 1e-280
"""Products below may have lost digits to underflow."""

_STEPS, _LONGEST = 8.0, 2.0**22
"""Multiples of 1/8 up to this magnitude (in eighths) have products and sums that float64 holds exactly."""


class Points(NamedTuple):
    """Coordinates of n points, float64 [n] each."""

    x: np.ndarray
    y: np.ndarray


def orientation(a: Points, b: Points, c: Points) -> np.ndarray:
    """Sign of (b - a) x (c - a), int8 [n]: 1 where c lies left of the line from a to b, -1 right, 0 on it."""
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        left = (b.x - a.x) * (c.y - a.y)
        right = (b.y - a.y) * (c.x - a.x)
        det = left - right
        size = np.abs(left) + np.abs(right)
        sure = (np.abs(det) > _FILTER * size) & (size > _SMALLEST) & np.isfinite(det)
    signs = np.where(sure, np.sign(det), 0).astype(np.int8)
    unsure = np.flatnonzero(~sure)
    if unsure.size:
        parts = [Points(p.x[unsure], p.y[unsure]) for p in (a, b, c)]
        short, flat = _short(parts), _flat(*parts)
        signs[unsure[short]] = np.sign(det[unsure[short]]).astype(np.int8)
        for i in np.flatnonzero(~(short | flat)).tolist():
            signs[unsure[i]] = _exactly([Fraction(float(v[i])) for p in parts for v in p])
    return signs


def _short(parts: list[Points]) -> np.ndarray:
    """Where all coordinates are whole eighths of moderate size, bool [n]."""
    short = np.ones(len(parts[0].x), dtype=bool)
    for values in (v for p in parts for v in p):
        small = np.abs(values) < _LONGEST / _STEPS
        steps = np.where(small, values, 0.5 / _STEPS) * _STEPS
        short &= steps == np.rint(steps)
    return short


def _flat(a: Points, b: Points, c: Points) -> np.ndarray:
    """Where the points lie on one line at a glance: two are the same, or all have one x or one y, bool [n]."""
    ab, ac, bc = ((p.x == q.x, p.y == q.y) for p, q in ((a, b), (a, c), (b, c)))
    flat: np.ndarray = (ab[0] & ab[1]) | (ac[0] & ac[1]) | (bc[0] & bc[1]) | (ab[0] & ac[0]) | (ab[1] & ac[1])
    return flat


def _exactly(flat: list[Fraction]) -> int:
    ax, ay, bx, by, cx, cy = flat
    det = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    return (det > 0) - (det < 0)
