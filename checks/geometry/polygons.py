"""Areas and intersections of polygons, by GEOS (through shapely) on coordinates, not on pixels.

A polygon is one or more rings (flat x, y, x, y ...), whose union it is. A ring that crosses itself covers what an odd
number of its turns enclose; one of fewer than three points, or with a number that is none, covers nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Rings = Sequence[Sequence[float]]

_FARTHEST = 1e9
"""Coordinates beyond this are none of an image, and their squares would drown what is."""


def shapes(polygons: Sequence[Rings | None]) -> np.ndarray:
    """Shapely geometries of polygons, object [n]; an empty one where a polygon covers nothing."""
    import shapely

    owner: list[int] = []
    rings: list[np.ndarray] = []
    for number, polygon in enumerate(polygons):
        for ring in polygon or ():
            points = _points(ring)
            if points is not None:
                owner.append(number)
                rings.append(points)
    out = np.full(len(polygons), shapely.Polygon(), dtype=object)
    if rings:
        parts = _valid(shapely, rings)
        numbers = np.array(owner)
        starts = np.flatnonzero(np.diff(numbers, prepend=-1))
        for start, group in zip(starts.tolist(), np.split(parts, starts[1:]), strict=True):
            out[numbers[start]] = group[0] if len(group) == 1 else shapely.union_all(group)
    return out


def _points(ring: Sequence[float]) -> np.ndarray | None:
    """[k, 2], or None of what covers nothing."""
    flat = np.asarray(ring, dtype=np.float64)
    flat = flat[: flat.size // 2 * 2]
    if flat.size < 6 or not (np.abs(flat) < _FARTHEST).all():  # false for NaN too
        return None
    return flat.reshape(-1, 2)


def _valid(shapely: Any, rings: list[np.ndarray]) -> np.ndarray:
    numbers = np.repeat(np.arange(len(rings)), [len(ring) for ring in rings])
    made = shapely.polygons(shapely.linearrings(np.concatenate(rings), indices=numbers))
    crossed = ~shapely.is_valid(made)
    if crossed.any():
        made[crossed] = shapely.make_valid(made[crossed])
    return np.asarray(made)


def iou(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """IoU of shape i of `left` and of `right`, float64 [n]; 0 where they share no area."""
    import shapely

    with np.errstate(all="ignore"):
        both = shapely.area(shapely.intersection(left, right))
        whole = shapely.area(left) + shapely.area(right) - both
        share = np.where(both > 0, both / whole, 0.0)
    return np.asarray(np.clip(np.nan_to_num(share), 0.0, 1.0))
