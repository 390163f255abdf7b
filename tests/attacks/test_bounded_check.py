"""Deliveries made to exhaust or mislead: `dambo check` ends in a finding or ERROR within the memory bound.

Each runs as a process of its own, so that its peak memory is its own; the bound is the design's 512 MiB.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

BOUND_MIB = 512
DAMBO = Path(sys.executable).parent / "dambo"
WRAPPER = """
import os, sys
child = os.spawnv(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
_, status, used = os.wait4(child, 0)
print(used.ru_maxrss, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def contract(form: str, columns: list[dict], **more) -> str:
    thing = {"name": "records", "physicalType": form, "physicalName": f"*.{form}", "properties": columns, **more}
    return json.dumps(
        {
            "apiVersion": "v3.1.0", "kind": "DataContract", "id": "1-001-002-NL", "name": "x", "version": "1.0.0",
            "status": "active", "schema": [thing],
            "customProperties": [{"property": "programme", "value": "ai-data-processing-voucher"}],
        }
    )  # fmt: skip


def check(tmp_path: Path, agreed: str) -> tuple[int, dict[str, dict], int]:
    """Exit code, report rows by rule, peak MiB of checking `tmp_path`/d."""
    (tmp_path / "c.yaml").write_text(agreed)
    command = [
        sys.executable,
        "-S",
        "-c",
        WRAPPER,
        str(DAMBO),
        "check",
        str(tmp_path / "d"),
        "-c",
        str(tmp_path / "c.yaml"),
    ]
    env = {**os.environ, "DAMBO_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [*command, "-o", str(tmp_path / "o"), "--no-progress", "--jobs", "1"],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    peak = int(done.stderr.splitlines()[-1]) // 1024
    rows = json.loads((tmp_path / "o" / "report.json").read_bytes())["checks"]
    return done.returncode, {row["rule"]: row for row in rows}, peak


@pytest.fixture
def folder(tmp_path) -> Iterator[Path]:
    made = tmp_path / "d"
    made.mkdir()
    return made


def text(name: str, **more) -> dict:
    return {"name": name, "logicalType": "string", **more}


@pytest.mark.parametrize("form", ["parquet", "csv", "jsonl"])
def test_ten_thousand_columns(tmp_path, folder, form):
    names = [f"c{i}" for i in range(10_000)]
    if form == "parquet":
        pq.write_table(pa.table({n: [1, 2] for n in names}), folder / "a.parquet")
    elif form == "csv":
        (folder / "a.csv").write_text(
            ",".join(names) + "\n" + ",".join(["1"] * 10_000) + "\n" + ",".join(["2"] * 10_000) + "\n"
        )
    else:
        (folder / "a.jsonl").write_text("".join(json.dumps(dict.fromkeys(names, v)) + "\n" for v in (1, 2)))
    number = {"logicalType": "integer", "required": True}
    code, rows, peak = check(tmp_path, contract(form, [{"name": n, **number} for n in ("c0", "c9999", "absent")]))
    assert (code, rows["records.c9999.type"]["verdict"], rows["records.columns"]["verdict"]) == (1, "PASS", "FAIL")
    assert peak <= BOUND_MIB


@pytest.mark.parametrize("form", ["parquet", "csv", "jsonl"])
def test_a_cell_of_fifty_megabytes(tmp_path, folder, form):
    cell = "x" * 50_000_000
    if form == "parquet":
        pq.write_table(pa.table({"t": ["a", cell, "b"]}), folder / "a.parquet")
    elif form == "csv":
        (folder / "a.csv").write_text(f"t\na\n{cell}\nb\n")
    else:
        (folder / "a.jsonl").write_text("".join(json.dumps({"t": v}) + "\n" for v in ("a", cell, "b")))
    column = text("t", required=True, unique=True, logicalTypeOptions={"maxLength": 10, "pattern": "^[a-z]+$"})
    code, rows, peak = check(tmp_path, contract(form, [column]))
    assert code == 1
    found = rows["records.readable"] if rows["records.readable"]["verdict"] == "FAIL" else rows["records.t.maxLength"]
    assert (found["verdict"], found["failures"]["count"]) == ("FAIL", 1)
    assert "xxxxxxxxxx" not in (tmp_path / "o" / "report.json").read_text()
    assert peak <= BOUND_MIB


def test_a_column_that_changes_type_between_files(tmp_path, folder):
    pq.write_table(pa.table({"n": [1, 2, 3]}), folder / "a.parquet")
    pq.write_table(pa.table({"n": ["1", "2", "3"]}), folder / "b.parquet")
    pq.write_table(pa.table({"n": [1.5, None, 3.0]}), folder / "c.parquet")
    column = {"name": "n", "logicalType": "integer", "unique": True, "logicalTypeOptions": {"minimum": 2}}
    code, rows, _ = check(tmp_path, contract("parquet", [column]))
    assert (code, rows["records.n.type"]["failures"]["count"]) == (1, 5)
    assert {e["file"] for e in rows["records.n.type"]["failures"]["examples"]} == {"b.parquet", "c.parquet"}
    assert rows["records.n.minimum"]["failures"]["count"] == 1
    assert rows["records.n.unique"]["failures"]["count"] == 0


def test_files_of_one_delivery_with_different_schemas(tmp_path, folder):
    pq.write_table(pa.table({"a": ["x"], "b": ["y"]}), folder / "1.parquet")
    pq.write_table(pa.table({"a": ["x"], "z": [1]}), folder / "2.parquet")
    pq.write_table(pa.table({"b": ["y"], "a": [{"k": 1}]}), folder / "3.parquet")
    columns = [text("a", required=True), text("b", required=True)]
    code, rows, _ = check(tmp_path, contract("parquet", columns))
    assert code == 1
    assert rows["records.b.required"]["verdict"] == rows["records.columns"]["verdict"] == "FAIL"
    assert rows["records.a.type"]["failures"]["count"] == 1


def test_a_row_group_with_a_corrupt_page(tmp_path, folder):
    path = folder / "a.parquet"
    table = pa.table({"n": np.arange(30_000), "t": [f"text {i}" for i in range(30_000)]})
    pq.write_table(
        table, path, row_group_size=10_000, write_page_checksum=True, compression="none", use_dictionary=False
    )
    data = bytearray(path.read_bytes())
    place = data.index(b"text 15000")
    data[place : place + 4] = b"TEXT"  # the page still decodes: only its checksum tells
    path.write_bytes(data)
    columns = [
        {"name": "n", "logicalType": "integer", "unique": True},
        text("t", logicalTypeOptions={"pattern": "^text"}),
    ]
    quality = [{"metric": "rowCount", "mustBe": 30_000}]
    code, rows, _ = check(tmp_path, contract("parquet", columns, quality=quality))
    assert (code, rows["records.readable"]["verdict"], rows["records.rowCount"]["verdict"]) == (1, "FAIL", "FAIL")
    assert rows["records.t.pattern"]["verdict"] == "PASS"
    assert int(rows["records.rowCount"]["metric"]["numerator"] or rows["records.rowCount"]["metric"]["value"]) == 20_000


def test_ten_kilobytes_that_decode_to_fifty_gigabytes(tmp_path, folder):
    """One value of 1 MiB in a dictionary, meant 50,000 times by codes of a few bytes."""
    value = pa.array(["x" * 2**20])
    codes = pa.array(np.zeros(50_000, dtype=np.int32))
    table = pa.table({"t": pa.DictionaryArray.from_arrays(codes, value)})
    pq.write_table(table, folder / "a.parquet", compression="zstd", write_statistics=False)
    assert (folder / "a.parquet").stat().st_size < 20_000
    column = text("t", required=True, logicalTypeOptions={"maxLength": 10})
    code, rows, peak = check(tmp_path, contract("parquet", [column]))
    assert code == 1
    assert "FAIL" in {rows["records.readable"]["verdict"], rows["records.t.maxLength"]["verdict"]}
    assert peak <= BOUND_MIB


def test_the_next_delivery_is_unaffected(tmp_path, folder):
    (folder / "a.csv").write_text("t\nfine\n")
    code, rows, peak = check(tmp_path, contract("csv", [text("t", required=True)]))
    assert (code, {row["verdict"] for row in rows.values()}) == (0, {"PASS"})
    assert peak <= BOUND_MIB
