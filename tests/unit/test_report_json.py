"""report.json: its schema, its numbers, its files, and that nothing but its input enters it."""

import hashlib
import importlib.util
import json
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import jsonschema
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from checks.kernel import CheckResult, Metric, Outcome, Reason, Table, Target, rounded
from include.errors import DamboError
from include.reports import decimals, quality_report, rows
from include.reports.schema import read_report, schema

_spec = importlib.util.spec_from_file_location(
    "report_examples", Path(__file__).parents[1] / "golden/report/report_examples.py"
)
examples = sys.modules.setdefault("report_examples", importlib.util.module_from_spec(_spec))
_spec.loader.exec_module(examples)


def only(metric: Metric, target: Target, *detail: Table) -> dict:
    made = examples.check("records.x", "sample", "schema", target)
    report = examples.report([CheckResult(made, "PASS", None, Outcome(metric, 1, detail))])
    return json.loads(report.to_bytes())["checks"][0]


def test_the_schema_is_a_schema_and_holds_for_every_kind_of_report():
    jsonschema.Draft202012Validator.check_schema(schema())
    for results, verdict in (
        (examples.PASSING, "PASS"),
        (examples.FAILING, "FAIL"),
        (examples.ERRING, "ERROR"),
        ((), "ERROR"),
    ):
        report = examples.report(results)
        document = json.loads(report.to_bytes())
        jsonschema.validate(document, schema())
        assert document["verdict"] == report.verdict == verdict
        assert read_report(report.to_bytes()) == document
        assert report.sha256 == hashlib.sha256(report.to_bytes()).hexdigest()


def test_the_same_input_gives_the_same_bytes_and_they_are_canonical():
    first, second = examples.report(examples.FAILING), examples.report(examples.FAILING)
    assert first.to_bytes() == second.to_bytes() == rfc8785.dumps(json.loads(first.to_bytes()))
    assert first.files() == second.files()


def test_no_floats_anywhere():
    json.loads(examples.report(examples.FAILING).to_bytes(), parse_float=pytest.fail)


def test_a_declared_rule_without_result_is_named():
    report = examples.report(declared=[*(r.check.rule.name for r in examples.PASSING), "records.dropped"])
    document = json.loads(report.to_bytes())
    assert document["verdict"] == "ERROR"
    assert document["missing"] == ["records.dropped"]
    assert document["reason"]["code"] == "rule-without-result"


@given(st.fractions(), st.sampled_from([">=", ">", "=", "<", "<=", "!="]), st.data())
def test_a_target_is_met_by_the_written_number_exactly_when_it_was_met(value, op, data):
    near = st.just(decimals.decimal_of(value)) | st.decimals(allow_nan=False, allow_infinity=False, places=6)
    target = Target(op, (data.draw(near),))
    written, bound = rows.metric(Metric("m", value)), rows.target(target)
    again = Target(bound["op"], (Decimal(bound["value"]),))
    assert decimals.parse(written["value"], written["exact"]) == value
    assert again.met(decimals.parse(written["value"], written["exact"])) == target.met(value)


def test_numbers_are_plain_decimals():
    assert decimals.text_of(Fraction(2, 3)) == "0.666666666667"
    assert decimals.exact_of(Fraction(2, 3)) == "2/3"
    assert (decimals.text_of(Fraction(-1, 8)), decimals.exact_of(Fraction(-1, 8))) == ("-0.125", None)
    assert decimals.text_of(rounded(1e-7)) == "0.000000100000000000000"[: len(decimals.text_of(rounded(1e-7)))]
    assert decimals.text_of(Decimal("1E+3")) == "1000"
    assert decimals.text_of(Decimal("1E+999999")) == "1E+999999"
    assert decimals.text_of(Decimal("-0.00")) == "0"
    with pytest.raises(ValueError, match="finite"):
        decimals.text_of(Decimal("NaN"))


def test_a_fraction_too_long_for_readers_is_written_rounded():
    assert decimals.exact_of(Fraction(1, 3**9000)) is None
    assert decimals.exact_of(Fraction(1, 3**8000)).startswith("1/")


def test_between_has_two_bounds_and_undefined_no_value():
    row = only(Metric("m", undefined="one-class"), Target("between", (Decimal(1), Decimal("2.50"))))
    assert row["target"] == {"op": "between", "values": ["1", "2.50"]}
    assert (row["metric"]["value"], row["metric"]["undefined"]) == (None, "one-class")


