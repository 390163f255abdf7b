"""Runs a contender in its own process and environment: CPU of it and its children, wall time, peak memory, answers."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
VENVS = HERE.parent / ".dambo" / "bench-venvs"


@dataclass(frozen=True)
class Used:
    """CPU and wall seconds, peak MiB of the process, and what it printed."""

    cpu_s: float
    wall_s: float
    peak_mib: int
    out: str


def timed(command: Sequence[str], env: Mapping[str, str] | None = None, good: Sequence[int] = (0,)) -> Used:
    """Raises SystemExit if the command ends otherwise than `good`."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    process = subprocess.Popen(
        command, env={**os.environ, **(env or {})}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, err = process.communicate()  # the operating system keeps the usage of children that have ended
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode not in good:
        raise SystemExit(f"{command} ended with {process.returncode}:\n{err.decode()[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    peak = next(int(line.split()[-1]) for line in reversed(err.decode().splitlines()) if line.startswith("peak-kib "))
    return Used(round(cpu, 2), round(time.monotonic() - start, 2), peak // 1024, out.decode())


WRAPPER = """
import os, resource, sys
child = os.spawnv(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
_, status, used = os.wait4(child, 0)
print("peak-kib", used.ru_maxrss, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""Stands between us and the contender, so that its peak is its own and not that of the largest child so far."""


def run(command: Sequence[str], env: Mapping[str, str] | None = None, good: Sequence[int] = (0,)) -> Used:
    """The command, measured."""
    return timed([sys.executable, "-S", "-c", WRAPPER, *command], env, good)


def peer(name: str, *args: str) -> list[str]:
    """The command of a peer in its own environment, if it has one, else in ours."""
    own = VENVS / name / "bin" / "python"
    return [str(own if own.exists() else Path(sys.executable)), str(HERE / "peers" / name / "run.py"), *args]


def own(program: str, *args: str) -> list[str]:
    """The command of a program of our own."""
    return [sys.executable, str(HERE / "peers" / "dambo" / program), *args]


def installed(name: str) -> bool:
    """Has `make bench` made the environment of this peer?"""
    return (VENVS / name / "bin" / "python").exists()


def shown(title: str, rows: Sequence[Sequence[object]], head: Sequence[str]) -> str:
    """A Markdown table."""
    lines = [f"### {title}", "", "| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(map(str, row)) + " |" for row in rows), ""])
