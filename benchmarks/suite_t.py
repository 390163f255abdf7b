"""Suite T: everything Dambo checks of a labelled table, by Dambo and by its peers, side by side in one run.

`python benchmarks/suite_t.py [ROWS]` (default 20,000,000). Each contender runs in its own process and environment; all
must find the same planted faults and the same coefficients. Marginal costs come from two sizes, a quarter and the whole,
so that start-up is apart; CPU is the least of REPEATS runs, in turn, since machines are shared. Packages that validate
get a quarter, and Great Expectations at most a million rows: it would need tens of gigabytes for more. What is measured
is written at once, table by table. Inputs are kept in the folder BENCH_DATA, if it is set. PEERS names the hand-written
peers, all by default.
"""

from __future__ import annotations

import json
import math
import os
import platform
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from contenders import HERE, Used, installed, peer, run, shown
from suite_data import FAULTS, make

RESULTS = HERE / "results" / "suite_t.json"
HAND_WRITTEN = tuple(os.environ.get("PEERS", "polars,duckdb,pandas").split(","))
PACKAGES = ("great_expectations", "pandera", "pointblank", "cuallee")
MOST_ROWS = {"great_expectations": 1_000_000}
REPEATS = int(os.environ.get("REPEATS", "3"))
FLOOR, ONE, TWO = "floor: sha256 and bare decode", "dambo check", "dambo check, 2 cores"

HEAD = """
apiVersion: v3.1.0
kind: DataContract
id: 0-000-000-BM
name: suite T
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
      - {name: split, logicalType: string, required: true, quality: [{metric: invalidValues, arguments: {validValues: [test, train, validation]}, mustBe: 0}]}
"""
LABEL = "      - {name: %s, logicalType: string, required: true, quality: [{metric: invalidValues, arguments: {validValues: [w, x, y, z]}, mustBe: 0}]}\n"
AGREEMENT = "      - {id: %s, type: custom, engine: dambo, implementation: {check: label-agreement, raters: [%s], level: nominal, coefficient: %s, mustBeGreaterOrEqualTo: 0.7}}\n"
BALANCE = "      - {id: entropy, type: custom, engine: dambo, implementation: {check: class-balance, column: a, measure: normalized-entropy, target: {w: 0.25, x: 0.25, y: 0.25, z: 0.25}, mustBeGreaterOrEqualTo: 0.7}}\n"
TAIL = "customProperties: [{property: programme, value: ai-data-processing-voucher}]\n"


def contract(*, everything: bool) -> str:
    """All of suite T, or the validation part, which packages can do."""
    rules = ""
    if everything:
        pairs = [(f"kappa_{i}{j}", f"{i}, {j}", "cohen-kappa") for i, j in ("ab", "ac", "bc")]
        wholes = [("fleiss", "a, b, c", "fleiss-kappa"), ("alpha", "a, b, c", "krippendorff-alpha")]
        rules = "    quality:\n" + "".join(AGREEMENT % rule for rule in [*pairs, *wholes]) + BALANCE
    return HEAD + "".join(LABEL % name for name in "abc") + rules + TAIL


def dambo(folder: Path, out: Path, *, everything: bool, jobs: int = 1) -> tuple[Used, Mapping[str, float]]:
    """`dambo check` as a user runs it."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "contract.yaml").write_text(contract(everything=everything))
    command = [str(Path(sys.executable).parent / "dambo"), "check", str(folder), "-c", str(out / "contract.yaml")]
    size = sum(path.stat().st_size for path in folder.iterdir())
    env = {"DAMBO_HOME": str(out / "home"), "DAMBO_SHARD_BYTES": str(size // jobs + 1)}
    used = run([*command, "-o", str(out / "report"), "--no-progress", "--jobs", str(jobs)], env, good=(1,))
    return used, reported(json.loads((out / "report" / "report.json").read_bytes()))


def reported(document: Mapping[str, object]) -> dict[str, float]:
    """The suite's answers from a report."""
    rows = {row["rule"]: row for row in document["checks"]}  # type: ignore[attr-defined, index]
    failed = {name: row["failures"]["count"] for name, row in rows.items()}
    found: dict[str, float] = {
        "nulls": sum(n for name, n in failed.items() if name.endswith(".required")),
        "duplicates": failed["records.id.unique"],
        "range": failed["records.score.minimum"] + failed["records.score.maximum"],
        "pattern": failed["records.text.pattern"],
        "length": failed["records.text.minLength"],
        "set": failed["records.split.invalidValues"],
        "labels": sum(failed[f"records.{c}.invalidValues"] for c in "abc"),
    }
    for name in ("entropy", "kappa_ab", "kappa_ac", "kappa_bc", "fleiss", "alpha"):
        if f"records.{name}" in rows:
            found[name] = float(rows[f"records.{name}"]["metric"]["value"])
    return found


def agree(name: str, answers: Mapping[str, float], wanted: Mapping[str, float]) -> None:
    """SystemExit if a contender finds something else than Dambo (chi-square is in Dambo's report as a detail only)."""
    for key, value in wanted.items():
        if not math.isclose(answers[key], value, rel_tol=1e-9, abs_tol=2e-9):
            raise SystemExit(f"{name} says {key} = {answers[key]}, Dambo {value}")


