"""Agreement against the reference libraries: on codes in memory, and as a user, a whole process from a Parquet file.

On codes: millions of items a CPU second, the same arrays for both; integers of 64, 32 and 8 bits where no rating is
missing. As a user: `dambo check` with its report, where raters differ and what else it lists, against a script that
reads the labels as codes and calls the library. Values agree within 1e-9.
"""

from __future__ import annotations

import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from contenders import HERE, own, peer, run, shown

LABELS = 5
SAME = 1e-9


@dataclass(frozen=True)
class Case:
    """`items` for Dambo, and for the library as many as it does in some seconds."""

    coefficient: str
    library: str
    raters: int
    missing: bool
    dtypes: tuple[str, ...]
    items: int
    theirs: int
    user: int = 1
    """As a user with so many times fewer rows, where the library needs most of a kilobyte for each."""


CASES = (
    Case("cohen-kappa", "scikit-learn", 2, False, ("int64", "int32", "uint8"), 20_000_000, 10_000_000),
    Case("fleiss-kappa", "statsmodels", 3, False, ("int32", "uint8"), 20_000_000, 2_000_000),
    Case("krippendorff-alpha", "krippendorff", 3, True, ("int32", "int8"), 20_000_000, 500_000, 5),
    Case("krippendorff-alpha", "krippendorff", 6, True, ("int32", "int8"), 10_000_000, 500_000),
)


def ratings(raters: int, items: int, *, missing: bool) -> np.ndarray:
    """Codes int64 [raters, items]: 85 % follow the item's own label; a tenth is missing."""
    rng = np.random.default_rng(13)
    gold = rng.integers(0, LABELS, items)
    codes = np.stack([np.where(rng.random(items) < 0.85, gold, rng.integers(0, LABELS, items)) for _ in range(raters)])
    if missing:
        codes[rng.random(codes.shape) < 0.1] = -1
    return codes


def on_codes(work: Path) -> list[dict[str, object]]:
    """Kernels."""
    found = []
    for case in CASES:
        whole = ratings(case.raters, case.items, missing=case.missing)
        for dtype in case.dtypes:
            mine_at, theirs_at = work / "mine.npy", work / "theirs.npy"
            np.save(mine_at, whole.astype(dtype))
            np.save(theirs_at, whole[:, : case.theirs].astype(dtype))
            mine = json.loads(run(own("agreement.py", str(mine_at), case.coefficient)).out)
            same = json.loads(run(own("agreement.py", str(theirs_at), case.coefficient)).out)
            theirs = json.loads(run(peer("agreement", str(theirs_at), case.coefficient)).out)
            compare(case.coefficient, same["value"], theirs["value"])
            speeds = [found_["items"] / found_["cpu_s"] / 1e6 for found_ in (mine, theirs)]
            found.append({
                "coefficient": case.coefficient, "raters": case.raters, "missing": "10 %" if case.missing else "",
                "codes": dtype, "dambo": round(speeds[0], 1), "library": case.library,
                "theirs": round(speeds[1], 2), "ratio": round(speeds[0] / speeds[1], 1),
            })  # fmt: skip
    return found


def compare(name: str, mine: float, theirs: float) -> None:
    """Ends the run where the two differ."""
    if not math.isclose(mine, theirs, rel_tol=SAME, abs_tol=SAME):
        raise SystemExit(f"{name}: {mine} by Dambo, {theirs} by the reference")


def as_user(work: Path, rows: int) -> list[dict[str, object]]:
    """Whole processes, at `rows` and half of them."""
    found = []
    for case in CASES[:3]:
        for some in (rows // 2 // case.user, rows // case.user):
            folder = work / f"{case.coefficient}-{some}"
            path = deliver(folder, ratings(case.raters, some, missing=case.missing))
            agreed = work / "agreement.yaml"
            agreed.write_text(contract(case))
            dambo = [str(Path(sys.executable).with_name("dambo")), "check", str(folder), "-c", str(agreed)]
            options = ["-o", str(work / "out"), "--no-progress", "--jobs", "1", "--json"]
            mine = run([*dambo, *options], {"DAMBO_HOME": str(work / "home")})
            script = [sys.executable, str(HERE / "peers" / "agreement" / "user.py")]
            theirs = run([*script, str(path), case.coefficient])
            row = next(c for c in json.loads(mine.out)["checks"] if c["rule"].endswith("agreement"))
            compare(case.coefficient, float(row["metric"]["value"]), json.loads(theirs.out)["value"])
            for by, used in (("dambo check", mine), (f"script, {case.library}", theirs)):
                found.append({
                    "coefficient": case.coefficient, "rows": f"{some:,}", "by": by,
                    "cpu_s": used.cpu_s, "wall_s": used.wall_s, "peak_mib": used.peak_mib,
                })  # fmt: skip
    return found


def deliver(folder: Path, codes: np.ndarray) -> Path:
    """The codes as labels in a Parquet file."""
    folder.mkdir()
    labels = pa.array([f"label {i}" for i in range(LABELS)])
    names = [f"r{i}" for i in range(len(codes))]
    schema = pa.schema([(name, pa.dictionary(pa.int32(), pa.string())) for name in names])
    with pq.ParquetWriter(folder / "ratings.parquet", schema, compression="zstd", store_schema=False) as writer:
        for start in range(0, codes.shape[1], 1 << 20):
            some = codes[:, start : start + (1 << 20)].astype(np.int32)
            arrays = [pa.DictionaryArray.from_arrays(pa.array(row, mask=row < 0), labels) for row in some]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
    return folder / "ratings.parquet"


def contract(case: Case) -> str:
    """One rule of agreement."""
    raters = [f"r{i}" for i in range(case.raters)]
    rule = {"check": "label-agreement", "raters": raters, "level": "nominal", "coefficient": case.coefficient}
    thing = {
        "name": "ratings", "physicalType": "parquet", "physicalName": "*.parquet",
        "properties": [{"name": name, "logicalType": "string"} for name in raters],
        "quality": [{
            "id": "agreement", "type": "custom", "engine": "dambo",
            "implementation": {**rule, "mustBeGreaterOrEqualTo": 0.7},
        }],
    }  # fmt: skip
    return json.dumps({
        "apiVersion": "v3.1.0", "kind": "DataContract", "id": "1-001-002-NL", "name": "x", "version": "1.0.0",
        "status": "active", "schema": [thing],
        "customProperties": [{"property": "programme", "value": "ai-data-processing-voucher"}],
    })  # fmt: skip


def tables(work: Path, rows: int) -> tuple[str, dict[str, object]]:
    """Both, as Markdown and as data."""
    codes, user = on_codes(work), as_user(work, rows)
    text = shown(
        "Agreement on codes, millions of items per CPU second",
        [list(row.values()) for row in codes],
        ("coefficient", "raters", "missing", "codes", "Dambo", "library", "library's", "ratio"),
    )
    text += "\n" + shown(
        "Agreement as a user: a whole process from a Parquet file",
        [list(row.values()) for row in user],
        ("coefficient", "rows", "by", "CPU s", "wall s", "peak MiB"),
    )
    return text, {"codes": codes, "user": user}
