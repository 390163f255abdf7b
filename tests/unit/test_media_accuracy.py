"""Labels of media against gold: against pycocotools, scikit-learn and jiwer, and at the edges."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from support.annotations import batch, box, declared, outcome

from checks import engine
from checks.kernel import Misdeclared

GOLD = {"annotator": "gold"}


def accuracy(measure, demand=">=0.5", **more):
    return declared("label-accuracy", demand, measure=measure, **{"value": "box", "gold": GOLD, **more})


def scored(item, label, score, *xywh):
    return box(item, None, label, *xywh, attributes=json.dumps({"score": score, "note": "x"}))


def coco_map(gold, detections, kind="bbox", sigmas=None):
    """mAP@[.5:.95] and mAP@.5 of pycocotools, all areas."""
    items = sorted({r["item_id"] for r in (*gold, *detections)})
    classes = sorted({r["label"] for r in (*gold, *detections)})

    def annotation(number, r):
        own = {"id": number + 1, "image_id": items.index(r["item_id"]), "category_id": classes.index(r["label"])}
        own |= {"bbox": [r[k] for k in ("x", "y", "width", "height")], "iscrowd": 0}
        own["area"] = r.get("area") or r["width"] * r["height"]
        if r.get("points"):
            own |= {"keypoints": r["points"][0], "num_keypoints": sum(v > 0 for v in r["points"][0][2::3])}
        if r.get("attributes"):
            own["score"] = json.loads(r["attributes"])["score"]
        return own

    truth = COCO()
    truth.dataset = {
        "images": [{"id": k} for k in range(len(items))],
        "categories": [{"id": k} for k in range(len(classes))],
        "annotations": [annotation(k, r) for k, r in enumerate(gold)],
    }
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        found = COCO()
        found.dataset = {**truth.dataset, "annotations": [annotation(k, r) for k, r in enumerate(detections)]}
        found.createIndex()
        judge = COCOeval(truth, found, kind)
        judge.params.maxDets = [20] if kind == "keypoints" else [1, 10, 100]
        if sigmas:
            judge.params.kpt_oks_sigmas = np.array(sigmas)
        judge.evaluate()
        judge.accumulate()
    precision = judge.eval["precision"][:, :, :, 0, -1]
    return tuple(float(p[p > -1].mean()) for p in (precision, precision[:1]))


coordinate = st.integers(0, 6).map(lambda v: v * 2.0)
side = st.integers(1, 5).map(lambda v: v * 2.0)
places = st.tuples(st.sampled_from("pqr"), st.sampled_from("xy"), coordinate, coordinate, side, side)


@given(st.lists(places, min_size=2, max_size=12), st.lists(places, max_size=14), st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_mean_average_precision_is_that_of_pycocotools(gold, found, random):
    gold = [box(i, "gold", *rest) for i, *rest in gold]
    scores = random.sample(range(1000), len(found))
    items = {r["item_id"] for r in gold}
    detections = [scored(i, c, s / 1000, *rest) for s, (i, c, *rest) in zip(scores, found, strict=True) if i in items]
    both, at_50 = coco_map(gold, detections)
    ours = {m: outcome(accuracy(m), [*gold, *detections]).metric.value for m in ("map", "map-50")}
    assert float(ours["map"]) == pytest.approx(both, abs=1e-9)
    assert float(ours["map-50"]) == pytest.approx(at_50, abs=1e-9)


def noisy(rng, items=40, classes=3):
    """Gold boxes, and detections that are near, doubled, missing, of another class or nowhere."""
    gold, found = [], []
    for k in range(items):
        for _ in range(int(rng.integers(1, 6))):
            x, y, w, h = (float(v) for v in (*rng.uniform(0, 80, 2), *rng.uniform(5, 30, 2)))
            label = f"c{rng.integers(classes)}"
            gold.append(box(f"i{k:03}", "gold", label, x, y, w, h))
            for _ in range(int(rng.integers(0, 3))):
                shift = rng.normal(0, 3, 4)
                given_ = label if rng.random() < 0.85 else f"c{rng.integers(classes)}"
                place = (x + shift[0], y + shift[1], w + abs(shift[2]), h + abs(shift[3]))
                found.append(scored(f"i{k:03}", given_, float(rng.random()), *map(float, place)))
    return gold, found


def test_mean_average_precision_of_many_boxes_and_its_interval():
    gold, found = noisy(np.random.default_rng(5))
    both, at_50 = coco_map(gold, found)
    for measure, expected in (("map", both), ("map-50", at_50)):
        result = outcome(accuracy(measure, ">=0.99"), [*gold, *found])
        assert float(result.metric.value) == pytest.approx(expected, abs=1e-9)
        interval = result.metric.interval
        assert interval.low < result.metric.value < interval.high
        assert interval.method == "Poisson bootstrap over 40 items, 999 of 999 replicates, percentiles"
        tables = {t.name: t for t in result.detail}
        assert np.mean([float(row[4 if measure == "map" else 3]) for row in tables["average-precision"].rows]) == (
            pytest.approx(expected, abs=1e-9)
        )
        assert dict(tables["labels"].rows)["scored-labels"] == len(found)
        assert len(tables["worst-items"].rows) == len(result.failures.examples) == 20


def test_keypoints_are_judged_by_oks_as_coco_does():
    rng = np.random.default_rng(9)
    gold, found = [], []
    for k in range(12):
        points = np.column_stack([rng.uniform(0, 100, (4, 2)), rng.integers(0, 3, 4)])
        around = {
            "x": 0.0,
            "y": 0.0,
            "width": 100.0,
            "height": 100.0,
            "area": 5000.0,
            "kind": "keypoints",
            "label": "p",
        }
        gold.append({"item_id": f"i{k}", "annotator_id": "gold", "points": [points.ravel().tolist()], **around})
        near = points + rng.normal(0, 4, points.shape) * [1, 1, 0]
        score = {"attributes": json.dumps({"score": float(rng.random())})}
        found.append({"item_id": f"i{k}", "points": [near.ravel().tolist()], **around, **score})
    sigmas = [0.05, 0.06, 0.07, 0.08]
    gold = [r for r in gold if any(v > 0 for v in r["points"][0][2::3])]  # COCO ignores those without any
    found = [r for r in found if r["item_id"] in {g["item_id"] for g in gold}]
    both, at_50 = coco_map(gold, found, "keypoints", sigmas)
    for measure, expected in (("map", both), ("map-50", at_50)):
        metric = outcome(accuracy(measure, value="keypoints", sigmas=sigmas), [*gold, *found]).metric
        assert float(metric.value) == pytest.approx(expected, abs=1e-9)


def test_without_scores_all_detections_enter_at_once():
    gold = [box(f"i{k}", "gold", "x", 0, 0, 10, 10) for k in range(4)]
    found = [box(f"i{k}", "w", "x", 0 if k < 2 else 50, 0, 10, 10) for k in range(4)]
    result = outcome(accuracy("map-50"), [*gold, *found])
    assert float(result.metric.value) == pytest.approx(0.5 * 51 / 101)
    again = outcome(accuracy("map-50"), [*gold, *reversed(found)])
    assert again.metric.value == result.metric.value
    assert dict(result.detail[0].rows)["scored-labels"] == 0


def test_a_score_is_the_value_of_a_label_or_an_attribute():
    gold = [box("i", "gold", "x", 0, 0, 10, 10)]
    right, wrong = box("i", "w", "x", 0, 0, 10, 10), box("i", "w", "x", 50, 0, 10, 10)

    def found(first, second, **more):
        return float(outcome(accuracy("map-50", **more), [*gold, {**right, **first}, {**wrong, **second}]).metric.value)

    high, low = {"value": 0.9}, {"value": 0.1, "attributes": '{"score": 0.99}'}
    assert found(high, low) == pytest.approx(1)
    assert found(low, high) == pytest.approx(0.5)
    named = {"attributes": '{"sure": 0.2, "score": 7}'}, {"attributes": '{"sure": 0.1, "score": 8}'}
    assert found(*named, score="sure") == pytest.approx(1)
    assert found(*named) == pytest.approx(0.5)
    assert found({"attributes": "no JSON"}, {"attributes": '{"score": "high"}'}) == pytest.approx(0.5)


answers = st.lists(st.tuples(st.sampled_from("xyz"), st.sampled_from(["x", "y", "z", None])), min_size=1, max_size=30)


def tag(item, rater, label, **more):
    return {"item_id": item, "annotator_id": rater, "kind": "class", "label": label, **more}


@given(answers)
@settings(max_examples=60, deadline=None)
def test_classes_are_judged_as_scikit_learn_does(votes):
    from sklearn.metrics import accuracy_score, precision_recall_fscore_support

    records = [tag(f"i{k}", "gold", g) for k, (g, _) in enumerate(votes)]
    records += [tag(f"i{k}", "w", v) for k, (_, v) in enumerate(votes) if v is not None]
    first, second = [g for g, _ in votes], [v or "none" for _, v in votes]
    classes = sorted({*first, *second} - {"none"})
    scores = precision_recall_fscore_support(first, second, labels=classes, zero_division=0.0)[:3]
    for name, column in zip(("precision", "recall", "f1"), scores, strict=True):
        for average, combine in (("macro", np.mean), ("min", np.min)):
            found = outcome(accuracy(f"{average}-{name}", value="class"), records)
            assert float(found.metric.value) == pytest.approx(float(combine(column)), abs=1e-9)
    found = outcome(accuracy("accuracy", value="class"), records)
    assert float(found.metric.value) == pytest.approx(accuracy_score(first, second), abs=1e-12)
    assert found.violation == ("one-class" if len(classes) == 1 else None)
    assert found.population == len(votes)


def test_boxes_by_class_and_by_rater():
    gold = [box(f"i{k}", None, "x" if k < 4 else "y", 0, 0, 10, 10) for k in range(6)]
    ours = [
        *(box(f"i{k}", "kim", "x", 0, 0, 10, 10) for k in range(5)),
        *(box(f"i{k}", "lee", "y", 0, 0, 10, 10) for k in range(4, 5)),
        *(box(f"j{k}", "lee", "y", 0, 0, 10, 10) for k in range(4)),
        box("i0", "kim", "x", 60, 60, 10, 10),
    ]
    check = accuracy("f1", ">=0.9", gold={"object": "gold"})
    found = outcome(check, ours, gold=gold)
    # kim: 5 gold, 6 labels, 4 right; lee: 1, 1, 1; nobody: 1 gold
    assert found.metric.value == Fraction(2 * 5, 7 + 7)
    tables = {t.name: t for t in found.detail}
    assert dict(tables["labels"].rows) == {
        "gold-items": 6, "gold-labels": 6, "labels-on-gold-items": 7, "gold-items-without-label": 1,
        "items-apart": 3, "labels-of-another-kind": 0, "labels-without-item-or-rater": 0,
    }  # fmt: skip
    # a name that five labels bear is shown; "(none)" is who did not label item 5
    assert [(row[0], *row[1:6]) for row in tables["per-rater"].rows] == [
        ("(none)", 1, 1, 0, 0, 0), ("kim", 5, 5, 6, 4, 4), ("lee", 1, 1, 1, 1, 1),
    ]  # fmt: skip
    assert [row[1:4] for row in tables["per-class"].rows] == [(4, 6, 4), (3, 1, 1)]
    assert (found.failures.count, found.population) == (3, 6)
    assert outcome(accuracy("precision", gold={"object": "gold"}), ours, gold=gold).metric.value == Fraction(5, 7)
    assert outcome(accuracy("recall", gold={"object": "gold"}), ours, gold=gold).metric.value == Fraction(5, 7)
    only = accuracy("recall", gold={"object": "gold"}, annotators=["kim"])
    assert outcome(only, ours, gold=gold).metric.value == Fraction(4, 6)
    assert outcome(accuracy("f1", gold={"object": "gold"}, sameLabel=False), ours, gold=gold).metric.value == Fraction(
        12, 14
    )


def test_items_without_gold_count_where_no_label_is_an_answer():
    gold = [box("i0", None, "x", 0, 0, 10, 10)]
    ours = [box("i0", "kim", "x", 0, 0, 10, 10), box("i1", "kim", "x", 0, 0, 10, 10)]
    assert outcome(accuracy("precision", gold={"object": "gold"}), ours, gold=gold).metric.value == 1
    both = accuracy("precision", gold={"object": "gold"}, unlabelled="empty")
    assert outcome(both, ours, gold=gold).metric.value == Fraction(1, 2)
    average = accuracy("map-50", gold={"object": "gold"}, unlabelled="empty")
    assert float(outcome(average, ours, gold=gold).metric.value) == pytest.approx(0.5)


@given(
    st.lists(
        st.tuples(st.text("가나 a", min_size=1, max_size=6), st.text("가나 a", max_size=6)), min_size=1, max_size=5
    )
)
@settings(max_examples=40, deadline=None)
def test_error_rates_are_those_of_jiwer(texts):
    import jiwer

    kept = [(a, b) for a, b in texts if a.strip()]
    if not kept:
        return
    records = [
        {"item_id": f"i{k}", "annotator_id": r, "kind": "transcript", "text": t}
        for k, pair in enumerate(kept)
        for r, t in zip(("gold", "w"), pair, strict=True)
    ]
    first, second = ([t.strip() for t in side] for side in zip(*kept, strict=True))
    for name, expected in (("cer", jiwer.cer(first, second)), ("wer", jiwer.wer(first, second))):
        found = outcome(accuracy(name, "<=0.1", value="transcript"), records)
        assert float(found.metric.value) == pytest.approx(expected, abs=1e-9)


def test_spans_and_label_sets():
    def span(rater, start, end, label):
        return {"item_id": "i", "annotator_id": rater, "kind": "span", "start": start, "end": end, "label": label}

    records = [
        span("gold", 0, 2, "PS"), span("gold", 4, 8, "LC"), span("w", 0, 2, "PS"), span("w", 4, 7, "LC"), span("w", 9, 10, "LC"),
    ]  # fmt: skip
    values = {
        name: outcome(accuracy(name, value="span"), records).metric.value for name in ("precision", "recall", "f1")
    }
    assert values == {"precision": Fraction(1, 3), "recall": Fraction(1, 2), "f1": Fraction(2, 5)}
    assert outcome(accuracy("recall", value="span", iou=0), records).metric.value == 1
    sets = [
        {"item_id": "i", "annotator_id": "gold", "kind": "labels", "labels": ["a", "b", "b"]},
        {"item_id": "i", "annotator_id": "w", "kind": "labels", "labels": ["b", "c", "d"]},
        tag("i", "w", "a"), tag("j", "gold", "a"), tag("j", "w", "a"),
    ]  # fmt: skip
    assert outcome(accuracy("f1", value="labels"), sets).metric.value == Fraction(2 * 3, 3 + 5)


def test_what_fails_whatever_the_number_says():
    gold, label = box("i", "gold", "x", 0, 0, 1, 1), box("i", "w", "x", 0, 0, 1, 1)
    assert outcome(accuracy("f1"), [label]).metric.undefined == "no-gold"
    assert outcome(accuracy("map"), [label]).metric.undefined == "no-gold"
    assert outcome(accuracy("f1"), [gold]).metric.value == 0
    assert outcome(accuracy("precision"), [gold]).metric.undefined == "nothing-labelled"
    assert outcome(accuracy("mean-iou"), [gold]).metric.undefined == "no-matches"
    assert outcome(accuracy("f1"), [gold, label, box(None, "w", "x", 0, 0, 1, 1)]).violation == "unidentified-rating"
    doubled = [tag("i", "gold", "x"), tag("i", "w", "x"), tag("i", "w", "y")]
    assert outcome(accuracy("accuracy", value="class"), doubled).violation == "duplicate-rating"
    hostile = [box("i", "\x00gold", "x", 0, 0, 1, 1), label]
    assert outcome(accuracy("f1"), hostile).metric.undefined == "no-gold"


@given(st.lists(places, max_size=10), st.lists(places, max_size=10), st.data())
@settings(max_examples=30, deadline=None)
def test_any_split_in_any_order_gives_the_same_result(tmp_path_factory, left, right, data):
    records = [box(i, "gold", *rest) for i, *rest in left]
    records += [scored(i, c, (k % 4) / 4, *rest) for k, (i, c, *rest) in enumerate(right)]
    checks = [accuracy(m) for m in ("f1", "macro-f1", "mean-iou", "map")]
    plan = engine.plan(checks, {"annotations": ()})
    cuts = sorted(data.draw(st.sets(st.integers(0, len(records)), max_size=3)))
    pieces = [("annotations", batch(records[i:j], first=i)) for i, j in itertools.pairwise([0, *cuts, len(records)])]
    scratch = tmp_path_factory.mktemp("scratch")
    shards = [engine.observe(plan, [part], scratch) for part in data.draw(st.permutations(pieces))]
    merged = engine.merge([engine.load(engine.dump(s), plan, None, scratch) for s in shards], plan)
    whole = engine.judge(checks, engine.observe(plan, [("annotations", batch(records))]))
    assert engine.judge(checks, merged) == whole
    assert all(result.verdict != "ERROR" for result in whole)


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("measure", {"measure": "cer"}),
        ("measure", {"measure": "map", "value": "span"}),
        ("measure", {"measure": "f1", "gold": "text", "value": None}),
        ("value", {"measure": "f1", "value": "scale"}),
        ("value", {"measure": "f1", "value": None}),
        ("value", {"measure": "accuracy", "gold": "text"}),
        ("gold.object", {"measure": "f1", "gold": {"object": "nowhere"}}),
        ("annotators", {"measure": "f1", "annotators": ["gold"]}),
        ("score", {"measure": "f1", "score": "confidence"}),
        ("iou", {"measure": "map", "iou": 0.5}),
        ("label", {"measure": "f1", "label": "text"}),
    ],
)
def test_wrong_declarations_are_refused(path, params):
    given_ = {"value": "box", "gold": GOLD, "label": None, **params}
    with pytest.raises(Misdeclared) as wrong:
        declared("label-accuracy", **{k: v for k, v in given_.items() if v is not None})
    assert wrong.value.path == path
