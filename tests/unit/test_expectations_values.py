"""Where the answer is not GX's on pandas 3, on purpose; edges; and sums that no order of shards can change."""

from __future__ import annotations

import math
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks import engine
from checks.batch import Batch
from checks.catalogue import CATALOGUE
from checks.columns import Col, View
from checks.expectations.check import check_id
from checks.expectations.distinct import Quantiles
from checks.expectations.moments import Moments, MomentsOf, exact
from checks.expectations.patterns import contains, reach
from checks.kernel import Declaration, Misdeclared, Rule

COLUMNS = {
    "s": Col("s", "string"),
    "u": Col("u", "string"),
    "i": Col("i", "integer"),
    "f": Col("f", "number"),
    "d": Col("d", "date"),
    "t": Col("t", "timestamp"),
    "h": Col("h", "time"),
    "b": Col("b", "boolean"),
    "o": Col("o", "object"),
}


def build(name, sources=None, **kwargs):
    params = {"type": name, "kwargs": kwargs, "sources": sources or {}}
    return CATALOGUE[check_id(name)].build(Declaration(Rule("r.x", "x"), "r", COLUMNS, params))


def judged(check, *batches):
    plan = engine.plan([check], {"r": tuple(COLUMNS)})
    states = engine.load(engine.dump(engine.observe(plan, [("r", b) for b in batches])), plan)
    return engine.judge([check], states)[0]


def batch(file="f", first_row=0, lexical=False, fixed=True, found=None, **columns):
    table = pa.record_batch({k: v if isinstance(v, pa.Array) else pa.array(v) for k, v in columns.items()})
    return Batch(file, table, first_row=first_row, lexical=lexical, fixed=fixed, found=found or tuple(columns))


def verdict(name, data, **kwargs):
    return judged(build(name, **kwargs), data).verdict


ARROW = {
    "int64": pa.array([1, None], pa.int64()),
    "int8": pa.array([1, None], pa.int8()),
    "float64": pa.array([1.5, None]),
    "str": pa.array(["가", None]),
    "bool": pa.array([True, None]),
    "date": pa.array([date(2026, 1, 1), None]),
    "timestamp": pa.array([datetime.fromisoformat("2026-01-01"), None]),
    "decimal": pa.array([Decimal("1.5"), None]),
    "list": pa.array([[1], None]),
}


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("int", {"int64", "int8"}),
        ("int64", {"int64"}),
        ("Int64", {"int64"}),
        ("int8", {"int8"}),
        ("float", {"float64"}),
        ("str", {"str"}),
        ("object", {"str"}),
        ("string", {"str"}),
        ("bool", {"bool"}),
        ("date", {"date"}),
        ("datetime64[ns]", {"timestamp"}),
        ("Timestamp", {"timestamp"}),
        ("Decimal", {"decimal"}),
        ("list", {"list"}),
    ],
)
def test_types_are_those_of_the_file(name, kinds):
    passing = {
        kind
        for kind, values in ARROW.items()
        if verdict("expect_column_values_to_be_of_type", batch(s=values), column="s", type_=name) == "PASS"
    }
    assert passing == kinds
    both = {"column": "s", "type_list": [name, "int64"]}
    assert verdict("expect_column_values_to_be_in_type_list", batch(s=ARROW["int64"]), **both) == "PASS"


def test_types_of_csv_and_of_mixed_json():
    lexical = batch(i=["1", "x", None, "3"], lexical=True)
    result = judged(build("expect_column_values_to_be_of_type", column="i", type_="int"), lexical)
    assert (result.outcome.metric.numerator, result.outcome.metric.denominator) == (2, 3)
    texts = judged(build("expect_column_values_to_be_of_type", column="i", type_="str"), lexical)
    assert texts.outcome.metric.numerator == 1
    field = pa.field("s", pa.string(), metadata={b"dambo.json": b"1"})
    mixed = pa.record_batch([pa.array(["1", '"a"', "true", None, "[1]", "1.5"])], schema=pa.schema([field]))
    for name, count in (("int", 1), ("str", 1), ("bool", 1), ("list", 1), ("float", 1), ("dict", 0)):
        result = judged(build("expect_column_values_to_be_of_type", column="s", type_=name), Batch("f", mixed))
        assert result.outcome.metric.numerator == count, name


DAYS = pa.array([date(2026, 1, 1), None, date(2026, 3, 1)])
MOMENTS = pa.array([datetime.fromisoformat("2026-01-01T10:00:00"), None], pa.timestamp("us"))
CLOCK = pa.array([time(9, 30), None, time(18)])


