"""judge: merge the states of all shards and reach every verdict; files report.json with its tables and findings."""

from __future__ import annotations

from pathlib import Path

from checks import engine
from include.assessment import check_plan, report_of
from include.steps.context import (
    Line,
    agreed,
    manifest_of,
    marker_of,
    scratch_of,
    step,
)
from include.steps.observe import shards


def judge(line: Line, attempt_id: str) -> None:
    """Merge the states of all shards, judge every rule, file report.json with its tables and findings."""
    attempt = line.registry.attempt(attempt_id)
    if attempt.sealed or line.registry.documents(attempt_id, "report-json"):
        return
    with step(line, attempt_id):
        manifest, claim = manifest_of(line, attempt_id), marker_of(line, attempt_id)
        found = agreed(line, attempt, claim)
        plan = check_plan(found.contract)
        with scratch_of(line, attempt_id) as scratch:
            tallied = (_states(line, attempt_id, plan, n, scratch) for n in shards(line, attempt_id))
            report = report_of(found.contract, found.programme, manifest, claim, tallied, scratch)
        for name, data in report.tables.items():
            line.filing.put(attempt_id, f"table:{name}", data)
        for name, data in report.findings.files().items():
            line.filing.put(attempt_id, f"findings:{name}", data, key=f"findings/{report.sha256}/{name}")
        line.filing.put(attempt_id, "report-json", report.data)


def _states(line: Line, attempt_id: str, plan: engine.Plan, shard: int, scratch: Path) -> engine.Tallied:
    """The filed states of one shard, with their chunks."""
    kind = f"states:{shard}"
    chunks = {document.sha256: document for document in line.registry.documents(attempt_id, f"{kind}:chunk")}
    return engine.load(line.filing.need(attempt_id, kind), plan, lambda name: line.filing.read(chunks[name]), scratch)
