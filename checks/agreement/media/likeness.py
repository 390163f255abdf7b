"""How alike the labels at positions i and j are, kind by kind: 0 to 1. Only pairs that can be alike are computed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from checks.agreement.media.source import Labels
from checks.geometry import boxes, keypoints, masks, polygons

Likeness = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Positions i, j int64 [n] to float64 [n]."""


def likeness(kind: str, labels: Labels, sigmas: tuple[float, ...], *, gold: bool) -> Likeness:
    """The likeness of these labels. With `gold`, i is always the reference."""
    match kind:
        case "box":
            return partial(_of_boxes, _box(labels))
        case "polygon":
            return _of_shapes(labels)
        case "mask":
            return _of_masks(labels)
        case "keypoints":
            return _of_keypoints(labels, np.array(sigmas), gold=gold)
        case "span":
            return partial(_of_intervals, np.column_stack([labels.column("start"), labels.column("end")]))
        case _:
            return lambda i, _: np.ones(i.size)


def _box(labels: Labels) -> np.ndarray:
    return np.column_stack([labels.column(name) for name in ("x", "y", "width", "height")])


def _of_boxes(box: np.ndarray, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    return boxes.iou(box[i], box[j])


def _of_intervals(interval: np.ndarray, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    return boxes.interval_iou(interval[i], interval[j])


def _near(box: np.ndarray, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """Pairs whose boxes overlap, or of whose boxes one is not known."""
    unknown = np.isnan(box).any(axis=1)
    return np.flatnonzero(boxes.overlapping(box[i], box[j]) | unknown[i] | unknown[j])


def _of_shapes(labels: Labels) -> Likeness:
    box, shapes = _box(labels), polygons.shapes(_lists(labels))

    def like(i: np.ndarray, j: np.ndarray) -> np.ndarray:
        out, near = np.zeros(i.size), _near(box, i, j)
        out[near] = polygons.iou(shapes[i[near]], shapes[j[near]])
        return out

    return like


def _lists(labels: Labels) -> list[list[list[float]]]:
    """Rings or keypoints of each label."""
    found: list[list[list[float]]] = labels.table.column("points").to_pylist()
    return found


def _of_masks(labels: Labels) -> Likeness:
    box = _box(labels)
    decoded = [masks.decode(text) for text in labels.table.column("mask").to_pylist()]

    def one(a: masks.Mask | None, b: masks.Mask | None) -> float:
        return masks.iou(a, b) if a is not None and b is not None else 0.0

    def like(i: np.ndarray, j: np.ndarray) -> np.ndarray:
        out, near = np.zeros(i.size), _near(box, i, j)
        pairs = zip(i[near].tolist(), j[near].tolist(), strict=True)
        out[near] = [one(decoded[a], decoded[b]) for a, b in pairs]
        return out

    return like


def _of_keypoints(labels: Labels, sigmas: np.ndarray, *, gold: bool) -> Likeness:
    size = 3 * sigmas.size
    flat = [rings[0] if len(rings) == 1 and len(rings[0]) == size else None for rings in _lists(labels)]
    fits = np.array([ring is not None for ring in flat], dtype=bool)
    points = np.array([ring or [0.0] * size for ring in flat], dtype=np.float64).reshape(-1, sigmas.size, 3)
    box, area = np.nan_to_num(_box(labels)), np.nan_to_num(labels.column("area"))

    def like(i: np.ndarray, j: np.ndarray) -> np.ndarray:
        if gold:
            found = keypoints.oks(points[i], box[i], area[i], points[j], sigmas)
        else:
            found = keypoints.symmetric_oks(points[i], points[j], (box[i], box[j]), (area[i], area[j]), sigmas)
        return np.where(fits[i] & fits[j], found, 0.0)

    return like
