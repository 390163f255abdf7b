"""Runs the DAGs through `dag.test()` and prints what registry, storage and Airflow say afterwards, as JSON.

A program of its own, since Airflow changes logging, warnings and environment of its process. Usage: scenarios.py [NAME ...]
A run with the same logical date as one before is what "Clear" does: same run id, its task instances cleared.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.dag_processing.dagbag import DagBag
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
from sqlalchemy import select
from support import world as small

from include import line as steps
from include.demo.deliveries import DEMO
from include.demo.play import deliver, embedded_settings
from include.errors import ContractError, StorageError
from include.evidence.predicates import AuditPredicate
from include.evidence.resource import Everything
from include.settings import settings

PROJECT = Path(__file__).parents[2]
HOMES = Path(os.environ["DAMBO_TEST_HOMES"])
START = datetime(2026, 1, 1, tzinfo=UTC)
GOOD = DEMO[0]

bag = DagBag(PROJECT / "dags")
verify, pick_up = bag.dags["verify_delivery"], bag.dags["pick_up_deliveries"]
for operator in verify.tasks:
    operator.retry_delay = timedelta(0)


class World:
    """A home with the three demo deliveries in it, and runs over it."""

    count = 0

    def __init__(self) -> None:
        World.count += 1
        self.number = World.count
        template = HOMES / "template"
        if not template.exists():
            deliver(embedded_settings(template), lambda *_: None)
        self.home = HOMES / f"home{self.number}"
        shutil.copytree(template, self.home)
        os.environ["DAMBO_HOME"] = str(self.home)
        settings.cache_clear()
        self.line = steps.open_line(settings())

    def verify(self, demo: Any = GOOD, *, run: int = 0, mark: str | None = None) -> dict[str, Any]:
        """Run (or clear and rerun) verify_delivery."""
        conf = {"voucher": demo.voucher, "delivery": demo.delivery, "reason": "scenario"}
        when = START + timedelta(days=self.number, minutes=run)  # makes the run id
        done = verify.test(logical_date=when, run_after=when, run_conf=conf, mark_success_pattern=mark)
        return {
            "run": str(done.state),
            "run_id": done.run_id,
            "conf": done.conf,
            "tasks": {
                f"{ti.task_id}{'' if ti.map_index < 0 else ti.map_index}": [str(ti.state), ti.try_number]
                for ti in done.get_task_instances()
            },
            **self.facts(demo),
        }

    def filed(self, demo: Any) -> dict[str, str]:
        """The report of the last attempt and what it was about, for whoever wants to check it again."""
        attempt = self.line.registry.attempts(demo.voucher, demo.delivery)[-1].id
        kinds = {"report": "report-json", "contract": "contract"}
        return {
            "delivery": str(self.home / "storage/deliveries" / demo.voucher / demo.delivery),
            **{name: self.line.filing.need(attempt, kind).decode() for name, kind in kinds.items()},
        }

    def facts(self, demo: Any = GOOD) -> dict[str, Any]:
        """What registry and storage say."""
        registry = self.line.registry
        attempts = registry.attempts(demo.voucher, demo.delivery)
        decisions = [d for a in attempts for d in registry.decisions(a.id)]
        return {
            "attempts": len(attempts),
            "operators": [a.operator for a in attempts],
            "decisions": [[d.decision, list(d.reasons)] for d in decisions],
            "releases": len(registry.releases(demo.voucher)),
            "outbox": [info.key for info in self.line.storage.list("settlement/")],
        }


@contextmanager
def replaced(name: str, function: Callable[..., Any]) -> Iterator[None]:
    """A step of the line replaced for a while."""
    real = getattr(steps, name)
    setattr(steps, name, function)
    try:
        yield
    finally:
        setattr(steps, name, real)


def failing(error: BaseException, times: int = 10**9, real: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """A step that raises `error`, for the first `times` calls."""
    calls = []

    def step(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) <= times:
            raise error
        assert real is not None
        return real(*args, **kwargs)

    return step


def outcomes() -> Any:
    world = World()
    return {demo.voucher: {**world.verify(demo, run=n), "filed": world.filed(demo)} for n, demo in enumerate(DEMO)}


class Labels:
    """Names of a delivery of label records in several files."""

    voucher, delivery = "V-1", "D-1"


def sharded() -> Any:
    """A delivery of five files, a shard each; progress in Korean."""
    os.environ |= {"DAMBO_SHARD_BYTES": "1", "DAMBO_LANG": "ko"}
    try:
        world = World()
        labels = small.World(world.home, settings())
        labels.voucher(small.contract())
        rows = small.records()
        labels.deliver({f"{n}.jsonl": small.jsonl(rows[n * 12 : n * 12 + 12]) for n in range(5)})
        return {**world.verify(Labels), "filed": world.filed(Labels)}
    finally:
        del os.environ["DAMBO_SHARD_BYTES"], os.environ["DAMBO_LANG"]


def crash(name: str, error: BaseException) -> Any:
    world = World()
    with replaced(name, failing(error)):
        first = world.verify()
    return {"first": first, "again": world.verify()}


def marked(pattern: str) -> Any:
    return World().verify(mark=pattern)


def lost_shards() -> Any:
    """What an emptied XCom does: `observe` maps over nothing."""
    with replaced("shards", lambda *_: []):
        return World().verify()


def edited_conf() -> Any:
    world = World()
    first = world.verify()
    again = world.verify(DEMO[1])
    return {"first": first, "again": again, "good": world.facts(), "other": world.facts(DEMO[1])}


def infrastructure() -> Any:
    world = World()
    down = StorageError("storage-unavailable", "scenario")
    with replaced("observe", failing(down, 2, steps.observe)):
        return world.verify()


def contract() -> Any:
    with replaced("judge", failing(ContractError("contract-invalid", "scenario"))):
        return World().verify()


def looks() -> Any:
    world = World()
    world.line.storage.put("deliveries/V-DEMO-0001/\N{NEXT LINE}/_DELIVERED.json", b"{}")  # a name for no registry

    def look(minute: int) -> dict[str, Any]:
        done = pick_up.test(logical_date=START + timedelta(days=world.number, minutes=minute))
        with create_session() as session:
            runs = session.scalars(select(DagRun).where(DagRun.dag_id == "verify_delivery")).all()
            found = {run.run_id: [run.conf, str(run.run_type)] for run in runs if run.run_id.startswith("pickup__")}
        return {
            "runs": found,
            "state": str(done.state),
            "tasks": sorted(str(t.state) for t in done.get_task_instances()),
        }

    first, second = look(0), look(1)
    for demo in DEMO:
        steps.freeze(
            world.line, voucher=demo.voucher, delivery=demo.delivery, run_id=demo.voucher, operator="o", reason="r"
        )
    return {"first": first, "second": second, "third": look(2)}


def nightly() -> Any:
    """A night on which all holds; then a byte of a paid delivery is changed, and the next night comes."""
    world = World()
    world.verify()

    def night(hour: int) -> dict[str, Any]:
        done = bag.dags["audit_evidence"].test(logical_date=START + timedelta(days=world.number, hours=hour))
        said = steps.records_of(world.line).minutes(AuditPredicate)[Everything.uri][-1].says
        return {"run": str(done.state), "number": said.number, "found": [[f.about, f.code] for f in said.findings]}

    first = night(1)
    delivered = next(i.key for i in world.line.storage.list(f"deliveries/{GOOD.voucher}/") if "_DELIVERED" not in i.key)
    world.line.storage.put(delivered, world.line.storage.read(delivered) + b"\n")
    return [first, night(2)]


SCENARIOS: dict[str, Callable[[], Any]] = {
    "outcomes": outcomes,
    "sharded": sharded,
    **{
        f"crash-{name}": lambda n=name: crash(n, RuntimeError("scenario"))
        for name in ("freeze", "observe", "judge", "seal", "decide")
    },
    "exit-observe": lambda: crash("observe", SystemExit(9)),
    "marked-judge": lambda: marked("judge"),
    "marked-seal": lambda: marked("seal"),
    "marked-observe": lambda: marked("observe"),
    "marked-all-but-decide": lambda: marked("freeze|observe|judge|seal"),
    "marked-decide": lambda: marked("decide"),
    "lost-shards": lost_shards,
    "edited-conf": edited_conf,
    "infrastructure": infrastructure,
    "contract": contract,
    "looks": looks,
    "nightly": nightly,
}

if __name__ == "__main__":
    assert not bag.import_errors, bag.import_errors
    results = {name: SCENARIOS[name]() for name in sys.argv[1:] or SCENARIOS}
    Path(os.environ["DAMBO_TEST_RESULTS"]).write_text(json.dumps(results))
