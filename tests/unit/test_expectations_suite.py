"""Suites to contracts and back, and results that Great Expectations' own site builder makes Data Docs of."""

from __future__ import annotations

import json
import os
import re
import warnings
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from checks.expectations.native import quiet
from checks.expectations.suite import NotASuiteError, read_suite, suite_of
from checks.expectations.translated import TRANSLATED
from include.cli import app
from include.contracts import lint, load
from include.contracts.gx import skeleton

PAGE = (Path(__file__).parents[2] / "docs/reference/expectations.md").read_text("utf-8")
SHARED = Path(__file__).parents[2] / "../shared/data"
KWARGS = {
    "expect_column_to_exist": {"column": "n", "column_index": 0},
    "expect_table_columns_to_match_ordered_list": {"column_list": ["n", "m", "글", "s", "day"]},
    "expect_table_columns_to_match_set": {"column_set": ["n", "m"], "exact_match": False},
    "expect_table_column_count_to_equal": {"value": 5},
    "expect_table_column_count_to_be_between": {"min_value": 1, "max_value": 3},
    "expect_table_row_count_to_equal": {"value": 4},
    "expect_table_row_count_to_be_between": {"min_value": 1, "max_value": 9},
    "expect_column_values_to_not_be_null": {"column": "n", "mostly": 0.5},
    "expect_column_values_to_be_null": {"column": "n"},
    "expect_column_values_to_be_unique": {"column": "n"},
    "expect_compound_columns_to_be_unique": {"column_list": ["n", "글"]},
    "expect_select_column_values_to_be_unique_within_record": {"column_list": ["글", "s"]},
    "expect_column_values_to_be_in_set": {"column": "글", "value_set": ["가", "나"]},
    "expect_column_values_to_not_be_in_set": {"column": "글", "value_set": ["다"]},
    "expect_column_values_to_be_between": {"column": "n", "min_value": 0, "max_value": 2, "strict_min": True},
    "expect_column_value_lengths_to_be_between": {"column": "s", "min_value": 1, "max_value": 3},
    "expect_column_value_lengths_to_equal": {"column": "s", "value": 1},
    "expect_column_values_to_match_regex": {"column": "s", "regex": "^[a-z]+$"},
    "expect_column_values_to_not_match_regex": {"column": "s", "regex": "^\\d"},
    "expect_column_values_to_match_regex_list": {"column": "s", "regex_list": ["^a", "^1"], "match_on": "any"},
    "expect_column_values_to_not_match_regex_list": {"column": "s", "regex_list": ["^z"]},
    "expect_column_values_to_match_strftime_format": {"column": "day", "strftime_format": "%Y-%m-%d"},
    "expect_column_values_to_be_dateutil_parseable": {"column": "day"},
    "expect_column_values_to_be_json_parseable": {"column": "s"},
    "expect_column_values_to_match_json_schema": {"column": "s", "json_schema": {"type": "number"}},
    "expect_column_values_to_be_of_type": {"column": "n", "type_": "int64"},
    "expect_column_values_to_be_in_type_list": {"column": "s", "type_list": ["str", "string"]},
    "expect_column_min_to_be_between": {"column": "n", "min_value": 1},
    "expect_column_max_to_be_between": {"column": "n", "max_value": 2},
    "expect_column_sum_to_be_between": {"column": "m", "min_value": 1, "max_value": 3},
    "expect_column_mean_to_be_between": {"column": "m", "min_value": 0.5},
    "expect_column_stdev_to_be_between": {"column": "m", "max_value": 0.5},
    "expect_column_median_to_be_between": {"column": "n", "min_value": 1},
    "expect_column_quantile_values_to_be_between": {
        "column": "n",
        "quantile_ranges": {"quantiles": [0.1, 0.9], "value_ranges": [[0, 1], [None, 1]]},
    },
    "expect_column_unique_value_count_to_be_between": {"column": "글", "min_value": 2},
    "expect_column_proportion_of_unique_values_to_be_between": {"column": "글", "max_value": 0.5},
    "expect_column_proportion_of_non_null_values_to_be_between": {"column": "글", "min_value": 0.5},
    "expect_column_distinct_values_to_be_in_set": {"column": "글", "value_set": ["가"]},
    "expect_column_distinct_values_to_equal_set": {"column": "글", "value_set": ["가", "다"]},
    "expect_column_distinct_values_to_contain_set": {"column": "글", "value_set": ["다"]},
    "expect_column_most_common_value_to_be_in_set": {"column": "글", "value_set": ["가"]},
    "expect_column_pair_values_to_be_equal": {"column_A": "글", "column_B": "s"},
    "expect_column_pair_values_a_to_be_greater_than_b": {"column_A": "n", "column_B": "m", "or_equal": True},
    "expect_column_pair_values_to_be_in_set": {"column_A": "글", "column_B": "n", "value_pairs_set": [["가", 1], ["나", None]]},
    "expect_multicolumn_sum_to_equal": {"column_list": ["n", "m"], "sum_total": 1.5},
    "expect_multicolumn_values_to_be_equal": {"column_list": ["글", "s"]},
}  # fmt: skip
ROWS = {
    "n": pa.array([1, 2, None, 2], pa.int64()),
    "m": pa.array([0.5, 1.25, 0.25, None]),
    "글": pa.array(["가", "나", None, "가"]),
    "s": pa.array(["a", "1", "abcd", "가"]),
    "day": pa.array(["2026-01-01", "2026-02-30", None, "2026-03-01"]),
}


