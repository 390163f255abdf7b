"""Which labels of two sets belong together: one-to-one, at a least similarity, with the greatest total similarity.

The assignment of Kuhn (1955) by scipy. Most labels meet a single other one; only what several candidates contend for
needs an assignment, so the rest is settled by counting.
"""

from __future__ import annotations

import numpy as np

from checks.statistics.undefined import Undefined

MOST_CELLS = 9_000_000
"""Of a matrix of labels that contend for each other; a larger one is not solved."""


def ragged_product(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each group g all pairs of its left[g] and right[g] members: group, number on the left, on the right; int64."""
    sizes = left * right
    group = np.repeat(np.arange(sizes.size), sizes)
    at = np.arange(group.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    width = right[group]
    return group, at // width, at % width


def matched(group: np.ndarray, left: np.ndarray, right: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """Positions of the candidates that are chosen, ascending, int64.

    Candidates: in `group` (ascending) label `left` and label `right` may be matched with `gain`, all int64 [n], gain > 0.
    Labels are numbered so that no number is in two groups. Raises Undefined too-many-labels.
    """
    if not group.size:
        return np.zeros(0, dtype=np.int64)
    contended = (np.bincount(left)[left] > 1) | (np.bincount(right)[right] > 1)
    chosen = [np.flatnonzero(~contended)]
    rest = np.flatnonzero(contended)
    bounds = np.flatnonzero(np.diff(group[rest], prepend=-1, append=-1)) if rest.size else rest
    for start, stop in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        part = rest[start:stop]
        chosen.append(part[_assigned(left[part], right[part], gain[part])])
    return np.sort(np.concatenate(chosen))


def _assigned(left: np.ndarray, right: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """The positions chosen in one group."""
    if (left == left[0]).all() or (right == right[0]).all():  # one label and who contends for it
        return np.array([int(gain.argmax())])
    from scipy.optimize import linear_sum_assignment

    rows, row = np.unique(left, return_inverse=True)
    columns, column = np.unique(right, return_inverse=True)
    if rows.size * columns.size > MOST_CELLS:
        raise Undefined("too-many-labels")
    total = np.zeros((rows.size, columns.size))
    place = np.full(total.shape, -1, dtype=np.int64)
    total[row, column] = gain
    place[row, column] = np.arange(gain.size)
    found = place[linear_sum_assignment(total, maximize=True)]
    return np.sort(found[found >= 0])
