"""Similarity kernels against pycocotools, jiwer, shapely's own pixels and plain readings of the definitions."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco_mask
from pycocotools.cocoeval import COCOeval

from checks.geometry import boxes, edits, keypoints, masks, matching, polygons

number = st.one_of(st.integers(-20, 20).map(float), st.floats(-1e6, 1e6, allow_nan=False))
side = st.one_of(st.integers(0, 20).map(float), st.floats(0, 1e6, allow_nan=False))
box = st.tuples(number, number, side, side)


def crossed(left: list, right: list) -> tuple[np.ndarray, np.ndarray]:
    a, b = (np.array(x, dtype=np.float64).reshape(-1, 4) for x in (left, right))
    return np.repeat(a, len(b), axis=0), np.tile(b, (len(a), 1))


@given(st.lists(box, min_size=1, max_size=6), st.lists(box, min_size=1, max_size=6))
def test_box_iou_is_that_of_pycocotools(left, right):
    ours = boxes.iou(*crossed(left, right)).reshape(len(left), len(right))
    theirs = coco_mask.iou(np.array(left), np.array(right), [0] * len(right))
    assert np.allclose(ours, theirs, rtol=0, atol=1e-9)


@given(st.lists(st.tuples(box, box), max_size=8))
def test_boxes_that_overlap_are_those_with_iou(pairs):
    left = np.array([p[0] for p in pairs], dtype=np.float64).reshape(-1, 4)
    right = np.array([p[1] for p in pairs], dtype=np.float64).reshape(-1, 4)
    assert (boxes.overlapping(left, right) >= (boxes.iou(left, right) > 0)).all()


@pytest.mark.parametrize(
    "hostile",
    [(0.0, 0.0, -5.0, 5.0), (0.0, 0.0, 0.0, 0.0), (1e308, 1e308, 1e308, 1e308), (0.0, 0.0, np.inf, 1.0), (np.nan,) * 4],
)
def test_a_box_without_an_area_is_like_nothing(hostile):
    one = np.array([hostile])
    for other in (one, np.array([[0.0, 0.0, 10.0, 10.0]])):
        assert boxes.iou(one, other).tolist() == [0.0]
        assert boxes.iou(other, one).tolist() == [0.0]


def test_intervals():
    left = np.array([[0, 4], [0, 4], [2, 2], [2, 2], [3, 1]], dtype=float)
    right = np.array([[2, 6], [4, 8], [2, 2], [2, 3], [0, 9]], dtype=float)
    assert boxes.interval_iou(left, right).tolist() == [1 / 3, 0, 1, 0, 0]


pixels = st.integers(1, 12).flatmap(
    lambda h: st.integers(1, 12).flatmap(
        lambda w: st.lists(
            st.lists(st.integers(0, h * w).map(lambda n: n % 3 == 0), min_size=h * w, max_size=h * w).map(
                lambda bits: np.array(bits, dtype=np.uint8).reshape(h, w, order="F")
            ),
            min_size=2,
            max_size=2,
        )
    )
)


@given(pixels)
@settings(max_examples=60)
def test_masks_are_decoded_and_compared_as_pycocotools_does(two):
    encoded = [coco_mask.encode(np.asfortranarray(m)) for m in two]
    ours = [masks.decode(e["counts"].decode()) for e in encoded]
    assert [m.area for m in ours] == [int(coco_mask.area(e)) for e in encoded]
    assert masks.intersection(*ours) == int((two[0] & two[1]).sum())
    theirs = float(coco_mask.iou([encoded[0]], [encoded[1]], [0])[0, 0])
    if two[0].any() or two[1].any():
        assert masks.iou(*ours) == pytest.approx(theirs, abs=1e-9)
    assert [m.size for m in ours] == [two[0].size, two[1].size]


@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=9))
def test_long_runs_survive(runs):
    text = masks.encode(runs)
    found = masks.decode(text)
    if sum(runs) < 2**50:
        assert found.size == sum(runs)
        assert found.area == sum(runs[1::2])


@given(st.text(max_size=12))
def test_what_is_no_mask_is_none_and_never_a_crash(text):
    found = masks.decode(text)
    assert found is None or (found.size >= 0 and (np.diff(found.edges) >= 0).all())


def test_masks_of_other_canvases_or_without_pixels():
    empty, full, wide = (masks.decode(masks.encode(r)) for r in ([16], [0, 16], [0, 25]))
    assert (masks.iou(empty, empty), masks.iou(empty, full), masks.iou(full, wide), masks.iou(full, full)) == (
        0,
        0,
        0,
        1,
    )
    assert masks.decode("") is not None
    assert masks.decode(masks.encode([4, 2])[:-1] + "\x7f") is None


def rectangle(x: float, y: float, w: float, h: float) -> list[list[float]]:
    return [[x, y, x + w, y, x + w, y + h, x, y + h]]


@given(st.lists(st.tuples(box, box), min_size=1, max_size=8))
def test_polygons_that_are_boxes_have_their_iou(pairs):
    a, b = (np.array([p[k] for p in pairs], dtype=np.float64) for k in (0, 1))
    smallest = np.minimum(a[:, 2:], b[:, 2:]).min(axis=1)
    kept = (smallest > 1e-3) & (np.maximum(a[:, 2:], b[:, 2:]).max(axis=1) < 1e4) & (np.abs(a[:, :2]).max(axis=1) < 1e4)
    ours = polygons.iou(*(polygons.shapes([rectangle(*row) for row in rows[kept]]) for rows in (a, b)))
    assert np.allclose(ours, boxes.iou(a[kept], b[kept]), rtol=0, atol=1e-6)


def test_polygons_cover_what_their_rings_enclose():
    square, bow = [[0, 0, 10, 0, 10, 10, 0, 10]], [[0, 0, 10, 10, 10, 0, 0, 10]]
    two = [[0, 0, 10, 0, 10, 10, 0, 10], [5, 0, 15, 0, 15, 10, 5, 10]]
    made = polygons.shapes([square, bow, two, [[0, 0, 1, 1]], [], None, [[0, 0, 1, 0, float("nan"), 1]], [[1e300] * 8]])
    assert [round(shape.area, 9) for shape in made] == [100, 50, 150, 0, 0, 0, 0, 0]
    assert polygons.iou(made[:3], made[[0, 0, 0]]).tolist() == pytest.approx([1, 0.5, 100 / 150])
    assert polygons.iou(made[3:], made[[0] * 5]).tolist() == [0] * 5


ring = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=3, max_size=7).map(
    lambda points: [[float(v) for point in points for v in point]]
)


@given(ring, ring)
@settings(max_examples=40)
def test_polygon_iou_is_close_to_that_of_pixels(left, right):
    """Pixels a quarter wide, filled by the even-odd rule at their centres; wrong at most where an edge cuts them."""
    filled = [even_odd(side[0]) for side in (left, right)]
    made = polygons.shapes([left, right])
    for shape, pixels_ in zip(made, filled, strict=True):
        assert shape.area == pytest.approx(pixels_.sum() / 16, abs=0.3 * shape.length + 1)
    both, whole = (filled[0] & filled[1]).sum() / 16, (filled[0] | filled[1]).sum() / 16
    slack = 0.3 * (made[0].length + made[1].length) + 1
    ours = float(polygons.iou(made[:1], made[1:])[0])
    assert abs(ours * whole - both) <= 2 * slack


def even_odd(flat: list[float]) -> np.ndarray:
    x, y = np.meshgrid(np.arange(0.125, 31, 0.25), np.arange(0.125, 31, 0.25))
    inside = np.zeros(x.shape, dtype=bool)
    points = np.array(flat).reshape(-1, 2)
    for (x0, y0), (x1, y1) in zip(points, np.roll(points, -1, axis=0), strict=True):
        if y0 != y1:
            inside ^= ((y0 > y) != (y1 > y)) & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    return inside


def test_oks_is_that_of_pycocotools():
    rng = np.random.default_rng(3)
    for labelled in (0.8, 0.0):
        gt, dt = [], []
        for number in range(6):
            points = np.column_stack([rng.uniform(0, 100, (17, 2)), (rng.random(17) < labelled) * 2])
            gt.append({
                "keypoints": points.ravel().tolist(), "bbox": [10.0, 10.0, 50.0, 60.0], "area": 1500.0 + number, "id": number,
            })  # fmt: skip
            noisy = points + rng.normal(0, 3, points.shape) * [1, 1, 0]
            dt.append({"keypoints": noisy.ravel().tolist(), "score": 1 - number / 10})
        judge = COCOeval(iouType="keypoints")
        judge._gts[1, 1], judge._dts[1, 1] = gt, dt
        theirs = judge.computeOks(1, 1)
        i, j = (n.ravel() for n in np.meshgrid(range(6), range(6), indexing="ij"))
        points = [np.array([x["keypoints"] for x in side]).reshape(6, 17, 3) for side in (gt, dt)]
        bounds, area = np.array([g["bbox"] for g in gt]), np.array([g["area"] for g in gt])
        sigmas = np.array(keypoints.COCO_PERSON)
        ours = keypoints.oks(points[0][j], bounds[j], area[j], points[1][i], sigmas).reshape(6, 6)
        assert np.allclose(ours, theirs, rtol=0, atol=1e-9)


def test_oks_of_two_raters_is_the_mean_of_both_directions():
    rng = np.random.default_rng(5)
    left, right = (np.dstack([rng.uniform(0, 50, (4, 5, 2)), rng.integers(0, 3, (4, 5))]) for _ in range(2))
    bounds, area, sigmas = np.array([[0, 0, 50.0, 50.0]] * 4), np.array([900.0, 0, 400, 2500]), np.full(5, 0.05)
    both = keypoints.symmetric_oks(left, right, (bounds, bounds), (area, area), sigmas)
    again = keypoints.symmetric_oks(right, left, (bounds, bounds), (area, area), sigmas)
    assert both.tolist() == again.tolist()
    one = [keypoints.oks(a, bounds, area, b, sigmas) for a, b in ((left, right), (right, left))]
    assert np.allclose(both, sum(one) / 2)


text = st.text("가나다 ab\u1100\u1161  ", max_size=12)


@given(text, text)
def test_edits_are_those_of_jiwer(left, right):
    import jiwer

    reference = unicodedata.normalize("NFC", left).strip()
    other = unicodedata.normalize("NFC", right).strip()
    for unit, measure in (("cer", jiwer.cer), ("wer", jiwer.wer)):
        a, b = edits.tokens(left, unit), edits.tokens(right, unit)
        if a:
            assert edits.distance(a, b) / len(a) == pytest.approx(measure(reference, other), abs=1e-9)


@given(text, text)
def test_spaces_count_only_where_they_are_asked_for(left, right):
    a, b = (edits.tokens(t, "cer-no-space") for t in (left, right))
    assert edits.distance(a, b) == plain_distance(a, b)
    assert edits.tokens(" 가 나 ", "cer-no-space") == "가나"


def plain_distance(a: str, b: str) -> int:
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (x != y))
    return row[-1]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), min_size=1, max_size=5))
def test_a_ragged_product_has_every_pair_once(sizes):
    left, right = (np.array([s[k] for s in sizes]) for k in (0, 1))
    found = list(zip(*(column.tolist() for column in matching.ragged_product(left, right)), strict=True))
    assert found == [(g, i, j) for g, (a, b) in enumerate(sizes) for i in range(a) for j in range(b)]


candidates = st.dictionaries(
    st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 3)), st.integers(1, 9), max_size=14
)


@given(candidates)
def test_matching_is_one_to_one_and_of_the_greatest_total(given_):
    rows = sorted((*key, gain) for key, gain in given_.items())
    columns = [np.array([r[k] for r in rows], dtype=np.int64) for k in range(4)]
    columns[1], columns[2] = (columns[0] * 4 + columns[k] for k in (1, 2))
    found = [rows[i] for i in matching.matched(*columns).tolist()]
    assert len({(g, i) for g, i, _, _ in found}) == len({(g, j) for g, _, j, _ in found}) == len(found)
    assert sum(gain for *_, gain in found) == sum(greatest([r[1:] for r in rows if r[0] == g]) for g in range(3))


def greatest(edges: list[tuple[int, int, int]]) -> int:
    if not edges:
        return 0
    (i, j, gain), rest = edges[0], edges[1:]
    return max(greatest(rest), gain + greatest([e for e in rest if e[0] != i and e[1] != j]))
