"""label-accuracy: against scikit-learn on the raw labels, edges, groups, bad contracts."""

from __future__ import annotations

import warnings
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from rating_helpers import declaration, detail, judged
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

from checks.agreement.label_accuracy import MEASURES, LabelAccuracy
from checks.kernel import Misdeclared


@pytest.fixture(autouse=True)
def every_name_is_public(monkeypatch):
    """These examples are small; tests/unit/test_masking.py tests what rare names look like."""
    monkeypatch.setattr("checks.masking.PUBLIC_FROM", 1)


COLUMNS = {"gold": "string", "label": "string", "split": "string"}


def accuracy(pairs, measure="accuracy", **params):
    rows = [dict(zip(COLUMNS, (*pair, None)[:3], strict=True)) for pair in pairs]
    return judged(
        LabelAccuracy, {"gold": "gold", "label": "label", "measure": measure, **params}, rows, COLUMNS, batches=3
    )


label = st.sampled_from("abc")
pairs = st.lists(st.tuples(label, label), min_size=1, max_size=30)


@given(pairs)
def test_scores_are_those_of_the_raw_labels(given_pairs):
    gold, given_labels = zip(*given_pairs, strict=True)
    assert float(accuracy(given_pairs).metric.value) == pytest.approx(accuracy_score(gold, given_labels), abs=1e-9)
    for quality, score in (("precision", precision_score), ("recall", recall_score), ("f1", f1_score)):
        per_class = score(gold, given_labels, average=None, zero_division=0)
        for average, theirs in (("macro", per_class.mean()), ("min", per_class.min())):
            ours = accuracy(given_pairs, f"{average}-{quality}").metric.value
            assert float(ours) == pytest.approx(theirs, abs=1e-9)


@given(st.lists(st.tuples(label, st.sampled_from([*"abc", None])), min_size=1, max_size=20))
def test_what_is_not_labelled_is_wrong(given_pairs):
    gold, given_labels = zip(*((g, x or "?") for g, x in given_pairs), strict=True)
    assume(len({*gold}) > 1)
    classes = sorted({*gold, *given_labels} - {"?"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = recall_score(gold, given_labels, labels=classes, average="macro", zero_division=0)
    assert float(accuracy(given_pairs, "macro-recall").metric.value) == pytest.approx(theirs, abs=1e-9)
    assert accuracy(given_pairs).metric.value == Fraction(sum(g == x for g, x in given_pairs), len(given_pairs))


@pytest.mark.parametrize("measure", MEASURES)
def test_nothing_to_compare_is_undefined(measure):
    for rows in ([], [(None, "a"), (None, "b")]):
        outcome = accuracy(rows, measure)
        assert outcome.metric.undefined == "empty"
        assert outcome.population == 0


@pytest.mark.parametrize("measure", MEASURES)
def test_one_class_never_passes(measure):
    assert accuracy([("a", "a")] * 5, measure).violation == "one-class"
    assert accuracy([("a", "a")] * 5 + [("b", "b")], measure).violation is None


def test_records_without_gold_are_no_reference():
    outcome = accuracy([("a", "a"), ("b", "b"), (None, "a"), ("b", None)])
    assert (outcome.metric.numerator, outcome.metric.denominator) == (2, 3)
    assert outcome.population == 3
    expected = {"with-gold": 3, "without-gold": 1, "not-labelled": 1, "right": 2}
    assert dict(detail(outcome, "labels").rows) == expected


def test_a_label_that_gold_does_not_know_scores_zero():
    outcome = accuracy([("a", "a"), ("b", "b"), ("b", "c")], "min-recall")
    assert outcome.metric.value == 0
    assert [row[0] for row in detail(outcome, "per-class").rows] == ["a", "b", "c"]
    assert detail(outcome, "confusion").rows == (("a", 1, 0, 0, 0), ("b", 0, 1, 1, 0), ("c", 0, 0, 0, 0))


def test_by_the_worst_group_decides():
    outcome = accuracy([("a", "a", "x"), ("b", "b", "x"), ("a", "b", "y"), ("b", "b", "y")], by="split")
    assert outcome.metric.value == Fraction(1, 2)
    assert [row[:3] for row in detail(outcome, "split").rows] == [("x", 2, 1), ("y", 2, Fraction(1, 2))]
    assert sum(row[1] for row in detail(outcome, "per-class").rows) == 4


@pytest.mark.parametrize(
    ("params", "path"),
    [
        ({"gold": "nope", "label": "label", "measure": "accuracy"}, "gold"),
        ({"gold": "gold", "label": "nope", "measure": "accuracy"}, "label"),
        ({"gold": "gold", "label": "gold", "measure": "accuracy"}, "label"),
        ({"gold": "gold", "measure": "accuracy"}, "label"),
        ({"gold": "gold", "label": "label", "by": "gold", "measure": "accuracy"}, "label"),
    ],
)
def test_contracts_that_cannot_be_meant(params, path):
    with pytest.raises(Misdeclared, match=f"^{path}: "):
        LabelAccuracy.build(declaration(params, COLUMNS))
