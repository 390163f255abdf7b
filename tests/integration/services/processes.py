"""Starts servers and stops them again, by pid, whatever happens in between.

Invariants: everything lies in one temporary folder; every server is our direct child, in the foreground, and dies with
us even if we are killed (PR_SET_PDEATHSIG by setpriv); leaving the context stops all of them, last started first, and
removes the folder.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

STOP_SECONDS = 15


class ServerError(RuntimeError):
    """A server did not start; carries the end of its log."""


def free_port() -> int:
    """A TCP port on 127.0.0.1 that was free just now."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def listening(port: int) -> bool:
    """Does anyone accept connections there?"""
    with socket.socket() as s:
        s.settimeout(1)
        return s.connect_ex(("127.0.0.1", port)) == 0


class Processes:
    """The processes of one test service and the temporary folder that they share."""

    def __init__(self, name: str, user: str | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=f"dambo-{name}-"))
        self._user = user
        self._running: list[tuple[str, subprocess.Popen[bytes], signal.Signals]] = []
        if user is not None:
            account = pwd.getpwnam(user)
            os.chown(self.folder, account.pw_uid, account.pw_gid)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            while self._running:
                _, process, how = self._running.pop()
                stop(process, how)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, *argv: str | Path, seconds: float = 60) -> str:
        """Run a command to its end and give its stdout; ServerError with what it said if it fails."""
        done = subprocess.run(
            [str(a) for a in argv], capture_output=True, text=True, timeout=seconds, cwd=self.folder, check=False,
            **self._as_user(),
        )  # fmt: skip
        if done.returncode:
            raise ServerError(f"{argv[0]} gave {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        return done.stdout

    def start(self, name: str, *argv: str | Path, stop_by: signal.Signals = signal.SIGTERM) -> subprocess.Popen[bytes]:
        """Start a server in the foreground; its output goes to NAME.out in the folder."""
        with (self.folder / f"{name}.out").open("wb") as out:
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *(str(a) for a in argv)],
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, cwd=self.folder, start_new_session=True,
                **self._as_user(),
            )  # fmt: skip
        self._running.append((name, process, stop_by))
        return process

    def wait(self, what: str, ready: Callable[[], bool], seconds: float = 60) -> None:
        """Until `ready()`; ServerError if it takes longer or if a server ends meanwhile."""
        end = time.monotonic() + seconds
        while not ready():
            dead = [name for name, process, _ in self._running if process.poll() is not None]
            if dead or time.monotonic() > end:
                raise ServerError(f"{what}: {'ended: ' + ', '.join(dead) if dead else 'too slow'}\n{self._logs()}")
            time.sleep(0.1)

    def _logs(self) -> str:
        return "\n".join(f"--- {f.name}\n{f.read_text(errors='replace')[-1500:]}" for f in self.folder.glob("*.out"))

    def _as_user(self) -> dict[str, object]:
        return {} if self._user is None else {"user": self._user, "group": self._user, "extra_groups": []}


def stop(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    """Ask, wait, and kill what does not listen; the child is reaped in any case."""
    if process.poll() is not None:
        return
    process.send_signal(how)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(STOP_SECONDS)
