"""Do two threads of one check hinder each other? `python benchmarks/two_cores.py [ROWS]` (default 5,000,000), Linux.

On a shared machine wall time says little. The scheduler's own books do: of a thread's time, how much it ran, how much it
stood ready for a core that was taken, and how much it was blocked, by the other thread or by the disk. Only the last is
ours; with the work of the longest thread it says how much sooner two free cores would be done than one.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path

from contenders import HERE
from suite_data import make
from suite_t import contract

from include import assessment
from include.assessment import Source, assess
from include.deliveries.progress import silent
from include.settings import Settings

RESULTS = HERE / "results" / "two_cores.md"


def books() -> tuple[float, float, float]:
    """Seconds that this thread ran, stood ready, and that have passed."""
    ran, ready, _ = Path("/proc/thread-self/schedstat").read_text().split()
    return int(ran) / 1e9, int(ready) / 1e9, time.monotonic()


def measured(folder: Path, home: Path, jobs: int) -> tuple[float, float, float]:
    """CPU seconds of all shards, of the busiest thread, and the share of their time that threads were blocked."""
    real, size = assessment.tally, sum(path.stat().st_size for path in folder.iterdir())
    found: dict[int, list[tuple[float, float, float]]] = defaultdict(list)

    def tally(*args, **kwargs):
        before = books()
        states = real(*args, **kwargs)
        found[threading.get_ident()].append(tuple(b - a for a, b in zip(before, books(), strict=True)))
        return states

    assessment.tally = tally
    settings = Settings(home=home, jobs=jobs, shard_bytes=size // jobs + 1)
    assess(Source(folder.as_uri()), contract(everything=True).encode(), settings, silent)
    assessment.tally = real
    spent = [tuple(map(sum, zip(*shards, strict=True))) for shards in found.values()]
    ran, ready, passed = map(sum, zip(*spent, strict=True))
    return ran, max(thread[0] for thread in spent), max(0.0, 1 - (ran + ready) / passed)


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
    with tempfile.TemporaryDirectory(prefix="dambo-bench-") as name:
        folder = Path(os.environ.get("BENCH_DATA", name)) / f"ascending-{rows}"
        if not folder.exists():
            make(folder, rows)
        measured(folder, Path(name) / "warm", 1)
        one, _, _ = measured(folder, Path(name) / "one", 1)
        both, busiest, blocked = measured(folder, Path(name) / "two", 2)
    text = (
        f"{rows:,} rows: one thread works {one:.2f} CPU s, two work {both:.2f}, the busier one {busiest:.2f}, "
        f"blocked {blocked:.1%} of their time.\nTwo free cores are done {one * (1 - blocked) / busiest:.2f} times as soon as one, "
        f"start-up apart.\n"
    )
    print(text)
    RESULTS.write_text(text)


if __name__ == "__main__":
    main()
