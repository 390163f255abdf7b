"""A translated expectation needs neither Great Expectations nor pandas: `dambo check` in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

CONTRACT = """\
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
      - {name: id, physicalName: 번호, logicalType: integer, required: true}
      - name: label
        logicalType: string
        quality:
          - type: custom
            engine: great-expectations
            implementation: {type: expect_column_values_to_be_in_set, kwargs: {value_set: [가, 나]}}
    quality:
      - type: custom
        engine: greatExpectations
        severity: warning
        implementation: {type: expect_column_values_to_be_unique, kwargs: {column: 번호, mostly: 0.5}}
      - type: custom
        engine: greatExpectations
        implementation: {type: expect_table_columns_to_match_ordered_list, kwargs: {column_list: [번호, label]}}
      - type: custom
        engine: greatExpectations
        implementation: {type: expect_column_mean_to_be_between, kwargs: {column: id, min_value: 1.5, max_value: 2}}
      - type: custom
        engine: greatExpectations
        implementation: {type: expect_column_values_to_be_dateutil_parseable, kwargs: {column: label, mostly: 0}}
"""

PROGRAM = """\
import sys
from include.cli import main
try:
    main()
finally:
    heavy = {"great_expectations", "pandas", "sklearn", "scipy", "airflow", "sqlalchemy"} & set(sys.modules)
    print("heavy:", sorted(heavy), file=sys.stderr)
"""


def run(folder: Path, contract: str, data: str) -> tuple[subprocess.CompletedProcess[str], dict]:
    delivery = folder / "delivery"
    delivery.mkdir()
    (delivery / "a.csv").write_text(data, "utf-8")
    (folder / "c.odcs.yaml").write_text(contract, "utf-8")
    words = ["check", str(delivery), "-c", str(folder / "c.odcs.yaml"), "-o", str(folder / "out"), "--no-progress"]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "DAMBO_HOME": str(folder / "home"), "DAMBO_LANG": "en"},
    )
    report = folder / "out" / "report.json"
    return done, json.loads(report.read_text("utf-8")) if report.exists() else {}


def test_check_with_translated_expectations_imports_neither_gx_nor_pandas(tmp_path: Path) -> None:
    done, report = run(tmp_path, CONTRACT, "번호,label\n1,가\n2,나\n2,가\n")
    assert "heavy: []" in done.stderr, done.stderr
    assert done.returncode == 0, done.stderr
    rows = {row["rule"]: row for row in report["checks"]}
    unique = rows["r.id.expect_column_values_to_be_unique"]
    assert (unique["verdict"], unique["metric"]["numerator"], unique["failures"]["count"]) == ("WARN", 1, 2)
    assert rows["r.label.expect_column_values_to_be_in_set"]["verdict"] == "PASS"
    mean = rows["r.id.expect_column_mean_to_be_between"]
    assert (mean["check"], mean["family"], mean["verdict"]) == ("validity-expectation", "validity", "PASS")
    assert rows["r.expect_table_columns_to_match_ordered_list"]["verdict"] == "PASS"


def test_a_missed_expectation_fails_and_shows_masked_examples(tmp_path: Path) -> None:
    done, report = run(tmp_path, CONTRACT, "번호,label\n1,비밀\n3,나\n4,가\n")
    assert done.returncode == 1, done.stderr
    row = next(r for r in report["checks"] if r["rule"] == "r.label.expect_column_values_to_be_in_set")
    assert row["verdict"] == "FAIL"
    assert [e["value"] for e in row["failures"]["examples"]] == ["가가"]
    assert "비밀" not in (tmp_path / "out" / "report.html").read_text("utf-8")