def suite() -> dict:
    severities = ("critical", "warning", "info")
    rules = [
        {"type": t, "kwargs": k, "meta": {"note": "왜"}, "severity": severities[i % 3], "id": None}
        for i, (t, k) in enumerate(KWARGS.items())
    ]
    return {"name": "내 suite", "expectations": rules, "meta": {"great_expectations_version": "1.24.1"}}


@pytest.fixture(scope="module")
def context():
    """One of GX's own contexts, in memory; nothing is sent."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    with quiet():
        import great_expectations as gx

        yield gx.get_context(mode="ephemeral")


def call(*words: str | Path):
    return CliRunner().invoke(app, ["contract", *map(str, words)])


def same_rules(document: dict) -> list:
    return sorted((r["type"], json.dumps(r["kwargs"], sort_keys=True), r.get("severity", "critical")) for r in document["expectations"])  # fmt: skip


def test_every_translated_expectation_stands_in_the_suite():
    assert set(KWARGS) == set(TRANSLATED)


def test_a_suite_becomes_a_contract_and_a_suite_again(tmp_path):
    (tmp_path / "suite.json").write_text(json.dumps(suite()), "utf-8")
    out = tmp_path / "draft.odcs.yaml"
    done = call("from-gx", tmp_path / "suite.json", "--files", "*.parquet", "--out", out)
    assert done.exit_code == 0, done.output
    assert [p for p in lint(out.read_bytes()) if p.level == "error"] == []
    contract = load(out.read_bytes())
    types = {spec.col.name: spec.col.type for spec in contract.objects[0].columns}
    assert types == {"n": "integer", "m": "number", "column_3": "string", "s": "string", "day": "string"}
    back = call("to-gx", out, "--out", tmp_path / "back.json")
    assert back.exit_code == 0, back.output
    assert "records.readable" in back.output
    assert same_rules(json.loads((tmp_path / "back.json").read_text("utf-8"))) == same_rules(suite())


def test_gx_reads_the_suites_we_write(context):
    from great_expectations.core.expectation_suite import expectationSuiteSchema

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = read_suite(json.dumps(suite()).encode())
        loaded = expectationSuiteSchema.load(suite_of(read.name, read.rules))
        assert len(loaded["expectations"]) == len(KWARGS)


def test_rules_of_a_contract_become_expectations_and_what_has_no_form_is_said(tmp_path):
    contract = tmp_path / "c.odcs.yaml"
    contract.write_text(
        """\
