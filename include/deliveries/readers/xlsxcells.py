"""What stands in a cell as a value, or why there is none; and columns of such values as Arrow.

A number is an integer if it is whole and within 2**53 (up to where a double, which is all a workbook has, knows every
integer), else a float. A number whose format shows a date is a date if it is whole, else a timestamp, to the
millisecond; whose format shows only a clock, a time of day. A text of no characters is nothing, as in CSV. Nothing is
read from how a cell looks beyond that: a text of digits stays a text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from math import isfinite

import pyarrow as pa

from checks.columns import Col
from checks.formats import pattern_of
from include.deliveries.readers import jsoncolumns
from include.deliveries.readers.xlsxbook import Book, unescaped
from include.deliveries.readers.xlsxsheet import Cell

Value = str | bool | int | float | date | datetime | time | None

_NUMBER = re.compile(r"[+-]?([0-9]{1,400}(\.[0-9]{0,400})?|\.[0-9]{1,400})([eE][+-]?[0-9]{1,4})?")
_INDEX = re.compile(r"[0-9]{1,10}")
_EXACT = 2**53
_DAY = 86_400_000
_LAST_DAY = 2_958_465  # 9999-12-31 where 1900-01-01 is day 1
_TEMPORAL = (date, datetime, time)
_TAKES: dict[str, frozenset[type]] = {
    "date": frozenset({date}),
    "timestamp": frozenset({date, datetime}),
    "time": frozenset({time}),
}
"""What a declared temporal column takes: a whole day is a timestamp too, at its midnight."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A cell without a value that should have one: a defect code."""

    code: str


def value_of(cell: Cell, book: Book) -> Value | Fault:
    """The value of a cell."""
    if cell.type == "e":
        return Fault("cell-error")
    if cell.text is None or (cell.formula and not cell.text and cell.type == "n"):
        return Fault("formula-without-value")
    match cell.type:
        case "n":
            return _number(cell, book) if cell.text else None
        case "s":
            known = _INDEX.fullmatch(cell.text) and int(cell.text) < len(book.texts)
            return book.texts[int(cell.text)] or None if known else Fault("bad-cell")
        case "str" | "inlineStr":
            return unescaped(cell.text) or None
        case "b":
            return {"0": False, "1": True}.get(cell.text, Fault("bad-cell"))
        case "d":
            return _iso(cell.text)
    return Fault("bad-cell")


def _number(cell: Cell, book: Book) -> Value | Fault:
    text = cell.text or ""
    number = float(text) if _NUMBER.fullmatch(text) else float("nan")
    if not isfinite(number) or not (0 <= cell.style < len(book.styles) or cell.style == 0):
        return Fault("bad-cell")
    style = book.styles[cell.style] if book.styles else "number"
    if style != "number":
        return _moment(Decimal(text), clock=style == "time", epoch_1904=book.epoch_1904)
    return int(number) if number.is_integer() and abs(number) <= _EXACT else number


def _moment(serial: Decimal, *, clock: bool, epoch_1904: bool) -> Value | Fault:
    """A serial number of days. Day 60 of the 1900 system, its 29 February, never was; day 0 has a clock only."""
    if not 0 <= serial <= _LAST_DAY + 1:
        return Fault("bad-cell")
    day, ms = divmod(int((serial * _DAY).to_integral_value(ROUND_HALF_EVEN)), _DAY)
    if clock and day == 0:
        return (datetime(1900, 1, 1) + timedelta(milliseconds=ms)).time()  # noqa: DTZ001 - a workbook has no zones
    if epoch_1904:
        first, valid = date(1904, 1, 1), day + 1462 <= _LAST_DAY
    else:
        first = date(1899, 12, 31) if day < 60 else date(1899, 12, 30)
        valid = day not in {0, 60} and day <= _LAST_DAY
    if not valid:
        return Fault("bad-cell")
    found = first + timedelta(days=day)
    return datetime.combine(found, time()) + timedelta(milliseconds=ms) if ms else found


def _iso(text: str) -> Value | Fault:
    """A cell of type `d` (strict documents): ISO 8601."""
    try:
        if len(text) == 10:
            return date.fromisoformat(text)
        found = datetime.fromisoformat(text)
    except ValueError:
        return Fault("bad-cell")
    return Fault("bad-cell") if found.tzinfo else found


def label(value: Value) -> str:
    """A header cell's name."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return value.isoformat() if isinstance(value, _TEMPORAL) else str(value)


def column(values: Sequence[Value], col: Col) -> tuple[pa.Array, bool]:
    """The values as an Arrow array, and whether they are JSON texts: where kinds are mixed, so that each keeps its own."""
    kinds = frozenset(map(type, values)) - {type(None)}
    if not kinds & set(_TEMPORAL):
        return jsoncolumns.column(values, number=col.type in {"number", "any"})
    if kinds <= {date, datetime} and (col.type == "timestamp" or kinds == {datetime}):
        return pa.array([_at_midnight(v) for v in values], pa.timestamp("us")), False
    if kinds == {date}:
        return pa.array(values, pa.date32()), False
    if kinds == {time}:
        return pa.array(values, pa.time64("us")), False
    return pa.array([None if v is None else _json_text(v, col) for v in values], pa.string()), True


def _at_midnight(value: Value) -> Value:
    return datetime.combine(value, time()) if type(value) is date else value


def _json_text(value: Value, col: Col) -> str:
    """A value among others. A date in a column of dates is a text in the contract's format; elsewhere, no text at all."""
    if not isinstance(value, _TEMPORAL):
        return jsoncolumns.as_text(value)
    if type(value) not in _TAKES.get(col.type, frozenset()):
        return json.dumps({type(value).__name__: value.isoformat()})
    moment = _at_midnight(value) if col.type == "timestamp" else value
    assert isinstance(moment, _TEMPORAL)
    if col.format is None:
        return json.dumps(moment.isoformat())
    directive = pattern_of(col.type, col.format).strptime.replace("%z", "Z")
    if "SSSSSS" not in col.format:
        directive = directive.replace("%f", f"{getattr(moment, 'microsecond', 0) // 1000:03d}")
    return json.dumps(moment.strftime(directive), ensure_ascii=False)
