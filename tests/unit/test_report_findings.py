"""findings/: complete, deterministic, and harmless whatever rules and files are called."""

import csv
import hashlib
import importlib.util
import io
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.kernel import CheckResult, Failures, Metric, Outcome
from include.reports.findings import INDEX, build_findings, cell, file_name

_spec = importlib.util.spec_from_file_location(
    "report_examples", Path(__file__).parents[1] / "golden/report/report_examples.py"
)
examples = sys.modules.setdefault("report_examples", importlib.util.module_from_spec(_spec))
_spec.loader.exec_module(examples)


def read(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_every_failing_range_is_listed_from_one_and_a_whole_file_has_none():
    findings = build_findings(examples.FAILING)
    rows = read(findings.by_rule["records.age.type"].data)
    assert rows[0] == ["rule", "file", "first_record", "last_record"]
    assert len(rows) == 1 + 37
    assert rows[1] == ["records.age.type", "data/part-0.csv", "4", "4"]
    assert read(findings.by_rule["files.unclaimed"].data)[1] == ["files.unclaimed", "readme.txt", "", ""]
    assert set(findings.by_rule) == {"records.age.type", "files.unclaimed"}


def test_the_index_binds_every_list_and_the_report_names_it():
    report = examples.report(examples.FAILING)
    files = report.findings.files()
    index = json.loads(files[INDEX])
    assert report.findings.digest == hashlib.sha256(files[INDEX]).hexdigest()
    assert {f["name"] for f in index["files"]} == files.keys() - {INDEX}
    for entry in index["files"]:
        assert entry["sha256"] == hashlib.sha256(files[entry["name"]]).hexdigest()
    rows = {c["rule"]: c["failures"]["file"] for c in json.loads(report.to_bytes())["checks"]}
    assert rows["records.rowCount"] is None
    assert rows["records.age.type"] == {
        "sha256": hashlib.sha256(files["findings/records.age.type.csv"]).hexdigest(),
        "name": "findings/records.age.type.csv",
        "complete": True,
    }


def test_a_cut_list_says_so():
    made = examples.check("records.x", "sample", "schema", examples.ZERO)
    failures = Failures(1000, (), (("a.csv", 0, 9),), complete=False)
    result = CheckResult(made, "FAIL", None, Outcome(Metric.count("m", 1000), 1000, failures=failures))
    report = examples.report([result])
    assert json.loads(report.to_bytes())["checks"][0]["failures"]["file"]["complete"] is False
    assert json.loads(report.files()[INDEX])["files"][0]["complete"] is False


@pytest.mark.parametrize("name", ["=1+1.csv", "+x", "-x", "@x", "  =x"])
def test_no_cell_starts_a_formula(name):
    assert cell(name) == f"'{name}"


def test_no_cell_steers_a_terminal_or_breaks_its_line():
    assert cell("a\x1b[2J\r\n=1\u202eb") == "a\\u001b[2J\\u000d\\u000a=1\\u202eb"


@pytest.mark.parametrize(
    "rule", ["../../etc/passwd", "a/b", "a\\b", "con", "con.x", "한글.규칙", "", ".", "..", "x" * 500, "A.b", "index", "a\x00b", "\ud800"]
)  # fmt: skip
def test_names_stay_in_their_folder(rule):
    name = file_name(rule)
    assert name.startswith("findings/_")
    assert name.isascii()
    assert len(name) < 140
    assert name.count("/") == 1
    assert "\\" not in name


def test_plain_names_stay_as_they_are():
    assert file_name("records.gold_label.required") == "findings/records.gold_label.required.csv"


@given(st.sets(st.text(max_size=8) | st.sampled_from(["a.B", "A.b", "a.b", "A/B", "a/b", "_a.b"]), min_size=2))
def test_no_two_rules_share_a_file_even_where_case_does_not_count(rules):
    assert len({file_name(rule).lower() for rule in rules}) == len(rules)
