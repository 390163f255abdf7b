"""Agreement over annotations: against naive readings of the definitions, scikit-learn and jiwer, and at the edges."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.annotations import batch, box, declared, judged, outcome

from checks import engine
from checks.agreement.label_sets import SetDistance, set_of, set_text
from checks.geometry import boxes
from checks.kernel import Misdeclared

coordinate = st.integers(0, 12).map(float)
side = st.integers(0, 8).map(float)
a_box = st.builds(
    box, st.sampled_from("pq가rs"), st.sampled_from("abc"), st.sampled_from(["x", "y", ""]),
    coordinate, coordinate, side, side,
)  # fmt: skip
labels = st.lists(a_box, max_size=24)


def iou(a, b):
    row = [np.array([[r[k] for k in ("x", "y", "width", "height")]]) for r in (a, b)]
    return float(boxes.iou(*row)[0])


def best(left, right, least, same):
    """The greatest total of likeness over all one-to-one matchings, by trying them all; the matches of one of them."""
    if not left or not right:
        return 0.0, ()
    found = best(left[1:], right, least, same)
    for j, other in enumerate(right):
        like = iou(left[0], other)
        if like >= least and like > 0 and (not same or left[0]["label"] == other["label"]):
            total, matches = best(left[1:], right[:j] + right[j + 1 :], least, same)
            found = max(found, (total + like, ((left[0], other, like), *matches)), key=lambda f: f[0])
    return found


def naive(records, least, same=False):
    """By pair of raters: matched likenesses and numbers of labels, item by item."""
    found = {}
    for a, b in itertools.combinations("abc", 2):
        for item in sorted({r["item_id"] for r in records}):
            left, right = ([r for r in records if (r["item_id"], r["annotator_id"]) == (item, x)] for x in (a, b))
            if left and right:
                found.setdefault((a, b), []).append((best(left, right, least, same), len(left), len(right)))
    return found


@given(labels, st.sampled_from([0.5, 0.25, 0.75]), st.booleans())
@settings(max_examples=60, deadline=None)
def test_f1_and_mean_iou_of_boxes_are_those_of_all_matchings_tried(records, least, same):
    found = naive(records, least, same)
    for name in ("f1", "mean-iou"):
        options = {"coefficient": name, "iou": least, "sameLabel": same}
        metric = outcome(declared("label-agreement", value="box", **options), records).metric if records else None
        if len({r["item_id"] for r in records if _paired(records, r["item_id"])}) < 2:
            assert metric is None or metric.value is None
            continue
        totals = []
        for joints in found.values():
            total = sum(one[0][0] for one in joints)
            many = sum(len(one[0][1]) for one in joints)
            both = sum(one[1] + one[2] for one in joints)
            totals.append((2 * many / both) if name == "f1" else (total / many if many else None))
        if name == "f1" and _ambiguous(records):
            continue
        if None in totals:
            assert metric.undefined == "no-matches"
        elif not _ambiguous(records):
            assert float(metric.value) == pytest.approx(sum(totals) / len(totals), abs=1e-9)


def _paired(records, item):
    return len({r["annotator_id"] for r in records if r["item_id"] == item}) > 1


def _ambiguous(records):
    """Several matchings of the greatest total may differ in number: then only the total is fixed."""
    return any(
        len({(r["x"], r["y"], r["width"], r["height"]) for r in group}) < len(group) or len(group) > 3
        for group in _groups(records)
    )


def _groups(records):
    key = lambda r: (r["item_id"], r["annotator_id"])  # noqa: E731
    return [list(g) for _, g in itertools.groupby(sorted(records, key=key), key=key)]


@given(labels)
@settings(max_examples=40, deadline=None)
def test_class_kappa_is_that_of_scikit_learn_over_matches(records):
    from sklearn.metrics import cohen_kappa_score

    check = declared("label-agreement", value="box", coefficient="class-kappa", iou=0.5, annotators=["a", "b"])
    metric = outcome(check, records).metric if records else None
    pairs = [
        m for (a, b), joints in naive(records, 0.5).items() if (a, b) == ("a", "b") for j in joints for m in j[0][1]
    ]
    first, second = ([m[k]["label"] for m in pairs] for k in (0, 1))
    if metric is None or metric.value is None or _ambiguous(records):
        return
    assert float(metric.value) == pytest.approx(cohen_kappa_score(first, second), abs=1e-9)


def test_class_kappa_with_the_unmatched_as_a_class():
    from sklearn.metrics import cohen_kappa_score

    records = [
        *(box(f"i{n}", r, "x" if n % 3 else "y", 0, 0, 10, 10) for n in range(9) for r in "ab"),
        *(box(f"i{n}", "a", "y", 50, 50, 10, 10) for n in range(4)),
        *(box(f"i{n}", "b", "x", 90, 90, 10, 10) for n in range(3, 6)),
        box("i8", "a", "x", 20, 20, 10, 10), box("i8", "b", "y", 20, 20, 10, 11),
    ]  # fmt: skip
    found = outcome(declared("label-agreement", value="box", coefficient="class-kappa-with-none"), records)
    first = ["x" if n % 3 else "y" for n in range(9)] + ["y"] * 4 + ["none"] * 3 + ["x"]
    second = ["x" if n % 3 else "y" for n in range(9)] + ["none"] * 4 + ["x"] * 3 + ["y"]
    assert float(found.metric.value) == pytest.approx(cohen_kappa_score(first, second), abs=1e-12)
    assert found.metric.interval.low < float(found.metric.value) < found.metric.interval.high


@given(labels, st.data())
@settings(max_examples=40, deadline=None)
def test_any_split_in_any_order_gives_the_same_result(tmp_path_factory, records, data):
    checks = [
        declared("label-agreement", value="box", coefficient=name)
        for name in ("f1", "item-f1", "mean-iou", "class-kappa", "class-kappa-with-none")
    ] + [declared("label-agreement", value="labels", coefficient="masi-alpha")]
    plan = engine.plan(checks, {"annotations": ()})
    cuts = sorted(data.draw(st.sets(st.integers(0, len(records)), max_size=3)))
    pieces = [("annotations", batch(records[i:j], first=i)) for i, j in itertools.pairwise([0, *cuts, len(records)])]
    scratch = tmp_path_factory.mktemp("scratch")
    shuffled = data.draw(st.permutations(pieces))
    middle = data.draw(st.integers(0, len(pieces)))
    shards = [engine.observe(plan, part, scratch) for part in (shuffled[:middle], shuffled[middle:])]
    stored = [engine.load(engine.dump(s), plan, None, scratch) for s in shards]
    whole = engine.judge(checks, engine.observe(plan, [("annotations", batch(records))]))
    assert engine.judge(checks, engine.merge(stored, plan)) == whole
    assert all(result.verdict != "ERROR" for result in whole)


def two(n: int, **more):
    """n items that both raters labelled alike."""
    return [box(f"i{k}", r, "x", 0, 0, 10, 10, **more) for k in range(n) for r in "ab"]


def test_what_fails_whatever_the_number_says():
    check = declared("label-agreement", value="box", coefficient="f1")
    assert outcome(check, [box("i", "a", "x", 0, 0, 1, 1)]).metric.undefined == "one-rater"
    assert outcome(check, two(1)).metric.undefined == "one-item"
    lone = [box(f"i{k}", "ab"[k % 2], "x", 0, 0, 1, 1) for k in range(6)]
    assert outcome(check, lone).metric.undefined == "no-pairable-items"
    assert outcome(check, two(2) + [box(f"j{k}", "a", "x", 0, 0, 1, 1) for k in range(3)]).violation == "too-few-paired"
    assert outcome(check, two(2) + [box(f"j{k}", "a", "x", 0, 0, 1, 1) for k in range(2)]).violation is None
    assert outcome(check, [*two(2), box("i0", None, "x", 0, 0, 1, 1)]).violation == "unidentified-rating"
    assert outcome(check, [*two(2), box(None, "a", "x", 0, 0, 1, 1)]).violation == "unidentified-rating"
    for blank in ("", " ", "\u3000"):
        nobody = [{**r, "annotator_id": blank if r["annotator_id"] == "b" else "a"} for r in two(6)]
        assert outcome(check, nobody).metric.undefined == "one-rater"
    named = declared("label-agreement", value="box", coefficient="f1", annotators=["a", "b", "c"])
    assert outcome(named, two(3)).violation == "unpaired-rater"
    other_kind = [{**r, "kind": "class", "x": None} for r in two(3)]
    assert outcome(check, other_kind).metric.undefined == "no-ratings"
    crowd = [box("i", f"r{k}", "x", 0, 0, 1, 1) for k in range(101)]
    assert outcome(check, crowd).metric.undefined == "too-many-raters"


def test_of_more_than_two_raters_the_mean_of_pairs_and_the_worst_first():
    records = two(4) + [box(f"i{k}", "c", "y", 0 if k else 70, 0, 10, 10) for k in range(4)]
    found = outcome(declared("label-agreement", ">=0.9", value="box", coefficient="f1"), records)
    assert found.metric.value == (1 + Fraction(3, 4) + Fraction(3, 4)) / 3
    tables = {t.name: t for t in found.detail}
    assert [row[-1] for row in tables["per-pair"].rows] == [Fraction(3, 4), Fraction(3, 4), 1]
    assert found.failures.count == 1
    assert [(e.file, e.row, e.pointer, e.value) for e in found.failures.examples] == [
        ("labels.json", 0, "/0", "0.3333")
    ]
    assert tables["worst-items"].rows == (("labels.json", "/0", 3, 3, Fraction(1, 3)),)
    assert dict(tables["ratings"].rows)["items-apart"] == 1


def test_items_that_two_raters_drew_exactly_alike_are_told():
    copied = [box(f"i{k}", r, "x", 3 * k, 0, 10, 10) for k in range(6) for r in "ab"]
    drawn = [box(f"i{k}", "c", "x", 3 * k, 0, 10, 10 if k == 0 else 9.5) for k in range(6)]
    more = [box("i3", "a", "x", 70, 0, 10, 10)]
    found = outcome(declared("label-agreement", value="box", coefficient="f1"), copied + drawn + more)
    table = next(t for t in found.detail if t.name == "per-pair")
    at = table.columns.index("items-drawn-alike")
    assert {row[:2]: row[at] for row in table.rows} == {("a", "b"): 5, ("a", "c"): 1, ("b", "c"): 1}


def test_several_objects_are_raters_and_filters_hold_in_all():
    left = [box(f"i{k}", None, "x", 0, 0, 10, 10, split="val" if k < 4 else "train") for k in range(6)]
    right = [
        box(f"i{k}", "whoever", "x", 0 if k < 4 else 99, 0, 10, 10, split="val" if k < 4 else "train") for k in range(6)
    ]
    check = declared("label-agreement", value="box", coefficient="f1", **{"with": ["second"]})
    assert outcome(check, left, second=right).metric.value == Fraction(4, 6)
    filtered = declared(
        "label-agreement", value="box", coefficient="f1", where={"split": "val"}, **{"with": ["second"]}
    )
    found = outcome(filtered, left, second=right)
    assert (found.metric.value, found.population) == (1, 4)
    assert [row[:2] for row in {t.name: t for t in found.detail}["per-pair"].rows] == [("annotations", "second")]
    assert outcome(check, left).metric.undefined == "one-rater"


def polygon(item, rater, *flat):
    xs, ys = flat[::2], flat[1::2]
    box_ = {"x": min(xs), "y": min(ys), "width": max(xs) - min(xs), "height": max(ys) - min(ys)}
    return {"item_id": item, "annotator_id": rater, "label": "x", "kind": "polygon", "points": [list(flat)], **box_}


def test_polygons_masks_and_keypoints():
    square, half = (0.0, 0, 10, 0, 10, 10, 0, 10), (0.0, 0, 10, 0, 10, 10)
    records = [polygon(f"i{k}", r, *(square if r == "a" else half)) for k in range(3) for r in "ab"]
    check = declared("label-agreement", value="polygon", coefficient="mean-iou", iou=0.4)
    assert float(outcome(check, records).metric.value) == 0.5
    from checks.geometry.masks import encode

    def mask(item, rater, *runs):
        return {"item_id": item, "annotator_id": rater, "label": "x", "kind": "mask", "mask": encode(runs)}

    records = [mask(f"i{k}", "a", 0, 10, 6) for k in range(3)] + [mask(f"i{k}", "b", 5, 10, 1) for k in range(3)]
    values = {
        name: float(outcome(declared("label-agreement", value="mask", coefficient=name, iou=0.3), records).metric.value)
        for name in ("mean-iou", "dice", "f1")
    }
    assert values == {"mean-iou": pytest.approx(1 / 3, abs=1e-11), "dice": pytest.approx(0.5, abs=1e-11), "f1": 1}
    broken = [{**r, "mask": "\x7f"} for r in records]
    assert outcome(declared("label-agreement", value="mask", coefficient="f1"), broken).metric.value == 0

    def pose(item, rater, shift):
        points = [v for n in range(3) for v in (10.0 * n + shift, 5.0, 2.0)]
        around = {"x": 0.0, "y": 0.0, "width": 20.0, "height": 10.0, "area": 200.0}
        return {"item_id": item, "annotator_id": rater, "label": "p", "kind": "keypoints", "points": [points], **around}

    records = [pose(f"i{k}", r, 0.0 if r == "a" else 2.0) for k in range(3) for r in "ab"]
    check = declared("label-agreement", value="keypoints", coefficient="oks", sigmas=[0.1, 0.1, 0.1], iou=0.3)
    expected = np.exp(-4 / (2 * 200 * 0.2**2))
    assert float(outcome(check, records).metric.value) == pytest.approx(expected, abs=1e-9)
    seventeen = declared("label-agreement", value="keypoints", coefficient="f1")
    assert outcome(seventeen, records).metric.value == 0  # of another number of keypoints


def span(item, rater, start, end, label="PS"):
    return {"item_id": item, "annotator_id": rater, "label": label, "kind": "span", "start": start, "end": end}


def test_spans_match_exactly_or_by_overlap_and_by_label():
    records = [
        span("i0", "a", 0, 3), span("i0", "b", 0, 3), span("i0", "a", 5, 9), span("i0", "b", 6, 9),
        span("i1", "a", 0, 2, "LC"), span("i1", "b", 0, 2, "OG"), span("i2", "a", 1, 1), span("i2", "b", 1, 1),
    ]  # fmt: skip
    values = {
        (name, same): outcome(
            declared("label-agreement", value="span", coefficient=name, sameLabel=same), records
        ).metric.value
        for name in ("span-f1", "overlap-f1")
        for same in (True, False)
    }
    assert values == {
        ("span-f1", True): Fraction(4, 8), ("span-f1", False): Fraction(6, 8),
        ("overlap-f1", True): Fraction(6, 8), ("overlap-f1", False): 1,
    }  # fmt: skip


def said(item, rater, text, **more):
    return {"item_id": item, "annotator_id": rater, "kind": "transcript", "text": text, **more}


@given(
    st.lists(
        st.tuples(st.text("가나 a\u1100\u1161", max_size=6), st.text("가나 a", max_size=6)), min_size=2, max_size=5
    )
)
@settings(max_examples=50, deadline=None)
def test_error_rates_of_two_raters_are_the_edits_over_their_mean_length(texts):
    import unicodedata

    import jiwer

    records = [said(f"i{k}", r, t) for k, pair in enumerate(texts) for r, t in zip("ab", pair, strict=True)]
    clean = [[unicodedata.normalize("NFC", t).strip() for t in pair] for pair in texts]
    for name, measure in (("cer", jiwer.process_characters), ("wer", jiwer.process_words)):
        found = outcome(declared("label-agreement", "<=0.1", value="transcript", coefficient=name), records)
        edits = length = 0
        for a, b in clean:
            size = [len(t) if name == "cer" else len(t.split()) for t in (a, b)]
            length += sum(size)
            if size[0]:
                one = measure(a, b)
                edits += one.substitutions + one.insertions + one.deletions
            else:
                edits += size[1]
        if length:
            assert found.metric.value == Fraction(2 * edits, length)
        else:
            assert found.metric.undefined == "empty-reference"


def test_pieces_of_a_transcript_are_read_in_order_of_time():
    records = [
        said("i0", "a", "나", start=2.0), said("i0", "a", "가", start=1.0), said("i0", "b", "가 나"),
        said("i1", "a", "다"), said("i1", "b", "다"), {**said("i1", "b", "surface"), "kind": "span"},
    ]  # fmt: skip
    found = outcome(declared("label-agreement", "=0", value="transcript", coefficient="cer"), records)
    assert (found.metric.value, found.failures.count) == (0, 0)
    assert dict(found.detail[0].rows)["labels-of-another-kind"] == 1


def tag(item, rater, *texts, **more):
    return {"item_id": item, "annotator_id": rater, "kind": "class", "label": texts[0], **more}


def test_classes_are_rated_as_table_raters_are_and_second_answers_are_listed():
    records = [tag(f"i{k}", r, "x" if k % 2 or (r == "b" and k == 4) else "y") for k in range(8) for r in "ab"]
    found = outcome(declared("label-agreement", ">=0.9", value="class", coefficient="cohen-kappa"), records)
    from sklearn.metrics import cohen_kappa_score

    first, second = ([r["label"] for r in records if r["annotator_id"] == x] for x in "ab")
    assert float(found.metric.value) == pytest.approx(cohen_kappa_score(first, second), abs=1e-12)
    assert [(e.row, e.value) for e in found.failures.examples] == [(8, "1:1")]
    again = outcome(
        declared("label-agreement", value="class", coefficient="cohen-kappa"), [*records, tag("i2", "a", "y")]
    )
    assert (again.violation, again.failures.count) == ("duplicate-rating", 1)
    assert [e.row for e in again.failures.examples] == [16]


def test_values_on_a_scale():
    import krippendorff

    rng = np.random.default_rng(2)
    values = rng.integers(1, 6, (3, 30)).astype(float)
    records = [
        {"item_id": f"i{k:02}", "annotator_id": f"r{j}", "kind": "value", "value": values[j, k]}
        for j in range(3) for k in range(30) if (j, k) != (1, 7)
    ]  # fmt: skip
    values[1, 7] = np.nan
    for level in ("interval", "ordinal"):
        params = {"value": "scale", "coefficient": "krippendorff-alpha", "level": level}
        found = outcome(declared("label-agreement", **params), records)
        expected = krippendorff.alpha(reliability_data=values, level_of_measurement=level)
        assert float(found.metric.value) == pytest.approx(expected, abs=1e-9)


sets = st.frozensets(st.sampled_from(["a", "b", "c, d", '"', "가"]), max_size=4)


def masi(a, b):
    """Passonneau 2006, as it is written there."""
    if not a | b:
        return Fraction(0)
    jaccard = Fraction(len(a & b), len(a | b))
    weight = 1 if a == b else Fraction(2, 3) if a <= b or b <= a else Fraction(1, 3) if a & b else 0
    return 1 - jaccard * weight


@given(st.lists(sets, min_size=1, max_size=6))
def test_set_distances_are_masi(given_):
    distance = SetDistance.of(given_)
    for (i, a), (j, b) in itertools.product(enumerate(given_), repeat=2):
        assert Fraction(int(distance.matrix[i, j]), distance.unit) == masi(a, b)
        assert set_of(set_text(a)) == a
    assert set_of("plain") == {"plain"}
    assert set_of("[1, 2]") == {"[1, 2]"}


@given(st.lists(st.tuples(sets, sets, sets), min_size=2, max_size=8))
@settings(max_examples=60, deadline=None)
def test_masi_alpha_is_observed_over_expected_disagreement(items):
    records = [
        {"item_id": f"i{k}", "annotator_id": r, "kind": "labels", "labels": sorted(labels_)}
        for k, votes in enumerate(items)
        for r, labels_ in zip("abc", votes, strict=True)
    ]
    found = outcome(declared("label-agreement", value="labels", coefficient="masi-alpha"), records).metric
    every = [v for votes in items for v in votes]
    expected = sum(masi(a, b) for a, b in itertools.permutations(every, 2)) / (len(every) * (len(every) - 1))
    observed = sum(masi(a, b) / 2 for votes in items for a, b in itertools.permutations(votes, 2)) / len(every)
    if not expected:
        assert found.undefined == "one-class"
    else:
        assert found.value == 1 - observed / expected


def test_labels_of_one_rater_are_one_set_however_they_are_written():
    records = [
        *(tag(f"i{k}", "a", "x", labels=["y"]) for k in range(3)),
        *(tag(f"i{k}", "b", t) for k in range(3) for t in ("x", "y")),
        *(tag("j", r, "z") for r in "ab"),
    ]
    found = outcome(declared("label-agreement", value="labels", coefficient="masi-alpha"), records)
    assert (found.metric.value, found.violation) == (1, None)


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("coefficient", {"value": "box", "coefficient": "cer"}),
        ("coefficient", {"value": "class", "coefficient": "f1"}),
        ("coefficient", {"item": "item_id", "rater": "annotator_id", "value": "label", "coefficient": "f1"}),
        ("iou", {"value": "span", "coefficient": "span-f1", "iou": 0.5}),
        ("iou", {"value": "transcript", "coefficient": "cer", "iou": 0.5}),
        ("iou", {"value": "class", "coefficient": "gwet-ac1", "iou": 0.5}),
        ("iou", {"raters": ["label", "text"], "coefficient": "gwet-ac1", "iou": 0.5}),
        ("sigmas", {"value": "box", "coefficient": "f1", "sigmas": [0.1]}),
        ("sameLabel", {"value": "box", "coefficient": "class-kappa", "sameLabel": True}),
        ("level", {"value": "box", "coefficient": "f1", "level": "nominal"}),
        ("by", {"value": "class", "coefficient": "gwet-ac1", "by": "split"}),
        ("with[0]", dict(value="box", coefficient="f1", **{"with": ["nowhere"]})),
        ("with[0]", dict(value="box", coefficient="f1", **{"with": ["annotations"]})),
        ("annotators", dict(value="box", coefficient="f1", annotators=["a", "b"], **{"with": ["second"]})),
    ],
)
def test_wrong_declarations_are_refused(path, params):
    with pytest.raises(Misdeclared) as wrong:
        declared("label-agreement", **params)
    assert wrong.value.path == path


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    """Raters who agree on a box with probability .8: F1 over 60 items, 200 times."""
    rng = np.random.default_rng(11)
    held = 0
    check = declared("label-agreement", value="box", coefficient="f1")
    for _ in range(200):
        records = []
        for k in range(60):
            for n in range(int(rng.integers(1, 4))):
                apart = rng.random() > 0.8
                records.append(box(f"i{k}", "a", "x", 100 * n, 0, 10, 10))
                records.append(box(f"i{k}", "b", "x", 100 * n, 50 if apart else 0, 10, 10))
        interval = outcome(check, records).metric.interval
        held += interval.low <= 0.8 <= interval.high
    assert 180 <= held <= 198


def test_judging_is_the_same_in_files_of_any_number():
    records = [*two(5), box("i0", "a", "y", 30, 30, 5, 5)]
    check = declared("label-agreement", ">=0.99", value="box", coefficient="f1")
    one = judged(check, {"annotations": [batch([r], f"f{k:02}.json") for k, r in enumerate(records)]})
    assert one.reason.code == "target-missed"
    assert [e.file for e in one.outcome.failures.examples] == ["f00.json"]


def test_no_label_is_an_answer_where_the_contract_says_so():
    records = [
        *two(2), box("i2", "a", "x", 0, 0, 5, 5), box("i3", "c", "x", 0, 0, 5, 5), box("i3", "b", "x", 0, 0, 5, 5),
    ]  # fmt: skip
    more = {"value": "box", "annotators": ["a", "b", "c"], "unlabelled": "empty"}
    f1 = outcome(declared("label-agreement", coefficient="f1", **more), records)
    pairs = {"ab": Fraction(4, 6), "ac": Fraction(0, 4), "bc": Fraction(2, 4)}
    assert f1.metric.value == sum(pairs.values()) / 3
    assert f1.population == 4
    items = outcome(declared("label-agreement", coefficient="item-f1", **more), records)
    # of a and b the items 0, 1 agree, 2, 3 do not; of b and c items 2 (both empty) and 3 do
    assert float(items.metric.value) == pytest.approx((2 / 4 + 0 / 4 + 2 / 4) / 3)
    assert dict(f1.detail[0].rows)["items-apart"] == 4
    with pytest.raises(Misdeclared, match="unlabelled"):
        declared("label-agreement", value="box", coefficient="f1", unlabelled="empty")
