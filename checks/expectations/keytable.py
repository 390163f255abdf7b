"""Keys of records with their places: which stand more than once, in any file or shard, missing parts included.

A key is kept as two 64-bit hashes of different seeds (a false repetition has odds of about n^2 / 2^129, and can only fail
a delivery, never pass one); with its place it takes 28 bytes a record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import polars as pl
import pyarrow as pa

from checks.analyzers.failing import EXAMPLES, FAILURE_ROWS, Failing, Sample, ranges_of
from checks.columns import Col, View
from checks.expectations.records import Ignore, looked_at
from checks.expectations.scalars import unsigned
from checks.kernel import Analyzer, State

SEEDS = (0x9E3779B97F4A7C15, 0xD1B54A32D192ED03)
KEY = np.dtype([("high", "<u8"), ("low", "<u8"), ("file", "<u4"), ("row", "<i8")])


class KeyTable(State, frozen=True):
    """`records`: KEY structs end to end in canonical order once written, `file` an index into the sorted `files`;
    `pointers`: how a row of each file is shown."""

    files: tuple[str, ...] = ()
    pointers: tuple[str, ...] = ()
    records: bytes = b""

    def table(self) -> np.ndarray:
        """The records, KEY [n]."""
        return np.frombuffer(self.records, dtype=KEY)

    def merge(self, other: Self) -> Self:
        """All keys of both."""
        if not other.records or not self.records:
            return self if self.records else other
        named = dict(zip(self.files, self.pointers, strict=True)) | dict(zip(other.files, other.pointers, strict=True))
        files = tuple(sorted(named, key=lambda f: f.encode("utf-8", "surrogatepass")))
        place = {file: i for i, file in enumerate(files)}
        parts = []
        for state in (self, other):
            moved = state.table().copy()
            moved["file"] = np.array([place[f] for f in state.files], dtype="<u4")[moved["file"]]
            parts.append(moved)
        return type(self)(files, tuple(named[f] for f in files), np.concatenate(parts).tobytes())

    def to_bytes(self) -> bytes:
        """Canonical: sorted records."""
        ordered = np.sort(self.table(), order=("high", "low", "file", "row"))
        return State.to_bytes(type(self)(self.files, self.pointers, ordered.tobytes()))

    def repeated(self) -> Failing:
        """All records whose key stands at another place too; `tested` counts all keys."""
        table = self.table()
        keys = table[np.lexsort((table["low"], table["high"]))]
        again = (keys["high"][1:] == keys["high"][:-1]) & (keys["low"][1:] == keys["low"][:-1])
        shared = np.zeros(len(keys), dtype=bool)
        shared[1:] |= again
        shared[:-1] |= again
        found = keys[shared]
        found = found[np.lexsort((found["row"], found["file"]))]
        kept = found[:FAILURE_ROWS]
        places = {self.files[c]: ranges_of(kept["row"][kept["file"] == c]) for c in np.unique(kept["file"])}
        return Failing(len(table), len(found), places, tuple(self._example(r) for r in found[:EXAMPLES]))

    def _example(self, record: np.void) -> Sample:
        code, row = int(record["file"]), int(record["row"])
        return self.files[code], row, self.pointers[code].format(row=row, number=row + 1), ""


@dataclass(frozen=True)
class RecordKeys(Analyzer[KeyTable]):
    """Hashes of the columns `parts` of every record that is looked at; a missing value is a key's part like another."""

    state_type: ClassVar[type[State]] = KeyTable

    object: str
    parts: tuple[Col, ...]
    ignore: Ignore

    def columns(self) -> frozenset[str]:
        """The key's columns."""
        return frozenset(col.name for col in self.parts)

    def zero(self) -> KeyTable:
        """No key."""
        return KeyTable()

    def observe(self, view: View) -> KeyTable:
        """One batch."""
        looked = looked_at(view, self.parts, self.ignore)
        if not looked.any():
            return KeyTable()
        mask = pa.array(looked)
        records = np.empty(int(looked.sum()), dtype=KEY)
        records["high"], records["low"] = _hashes([view.typed(col).filter(mask) for col in self.parts])
        names, codes = view.batch.files(), view.batch.file_codes(np.flatnonzero(looked))
        used = sorted(np.unique(codes).tolist(), key=names.__getitem__)
        numbers = np.zeros(len(names), dtype=np.int64)
        numbers[used] = np.arange(len(used))
        records["file"] = numbers[codes]
        records["row"] = view.rows()[looked]
        templates = view.batch.templates()
        return KeyTable(
            tuple(names[i] for i in used),
            tuple(templates[i] for i in used),
            records[np.lexsort((records["row"], records["file"]))].tobytes(),
        )


def _hashes(columns: list[pa.Array]) -> list[np.ndarray]:
    """Two hashes of each row, uint64 [n]; equal values have equal texts in every batch, -0.0 is 0.0."""
    texts = {str(i): pl.from_arrow(unsigned(column).cast(pa.large_string())) for i, column in enumerate(columns)}
    frame = pl.DataFrame(texts)
    return [frame.hash_rows(seed).to_numpy() for seed in SEEDS]
