"""Expectations that Great Expectations itself runs batch by batch, and those that no one can: refused with the reason."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from decimal import Decimal
from importlib import invalidate_caches

import pyarrow as pa
import pytest

from checks import engine
from checks.batch import Batch
from checks.catalogue import CATALOGUE
from checks.columns import Col
from checks.expectations import native
from checks.expectations.check import check_id
from checks.kernel import Declaration, Misdeclared, Rule

COLUMNS = {"text": Col("text", "string"), "n": Col("n", "integer"), "m": Col("m", "integer")}

CUSTOM = """
import pandas as pd
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnMapExpectation, ColumnPairMapExpectation
from great_expectations.expectations.metrics.map_metric_provider import (
    ColumnMapMetricProvider,
    ColumnPairMapMetricProvider,
    column_condition_partial,
    column_pair_condition_partial,
)


class Palindromes(ColumnMapMetricProvider):
    condition_metric_name = "column_values.palindrome"
    condition_value_keys = ("fold",)

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column, fold, **kwargs):
        if (column == "crash").any():
            raise ValueError("secret 901010-1234567")
        return column.map(lambda v: (v.lower() if fold else v) == (v.lower() if fold else v)[::-1]).astype(bool)


class ExpectColumnValuesToBePalindromes(ColumnMapExpectation):
    fold: bool = False
    map_metric = "column_values.palindrome"
    success_keys = ("mostly", "fold")


class Multiples(ColumnPairMapMetricProvider):
    condition_metric_name = "column_pair_values.multiple"
    condition_domain_keys = ("batch_id", "table", "column_A", "column_B", "ignore_row_if")
    condition_value_keys = ()

    @column_pair_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column_A, column_B, **kwargs):
        return column_A % column_B == 0


class ExpectColumnPairValuesToBeMultiples(ColumnPairMapExpectation):
    ignore_row_if: str = "both_values_are_missing"
    map_metric = "column_pair_values.multiple"
    success_keys = ("column_A", "column_B", "ignore_row_if", "mostly")
