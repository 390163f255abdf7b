"""Self-crossing rings against a plain reading with fractions, one pair of edges at a time."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.validity.orientation import Points, orientation
from checks.validity.rings import Rings, examine

RINGS = {
    "square": ([0, 0, 4, 0, 4, 4, 0, 4], False),
    "square, closed": ([0, 0, 4, 0, 4, 4, 0, 4, 0, 0], False),
    "point twice in a row": ([0, 0, 4, 0, 4, 0, 4, 4, 0, 4], False),
    "bow tie": ([0, 0, 4, 4, 4, 0, 0, 4], True),
    "bow tie by a hair": ([0, 0, 4, 0, 4, 4, 1e-12, -1e-12], True),
    "touches itself in a corner": ([0, 0, 2, 2, 4, 0, 4, 4, 2, 2, 0, 4], False),
    "crosses itself in a corner": ([0, 0, 2, 2, 4, 4, 4, 0, 2, 2, 0, 4], True),
    "corner touches an edge": ([0, 0, 4, 0, 4, 4, 2, 0, 0, 4], False),
    "corner goes through an edge": ([0, 0, 4, 0, 4, 4, 2, 0, 2, -2, 0, 4], True),
    "spike": ([0, 0, 4, 0, 4, 4, 4, 6, 4, 4, 0, 4], True),
    "runs along itself": ([0, 0, 4, 0, 4, 4, 3, 4, 3, 0, 1, 0, 0, 4], True),
    "all on one line": ([0, 0, 1, 1, 2, 2], True),
    "two points": ([0, 0, 1, 1], False),
    "one point": ([3, 3], False),
    "none": ([], False),
    "huge": ([-1e308, 0, 1e308, 0, 1e308, 1e308, -1e308, 1e308], False),
    "tiny": ([0, 0, 1e-310, 0, 1e-310, 1e-310, 0, 1e-310], False),
    "tiny bow tie": ([0, 0, 1e-310, 1e-310, 1e-310, 0, 0, 1e-310], True),
}


def rings_of(flats: list[list[float]]) -> Rings:
    points = np.array([v for flat in flats for v in flat], dtype=np.float64).reshape(-1, 2)
    return Rings(points[:, 0].copy(), points[:, 1].copy(), np.array([len(f) // 2 for f in flats], dtype=np.int64))


def crossing(*flats: list[float]) -> list[bool]:
    return examine(rings_of(list(flats)).tidy()).crossing.tolist()


@pytest.mark.parametrize("name", RINGS)
def test_one_ring(name: str) -> None:
    flat, expected = RINGS[name]
    assert crossing(flat) == [expected]


def test_many_rings_are_judged_each_for_itself() -> None:
    flats = [flat for flat, _ in RINGS.values()]
    assert crossing(*flats) == [expected for _, expected in RINGS.values()]


def side(a, b, c) -> int:
    det = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    return (det > 0) - (det < 0)


def naive(flat: list[float]) -> bool:
    """A ring crosses itself where moving every point by nothing at all cannot make its edges pairwise apart."""
    points = [(Fraction(x), Fraction(y)) for x, y in zip(flat[::2], flat[1::2], strict=True)]
    points = [p for i, p in enumerate(points) if p != points[i - 1]]
    n = len(points)
    if n < 3:
        return False
    edges = [(points[i], points[(i + 1) % n]) for i in range(n)]
    for i in range(n):
        for j in range(i + 1, n):
            if shared_length(*edges[i], *edges[j]):
                return True
            (a, b), (c, d) = edges[i], edges[j]
            if side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0:
                return True
    return any(passes(points, k, edges, i) for k in range(n) for i in range(n))


def shared_length(a, b, c, d) -> bool:
    if side(a, b, c) or side(a, b, d):
        return False
    axis = 0 if a[0] != b[0] else 1
    low = max(min(a[axis], b[axis]), min(c[axis], d[axis]))
    high = min(max(a[axis], b[axis]), max(c[axis], d[axis]))
    return low < high


def passes(points, k, edges, i) -> bool:
    """Ring through corner k against the path through edge i (and the one before it where they meet in its start)."""
    n, p, (a, b) = len(points), points[k], edges[i]
    on = not side(a, b, p) and min(a, b) <= p <= max(a, b) and p != b
    if not on or i in {k, (k - 1) % n}:
        return False
    back = points[i - 1] if p == a else a
    angles = sorted(
        (("come", points[k - 1]), ("go", points[(k + 1) % n]), ("back", back), ("on", b)),
        key=lambda named: turn(p, named[1]),
    )
    names = [name for name, _ in angles]
    return (names.index("come") - names.index("go")) % 2 == 0


def turn(p, q):
    """Directions counterclockwise from east, as a key that sorts exactly."""
    dx, dy = q[0] - p[0], q[1] - p[1]
    half = 0 if dy > 0 or (dy == 0 and dx > 0) else 1
    return half, -dx / (abs(dx) + abs(dy)) if half == 0 else dx / (abs(dx) + abs(dy))


coordinates = st.one_of(
    st.integers(0, 4).map(float), st.sampled_from([0.1, 0.2, 0.3, 1e-9, 0.1 + 0.2, 3.0000000000000004])
)
flat_rings = st.lists(st.tuples(coordinates, coordinates), max_size=9).map(lambda ps: [v for p in ps for v in p])


@given(st.lists(flat_rings, min_size=1, max_size=6))
@settings(max_examples=600)
def test_as_a_plain_reading(flats: list[list[float]]) -> None:
    assert crossing(*flats) == [naive(flat) for flat in flats]


@given(st.lists(st.tuples(*[st.floats(-1e300, 1e300)] * 6), min_size=1, max_size=20))
def test_orientation_is_exact(rows) -> None:
    table = np.array(rows)
    a, b, c = (Points(table[:, 2 * k], table[:, 2 * k + 1]) for k in range(3))
    expected = [side(*([(Fraction(r[2 * k]), Fraction(r[2 * k + 1])) for k in range(3)])) for r in rows]
    assert orientation(a, b, c).tolist() == expected


def test_a_ring_of_too_many_overlapping_edges_is_not_examined() -> None:
    n = 20_001
    x = np.where(np.arange(n) % 2 == 0, 0.0, 1e6)
    y = np.where(np.arange(n) % 2 == 0, np.arange(n), 1e6 - np.arange(n)).astype(float)
    found = examine(Rings(x, y, np.array([n])).tidy())
    assert found.too_large.tolist() == [True]


@given(st.lists(st.tuples(st.floats(0, 9, width=16), st.floats(0, 9, width=16)), min_size=3, max_size=12))
@settings(max_examples=400)
def test_what_geos_takes_for_valid_does_not_cross(points) -> None:
    """GEOS refuses more: rings that touch themselves. What it allows never crosses, what crosses it never allows."""
    shapely = pytest.importorskip("shapely")
    valid = bool(shapely.is_valid(shapely.Polygon(points)))
    assert not (valid and crossing([v for p in points for v in p])[0])
