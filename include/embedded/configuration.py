"""How the embedded Airflow is configured: by environment alone, out of one folder, listening on loopback only.

Nothing of a surrounding Airflow's configuration gets in. Does not import airflow, starts nothing.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shlex
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from include.errors import ContractError

LOOPBACK = "127.0.0.1"
USER = "admin"
LOCK = "airflow.lock"
PRELOADED = (
    "airflow.executors.local_executor",
    "airflow.sdk.execution_time.supervisor",
    "airflow.sdk.execution_time.task_runner",
    "airflow.providers.standard.operators.trigger_dagrun",
    "include.line",
    "include.deliveries.readers.delimited",
    "include.storage.folder",
    "open_data_contract_standard",
    "pandas",  # pyarrow imports it with the first array
    "scipy.special",
    "altair",
    "vl_convert",
    "charset_normalizer",
)
"""What every task would import for itself, two to three seconds each: more than most steps take."""
PROJECT = Path(__file__).parents[2]
"""The checkout that holds dags/ and plugins/."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """One embedded Airflow: the DAMBO_HOME it serves and its port on loopback."""

    home: Path
    port: int
    pickup_minutes: int = 5
    parallelism: int = 2

    @property
    def url(self) -> str:
        """Where the UI is."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def folder(self) -> Path:
        """AIRFLOW_HOME."""
        return self.home / "airflow"

    def prepare(self) -> None:
        """Make the folders, for this user alone, and a password if there is none yet."""
        for folder in ("dags", "plugins"):
            if not (PROJECT / folder).is_dir():
                raise ContractError(
                    "not-a-checkout",
                    f"no {folder}/ beside the installed package",
                    hint="run this from a checkout of the project, installed with `make`",
                    ko=f"설치된 패키지 옆에 {folder}/ 폴더가 없습니다",
                    ko_hint="프로젝트를 내려받은 폴더에서 `make` 로 설치하고 실행하십시오",
                )
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.folder / "logs").mkdir(exist_ok=True)
        _keep(self._passwords, json.dumps({USER: secrets.token_urlsafe(12)}))
        _keep(self._secret, secrets.token_urlsafe(64))

    def password(self) -> str:
        """The generated password of USER."""
        return str(json.loads(self._passwords.read_text())[USER])

    @property
    def _passwords(self) -> Path:
        return self.folder / "passwords.json"

    @property
    def _secret(self) -> Path:
        """What the components sign their tokens with; in a file, so that no process list or log shows it."""
        return self.folder / "jwt_secret"

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """`base` without any AIRFLOW* setting of its own, and with ours."""
        kept = {name: value for name, value in base.items() if not name.startswith(("AIRFLOW", "_AIRFLOW"))}
        no_proxy = ",".join(filter(None, (kept.get("NO_PROXY") or kept.get("no_proxy"), LOOPBACK, "localhost")))
        return (
            kept
            | _flat(self._airflow())
            | {
                "AIRFLOW_HOME": str(self.folder),
                "DAMBO_HOME": str(self.home),
                "DAMBO_PICKUP_MINUTES": str(self.pickup_minutes),
                "NO_PROXY": no_proxy,
                "no_proxy": no_proxy,
                "DO_NOT_TRACK": "true",
                "SCARF_ANALYTICS": "false",
                "GX_ANALYTICS_ENABLED": "false",
                "PYTHONUNBUFFERED": "1",
            }
        )

    def _airflow(self) -> dict[str, dict[str, object]]:
        return {
            "core": {
                "dags_folder": PROJECT / "dags",
                "plugins_folder": PROJECT / "plugins",
                "load_examples": False,
                "dags_are_paused_at_creation": False,
                "executor": "LocalExecutor",
                "parallelism": self.parallelism,  # the default of 32 workers is for larger machines
                "mp_start_method": "forkserver",  # workers fork from a process without threads ...
                "mp_forkserver_preload": ",".join(PRELOADED),  # ... that paid for the imports once
                "execution_api_server_url": f"{self.url}/execution/",
                "auth_manager": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
                "simple_auth_manager_users": f"{USER}:admin",
                "simple_auth_manager_passwords_file": self._passwords,
            },
            "api_auth": {"jwt_secret_cmd": shlex.join(["cat", str(self._secret)])},
            "database": {"sql_alchemy_conn": f"sqlite:///{self.folder / 'airflow.db'}"},
            "api": {"host": LOOPBACK, "port": self.port, "base_url": self.url, "workers": 1, "expose_config": False},
            "logging": {"base_log_folder": self.folder / "logs", "logging_level": "INFO"},
            "dag_processor": {"parsing_processes": 1},
            # A supervisor that sees its task's last output a moment before the exit sleeps for one such interval (5 s by
            # default); tasks with threads, which Arrow starts, nearly always end in that order.
            "workers": {"min_heartbeat_interval": 1},
            "usage_data_collection": {"enabled": False},
        }


def _keep(file: Path, content: str) -> None:
    """Write a secret that only this user may read, unless there is one already."""
    if not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.write(content)


def _flat(sections: Mapping[str, Mapping[str, object]]) -> dict[str, str]:
    """Airflow's environment form of a configuration file."""
    return {
        f"AIRFLOW__{section}__{option}".upper(): str(value)
        for section, options in sections.items()
        for option, value in options.items()
    }


@contextmanager
def exclusive(home: Path) -> Iterator[None]:
    """`home` for one embedded Airflow at a time, by a lock in it. ContractError "home-in-use" if another has it."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ContractError(
                "home-in-use",
                f"an embedded Airflow is already running on {home}",
                hint="stop it, or set DAMBO_HOME to another folder",
                ko=f"{home} 에서 이미 Airflow 가 실행 중입니다",
                ko_hint="그것을 멈추거나 DAMBO_HOME 을 다른 폴더로 정하십시오",
            ) from error
        yield


def free_port(preferred: int = 0) -> int:
    """`preferred` if nothing listens there, else one that the kernel says is free (0: always that)."""
    for port in dict.fromkeys((preferred, 0)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ContractError("no-port", "no free port on loopback", ko="사용할 수 있는 포트가 없습니다")
