"""Great Expectations itself is the oracle: on generated data its answer is ours, for every translated expectation.

Nulls, NaN, Korean text, dates, decimals and integers beyond 64 bits stand in the data. Where GX calls an expectation met
because there is nothing to look at, Dambo FAILs; where GX errs on pandas 3, the test says so by name.
"""

from __future__ import annotations

import logging
import math
import os
import warnings
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checks import engine
from checks.batch import Batch
from checks.catalogue import CATALOGUE
from checks.columns import Col
from checks.expectations.check import check_id
from checks.expectations.translated import TRANSLATED
from checks.kernel import CheckResult, Declaration, Rule

COLUMNS = {
    "i": Col("i", "integer"),
    "j": Col("j", "integer"),
    "big": Col("big", "integer"),
    "f": Col("f", "number"),
    "g": Col("g", "number"),
    "s": Col("s", "string"),
    "u": Col("u", "string"),
    "d": Col("d", "date"),
    "e": Col("e", "date"),
    "t": Col("t", "timestamp"),
    "dec": Col("dec", "number"),
    "b": Col("b", "boolean"),
}
TYPES = {
    "i": pa.int64(),
    "j": pa.int64(),
    "big": pa.decimal128(38, 0),
    "f": pa.float64(),
    "g": pa.float64(),
    "s": pa.string(),
    "u": pa.string(),
    "d": pa.date32(),
    "e": pa.date32(),
    "t": pa.timestamp("us"),
    "dec": pa.decimal128(10, 2),
    "b": pa.bool_(),
}

integers = st.integers(-4, 4)
floats = st.sampled_from([-1.5, 0.0, -0.0, 0.25, 1.0, 2.5, 1e16, float("nan")])
texts = st.sampled_from(
    ["a", "b", "가나", "나", "", "ab\n", "1", "12", "é", "٣", '{"a": 1}', "2024-02-29", "10:30", "[1"]
)
days = st.sampled_from([date(2024, 1, 1), date(2024, 2, 29), date(1999, 12, 31), date(2030, 1, 1)])
moments = st.sampled_from(
    [datetime.fromisoformat(text) for text in ("2024-01-01", "2024-01-01T12:30:01", "1999-12-31T23:59")]
)
decimals = st.sampled_from([Decimal("0.25"), Decimal("-1.50"), Decimal("10.00"), Decimal("2.75")])
huge = st.sampled_from([2**70, -(2**70), 2**63, 5, 2**70 + 1])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "i": integers,
    "j": integers,
    "big": huge,
    "f": floats,
    "g": floats,
    "s": texts,
    "u": texts,
    "d": days,
    "e": days,
    "t": moments,
    "dec": decimals,
    "b": st.booleans(),
}


@st.composite
def tables(draw: Callable[..., Any]) -> dict[str, list[Any]]:
    rows = draw(st.integers(1, 9))
    sparse = draw(st.booleans())
    table = {}
    for name, values in VALUES.items():
        cell = st.one_of(st.none(), values) if sparse else values
        table[name] = draw(st.lists(cell, min_size=rows, max_size=rows))
    return table