@pytest.mark.parametrize(
    ("name", "data", "kwargs", "expected"),
    [
        ("expect_column_values_to_be_between", {"d": DAYS}, {"column": "d", "min_value": "2026-01-01"}, "PASS"),
        ("expect_column_values_to_be_between", {"d": DAYS}, {"column": "d", "min_value": "2026-01-01", "strict_min": True}, "FAIL"),
        ("expect_column_values_to_be_between", {"t": MOMENTS}, {"column": "t", "max_value": "2026-01-01"}, "FAIL"),
        ("expect_column_values_to_be_between", {"t": MOMENTS}, {"column": "t", "max_value": "2026-01-01T10:00:00"}, "PASS"),
        ("expect_column_values_to_be_between", {"h": CLOCK}, {"column": "h", "min_value": "09:00:00", "max_value": "18:00:00"}, "PASS"),
        ("expect_column_values_to_be_between", {"s": ["가", "나", None]}, {"column": "s", "min_value": "가", "max_value": "나"}, "PASS"),
        ("expect_column_values_to_be_between", {"s": ["가", "a"]}, {"column": "s", "min_value": "가"}, "FAIL"),
        ("expect_column_min_to_be_between", {"d": DAYS}, {"column": "d", "min_value": "2026-01-01"}, "PASS"),
        ("expect_column_min_to_be_between", {"d": DAYS}, {"column": "d", "min_value": "2026-01-01", "strict_min": True}, "FAIL"),
        ("expect_column_max_to_be_between", {"d": DAYS}, {"column": "d", "max_value": "2026-02-28"}, "FAIL"),
        ("expect_column_max_to_be_between", {"s": ["b", "가"]}, {"column": "s", "max_value": "가"}, "PASS"),
        ("expect_column_max_to_be_between", {"i": [1, 3]}, {"column": "i", "min_value": 1, "max_value": 3, "strict_max": True}, "FAIL"),
        ("expect_column_max_to_be_between", {"i": [1, 3]}, {"column": "i", "min_value": 1, "max_value": 3, "strict_min": True}, "PASS"),
        ("expect_column_mean_to_be_between", {"f": pa.array([Decimal("0.1"), Decimal("0.3")])}, {"column": "f", "min_value": Decimal("0.19"), "max_value": Decimal("0.21")}, "PASS"),
        ("expect_column_stdev_to_be_between", {"i": [5]}, {"column": "i", "max_value": 9}, "FAIL"),
        ("expect_column_values_to_be_in_set", {"d": DAYS}, {"column": "d", "value_set": ["2026-01-01", "2026-03-01", 7]}, "PASS"),
        ("expect_column_distinct_values_to_equal_set", {"d": DAYS}, {"column": "d", "value_set": ["2026-01-01", "2026-03-01"]}, "PASS"),
        ("expect_column_distinct_values_to_contain_set", {"s": ["a"]}, {"column": "s", "value_set": ["a", 7]}, "FAIL"),
        ("expect_column_values_to_be_in_set", {"s": ["1"]}, {"column": "s", "value_set": [1, "2"]}, "FAIL"),
        ("expect_column_values_to_match_json_schema", {"s": ['{"a": 1}', None]}, {"column": "s", "json_schema": {"required": ["a"]}}, "PASS"),
        ("expect_column_values_to_match_json_schema", {"s": ['{"a": 1}', "{"]}, {"column": "s", "json_schema": {"required": ["a"]}}, "FAIL"),
        ("expect_column_to_exist", {"s": ["a"], "i": [1]}, {"column": "i", "column_index": 0}, "FAIL"),
        ("expect_column_to_exist", {"i": [1], "s": ["a"]}, {"column": "i", "column_index": 0}, "PASS"),
        ("expect_column_pair_values_a_to_be_greater_than_b", {"s": ["b", None], "u": ["a", "a"]}, {"column_A": "s", "column_B": "u"}, "FAIL"),
        ("expect_multicolumn_sum_to_equal", {"f": [0.1], "i": [1]}, {"column_list": ["f", "i"], "sum_total": Decimal("1.1")}, "PASS"),
    ],
)  # fmt: skip
def test_values_of_every_kind(name, data, kwargs, expected):
    assert verdict(name, batch(**data), **kwargs) == expected


