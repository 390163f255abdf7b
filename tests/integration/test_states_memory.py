"""States that do not fit into memory: keys go to the file of states, and come from it, in chunks.

`dambo check --states` and `dambo judge` run as processes of their own over keys that take far more than they may use.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

KEYS = 10_000_000
"""Of text: their bytes, places and hashes are 430 MB, four times what is spilled at a time and more than the bound."""

BOUND_MIB = 400
DAMBO = Path(sys.executable).parent / "dambo"
WRAPPER = """
import os, sys
child = os.spawnv(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
_, status, used = os.wait4(child, 0)
print(used.ru_maxrss, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def run(home: Path, *args: str | Path) -> tuple[int, int]:
    """Exit code and peak MiB."""
    command = [sys.executable, "-S", "-c", WRAPPER, str(DAMBO), *map(str, args)]
    env = {**os.environ, "DAMBO_HOME": str(home)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    return done.returncode, int(done.stderr.splitlines()[-1]) // 1024


def contract(**more: object) -> str:
    thing = {
        "name": "records", "physicalType": "parquet", "physicalName": "*.parquet",
        "properties": [{"name": "id", "logicalType": "string", "unique": True, **more}],
    }  # fmt: skip
    return json.dumps({
        "apiVersion": "v3.1.0", "kind": "DataContract", "id": "1-001-002-NL", "name": "x", "version": "1.0.0",
        "status": "active", "schema": [thing],
        "customProperties": [{"property": "programme", "value": "ai-data-processing-voucher"}],
    })  # fmt: skip


def deliver(folder: Path) -> None:
    """Keys in random order, the last a second time."""
    folder.mkdir()
    order = np.random.default_rng(5).permutation(KEYS)
    with pq.ParquetWriter(folder / "a.parquet", pa.schema([("id", pa.string())])) as writer:
        for start in range(0, KEYS, 500_000):
            keys = pa.array(order[start : start + 500_000]).cast(pa.string())
            writer.write_table(pa.table({"id": keys}))
        writer.write_table(pa.table({"id": [str(order[0])]}))


def test_keys_beyond_memory_are_kept_and_judged_again(tmp_path: Path):
    deliver(tmp_path / "d")
    (tmp_path / "c.yaml").write_text(contract())
    common = ("-c", tmp_path / "c.yaml", "-o")
    kept = tmp_path / "kept.states"
    checked = run(tmp_path / "home", "check", tmp_path / "d", *common, tmp_path / "o", "--states", kept, "--jobs", "1")
    judged = run(tmp_path / "home", "judge", kept, *common, tmp_path / "again")
    assert (checked[0], judged[0]) == (1, 1)
    assert kept.stat().st_size >> 20 > BOUND_MIB
    assert max(checked[1], judged[1]) < BOUND_MIB
    report = (tmp_path / "again" / "report.json").read_bytes()
    assert report == (tmp_path / "o" / "report.json").read_bytes()
    rows = {row["rule"]: row for row in json.loads(report)["checks"]}
    assert rows["records.id.unique"]["failures"]["count"] == 1
    assert not list((tmp_path / "home").rglob("keys-*"))