def whole_suite(folder: Path, work: Path, peers: Sequence[str]) -> dict[str, Used]:
    """Everything: Dambo on one core and two, the floor, and hand-written peers."""
    found: dict[str, Used] = {}
    for _ in range(REPEATS):
        for name, used in once(folder, work, peers).items():
            found[name] = least(found.get(name, used), used)
    return found


def least(a: Used, b: Used) -> Used:
    """The smaller CPU and wall times, and the larger peak."""
    return Used(min(a.cpu_s, b.cpu_s), min(a.wall_s, b.wall_s), max(a.peak_mib, b.peak_mib), b.out)


def once(folder: Path, work: Path, peers: Sequence[str]) -> dict[str, Used]:
    used = {FLOOR: run(peer("decode", str(folder)))}
    used[ONE], answers = dambo(folder, work / "one", everything=True)
    used[TWO], again = dambo(folder, work / "two", everything=True, jobs=2)
    agree("dambo on two cores", again, answers)
    for fault, count in FAULTS.items():
        if answers[fault] != count:
            raise SystemExit(f"{fault}: {answers[fault]} found, {count} planted")
    for name in peers:
        if installed(name):
            used[f"{name}, by hand"] = run(peer(name, str(folder), "all"))
            agree(name, json.loads(used[f"{name}, by hand"].out), answers)
    return used


def table(title: str, more: Mapping[str, Used], less: Mapping[str, Used]) -> str:
    """Costs beside the floor's, with start-up and without."""
    floor, base = more[FLOOR].cpu_s, less[FLOOR].cpu_s
    lines = []
    for label, used in more.items():
        slope = (used.cpu_s - less[label].cpu_s) / (floor - base)
        twice = f"{used.cpu_s / less[label].cpu_s:.1f}"
        lines.append(
            (label, used.cpu_s, used.wall_s, used.peak_mib, f"{used.cpu_s / floor:.1f}", f"{slope:.1f}", twice)
        )
    head = ("", "CPU s", "wall s", "peak MiB", "x floor", "x floor, without start-up", "x a quarter of the rows")
    return shown(title, lines, head)


def validation(rows: int, work: Path, data: Data) -> dict[str, tuple[Used, Used, float]]:
    """Packages: two sizes, and the marginal CPU seconds per million rows between them."""
    found = {}
    for name in ("dambo", *HAND_WRITTEN, *PACKAGES):
        if name != "dambo" and not installed(name):
            continue
        most = min(rows, MOST_ROWS.get(name, rows))
        used = []
        for n in (most // 4, most):
            one, answers = dambo(data.of(n), work / f"v-{n}", everything=False)
            if name != "dambo":
                one = run(peer(name, str(data.of(n)), "validation"))
                agree(name, json.loads(one.out), answers)
            used.append(one)
        found[name] = (used[0], used[1], round((used[1].cpu_s - used[0].cpu_s) / (most - most // 4) * 1e6, 3))
    return found


class Data:
    """Inputs by size and order of the ids, made when they are wanted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, rows: int, order: str = "ascending") -> Path:
        folder = self._folder / f"{order}-{rows}"
        if not folder.exists():
            make(folder, rows, shuffled=order == "shuffled")
        return folder


def facts(suite: Mapping[str, Mapping[str, Used]]) -> dict[str, object]:
    return {
        name: {k: {"cpu_s": u.cpu_s, "wall_s": u.wall_s, "peak_mib": u.peak_mib} for k, u in found.items()}
        for name, found in suite.items()
    }


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else int(os.environ.get("ROWS", "20000000"))
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, pyarrow {version('pyarrow')}"
    told: dict[str, object] = {"date": datetime.now(UTC).date().isoformat(), "machine": machine, "rows": rows}
    texts: list[str] = []

    def tell(text: str, **more: object) -> None:
        print(text, flush=True)
        texts.append(text)
        told.update(more)
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(told, indent=2) + "\n")
        (RESULTS.parent / "suite_t.md").write_text("\n".join(texts))

    with tempfile.TemporaryDirectory(prefix="dambo-bench-") as name:
        work = Path(name)
        data = Data(Path(os.environ.get("BENCH_DATA", work)))
        less, more = (whole_suite(data.of(n), work / f"a-{n}", HAND_WRITTEN) for n in (rows // 4, rows))
        size = sum(path.stat().st_size for path in data.of(rows).iterdir()) / 2**20
        tell(
            table(f"Suite T, {rows:,} rows, {size:,.0f} MiB", more, less), suite=facts({"quarter": less, "whole": more})
        )
        parts = validation(rows // 4, work, data)
        own = parts["dambo"][2]
        columns = ("", "CPU s per million rows more", "x Dambo", "peak MiB")
        lines = [(n, f"{s:.3f}", f"{s / own:.1f}", u.peak_mib) for n, (_, u, s) in parts.items()]
        tell(
            shown(f"Validation only, {rows // 4:,} rows", lines, columns),
            validation_cpu_s_per_million_rows={k: s for k, (_, _, s) in parts.items()},
        )
        small, large = (
            whole_suite(data.of(n, "shuffled"), work / f"s-{n}", HAND_WRITTEN[:1]) for n in (rows // 16, rows // 4)
        )
        tell(
            table(f"Suite T, {rows // 4:,} rows, ids in random order", large, small),
            shuffled=facts({"quarter": small, "whole": large}),
        )


if __name__ == "__main__":
    main()
