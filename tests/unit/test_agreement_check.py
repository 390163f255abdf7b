"""label-agreement as a check: degenerate data, exactly at the target and one past, groups, doubled ratings, bad contracts."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from rating_helpers import at_least, declaration, detail, judged

from checks.agreement.label_agreement import LabelAgreement
from checks.kernel import Misdeclared, Target


@pytest.fixture(autouse=True)
def every_name_is_public(monkeypatch):
    """These examples are small; tests/unit/test_masking.py tests what rare names look like."""
    monkeypatch.setattr("checks.masking.PUBLIC_FROM", 1)


TWO = {"a": "string", "b": "string"}
THREE = {**TWO, "c": "string"}
LONG = {"item": "string", "rater": "string", "value": "string", "team": "string"}


def wide(rows, columns=TWO, target=None, **params):
    records = [dict(zip(columns, row, strict=True)) for row in rows]
    raters = [name for name in columns if name not in {"by", "use"}]
    params = {"raters": raters, "coefficient": "cohen-kappa", **params}
    return judged(LabelAgreement, params, records, columns, target, batches=2)


def long(rows, **params):
    records = [dict(zip(LONG, (*row, None, None)[:4], strict=True)) for row in rows]
    params = {"item": "item", "rater": "rater", "value": "value", "coefficient": "krippendorff-alpha", **params}
    return judged(LabelAgreement, params, records, LONG, batches=2)


EVERY = [
    {"coefficient": "percent-agreement"},
    {"coefficient": "cohen-kappa"},
    {"coefficient": "weighted-cohen-kappa", "weights": "linear", "categories": ["x", "y", "z"]},
    {"coefficient": "weighted-cohen-kappa", "weights": "quadratic", "categories": ["x", "y", "z"]},
    {"coefficient": "scott-pi"},
    {"coefficient": "fleiss-kappa"},
    {"coefficient": "gwet-ac1"},
    {"coefficient": "gwet-ac1", "categories": ["x", "y", "z"]},
    {"coefficient": "gwet-ac2", "weights": "linear", "categories": ["x", "y", "z"]},
    {"coefficient": "krippendorff-alpha"},
    {"coefficient": "krippendorff-alpha", "level": "ordinal", "categories": ["x", "y", "z"]},
]
every = pytest.mark.parametrize("params", EVERY, ids=lambda p: "-".join(map(str, p.values())))
DEGENERATE = {
    "empty": [],
    "no-ratings": [[None, None], ["", None]],
    "one-rater": [["x", None], ["y", None]],
    "no-pairable-items": [["x", None], [None, "y"]],
    "one-item": [["x", "y"], ["x", None]],
}


@every
@pytest.mark.parametrize(("reason", "rows"), DEGENERATE.items(), ids=DEGENERATE)
def test_degenerate_data_leave_every_coefficient_undefined(params, reason, rows):
    outcome = wide(rows, **params)
    assert outcome.metric.value is None
    assert outcome.metric.undefined == reason
    assert outcome.population == len(rows)


@every
def test_one_class_never_passes(params):
    outcome = wide([["x", "x"], ["x", "x"], ["x", None]], **params)
    assert outcome.violation == "one-class"
    if params["coefficient"] == "percent-agreement":
        assert outcome.metric.value == 1
    else:
        assert outcome.metric.undefined == "one-class"


@every
def test_full_agreement_on_two_classes_is_one(params):
    outcome = wide([["x", "x"], ["z", "z"], ["x", "x"]], **params)
    assert outcome.metric.value == 1
    assert outcome.violation is None


def test_numeric_levels_leave_the_same_degenerate_data_undefined():
    numbers = {"a": "number", "b": "number"}
    for level in ("interval", "ratio", "ordinal"):
        how = {"coefficient": "krippendorff-alpha", "level": level}
        assert wide([], numbers, **how).metric.undefined == "empty"
        assert wide([[1.0, None]], numbers, **how).metric.undefined == "one-rater"
        assert wide([[1.0, 1.0], [1.0, 1.0]], numbers, **how).metric.undefined == "one-class"


def test_a_pair_of_raters_that_knows_one_class_leaves_the_mean_undefined():
    rows = [["x", "x", "x"], ["x", "x", "y"], ["x", "x", "y"]]
    outcome = wide(rows, THREE)
    assert outcome.metric.undefined == "one-class"
    pairs = {(row[0], row[1]): row[4] for row in detail(outcome, "per-pair").rows}
    assert pairs["a", "b"] is None
    assert pairs["a", "c"] == 0


def test_exactly_at_the_target_and_one_past():
    rows = [["x", "x"]] * 4 + [["y", "y"]] * 4 + [["x", "y"], ["y", "x"]]
    target = at_least("0.6")
    outcome = wide(rows, target=target)
    assert outcome.metric.value == Fraction(3, 5)
    assert target.met(outcome.metric.value)
    worse = wide([*rows, ["x", "y"]], target=target)
    assert not target.met(worse.metric.value)
    assert not Target(">", (Decimal("0.6"),)).met(outcome.metric.value)


def test_empty_text_and_listed_texts_are_no_ratings():
    rows = [["x", "x"], ["y", "y"], ["", ""], ["n/a", "x"], ["n/a", "n/a"]]
    outcome = wide(rows, missing=["", "n/a"])
    assert outcome.metric.value == 1
    quantities = dict(detail(outcome, "ratings").rows)
    assert quantities["items"] == 5
    assert quantities["items-with-two-or-more-ratings"] == 2
    assert quantities["items-without-rating"] == 2
    assert quantities["items-with-fewer-ratings-than-others"] == 3
    assert wide(rows).metric.value < 1


def test_a_rater_who_shares_no_item_fails_whatever_the_number_says():
    rows = [["x", "x", None], ["y", "y", None], [None, None, "x"]]
    outcome = wide(rows, THREE, coefficient="krippendorff-alpha")
    assert outcome.metric.value == 1
    assert outcome.violation == "unpaired-rater"


def test_a_label_outside_the_categories_is_named_masked():
    outcome = wide([["x", "x"], ["y", "Kim 12"], ["y", "y"]], categories=["x", "y"])
    assert outcome.metric.undefined == outcome.violation == "unknown-category"
    assert detail(outcome, "unknown-category").rows == (("Aaa 99", 1),)


def test_numbers_that_are_none():
    how = {"coefficient": "krippendorff-alpha", "level": "interval"}
    outcome = wide([["1", "2"], ["x", "2"], ["3", "1e999999999"]], **how)
    assert outcome.metric.undefined == "not-a-number"
    assert detail(outcome, "not-a-number").rows == (("9a999999999", 1), ("a", 1))
    assert wide([["1", "1.0"], ["2", " 2"]], **how).metric.value == 1
    assert wide([["1", "2"], ["nan", "2"]], **how).metric.undefined == "not-a-number"
    assert (
        wide([["-1", "2"], ["3", "2"]], coefficient="krippendorff-alpha", level="ratio").metric.undefined
        == "negative-value"
    )


def test_order_of_categories_is_the_contract_s():
    rows = [["low", "mid"], ["mid", "high"], ["high", "high"], ["low", "low"]]
    how = {"coefficient": "krippendorff-alpha", "level": "ordinal"}
    right = wide(rows, categories=["low", "mid", "high"], **how).metric.value
    wrong = wide(rows, categories=["mid", "low", "high"], **how).metric.value
    assert right > wrong


def test_integer_levels_rank_by_number_and_not_by_text():
    numbers = {"a": "integer", "b": "integer"}
    rows = [[2, 10], [10, 10], [1, 2], [1, 1], [2, 2]]
    outcome = wide(rows, numbers, coefficient="krippendorff-alpha", level="ordinal")
    texts = wide(
        [[{1: "a", 2: "b", 10: "c"}[x] for x in row] for row in rows],
        coefficient="krippendorff-alpha",
        level="ordinal",
        categories=["a", "b", "c"],
    )
    assert outcome.metric.value == texts.metric.value
    assert [row[0] for row in detail(outcome, "per-class").rows] == ["1", "2", "10"]


GROUPED = {**TWO, "by": "string"}


def test_by_the_worst_group_decides():
    good, bad = [["x", "x", "g"], ["y", "y", "g"]] * 3, [["x", "y", "b"], ["y", "y", "b"], ["x", "x", "b"]]
    outcome = wide(good + bad, GROUPED, by="by")
    rows = {row[0]: row for row in detail(outcome, "split").rows}
    assert outcome.metric.value == rows["b"][2] < rows["(all)"][2] < rows["g"][2] == 1
    assert outcome.population == 9
    at_most = wide(good + bad, GROUPED, by="by", target=Target("<=", (Decimal("0.9"),)))
    assert at_most.metric.value == 1


def test_by_an_undefined_group_decides():
    rows = [["x", "x", "g"], ["y", "y", "g"], ["x", "x", None], ["x", "x", None]]
    outcome = wide(rows, GROUPED, by="by")
    assert outcome.metric.undefined == "one-class"
    assert outcome.violation == "one-class"
    assert [row[0] for row in detail(outcome, "split").rows] == [None, "g", "(all)"]


def test_where_chooses_the_items():
    rows = [["x", "x", "yes"], ["y", "y", "yes"], ["x", "y", "no"]]
    columns = {**TWO, "use": "string"}
    assert wide(rows, columns, where={"use": "yes"}).metric.value == 1
    assert wide(rows, columns, where={"use": "never"}).metric.undefined == "empty"


ROWS = [("1", "p", "x"), ("1", "q", "x"), ("2", "p", "y"), ("2", "q", "y"), ("3", "q", "x"), ("3", "r", "y")]


def test_rows_are_judged_as_columns_are():
    columns = wide([["x", "x", None], ["y", "y", None], [None, "x", "y"]], THREE, coefficient="krippendorff-alpha")
    rows = long(ROWS)
    assert rows.metric == columns.metric
    assert rows.population == columns.population == 3
    for name in ("ratings", "coefficients", "per-class", "confusion"):
        assert detail(rows, name).rows == detail(columns, name).rows
    assert [row[1:] for row in detail(rows, "per-rater").rows] == [row[1:] for row in detail(columns, "per-rater").rows]


def test_a_rater_twice_on_one_item_is_counted_and_fails():
    for again in ("x", "y"):
        outcome = long([*ROWS, ("1", "p", again), ("1", "p", again), ("9", "p", None), ("9", "p", "")])
        assert outcome.metric.undefined == outcome.violation == "duplicate-rating"
        assert dict(detail(outcome, "rating-defects").rows)["duplicate-rating"] == 2


def test_ratings_without_item_or_rater_fail():
    for nobody in (None, "", "  "):
        outcome = long([*ROWS, (None, "p", "x"), ("1", nobody, "x")])
        assert outcome.metric.undefined == outcome.violation == "unidentified-rating"
        assert dict(detail(outcome, "rating-defects").rows)["unidentified-rating"] == 2


def test_one_item_in_two_groups_is_two_units():
    rows = [
        ("1", "p", "x", "t"),
        ("1", "q", "x", "t"),
        ("1", "p", "y", "u"),
        ("1", "q", "y", "u"),
        ("2", "p", "y", "t"),
        ("2", "q", "y", "t"),
        ("2", "p", "x", "u"),
        ("2", "q", "x", "u"),
    ]
    outcome = long(rows, by="team")
    assert outcome.metric.value == 1
    assert outcome.population == 4


def test_crowds_have_alpha_but_no_mean_over_pairs():
    rows = [(str(i), f"r{(i * 3 + j) % 150:03}", "xy"[(i + (i % 7 == j)) % 2]) for i in range(150) for j in range(3)]
    assert long(rows).metric.value is not None
    assert long(rows, coefficient="cohen-kappa").metric.undefined == "too-many-raters"


def test_tables_of_a_worked_example():
    rows = [["x", "x", "x"], ["x", "x", "y"], ["y", "y", "y"], ["x", "y", "z"], ["z", None, "z"]]
    outcome = wide(rows, THREE, coefficient="krippendorff-alpha")
    per_rater = {row[0]: row[1:] for row in detail(outcome, "per-rater").rows}
    # a: 1, 1/2, 1, 0, 1 of its partners agree; the fourth item has no majority without it.
    assert per_rater["a"] == (5, 5, Fraction(7, 10), 3, 1)
    # c: 1, 0, 1, 0, 1; the others agree with each other on the first three, and one other stands on the fifth.
    assert per_rater["c"] == (5, 5, Fraction(3, 5), 4, Fraction(3, 4))
    classes = {row[0]: row[1:] for row in detail(outcome, "per-class").rows}
    # x: 6 ratings: 3 agree fully, 2 by half, 1 not at all.
    assert classes["x"][:3] == (6, Fraction(6, 14), Fraction(4, 6))
    quantities = dict(detail(outcome, "ratings").rows)
    assert (quantities["unanimous-items"], quantities["unanimous-share"]) == (3, Fraction(3, 5))
    assert (quantities["ratings"], quantities["raters"], quantities["classes"]) == (14, 3, 3)
    confusion = {row[0]: row[1:] for row in detail(outcome, "confusion").rows}
    assert confusion["x"] == (4, Fraction(3, 2), Fraction(1, 2))
    assert [row[:4] for row in detail(outcome, "per-pair").rows][-1][2] in {4, 5}
    named = [row[0] for row in detail(outcome, "coefficients").rows]
    assert named[0] == "krippendorff-alpha"
    assert sorted(named) == sorted(
        {"percent-agreement", "cohen-kappa", "scott-pi", "fleiss-kappa", "krippendorff-alpha", "gwet-ac1"}
    )


def test_two_raters_confusion_is_their_contingency_table():
    outcome = wide([["x", "x"], ["x", "y"], ["x", "y"], ["y", "y"], ["y", None]])
    table = detail(outcome, "confusion")
    assert table.columns == ("a \\ b", "x", "y")
    assert table.rows == (("x", 1, 2), ("y", 0, 1))


def test_prevalence_paradox_is_visible_beside_kappa():
    outcome = wide([["x", "x"]] * 95 + [["x", "y"], ["y", "x"]] * 2, coefficient="krippendorff-alpha")
    beside = {row[0]: row[3] for row in detail(outcome, "coefficients").rows}
    assert beside["krippendorff-alpha"] < 0 < Fraction(9, 10) < beside["gwet-ac1"]


COLUMNS = {**THREE, "n": "integer", "flag": "boolean", "item": "string", "rater": "string", "value": "string"}
BAD = [
    ({"raters": ["a", "nope"], "coefficient": "cohen-kappa"}, r"raters\[1\]"),
    ({"raters": ["a"], "coefficient": "cohen-kappa"}, "raters"),
    ({"raters": ["a", "a"], "coefficient": "cohen-kappa"}, "raters"),
    ({"coefficient": "cohen-kappa"}, "raters"),
    (
        {"raters": ["a", "b"], "item": "item", "rater": "rater", "value": "value", "coefficient": "cohen-kappa"},
        "raters",
    ),
    ({"item": "item", "rater": "item", "value": "value", "coefficient": "cohen-kappa"}, "item"),
    ({"raters": ["a", "b"], "by": "a", "coefficient": "cohen-kappa"}, "raters"),
    ({"raters": ["a", "b"], "by": "nope", "coefficient": "cohen-kappa"}, "by"),
    ({"raters": ["a", "b"], "coefficient": "gwet-ac2", "categories": ["x", "y"]}, "weights"),
    ({"raters": ["a", "b"], "coefficient": "weighted-cohen-kappa", "categories": ["x", "y"]}, "weights"),
    ({"raters": ["a", "b"], "coefficient": "cohen-kappa", "weights": "linear"}, "weights"),
    ({"raters": ["a", "b"], "coefficient": "gwet-ac2", "weights": "linear", "level": "nominal"}, "level"),
    ({"raters": ["a", "b"], "coefficient": "cohen-kappa", "level": "ordinal"}, "level"),
    ({"raters": ["a", "b"], "coefficient": "krippendorff-alpha", "level": "ordinal"}, "categories"),
    ({"raters": ["a", "b"], "coefficient": "gwet-ac2", "weights": "linear"}, "categories"),
    ({"raters": ["a", "flag"], "coefficient": "krippendorff-alpha", "level": "interval"}, "level"),
    (
        {"raters": ["a", "b"], "coefficient": "krippendorff-alpha", "level": "ratio", "categories": ["x", "y"]},
        "categories",
    ),
    ({"raters": ["a", "b"], "coefficient": "cohen-kappa", "categories": [1, "1"]}, "categories"),
    ({"raters": ["a", "b"], "coefficient": "cohen-kappa", "categories": ["x", ""]}, "missing"),
    ({"raters": ["a", "b"], "coefficient": "cohen-kappa", "where": {"nope": 1}}, "where.nope"),
]


@pytest.mark.parametrize(("params", "path"), BAD)
def test_contracts_that_cannot_be_meant(params, path):
    with pytest.raises(Misdeclared, match=f"^{path}: "):
        LabelAgreement.build(declaration(params, COLUMNS))


def test_a_rule_needs_a_target_and_no_percent():
    params = {"raters": ["a", "b"], "coefficient": "cohen-kappa"}
    with pytest.raises(Misdeclared, match="unit"):
        LabelAgreement.build(declaration(params, COLUMNS, unit="percent"))
    decl = declaration(params, COLUMNS)
    without = type(decl)(decl.rule, decl.object, decl.columns, decl.params, None)
    with pytest.raises(Misdeclared, match="target"):
        LabelAgreement.build(without)


def test_equal_declarations_share_their_analyzer():
    first, second = (
        LabelAgreement.build(declaration({"raters": ["a", "b"], "coefficient": c}, COLUMNS))
        for c in ("cohen-kappa", "scott-pi")
    )
    assert first.analyzers() == second.analyzers()
    assert hash(first) != hash(second)
    assert first.columns() == {"a", "b"}
