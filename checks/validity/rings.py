"""Closed rings of points that cross or run over themselves, found exactly for many rings at once.

A ring crosses itself where two of its edges pass from one side of each other to the other, in the middle of an edge or
in a corner, or where they share more than a point. A ring that only touches itself in a point does not: outlines traced
along pixels do so all the time. Pairs of edges are compared only where their extents along one axis overlap.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from checks.validity.orientation import Points, orientation

_PAIRS = 1 << 20
"""Pairs of edges looked at in one go."""

MOST_PAIRS = 50_000_000
"""Pairs of edges whose extents may overlap in one ring; beyond it the ring is not examined."""


@dataclass(frozen=True, slots=True)
class Rings:
    """Rings end to end: `x`, `y` float64 [points], `counts` int64 [rings] points of each. All finite."""

    x: np.ndarray
    y: np.ndarray
    counts: np.ndarray

    @property
    def of(self) -> np.ndarray:
        """The ring of each point, int64 [points]."""
        return np.repeat(np.arange(len(self.counts)), self.counts)

    def tidy(self) -> Rings:
        """Without points that repeat the one before them, the closing point included."""
        if not len(self.x):
            return self
        before = _neighbours(self.counts)[0]
        kept = (self.x != self.x[before]) | (self.y != self.y[before])
        counts = np.bincount(self.of[kept], minlength=len(self.counts))
        return Rings(self.x[kept], self.y[kept], counts)


@dataclass(frozen=True, slots=True)
class Examined:
    """By ring, bool [rings]: does it cross itself; was it too large to be examined."""

    crossing: np.ndarray
    too_large: np.ndarray


def examine(rings: Rings) -> Examined:
    """Which of `rings` (tidied) cross themselves. Those of under three points do not: they are no rings."""
    total = len(rings.counts)
    crossing, too_large = np.zeros(total, dtype=bool), np.zeros(total, dtype=bool)
    if not len(rings.x):
        return Examined(crossing, too_large)
    edges = _Edges.of(rings)
    across, along = edges.reach(swapped=False), edges.reach(swapped=True)
    pairs = [np.bincount(edges.ring, weights=r.sizes, minlength=total) for r in (across, along)]
    upright = pairs[1] < pairs[0]
    too_large[np.minimum(*pairs) > MOST_PAIRS] = True
    left_out = (rings.counts < 3) | too_large
    for reach, chosen in ((across, ~upright & ~left_out), (along, upright & ~left_out)):
        for i, j in reach.pairs(chosen[edges.ring]):
            open_ = ~crossing[edges.ring[i]]
            crossing[edges.ring[i[open_]][edges.cross(i[open_], j[open_])]] = True
    return Examined(crossing, too_large)


def _neighbours(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Index of the point before and after each in its ring, int64 [points]."""
    points = np.arange(int(counts.sum()))
    stops = np.cumsum(counts)
    starts, size = np.repeat(stops - counts, counts), np.repeat(counts, counts)
    place = points - starts
    return starts + (place - 1) % size, starts + (place + 1) % size


