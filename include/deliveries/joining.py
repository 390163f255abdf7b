"""Small files read together: consecutive small batches of one schema object become one batch of many files.

What is tallied does not depend on where batches end, so this changes cost alone: a delivery of 150,000 label files is
not 150,000 passes of the engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from checks.batch import Batch, joinable, joined
from checks.engine import Item

SMALL_ROWS = 8_192
"""Batches below are worth joining."""

JOINED_ROWS = 65_536
JOINED_BYTES = 16 << 20
JOINED_FILES = 2_048
"""Bounds of one joined batch."""


@dataclass
class _Waiting:
    """Batches of one object that wait to be joined."""

    batches: list[Batch] = field(default_factory=list)
    rows: int = 0
    bytes: int = 0

    def add(self, batch: Batch) -> None:
        self.batches.append(batch)
        self.rows += batch.table.num_rows
        self.bytes += batch.table.nbytes

    @property
    def full(self) -> bool:
        return self.rows >= JOINED_ROWS or self.bytes >= JOINED_BYTES or len(self.batches) >= JOINED_FILES


def join_small(items: Iterable[Item]) -> Iterator[Item]:
    """The same items with small batches joined; defects pass as they come."""
    waiting: dict[str, _Waiting] = {}
    for name, item in items:
        if not isinstance(item, Batch) or item.table.num_rows >= SMALL_ROWS:
            yield name, item
            continue
        held = waiting.get(name)
        if held is not None and (held.full or not joinable(held.batches[-1], item)):
            yield name, joined(waiting.pop(name).batches)
        waiting.setdefault(name, _Waiting()).add(item)
    yield from ((name, joined(held.batches)) for name, held in waiting.items())
