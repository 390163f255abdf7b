"""Keys that should stand once: 128-bit hashes with their places, so that duplicates are found across files and shards.

A single integer key is its own hash; other keys are hashed twice with different seeds (a false duplicate has odds of
about n^2 / 2^129, and can only fail a delivery, never pass one). A key with a null part is no key: `required` says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from checks.analyzers.failing import EXAMPLES, FAILURE_ROWS, Failing, ranges_of
from checks.columns import Col, View
from checks.kernel import Analyzer, State

SEEDS = (0x9E3779B97F4A7C15, 0xD1B54A32D192ED03)
KEY = np.dtype([("high", "<u8"), ("low", "<u8"), ("file", "<u4"), ("row", "<i8")])


class KeyHashes(State, frozen=True):
    """`records`: KEY structs end to end, their `file` an index into `files`, which is sorted; in canonical order
    (hash, file, row) only once written. `pointers`: how a row of each file is shown."""

    files: tuple[str, ...] = ()
    pointers: tuple[str, ...] = ()
    records: bytes = b""

    def table(self) -> np.ndarray:
        """The records, a KEY array."""
        return np.frombuffer(self.records, dtype=KEY)

    def merge(self, other: Self) -> Self:
        """All keys of both."""
        if not other.records or not self.records:
            return self if self.records else other
        if self.files == other.files:
            return type(self)(self.files, self.pointers, self.records + other.records)
        named = dict(zip(self.files, self.pointers, strict=True)) | dict(zip(other.files, other.pointers, strict=True))
        files = tuple(sorted(named, key=lambda f: f.encode("utf-8", "surrogatepass")))
        place = {file: i for i, file in enumerate(files)}
        parts = [_moved(s.table(), np.array([place[f] for f in s.files], dtype="<u4")) for s in (self, other)]
        return type(self)(files, tuple(named[f] for f in files), np.concatenate(parts).tobytes())

    def to_bytes(self) -> bytes:
        """Canonical: sorted records."""
        ordered = np.sort(self.table(), order=("high", "low", "file", "row"))
        return State.to_bytes(type(self)(self.files, self.pointers, ordered.tobytes()))

    def surplus(self) -> Failing:
        """The records whose key stands at a smaller place already; `tested` counts all keys."""
        table = self.table()
        order = np.lexsort((table["row"], table["file"], table["low"], table["high"]))
        keys = table[order]
        again = (keys["high"][1:] == keys["high"][:-1]) & (keys["low"][1:] == keys["low"][:-1])
        repeated = keys[1:][again]
        repeated = repeated[np.lexsort((repeated["row"], repeated["file"]))]
        kept, places = repeated[:FAILURE_ROWS], {}
        for code in np.unique(kept["file"]):
            places[self.files[code]] = ranges_of(kept["row"][kept["file"] == code])
        examples = tuple(self._example(record) for record in repeated[:EXAMPLES])
        return Failing(len(table), len(repeated), places, examples)

    def _example(self, record: np.void) -> tuple[str, int, str, str]:
        code, row = int(record["file"]), int(record["row"])
        return self.files[code], row, self.pointers[code].format(row=row, number=row + 1), ""


def _moved(table: np.ndarray, place: np.ndarray) -> np.ndarray:
    moved = table.copy()
    moved["file"] = place[table["file"]]
    return moved


@dataclass(frozen=True)
class Keys(Analyzer[KeyHashes]):
    """The keys that the columns `parts` form together."""

    state_type: ClassVar[type[State]] = KeyHashes

    object: str
    parts: tuple[Col, ...]

    def columns(self) -> frozenset[str]:
        """The key's columns."""
        return frozenset(col.name for col in self.parts)

    def zero(self) -> KeyHashes:
        """No key."""
        return KeyHashes()

    def observe(self, view: View) -> KeyHashes:
        """One batch."""
        columns = [view.typed(col) for col in self.parts]
        whole = np.ones(view.num_rows, dtype=bool)
        for column in columns:
            whole &= pc.is_valid(column).to_numpy(zero_copy_only=False)
        if not whole.any():
            return KeyHashes()
        records = np.empty(int(whole.sum()), dtype=KEY)
        mask = pa.array(whole)
        records["high"], records["low"] = hashes([c.filter(mask) for c in columns])
        records["file"] = 0
        records["row"] = view.rows()[whole]
        return KeyHashes((view.batch.file,), (view.batch.pointer,), records.tobytes())


def hashes(columns: list[pa.Array]) -> tuple[np.ndarray, np.ndarray]:
    """Two 64-bit hashes of each row of non-null columns, uint64 [n]. Equal values have equal hashes
    in every batch: integers that fit 64 bits are themselves whether a batch holds them as int64 or decimal."""
    if len(columns) == 1 and pa.types.is_int64(columns[0].type):
        return _themselves(columns[0])
    texts = [c if pa.types.is_large_string(c.type) else c.cast(pa.large_string()) for c in columns]
    frame = pl.DataFrame({str(i): pl.from_arrow(text) for i, text in enumerate(texts)})
    high, low = (frame.hash_rows(seed).to_numpy().copy() for seed in SEEDS)
    if len(columns) == 1 and pa.types.is_decimal(columns[0].type):
        small = pc.less(pc.abs(columns[0]), pa.scalar(2**63, columns[0].type)).to_numpy(zero_copy_only=False)
        fitting = columns[0].filter(pa.array(small)).cast(pa.int64())
        high[small], low[small] = _themselves(fitting)
    return high, low


def _themselves(column: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    own = column.to_numpy(zero_copy_only=False).view(np.uint64)
    return own, np.zeros_like(own)
