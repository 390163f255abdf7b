"""Typing without silent coercion: a column and its declared logical type to typed values and a mask of mistyped ones.

Formats with types (Parquet, JSON) must deliver the type: a float never passes as an integer, a string never as a number.
Dates and times may be strings (JSON has no other way) if they are exactly of the contract's format, ISO 8601 by default.
Formats without types (CSV) are read lexically, by the strict patterns below. NaN and infinities are not numbers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from checks.formats import Pattern, pattern_of

LogicalType = Literal["any", "string", "integer", "number", "boolean", "date", "timestamp", "time", "object", "array"]


@dataclass(frozen=True, slots=True, order=True)
class Col:
    """A declared column: its contract name, ODCS logical type, and the contract's format for it (dates), if any."""

    name: str
    type: LogicalType = "any"
    format: str | None = None


INTEGER = r"^[+-]?[0-9]+$"
NUMBER = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"
BIG = pa.decimal128(38, 0)

Typed = tuple[pa.Array, pa.Array | None]
"""Values (null where missing or mistyped) and the mask of mistyped values, None when there are none."""


def conform(array: pa.Array, col: Col, *, lexical: bool = False, json_texts: bool = False) -> Typed:
    """Type `array` as `col.type`. `lexical`: values are texts of a format without types. `json_texts`: JSON texts."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if pa.types.is_null(array.type):
        return pa.nulls(len(array), ARROW[col.type]), None
    if col.type == "any":
        return array, None
    if json_texts:
        return _from_json_texts(array, col)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    typed = (_lexical if lexical else _native)(array, col)
    if typed.null_count == array.null_count:  # typing only ever adds nulls
        return typed, None
    return typed, pc.and_(pc.is_valid(array), pc.is_null(typed))


ARROW: dict[str, pa.DataType] = {
    "any": pa.large_string(),
    "string": pa.large_string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", "UTC"),
    "time": pa.time64("us"),
    "object": pa.large_string(),
    "array": pa.large_string(),
}


def is_text(kind: pa.DataType) -> bool:
    """Any of Arrow's string types."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _lexical(array: pa.Array, col: Col) -> pa.Array:
    """Values of CSV texts: null where the text is not of the type."""
    match col.type:
        case "string":
            return array.cast(pa.large_string())
        case "integer":
            return _integers_of_text(_only(array, INTEGER))
        case "number":
            return _finite(_only(array, NUMBER).cast(pa.float64()))
        case "boolean":
            return _only(pc.utf8_lower(array), "^(true|false)$").cast(pa.bool_())
        case "object" | "array":
            opening = "{" if col.type == "object" else "["
            return pc.if_else(pc.starts_with(pc.utf8_ltrim_whitespace(array), opening), array, None).cast(
                pa.large_string()
            )
    return _temporal_of_text(array, col)


def _native(array: pa.Array, col: Col) -> pa.Array:
    """Values of a typed format: nulls throughout where the Arrow type is not the logical one."""
    kind, t = array.type, pa.types
    nothing = pa.nulls(len(array), ARROW[col.type])
    match col.type:
        case "string":
            return array.cast(pa.large_string()) if is_text(kind) else nothing
        case "integer":
            return _integers(array) if t.is_integer(kind) or (t.is_decimal(kind) and kind.scale == 0) else nothing
        case "number":
            if t.is_floating(kind) or t.is_integer(kind) or t.is_decimal(kind):
                return _finite(array.cast(pa.float64(), safe=False))
            return nothing
        case "boolean":
            return array if t.is_boolean(kind) else nothing
        case "object":
            return array if t.is_struct(kind) or t.is_map(kind) else nothing
        case "array":
            return array if t.is_list(kind) or t.is_large_list(kind) or t.is_fixed_size_list(kind) else nothing
    if is_text(kind):
        return _temporal_of_text(array, col)
    return _temporal(array, col, nothing)


def _temporal(array: pa.Array, col: Col, nothing: pa.Array) -> pa.Array:
    kind, t = array.type, pa.types
    if col.type == "date" and t.is_date(kind):
        return array.cast(pa.date32())
    if col.type == "timestamp" and t.is_timestamp(kind):
        return _as_utc(array.cast(pa.timestamp("us", kind.tz), safe=False))
    if col.type == "time" and t.is_time(kind):
        return array.cast(pa.time64("us"), safe=False)
    return nothing


def _only(array: pa.Array, pattern: str) -> pa.Array:
    return pc.if_else(pc.match_substring_regex(array, pattern), array, pa.scalar(None, array.type))