apiVersion: v3.1.0
kind: DataContract
id: c
version: 1.0.0
status: active
customProperties: [{property: programme, value: ai-data-processing-voucher}]
schema:
  - name: r
    physicalType: csv
    physicalName: "*.csv"
    properties:
      - {name: id, physicalName: 번호, logicalType: integer, primaryKey: true, logicalTypeOptions: {minimum: 1, exclusiveMaximum: 9}}
      - {name: text, logicalType: string, logicalTypeOptions: {maxLength: 5, pattern: "^a"}}
      - name: label
        logicalType: string
        quality:
          - {metric: invalidValues, arguments: {validValues: [a, b]}, mustBe: 0}
          - {metric: nullValues, unit: percent, mustBeLessOrEqualTo: 25}
    quality:
      - {metric: rowCount, mustBeBetween: [1, 9]}
""",
        "utf-8",
    )
    done = call("to-gx", contract, "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    rules = {
        (r["type"].removeprefix("expect_"), json.dumps(r["kwargs"], ensure_ascii=False))
        for r in found["suite"]["expectations"]
    }
    assert rules == {
        ("column_values_to_not_be_null", '{"column": "번호"}'),
        ("column_values_to_be_unique", '{"column": "번호"}'),
        ("column_values_to_be_between", '{"column": "번호", "min_value": 1, "strict_min": false}'),
        ("column_values_to_be_between", '{"column": "번호", "max_value": 9, "strict_max": true}'),
        ("column_value_lengths_to_be_between", '{"column": "text", "max_value": 5}'),
        ("column_values_to_match_regex", '{"column": "text", "regex": "^a"}'),
        ("column_values_to_be_in_set", '{"column": "label", "value_set": ["a", "b"]}'),
        ("column_values_to_not_be_null", '{"column": "label", "mostly": 0.75}'),
        ("table_row_count_to_be_between", '{"min_value": 1, "max_value": 9}'),
    }
    assert {"r.readable", "r.columns", "r.id.type"} <= set(found["without_expectation"])


def test_what_must_be_repaired_is_said(tmp_path):
    document = {"expectation_suite_name": "old", "expectations": [
        {"expectation_type": "expect_column_values_to_be_unique", "kwargs": {"column": "a", "row_condition": "a > 1", "condition_parser": "pandas"}},
        {"expectation_type": "expect_column_values_to_be_unique", "kwargs": {"column": "a", "result_format": "BASIC"}},
    ]}  # fmt: skip
    (tmp_path / "suite.json").write_text(json.dumps(document), "utf-8")
    done = call("from-gx", tmp_path / "suite.json", "--json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert [p["path"] for p in found["problems"]] == ["schema[0].quality[0].implementation.kwargs.row_condition"]
    assert "result_format" not in found["contract"]


@pytest.mark.parametrize(
    "data", [b"{", b"[]", b'{"expectations": {}}', b'{"expectations": [1]}', b'{"expectations": [{"type": 1}]}']
)
def test_other_documents_are_refused(data, tmp_path):
    with pytest.raises(NotASuiteError):
        read_suite(data)
    (tmp_path / "x.json").write_bytes(data)
    done = call("from-gx", tmp_path / "x.json")
    assert done.exception is not None
    assert getattr(done.exception, "code", "") == "not-a-suite"


def test_results_build_data_docs(tmp_path, context, monkeypatch):
    pq.write_table(pa.table(ROWS), tmp_path / "d.parquet")
    read = read_suite(json.dumps(suite()).encode())
    (tmp_path / "c.odcs.yaml").write_text(
        skeleton(read, programme="ai-data-processing-voucher", glob="*.parquet", form="parquet"), "utf-8"
    )
    words = ["check", tmp_path / "d.parquet", "-c", tmp_path / "c.odcs.yaml", "-o", tmp_path / "out", "--gx", tmp_path / "gx", "--no-progress"]  # fmt: skip
    done = CliRunner().invoke(app, [str(w) for w in words])
    assert done.exit_code == 1, done.output
    data = (tmp_path / "gx" / "records.validation.json").read_text("utf-8")
    document = json.loads(data)
    report = {row["rule"]: row for row in json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))["checks"]}
    assert len(document["results"]) == len(KWARGS)
    for result in document["results"]:
        row = report[result["meta"]["dambo"]["rule"]]
        assert result["success"] == (row["verdict"] == "PASS"), row
    assert "records.readable" in document["meta"]["dambo"]["rules_without_expectation"]
    assert document["statistics"]["successful_expectations"] == sum(r["success"] for r in document["results"])
    assert "abcd" not in data.replace("rule", "")  # values are masked
    build(tmp_path, monkeypatch)
    pages = [p.read_text("utf-8") for p in (tmp_path / "site" / "validations").rglob("*.html")]
    assert len(pages) == 1
    assert "Failed" in pages[0]
    assert "exception" not in pages[0].lower().replace("exception_info", "")
    for result in document["results"]:
        assert result["expectation_config"]["type"] in pages[0] or result["expectation_config"]["kwargs"]
    assert (tmp_path / "site" / "index.html").exists()


def build(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the docs show, word for word: GX's own site builder over our validation result."""
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GX_ANALYTICS_ENABLED", "false")
    with quiet():
        exec(compile(program, "expectations.md", "exec"), {})


