"""Laws of the engine over the whole catalogue: any split, any order, any grouping gives the same states and verdicts."""

from __future__ import annotations

import itertools
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks import engine
from checks.batch import Batch, Defect, joined
from checks.catalogue import CATALOGUE
from checks.columns import Col, View
from checks.expectations.check import check_id
from checks.kernel import Declaration, Rule, Target

COLUMNS = {
    "id": Col("id", "integer"),
    "label": Col("label", "string"),
    "other": Col("other", "string"),
    "gold": Col("gold", "string"),
    "score": Col("score", "number"),
    "day": Col("day", "date"),
}


def declared(check: str, column: str | None = None, demand: Target | None = None, **params):
    rule = Rule(f"records.{column}.{check}.{abs(hash(str(params))) % 1000}", check)
    return CATALOGUE[check].build(Declaration(rule, "records", COLUMNS, params, demand, column))


def expected(name: str, **kwargs):
    return declared(check_id(name), type=name, kwargs=kwargs)


def at_least(value: str) -> Target:
    return Target(">=", (Decimal(value),))


EXAMPLES = {
    "readable": [declared("readable")],
    "columns": [declared("columns", columns=list(COLUMNS), extra="refuse", order=True)],
    "type": [declared("type", "id"), declared("type", "day")],
    "required": [declared("required", "label")],
    "null-values": [declared("null-values", "score")],
    "missing-values": [declared("missing-values", "label", missingValues=["", "b", None])],
    "row-count": [declared("row-count", demand=at_least("3"))],
    "delivered-count": [
        declared("delivered-count", by="label", atLeast={"a": 2, "b": 1}),
        declared("delivered-count", atLeast=4, where={"label": "a"}),
    ],
    "unique": [declared("unique", "id"), declared("unique", columns=["id", "label"])],
    "duplicate-values": [declared("duplicate-values", "label")],
    "foreign-key": [
        declared("foreign-key", columns=["label"], object="records", key=[COLUMNS["gold"]]),
        declared("foreign-key", columns=["label", "id"], object="records", key=[COLUMNS["gold"], COLUMNS["id"]]),
    ],
    "minimum": [declared("minimum", "id", value=Decimal(0)), declared("minimum", "day", value="2026-01-01")],
    "maximum": [declared("maximum", "score", value=Decimal("1.5"))],
    "exclusive-minimum": [declared("exclusive-minimum", "id", value=Decimal("0.5"))],
    "exclusive-maximum": [declared("exclusive-maximum", "id", value=Decimal(3))],
    "multiple-of": [declared("multiple-of", "score", value=Decimal("0.5"))],
    "min-length": [declared("min-length", "label", value=1)],
    "max-length": [declared("max-length", "label", value=1)],
    "pattern": [declared("pattern", "label", value="^[ab]$")],
    "format": [declared("format", "label", value="uuid")],
    "enum": [declared("enum", "label", values=["a", "b"])],
    "invalid-values": [declared("invalid-values", "label", validValues=["a"], pattern="^a$")],
    "label-agreement": [
        declared(
            "label-agreement",
            demand=at_least("0.1"),
            raters=["label", "other"],
            level="nominal",
            coefficient="krippendorff-alpha",
        )
    ],
    "label-accuracy": [
        declared("label-accuracy", demand=at_least("0.1"), gold="gold", label="label", measure="accuracy")
    ],
    "rater-quality": [
        declared("rater-quality", demand=at_least("0.1"), raters=["label", "other"], measure="worst-rater-agreement"),
        declared(
            "rater-quality",
            demand=at_least("0.1"),
            raters=["label", "other"],
            gold="gold",
            measure="consensus-accuracy",
        ),
        declared(
            "rater-quality", demand=at_least("0.1"), item="id", rater="other", value="label", measure="repeated-answers"
        ),
    ],
    "class-balance": [
        declared(
            "class-balance",
            demand=at_least("0.1"),
            column="label",
            measure="overlap",
            target={"a": Decimal("0.5"), "b": Decimal("0.5")},
        ),
        declared(
            "class-balance",
            demand=at_least("0.1"),
            column="label",
            measure="normalized-entropy",
            unit="items",
            item="other",
            by="gold",
        ),
    ],
    "schema-expectation": [
        expected("expect_column_to_exist", column="id", column_index=0),
        expected("expect_table_columns_to_match_ordered_list", column_list=list(COLUMNS)),
        expected("expect_column_values_to_be_of_type", column="day", type_="date"),
    ],
    "completeness-expectation": [
        expected("expect_column_values_to_not_be_null", column="label", mostly=Decimal("0.5")),
        expected("expect_column_values_to_be_null", column="score"),
        expected("expect_table_row_count_to_be_between", min_value=2, max_value=9),
        expected("expect_column_proportion_of_non_null_values_to_be_between", column="day", min_value=Decimal("0.5")),
    ],
    "uniqueness-expectation": [
        expected("expect_column_values_to_be_unique", column="id"),
        expected("expect_compound_columns_to_be_unique", column_list=["label", "score"]),
        expected("expect_select_column_values_to_be_unique_within_record", column_list=["label", "other", "gold"]),
    ],
    "validity-expectation": [
        expected("expect_column_values_to_be_in_set", column="id", value_set=[1, 2]),
        expected("expect_column_values_to_be_between", column="day", min_value="2026-01-01"),
        expected("expect_column_values_to_match_regex", column="label", regex="^\\w$"),
        expected("expect_column_values_to_be_json_parseable", column="other"),
        expected("expect_column_min_to_be_between", column="day", max_value="2026-01-01"),
        expected("expect_column_max_to_be_between", column="label", max_value="b"),
        expected("expect_column_mean_to_be_between", column="score", min_value=0, max_value=1),
        expected("expect_column_stdev_to_be_between", column="id", max_value=5, strict_max=True),
        expected("expect_column_distinct_values_to_equal_set", column="label", value_set=["a", "b"]),
        expected("expect_column_most_common_value_to_be_in_set", column="label", value_set=["a"], ties_okay=True),
        expected(
            "expect_column_quantile_values_to_be_between",
            column="score",
            quantile_ranges={"quantiles": [Decimal("0.5")], "value_ranges": [[0, 1]]},
        ),
        expected("expect_column_pair_values_to_be_equal", column_A="label", column_B="other"),
        expected("expect_column_pair_values_to_be_in_set", column_A="label", column_B="id", value_pairs_set=[["a", 1]]),
        expected("expect_multicolumn_sum_to_equal", column_list=["id", "score"], sum_total=Decimal("2.25")),
    ],
    "pairing": [],  # tests/laws/test_media_laws.py: over the streams of labelled media
    "label-validity": [],
    "distribution": [
        declared(
            "distribution",
            demand=at_least("0.1"),
            column="score",
            edges=[1, 2],
            shares=[Decimal("0.5"), Decimal("0.25"), Decimal("0.25")],
            measure="overlap",
        )
    ],
    "histograms": [],
    "delivery-files": [],
    "unclaimed-files": [],
}

