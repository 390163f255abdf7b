"""Gather: whole records brought together by a key, in bounded memory: what several labels of one item say at once.

The state is a bag of records, each with its place. What does not fit into memory is spilled to the scratch folder,
sorted into partitions by the key's hash, so that all records of a key meet in one partition, of every gathered state
alike. A check folds over the partitions; nothing it finds may depend on how records came together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import ClassVar, Self

import msgspec
import numpy as np
import pyarrow as pa

from checks.analyzers.keyhash import hash_bytes
from checks.columns import Col, View
from checks.kernel import Analyzer, Spilling, State

PARTITIONS = 64
"""By the upper bits of the key's hash."""

PLACE = (("file", pa.large_string()), ("row", pa.int64()), ("pointer", pa.large_string()))
"""Columns beside those gathered: where each record stands."""

_PARTITION = "\x00partition"


class Stored(msgspec.Struct, frozen=True):
    """Gathered records as bytes: Arrow IPC streams of one partition each, or the names of them."""

    keyless: int
    chunks: tuple[bytes, ...] = ()
    names: tuple[str, ...] = ()


class Gathered(Spilling, frozen=True, eq=False):
    """`key`: the column that brings records together; `loose`: records as they came, in memory; `runs`: files of records,
    one Arrow batch a partition; `keyless`: records without a key, which are only counted."""

    key: str = ""
    loose: tuple[pa.Table, ...] = ()
    runs: tuple[Path, ...] = ()
    keyless: int = 0

    def merge(self, other: Self) -> Self:
        """The records of both."""
        return type(self)(
            self.key or other.key, self.loose + other.loose, self.runs + other.runs, self.keyless + other.keyless
        )

    @property
    def held(self) -> int:
        """Bytes in memory."""
        return sum(int(table.nbytes) for table in self.loose)

    def spilled(self, folder: Path) -> Self:
        """The same records in a file of `folder`."""
        if not self.loose:
            return self
        return type(self)(self.key, (), (*self.runs, _written(self._sorted(), folder)), self.keyless)

    def partitions(self, *others: Gathered) -> Iterator[tuple[pa.Table | None, ...]]:
        """All records, partition by partition: this state's and those of `others` with the same keys.

        Each table is sorted by key, file (by UTF-8 bytes) and row; None where a state has no record there.
        """
        sources = [_Source(state) for state in (self, *others)]
        for number in range(PARTITIONS):
            tables = tuple(source.partition(number) for source in sources)
            if any(table is not None for table in tables):
                yield tables

    @property
    def rows(self) -> int:
        """Records with a key."""
        return sum(int(table.num_rows) for table in self.loose) + sum(_rows(run) for run in self.runs)

    def _sorted(self) -> pa.Table:
        table = pa.concat_tables(self.loose).combine_chunks()
        numbers = _partition_of(table.column(self.key))
        order = np.argsort(numbers, kind="stable")
        table = table.append_column(_PARTITION, pa.array(numbers))
        return table.take(pa.array(order))

    def store(self, put: Callable[[bytes], str] | None = None) -> bytes:
        """Canonical bytes; with `put`, partitions go there, and the bytes name them."""
        packed = (_packed(table) for (table,) in self.partitions() if table is not None)
        chunks, names = (tuple(packed), ()) if put is None else ((), tuple(map(put, packed)))
        return msgspec.msgpack.encode(Stored(self.keyless, chunks, names), order="deterministic")

    @classmethod
    def restore(cls, data: bytes, get: Callable[[str], bytes] | None = None, folder: Path | None = None) -> Self:
        """The records again; partitions are fetched by name, and moved to `folder` one by one if there is one."""
        stored = msgspec.msgpack.decode(data, type=Stored)
        if stored.names and get is None:
            raise ValueError("the chunks of a stored state are elsewhere")
        state = cls(keyless=stored.keyless)
        for chunk in (*stored.chunks, *(get(name) for name in stored.names if get is not None)):
            table = _unpacked(chunk)
            state = state.merge(cls(table.schema.names[0], (table,)))
            if folder is not None and state.held > _RESTORED:
                state = state.spilled(folder)
        return state if folder is None else state.spilled(folder)

    def to_bytes(self) -> bytes:
        """Canonical bytes, whole."""
        return self.store()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The records again."""
        return cls.restore(data)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Gathered) and self.to_bytes() == other.to_bytes()

    def __hash__(self) -> int:
        return hash(self.to_bytes())


_RESTORED = 16 << 20
"""Bytes of a restored state that are kept in memory before they go to the scratch folder."""


@dataclass(frozen=True)
class Gather(Analyzer[Gathered]):
    """The columns `over` of every record, brought together by `by`; one without it is only counted."""

    state_type: ClassVar[type[State]] = Gathered

    object: str
    by: Col
    over: tuple[Col, ...]

    def columns(self) -> frozenset[str]:
        """The key's column and the others."""
        return frozenset({self.by.name, *(col.name for col in self.over)})

    def zero(self) -> Gathered:
        """No record."""
        return Gathered()

    def observe(self, view: View) -> Gathered:
        """One batch."""
        keys = view.typed(self.by).cast(pa.large_string())
        at = np.flatnonzero(keys.is_valid().to_numpy(zero_copy_only=False))
        keyless = view.num_rows - len(at)
        if not len(at):
            return Gathered(keyless=keyless)
        chosen = pa.array(at)
        columns = {self.by.name: keys.take(chosen)}
        columns |= {col.name: view.typed(col).take(chosen) for col in self.over if col.name != self.by.name}
        return Gathered(self.by.name, (pa.table({**columns, **_places(view, at)}),), (), keyless)


