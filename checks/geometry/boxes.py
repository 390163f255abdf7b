"""Intersection over union of axis-parallel boxes (x, y, width, height), and of intervals on a line.

An empty or inverted box has no area: its IoU with anything, itself too, is 0 (as in pycocotools).
"""

from __future__ import annotations

import numpy as np


def iou(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """IoU of box i of `left` and box i of `right`: both float64 [n, 4] as x, y, width, height; float64 [n]."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        area = _area(left) + _area(right)
        both = _overlap(left, right, 0) * _overlap(left, right, 1)
        return _share(both, area - both)


def overlapping(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Which of the boxes share some area, bool [n]."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray((_overlap(left, right, 0) > 0) & (_overlap(left, right, 1) > 0))


def interval_iou(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """IoU of interval i of `left` and of `right`, float64 [n, 2] as start, end; equal ones of no length have IoU 1."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        both = np.maximum(np.minimum(left[:, 1], right[:, 1]) - np.maximum(left[:, 0], right[:, 0]), 0.0)
        lengths = np.maximum(left[:, 1] - left[:, 0], 0.0) + np.maximum(right[:, 1] - right[:, 0], 0.0)
        same = (left == right).all(axis=1)
        return np.where(same, 1.0, _share(both, lengths - both))


def _area(box: np.ndarray) -> np.ndarray:
    return np.asarray(np.maximum(box[:, 2], 0.0) * np.maximum(box[:, 3], 0.0))


def _overlap(left: np.ndarray, right: np.ndarray, axis: int) -> np.ndarray:
    """Length of the common part along one axis."""
    start = np.maximum(left[:, axis], right[:, axis])
    end = np.minimum(left[:, axis] + left[:, axis + 2], right[:, axis] + right[:, axis + 2])
    return np.asarray(np.maximum(end - start, 0.0))


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole within 0 and 1; 0 where that is no number."""
    share = np.where(part > 0, part / whole, 0.0)
    return np.asarray(np.clip(np.nan_to_num(share, nan=0.0, posinf=0.0, neginf=0.0), 0.0, 1.0))
