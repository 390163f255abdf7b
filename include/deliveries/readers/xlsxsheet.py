"""The rows of a worksheet as its XML gives them, one at a time: cells with their type, style, text and place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from include.deliveries.readers.base import Limits
from include.deliveries.readers.xlsxpackage import BAD_BYTES, Attributes, Handler, Package, Refused

ROWS, COLUMNS = 1_048_576, 16_384
_MERGES = 100_000
_PLACE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")


@dataclass(frozen=True, slots=True)
class Cell:
    """`column` counts from 0. `text`: what stands in it, None for nothing. `formula`: it has one."""

    column: int
    type: str
    style: int
    text: str | None
    formula: bool


@dataclass(slots=True)
class Row:
    """`number` counts from 1. `fault`: why the row as a whole cannot be had, a defect code."""

    number: int
    cells: list[Cell] = field(default_factory=list)
    fault: str | None = None


def letters(column: int) -> str:
    """A column's letters: 0 is A."""
    word = ""
    while column >= 0:
        column, last = divmod(column, 26)
        word, column = chr(65 + last) + word, column - 1
    return word


def place(text: str) -> tuple[int, int] | None:
    """`B7` as row 7 and column 1; None if that is no place in a sheet."""
    found = _PLACE.fullmatch(text)
    if found is None:
        return None
    column = 0
    for letter in found.group(1):
        column = column * 26 + ord(letter) - 64
    row = int(found.group(2))
    return (row, column - 1) if row <= ROWS and column <= COLUMNS else None


class SheetRows(Handler):
    """Collects rows until they are taken."""

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self.rows: list[Row] = []
        self.merges: list[str] = []
        self._most = limits.record_chars
        self._row: Row | None = None
        self._last = 0
        self._next = self._chars = 0
        self._cell: tuple[int, str, int] | None = None
        self._pieces: list[str] | None = None
        self._formula = False

    def opened(self, name: str, attributes: Attributes) -> None:
        """A row, a cell or something in a cell begins."""
        if name == "c" and self._row is not None:
            self._open_cell(self._row, attributes)
        elif self._cell is not None:
            if name in {"v", "is"}:
                self._pieces = []
            elif name == "f":
                self._formula = True
        elif name == "row" and self.path[-2:-1] == ["sheetData"]:
            self._open_row(attributes)
        elif name == "mergeCell":
            if len(self.merges) >= _MERGES:
                raise Refused("too-large", "merged cells")
            self.merges.append(attributes.get("ref", ""))

    def _open_row(self, attributes: Attributes) -> None:
        given = attributes.get("r", str(self._last + 1))
        number = int(given) if given.isascii() and given.isdigit() and len(given) < 8 else 0
        if not self._last < number <= ROWS:
            raise Refused("corrupt-workbook", f"a row out of order after row {self._last}")
        self._row, self._last, self._next, self._chars = Row(number), number, 0, 0

    def _open_cell(self, row: Row, attributes: Attributes) -> None:
        column = self._next
        if "r" in attributes:
            found = place(attributes["r"])
            column = found[1] if found is not None and found[0] == row.number else -1
        if not self._next <= column < COLUMNS:
            row.fault = row.fault or "bad-cell"
            column = self._next
        style = attributes.get("s", "0")
        number = int(style) if style.isascii() and style.isdigit() and len(style) < 8 else -1
        self._cell, self._next = (column, attributes.get("t", "n"), number), column + 1
        self._pieces, self._formula = None, False

    def text(self, text: str) -> None:
        """Of `v`, or of `t` inside `is`, but not of phonetic guides."""
        if self._pieces is None or self.path[-1] not in {"v", "t"} or "rPh" in self.path:
            return
        self._chars += len(text)
        if self._chars <= self._most:
            self._pieces.append(text)
        elif self._row is not None:
            self._row.fault = "too-large"

    def closed(self, name: str) -> None:
        """A cell or a row is complete."""
        if name == "c" and self._row is not None and self._cell is not None:
            if (self._pieces is not None or self._formula) and self._row.fault is None:
                content = None if self._pieces is None else "".join(self._pieces)
                self._row.cells.append(Cell(*self._cell, content, self._formula))
            self._cell = self._pieces = None
        elif name == "row" and self._row is not None:
            self.rows.append(self._row)
            self._row = None
            self.progress += 1


def rows_of(package: Package, part: str, sheet: SheetRows) -> Iterator[Row]:
    """The rows of a part, in order. Raises Refused, and BAD_BYTES, after the rows before the place where it breaks."""
    try:
        for _ in package.parse(part, sheet):
            rows, sheet.rows = sheet.rows, []
            yield from rows
    except (Refused, *BAD_BYTES):
        yield from sheet.rows
        raise
