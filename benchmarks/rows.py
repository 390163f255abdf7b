"""Five million rows of Parquet against ten rules: CPU, wall and peak memory of `dambo check`, beside the bare decode.

Makes its input from a seed (two files, 5 M rows), runs each contender in its own process, checks the verdict, prints a
table and writes benchmarks/results/rows.json.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

ROWS = int(os.environ.get("ROWS", "5000000"))
LIMIT_MIB = 1024
RESULTS = Path(__file__).parent / "results" / "rows.json"

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: 0-000-000-BM
name: benchmark
version: 1.0.0
status: active
schema:
  - name: records
    physicalType: parquet
    physicalName: "*.parquet"
    properties:
      - {name: id, logicalType: integer, required: true, unique: true}
      - {name: text, logicalType: string, required: true, logicalTypeOptions: {minLength: 1, pattern: "^[a-z0-9 ]+$"}}
      - {name: score, logicalType: number, logicalTypeOptions: {minimum: 0, maximum: 1}}
      - {name: a, logicalType: string, required: true}
      - {name: b, logicalType: string, required: true}
      - {name: c, logicalType: string}
    quality:
      - {metric: rowCount, mustBe: ROWS}
      - {id: label-agreement, type: custom, engine: dambo, implementation: {check: label-agreement, raters: [a, b, c], level: nominal, coefficient: krippendorff-alpha, mustBeGreaterOrEqualTo: 0.7}}
      - {id: class-balance, type: custom, engine: dambo, implementation: {check: class-balance, column: a, measure: overlap, target: {x: 0.25, y: 0.25, z: 0.25, w: 0.25}, mustBeGreaterOrEqualTo: 0.9}}
customProperties: [{property: programme, value: ai-data-processing-voucher}]
"""


def make(folder: Path) -> None:
    """Two files, row groups of 250,000 rows."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(7)
    labels = np.array(["x", "y", "z", "w"])
    half = ROWS // 2
    for part, (first, count) in enumerate([(0, half), (half, ROWS - half)]):
        with pq.ParquetWriter(folder / f"part-{part}.parquet", _schema(), compression="zstd") as writer:
            for start in range(first, first + count, 250_000):
                n = min(250_000, first + count - start)
                gold = rng.integers(0, 4, n)
                raters = [np.where(rng.random(n) < 0.95, gold, rng.integers(0, 4, n)) for _ in range(3)]
                ids = np.arange(start, start + n)
                text = pa.array([f"item {i} of the set {i % 977}" for i in ids.tolist()])
                columns = [pa.array(ids), text, pa.array(rng.random(n)), *(pa.array(labels[r]) for r in raters)]
                writer.write_table(pa.table(columns, schema=_schema()))


def _schema():
    import pyarrow as pa

    text = pa.string()
    return pa.schema(
        [("id", pa.int64()), ("text", text), ("score", pa.float64()), ("a", text), ("b", text), ("c", text)]
    )


DECODE = """
import sys, pyarrow.parquet as pq
from pathlib import Path
rows = 0
for path in sorted(Path(sys.argv[1]).glob("*.parquet")):
    for batch in pq.ParquetFile(path, page_checksum_verification=True, read_dictionary=["a", "b", "c"]).iter_batches(65536):
        rows += batch.num_rows
print(rows)
"""


def timed(command: list[str], env: dict[str, str]) -> dict[str, float]:
    """CPU and wall seconds and peak MiB (largest process) of one command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "cpu_s": round(cpu, 2),
        "wall_s": round(time.monotonic() - start, 2),
        "peak_mib": round(used.ru_maxrss / 1024),
    }


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="dambo-bench-") as name:
        folder = Path(name)
        (folder / "data").mkdir()
        (folder / "c.yaml").write_text(CONTRACT.replace("ROWS", str(ROWS)))
        subprocess.run([sys.executable, __file__, "make", str(folder / "data")], check=True)
        size = sum(p.stat().st_size for p in (folder / "data").iterdir()) / 2**20
        env = {**os.environ, "DAMBO_HOME": str(folder / "home")}
        dambo = [
            str(Path(sys.executable).parent / "dambo"),
            "check",
            str(folder / "data"),
            "-c",
            str(folder / "c.yaml"),
        ]
        table = {
            "bare decode": timed([sys.executable, "-c", DECODE, str(folder / "data")], env),
            "dambo check, 1 process": timed([*dambo, "-o", str(folder / "o1"), "--jobs", "1", "--no-progress"], env),
            "dambo check, 2 processes": timed(
                [*dambo, "-o", str(folder / "o2"), "--jobs", "2", "--no-progress"],
                {**env, "DAMBO_SHARD_BYTES": str(32 * 2**20)},
            ),
        }
        if (folder / "o1/report.json").read_bytes() != (folder / "o2/report.json").read_bytes():
            raise SystemExit("the reports of one and two processes differ")
        if json.loads((folder / "o1/report.json").read_bytes())["verdict"] != "PASS":
            raise SystemExit("the verdict is not PASS")
    print(f"{ROWS:,} rows, {size:.0f} MiB of Parquet")
    print(f"{'':28} {'CPU s':>8} {'wall s':>8} {'peak MiB':>9} {'x decode':>9}")
    base = table["bare decode"]["cpu_s"]
    for label, facts in table.items():
        print(
            f"{label:28} {facts['cpu_s']:8.1f} {facts['wall_s']:8.1f} {facts['peak_mib']:9.0f} {facts['cpu_s'] / base:9.1f}"
        )
    worst = max(facts["peak_mib"] for facts in table.values())
    print(f"peak {worst:.0f} MiB; bound {LIMIT_MIB} MiB: {'held' if worst <= LIMIT_MIB else 'EXCEEDED'}")
    RESULTS.parent.mkdir(exist_ok=True)
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    facts = {"date": datetime.now(UTC).date().isoformat(), "machine": machine, "rows": ROWS, "results": table}
    RESULTS.write_text(json.dumps(facts, indent=2) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["make"]:
        make(Path(sys.argv[2]))
    else:
        main()
