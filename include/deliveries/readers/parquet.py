"""Parquet: row group by row group, page checksums verified, footer statistics never used.

The footer is the supplier's word. Its row counts place the records (and a row group that holds another number is a
defect), its statistics are ignored, and its sizes only refuse what would be too large. A row group that breaks is a
defect, and reading goes on with the next. Nested columns come as JSON text, a field inside a struct or list by
pointer. INT96 timestamps come as microseconds, so that years beyond 2262 do not wrap.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from checks.batch import Batch, Defect
from include.contracts.model import ObjectSpec
from include.deliveries.readers.arrowcolumns import (
    coded,
    decoded_bytes,
    is_nested,
    is_sound,
    nested_text,
    pieces,
    pointed,
    unreadable,
)
from include.deliveries.readers.base import MIB, Limits, Part, Reader, closed
from include.deliveries.readers.codes import defect
from include.deliveries.readers.jsoncolumns import JSON_TEXT, record_batch, tokens
from include.deliveries.readers.parquetplan import Plan, Refusal, plan

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
        opened = _open(path, "", self.limits)
        if isinstance(opened, Defect):
            return (Part(bytes=size),)
        with opened as file:
            return _cut(file.metadata, size)

    def read(self, path: Path, name: str, spec: ObjectSpec, part: Part | None = None) -> Iterator[Batch | Defect]:
        """See Reader."""
        leads = part is None or part.leads
        opened = _open(path, name, self.limits)
        if isinstance(opened, Defect):
            if leads:
                yield opened
            return
        with opened as file:
            first = 0 if part is None else part.first_row_group
            stop = file.metadata.num_row_groups if part is None else part.stop_row_group
            groups = _Groups(path, file, name, spec, self.limits)
            if leads:
                yield from groups.file_defects()
            yield from groups.read(range(first, stop))


def _open(path: Path, name: str, limits: Limits) -> pq.ParquetFile | Defect:
    code = _outside(path)
    if code is not None:
        return defect(name, code)
    try:
        file = _parquet_file(path)
        _ = file.schema_arrow  # made on demand, and may be what is broken
    except OSError as error:  # what Thrift cannot read
        return defect(name, "encrypted" if "ncrypt" in str(error) else "corrupt-footer")
    except _BAD_BYTES:
        return defect(name, "unsupported-schema")
    if file.metadata.num_columns > limits.columns:
        detail = f"{file.metadata.num_columns} of at most {limits.columns}"
        file.close()
        return defect(name, "too-many-columns", detail=detail)
    return file


def _outside(path: Path) -> str | None:
    """The defect code of what the file's first and last bytes show, None if they are those of a Parquet file."""
    size = path.stat().st_size
    if not size:
        return "empty-file"
    with path.open("rb") as raw:
        head = raw.read(4)
        raw.seek(max(0, size - 8))
        tail = raw.read()
    if _ENCRYPTED in {head, tail[-4:]}:
        return "encrypted"
    if head != _MAGIC:
        return "not-parquet"
    if tail[-4:] != _MAGIC or size < _SMALLEST:
        return "truncated"
    return "corrupt-footer" if int.from_bytes(tail[:4], "little") > size - _SMALLEST else None


def _parquet_file(path: Path, **options: Any) -> pq.ParquetFile:
    return pq.ParquetFile(
        path, page_checksum_verification=True, coerce_int96_timestamp_unit="us", pre_buffer=False, **options
    )


def _code(error: Exception) -> str:
    return "encrypted" if "ncrypt" in str(error) else "corrupt-data"


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

    def __init__(self, path: Path, file: pq.ParquetFile, name: str, spec: ObjectSpec, limits: Limits) -> None:
        self._path = path
        self._file = file
        with path.open("rb") as raw:
            self._map = mmap.mmap(raw.fileno(), 0, access=mmap.ACCESS_READ)
        self._data = memoryview(self._map)
        self._name = name
        self._limits = limits
        self.found = tuple(file.schema_arrow.names)
        self._columns = [(column, place) for column in spec.columns if (place := self._place(column.source))]
        self._wanted = list(dict.fromkeys(place[0] for _, place in self._columns))

    def _place(self, source: str) -> tuple[str, ...]:
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
        pointer, row = f"row group {group + 1}", first
        last = first + self._rows_of(group)
        planned = self._plan(group)
        if isinstance(planned, Refusal):
            yield defect(self._name, planned.code, row=first, pointer=pointer, detail=planned.detail)
            return
        decoded = 0
        for table, doubtful in self._tables(group, planned):
            if isinstance(table, str):
                yield defect(self._name, table, row=row, pointer=pointer, detail=f"{last - row} rows not read")
                return
            size = decoded_bytes(table)
            decoded += size
            if decoded > self._limits.row_group_bytes:
                yield defect(self._name, "too-large", row=row, pointer=pointer, detail=f"{last - row} rows not read")
                return
            for piece, piece_bytes in pieces(table, size, self._limits.batch_bytes):
                yield from self._good(piece, piece_bytes, row, doubtful)
                row += piece.num_rows
        if row != last:
            detail = f"{row - first} instead of {last - first}"
            yield defect(self._name, "row-count", row=first, pointer=pointer, detail=detail)

    def _plan(self, group: int) -> Plan | Refusal:
        try:
            return plan(self._file, self._data, group, self._wanted, self._limits)
        except _BAD_BYTES as error:
            return Refusal(_code(error), "the footer's part on this row group")
        finally:
            if hasattr(mmap, "MADV_DONTNEED"):  # the pages looked at need not stay in our memory
                self._map.madvise(mmap.MADV_DONTNEED)

    def _tables(self, group: int, planned: Plan) -> Iterator[tuple[pa.RecordBatch | str, list[int]]]:
        """The row group's batches as decoded and validated; a defect code, at last, where that breaks.

        With each the columns that may hold values that cannot be had.
        """
        try:
            file = _parquet_file(self._path, metadata=self._file.metadata, read_dictionary=planned.dictionaries)
            tables = file.iter_batches(planned.batch_rows, row_groups=[group], columns=self._wanted, use_threads=False)
            while (table := next(tables, None)) is not None:
                columns = list(enumerate(table.columns))
                yield table, [i for i, column in columns if not is_sound(column) or is_nested(column.type)]
        except _BAD_BYTES as error:
            yield _code(error), []

    def _good(self, table: pa.RecordBatch, size: int, first: int, doubtful: list[int]) -> Iterator[Batch | Defect]:
        """The batch of `size` decoded bytes without its bad records, and their defects."""
        rows = np.arange(first, first + table.num_rows, dtype=np.int64)
        if size > 2 * self._limits.record_bytes:
            yield from (defect(self._name, "too-large", row=int(row), pointer=f"row {row + 1}") for row in rows)
            return
        bad = np.zeros(table.num_rows, dtype=bool)
        for i in doubtful:
            bad |= unreadable(table.column(i))
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
            array = nested_text(array) if nested else coded(array)
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


def _nothing(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)