def test_cells_keep_their_kind_and_counts_beyond_doubles_survive():
    cells = ("중립", 7, None, Fraction(1, 3), Decimal("0.10"), 2**60)
    row = only(Metric.count("m", 2**60), examples.ZERO, Table("mixed", tuple("abcdef"), (cells,)))
    assert row["detail"][0]["rows"] == [["중립", 7, None, "0.333333333333", "0.10", str(2**60)]]
    assert row["metric"]["value"] == str(rounded(Decimal(2**60)).quantize(Decimal(1)))
    assert row["metric"]["exact"] == f"{2**60}/1"


def test_a_long_table_becomes_a_file_named_by_its_digest():
    made = examples.check("records.x", "sample", "schema", examples.ZERO)
    long = Table("distribution", ("class", "count"), tuple((f"c{i}", i) for i in range(1001)))
    short = Table("split", ("class", "count"), long.rows[:1000])
    report = examples.report([CheckResult(made, "PASS", None, Outcome(Metric.count("m", 0), 1, (long, short)))])
    detail = json.loads(report.to_bytes())["checks"][0]["detail"]
    assert len(detail[1]["rows"]) == 1000
    file = detail[0]["file"]
    data = report.files()[file["name"]]
    assert (file["rows"], file["sha256"]) == (1001, hashlib.sha256(data).hexdigest())
    lines = [json.loads(line) for line in data.splitlines()]
    assert lines[0] == ["class", "count"]
    assert lines[-1] == ["c1000", 1000]


def test_a_report_at_the_cap_moves_its_tables_out_and_beyond_it_is_refused(monkeypatch):
    made = examples.check("records.x", "sample", "schema", examples.ZERO)
    table = Table("distribution", ("class", "count"), tuple((f"c{i}", i) for i in range(900)))
    result = CheckResult(made, "PASS", None, Outcome(Metric.count("m", 0), 1, (table,)))
    monkeypatch.setattr(quality_report, "CAP", 4000)
    document = json.loads(examples.report([result]).to_bytes())
    assert document["checks"][0]["detail"][0]["file"]["rows"] == 900
    monkeypatch.setattr(quality_report, "CAP", 400)
    with pytest.raises(DamboError, match="report-too-large"):
        examples.report([result])


def test_lone_surrogates_and_endless_texts_do_not_stop_the_report():
    made = examples.check("records.x", "sample", "schema", examples.ZERO)
    table = Table("distribution", ("class", "count"), (("\ud800", 1), ("x" * 10_000, 2)))
    reason = Reason("column-absent", {"columns": "\udfff"})
    report = examples.report([CheckResult(made, "FAIL", reason, Outcome(Metric.count("m", 3), 3, (table,)))])
    row = json.loads(report.to_bytes())["checks"][0]
    assert row["detail"][0]["rows"][0][0] == "\\ud800"
    assert len(row["detail"][0]["rows"][1][0]) == rows.TEXT_LIMIT + 1
    assert row["reason"]["params"]["columns"] == "\\udfff"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data + b" ",
        lambda data: data[:-1],
        lambda data: b"",
        lambda data: b"[]",
        lambda data: b"\xff" + data,
        lambda data: b"[" * 200_000,
        lambda data: data.replace(b'"verdict":"PASS"', b'"verdict":"PASS","verdict":"PASS"', 1),
        lambda data: data.replace(b'"verdict":"PASS"', b'"verdict":"GOOD"'),
        lambda data: data.replace(b'"objects":3', b'"objects":NaN'),
        lambda data: data.replace(b'"objects":3', b'"objects":3.0'),
        lambda data: data.replace(b'"population":3000', b'"population":3000.5'),
        lambda data: data.replace(b'"missing":[],', b""),
    ],
)
def test_bytes_that_we_did_not_write_are_refused(spoil):
    with pytest.raises(DamboError, match="report-invalid"):
        read_report(spoil(examples.report().to_bytes()))


def test_long_rule_names_stay_apart():
    made = [examples.check("records." + "가" * 5000 + end, "sample", "schema", examples.ZERO) for end in "ab"]
    report = examples.report([CheckResult(m, "PASS", None, Outcome(Metric.count("m", 0), 1)) for m in made])
    assert [c["rule"] for c in json.loads(report.to_bytes())["checks"]] == [m.rule.name for m in made]


def test_a_contract_without_programme_gives_a_report_without_one():
    assert json.loads(examples.report(programme=None).to_bytes())["programme"] is None