@pytest.mark.parametrize("name", ["expect_column_values_to_be_in_set", "expect_column_distinct_values_to_be_in_set", "expect_column_most_common_value_to_be_in_set"])  # fmt: skip
def test_nothing_to_look_at_is_a_fail(name):
    check = build(name, column="s", value_set=["a"])
    empty = judged(check, batch(s=pa.nulls(3, pa.string())))
    assert (empty.verdict, empty.reason.code, empty.outcome.metric.undefined) == ("FAIL", "undefined", "no-values")
    assert judged(check).reason.code == "no-rows"
    assert judged(check, batch(i=[1])).reason.code == "column-absent"


def test_mistyped_values_are_missing_but_for_the_expectations_about_missing_values():
    data = batch(i=["1", "x", None], lexical=True)
    result = judged(build("expect_column_values_to_be_between", column="i", min_value=0), data)
    assert (result.verdict, result.outcome.metric.denominator) == ("PASS", 1)
    missing = judged(build("expect_column_values_to_not_be_null", column="i"), data)
    assert (missing.outcome.failures.count, missing.outcome.metric.denominator) == (1, 3)


def test_every_file_must_have_the_columns_and_files_names_are_read():
    names = {"문장": "s"}
    check = build("expect_table_columns_to_match_ordered_list", sources=names, column_list=["문장", "i"])
    good = batch("a", s=["a"], i=[1], found=("문장", "i"))
    assert judged(check, good).verdict == "PASS"
    result = judged(check, good, batch("b", s=["a"], i=[1], found=("i", "문장")))
    assert result.verdict == "FAIL"
    assert ("order", "i", "b") in result.outcome.detail[-1].rows
    unique = build("expect_column_values_to_be_unique", sources=names, column="문장")
    assert unique.columns() == {"s"}


def test_keys_of_json_records_have_no_order():
    check = build("expect_table_columns_to_match_ordered_list", column_list=["s", "i"])
    loose = [batch(s=["a"], fixed=False, found=("s",)), batch(i=[1], first_row=1, fixed=False, found=("i",))]
    assert judged(check, *loose).verdict == judged(check, *reversed(loose)).verdict == "PASS"
    assert judged(build("expect_table_column_count_to_equal", value=2), *loose).verdict == "PASS"


def test_repeated_keys_are_found_across_files_and_integer_widths():
    big = pa.array([Decimal(7), Decimal(2**70)], pa.decimal128(38, 0))
    check = build("expect_column_values_to_be_unique", column="i")
    result = judged(check, batch("a", i=[7, 8, None]), batch("b", i=big))
    assert [(e.file, e.row) for e in result.outcome.failures.examples] == [("a", 0), ("b", 0)]
    assert result.outcome.metric.denominator == 4


REFUSED = [
    ("expect_column_values_to_be_between", {"column": "i"}, "no bound"),
    ("expect_column_values_to_be_between", {"column": "i", "min_value": 3, "max_value": 1}, "below min_value"),
    ("expect_column_values_to_be_between", {"column": "d", "min_value": "soon"}, "not a value of type date"),
    ("expect_column_values_to_be_between", {"column": "d", "min_value": "2026-02-01", "max_value": "2026-01-01"}, "below"),
    ("expect_column_values_to_be_between", {"column": "b", "min_value": 0}, "no order"),
    ("expect_column_values_to_be_between", {"column": "i", "min_value": "1"}, "a number is needed"),
    ("expect_column_values_to_be_in_set", {"column": "i", "value_set": ["1"]}, "can hold none"),
    ("expect_column_values_to_be_in_set", {"column": "i", "value_set": []}, "at least one"),
    ("expect_column_values_to_be_in_set", {"column": "i", "value_set": {"$PARAMETER": "x"}}, "suite parameters"),
    ("expect_column_values_to_be_in_set", {"column": "o", "value_set": ["a"]}, "single values"),
    ("expect_column_distinct_values_to_equal_set", {"column": "s", "value_set": ["a", None]}, "null is no value"),
    ("expect_column_values_to_match_regex", {"column": "s", "regex": "("}, "regular expression"),
    ("expect_column_values_to_match_regex", {"column": "s", "regex": "a", "mostly": Decimal("1.2")}, "share"),
    ("expect_column_values_to_match_strftime_format", {"column": "s", "strftime_format": "%Q"}, "format"),
    ("expect_column_values_to_match_strftime_format", {"column": "d", "strftime_format": "%Y"}, "stands on texts"),
    ("expect_column_values_to_match_json_schema", {"column": "s", "json_schema": {"$ref": "http://x/y"}}, "reference"),
    ("expect_column_values_to_match_json_schema", {"column": "s", "json_schema": {"type": "nothing"}}, "JSON Schema"),
    ("expect_column_values_to_be_of_type", {"column": "s", "type_": "strng"}, "unknown type"),
    ("expect_column_pair_values_to_be_equal", {"column_A": "s", "column_B": "i"}, "cannot be compared"),
    ("expect_column_pair_values_to_be_equal", {"column_A": "s", "column_B": "s"}, "same column"),
    ("expect_column_pair_values_to_be_in_set", {"column_A": "s", "column_B": "i", "value_pairs_set": [[1, 1]]}, "never hold"),
    ("expect_multicolumn_sum_to_equal", {"column_list": ["i", "s"], "sum_total": 1}, "not as a number"),
    ("expect_multicolumn_sum_to_equal", {"column_list": ["i"], "sum_total": 1}, "at least 2"),
    ("expect_column_mean_to_be_between", {"column": "s", "min_value": 1}, "declared as string"),
    ("expect_column_quantile_values_to_be_between", {"column": "i", "quantile_ranges": {"quantiles": [2], "value_ranges": [[0, 1]]}}, "from 0 to 1"),
    ("expect_column_quantile_values_to_be_between", {"column": "i", "quantile_ranges": {"quantiles": [1], "value_ranges": []}}, "as many"),
    ("expect_table_row_count_to_equal", {"value": Decimal("1.5")}, "whole number"),
    ("expect_table_row_count_to_equal", {}, "missing"),
    ("expect_compound_columns_to_be_unique", {"column_list": ["i", "s"], "ignore_row_if": "sometimes"}, "one of"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "kwargs", "why"), REFUSED)
