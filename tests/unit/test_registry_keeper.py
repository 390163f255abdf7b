"""The connection that stays: the log of writes is not folded after every transaction, and no child inherits it."""

from __future__ import annotations

import gc
import os
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from include.registry import Registry, open_registry
from include.settings import Settings

NOW = datetime.now(UTC)


def begin(registry: Registry, run: str) -> int:
    return registry.begin_attempt(run_id=run, voucher="V", delivery="D", operator="", reason="", now=NOW).number


def log_of(folder: Path) -> Path:
    return folder / "registry.db-wal"


def test_the_write_ahead_log_stays_between_transactions_and_goes_at_the_end(tmp_path: Path) -> None:
    registry = open_registry(Settings(home=tmp_path))
    begin(registry, "1")
    assert log_of(tmp_path).stat().st_size > 0
    registry.close()
    assert not log_of(tmp_path).exists()
    assert begin(registry, "2") == 2  # used again after it was closed
    del registry
    gc.collect()
    assert not log_of(tmp_path).exists()
    with sqlite3.connect(tmp_path / "registry.db") as copy:
        assert copy.execute("SELECT count(*) FROM attempts").fetchone() == (2,)
    copy.close()


def test_a_forked_child_opens_its_own(tmp_path: Path) -> None:
    registry = open_registry(Settings(home=tmp_path))
    begin(registry, "parent")
    child = os.fork()
    if child == 0:
        held = registry._database._keeper is None or bool(registry._database._keeper._held)
        os._exit(100 if held else begin(registry, "child"))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2
    assert begin(registry, "parent again") == 3


def test_an_idle_connection_hides_nothing_and_blocks_nobody(tmp_path: Path) -> None:
    one, two = open_registry(Settings(home=tmp_path)), open_registry(Settings(home=tmp_path))
    for number in range(1, 6):
        assert begin(one, f"one-{number}") == 2 * number - 1
        assert begin(two, f"two-{number}") == 2 * number
        assert len(one.attempts("V")) == len(two.attempts("V")) == 2 * number