labels = st.sampled_from(["a", "b", "", "나", None])
rows = st.lists(
    st.tuples(
        st.sampled_from(["1", "2", "3", "-4", "x", "99999999999999999999", None]),
        labels,
        labels,
        labels,
        st.sampled_from(["0.5", "1", "2.25", "NaN", "", None]),
        st.sampled_from(["2026-01-01", "2026-02-30", "2025-12-31", None]),
    ),
    max_size=14,
)


def batch(records, file: str, first: int) -> Batch:
    columns = {name: pa.array([r[i] for r in records], pa.string()) for i, name in enumerate(COLUMNS)}
    return Batch(file, pa.record_batch(columns), first_row=first, lexical=True, found=tuple(COLUMNS))


def all_checks():
    return [check for group in EXAMPLES.values() for check in group]


def the_plan():
    return engine.plan(all_checks(), {"records": tuple(COLUMNS)})


def test_every_check_of_the_catalogue_has_an_example():
    assert set(EXAMPLES) == set(CATALOGUE)


@given(st.lists(rows, min_size=1, max_size=3), st.data())
@settings(max_examples=150)
def test_any_split_in_any_order_gives_the_same_states_and_verdicts(files, data):
    plan = the_plan()
    whole, pieces = [], []
    for number, records in enumerate(files):
        name = f"f{number}.csv"
        whole.append(("records", batch(records, name, 0)))
        cuts = sorted(data.draw(st.sets(st.integers(0, len(records)), max_size=3)))
        for start, stop in itertools.pairwise([0, *cuts, len(records)]):
            pieces.append(("records", batch(records[start:stop], name, start)))
        defect = ("records", Defect(name, number, f"row {number + 1}", "format", "field-count", ""))
        whole.append(defect)
        pieces.append(defect)
    pieces = data.draw(st.permutations(pieces))
    middle = data.draw(st.integers(0, len(pieces)))
    shards = [engine.observe(plan, pieces[:middle]), engine.observe(plan, pieces[middle:])]
    stored = [engine.load(engine.dump(s), plan) for s in shards]
    merged = engine.merge(stored, plan)
    at_once = engine.observe(plan, whole)
    assert engine.dump(merged) == engine.dump(at_once)
    assert engine.judge(all_checks(), merged) == engine.judge(all_checks(), at_once)


