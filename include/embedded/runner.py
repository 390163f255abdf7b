"""Starts Airflow's components, says when they are ready, and stops them all.

Components instead of `airflow standalone`: its log servers (8793, 8794) listen on every interface and their address is
not configurable; with --skip-serve-logs there are none, and the api-server reads the logs from the folder they share.
No triggerer: nothing of ours defers. Does not import airflow.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException
from typing import Any

from include.embedded.configuration import USER, Embedded
from include.embedded.processes import Family, family
from include.errors import DamboError

COMPONENTS = {
    "api-server": (),
    "scheduler": ("--skip-serve-logs",),
    "dag-processor": (),
}
READY_SECONDS = 180.0
"""On a busy two-core machine the three need half a minute."""

Progress = Callable[[str], None]


class AirflowError(DamboError):
    """The embedded Airflow did not start or did not stay up."""


class Airflow:
    """A running embedded Airflow."""

    def __init__(self, config: Embedded, members: Family, progress: Progress) -> None:
        self.config = config
        self.members = members
        self._progress = progress

    def check(self) -> None:
        """Raise if a component is gone."""
        if ended := self.members.ended():
            name, code = next(iter(ended.items()))
            log = self.config.folder / f"{name}.log"
            raise AirflowError(
                "airflow-ended",
                f"Airflow's {name} ended with code {code}",
                hint=f"read the end of {log}",
                ko=f"Airflow 의 {name} 이(가) 코드 {code} 로 끝났습니다",
                ko_hint=f"{log} 파일의 끝부분을 확인하십시오",
            )

    def wait_until_ready(self) -> None:
        """Return when scheduler and dag-processor are healthy; report each as it gets there."""
        deadline = time.monotonic() + READY_SECONDS
        healthy = {"metadatabase"}
        while not {"scheduler", "dag_processor"} <= healthy:
            self.check()
            if time.monotonic() > deadline:
                raise AirflowError(
                    "airflow-not-ready",
                    f"not healthy after {READY_SECONDS:.0f} s: only {sorted(healthy)}",
                    hint=f"read the logs in {self.config.folder}",
                    ko=f"{READY_SECONDS:.0f}초가 지나도 준비되지 않았습니다: {sorted(healthy)}",
                    ko_hint=f"{self.config.folder} 의 로그를 확인하십시오",
                )
            time.sleep(0.5)
            for part in sorted(self._healthy() - healthy):
                self._progress(part)
                healthy.add(part)

    def runs(self, dag_id: str) -> dict[str, str]:
        """The state of each run of a DAG, by run id (the latest hundred), as Airflow's public API says."""
        login = {"username": USER, "password": self.config.password()}
        token = _ask(f"{self.config.url}/auth/token", {"Content-Type": "application/json"}, json.dumps(login).encode())
        answer = _ask(
            f"{self.config.url}/api/v2/dags/{dag_id}/dagRuns?order_by=-run_after&limit=100",
            {"Authorization": f"Bearer {token['access_token']}"},
        )
        return {run["dag_run_id"]: run["state"] for run in answer["dag_runs"]}

    def _healthy(self) -> set[str]:
        try:
            state = _ask(f"{self.config.url}/api/v2/monitor/health")
        except AirflowError:
            return set()
        return {part for part, facts in state.items() if (facts or {}).get("status") == "healthy"}


_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Loopback, whatever proxy the environment names."""


def _ask(url: str, headers: Mapping[str, str] | None = None, data: bytes | None = None) -> dict[str, Any]:
    try:
        with _DIRECT.open(urllib.request.Request(url, data, dict(headers or {})), timeout=10) as answer:  # noqa: S310 - our own URL
            found: dict[str, Any] = json.load(answer)
            return found
    except (OSError, HTTPException, ValueError) as error:
        raise AirflowError(
            "airflow-silent",
            f"Airflow's API does not answer as it should ({type(error).__name__})",
            ko=f"Airflow API 가 응답하지 않습니다 ({type(error).__name__})",
        ) from error


@contextmanager
def running(config: Embedded, base: Mapping[str, str], progress: Progress) -> Iterator[Airflow]:
    """Airflow, started but perhaps not ready yet (`wait_until_ready`); no process is left when the block ends.

    `base`: the environment that its processes get, beside what the configuration says.
    """
    config.prepare()
    env = config.environment(base)
    command = [sys.executable, "-m", "airflow"]
    with family() as members:
        airflow = Airflow(config, members, progress)
        members.run("migrate", [*command, "db", "migrate"], env=env, log=config.folder / "migrate.log")
        airflow.check()
        progress("metadatabase")
        for name, options in COMPONENTS.items():
            members.start(name, [*command, name, *options], env=env, log=config.folder / f"{name}.log")
        yield airflow
