"""Several machines: two Celery workers with folders of their own, PostgreSQL, Redis, Ceph; and one of them is killed.

What they share they share through servers, so the report has the bytes of one machine's, whoever read what, and
whatever happened to whom. Takes two and a half minutes on two idle cores, most of it Airflow starting.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from services.celery_airflow import DAMBO, Cluster, cluster
from services.postgres import Postgres
from services.s3_user import S3User
from support.world import World, contract, jsonl, records

from include import line as steps

pytestmark = [pytest.mark.services, pytest.mark.airflow, pytest.mark.timeout(600)]

SHARDS, ROWS = 6, 40_000


def files(seed: int) -> dict[str, bytes]:
    """As many files as shards, each of ROWS records; another seed is another content."""
    rows = records(SHARDS * ROWS)
    for row in rows:
        row["text"] = f"{seed} {row['text']} " + "가나다라마바사아자차카타파하" * 2
    return {f"{n:02}.jsonl": jsonl(rows[n * ROWS : (n + 1) * ROWS]) for n in range(SHARDS)}


AGREED = contract(SHARDS * ROWS)


@dataclass
class Delivered:
    """A delivery in storage, and what one machine says of the same bytes."""

    voucher: str
    delivery: str
    report: bytes


@pytest.fixture(scope="module")
def machines(
    tmp_path_factory: pytest.TempPathFactory, ceph: S3User, postgres: Postgres, redis: str
) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("m")
    with cluster(
        folder,
        databases=postgres.create_database,
        broker=redis,
        store=ceph,
        bucket=ceph.create_bucket(versioning=True),
        base=os.environ,
        shard_bytes=1 << 20,
        lang="en",
    ) as found:
        found.ask("PATCH", "dags/verify_delivery", {"is_paused": False})
        found.start_workers("one", "two")
        yield found


def delivered(machines: Cluster, tmp_path: Path, number: int) -> Delivered:
    """Puts a delivery into storage and checks the same files with `dambo check` on this machine."""
    world = World(tmp_path, machines.settings)
    content = files(number)
    voucher = f"V-{number}"
    world.voucher(AGREED, voucher=voucher)
    world.deliver(content, voucher=voucher)
    here = tmp_path / "here"
    here.mkdir()
    for name, data in content.items():
        (here / name).write_bytes(data)
    (tmp_path / "c.yaml").write_bytes(AGREED)
    subprocess.run(
        [DAMBO, "check", str(here), "-c", str(tmp_path / "c.yaml"), "-o", str(tmp_path / "out"), "--json"],
        env={**os.environ, "DAMBO_HOME": str(tmp_path / "own")},
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return Delivered(voucher, "D-1", (tmp_path / "out/report.json").read_bytes())


def one_of_each(machines: Cluster, done: Delivered, run_id: str) -> None:
    """One attempt, one report with one machine's bytes, one state a shard, one payment; and all evidence holds."""
    line = steps.open_line(machines.settings)
    registry = line.registry
    (attempt,) = registry.attempts(done.voucher, done.delivery)
    assert (attempt.number, attempt.sealed, attempt.verdict, attempt.run_id) == (1, True, "PASS", run_id)
    assert line.filing.need(attempt.id, "report-json") == done.report
    kinds = [document.kind for document in registry.documents(attempt.id)]
    for kind in ("manifest", "run-started", "report", "report-json", *(f"states:{n}" for n in range(SHARDS))):
        assert kinds.count(kind) == 1, kind
    assert [decision.decision for decision in registry.decisions(attempt.id)] == ["RELEASE"]
    assert len(registry.releases(done.voucher)) == 1
    outbox = [info.key for info in line.storage.list("settlement/") if done.voucher in info.key]
    assert outbox == [f"settlement/{done.voucher}--balance.csv"]
    audited = steps.audit(line)
    assert audited.findings == ()
    assert audited.covered.deliveries >= 1


def test_two_workers_reach_the_report_of_one_machine(machines: Cluster, tmp_path: Path) -> None:
    if len(machines.workers) < 2:  # the other test came first and killed one
        machines.start_workers("three")
    done = delivered(machines, tmp_path, 1)
    run_id = machines.trigger(done.voucher, done.delivery)
    assert machines.finish(run_id, 240) == "success"
    tasks = machines.tasks(run_id)
    assert {name for name in tasks if name.startswith("observe")} == {f"observe{n}" for n in range(SHARDS)}
    assert {task["try_number"] for task in tasks.values()} == {1}
    one_of_each(machines, done, run_id)
    assert all(worker.logs(run_id, "observe") for worker in machines.workers.values())  # both took part
    for worker in machines.workers.values():
        assert not (worker.folder / "dambo/keys").exists()  # only the signer holds any
    signing = [name for name, worker in machines.workers.items() if worker.logs(run_id, "freeze")]
    assert signing == ["one"]  # what signs runs beside the signer
    assert machines.listening() <= {"127.0.0.1"}
    told = [json.loads(line)["event"] for log in machines.workers["one"].logs(run_id, "observe") for line in log.read_text().splitlines()]  # fmt: skip
    assert any(f"1/1 files, {ROWS:,} rows" in event for event in told)


def test_a_worker_killed_in_the_middle_of_observe_changes_nothing(machines: Cluster, tmp_path: Path) -> None:
    done = delivered(machines, tmp_path, 2)
    run_id = machines.trigger(done.voucher, done.delivery)
    victim = machines.workers.pop("two")
    machines.wait("a worker that reads", lambda: victim.logs(run_id, "observe") != [] and victim.reading(), 120, 0.02)
    assert victim.kill() >= 3  # Celery, its pool's process, the task
    assert victim.reading()  # what it had begun lies there unfinished
    assert machines.finish(run_id, 240) == "success"
    tries = {name: task["try_number"] for name, task in machines.tasks(run_id).items()}
    assert sorted(tries.values()) == [1] * (len(tries) - 1) + [2]
    assert next(name for name, number in tries.items() if number == 2).startswith("observe")
    one_of_each(machines, done, run_id)