@given(rows)
@settings(max_examples=60)
def test_zero_is_the_identity_and_bytes_are_canonical(records):
    plan = the_plan()
    view = View(batch(records, "f.csv", 0))
    for analyzer in plan.analyzers().values():
        state = analyzer.observe(view)
        assert state.merge(analyzer.zero()).to_bytes() == state.to_bytes()
        assert analyzer.zero().merge(state).to_bytes() == state.to_bytes()
        assert type(state).from_bytes(state.to_bytes()).to_bytes() == state.to_bytes()


def naive_failures(records, column: str, fails) -> int:
    i = list(COLUMNS).index(column)
    return sum(1 for r in records if fails(r[i]))


@given(rows)
@settings(max_examples=150)
def test_row_rules_count_as_a_plain_reading_does(records):
    plan = the_plan()
    results = engine.judge(all_checks(), engine.observe(plan, [("records", batch(records, "f.csv", 0))]))
    numbers = {"1": 1, "2": 2, "3": 3, "-4": -4, "99999999999999999999": 99999999999999999999}
    expected = {
        ("type", "id"): lambda v: v == "x",
        ("type", "day"): lambda v: v == "2026-02-30",
        ("required", "label"): lambda v: v is None,
        ("missing-values", "label"): lambda v: v in {None, "", "b"},
        ("minimum", "id"): lambda v: v in numbers and numbers[v] < 0,
        ("minimum", "day"): lambda v: v == "2025-12-31",
        ("exclusive-maximum", "id"): lambda v: v in numbers and numbers[v] >= 3,
        ("exclusive-minimum", "id"): lambda v: v in numbers and numbers[v] <= 0.5,
        ("maximum", "score"): lambda v: v == "2.25",
        ("multiple-of", "score"): lambda v: v == "2.25",
        ("min-length", "label"): lambda v: v == "",
        ("pattern", "label"): lambda v: v is not None and v not in {"a", "b"},
        ("enum", "label"): lambda v: v is not None and v not in {"a", "b"},
        ("invalid-values", "label"): lambda v: v is not None and v != "a",
    }
    seen = set()
    for result in results:
        key = (result.check.id, getattr(getattr(result.check, "column", None), "name", ""))
        if key not in expected or result.outcome is None:
            continue
        seen.add(key)
        assert result.outcome.failures.count == naive_failures(records, key[1], expected[key]), key
    assert not records or seen == set(expected)


@given(rows)
@settings(max_examples=100)
def test_unique_counts_records_beyond_the_first_of_each_key(records):
    check = next(c for c in EXAMPLES["unique"] if c.rule.name.startswith("records.id"))
    plan = engine.plan([check], {"records": tuple(COLUMNS)})
    result = engine.judge([check], engine.observe(plan, [("records", batch(records, "f.csv", 0))]))[0]
    keys = [r[0] for r in records if r[0] not in {None, "x"}]
    if keys:
        assert result.outcome.failures.count == len(keys) - len(set(keys))
    else:
        assert result.verdict == "FAIL"


def test_a_planted_crash_is_an_error_of_its_check_alone():
    class Boom(type(EXAMPLES["type"][0].predicate)):
        def mask(self, view, col):
            raise RuntimeError("secret value 901010-1234567")

    from dataclasses import replace

    broken = replace(EXAMPLES["type"][0], predicate=Boom())
    fine = EXAMPLES["required"][0]
    plan = engine.plan([broken, fine], {"records": tuple(COLUMNS)})
    records = [("1", "a", "a", "a", "1", "2026-01-01")]
    states = engine.observe(plan, [("records", batch(records, "f.csv", 0))])
    first, second = engine.judge([broken, fine], engine.load(engine.dump(states), plan))
    assert (first.verdict, second.verdict) == ("ERROR", "PASS")
    assert first.reason.code == "check-crashed"
    assert "901010" not in str(first)