@pytest.fixture(scope="session")
def oracle() -> Callable[..., dict[str, Any]]:
    """GX's result of one expectation over a table of Python values, as a JSON document."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logging.getLogger("great_expectations._docs_decorators").setLevel(logging.WARNING)
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations as gx
        from great_expectations.core.batch_definition import BatchDefinition
        from great_expectations.data_context.types.base import ProgressBarsConfig
        from great_expectations.expectations.registry import get_expectation_impl

        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        asset = context.data_sources.add_pandas("memory").add_dataframe_asset("table")
        whole: BatchDefinition = asset.add_batch_definition_whole_dataframe("whole")

    def validate(table: dict[str, list[Any]], name: str, **kwargs: Any) -> dict[str, Any]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            batch = whole.get_batch({"dataframe": frame(table, texts="length" in name or "regex" in name)})
            result = batch.validate(get_expectation_impl(name)(**kwargs), result_format="COMPLETE")
        document: dict[str, Any] = result.to_json_dict()
        raised = document["exception_info"]
        assert raised.get("raised_exception") is False, raised
        return document

    return validate


def frame(table: dict[str, list[Any]], *, texts: bool) -> Any:
    """As pandas holds the data and GX can read it: integers are nullable where their `texts` are looked at (`7`, not
    `7.0`), where values are compared they are doubles (GX crashes on pandas.NA)."""
    import pandas as pd

    whole = "Int64" if texts else "float64"
    dtypes = {"i": whole, "j": whole, "f": "float64", "g": "float64", "s": "str", "u": "str", "b": "boolean"}
    made = {}
    for name, values in table.items():
        if name == "t":
            made[name] = pd.Series(values, dtype="datetime64[ns]")
        else:
            made[name] = pd.Series(values, dtype=dtypes.get(name, "object"))
    return pd.DataFrame(made)


def ours(table: dict[str, list[Any]], name: str, *, cut: int = 0, **kwargs: Any) -> CheckResult:
    """Our result, in two batches if `cut`."""
    decl = Declaration(Rule("r.x", "x"), "r", COLUMNS, {"type": name, "kwargs": plain(kwargs), "sources": {}})
    check = CATALOGUE[check_id(name)].build(decl)
    arrays = {n: pa.array([None if v is None else v for v in values], TYPES[n]) for n, values in table.items()}
    whole = pa.record_batch(arrays)
    parts = [(0, whole.slice(0, cut)), (cut, whole.slice(cut))] if cut else [(0, whole)]
    items = [("r", Batch("f.parquet", p, first_row=at, found=tuple(table))) for at, p in parts]
    plan = engine.plan([check], {"r": tuple(COLUMNS)})
    states = engine.load(engine.dump(engine.observe(plan, items)), plan)
    (result,) = engine.judge([check], states)
    return result


def plain(value: Any) -> Any:
    """As the contract's YAML gives it: floats are Decimals, dates texts."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, float):
        return Decimal(repr(value))
    return value.isoformat() if isinstance(value, date) else value


def quantities(result: CheckResult) -> dict[str, Any]:
    assert result.outcome is not None
    return {row[0]: row[1] for table in result.outcome.detail for row in table.rows}


def same(result: CheckResult, expected: dict[str, Any]) -> None:
    """Success, counts, percentages and observed value agree, or Dambo says that there is nothing to look at."""
    found = expected["result"]
    assert result.outcome is not None, result.reason
    metric = result.outcome.metric
    if "element_count" in found:
        counts = quantities(result)
        assert counts["element-count"] == found["element_count"]
        assert counts["unexpected-count"] == found["unexpected_count"]
        assert counts["missing-count"] == found.get("missing_count", 0)
        looked = found["element_count"] - found.get("missing_count", 0)
        if not looked:
            assert (result.verdict, metric.undefined, expected["success"]) == ("FAIL", "no-values", True)
            return
        assert metric.value == Fraction(looked - found["unexpected_count"], looked)
        assert math.isclose(100 * (1 - metric.value), found["unexpected_percent"], abs_tol=1e-9)
        assert len({(e.file, e.row) for e in result.outcome.failures.examples}) == min(20, found["unexpected_count"])
        if "unexpected_index_list" in found and found["unexpected_index_list"] is not None:
            rows = [r for _, a, b in result.outcome.failures.ranges for r in range(a, b + 1)]
            assert rows == found["unexpected_index_list"]
    elif metric.name == "observed-value" and metric.value is not None:
        assert math.isclose(float(metric.value), float(found["observed_value"]), rel_tol=1e-9, abs_tol=1e-9)
    elif metric.value is None:
        assert result.verdict == "FAIL"
        return
    assert (result.verdict == "PASS") == expected["success"]


shares = st.sampled_from([0.0, 0.3, 0.5, 0.75, 1.0])
either = st.booleans()


