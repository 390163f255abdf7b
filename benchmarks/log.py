"""What logging costs, on this machine: SQLite and a local folder, every fsync included.

`append`: the statement has its index and is on disk (the commit point). `publish`: tile, bundle and checkpoint are too.
Beside them the bare fsync of a file, which is what the disk itself takes. Writes benchmarks/results/log.json.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from include.evidence.embedded import ensure_keys
from include.evidence.envelope import parse
from include.evidence.log.writer import LogWriter
from include.evidence.predicates import DecisionPredicate
from include.evidence.resource import Resource
from include.evidence.signer import open_keys
from include.evidence.statement import Statement
from include.registry import open_registry
from include.settings import Settings
from include.storage import open_storage

GOAL_MS = 10.0
COUNT = 300
RESULTS = Path(__file__).parent / "results" / "log.json"


def now() -> datetime:
    """In whole seconds, as documents have it."""
    return datetime.now(UTC).replace(microsecond=0)


def statement(number: int, verifier: str) -> Statement:
    """One like another."""
    resource = Resource("V-2026-000123", "balance", f"D-{number}")
    return Statement(
        "0" * 64, DecisionPredicate(resource, verifier, "0", now(), "urn:x", "0" * 64, (), "HOLD", ("late",), 1)
    )


def bare(folder: Path) -> float:
    """Milliseconds to make one small file durable."""
    began = time.perf_counter()
    with (folder / "bare").open("wb") as file:
        file.write(b"x" * 1000)
        file.flush()
        os.fsync(file.fileno())
    return (time.perf_counter() - began) * 1000


def measure(folder: Path) -> dict[str, list[float]]:
    """Milliseconds of each round."""
    settings = Settings(home=folder)
    keyring = ensure_keys(settings)
    registry, storage, keys = (
        open_registry(settings),
        open_storage(settings.storage_url(), settings),
        open_keys(settings),
    )
    log = LogWriter(registry, storage, keyring, keys, now)
    times: dict[str, list[float]] = {"append": [], "publish": [], "fsync": []}
    for number in range(COUNT):
        made = statement(number, keys.verifier("gate") or "")
        envelope = keys.sign("gate", made.to_bytes())
        keyid = parse(envelope).signatures[0].keyid
        marks = [time.perf_counter()]
        log.append(made, envelope, keyid)
        marks.append(time.perf_counter())
        log.publish()
        marks.append(time.perf_counter())
        times["append"].append((marks[1] - marks[0]) * 1000)
        times["publish"].append((marks[2] - marks[1]) * 1000)
        times["fsync"].append(bare(folder))
    registry.close()
    return times


def main() -> None:
    """Measure, print, write down."""
    with tempfile.TemporaryDirectory(dir=Path(__file__).parent) as folder:
        times = measure(Path(folder))
    shown = {
        name: {"median_ms": round(statistics.median(each), 2), "p95_ms": round(sorted(each)[int(len(each) * 0.95)], 2)}
        for name, each in times.items()
    }
    result = {"goal_ms": GOAL_MS, "count": COUNT, "load": round(os.getloadavg()[0], 1), **shown}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
