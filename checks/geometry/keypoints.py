"""Object keypoint similarity (OKS) of COCO's keypoint evaluation: 0 to 1, like an IoU.

The mean over the reference's labelled keypoints of exp(-d^2 / (2 s^2 k^2)): d their distance, s^2 the reference's
area, k = 2 sigma the keypoint's own constant. Where the reference labels no keypoint, distances are those to the box
twice its size around it (pycocotools, cocoeval.py, computeOks).
"""

from __future__ import annotations

import numpy as np

COCO_PERSON = tuple(v / 1000 for v in (26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89))
"""The 17 sigmas of COCO's persons (nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles)."""


def oks(reference: np.ndarray, box: np.ndarray, area: np.ndarray, other: np.ndarray, sigmas: np.ndarray) -> np.ndarray:
    """OKS of pair i: keypoints float64 [n, k, 3] as x, y, visibility; `box` [n, 4], `area` [n] of the reference."""
    labelled = np.asarray(reference[:, :, 2] > 0)
    some = np.asarray(labelled.any(axis=1))
    with np.errstate(over="ignore", invalid="ignore"):
        apart = np.where(some[:, None], _squared(other, reference), _outside(other, box))
        scale = 2 * (2 * sigmas[None, :]) ** 2 * (area[:, None] + np.spacing(1.0))
        likeness = np.exp(-apart / scale)
    counted = labelled | ~some[:, None]
    total = np.where(counted, likeness, 0.0).sum(axis=1)
    return np.asarray(np.clip(np.nan_to_num(total / np.maximum(counted.sum(axis=1), 1)), 0.0, 1.0))


def symmetric_oks(
    left: np.ndarray, right: np.ndarray, boxes: tuple[np.ndarray, np.ndarray], areas: tuple[np.ndarray, np.ndarray],
    sigmas: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """The mean of both directions, for two raters of whom neither is the reference."""
    forward = oks(left, boxes[0], areas[0], right, sigmas)
    backward = oks(right, boxes[1], areas[1], left, sigmas)
    return np.asarray((forward + backward) / 2)


def _squared(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.asarray((a[:, :, 0] - b[:, :, 0]) ** 2 + (a[:, :, 1] - b[:, :, 1]) ** 2)


def _outside(points: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Squared distance to the box that reaches one width and height further on each side."""
    total = np.zeros(points.shape[:2])
    for axis in (0, 1):
        low = (box[:, axis] - box[:, axis + 2])[:, None]
        high = (box[:, axis] + 2 * box[:, axis + 2])[:, None]
        at = points[:, :, axis]
        total += (np.maximum(low - at, 0) + np.maximum(at - high, 0)) ** 2
    return total
