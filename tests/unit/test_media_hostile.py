"""Labels made to crash, stall or exhaust a comparison: each rule ends in a verdict, with warnings as errors."""

from __future__ import annotations

import itertools
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.annotations import batch, box, declared, judged, outcome

from checks.agreement.media import joints
from checks.agreement.media.matched import BY_KIND

ODD = [1e308, -1e308, float("inf"), float("-inf"), float("nan"), 0.0, -0.0, -5.0, 5e-324, 1.0]
number = st.sampled_from(ODD)
word = st.sampled_from(["", "\u202e=cmd()", "a" * 500, "\x00", "각", "\u1100\u1161", '["x"]', "[1"])

labels = st.lists(
    st.fixed_dictionaries(
        {
            "item_id": st.sampled_from(["i", "j", "k", "\x00gold"]),
            "annotator_id": st.sampled_from(["a", "b", "\x00gold", ""]),
            "label": word,
            "text": word,
            "mask": word,
            "attributes": st.sampled_from([None, "{", '{"score": 1e999}', '{"score": -1}', '{"score": NaN}', "[]"]),
            "labels": st.sampled_from([None, [], ["a", "a"], ["\u202e", None]]),
            "points": st.lists(st.lists(number, max_size=8), max_size=3),
            **dict.fromkeys(("x", "y", "width", "height", "start", "end", "value", "area"), number),
        }
    ),
    max_size=14,
)

CHECKS = [
    *(declared("label-agreement", value=kind, coefficient=name) for kind, names in BY_KIND.items() for name in names),
    declared("label-agreement", value="keypoints", coefficient="oks", sigmas=[0.1, 0.1]),
    declared("label-agreement", value="labels", coefficient="masi-alpha"),
    declared("label-agreement", value="scale", coefficient="krippendorff-alpha", level="interval"),
    *(
        declared("label-accuracy", value="box", gold={"annotator": "a"}, measure=m)
        for m in ("map", "min-f1", "mean-iou")
    ),
    declared("label-accuracy", value="labels", gold={"annotator": "a"}, measure="f1"),
    *(declared("rater-quality", value=v, measure="worst-rater-agreement") for v in ("class", "labels", "scale")),
]


@given(labels)
@settings(max_examples=60, deadline=None)
def test_every_rule_ends_in_a_verdict(records):
    for check in CHECKS:
        result = judged(check, {"annotations": [batch(records)]})
        assert result.verdict in {"PASS", "FAIL"}, (check.rule.name, result.reason)


def test_a_joint_of_very_many_labels_is_compared_bit_by_bit():
    rng = np.random.default_rng(4)
    places = [(float(20 * x), float(20 * y)) for x, y in itertools.product(range(40), range(40))]
    left = [box("i", "a", "x", x, y, 10, 10) for x, y in places]
    right = [box("i", "b", "x", x + float(rng.choice([1, 12])), y, 10, 10) for x, y in places]
    records = [*left, *right, *(box("j", r, "x", 0, 0, 1, 1) for r in "ab")]
    check = declared("label-agreement", value="box", coefficient="f1")
    whole = outcome(check, records).metric
    with mock.patch.object(joints, "_AT_ONCE", 1000):
        assert outcome(check, records).metric == whole
    near = sum(r["x"] - b["x"] == 1 for r, b in zip(right, left, strict=True))
    assert float(whole.value) == pytest.approx((near + 1) / 1601)


@pytest.mark.parametrize(("many", "limit"), [(40, {"MOST_LABELS": 30}), (40, {"_AT_ONCE": 100})])
def test_more_labels_than_can_be_matched_have_no_number(many, limit):
    records = [box(i, r, "x", 0, 0, 10, 10) for i in "ij" for r in "ab" for _ in range(many)]
    (name, value), = limit.items()  # fmt: skip
    for check in (
        declared("label-agreement", value="box", coefficient="f1"),
        declared("label-accuracy", value="box", gold={"annotator": "a"}, measure="map"),
    ):
        with mock.patch.object(joints, name, value):
            assert outcome(check, records).metric.undefined == "too-many-labels"
        assert outcome(check, records).metric.undefined is None


def test_texts_that_would_take_for_ever_are_not_compared():
    records = [{"item_id": i, "annotator_id": r, "kind": "transcript", "text": "가" * 2000} for i in "ij" for r in "ab"]
    check = declared("label-agreement", "=0", value="transcript", coefficient="cer")
    with mock.patch.object(joints, "LONGEST", 10**6):
        assert outcome(check, records).metric.undefined == "too-long-text"
    assert outcome(check, records).metric.value == 0
