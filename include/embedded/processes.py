"""Child processes that end with us: whatever they forked, however we end, short of our own SIGKILL.

Each child gets its own session, so a Ctrl-C in the terminal reaches us alone and the order of stopping stays ours. On
Linux this process becomes the reaper of orphans, so a grandchild cannot slip away by outliving its parent.
"""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import psutil  # type: ignore[import-untyped]  # no stubs in the locked set

GRACE_SECONDS = 20.0
"""From asking to end to killing. Airflow's scheduler waits for its tasks, which report to the api-server to the end."""
_PR_SET_CHILD_SUBREAPER = 36


class Family:
    """Started processes by name, and all their descendants."""

    def __init__(self) -> None:
        self._members: dict[str, subprocess.Popen[bytes]] = {}
        self._strangers = _descendants()

    def start(self, name: str, command: Sequence[str], *, env: Mapping[str, str], log: Path) -> int:
        """Start one process; its output goes to the file `log`. Its pid."""
        with log.open("ab") as out:
            self._members[name] = subprocess.Popen(  # noqa: S603 - our own command line, no shell
                command, env=dict(env), stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )
        return self._members[name].pid

    def ended(self) -> dict[str, int]:
        """Names and exit codes of the processes that are no more."""
        codes = {name: member.poll() for name, member in self._members.items()}
        return {name: code for name, code in codes.items() if code is not None}

    def run(self, name: str, command: Sequence[str], *, env: Mapping[str, str], log: Path) -> int:
        """Run one process to its end; its exit code."""
        self.start(name, command, env=env, log=log)
        code = self._members[name].wait()
        if code == 0:
            del self._members[name]  # ended as it should; `ended` tells of the others
        return code

    def stop(self) -> None:
        """End them all, politely first and the last started first; returns when none is left."""
        before, deadline = self._living(), time.monotonic() + GRACE_SECONDS
        for member in reversed(self._members.values()):
            if member.poll() is None:
                member.terminate()
                with suppress(subprocess.TimeoutExpired):
                    member.wait(max(0.0, deadline - time.monotonic()))
        left = self._living() | {process for process in before if process.is_running()}
        _signal(left, "terminate")
        psutil.wait_procs(left, timeout=3)
        left = self._living() | {process for process in left if process.is_running()}
        _signal(left, "kill")
        psutil.wait_procs(left, timeout=10)
        for member in self._members.values():
            member.wait()

    def pids(self) -> list[int]:
        """Every living process that the family's members started, themselves included."""
        return sorted(process.pid for process in self._living())

    def _living(self) -> set[psutil.Process]:
        return _descendants() - self._strangers


def _descendants() -> set[psutil.Process]:
    return set(psutil.Process().children(recursive=True))


def _signal(processes: set[psutil.Process], how: str) -> None:
    for process in processes:
        try:
            getattr(process, how)()
        except psutil.NoSuchProcess:
            continue


@contextmanager
def family() -> Iterator[Family]:
    """A family that is gone when the block is left: by its end, an error, Ctrl-C, SIGTERM or SIGHUP."""
    members = Family()
    main = threading.current_thread() is threading.main_thread()
    old = {number: signal.signal(number, _leave) for number in (signal.SIGTERM, signal.SIGHUP)} if main else {}
    _reap_orphans(on=True)
    try:
        yield members
    finally:
        # A second Ctrl-C must not interrupt the stopping: its time is bounded.
        interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN) if main else None
        try:
            members.stop()
        finally:
            _reap_orphans(on=False)
            for number, handler in old.items():
                signal.signal(number, handler)
            if main:
                signal.signal(signal.SIGINT, interrupt)


def _leave(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _reap_orphans(*, on: bool) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, int(on), 0, 0, 0)
