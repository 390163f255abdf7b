"""The launchers themselves: a server that fails says why, and nothing stays behind."""

from __future__ import annotations

from pathlib import Path

import psutil
import psycopg2
import pytest
from redis import Redis
from redis.exceptions import AuthenticationError
from services.postgres import Postgres, postgres
from services.processes import Processes, ServerError

pytestmark = pytest.mark.services


def test_a_server_that_ends_says_why_and_leaves_nothing() -> None:
    with Processes("test") as processes:
        stays = processes.start("stays", "sleep", "600")
        processes.start("fails", "sh", "-c", "echo broken cable; exit 1")
        with pytest.raises(ServerError, match="broken cable"):
            processes.wait("the two", lambda: False, seconds=20)
    assert stays.returncode is not None
    assert not processes.folder.exists()


def test_a_server_that_does_not_listen_to_signals_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.processes.STOP_SECONDS", 0.5)
    with Processes("test") as processes:
        deaf = processes.start("deaf", "sh", "-c", "trap '' TERM; touch up; while :; do sleep 0.1; done")
        processes.wait("sh", (processes.folder / "up").exists, seconds=20)
    assert deaf.returncode == -9


def test_postgresql_comes_up_and_goes_again() -> None:
    with postgres() as server:
        processes = [p for p in Path("/proc").glob("[0-9]*/cmdline") if f"port={server.port}".encode() in _read(p)]
        assert len(processes) == 1
    assert not processes[0].exists()


def test_every_database_is_its_own(postgres: Postgres) -> None:
    assert postgres.create_database() != postgres.create_database()


def test_postgresql_wants_its_password(postgres: Postgres) -> None:
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(host="127.0.0.1", port=postgres.port, user="dambo", password="wrong", dbname="postgres")


def test_redis_wants_its_password(redis: str) -> None:
    with Redis.from_url(redis) as client:
        assert client.ping()
    scheme, _, place = redis.rpartition("@")
    with Redis.from_url(f"redis://:wrong@{place}") as client, pytest.raises(AuthenticationError):
        client.ping()
    assert scheme.startswith("redis://:")


def test_redis_listens_on_loopback_alone(redis: str) -> None:
    port = int(redis.rpartition(":")[2].partition("/")[0])
    found = {
        c.laddr.ip for c in psutil.net_connections("inet") if c.status == psutil.CONN_LISTEN and c.laddr.port == port
    }
    assert found == {"127.0.0.1"}


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