def bounds(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """One bound or two in order, strict or not."""

    def made(ends: tuple[Any, Any], which: int, low: bool, high: bool) -> dict[str, Any]:
        first, last = sorted(ends)
        chosen = {"min_value": first} if which == 0 else {"max_value": last} if which == 1 else {}
        return {**(chosen or {"min_value": first, "max_value": last}), "strict_min": low, "strict_max": high}

    return st.builds(made, st.tuples(values, values), st.integers(0, 2), either, either)


numbers = st.sampled_from([-3, -1.5, 0, 0.25, 1, 2, 2.5, 5])
whole = st.integers(0, 9)
PATTERNS = ["^a", r"^\d+$", r"\w", "b$", "가", r"^(?!a)", "[ab]", r"\S", "", r"\Aa|나\Z", r"(?i)É", "^.$"]
patterns = st.sampled_from(PATTERNS)
single = st.sampled_from(["i", "f", "s", "d", "t", "b", "dec", "big"])
sets = {
    "i": st.lists(integers, min_size=1),
    "f": st.lists(st.sampled_from([0.25, 1, 2.5, 0, 9.5]), min_size=1),
    "s": st.lists(texts, min_size=1),
    "b": st.lists(st.booleans(), min_size=1),
    "big": st.lists(huge, min_size=1),
}
a_set = st.sampled_from(sorted(sets)).flatmap(
    lambda c: st.fixed_dictionaries({"column": st.just(c), "value_set": sets[c]})
)
ignoring = {"ignore_row_if": st.sampled_from(["all_values_are_missing", "any_value_is_missing", "never"])}
pairing = {"ignore_row_if": st.sampled_from(["both_values_are_missing", "either_value_is_missing", "neither"])}
alike = st.sampled_from([("i", "j"), ("f", "g"), ("s", "u"), ("i", "f"), ("d", "e")])


def of(**kwargs: Any) -> st.SearchStrategy[dict[str, Any]]:
    parts = {k: v if isinstance(v, st.SearchStrategy) else st.just(v) for k, v in kwargs.items()}
    return st.fixed_dictionaries(parts)


def joined(*parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(*parts).map(lambda found: {k: v for part in found for k, v in part.items()})


def over_pair(names: st.SearchStrategy[tuple[str, str]]) -> st.SearchStrategy[dict[str, Any]]:
    return names.map(lambda p: {"column_A": p[0], "column_B": p[1]})


ARGUMENTS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "expect_column_to_exist": st.one_of(
        of(column=st.sampled_from(["i", "absent"])), of(column="f", column_index=st.sampled_from([1, 3, 40, -9]))
    ),
    "expect_table_columns_to_match_ordered_list": of(
        column_list=st.sampled_from([list(COLUMNS), list(COLUMNS)[::-1], ["i"], [*COLUMNS, "more"]])
    ),
    "expect_table_columns_to_match_set": of(
        column_set=st.sampled_from([list(COLUMNS), list(COLUMNS)[::-1], ["i"], [*COLUMNS, "more"]]), exact_match=either
    ),
    "expect_table_column_count_to_equal": of(value=st.sampled_from([12, 3])),
    "expect_table_column_count_to_be_between": st.sampled_from(
        [{"min_value": 3}, {"max_value": 3}, {"min_value": 12, "max_value": 12}, {"min_value": 13, "max_value": 15}]
    ),
    "expect_table_row_count_to_equal": of(value=whole),
    "expect_table_row_count_to_be_between": bounds(whole),
    "expect_column_values_to_not_be_null": of(column=single, mostly=shares),
    "expect_column_values_to_be_null": of(column=single, mostly=shares),
    "expect_column_values_to_be_unique": of(column=single, mostly=shares),
    "expect_compound_columns_to_be_unique": of(
        column_list=st.sampled_from([["i", "j"], ["s", "i"], ["d", "b", "f"]]), mostly=shares, **ignoring
    ),
    "expect_select_column_values_to_be_unique_within_record": of(
        column_list=st.sampled_from([["i", "j"], ["s", "u"], ["d", "e"], ["f", "g"]]), mostly=shares, **ignoring
    ),
    "expect_column_values_to_be_in_set": joined(a_set, of(mostly=shares)),
    "expect_column_values_to_not_be_in_set": joined(a_set, of(mostly=shares)),
    "expect_column_values_to_be_between": st.one_of(
        joined(of(column=st.sampled_from(["i", "f", "dec", "big"]), mostly=shares), bounds(numbers)),
        joined(of(column="t", mostly=shares), bounds(moments.map(datetime.isoformat))),
    ),
    "expect_column_value_lengths_to_be_between": joined(
        of(column=st.sampled_from(["s", "i"]), mostly=shares), bounds(st.integers(0, 4))
    ),
    "expect_column_value_lengths_to_equal": of(column="s", value=st.integers(0, 3), mostly=shares),
    "expect_column_values_to_match_regex": of(column=st.sampled_from(["s", "i"]), regex=patterns, mostly=shares),
    "expect_column_values_to_not_match_regex": of(column="s", regex=patterns, mostly=shares),
    "expect_column_values_to_match_regex_list": of(
        column="s",
        regex_list=st.lists(patterns, min_size=1, max_size=3),
        match_on=st.sampled_from(["any", "all"]),
        mostly=shares,
    ),
    "expect_column_values_to_not_match_regex_list": of(
        column="s", regex_list=st.lists(patterns, min_size=1, max_size=3), mostly=shares
    ),
    "expect_column_values_to_match_strftime_format": of(
        column="s", strftime_format=st.sampled_from(["%Y-%m-%d", "%H:%M", "%d"]), mostly=shares
    ),
    "expect_column_values_to_be_dateutil_parseable": of(column="s", mostly=shares),
    "expect_column_values_to_be_json_parseable": of(column="s", mostly=shares),
    "expect_column_min_to_be_between": joined(of(column=st.sampled_from(["i", "f", "dec", "big"])), bounds(numbers)),
    "expect_column_max_to_be_between": joined(of(column=st.sampled_from(["i", "f", "dec", "big"])), bounds(numbers)),
    "expect_column_sum_to_be_between": joined(of(column=st.sampled_from(["i", "f", "b"])), bounds(numbers)),
    "expect_column_mean_to_be_between": joined(of(column=st.sampled_from(["i", "f", "b"])), bounds(numbers)),
    "expect_column_stdev_to_be_between": joined(
        of(column=st.sampled_from(["i", "f"])), bounds(st.sampled_from([0.1, 1.3, 2.7]))
    ),
    "expect_column_median_to_be_between": joined(of(column=st.sampled_from(["i", "f"])), bounds(numbers)),
    "expect_column_quantile_values_to_be_between": st.builds(
        lambda column, shares_, ranges, method: {
            "column": column,
            "quantile_ranges": {"quantiles": shares_, "value_ranges": ranges[: len(shares_)]},
            **({"allow_relative_error": method} if method else {}),
        },
        st.sampled_from(["f", "i"]),
        st.lists(st.sampled_from([0.0, 0.1, 0.3, 0.45, 0.7, 1.0]), min_size=1, max_size=3),
        st.lists(
            st.tuples(numbers, numbers).map(sorted).flatmap(lambda r: st.sampled_from([r, [None, r[1]], [r[0], None]])),
            min_size=3,
            max_size=3,
        ),
        st.sampled_from([None, "linear", "lower", "higher", "midpoint", "nearest"]),
    ),
    "expect_column_unique_value_count_to_be_between": joined(of(column=single), bounds(whole)),
    "expect_column_proportion_of_unique_values_to_be_between": joined(
        of(column=single), bounds(st.sampled_from([0, 0.25, 0.5, 1]))
    ),
    "expect_column_proportion_of_non_null_values_to_be_between": joined(
        of(column=single), bounds(st.sampled_from([0, 0.25, 0.5, 1]))
    ),
    "expect_column_distinct_values_to_be_in_set": a_set,
    "expect_column_distinct_values_to_equal_set": a_set,
    "expect_column_distinct_values_to_contain_set": a_set,
    "expect_column_most_common_value_to_be_in_set": joined(a_set, of(ties_okay=either)),
    "expect_column_pair_values_to_be_equal": joined(over_pair(alike), of(mostly=shares, **pairing)),
    "expect_column_pair_values_a_to_be_greater_than_b": joined(
        over_pair(st.sampled_from([("i", "j"), ("f", "g"), ("i", "f")])), of(or_equal=either, mostly=shares, **pairing)
    ),
    "expect_column_pair_values_to_be_in_set": joined(
        over_pair(st.just(("s", "i"))),
        of(
            value_pairs_set=st.lists(
                st.tuples(st.one_of(st.none(), texts), st.one_of(st.none(), integers)), min_size=1
            ),
            mostly=shares,
            **pairing,
        ),
    ),
    "expect_multicolumn_sum_to_equal": of(
        column_list=st.sampled_from([["i", "j"], ["f", "g"], ["i", "f", "g"]]),
        sum_total=numbers,
        mostly=shares,
        **ignoring,
    ),
    "expect_multicolumn_values_to_be_equal": of(
        column_list=st.sampled_from([["i", "j"], ["s", "u"], ["d", "e"], ["f", "g"]]), mostly=shares, **ignoring
    ),
}
OTHER = {
    "expect_column_values_to_match_json_schema",
    "expect_column_values_to_be_of_type",
    "expect_column_values_to_be_in_type_list",
}
"""Whose answers differ from GX's on purpose: tested in test_expectations_values.py."""


def test_every_translated_expectation_has_an_oracle() -> None:
    assert set(ARGUMENTS) | OTHER == set(TRANSLATED)


@pytest.mark.parametrize("name", ARGUMENTS)
@given(data=st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_gx_says_the_same(name: str, data: st.DataObject, oracle: Callable[..., dict[str, Any]]) -> None:
    table, kwargs = data.draw(tables()), data.draw(ARGUMENTS[name])
    cut = data.draw(st.integers(0, len(table["i"])))
    result = ours(table, name, cut=cut, **kwargs)
    same(result, oracle(table, name, **kwargs))