"""


@pytest.fixture(scope="module")
def custom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A package of custom expectations, installed as an operator would."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "dambo_custom_expectations.py").write_text(CUSTOM, "utf-8")
    info = folder / "dambo_custom_expectations-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: dambo-custom-expectations\nVersion: 1\n", "utf-8")
    (info / "entry_points.txt").write_text(f"[{native.GROUP}]\nmine = dambo_custom_expectations\n", "utf-8")
    sys.path.insert(0, str(folder))
    invalidate_caches()
    native._registered.cache_clear()
    yield
    sys.path.remove(str(folder))
    native._registered.cache_clear()


def build(name: str, **kwargs):
    decl = Declaration(Rule("r.x", "x"), "r", COLUMNS, {"type": name, "kwargs": kwargs, "sources": {}})
    return CATALOGUE[check_id(name)].build(decl)


def judged(check, *parts):
    """The result over batches of (text, n, m) records, from states that were stored."""
    items, at = [], 0
    for part in parts:
        arrays = [pa.array([r[i] for r in part], t) for i, t in enumerate((pa.string(), pa.int64(), pa.int64()))]
        items.append(
            ("r", Batch("f", pa.record_batch(arrays, names=list(COLUMNS)), first_row=at, found=tuple(COLUMNS)))
        )
        at += len(part)
    plan = engine.plan([check], {"r": tuple(COLUMNS)})
    return engine.judge([check], engine.load(engine.dump(engine.observe(plan, items)), plan))[0]


RECORDS = [("level", 4, 2), ("나무", 5, 2), (None, None, 3), ("Anna", 6, 3), ("가나가", 9, None), ("ab", None, None)]


@pytest.mark.parametrize("cut", range(len(RECORDS) + 1))
def test_a_custom_map_expectation_gives_the_same_however_the_data_is_cut(custom, cut):
    check = build("expect_column_values_to_be_palindromes", column="text", fold=True, mostly=Decimal("0.6"))
    result = judged(check, RECORDS[:cut], RECORDS[cut:])
    assert (result.verdict, result.outcome.metric.numerator, result.outcome.metric.denominator) == ("PASS", 3, 5)
    assert [(e.row, e.value) for e in result.outcome.failures.examples] == [(1, "가가"), (5, "aa")]
    strict = judged(
        build("expect_column_values_to_be_palindromes", column="text", fold=True), RECORDS[:cut], RECORDS[cut:]
    )
    assert strict.verdict == "FAIL"
    pair = judged(
        build("expect_column_pair_values_to_be_multiples", column_A="n", column_B="m"), RECORDS[:cut], RECORDS[cut:]
    )
    assert (pair.outcome.failures.count, pair.outcome.metric.denominator) == (3, 5)  # 5 % 2, and what is missing


def test_gx_crashing_on_a_batch_is_an_error_of_that_check_alone(custom):
    check = build("expect_column_values_to_be_palindromes", column="text")
    result = judged(check, RECORDS, [("crash", 1, 1)])
    assert (result.verdict, result.reason.code, result.reason.params["error"]) == (
        "ERROR",
        "check-crashed",
        "NotRunError",
    )
    assert "901010" not in str(result)


REFUSED = {
    "expect_column_kl_divergence_to_be_less_than": ({"column": "n"}, "whole table"),
    "expect_column_type_to_be": ({"column": "n", "type_": "int64"}, "whole table"),
    "expect_table_row_count_to_equal_other_table": ({"other_table_name": "x"}, "whole table"),
    "unexpected_rows_expectation": ({"unexpected_rows_query": "x"}, "whole table"),
    "expect_query_results_to_match_comparison": ({}, "whole table"),
    "expect_column_values_to_be_increasing": ({"column": "n"}, "neighbouring"),
    "expect_column_values_to_be_decreasing": ({"column": "n"}, "neighbouring"),
    "expect_column_value_z_scores_to_be_less_than": ({"column": "n"}, "column.mean"),
    "expect_column_values_to_not_be_outliers": ({"column": "n"}, "column.outlier_statistics"),
    "expect_column_values_to_match_like_pattern": ({"column": "text", "like_pattern": "a%"}, "no implementation"),
    "expect_column_values_to_not_match_like_pattern": ({"column": "text", "like_pattern": "a%"}, "no implementation"),
    "expect_column_values_to_match_like_pattern_list": ({"column": "text"}, "no implementation"),
    "expect_column_values_to_not_match_like_pattern_list": ({"column": "text"}, "no implementation"),
    "expect_column_values_to_be_uniqe": ({"column": "text"}, "unknown expectation"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_merged_is_refused_with_the_reason(name):
    kwargs, why = REFUSED[name]
    with pytest.raises(Misdeclared) as refused:
        build(name, **kwargs)
    assert why in refused.value.message
    assert refused.value.hint


def test_every_expectation_of_gx_is_translated_run_or_refused():
    from checks.expectations.translated import TRANSLATED

    shipped = {name for name, kind in native._registered().items() if kind.__module__.startswith("great_expectations.")}
    assert shipped - set(TRANSLATED) == set(REFUSED) - {"expect_column_values_to_be_uniqe"}


def test_arguments_are_looked_at_by_gx_at_lint(custom):
    with pytest.raises(Misdeclared, match="fold"):
        build("expect_column_values_to_be_palindromes", column="text", fold="perhaps")
    with pytest.raises(Misdeclared, match="no column"):
        build("expect_column_values_to_be_palindromes", column="other")
    with pytest.raises(Misdeclared, match="takes no"):
        build("expect_column_values_to_be_palindromes", column="text", folded=True)
    with pytest.raises(Misdeclared, match="row_condition"):
        build("expect_column_values_to_be_palindromes", column="text", row_condition="n > 1")
