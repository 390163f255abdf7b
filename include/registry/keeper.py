"""One idle connection to a SQLite file, so that no other is ever the last to leave.

The last connection to close copies the write-ahead log into the database and removes it: three waits for the disk after
every transaction, since connections here are not pooled. With one that stays, a commit waits once. It holds no
transaction and no snapshot. SQLite forbids to carry a connection into a child process: it is closed before every fork.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote


class Keeper:
    """Holds the file open from the first `hold` until `release`, the end of this object or of the process."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._held: list[sqlite3.Connection] = []
        self._turn = threading.Lock()
        weakref.finalize(self, _close, self._held)
        _KEEPERS.add(self)

    def hold(self) -> None:
        """Does nothing if it is held, or cannot be (whoever uses the file is told then)."""
        if self._held:
            return
        with self._turn, suppress(sqlite3.Error):
            if not self._held:
                uri = f"file:{quote(str(Path(self._path).absolute()))}?mode=rw"
                connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
                self._held.append(connection)
                connection.execute("SELECT name FROM sqlite_master").fetchall()  # only now the file is open

    def release(self) -> None:
        """Let go; `hold` takes it again."""
        with self._turn:
            _close(self._held)


_KEEPERS: weakref.WeakSet[Keeper] = weakref.WeakSet()


def _close(held: list[sqlite3.Connection]) -> None:
    while held:
        held.pop().close()


def _before_fork() -> None:
    for keeper in list(_KEEPERS):
        keeper.release()


os.register_at_fork(before=_before_fork)
