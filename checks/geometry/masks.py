"""Binary masks as COCO's run lengths: decoding of compressed counts, area, and intersection over union, without pixels.

Runs alternate background, foreground, in column order, starting with background. A compressed count is written in
groups of five bits, each a character from code 48 on, low bits first, bit 5 saying that more follow; from the fourth
count on it is the difference to the count two before (pycocotools, maskApi.c, rleToString).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

_MOST_BITS = 50
"""A run of more pixels than this is no image."""


@dataclass(frozen=True, slots=True)
class Mask:
    """`edges`: where foreground runs start and end in turn, int64 [2 k]; `size`: pixels of the canvas."""

    edges: np.ndarray
    size: int

    @property
    def area(self) -> int:
        """Foreground pixels."""
        return int((self.edges[1::2] - self.edges[::2]).sum())


def decode(counts: str) -> Mask | None:
    """The mask of compressed counts; None where they are none."""
    runs = _runs(counts)
    if runs is None or any(run < 0 for run in runs):
        return None
    ends = np.array(list(accumulate(runs)), dtype=np.int64)
    edges = ends if len(ends) % 2 == 0 else ends[:-1]
    return Mask(edges, int(ends[-1]) if len(ends) else 0)


def _runs(counts: str) -> list[int] | None:
    """The run lengths."""
    runs: list[int] = []
    value = shift = 0
    for character in counts:
        bits = ord(character) - 48
        if not 0 <= bits < 64 or shift > _MOST_BITS:
            return None
        value |= (bits & 31) << shift
        shift += 5
        if not bits & 32:
            value -= (1 << shift) if bits & 16 else 0
            runs.append(value + (runs[-2] if len(runs) > 2 else 0))
            value = shift = 0
    return None if shift or sum(runs) >= 1 << _MOST_BITS else runs


def encode(runs: Iterable[int]) -> str:
    """Compressed counts of run lengths."""
    listed = list(runs)
    text = []
    for i, run in enumerate(listed):
        value = run - (listed[i - 2] if i > 2 else 0)
        more = True
        while more:
            bits, value = value & 31, value >> 5
            more = value != (-1 if bits & 16 else 0)
            text.append(chr(48 + (bits | 32 if more else bits)))
    return "".join(text)


def intersection(left: Mask, right: Mask) -> int:
    """Pixels in both; 0 of canvases of different size."""
    if left.size != right.size or not left.edges.size or not right.edges.size:
        return 0
    inside = np.zeros(right.edges.size)
    inside[1::2] = right.edges[1::2] - right.edges[::2]
    upto = np.interp(left.edges, right.edges, np.cumsum(inside))  # foreground pixels of `right` before each edge
    return round(float((upto[1::2] - upto[::2]).sum()))


def iou(left: Mask, right: Mask) -> float:
    """Intersection over union; 0 where both are empty."""
    both = intersection(left, right)
    return both / (left.area + right.area - both) if both else 0.0
