"""observe: tally one shard and file its states."""

from __future__ import annotations

from checks import engine
from include.assessment import tally
from include.deliveries import shards as sharding
from include.deliveries.progress import Progress, Together, silent
from include.steps.context import (
    Line,
    agreed,
    fetch_of,
    manifest_of,
    marker_of,
    scratch_of,
    step,
)


def shards(line: Line, attempt_id: str) -> list[int]:
    """The numbers of the attempt's shards."""
    return list(range(len(sharding.load_plan(line.filing.need(attempt_id, "shard-plan")))))


def together(line: Line, attempt_id: str, progress: Progress) -> Together:
    """Tells of all the attempt's shards as one."""
    plan = sharding.load_plan(line.filing.need(attempt_id, "shard-plan"))
    return Together(plan, {entry.path: entry.size for entry in manifest_of(line, attempt_id).entries}, progress)


def observe(line: Line, attempt_id: str, shard: int, progress: Progress = silent) -> None:
    """Tally one shard and file its states; a shard that was tallied already is left alone."""
    attempt = line.registry.attempt(attempt_id)
    if attempt.sealed or line.registry.documents(attempt_id, f"states:{shard}"):
        return
    with step(line, attempt_id):
        manifest, contract = manifest_of(line, attempt_id), agreed(line, attempt, marker_of(line, attempt_id)).contract
        plan = sharding.load_plan(line.filing.need(attempt_id, "shard-plan"))
        fetch = fetch_of(line, attempt)
        with scratch_of(line, attempt_id) as scratch:
            states = tally(contract, plan[shard], manifest, fetch, scratch=scratch, progress=progress)
            kind = f"states:{shard}"
            stored = engine.dump(states, lambda chunk: line.filing.put(attempt_id, f"{kind}:chunk", chunk))
            line.filing.put(attempt_id, kind, stored)