def _integers_of_text(array: pa.Array) -> pa.Array:
    """Integer texts as int64, or as decimals of 38 digits when one needs it; longer ones become null (mistyped)."""
    array = pc.replace_substring_regex(array, r"^(\+|(-?))0*([0-9])", r"\2\3")
    longest = pc.max(pc.utf8_length(array)).as_py() or 0
    if longest <= 18:
        return array.cast(pa.int64())
    values = [None if v is None or len(v.lstrip("-")) > 38 else Decimal(v) for v in array.to_pylist()]
    return pa.array(values, BIG)


def _integers(array: pa.Array) -> pa.Array:
    if pa.types.is_decimal(array.type) or pa.types.is_uint64(array.type):
        return array.cast(BIG)
    return array if pa.types.is_int64(array.type) else array.cast(pa.int64())


def _finite(array: pa.Array) -> pa.Array:
    """Finite values only; adding zero makes -0 and 0 one number."""
    if not _all_finite(array):
        array = pc.if_else(pc.is_finite(array), array, pa.scalar(None, pa.float64()))
    return pc.add(array, 0.0)


def _all_finite(array: pa.DoubleArray) -> bool:
    """Are all numbers finite, those under nulls included? Much the faster question, and nearly always enough."""
    if not len(array):
        return True
    numbers = np.frombuffer(array.buffers()[1], dtype=np.float64)[array.offset : array.offset + len(array)]
    return bool(np.isfinite(numbers).all())


def _temporal_of_text(array: pa.Array, col: Col) -> pa.Array:
    pattern = pattern_of(col.type, col.format)
    array = _only(array, pattern.regex)
    if pattern.iso and col.type != "time":
        try:
            return _iso_kernel(array.cast(pa.string()), col)
        except pa.ArrowInvalid:  # a text such as 2024-02-30, or zones here and there: read one by one
            pass
    values = [None if v is None else _parse(v, pattern, col) for v in array.to_pylist()]
    return pa.array(values, ARROW[col.type])


def _iso_kernel(array: pa.Array, col: Col) -> pa.Array:
    if col.type == "date":
        return array.cast(pa.date32())
    return _as_utc(array.cast(pa.timestamp("us")))


def _as_utc(array: pa.Array) -> pa.Array:
    """Timestamps without a zone are taken as UTC, so that every batch has one type and one order."""
    return array.cast(pa.int64()).cast(pa.timestamp("us", "UTC"))


def _parse(text: str, pattern: Pattern, col: Col) -> date | time | datetime | None:
    try:
        if not pattern.iso:
            moment = datetime.strptime(text, pattern.strptime)  # noqa: DTZ007 - zone, if any, is in the format
            if col.type == "timestamp":
                return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
            return moment.date() if col.type == "date" else moment.time()
        if col.type == "date":
            return date.fromisoformat(text)
        if col.type == "time":
            return time.fromisoformat(text)
        value = datetime.fromisoformat(text)
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # the last: a zone moves it before year 1 or after 9999
        return None


def _from_json_texts(array: pa.Array, col: Col) -> Typed:
    """A column of JSON texts (mixed kinds, nested, huge integers): each value by itself."""
    values: list[Any] = []
    mistyped = np.zeros(len(array), dtype=bool)
    for i, text in enumerate(array.to_pylist()):
        value = None if text is None else _json_value(text, col)
        mistyped[i] = text is not None and value is None
        values.append(value)
    if col.type in {"date", "timestamp", "time"}:
        typed = _temporal_of_text(pa.array(values, pa.large_string()), col)
        mistyped |= np.asarray(pc.and_(pc.is_null(typed), pc.is_valid(array)))
    elif col.type == "integer":
        small = all(v is None or -(2**63) <= v < 2**63 for v in values)
        typed = (
            pa.array(values, pa.int64())
            if small
            else pa.array([None if v is None else Decimal(v) for v in values], BIG)
        )
    else:
        typed = pa.array(values, ARROW[col.type])
    return typed, pa.array(mistyped) if mistyped.any() else None


def _json_value(text: str, col: Col) -> str | int | float | bool | None:
    """The Python value if it is of the type, else None (JSON null never comes here: the reader gives Arrow nulls)."""
    value: Any = json.loads(text)
    if isinstance(value, bool):
        return value if col.type == "boolean" else None
    if col.type == "integer":
        return value if isinstance(value, int) and abs(value) < 10**38 else None
    if col.type == "number":
        return _double(value) if isinstance(value, int | float) else None
    if col.type in {"object", "array"}:
        return text if isinstance(value, dict if col.type == "object" else list) else None
    return value if isinstance(value, str) else None


def _double(value: float) -> float | None:
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if np.isfinite(number) else None
