"""Airflow as on several machines: CeleryExecutor, metadata on PostgreSQL, Redis between, workers with folders of their own.

The control plane (api-server, scheduler, dag-processor) has one folder, the signer has one with the keys, and each
worker has its own AIRFLOW_HOME, DAMBO_HOME, scratch and logs: what workers share, they share through servers. Only the
first worker reaches the signer; the others are as on machines of their own. A lost worker is noticed in seconds here; docs/how-to/machines.md has the settings for production.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from include.embedded.configuration import USER, Embedded
from include.embedded.processes import Family, family
from include.embedded.runner import COMPONENTS, Airflow
from include.settings import Settings
from services.processes import ServerError, free_port
from services.s3_user import S3User

DAMBO = str(Path(sys.executable).with_name("dambo"))
AIRFLOW = [sys.executable, "-m", "airflow"]
SIGNING_QUEUE = "signing"
KEPT_FROM_WORKERS = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "AIRFLOW__API_AUTH__JWT_SECRET_CMD"}
SETTINGS = {
    "CORE__EXECUTOR": "CeleryExecutor",
    "CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",  # the test starts what it wants
    "CORE__PARALLELISM": "4",
    "CELERY__WORKER_CONCURRENCY": "1",
    "CELERY__WORKER_PREFETCH_MULTIPLIER": "1",
    "CELERY__TASK_ACKS_LATE": "True",
    "CELERY__SYNC_PARALLELISM": "1",
    "CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT": "3600",
    "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",
    "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "2",
    "SCHEDULER__TASK_QUEUED_TIMEOUT": "60",
    "SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "5",
    "SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
}


@dataclass
class Worker:
    """One worker and its folder."""

    name: str
    folder: Path
    pid: int

    def ready(self) -> bool:
        """Does it take tasks?"""
        return " ready." in (self.folder / "worker.log").read_text(errors="replace")

    def logs(self, run_id: str, task: str) -> list[Path]:
        """Logs of the task's tries here."""
        return sorted(self.folder.glob(f"airflow/logs/dag_id=verify_delivery/run_id={run_id}/task_id={task}/**/*.log"))

    def reading(self) -> bool:
        """Is an object that it fetched being read right now?"""
        return any(self.folder.glob("scratch/*/*/*/object*"))

    def kill(self) -> int:
        """Kill -9 of all its processes, as when the machine goes; how many there were."""
        first = psutil.Process(self.pid)
        first.suspend()  # so that it forks no more while they are counted
        everyone = [first, *first.children(recursive=True)]
        for process in everyone:
            process.kill()
        psutil.wait_procs(everyone, timeout=20)
        return len(everyone)


