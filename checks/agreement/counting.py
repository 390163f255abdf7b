"""Distinct whole numbers and their sums: by address where their range is small, by sorting elsewhere.

`np.unique` sorts or hashes every number; ratings are millions of codes of few labels.
"""

from __future__ import annotations

import numpy as np

from checks.agreement.distances import add_up


def summed(keys: np.ndarray, weights: np.ndarray, bound: int) -> tuple[np.ndarray, np.ndarray]:
    """The distinct `keys` (in 0..bound-1), ascending, and the sums of their positive integer weights, both int64."""
    if _small(bound, keys.size):
        sums = add_up(keys, weights, bound)
        found = np.flatnonzero(sums)
        return found, sums[found]
    found, place = np.unique(keys, return_inverse=True)
    return found, add_up(place, weights, found.size)


def counted(keys: np.ndarray, bound: int) -> tuple[np.ndarray, np.ndarray]:
    """The distinct `keys` (in 0..bound-1), ascending, and how often each occurs, both int64."""
    if _small(bound, keys.size):
        times = np.bincount(keys, minlength=bound)
        found = np.flatnonzero(times)
        return found, times[found]
    found, times = np.unique(keys, return_counts=True)
    return found, times.astype(np.int64)


def occurring(keys: np.ndarray, bound: int) -> np.ndarray:
    """The distinct `keys` (in 0..bound-1), ascending."""
    seen = np.zeros(bound, dtype=bool)
    seen[keys] = True
    return np.flatnonzero(seen)


def numbered(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct values, none negative, ascending, and the place among them of each."""
    bound = int(values.max(initial=0)) + 1
    if not _small(bound, values.size):
        return np.unique(values, return_inverse=True)
    found = occurring(values, bound)
    place = np.zeros(bound, dtype=np.int64)
    place[found] = np.arange(found.size)
    return found, place[values]


def _small(bound: int, size: int) -> bool:
    return bound <= 4 * size + 65_536
