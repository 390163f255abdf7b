"""Rows of text fields on their way into batches: width checked, empty fields null, indices counted.

`Rows.block` takes a stretch of well-formed records through pyarrow; `Rows.add` takes one record. Both give the same.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.csv

from checks.batch import Batch, Defect
from include.contracts.model import ObjectSpec
from include.deliveries.readers.base import Limits
from include.deliveries.readers.codes import defect
from include.deliveries.readers.dialect import Dialect, Record, skip_blank

_BOM = "\ufeff"  # pyarrow drops one at the start of its input; in the middle of a file it is data


class Rows:
    """The rows of one file. `next` is the index of the next record."""

    def __init__(self, name: str, spec: ObjectSpec, header: tuple[str, ...], dialect: Dialect, limits: Limits) -> None:
        self._name = name
        self._header = header
        self._dialect = dialect
        self._limits = limits
        place = {column: i for i, column in reversed(list(enumerate(header)))}
        self._places = [place[column.source] for column in spec.columns if column.source in place]
        names = [column.col.name for column in spec.columns if column.source in place]
        self._schema = pa.schema([pa.field(column, pa.string()) for column in names])
        self._held: list[tuple[str, ...]] = []
        self._indices: list[int] = []
        self._chars = 0
        self._batches = 0
        self.next = 0

    def add(self, record: Record) -> Iterator[Batch | Defect]:
        """One record: held for the next batch, or a defect. It takes an index either way."""
        row, self.next = self.next, self.next + 1
        if record.fault is not None:
            yield defect(self._name, record.fault, row=row, pointer=f"row {row + 1}")
        elif len(record.fields) != len(self._header):
            detail = f"{len(record.fields)} instead of {len(self._header)}"
            yield defect(self._name, "field-count", row=row, pointer=f"row {row + 1}", detail=detail)
        else:
            self._held.append(record.fields)
            self._indices.append(row)
            self._chars += sum(map(len, record.fields))
            if len(self._held) >= self._limits.batch_rows or self._chars >= self._limits.batch_bytes // 4:
                yield from self.flush()

    def block(self, text: str) -> Iterator[Batch | Defect]:
        """A stretch of whole records, each closed by a line break."""
        table = self._parsed(text)
        if table is None:
            yield from self._one_by_one(text)
            return
        yield from self.flush()
        rows = self._limits.batch_rows
        for start in range(0, table.num_rows, rows):
            piece = table.slice(start, rows)
            yield self._batch(piece, None)
            self.next += piece.num_rows

    def _one_by_one(self, text: str) -> Iterator[Batch | Defect]:
        at = skip_blank(text, 0)
        while at < len(text):
            found = self._dialect.record(text, at, ended=True)
            assert found is not None
            yield from self.add(found)
            at = skip_blank(text, found.end)

    def _parsed(self, text: str) -> pa.RecordBatch | None:
        """The block as pyarrow reads it; None where it refuses, for instance a row of another width."""
        if text.startswith(_BOM) or not self._places:
            return None
        data = text.encode()
        names = [str(i) for i in range(len(self._header))]
        wanted = list(dict.fromkeys(str(i) for i in self._places))
        try:
            table = pyarrow.csv.read_csv(
                pa.BufferReader(data),
                pyarrow.csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=names),
                pyarrow.csv.ParseOptions(
                    delimiter=self._dialect.delimiter,
                    quote_char=self._dialect.quote or False,
                    double_quote=True,
                    newlines_in_values=True,
                ),
                pyarrow.csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    include_columns=wanted,
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=True,
                    check_utf8=False,
                ),
            )
        except pa.ArrowInvalid:
            return None
        columns = [_single(table.column(str(i))) for i in self._places]
        return pa.RecordBatch.from_arrays(columns, schema=self._schema)

    def flush(self) -> Iterator[Batch]:
        """What is held, as a batch."""
        if not self._held:
            return
        by_field = list(zip(*self._held, strict=True))
        columns = [pa.array([text or None for text in by_field[i]], pa.string()) for i in self._places]
        yield self._batch(self._table(columns, len(self._held)), np.asarray(self._indices, dtype=np.int64))
        self._held, self._indices, self._chars = [], [], 0

    def finish(self) -> Iterator[Batch]:
        """The last rows; a batch of no rows if there were none, so that the columns are known."""
        yield from self.flush()
        if not self._batches:
            yield self._batch(self._table([pa.array([], pa.string()) for _ in self._places], 0), None)

    def _table(self, columns: list[pa.Array], rows: int) -> pa.RecordBatch:
        if columns:
            return pa.RecordBatch.from_arrays(columns, schema=self._schema)
        return pa.RecordBatch.from_struct_array(pa.array([{}] * rows, pa.struct([])))

    def _batch(self, table: pa.RecordBatch, rows: np.ndarray | None) -> Batch:
        self._batches += 1
        first = self.next if rows is None else int(rows[0])
        if rows is not None and int(rows[-1]) - first + 1 == len(rows):
            rows = None
        return Batch(self._name, table, first_row=first, rows=rows, lexical=True, found=self._header)


def _single(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)
