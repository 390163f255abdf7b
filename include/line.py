"""The steps of the line, in the line's order: freeze, observe, judge, seal, decide. DAG tasks and the CLI call these.

Between steps goes the attempt's id alone: each step reads what it needs from registry and storage, and compares every
digest. Each is idempotent: repeating it resumes the attempt, and once the attempt is sealed nothing changes any more.
A step that cannot go on writes the reason to the attempt and raises; `decide` then holds, whatever happened.
"""

from __future__ import annotations

from include.deliveries import marker
from include.deliveries.progress import Progress, Words, silent
from include.errors import DamboError, DeliveryError
from include.steps.audit import attest_audit, audit, records_of
from include.steps.context import Line, open_line, prefix_of
from include.steps.decide import Decided, decide
from include.steps.freeze import freeze
from include.steps.judge import judge
from include.steps.observe import observe, shards, together
from include.steps.seal import seal

__all__ = [
    "Decided",
    "Line",
    "attempt_of_run",
    "attest_audit",
    "audit",
    "decide",
    "freeze",
    "judge",
    "observe",
    "open_line",
    "pending",
    "records_of",
    "run",
    "seal",
    "shards",
]


def pending(line: Line) -> list[tuple[str, str]]:
    """Complete deliveries (their marker is there) that nobody began to verify, in order."""
    known, found = line.registry.known_deliveries(), []
    for voucher in line.storage.folders("deliveries/"):
        for delivery in line.storage.folders(f"deliveries/{voucher}/"):
            if (voucher, delivery) not in known and _complete(line, voucher, delivery):
                found.append((voucher, delivery))
    return found


def _complete(line: Line, voucher: str, delivery: str) -> bool:
    """Is the marker there? What holds something unsafe is taken up too, so that its attempt says so."""
    key = prefix_of(voucher, delivery) + marker.NAME
    try:
        return any(info.key == key for info in line.storage.list(key))
    except DeliveryError:
        return True


def attempt_of_run(line: Line, run_id: str) -> str | None:
    """The id of the attempt that this run began."""
    attempt = line.registry.attempt_of_run(run_id)
    return None if attempt is None else attempt.id


def run(
    line: Line, *, voucher: str, delivery: str, run_id: str, operator: str, reason: str, progress: Progress = silent
) -> tuple[str, Decided]:
    """All steps in one process: the attempt's id and the decision. Errors of a step end in HOLD, as under Airflow."""
    attempt: str | None = None
    try:
        attempt = freeze(
            line, voucher=voucher, delivery=delivery, run_id=run_id, operator=operator, reason=reason, progress=progress
        )
        meter = together(line, attempt, progress)
        for shard in shards(line, attempt):
            observe(line, attempt, shard, meter.part(shard))
        judge(line, attempt)
        seal(line, attempt)
    except Exception as error:
        attempt = attempt_of_run(line, run_id)
        if attempt is None:
            raise
        progress(_said(error))
    return attempt, decide(line, attempt)


def _said(error: Exception) -> Words:
    if isinstance(error, DamboError):
        return Words(f"{error.code}: {error.ko or error.message}", str(error))
    name = f"unexpected-error: {type(error).__name__}"
    return Words(name, name)