KLUE = """\
apiVersion: v3.1.0
kind: DataContract
id: 1-014-046-NL
name: 자연어추론 검증셋
version: 1.0.0
status: active
schema:
  - name: records
    physicalType: json
    physicalName: "*.json"
    properties:
      - {name: guid, logicalType: string, required: true, unique: true}
      - {name: premise, logicalType: string, required: true, logicalTypeOptions: {minLength: 1}}
      - name: gold_label
        logicalType: string
        required: true
        quality:
          - {metric: invalidValues, arguments: {validValues: [entailment, neutral, contradiction]}, mustBe: 0}
      - {name: author, logicalType: string}
      - {name: label2, logicalType: string}
      - {name: label3, logicalType: string}
      - {name: label4, logicalType: string}
      - {name: label5, logicalType: string}
    quality:
      - {metric: rowCount, mustBe: 3000}
      - type: custom
        engine: greatExpectations
        implementation: {type: expect_column_values_to_match_regex, kwargs: {column: guid, regex: "^klue-nli-v1_dev_\\\\d{5}$"}}
      - id: label-agreement
        type: custom
        engine: dambo
        severity: error
        implementation: {check: label-agreement, raters: [author, label2, label3, label4, label5], level: nominal, coefficient: krippendorff-alpha, mustBeGreaterOrEqualTo: 0.8}
      - id: class-balance
        type: custom
        engine: dambo
        implementation: {check: class-balance, column: gold_label, target: {entailment: 0.33, neutral: 0.33, contradiction: 0.34}, measure: overlap, mustBeGreaterOrEqualTo: 0.9}
customProperties:
  - {property: programme, value: ai-data-processing-voucher}
"""


@pytest.mark.skipif(not (SHARED / "labels/klue-nli").is_dir(), reason="no shared data beside the project")
def test_the_whole_contract_of_klue_nli_passes_with_its_expectation(tmp_path):
    (tmp_path / "c.odcs.yaml").write_text(KLUE, "utf-8")
    folder = SHARED / "labels/klue-nli"
    words = ["check", folder, "-c", tmp_path / "c.odcs.yaml", "-o", tmp_path / "out", "--no-progress"]
    done = CliRunner().invoke(app, [str(w) for w in words])
    assert done.exit_code == 0, done.output
    report = json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))
    row = next(r for r in report["checks"] if r["rule"] == "records.guid.expect_column_values_to_match_regex")
    assert (row["verdict"], row["metric"]["numerator"], row["population"]) == ("PASS", 3000, 3000)
    assert report["verdict"] == "PASS"