def _places(view: View, at: np.ndarray) -> dict[str, pa.Array]:
    """Where the records at these positions stand."""
    batch = view.batch
    names = pa.array(batch.files(), pa.large_string())
    if batch.pointers is None:
        pointers = pa.array([pointer for _, _, pointer in batch.places(at)], pa.large_string())
    else:
        pointers = batch.pointers.cast(pa.large_string()).take(pa.array(at))
    files = names.take(pa.array(batch.file_codes(at)))
    return {"file": files, "row": pa.array(view.rows()[at], pa.int64()), "pointer": pointers}


class _Source:
    """A state, to be read partition by partition: what is in memory is sorted once, files are read piece by piece."""

    def __init__(self, state: Gathered) -> None:
        self._key = state.key
        self._runs = [pa.ipc.open_file(pa.OSFile(str(run))) for run in state.runs]
        self._loose = state._sorted() if state.loose else None  # noqa: SLF001 - the other half of one class
        if self._loose is not None:
            numbers = self._loose.column(_PARTITION).to_numpy()
            self._starts = np.searchsorted(numbers, np.arange(PARTITIONS + 1))

    def partition(self, number: int) -> pa.Table | None:
        tables = [pa.Table.from_batches([run.get_batch(number)]) for run in self._runs]
        if self._loose is not None:
            start, stop = int(self._starts[number]), int(self._starts[number + 1])
            tables.append(self._loose.slice(start, stop - start).drop_columns([_PARTITION]))
        tables = [table for table in tables if table.num_rows]
        if not tables:
            return None
        return pa.concat_tables(tables).combine_chunks().sort_by(_order(self._key))


def _order(key: str) -> list[tuple[str, str]]:
    return [(name, "ascending") for name in dict.fromkeys((key, "file", "row", "pointer"))]


def _partition_of(keys: pa.ChunkedArray) -> np.ndarray:
    whole = keys.combine_chunks() if isinstance(keys, pa.ChunkedArray) else keys
    hashes = hash_bytes(whole.cast(pa.large_binary()))
    return (hashes >> np.uint64(58)).astype(np.int8)


def _written(table: pa.Table, folder: Path) -> Path:
    """A file of one batch a partition."""
    starts = np.searchsorted(table.column(_PARTITION).to_numpy(), np.arange(PARTITIONS + 1)).tolist()
    table = table.drop_columns([_PARTITION])
    with NamedTemporaryFile(dir=folder, prefix="gathered-", suffix=".arrow", delete=False) as file:
        with pa.ipc.new_file(file, table.schema) as writer:
            for start, stop in pairwise(starts):
                writer.write_batch(_one_batch(table.slice(start, stop - start)))
        return Path(file.name)


def _one_batch(table: pa.Table) -> pa.RecordBatch:
    batches = table.combine_chunks().to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=table.schema)


def _rows(run: Path) -> int:
    with pa.memory_map(str(run)) as source:
        reader = pa.ipc.open_file(source)
        return sum(int(reader.get_batch(i).num_rows) for i in range(reader.num_record_batches))


def _packed(table: pa.Table) -> bytes:
    """Equal records give equal bytes: the values are taken into fresh buffers."""
    fresh = table.take(pa.array(np.arange(table.num_rows)))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, fresh.schema) as writer:
        writer.write_batch(_one_batch(fresh))
    return bytes(sink.getvalue())


def _unpacked(data: bytes) -> pa.Table:
    try:
        return pa.ipc.open_stream(pa.py_buffer(data)).read_all()
    except pa.ArrowException as error:
        raise ValueError("a chunk of a stored state is broken") from error


def groups(table: pa.Table, key: str) -> Iterator[tuple[str, int, int]]:
    """The runs of equal keys of a sorted partition: key, first row, row after the last."""
    column = table.column(key)
    if not len(column):
        return
    codes = column.combine_chunks().dictionary_encode()
    codes = codes.combine_chunks() if isinstance(codes, pa.ChunkedArray) else codes
    numbers = codes.indices.to_numpy(zero_copy_only=False)
    starts = np.flatnonzero(np.concatenate(([True], numbers[1:] != numbers[:-1]))).tolist()
    for start, stop in zip(starts, [*starts[1:], len(numbers)], strict=True):
        yield str(codes.dictionary[int(numbers[start])]), start, stop
