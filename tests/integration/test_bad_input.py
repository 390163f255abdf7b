"""Whatever is delivered: a clear finding or error with the right exit code, and never a PASS by absence."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from unittest import mock

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.world import LABELS, contract, dambo, jsonl, records

from include.cli import main
from include.settings import settings


@dataclass
class Ran:
    exit_code: int
    output: str


@pytest.fixture
def dambo_main(monkeypatch, capsys):
    """Runs the entry point in this process."""

    def run(arguments):
        monkeypatch.setattr(sys, "argv", ["dambo", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Ran(ended.value.code, said.out + said.err)

    return run


@pytest.fixture
def check(tmp_path, monkeypatch, dambo_main):
    """Runs `dambo check` on files; gives exit code, report and output."""
    monkeypatch.setenv("DAMBO_HOME", str(tmp_path / "home"))
    settings.cache_clear()

    def run(files, contract_data=None):
        folder = tmp_path / "delivery"
        folder.mkdir(exist_ok=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
        if contract_data is not None:
            (tmp_path / "c.yaml").write_bytes(contract_data)
        out = tmp_path / "out"
        ran = dambo_main(["check", str(folder), "-c", str(tmp_path / "c.yaml"), "-o", str(out)])
        report = json.loads((out / "report.json").read_bytes()) if (out / "report.json").exists() else None
        return ran, report

    yield run
    settings.cache_clear()


def reasons(report):
    return {c["rule"]: c["reason"]["code"] for c in report["checks"] if c["verdict"] in {"FAIL", "ERROR"}}


def test_no_contract(check):
    ran, report = check({"a.jsonl": jsonl(records())})
    assert ran.exit_code == 2
    assert report is None
    assert "contract-not-found" in ran.output


def test_no_delivery(dambo_main, tmp_path):
    (tmp_path / "c.yaml").write_bytes(contract())
    ran = dambo_main(["check", str(tmp_path / "nothing"), "-c", str(tmp_path / "c.yaml")])
    assert ran.exit_code == 2
    assert "delivery-not-found" in ran.output


def test_a_crash_of_ours_is_no_verdict_and_shows_no_value(dambo_main, tmp_path, monkeypatch):
    monkeypatch.delenv("DAMBO_DEBUG", raising=False)
    monkeypatch.setattr("include.cli.check.source_of", mock.Mock(side_effect=ValueError("901010-1234567")))
    (tmp_path / "c.yaml").write_bytes(contract())
    ran = dambo_main(["check", str(tmp_path), "-c", str(tmp_path / "c.yaml")])
    assert ran.exit_code == 2
    assert "unexpected-error" in ran.output
    assert "901010" not in ran.output


def test_an_empty_delivery(check):
    ran, report = check({}, contract())
    assert ran.exit_code == 1
    assert report["verdict"] == "FAIL"
    found = reasons(report)
    assert found["delivery.files"] == "empty-delivery"
    assert {found[r] for r in found if r.startswith("records.")} == {"no-rows"}
    assert not [c["rule"] for c in report["checks"] if c["blocking"] and c["verdict"] == "PASS"]


def test_zero_rows(check):
    ran, report = check({"a.jsonl": b"\n"}, contract())
    assert ran.exit_code == 1
    passed = [c["rule"] for c in report["checks"] if c["verdict"] == "PASS"]
    assert set(passed) <= {"delivery.files", "delivery.unclaimed"}


@pytest.mark.parametrize(
    "data", [b"\x00\xff\xfe garbage", b"{", b'{"id": 1,}\n', b"PAR1", b"\x1b$)C ISO-2022-KR \x0e12\x0f"]
)
def test_an_unreadable_file(check, data):
    ran, report = check({"a.jsonl": jsonl(records()), "b.jsonl": data}, contract())
    assert ran.exit_code == 1
    assert reasons(report)["records.readable"] == "target-missed"
    examples = next(c for c in report["checks"] if c["rule"] == "records.readable")["failures"]["examples"]
    assert {e["file"] for e in examples} == {"b.jsonl"}


def test_an_unreadable_parquet_file(check):
    schema = json.loads(contract())["schema"][0]
    data = contract(physicalType="parquet", physicalName="*.parquet", properties=schema["properties"])
    ran, report = check({"a.parquet": b"PAR1 not really PAR1"}, data)
    assert ran.exit_code == 1
    assert reasons(report)["records.readable"] == "target-missed"


def test_a_missing_column(check):
    rows = [{k: v for k, v in row.items() if k != "rater2"} for row in records()]
    ran, report = check({"a.jsonl": jsonl(rows)}, contract())
    assert ran.exit_code == 1
    found = reasons(report)
    assert found["records.label-agreement"] == "column-never-present"
    assert found["records.rater2.required"] == "column-never-present"
    assert found["records.columns"] == "target-missed"
    assert "records.rater1.type" not in found


def test_a_missing_column_in_one_csv_of_two(check):
    data = contract(physicalType="csv", physicalName="*.csv")
    rows = records()
    text = "id,text,rater1,rater2\n" + "".join(
        f"{r['id']},{r['text']},{r['rater1']},{r['rater2']}\n" for r in rows[:30]
    )
    short = "id,text,rater1\n" + "".join(f"{r['id']},{r['text']},{r['rater1']}\n" for r in rows[30:])
    ran, report = check({"a.csv": text.encode(), "b.csv": short.encode()}, data)
    assert ran.exit_code == 1
    by_rule = {c["rule"]: c for c in report["checks"]}
    assert by_rule["records.label-agreement"]["reason"] == {
        "code": "column-absent", "params": {"column": "rater2", "file": "b.csv", "files": "1"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("id", "17", "records.id.type"),
        ("id", 17.0, "records.id.type"),
        ("id", True, "records.id.type"),
        ("id", None, "records.id.required"),
        ("text", 5, "records.text.type"),
        ("text", "", "records.text.minLength"),
        ("rater1", ["가"], "records.rater1.type"),
    ],
)
def test_one_wrong_value_among_sixty(check, column, value, rule):
    rows = records()
    rows[17][column] = value
    ran, report = check({"a.jsonl": jsonl(rows)}, contract())
    assert ran.exit_code == 1
    assert reasons(report).get(rule) == "target-missed"
    failures = next(c for c in report["checks"] if c["rule"] == rule)["failures"]
    assert failures["count"] == 1
    assert (failures["examples"][0]["file"], failures["examples"][0]["pointer"]) == ("a.jsonl", "line 18")


def test_types_in_parquet_are_not_coerced(check):
    rows = records()
    for row in rows:
        row["id"] = float(row["id"])
    schema = json.loads(contract())["schema"][0]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    data = contract(physicalType="parquet", physicalName="*.parquet", properties=schema["properties"])
    _, report = check({"a.parquet": sink.getvalue().to_pybytes()}, data)
    assert reasons(report)["records.id.type"] == "target-missed"
    assert next(c for c in report["checks"] if c["rule"] == "records.id.type")["metric"]["value"] == "60"


def test_nulls_throughout(check):
    rows = [dict.fromkeys(row) for row in records()]
    ran, report = check({"a.jsonl": jsonl(rows)}, contract())
    assert ran.exit_code == 1
    found = reasons(report)
    assert {"records.id.required", "records.label-agreement", "records.class-balance", "records.text.minLength"} <= set(
        found
    )
    assert found["records.text.minLength"] == "undefined"
    assert found["records.id.unique"] == "undefined"


def test_one_rater_only(check):
    rows = records()
    for row in rows:
        row["rater2"] = None
    _, report = check({"a.jsonl": jsonl(rows)}, contract())
    assert reasons(report)["records.label-agreement"] == "undefined"


def test_one_class_only(check):
    rows = [{**row, "rater1": "가", "rater2": "가"} for row in records()]
    _, report = check({"a.jsonl": jsonl(rows)}, contract())
    found = reasons(report)
    assert "records.label-agreement" in found
    assert "records.class-balance" in found


def test_one_class_only_with_percent_agreement(check):
    rows = [{**row, "rater1": "가", "rater2": "가"} for row in records()]
    rule = dambo("label-agreement", raters=["rater1", "rater2"], level="nominal", coefficient="percent-agreement",
                 mustBeGreaterOrEqualTo=0.8)  # fmt: skip
    _, report = check({"a.jsonl": jsonl(rows)}, contract(quality=[rule]))
    assert "records.label-agreement" in reasons(report)


def test_a_filter_that_lets_nothing_through(check):
    rules = [
        dambo("class-balance", column="rater1", measure="overlap", mustBeGreaterOrEqualTo=0.5, where={"text": "없음"},
              target=dict.fromkeys(LABELS[:2], 0.5)),
        dambo("delivered-count", atLeast=1, where={"text": "없음"}),
    ]  # fmt: skip
    _, report = check({"a.jsonl": jsonl(records())}, contract(quality=rules))
    assert {"records.class-balance", "records.delivered-count"} <= set(reasons(report))


def test_the_same_key_in_two_files(check):
    rows = records()
    ran, report = check({"a.jsonl": jsonl(rows[:31]), "b.jsonl": jsonl(rows[30:])}, contract(rows=61))
    assert ran.exit_code == 1
    unique = next(c for c in report["checks"] if c["rule"] == "records.id.unique")
    assert unique["failures"]["count"] == 1
    assert unique["failures"]["examples"][0]["file"] == "b.jsonl"


def test_no_value_of_the_data_stands_in_the_report(check, tmp_path):
    rows = records()
    rows[3]["text"] = "주민번호 901010-1234567 홍길동"
    rows[3]["id"] = "901010-1234567"
    check({"a.jsonl": jsonl(rows)}, contract())
    for path in (tmp_path / "out").rglob("*"):
        if path.is_file():
            assert b"901010" not in path.read_bytes(), path


@pytest.mark.parametrize(("name", "empty"), [("b.jsonl", b"\n\n"), ("c.jsonl", b" \n")])
def test_a_file_without_a_record_beside_good_ones(check, name, empty):
    ran, report = check({"a.jsonl": jsonl(records()), name: empty}, contract())
    assert ran.exit_code == 1
    readable = next(c for c in report["checks"] if c["rule"] == "records.readable")
    codes = [row[1] for t in readable["detail"] if t["name"] == "defects" for row in t["rows"]]
    assert codes == ["no-records"]


def test_more_different_headers_than_are_kept_fail_a_rule_about_extra_columns(check, monkeypatch):
    for module in ("checks.analyzers.shape", "checks.schema.columns"):
        monkeypatch.setattr(f"{module}.HEADERS", 2)
    rows, columns = records(), ["id", "text", "rater1", "rater2"]
    orders = [columns, columns[::-1], [*columns[1:], "id"]]
    files = {
        f"{n}.csv": "\n".join(
            [",".join(o), *(",".join(str(r[c]) for c in o) for r in rows[n * 20 : n * 20 + 20])]
        ).encode()
        for n, o in enumerate(orders)
    }
    custom = [{"property": "columns", "value": {"extra": "refuse"}}]
    _, report = check(files, contract(physicalType="csv", physicalName="*.csv", customProperties=custom))
    assert reasons(report)["records.columns"] == "too-many-headers"


def test_agreement_over_a_handful_of_items_is_not_agreement(check):
    rows = records()
    for row in rows[2:]:
        row["rater2"] = ""
    text = {"logicalType": "string"}
    properties = [
        {"name": "id", "logicalType": "integer"},
        *({"name": n, **text} for n in ("text", "rater1", "rater2")),
    ]
    _, report = check({"a.jsonl": jsonl(rows)}, contract(properties=properties))
    rule = next(c for c in report["checks"] if c["rule"] == "records.label-agreement")
    assert rule["reason"]["code"] == "too-few-paired"
    assert rule["population"] == 2
