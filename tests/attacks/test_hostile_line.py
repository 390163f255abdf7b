"""Hostile deliveries through the whole line: a finding or ERROR, a REJECT or HOLD, within the memory bound; never a payment.

And the next delivery, in the same process, is paid as if nothing had been.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hostile_deliveries import HOSTILE, make

PROGRAM = Path(__file__).with_name("hostile_deliveries.py")
HELD_MIB = 448
"""What a delivery may make the line hold: with what is loaded before, a self-check stays within 512 MiB."""


def through_the_line(home: Path) -> dict[str, Any]:
    env = {k: v for k, v in os.environ.items() if not k.startswith("DAMBO_")}
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(home)], env=env, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_deliveries_are_refused_and_the_next_is_paid(tmp_path: Path, name: str) -> None:
    hostile = HOSTILE[name]
    make(tmp_path, hostile)
    found = through_the_line(tmp_path)
    assert found["decision"] in {"REJECT", "HOLD"}
    assert found["problem"] is None  # the line reached its end: what is wrong is a finding
    assert {rule: found["rules"][rule][0] for rule in hostile.verdicts} == hostile.verdicts
    assert {rule: found["rules"][rule][1] for rule in hostile.failures} == hostile.failures
    assert {verdict for verdict, _ in found["rules"].values()} & {"FAIL", "ERROR"}
    assert found["next"] == ["RELEASE", []]
    assert found["outbox"] == ["settlement/V-2--balance.csv"]
    assert found["held"] <= HELD_MIB