@dataclass
class Cluster:
    """A running set-up; `settings` are those of somebody who looks at registry and storage with no part in it."""

    airflow: Airflow
    members: Family
    folder: Path
    settings: Settings
    base: Mapping[str, str]
    workers: dict[str, Worker] = field(default_factory=dict)

    @property
    def socket(self) -> Path:
        """The signer's."""
        return self.folder / "signer.sock"

    def run(self, name: str, command: list[str], env: Mapping[str, str]) -> None:
        """Runs a command to its end; ServerError with what it said if it fails."""
        log = self.folder / f"{name}.log"
        if self.members.run(name, command, env=env, log=log):
            raise ServerError(f"{name}: {log.read_text()}")

    def start_workers(self, *names: str) -> None:
        """Workers of one slot each, ready when this returns; the first of all is the one beside the signer."""
        for name in names:
            self.workers[name] = self._start(name, signs=not self.workers)
        for worker in self.workers.values():
            self.wait(f"worker {worker.name}", worker.ready, 120)

    def _start(self, name: str, *, signs: bool) -> Worker:
        folder = self.folder / name
        (folder / "airflow").mkdir(parents=True)
        (folder / "scratch").mkdir()
        for file in (self.folder / "s3-access-key", self.folder / "s3-secret-key", self.settings.keyring_file()):
            shutil.copy(file, folder / file.name)
        env = {
            **self.base,
            "AIRFLOW_HOME": str(folder / "airflow"),
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(folder / "airflow/logs"),
            "DAMBO_HOME": str(folder / "dambo"),
            "DAMBO_SCRATCH": str(folder / "scratch"),
            "DAMBO_S3_ACCESS_KEY_FILE": str(folder / "s3-access-key"),
            "DAMBO_S3_SECRET_KEY_FILE": str(folder / "s3-secret-key"),
            "DAMBO_KEYRING": str(folder / self.settings.keyring_file().name),
            "DAMBO_SIGNER": f"unix://{self.socket if signs else folder / 'out-of-reach.sock'}",
        }
        queues = f"default,{SIGNING_QUEUE}" if signs else "default"
        command = [*AIRFLOW, "celery", "worker", "--skip-serve-logs", "-H", name, "-q", queues]
        return Worker(name, folder, self.members.start(name, command, env=env, log=folder / "worker.log"))

    def wait(self, what: str, ready: Callable[[], bool], seconds: float, every: float = 0.2) -> None:
        """Until `ready()`; ServerError with the ends of all logs after `seconds`."""
        end = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > end:
                ends = [f"--- {f}\n{f.read_text(errors='replace')[-2500:]}" for f in self.folder.rglob("*.log")]
                raise ServerError(f"{what}: not after {seconds:.0f} s\n" + "\n".join(ends))
            time.sleep(every)

    def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Airflow's public API."""
        url = self.airflow.config.url
        with httpx.Client(trust_env=False, timeout=30) as client:
            login = {"username": USER, "password": self.airflow.config.password()}
            token = client.post(f"{url}/auth/token", json=login).raise_for_status().json()["access_token"]
            found = client.request(
                method, f"{url}/api/v2/{path}", json=body, headers={"Authorization": f"Bearer {token}"}
            )
            return found.raise_for_status().json()

    def trigger(self, voucher: str, delivery: str) -> str:
        """Start verify_delivery; its run id."""
        conf = {"voucher": voucher, "delivery": delivery, "reason": "several machines"}
        return self.ask("POST", "dags/verify_delivery/dagRuns", {"logical_date": None, "conf": conf})["dag_run_id"]

    def state(self, run_id: str) -> str:
        """Of the run."""
        return self.ask("GET", f"dags/verify_delivery/dagRuns/{run_id}")["state"]

    def tasks(self, run_id: str) -> dict[str, dict[str, Any]]:
        """Task instances by name and map index."""
        found = self.ask("GET", f"dags/verify_delivery/dagRuns/{run_id}/taskInstances?limit=1000")["task_instances"]
        return {f"{t['task_id']}{'' if t['map_index'] < 0 else t['map_index']}": t for t in found}

    def finish(self, run_id: str, seconds: float) -> str:
        """The state the run ends in."""
        self.wait(f"run {run_id}", lambda: self.state(run_id) in {"success", "failed"}, seconds, 0.5)
        return self.state(run_id)

    def listening(self) -> set[str]:
        """Addresses at which any process of ours listens."""
        found = set()
        for pid in self.members.pids():
            try:
                for connection in psutil.Process(pid).net_connections("inet"):
                    if connection.status == psutil.CONN_LISTEN:
                        found.add(connection.laddr.ip)
            except psutil.NoSuchProcess:
                continue
        return found


@contextmanager
def cluster(
    folder: Path,
    *,
    databases: Callable[[], str],
    broker: str,
    store: S3User,
    bucket: str,
    base: Mapping[str, str],
    **own: Any,
) -> Iterator[Cluster]:
    """A control plane and a signer, ready; workers are started by the test. Nothing of it is left after the block.

    `databases` makes an empty one and gives its SQLAlchemy URL; `own`: further fields of Settings.
    """
    config = Embedded(folder / "control", free_port())
    config.prepare()
    settings = store.settings(
        folder, home=folder / "signer", storage=f"s3://{bucket}/root", registry=databases(), **own
    )
    dambo = {
        "DAMBO_STORAGE": settings.storage,
        "DAMBO_REGISTRY": settings.registry,
        "DAMBO_SIGNING_QUEUE": SIGNING_QUEUE,
        "DAMBO_S3_ENDPOINT": store.endpoint,
        "DAMBO_S3_ACCESS_KEY_FILE": str(folder / "s3-access-key"),
        "DAMBO_S3_SECRET_KEY_FILE": str(folder / "s3-secret-key"),
        "DAMBO_SIGNER": "",
        **{f"DAMBO_{name.upper()}": str(value) for name, value in own.items()},
    }
    everyone = (
        config.environment({k: v for k, v in base.items() if not k.startswith("DAMBO_")})
        | {f"AIRFLOW__{name}": value for name, value in SETTINGS.items()}
        | {"AIRFLOW__CELERY__BROKER_URL": broker, "AIRFLOW__CELERY__RESULT_BACKEND": f"db+{databases()}"}
        | dambo
    )
    control = everyone | {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": databases()}
    # What a worker has no business with: Airflow's database and the secret that its tokens are signed with.
    worker = {k: v for k, v in everyone.items() if k not in KEPT_FROM_WORKERS}
    holder = everyone | {"DAMBO_HOME": str(settings.home)}
    with family() as members:
        found = Cluster(Airflow(config, members, lambda _: None), members, folder, settings, worker)
        found.run("keys", [DAMBO, "keys", "init"], holder)
        found.run("migrate", [*AIRFLOW, "db", "migrate"], control)
        members.start("signer", [DAMBO, "signer", "--socket", str(found.socket)], env=holder, log=folder / "signer.log")
        for name, options in COMPONENTS.items():
            members.start(name, [*AIRFLOW, name, *options], env=control, log=config.folder / f"{name}.log")
        found.wait("signer", found.socket.exists, 60)
        found.airflow.wait_until_ready()
        yield found
