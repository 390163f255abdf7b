"""class-balance: measures against naive definitions and scipy, edges, groups, bad contracts."""

from __future__ import annotations

import math
from collections import Counter
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rating_helpers import at_least, declaration, detail, judged
from scipy.spatial.distance import jensenshannon
from scipy.stats import chisquare, entropy

from checks.balance.class_balance import ClassBalance
from checks.balance.distribution import MEASURES
from checks.kernel import Misdeclared, Target


@pytest.fixture(autouse=True)
def every_name_is_public(monkeypatch):
    """These examples are small; tests/unit/test_masking.py tests what rare names look like."""
    monkeypatch.setattr("checks.masking.PUBLIC_FROM", 1)


COLUMNS = {"label": "string", "split": "string"}
EVEN = {"x": Decimal("0.5"), "y": Decimal("0.5")}
THREE = {"x": Decimal("0.2"), "y": Decimal("0.3"), "z": Decimal("0.5")}


def balance(labels, measure="overlap", share=EVEN, target=None, **params):
    """`labels`: labels, or (label, split) pairs."""
    rows = [dict(zip(COLUMNS, x if isinstance(x, tuple) else (x, None), strict=True)) for x in labels]
    params = {"column": "label", "measure": measure, **({} if share is None else {"target": share}), **params}
    return judged(ClassBalance, params, rows, COLUMNS, target, batches=3)


counts = st.lists(st.integers(0, 40), min_size=3, max_size=3).filter(lambda n: sum(x > 0 for x in n) > 1)


@pytest.mark.parametrize("measure", MEASURES)
@given(n=counts, nulls=st.integers(0, 3))
def test_measures_by_their_definitions(measure, n, nulls):
    labels = [name for name, k in zip("xyz", n, strict=True) for _ in range(k)] + [None] * nulls
    p = [k / sum(n) for k in n]
    q = [0.2, 0.3, 0.5]
    empty = 0 in n
    expected = {
        "overlap": sum(map(min, p, q)),
        "total-variation": sum(abs(a - b) for a, b in zip(p, q, strict=True)) / 2,
        "jensen-shannon": jensenshannon(p, q, base=2) ** 2,
        "psi": "empty-cell" if empty else sum((a - b) * math.log(a / b) for a, b in zip(p, q, strict=True)),
        "normalized-entropy": entropy(p) / math.log(3),
        "imbalance-ratio": "empty-cell" if empty else max(n) / min(n),
        "min-class-count": min(n),
    }[measure]
    metric = balance(labels, measure, THREE).metric
    if isinstance(expected, str):
        assert metric.undefined == expected
    else:
        assert float(metric.value) == pytest.approx(expected, abs=1e-9)


@given(n=counts)
def test_rational_measures_are_exact(n):
    labels = [name for name, k in zip("xyz", n, strict=True) for _ in range(k)]
    overlap = balance(labels, "overlap", THREE).metric.value
    apart = balance(labels, "total-variation", THREE).metric.value
    shares = (Fraction(1, 5), Fraction(3, 10), Fraction(1, 2))
    assert overlap == sum(min(Fraction(k, sum(n)), q) for k, q in zip(n, shares, strict=True))
    assert overlap + apart == 1
    assert isinstance(overlap, Fraction)


@given(n=counts.filter(lambda n: 0 not in n))
def test_chi_square_is_scipy_s(n):
    labels = [name for name, k in zip("xyz", n, strict=True) for _ in range(k)]
    ((statistic, freedom, p),) = detail(balance(labels, share=THREE), "chi-square").rows
    theirs = chisquare(n, [q * sum(n) for q in (0.2, 0.3, 0.5)])
    assert float(statistic) == pytest.approx(theirs.statistic, abs=1e-9)
    assert freedom == 2
    assert float(p) == pytest.approx(theirs.pvalue, rel=1e-5)


@pytest.mark.parametrize("measure", MEASURES)
def test_no_labels_are_undefined(measure):
    for labels in ([], [None, None]):
        outcome = balance(labels, measure)
        assert outcome.metric.undefined == "empty"
        assert outcome.population == 0


@pytest.mark.parametrize("measure", MEASURES)
def test_one_class_never_passes(measure):
    assert balance(["x"] * 9, measure).violation == "one-class"
    assert balance(["x"] * 9, "normalized-entropy", None).metric.undefined == "one-class"


@pytest.mark.parametrize("measure", MEASURES)
def test_a_class_outside_the_target_fails_and_is_masked(measure):
    outcome = balance(["x"] * 50 + ["y"] * 50 + ["Hong 1"], measure)
    assert outcome.violation == "class-outside-target"
    assert [row[0] for row in detail(outcome, "distribution").rows] == ["x", "y", "Aaaa 9"]


def test_the_contracted_distribution_met_exactly():
    labels = ["x"] * 2 + ["y"] * 3 + ["z"] * 5
    assert balance(labels, "overlap", THREE).metric.value == 1
    for measure in ("total-variation", "jensen-shannon", "psi"):
        assert balance(labels, measure, THREE).metric.value == 0


def test_exactly_at_the_target_and_one_past():
    target = at_least("0.9")
    assert target.met(balance(["x"] * 6 + ["y"] * 4, target=target).metric.value)
    assert not target.met(balance(["x"] * 61 + ["y"] * 39, target=target).metric.value)
    ratio = Target("<=", (Decimal("1.5"),))
    assert ratio.met(balance(["x"] * 6 + ["y"] * 4, "imbalance-ratio", None, ratio).metric.value)
    assert not ratio.met(balance(["x"] * 61 + ["y"] * 40, "imbalance-ratio", None, ratio).metric.value)