@dataclass(frozen=True, slots=True)
class _Reach:
    """Edges sorted along an axis within their ring: `order` positions to edges, `sizes` by edge how many after it begin
    before it ends."""

    order: np.ndarray
    sizes: np.ndarray

    def pairs(self, chosen: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Pairs of edges of the rings whose edges are `chosen`, bool [edges], some at a time."""
        places = np.flatnonzero(chosen[self.order])
        sizes = self.sizes[self.order[places]]
        stops = np.cumsum(sizes)
        at, done = 0, 0
        while at < len(places):
            upto = max(int(np.searchsorted(stops, done + _PAIRS, side="right")), at + 1)
            some, n = places[at:upto], sizes[at:upto]
            first = np.repeat(some, n)
            offset = np.arange(int(n.sum())) - np.repeat(np.cumsum(n) - n, n)
            yield self.order[first], self.order[first + offset + 1]
            at, done = upto, int(stops[upto - 1])


@dataclass(frozen=True, slots=True)
class _Edges:
    """Edge i goes from point i to point `after[i]`; `before[i]` is the point before point i."""

    points: Points
    before: np.ndarray
    after: np.ndarray
    ring: np.ndarray

    @classmethod
    def of(cls, rings: Rings) -> _Edges:
        return cls(Points(rings.x, rings.y), *_neighbours(rings.counts), rings.of)

    def at(self, index: np.ndarray) -> Points:
        return Points(self.points.x[index], self.points.y[index])

    def reach(self, *, swapped: bool) -> _Reach:
        """Along x, or along y where `swapped`."""
        values = self.points.y if swapped else self.points.x
        ranks = np.unique(values, return_inverse=True)[1].astype(np.int64)
        ranks += self.ring * (int(ranks.max()) + 1)
        begin = np.minimum(ranks, ranks[self.after])
        order = np.argsort(begin, kind="stable")
        end = np.searchsorted(begin[order], np.maximum(ranks, ranks[self.after])[order], side="right")
        sizes = np.empty(len(order), dtype=np.int64)
        sizes[order] = end - np.arange(len(order)) - 1
        return _Reach(order, sizes)

    def cross(self, i: np.ndarray, j: np.ndarray) -> np.ndarray:
        """Do edges i and j cross, or run over each other? bool [pairs]."""
        near = self._extents_meet(i, j)
        found = np.zeros(len(i), dtype=bool)
        at = np.flatnonzero(near)
        i, j = i[at], j[at]
        a, b, c, d = self.at(i), self.at(self.after[i]), self.at(j), self.at(self.after[j])
        sides = [orientation(a, b, c), orientation(a, b, d), orientation(c, d, a), orientation(c, d, b)]
        apart = (self.after[i] != j) & (self.after[j] != i)
        found[at] = apart & (sides[0] * sides[1] < 0) & (sides[2] * sides[3] < 0)
        for edge, corner, side in ((i, j, sides[0]), (j, i, sides[2])):
            touching = np.flatnonzero((side == 0) & (self.after[edge] != corner) & self._on(edge, corner))
            found[at[touching]] |= self._through(edge[touching], corner[touching])
        return found

    def _extents_meet(self, i: np.ndarray, j: np.ndarray) -> np.ndarray:
        near = np.ones(len(i), dtype=bool)
        for values in self.points:
            low, high = np.minimum(values, values[self.after]), np.maximum(values, values[self.after])
            near &= (low[i] <= high[j]) & (low[j] <= high[i])
        return near

    def _on(self, edge: np.ndarray, corner: np.ndarray) -> np.ndarray:
        """Does the point `corner`, which is on the edge's line, lie on the edge, its end left out?"""
        a, b, p = self.at(edge), self.at(self.after[edge]), self.at(corner)
        inside = np.ones(len(edge), dtype=bool)
        for start, stop, value in ((a.x, b.x, p.x), (a.y, b.y, p.y)):
            inside &= (np.minimum(start, stop) <= value) & (value <= np.maximum(start, stop))
        inside &= (p.x != b.x) | (p.y != b.y)
        return inside

    def _through(self, edge: np.ndarray, corner: np.ndarray) -> np.ndarray:
        """Does the ring at `corner` pass from one side of the path along `edge` to the other, or run along it?"""
        p = self.at(corner)
        start, stop = self.at(edge), self.at(self.after[edge])
        in_corner = (p.x == start.x) & (p.y == start.y)
        back = np.where(in_corner, self.before[edge], edge)
        come, go = self.at(self.before[corner]), self.at(self.after[corner])
        source = self.at(back)
        along = np.zeros(len(edge), dtype=bool)
        for own in (come, go):
            for other in (source, stop):
                along |= _same_way(p, own, other)
        along |= _between(p, source, stop, come) != _between(p, source, stop, go)
        return along


def _same_way(p: Points, u: Points, v: Points) -> np.ndarray:
    """Do u and v lie in the same direction from p?"""
    alike = (_order(u.x, p.x) == _order(v.x, p.x)) & (_order(u.y, p.y) == _order(v.y, p.y))
    found = np.zeros(len(p.x), dtype=bool)
    at = np.flatnonzero(alike)
    found[at] = orientation(*(Points(q.x[at], q.y[at]) for q in (p, u, v))) == 0
    return found


def _order(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """1 where a is the larger, -1 where b is."""
    return (a > b).astype(np.int8) - (a < b).astype(np.int8)


def _between(p: Points, u: Points, v: Points, w: Points) -> np.ndarray:
    """Does w lie inside the angle that is swept counterclockwise around p from u to v?"""
    turn, first, second = orientation(p, u, v), orientation(p, u, w), orientation(p, w, v)
    narrow = (first > 0) & (second > 0)
    wide = ~((orientation(p, v, w) > 0) & (orientation(p, w, u) > 0))
    return np.where(turn > 0, narrow, np.where(turn < 0, wide, first > 0))
