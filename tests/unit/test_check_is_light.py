"""`dambo check` loads no heavy library that no rule of the contract needs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

HEAVY = {"pandas", "sklearn", "great_expectations", "altair", "scipy", "boto3", "airflow"}
PROGRAM = """
import sys
from include.cli import main
sys.argv = ["dambo", *sys.argv[1:]]
try:
    main()
except SystemExit as ended:
    assert ended.code == 0, ended.code
print("\\n".join(["", "MODULES", *sys.modules]))
"""


def test_a_check_loads_nothing_heavy(tmp_path: Path):
    (tmp_path / "d").mkdir()
    labels = ["x", "y"] * 20
    pq.write_table(pa.table({"id": range(40), "a": labels, "b": labels}), tmp_path / "d" / "a.parquet")
    text = {"logicalType": "string", "required": True, "logicalTypeOptions": {"minLength": 1, "pattern": "^[xy]$"}}
    agreement = {"check": "label-agreement", "raters": ["a", "b"], "level": "nominal", "coefficient": "cohen-kappa", "mustBeGreaterOrEqualTo": 0.8}  # fmt: skip
    balance = {"check": "class-balance", "column": "a", "measure": "overlap", "target": {"x": 0.5, "y": 0.5}, "mustBeGreaterOrEqualTo": 0.9}  # fmt: skip
    thing = {
        "name": "records", "physicalType": "parquet", "physicalName": "*.parquet",
        "properties": [{"name": "id", "logicalType": "integer", "unique": True}, {"name": "a", **text}, {"name": "b", **text}],
        "quality": [{"id": n, "type": "custom", "engine": "dambo", "implementation": i} for n, i in (("k", agreement), ("c", balance))],
    }  # fmt: skip
    document = {
        "apiVersion": "v3.1.0", "kind": "DataContract", "id": "1-001-002-NL", "name": "x", "version": "1.0.0",
        "status": "active", "schema": [thing],
        "customProperties": [{"property": "programme", "value": "ai-data-processing-voucher"}],
    }  # fmt: skip
    (tmp_path / "c.yaml").write_text(json.dumps(document))
    args = ["check", str(tmp_path / "d"), "-c", str(tmp_path / "c.yaml"), "-o", str(tmp_path / "o"), "--no-progress"]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *args], capture_output=True, text=True, check=True,
        env={"DAMBO_HOME": str(tmp_path / "home"), "PATH": ""},
    )  # fmt: skip
    loaded = set(done.stdout.partition("MODULES\n")[2].splitlines())
    assert "pyarrow" in loaded
    assert loaded & HEAVY == set()


def test_what_wants_pandas_later_still_gets_it():
    program = """
import pyarrow as pa
from checks.lean import without_pandas
without_pandas()
frame = pa.table({"a": [1.0, None]}).to_pandas()
assert pa.array(frame["a"]).null_count in (0, 1) and pa.Array.from_pandas(frame["a"]).null_count == 1
"""
    subprocess.run([sys.executable, "-c", program], check=True)
