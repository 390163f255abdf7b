"""Types as GX names them: Python's, numpy's and pandas' names, looked up for the type that the file holds.

GX asks pandas for the dtype of the column, which says `float64` of integers with nulls, `object` of dates and decimals,
and since pandas 3 `str` of texts. Here the type is the file's: integers with nulls stay integers, and texts are texts
under each of their names (`str`, `string`, `object` and numpy's). A format without types (CSV) holds the type that
its values conform to. A JSON column of mixed kinds holds each value's own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from checks.columns import Col, View
from checks.conform import is_text
from checks.expectations.column_maps import ColumnMap
from checks.expectations.kwargs import Kwargs
from checks.predicates import Predicate

Test = Callable[[pa.DataType], bool]
t = pa.types


def _decimal(kind: pa.DataType) -> bool:
    return bool(t.is_decimal(kind))


def _exactly(kind: pa.DataType) -> Test:
    return lambda found: bool(found == kind)


def _temporal(kind: pa.DataType) -> bool:
    return bool(t.is_timestamp(kind))


_INTEGERS = {f"{sign}int{size}": getattr(pa, f"{sign}int{size}")() for sign in ("", "u") for size in (8, 16, 32, 64)}

NAMES: Mapping[str, Test] = {
    **{name: _exactly(kind) for name, kind in _INTEGERS.items()},
    **{name.replace("i", "I").replace("u", "U"): _exactly(kind) for name, kind in _INTEGERS.items()},
    **dict.fromkeys(("int", "INT", "integer", "INTEGER", "long", "LONG", "BIGINT"), t.is_integer),
    **dict.fromkeys(("float", "FLOAT", "double", "DOUBLE", "number"), t.is_floating),
    **{
        f"{word}{size}": _exactly(kind)
        for word in ("float", "Float")
        for size, kind in ((32, pa.float32()), (64, pa.float64()))
    },
    "float16": _exactly(pa.float16()),
    **dict.fromkeys(("bool", "BOOL", "bool_", "boolean", "BOOLEAN", "BooleanDtype"), t.is_boolean),
    **dict.fromkeys(("str", "STR", "str_", "string", "STRING", "string_types", "StringDtype", "unicode"), is_text),
    **dict.fromkeys(("object", "object_", "O"), is_text),
    **dict.fromkeys(("bytes", "bytes_", "BINARY"), lambda k: t.is_binary(k) or t.is_large_binary(k)),
    **dict.fromkeys(
        ("Timestamp", "datetime", "datetime64", "datetime64[ns]", "datetime64[us]", "TIMESTAMP"), _temporal
    ),
    **dict.fromkeys(("DatetimeTZDtype",), lambda k: t.is_timestamp(k) and k.tz is not None),
    **dict.fromkeys(("date", "DATE"), t.is_date),
    **dict.fromkeys(("Timedelta", "timedelta", "timedelta64", "timedelta64[ns]"), t.is_duration),
    **dict.fromkeys(("Decimal", "decimal", "DECIMAL"), _decimal),
    **dict.fromkeys(("list", "LIST"), lambda k: t.is_list(k) or t.is_large_list(k) or t.is_fixed_size_list(k)),
    **dict.fromkeys(("dict", "DICT"), lambda k: t.is_struct(k) or t.is_map(k)),
}
"""GX's name of a type, and which Arrow types are of it."""

_JSON: Mapping[type, pa.DataType] = {
    bool: pa.bool_(),
    int: pa.int64(),
    float: pa.float64(),
    str: pa.string(),
    list: pa.list_(pa.null()),
    dict: pa.struct([]),
}
"""The Arrow type of a JSON value by itself."""

_LOGICAL: Mapping[str, pa.DataType] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "time": pa.time64("us"),
}
"""The type of a value of a format without types that conforms."""


def is_of(names: tuple[str, ...], kind: pa.DataType) -> bool:
    """Is the Arrow type one of the named?"""
    return any(NAMES[name](kind) for name in names)


@dataclass(frozen=True, slots=True)
class NotOfType(Predicate):
    """The value's own type is none of `names`."""

    names: tuple[str, ...]

    def failing(self, view: View, col: Col) -> pa.Array:
        """Missing values are not looked at."""
        raw = view.raw(col.name)
        there = pc.is_valid(raw)
        if view.is_json(col.name):
            found = [v is not None and is_of(self.names, _JSON[type(json.loads(v))]) for v in raw.to_pylist()]
            return pc.and_(there, pc.invert(pa.array(found, pa.bool_())))
        kind = raw.type.value_type if t.is_dictionary(raw.type) else raw.type
        if not view.batch.lexical:
            return there if not is_of(self.names, kind) else pa.repeat(pa.scalar(False), len(raw))
        conforming = is_of(self.names, _LOGICAL.get(col.type, pa.string()))
        typed = pc.is_valid(view.typed(col))
        wanted = typed if conforming else pa.repeat(pa.scalar(False), len(raw))
        texts = is_of(self.names, pa.string())
        return pc.and_(there, pc.invert(pc.or_(wanted, pc.invert(typed)) if texts else wanted))

    def tested(self, view: View, col: Col) -> int:
        """Values as the reader found them."""
        return int(view.num_rows - view.raw(col.name).null_count)


class OfType(ColumnMap):
    """Every value is of the type."""

    name: ClassVar[str] = "expect_column_values_to_be_of_type"
    family: ClassVar[str] = "schema"
    takes: ClassVar[tuple[str, ...]] = ("column", "type_", "mostly")
    note: ClassVar[str] = (
        "the file's type, not pandas': integers with nulls are no floats, texts are `str`, `string` and `object`"
    )

    @classmethod
    def predicate_of(cls, kwargs: Kwargs, column: Col) -> Predicate:  # noqa: ARG003 - the port's signature
        """One name."""
        return NotOfType(_named(kwargs, "type_", (kwargs.text("type_"),)))


class InTypeList(ColumnMap):
    """Every value is of one of the types."""

    name: ClassVar[str] = "expect_column_values_to_be_in_type_list"
    family: ClassVar[str] = "schema"
    takes: ClassVar[tuple[str, ...]] = ("column", "type_list", "mostly")
    note: ClassVar[str] = OfType.note

    @classmethod
    def predicate_of(cls, kwargs: Kwargs, column: Col) -> Predicate:  # noqa: ARG003 - the port's signature
        """Several names."""
        return NotOfType(_named(kwargs, "type_list", kwargs.texts("type_list")))


def _named(kwargs: Kwargs, key: str, names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if name not in NAMES:
            raise kwargs.wrong(key, f"unknown type {name!r}", f"known: {', '.join(NAMES)}")
    return names