def test_what_demands_nothing_or_cannot_be_is_refused_before_any_data_is_read(name, kwargs, why):
    with pytest.raises(Misdeclared, match=why):
        build(name, **kwargs)


doubles = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(doubles, max_size=40), st.integers(0, 40))
def test_sums_of_doubles_are_those_of_the_numbers_they_are(values, cut):
    whole = [Fraction(v) for v in values]
    assert exact(pa.array(values, pa.float64())) == (sum(whole), sum(v * v for v in whole))
    analyzer = MomentsOf("r", COLUMNS["f"])
    parts = [analyzer.observe(View(batch(f=pa.array(v, pa.float64())))) for v in (values[:cut], values[cut:])]
    merged = Moments.from_bytes(parts[1].to_bytes()).merge(parts[0])
    assert merged == analyzer.observe(View(batch(f=pa.array(values, pa.float64()))))


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=40))
def test_sums_of_integers_do_not_overflow(values):
    assert exact(pa.array(values, pa.int64())) == (sum(values), sum(v * v for v in values))


@given(st.lists(doubles, min_size=1, max_size=30), st.sampled_from(["0", "0.1", "0.25", "0.5", "0.9", "1"]))
def test_quantiles_are_those_of_numpy(values, share):
    import numpy as np

    counts: dict[str, int] = {}
    for v in values:
        counts[repr(v + 0.0)] = counts.get(repr(v + 0.0), 0) + 1
    ordered = Quantiles.of(counts)
    for method in ("lower", "higher"):
        assert float(ordered.at(Fraction(share), method)) in np.sort(values)
    middle = ordered.at(Fraction(1, 2), "linear")
    assert math.isclose(
        float(middle), float(np.median(np.array(values, dtype=np.longdouble))), rel_tol=1e-9, abs_tol=1e-300
    )


PATTERNS = [
    "^\\d+$",
    "\\bab\\b",
    "a$",
    ".",
    "^.{2}$",
    "[^a]",
    "(?i)É",
    "(a)\\1",
    "가|b",
    "\\S",
    "a{2,}",
    "\\.",
    "\\\\",
    "^$",
]


@pytest.mark.parametrize("pattern", PATTERNS)
@given(texts=st.lists(st.one_of(st.none(), st.text("ab1٣ \n\t가É.\\K\u212a", max_size=6)), max_size=8))
def test_patterns_are_pythons(pattern, texts):
    import re

    expected = [None if t is None else re.search(pattern, t) is not None for t in texts]
    assert contains(pa.array(texts, pa.large_string()), pattern).to_pylist() == expected


def test_plain_patterns_run_at_full_speed():
    expected = {
        "^a[0-9]+": "all",
        "^a$": "lines",
        "\\d": "ascii",
        "^\\d{5}$": "ascii-lines",
        "(?=a)": "none",
        "\\s": "none",
    }
    assert {p: reach(p) for p in expected} == expected
