"""Children that sign and log, killed with SIGKILL at random moments; run as `python killed.py FOLDER KILLS SEED`.

A process of its own, so that forking is safe: nothing is open here when a child is born.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from include import line as steps
from include.evidence.predicates import DecisionPredicate
from include.evidence.resource import Resource
from include.evidence.statement import Statement
from include.line import Line
from support.world import World

COUNT = 60
"""Statements that the signing children make, whatever happens to them."""

RUN = {"voucher": "V-1", "delivery": "D-1", "run_id": "run-1", "operator": "t", "reason": "t"}


def signing(home: Path) -> None:
    """Sign and file one HOLD after another, each once, going on where the last child was."""
    line = steps.open_line(World.make(home).settings)
    attempt = line.registry.begin_attempt(
        run_id="signing", voucher="V-9", delivery="D-9", operator="t", reason="t", now=line.now()
    )
    for number in range(COUNT):
        line.filing.sign(attempt.id, f"hold-{number}", "gate", lambda number=number: hold(line, number))


def hold(line: Line, number: int) -> Statement:
    """Another one each time it is made: the time goes on."""
    verifier = line.filing.signer.verifier("gate") or ""
    predicate = DecisionPredicate(
        Resource("V-9", "?", "D-9"), verifier, "0", line.now(), "urn:x", "0" * 64, (), "HOLD", (f"reason-{number}",), 1
    )  # fmt: skip
    return Statement("0" * 64, predicate)


def running(home: Path) -> None:
    """The whole line on one delivery, from the beginning or from where the last child was."""
    steps.run(steps.open_line(World.make(home).settings), **RUN)


def killed(work: Callable[[Path], None], home: Path, after: float) -> bool:
    """Do `work` in a child and kill it; True if it was still at it."""
    child = os.fork()
    if child == 0:
        work(home)
        os._exit(0)
    deadline = time.monotonic() + after
    while time.monotonic() < deadline:
        if os.waitpid(child, os.WNOHANG) != (0, 0):
            return False
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def main() -> None:
    """Prints how many were killed at work."""
    home, kills, which = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    chance = random.Random(int(sys.argv[4]))
    work, longest = {"signing": (signing, 0.25), "running": (running, 1.5)}[which]
    print(sum(killed(work, home, chance.uniform(0.01, longest)) for _ in range(kills)))


if __name__ == "__main__":
    main()
