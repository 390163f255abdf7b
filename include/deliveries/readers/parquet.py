"""Parquet: row group by row group, page checksums verified, footer statistics never used.

The footer is the supplier's word. Its row counts place the records (and a row group that holds another number is a
defect), its statistics are ignored, and its sizes only refuse what would be too large. A row group that breaks is a
defect, and reading goes on with the next. Nested columns come as JSON text, a field inside a struct or list by
pointer. INT96 timestamps come as microseconds, so that years beyond 2262 do not wrap.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from checks.batch import Batch, Defect
from include.contracts.model import ObjectSpec
from include.deliveries.readers.arrowcolumns import is_nested, nested_text, pointed, unreadable
from include.deliveries.readers.base import MIB, Limits, Part, Reader, closed
from include.deliveries.readers.codes import defect
from include.deliveries.readers.jsoncolumns import JSON_TEXT, record_batch, tokens

_MAGIC, _ENCRYPTED = b"PAR1", b"PARE"
_SMALLEST = 12  # two magics and the footer's length
_PART_BYTES = 16 * MIB  # row groups smaller than this share a part
_BAD_BYTES = (pa.ArrowException, OSError, ValueError, KeyError, UnicodeDecodeError, MemoryError, OverflowError)


class ParquetReader(Reader):
    """Apache Parquet files."""

    format = "parquet"
    options: ClassVar[Mapping[str, Any]] = closed()

    def parts(self, path: Path, spec: ObjectSpec) -> tuple[Part, ...]:  # noqa: ARG002 - the cuts are the file's own
        """Runs of row groups of about 16 MiB; one Part for a file whose footer cannot be read."""
        size = path.stat().st_size
        opened = _open(path, "")
        if isinstance(opened, Defect):
            return (Part(bytes=size),)
        with opened as file:
            return _cut(file.metadata, size)

    def read(self, path: Path, name: str, spec: ObjectSpec, part: Part | None = None) -> Iterator[Batch | Defect]:
        """See Reader."""
        leads = part is None or part.leads
        opened = _open(path, name)
        if isinstance(opened, Defect):
            if leads:
                yield opened
            return
        with opened as file:
            first = 0 if part is None else part.first_row_group
            stop = file.metadata.num_row_groups if part is None else part.stop_row_group
            groups = _Groups(file, name, spec, self.limits)
            if leads:
                yield from groups.file_defects()
            yield from groups.read(range(first, stop))


def _open(path: Path, name: str) -> pq.ParquetFile | Defect:
    size = path.stat().st_size
    if not size:
        return defect(name, "empty-file")
    with path.open("rb") as raw:
        head = raw.read(4)
        raw.seek(max(0, size - 4))
        tail = raw.read(4)
    if _ENCRYPTED in {head, tail}:
        return defect(name, "encrypted")
    if head != _MAGIC:
        return defect(name, "not-parquet")
    if tail != _MAGIC or size < _SMALLEST:
        return defect(name, "truncated", detail="no Parquet footer at the end")
    try:
        file = pq.ParquetFile(path, page_checksum_verification=True, coerce_int96_timestamp_unit="us", pre_buffer=False)
        _ = file.schema_arrow  # made on demand, and may be what is broken
    except _BAD_BYTES as error:
        return defect(name, "encrypted" if "ncrypt" in str(error) else "corrupt-footer")
    return file


def _cut(metadata: pq.FileMetaData, size: int) -> tuple[Part, ...]:
    parts: list[Part] = []
    first = row = first_row = taken = 0
    for group in range(metadata.num_row_groups):
        found = metadata.row_group(group)
        row += max(0, found.num_rows)
        taken += sum(max(0, found.column(i).total_compressed_size) for i in range(found.num_columns))
        if taken >= _PART_BYTES:
            parts.append(Part(first, group + 1, first_row, min(taken, size)))
            first, first_row, taken = group + 1, row, 0
    if first < metadata.num_row_groups or not parts:
        parts.append(Part(first, metadata.num_row_groups, first_row, min(taken, size)))
    return tuple(parts)


class _Groups:
    """The row groups of one open file."""

    def __init__(self, file: pq.ParquetFile, name: str, spec: ObjectSpec, limits: Limits) -> None:
        self._file = file
        self._name = name
        self._limits = limits
        self.found = tuple(file.schema_arrow.names)
        self._columns = [(column, path) for column in spec.columns if (path := self._path(column.source))]
        self._wanted = list(dict.fromkeys(path[0] for _, path in self._columns))

    def _path(self, source: str) -> tuple[str, ...]:
        """Where a column is: (name,), or name and the way into it; () if the file has no such column."""
        if source in self.found:
            return (source,)
        path = tokens(source)
        if not path or path[0] not in self.found:
            return ()
        inner = pointed(self._file.schema_arrow.field(self.found.index(path[0])).type, path[1:])
        return () if inner is None else path

    def file_defects(self) -> Iterator[Defect]:
        """What is wrong with the file as a whole."""
        seen: set[str] = set()
        for number, column in enumerate(self.found, 1):
            if not column.strip():
                yield defect(self._name, "blank-header", pointer=f"column {number}")
            elif column in seen:
                yield defect(self._name, "duplicate-column", pointer=f"column {number}")
            seen.add(column)
        claimed = self._file.metadata.num_rows
        counted = sum(self._rows_of(group) for group in range(self._file.metadata.num_row_groups))
        if claimed != counted:
            yield defect(
                self._name, "row-count", detail=f"{claimed} claimed for the file, {counted} for its row groups"
            )

    def read(self, groups: range) -> Iterator[Batch | Defect]:
        """Batches and defects of these row groups, in order."""
        row = sum(self._rows_of(group) for group in range(groups.start))
        some = False
        for group in groups:
            for found in self._group(group, row):
                some = some or isinstance(found, Batch)
                yield found
            row += self._rows_of(group)
        if not some:
            yield self._batch(_nothing(self._file.schema_arrow), np.arange(0), row)

    def _rows_of(self, group: int) -> int:
        return max(0, int(self._file.metadata.row_group(group).num_rows))

    def _group(self, group: int, first: int) -> Iterator[Batch | Defect]:
        pointer, claimed, row = f"row group {group + 1}", self._rows_of(group), first
        size = self._decoded(group)
        if size > self._limits.row_group_bytes:
            yield defect(self._name, "too-large", row=first, pointer=pointer, detail=f"{size} bytes decoded")
            return
        tables = self._file.iter_batches(
            self._limits.batch_rows, row_groups=[group], columns=self._wanted, use_threads=False
        )
        while True:
            try:
                table = next(tables, None)
                if table is None:
                    break
                bad = _unreadable_rows(table)
            except _BAD_BYTES as error:
                code = "encrypted" if "ncrypt" in str(error) else "corrupt-data"
                yield defect(
                    self._name, code, row=row, pointer=pointer, detail=f"{first + claimed - row} rows not read"
                )
                return
            yield from self._good(table, bad, row)
            row += table.num_rows
        if row - first != claimed:
            detail = f"{row - first} instead of {claimed}"
            yield defect(self._name, "row-count", row=first, pointer=pointer, detail=detail)

    def _decoded(self, group: int) -> int:
        """What the footer says the needed columns of a row group take when decoded."""
        found = self._file.metadata.row_group(group)
        wanted = set(self._wanted)
        columns = (found.column(i) for i in range(found.num_columns))
        return sum(max(0, c.total_uncompressed_size) for c in columns if c.path_in_schema.split(".")[0] in wanted)

    def _good(self, table: pa.RecordBatch, bad: np.ndarray, first: int) -> Iterator[Batch | Defect]:
        """The batch without its bad records, and their defects."""
        rows = np.arange(first, first + table.num_rows, dtype=np.int64)
        for row in rows[bad]:
            yield defect(self._name, "undecodable-value", row=int(row), pointer=f"row {row + 1}")
        if bad.any():
            table, rows = table.filter(pa.array(~bad)), rows[~bad]
        if len(rows):
            yield self._batch(table, rows, first)

    def _batch(self, table: pa.RecordBatch, rows: np.ndarray, first: int) -> Batch:
        arrays, fields = [], []
        for column, path in self._columns:
            array = self._extract(table, path)
            nested = is_nested(array.type)
            array = nested_text(array) if nested else array
            arrays.append(array)
            fields.append(pa.field(column.col.name, array.type, metadata=JSON_TEXT if nested else None))
        consecutive = not len(rows) or int(rows[-1]) - int(rows[0]) + 1 == len(rows)
        return Batch(
            file=self._name,
            table=record_batch(arrays, fields, len(rows)),
            first_row=int(rows[0]) if len(rows) else first,
            rows=None if consecutive else rows,
            found=self.found,
        )

    def _extract(self, table: pa.RecordBatch, path: tuple[str, ...]) -> pa.Array:
        array = table.column(table.schema.names.index(path[0]))
        inner = pointed(array, path[1:])
        assert isinstance(inner, pa.Array)
        return inner


def _unreadable_rows(table: pa.RecordBatch) -> np.ndarray:
    bad = np.zeros(table.num_rows, dtype=bool)
    for column in table.columns:
        bad |= unreadable(column)
    return bad


def _nothing(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)