def test_contracted_classes_that_were_not_delivered_count():
    labels = ["x"] * 5 + ["y"] * 5
    assert balance(labels, "min-class-count", THREE).metric.value == 0
    assert balance(labels, "min-class-count", None).metric.value == 5
    assert balance(labels, "normalized-entropy", None).metric.value == 1
    assert balance(labels, "normalized-entropy", THREE).metric.value < 1
    assert balance(labels, "imbalance-ratio", THREE).metric.undefined == "empty-cell"


def test_a_class_contracted_at_zero_makes_chi_square_and_psi_undefined():
    share = {"x": Decimal("0.5"), "y": Decimal("0.5"), "never": Decimal(0)}
    outcome = balance(["x", "y"], "psi", share)
    assert outcome.metric.undefined == "empty-cell"
    assert not [t for t in outcome.detail if t.name == "chi-square"]
    assert balance(["x", "y"], "overlap", share).metric.value == 1


PAIRS = [("x", "train")] * 5 + [("y", "train")] * 5 + [("x", "dev")] * 3 + [("y", "dev")]


def test_by_the_worst_group_decides_in_the_target_s_direction():
    outcome = balance(PAIRS, by="split")
    rows = {row[0]: row for row in detail(outcome, "split").rows}
    assert rows["train"][2] == 1
    assert outcome.metric.value == rows["dev"][2] == Fraction(3, 4)
    assert rows["(all)"][1] == outcome.population == 14
    below = balance(PAIRS, "total-variation", target=Target("<=", (Decimal("0.1"),)), by="split")
    assert below.metric.value == Fraction(1, 4)


@pytest.mark.parametrize(
    ("op", "bounds", "worst"),
    [
        (">", ["0.8"], Fraction(3, 4)),
        ("<", ["0.8"], 1),
        ("=", ["0.9"], Fraction(3, 4)),
        ("=", ["0.8"], 1),
        ("!=", ["1"], 1),
        ("between", ["0.8", "1"], Fraction(3, 4)),
        ("between", ["0.7", "0.9"], 1),
        ("not-between", ["0.9", "1.2"], 1),
    ],
)
def test_worst_is_furthest_from_the_target(op, bounds, worst):
    target = Target(op, tuple(map(Decimal, bounds)))
    assert balance(PAIRS, target=target, by="split").metric.value == worst


def test_a_group_of_one_class_or_of_nothing_fails():
    assert balance([*PAIRS, ("x", "test")], by="split").violation == "one-class"
    outcome = balance([*PAIRS, (None, "test")], by="split")
    assert outcome.metric.undefined == "empty"
    assert dict(detail(outcome, "labels").rows) == {"labelled": 14, "missing": 1}


def test_where_leaves_out_and_leaves_nothing():
    assert balance(PAIRS, where={"split": "train"}).metric.value == 1
    assert balance(PAIRS, where={"split": "nowhere"}).metric.undefined == "empty"


def test_labels_of_other_types_meet_the_contract_s_spelling():
    rows = [{"n": v} for v in (1, 2, 2, None)]
    params = {"column": "n", "measure": "overlap", "target": {1: Decimal("0.5"), 2: Decimal("0.5")}}
    assert judged(ClassBalance, params, rows, {"n": "integer"}).metric.value == Fraction(5, 6)
    rows = [{"n": v} for v in (True, False)]
    params = {"column": "n", "measure": "overlap", "target": {True: Decimal("0.5"), "false": Decimal("0.5")}}
    assert judged(ClassBalance, params, rows, {"n": "boolean"}).metric.value == 1


def test_distribution_table():
    outcome = balance(["y", "y", "x", None], share=EVEN)
    rows = (("x", 1, Fraction(1, 3), Fraction(1, 2)), ("y", 2, Fraction(2, 3), Fraction(1, 2)))
    assert detail(outcome, "distribution").rows == rows
    assert Counter(t.name for t in outcome.detail) == {"distribution": 1, "chi-square": 1, "labels": 1}


BAD = [
    ({"measure": "overlap", "column": "label"}, "target"),
    ({"measure": "psi", "column": "label"}, "target"),
    ({"measure": "overlap", "column": "nope", "target": EVEN}, "column"),
    ({"measure": "overlap", "target": EVEN}, "column"),
    ({"measure": "overlap", "column": "label", "by": "label", "target": EVEN}, "by"),
    (
        {
            "measure": "overlap",
            "column": "label",
            "target": {"x": Decimal("0.3"), "y": Decimal("0.3"), "z": Decimal("0.3")},
        },
        "target",
    ),
    (
        {
            "measure": "overlap",
            "column": "label",
            "target": {"x": Decimal("0.5"), "y": Decimal("0.50000000000000000001")},
        },
        "target",
    ),
    ({"measure": "overlap", "column": "label", "target": {"x": Decimal(1)}}, "target"),
    ({"measure": "overlap", "column": "label", "target": {"x": Decimal("1.5"), "y": Decimal("-0.5")}}, "target"),
    ({"measure": "overlap", "column": "label", "target": {1: Decimal("0.5"), "1": Decimal("0.5")}}, "target"),
]


@pytest.mark.parametrize(("params", "path"), BAD)
def test_contracts_that_cannot_be_meant(params, path):
    with pytest.raises(Misdeclared, match=f"^{path}: "):
        ClassBalance.build(declaration(params, COLUMNS))


def test_the_property_a_rule_stands_on_is_its_column():
    check = ClassBalance.build(declaration({"measure": "overlap", "target": EVEN}, COLUMNS, column="label"))
    assert check.columns() == {"label"}
    one_third = {"a": Decimal("0.33"), "b": Decimal("0.33"), "c": Decimal("0.34")}
    assert ClassBalance.build(
        declaration({"measure": "overlap", "column": "label", "target": one_third}, COLUMNS)
    ).shares