@pytest.mark.parametrize("limit", [1, 2, 3, 5])
@given(rows_=st.lists(st.integers(0, 12), unique=True), data=st.data())
def test_keeping_the_smallest_failing_rows_is_associative(limit, rows_, data):
    from unittest import mock

    from checks.analyzers import failing

    with mock.patch.object(failing, "FAILURE_ROWS", limit):
        cut = data.draw(st.integers(0, len(rows_)))

        def state(values):
            array = np.array(sorted(values), dtype=np.int64)
            return failing.Failing.of("f", array, len(values), [])

        parts = [state(rows_[:cut]), state(rows_[cut:])]
        assert parts[0].merge(parts[1]) == state(rows_) == parts[1].merge(parts[0])


@given(rows)
@settings(max_examples=80)
def test_records_where_raters_differ_are_listed_only_when_agreement_is_too_low(records):
    low, high = (
        declared("label-agreement", demand=at_least(value), raters=["label", "other"], coefficient="percent-agreement")
        for value in ("0", "1")
    )
    plan = engine.plan([low, high], {"records": tuple(COLUMNS)})
    first, second = engine.judge([low, high], engine.observe(plan, [("records", batch(records, "f.csv", 0))]))
    apart = [i for i, r in enumerate(records) if r[1] not in {None, ""} and r[2] not in {None, ""} and r[1] != r[2]]
    if first.outcome is not None and first.outcome.metric.value is not None:
        assert first.outcome.failures.count == 0
        assert second.outcome.failures.count == len(apart)
        assert [e.row for e in second.outcome.failures.examples] == apart[:20]
        assert all(e.value == "1:1" for e in second.outcome.failures.examples)


@given(
    places=st.lists(st.tuples(st.sampled_from("ab가"), st.integers(0, 9)), unique=True),
    limit=st.integers(1, 6),
    data=st.data(),
)
def test_the_smallest_places_are_kept_over_files_in_any_merge_order(places, limit, data):
    from unittest import mock

    from checks.analyzers import failing

    def state(file, row):
        return failing.Failing.of(file, np.array([row], dtype=np.int64), 1, [(file, row, "", "")])

    with mock.patch.object(failing, "FAILURE_ROWS", limit), mock.patch.object(failing, "EXAMPLES", limit):
        merged = failing.Failing()
        for file, row in data.draw(st.permutations(places)):
            merged = state(file, row).merge(merged) if data.draw(st.booleans()) else merged.merge(state(file, row))
        kept = sorted(places, key=lambda p: (p[0].encode(), p[1]))[:limit]
        found = merged.failures()
        assert [(f, r) for f, a, b in found.ranges for r in range(a, b + 1)] == kept
        assert [(e.file, e.row) for e in found.examples] == kept
        assert found.count == len(places)
        assert found.complete == (len(places) <= limit)


@given(rows)
@settings(max_examples=80)
def test_percentages_are_of_all_rows_nulls_included(records):
    from fractions import Fraction

    checks = [
        CATALOGUE[name].build(
            Declaration(Rule(f"records.label.{name}", name), "records", COLUMNS, params, None, "label", "percent")
        )
        for name, params in (("null-values", {}), ("invalid-values", {"validValues": ["a"]}), ("duplicate-values", {}))
    ]
    plan = engine.plan(checks, {"records": tuple(COLUMNS)})
    nulls, invalid, doubled = engine.judge(checks, engine.observe(plan, [("records", batch(records, "f.csv", 0))]))
    labels_ = [r[1] for r in records]
    there = [v for v in labels_ if v is not None]
    if records:
        assert nulls.outcome.metric.value == Fraction(100 * labels_.count(None), len(labels_))
    if there:
        assert invalid.outcome.metric.value == Fraction(100 * sum(v != "a" for v in there), len(labels_))
        assert doubled.outcome.metric.value == Fraction(100 * (len(there) - len(set(there))), len(labels_))


@given(st.lists(rows, min_size=1, max_size=4), st.data())
@settings(max_examples=120)
def test_small_files_joined_into_one_batch_give_the_same_states(files, data):
    plan = the_plan()
    pieces = [batch(records, f"{'ㄱzb가'[n]}.csv", n) for n, records in enumerate(files)]
    cut = data.draw(st.integers(0, len(pieces)))
    groups = [group for group in (pieces[:cut], pieces[cut:]) if group]
    together = joined([joined(group) for group in groups])  # a joined batch may be joined again
    apart = engine.observe(plan, [("records", piece) for piece in pieces])
    assert engine.dump(engine.observe(plan, [("records", together)])) == engine.dump(apart)
