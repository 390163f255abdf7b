"""The box around a label's geometry, its area and aspect, where the file gives only points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from include.deliveries.readers.labels.base import Label


def fill(label: Label) -> None:
    """Box, area (px^2) and aspect (width to height) of a label, where they follow from what it has."""
    if label.points and label.x is None:
        _bound(label)
    if label.width is None or label.height is None:
        return
    if label.area is None:
        rings = label.points if label.kind == "polygon" else None
        label.area = sum(map(ring_area, rings)) if rings else label.width * label.height
    if label.aspect is None and label.height > 0:
        label.aspect = label.width / label.height


def _bound(label: Label) -> None:
    step = 3 if label.kind == "keypoints" else 2
    rings = [visible(ring) if step == 3 else ring for ring in label.points or []]
    xs = [x for ring in rings for x in ring[0::step]]
    ys = [y for ring in rings for y in ring[1::step]]
    if xs and ys:
        label.x, label.y = min(xs), min(ys)
        label.width, label.height = max(xs) - label.x, max(ys) - label.y


def visible(ring: Sequence[float]) -> list[float]:
    """The labelled keypoints (visibility above 0) of a flat x, y, v list."""
    return [v for i in range(0, len(ring) - 2, 3) if ring[i + 2] > 0 for v in ring[i : i + 3]]


def ring_area(ring: Sequence[float]) -> float:
    """The area of a simple polygon, by the shoelace formula, px^2."""
    xs, ys = ring[0::2], ring[1::2]
    n = min(len(xs), len(ys))
    return abs(sum(xs[i - 1] * ys[i] - xs[i] * ys[i - 1] for i in range(n))) / 2
