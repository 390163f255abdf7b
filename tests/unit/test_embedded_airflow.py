"""The embedded Airflow's configuration and processes: loopback only, nothing inherited, nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from include.embedded.configuration import LOOPBACK, USER, Embedded, free_port
from include.embedded.processes import family
from include.embedded.runner import Airflow, AirflowError

# Starts a grandchild in a session of its own that ignores SIGTERM, then waits: the worst that a component can do.
STUBBORN = """
import os, signal, subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
                  "open(r'%s', 'w').write('x'); time.sleep(600)"], start_new_session=True)
time.sleep(600)
"""


@pytest.fixture
def config(tmp_path: Path) -> Embedded:
    made = Embedded(tmp_path, 12345, pickup_minutes=3)
    made.prepare()
    return made


def test_nothing_of_a_surrounding_airflow_gets_in(config: Embedded) -> None:
    outside = {
        "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
        "AIRFLOW_HOME": "/elsewhere",
        "PATH": "/bin",
        "NO_PROXY": "x",
    }
    env = config.environment(outside)
    assert env["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
    assert env["AIRFLOW_HOME"] == str(config.folder)
    assert env["PATH"] == "/bin"
    assert env["NO_PROXY"] == f"x,{LOOPBACK},localhost"
    assert env["DAMBO_PICKUP_MINUTES"] == "3"


def test_everything_listens_on_loopback_and_calls_nobody(config: Embedded) -> None:
    env = config.environment({})
    assert env["AIRFLOW__API__HOST"] == LOOPBACK
    assert env["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == f"http://{LOOPBACK}:12345/execution/"
    assert env["AIRFLOW__USAGE_DATA_COLLECTION__ENABLED"] == "False"
    assert env["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"


def test_secrets_are_kept_for_this_user_and_out_of_the_environment(config: Embedded) -> None:
    files = [config.folder / "passwords.json", config.folder / "jwt_secret"]
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600, 0o600]
    before = [file.read_text() for file in files]
    config.prepare()
    assert [file.read_text() for file in files] == before
    assert json.loads(before[0]) == {USER: config.password()}
    values = config.environment({}).values()
    assert not any(config.password() in value or before[1] in value for value in values)


def test_a_taken_port_is_not_taken_again() -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) not in {0, port}


def started(program: str, folder: Path, mark: Path) -> list[str]:
    """A command whose grandchild has written `mark` once it is up."""
    (folder / "program.py").write_text(program % mark)
    return [sys.executable, str(folder / "program.py")]


def wait_for(mark: Path) -> None:
    deadline = time.monotonic() + 60
    while not mark.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_leaving_ends_even_what_ignores_us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("include.embedded.processes.GRACE_SECONDS", 0.5)
    mark = tmp_path / "up"
    with suppress(ZeroDivisionError), family() as members:
        members.start("stubborn", started(STUBBORN, tmp_path, mark), env=os.environ, log=tmp_path / "log")
        wait_for(mark)
        pids = members.pids()
        raise ZeroDivisionError
    assert len(pids) == 2
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_other_children_are_left_alone(tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        with family() as members:
            members.start("short", [sys.executable, "-c", "pass"], env=os.environ, log=tmp_path / "log")
            assert other.pid not in members.pids()
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_family_too(tmp_path: Path, number: signal.Signals) -> None:
    mark = tmp_path / "up"
    program = f"""
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs start with it ignored
from pathlib import Path
import include.embedded.processes as processes
processes.GRACE_SECONDS = 0.5
with processes.family() as members:
    members.start("stubborn", {started(STUBBORN, tmp_path, mark)!r}, env=os.environ, log=Path({str(tmp_path / "log")!r}))
    while not Path({str(mark)!r}).exists():
        time.sleep(0.02)
    print(*members.pids(), flush=True)
    time.sleep(600)
"""
    runner = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert runner.stdout is not None
    with runner.stdout:
        pids = [int(word) for word in runner.stdout.readline().split()]
        assert len(pids) == 2
        runner.send_signal(number)
        assert runner.wait(timeout=60) != 0
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_a_component_that_ends_is_an_error_that_names_its_log(config: Embedded) -> None:
    with family() as members:
        airflow = Airflow(config, members, lambda _: None)
        members.start(
            "scheduler", [sys.executable, "-c", "raise SystemExit(3)"], env=os.environ, log=config.folder / "s"
        )
        with pytest.raises(AirflowError, match="scheduler ended with code 3") as caught:
            airflow.wait_until_ready()
    assert "scheduler.log" in caught.value.hint


def test_a_command_that_ended_well_is_no_error(config: Embedded) -> None:
    with family() as members:
        assert members.run("migrate", [sys.executable, "-c", "pass"], env=os.environ, log=config.folder / "m") == 0
        assert members.ended() == {}
        assert (
            members.run("bad", [sys.executable, "-c", "raise SystemExit(2)"], env=os.environ, log=config.folder / "m")
            == 2
        )
        assert members.ended() == {"bad": 2}
