"""Parts of suite T alone: exact uniqueness against DuckDB and Polars, agreement against the reference libraries.

`python benchmarks/parts.py [KEYS]` (default 10,000,000).
"""

from __future__ import annotations

import json
import math
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from contenders import HERE, installed, peer, run, shown

RESULTS = HERE / "results"
AGREEMENT = {"cohen-kappa": (2, 2_000_000), "fleiss-kappa": (3, 500_000), "krippendorff-alpha": (3, 20_000)}
"""Raters and items for each reference library: as much as it does in some seconds."""

DAMBO_ITEMS = 5_000_000


def own(program: str, *args: str) -> list[str]:
    return [sys.executable, str(HERE / "peers" / "dambo" / program), *args]


def keys(kind: str, count: int, path: Path) -> None:
    """`count` keys in random order, one in a thousand standing twice."""
    rng = np.random.default_rng(11)
    values = rng.permutation(count)
    values[: count // 1000] = values[count // 1000 : 2 * (count // 1000)]
    with pq.ParquetWriter(path, pa.schema([("key", pa.int64() if kind == "integer" else pa.string())])) as writer:
        for start in range(0, count, 500_000):
            some = values[start : start + 500_000] * 7_919
            array = pa.array(some) if kind == "integer" else pa.array([f"item-{v:014d}" for v in some.tolist()])
            writer.write_table(pa.table({"key": array}))


def uniqueness(count: int, work: Path) -> list[dict[str, object]]:
    found = []
    for kind in ("integer", "text"):
        path = work / f"{kind}.parquet"
        keys(kind, count, path)
        args = (str(path), kind, str(work))
        contenders = {"Dambo": own("unique.py", *args)}
        for name in ("duckdb", "polars"):
            if installed(name):
                contenders[name] = [*peer(name)[:1], str(HERE / "peers" / name / "unique.py"), *args]
        for name, command in contenders.items():
            used = run(command)
            if int(used.out) != count // 1000:
                raise SystemExit(f"{name} counts {used.out} repeated keys, {count // 1000} were planted")
            found.append(
                {"keys": kind, "by": name, "cpu_s": used.cpu_s, "wall_s": used.wall_s, "peak_mib": used.peak_mib}
            )
    return found


def agreement(work: Path) -> list[dict[str, object]]:
    found = []
    rng = np.random.default_rng(13)
    for coefficient, (raters, items) in AGREEMENT.items():
        paths = {}
        for n in {items, DAMBO_ITEMS}:
            gold = rng.integers(0, 5, n)
            codes = np.stack(
                [np.where(rng.random(n) < 0.85, gold, rng.integers(0, 5, n)) for _ in range(raters)]
            ).astype("i4")
            if coefficient == "krippendorff-alpha":
                codes[rng.random(codes.shape) < 0.1] = -1
            paths[n] = work / f"{coefficient}-{n}.npy"
            np.save(paths[n], codes)
        mine = json.loads(run(own("agreement.py", str(paths[DAMBO_ITEMS]), coefficient)).out)
        same = json.loads(run(own("agreement.py", str(paths[items]), coefficient)).out)
        theirs = json.loads(run(peer("agreement", str(paths[items]), coefficient)).out)
        if not math.isclose(same["value"], theirs["value"], rel_tol=1e-9, abs_tol=1e-9):
            raise SystemExit(f"{coefficient}: {same['value']} by Dambo, {theirs['value']} by the reference")
        rates = [round(mine["items"] / spent / 1e6, 2) for spent in (mine["counted_s"], mine["cpu_s"])]
        reference = theirs["items"] / theirs["cpu_s"] / 1e6
        row = {"coefficient": coefficient, "counting": rates[0], "check": rates[1], "reference": round(reference, 3)}
        found.append({**row, "ratio": round(rates[0] / reference, 1)})
    return found


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else int(os.environ.get("KEYS", "10000000"))
    with tempfile.TemporaryDirectory(prefix="dambo-bench-") as name:
        unique = uniqueness(count, Path(name))
        agreeing = agreement(Path(name)) if installed("agreement") else []
    text = shown(
        f"Exact uniqueness, {count:,} keys",
        [list(row.values()) for row in unique],
        ("keys", "by", "CPU s", "wall s", "peak MiB"),
    )
    text += "\n" + shown(
        "Agreement, millions of items per CPU second",
        [list(row.values()) for row in agreeing],
        (
            "coefficient",
            "Dambo, counting",
            "Dambo, whole check with its tables",
            "reference library",
            "counting / reference",
        ),
    )
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "parts.json").write_text(
        json.dumps({"keys": count, "uniqueness": unique, "agreement": agreeing}, indent=2) + "\n"
    )
    (RESULTS / "parts.md").write_text(text)


if __name__ == "__main__":
    main()
