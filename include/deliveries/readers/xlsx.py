"""XLSX: one worksheet as a table, its cells as they are stored, nothing repaired.

The sheet is the first one, or the contract's `sheet`; hidden sheets, rows and columns are read like others. Its header is
the first row that is not blank, or the contract's `header`; columns reach from the header's first name to its last. A
blank row is no record; a record's index is its row in the sheet, so that `Sheet1!A17` is where a person finds it. Only
cells of declared columns are looked into. An error value (#N/A), a formula without its result, and what is no value at
all are defects, and their record is left out. Merged cells over records are a defect: only the first of them has a value.
Built on the standard library's zipfile and expat: the libraries for workbooks hold whole sheets, or do not tell an error
from a text, or a missing result from an empty cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from checks.batch import Batch, Defect
from include.contracts.model import ObjectSpec
from include.deliveries.readers.base import Limits, Part, Reader, closed
from include.deliveries.readers.codes import defect
from include.deliveries.readers.jsoncolumns import JSON_TEXT, record_batch
from include.deliveries.readers.xlsxbook import Book, Sheet, read_book
from include.deliveries.readers.xlsxcells import Fault, Value, column, label, value_of
from include.deliveries.readers.xlsxpackage import BAD_BYTES, Package, Refused, open_package
from include.deliveries.readers.xlsxsheet import COLUMNS, ROWS, Row, SheetRows, letters, place, rows_of

Placed = tuple[int, Value | Fault]
"""A column, and what stands there."""

_PLAIN_NAME = re.compile(r"[^\W\d][\w.]*")


class XlsxReader(Reader):
    """Office Open XML workbooks, transitional and strict."""

    format = "xlsx"
    options: ClassVar[Mapping[str, Any]] = closed(
        sheet={
            "oneOf": [{"type": "string", "minLength": 1, "maxLength": 255}, {"type": "integer", "minimum": 1}],
            "description": "The worksheet by name, or by number from 1; without it, the first, which must be the only one with cells.",
        },
        header={
            "oneOf": [{"type": "integer", "minimum": 1, "maximum": ROWS}, {"const": False}],
            "description": "The header's row number; false: no header, columns are named 1, 2, 3 ... by position. Without it, the first row that is not blank.",
        },
        range={
            "type": "string",
            "pattern": "^[A-Z]{1,3}[1-9][0-9]{0,6}:[A-Z]{1,3}[1-9][0-9]{0,6}$",
            "description": "The cells of the table, header included, such as B3:F200; cells outside are not looked at.",
        },
    )

    def read(self, path: Path, name: str, spec: ObjectSpec, part: Part | None = None) -> Iterator[Batch | Defect]:  # noqa: ARG002 - one part
        """See Reader. What follows the place where the file breaks is not read, and a defect says so."""
        package = open_package(path, name, self.limits)
        if isinstance(package, Defect):
            yield package
            return
        table: _Table | None = None
        with package:
            try:
                book = read_book(package, self.limits)
                sheet = _chosen(book, spec.reader.get("sheet"))
                table = _Table(name, spec, book, sheet, self.limits)
                if "sheet" not in spec.reader and (more := _others(package, book, self.limits)):
                    yield defect(name, "several-sheets", detail=f"{more} more with cells")
                yield from table.read(package)
            except Refused as stop:
                yield from _broken(table, defect(name, stop.code, detail=stop.detail))
            except BAD_BYTES:
                yield from _broken(table, defect(name, "corrupt-workbook"))


def _broken(table: _Table | None, found: Defect) -> Iterator[Batch | Defect]:
    """What was read before the file broke, and the defect, at the row that would have come next."""
    if table is None:
        yield found
        return
    yield from table.finish()
    row = table.next if table.started else -1
    yield Defect(found.file, row, "", found.list, found.code, f"{found.message}; the rest was not read")


def _chosen(book: Book, wanted: str | int | None) -> Sheet:
    number = 1 if wanted is None else wanted
    for i, sheet in enumerate(book.sheets, 1):
        if number == i or (isinstance(number, str) and sheet.name.casefold() == number.casefold()):
            return sheet
    raise Refused("sheet-absent", f"{len(book.sheets)} worksheets")


def _others(package: Package, book: Book, limits: Limits) -> int:
    """How many sheets after the first have cells that are not blank."""
    return sum(
        any(
            value_of(cell, book) is not None
            for row in rows_of(package, sheet.part, SheetRows(limits))
            for cell in row.cells
        )
        for sheet in book.sheets[1:]
    )


@dataclass(frozen=True, slots=True)
class _Area:
    """Rows from 1 and columns from 0, ends included."""

    first_row: int = 1
    first: int = 0
    last_row: int = ROWS
    last: int = COLUMNS - 1

    @classmethod
    def of(cls, text: str | None) -> _Area | None:
        """`B3:F200`, or B3 alone; the whole sheet for None."""
        if text is None:
            return cls()
        a, _, b = text.partition(":")
        start, stop = place(a), place(b or a)
        if start is None or stop is None or start > stop or start[1] > stop[1]:
            return None
        return cls(*start, *stop)


class _Table:
    """The table being read: its header, and records on their way into batches. `next`: the index after the last row."""

    def __init__(self, name: str, spec: ObjectSpec, book: Book, sheet: Sheet, limits: Limits) -> None:
        area = _Area.of(spec.reader.get("range"))
        if area is None:
            raise Refused("sheet-absent", "the contract's range is no range of a sheet")
        self._name, self._spec, self._book, self._sheet, self._limits = name, spec, book, sheet, limits
        self._area = area
        self._header: tuple[str, ...] | None = None
        self._first = area.first
        self._at_row = 0
        self._wanted: frozenset[int] = frozenset()
        self._held: list[list[Value]] = []
        self._rows: list[int] = []
        self._chars = 0
        self._batches = 0
        self.next = 0
        self._shown = sheet.name if _PLAIN_NAME.fullmatch(sheet.name) else "'" + sheet.name.replace("'", "''") + "'"

    def read(self, package: Package) -> Iterator[Batch | Defect]:
        """Everything of the sheet."""
        sheet = SheetRows(self._limits)
        for row in rows_of(package, self._sheet.part, sheet):
            if self._area.first_row <= row.number <= self._area.last_row:
                yield from self._row(row)
            self.next = row.number
        if self._header is None:
            yield defect(self._name, "empty-file")
            return
        yield from self.finish()
        for merge in sheet.merges:
            yield from self._merge(merge)

    def _row(self, row: Row) -> Iterator[Batch | Defect]:
        given, area = self._spec.reader.get("header"), self._area
        values = [(c.column, value_of(c, self._book)) for c in row.cells if area.first <= c.column <= area.last]
        cells = [(at, value) for at, value in values if value is not None]
        if self._header is not None:
            yield from self._record(row, cells)
        elif given is False:
            if cells:
                last = area.last if "range" in self._spec.reader else cells[-1][0]
                self._columns(tuple(str(i + 1) for i in range(last - area.first + 1)), area.first, 0)
                yield from self._record(row, cells)
        elif given is None or row.number == given:
            yield from self._take_header(row, cells)
        elif row.number > given:
            raise Refused("empty-file", "no header in its row")

    def _take_header(self, row: Row, cells: Sequence[Placed]) -> Iterator[Defect]:
        if row.fault is not None:
            raise Refused(row.fault, "in the header")
        if not cells:
            return
        names: dict[int, str] = {}
        for at, value in cells:
            if isinstance(value, Fault):
                yield self._defect(value.code, row.number, at, whole=True)
            else:
                names[at] = label(value)
        if not names:
            raise Refused("empty-file", "no name in the header")
        first, last = min(names), max(names)
        if last - first >= self._limits.columns:
            raise Refused("too-many-columns", f"{last - first + 1} of at most {self._limits.columns}")
        header = tuple(names.get(i, "") for i in range(first, last + 1))
        seen: set[str] = set()
        for i, word in enumerate(header):
            if not word.strip():
                yield self._defect("blank-header", row.number, first + i, whole=True)
            elif word in seen:
                yield self._defect("duplicate-column", row.number, first + i, whole=True)
            seen.add(word)
        self._columns(header, first, row.number)

    def _columns(self, header: tuple[str, ...], first: int, row: int) -> None:
        self._header, self._first, self._at_row = header, first, row
        places = {name: i for i, name in reversed(list(enumerate(header)))}
        declared = [spec for spec in self._spec.columns if spec.source in places]
        self._declared = [spec.col for spec in declared]
        self._places = [places[spec.source] + first for spec in declared]
        self._wanted = frozenset(self._places)

    def _record(self, row: Row, cells: Sequence[Placed]) -> Iterator[Batch | Defect]:
        if row.fault is not None:
            yield self._defect(row.fault, row.number, self._first)
            return
        if not cells:
            return
        assert self._header is not None
        for at in (cells[0][0], cells[-1][0]):
            if not self._first <= at < self._first + len(self._header):
                yield self._defect("field-count", row.number, at)
                return
        found: dict[int, Value] = {}
        for at, value in cells:
            if at not in self._wanted:
                continue
            if isinstance(value, Fault):
                yield self._defect(value.code, row.number, at)
                return
            found[at] = value
        chars = sum(len(value) if isinstance(value, str) else 8 for value in found.values())
        if chars > self._limits.record_chars:
            yield self._defect("too-large", row.number, self._first)
            return
        self._held.append([found.get(at) for at in self._places])
        self._rows.append(row.number - 1)
        self._chars += chars
        if len(self._held) >= self._limits.batch_rows or self._chars >= self._limits.batch_bytes // 4:
            yield self._batch()

    @property
    def started(self) -> bool:
        """Is the header known?"""
        return self._header is not None

    def finish(self) -> Iterator[Batch]:
        """What is held; a batch of no rows if there was no record, so that the columns are known."""
        if self._header is not None and (self._held or not self._batches):
            yield self._batch()

    def _batch(self) -> Batch:
        arrays, fields = [], []
        for i, col in enumerate(self._declared):
            array, is_text = column([values[i] for values in self._held], col)
            arrays.append(array)
            fields.append(pa.field(col.name, array.type, metadata=JSON_TEXT if is_text else None))
        rows = np.asarray(self._rows, dtype=np.int64)
        consecutive = not len(rows) or int(rows[-1]) - int(rows[0]) + 1 == len(rows)
        batch = Batch(
            file=self._name,
            table=record_batch(arrays, fields, len(rows)),
            first_row=int(rows[0]) if len(rows) else self._at_row,
            rows=None if consecutive else rows,
            found=self._header or (),
            pointer=f"{self._shown}!{letters(self._first)}".replace("{", "{{").replace("}", "}}") + "{number}",
        )
        self._held, self._rows, self._chars = [], [], 0
        self._batches += 1
        return batch

    def _merge(self, text: str) -> Iterator[Defect]:
        """Merged cells that lie over records of the table, all or in part."""
        found = _Area.of(text)
        assert self._header is not None
        if found is None:
            yield defect(self._name, "corrupt-workbook", detail="merged cells that are no range")
            return
        first, last = max(found.first, self._first), min(found.last, self._first + len(self._header) - 1)
        top, bottom = (
            max(found.first_row, self._at_row + 1, self._area.first_row),
            min(found.last_row, self._area.last_row),
        )
        if first <= last and top <= bottom and (found.first, found.first_row) != (found.last, found.last_row):
            yield defect(self._name, "merged-cells", row=top - 1, pointer=f"{self._shown}!{text}")

    def _defect(self, code: str, number: int, at: int, *, whole: bool = False) -> Defect:
        pointer = f"{self._shown}!{letters(at)}{number}"
        return defect(self._name, code, row=-1 if whole else number - 1, pointer=pointer)
