"""Arrow arrays as a Parquet file gives them: into structs and lists by pointer, nested values as JSON text, and text
that is not UTF-8 found.

Arrow does not look at the bytes of strings it reads from Parquet; whoever looks later would crash.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from include.deliveries.readers.jsoncolumns import as_text

Typed = TypeVar("Typed", pa.Array, pa.DataType)


def is_nested(kind: pa.DataType) -> bool:
    """Has the type values inside its values?"""
    return bool(pa.types.is_nested(kind))


def _is_list(kind: pa.DataType) -> bool:
    return any(test(kind) for test in (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list))


def pointed(value: Typed, path: tuple[str, ...]) -> Typed | None:
    """The array (or the type) at the path inside an array (or a type); None if the type has no such place.

    Struct fields by name, list elements by index; null where a parent is null or a list is too short.
    """
    for token in path:
        kind = value.type if isinstance(value, pa.Array) else value
        if pa.types.is_struct(kind) and kind.get_field_index(token) >= 0:
            step = kind.field(token).type if value is kind else pc.struct_field(value, kind.get_field_index(token))
        elif _is_list(kind) and token.isascii() and token.isdigit() and len(token) < 10:
            step = kind.value_type if value is kind else _element(value, int(token))
        else:
            return None
        value = step
    return value


def _element(array: pa.Array, index: int) -> pa.Array:
    lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    starts = np.cumsum(lengths) - lengths
    places = pa.array(starts + index, pa.int64(), mask=lengths <= index)
    return array.flatten().take(places)


def nested_text(array: pa.Array) -> pa.Array:
    """Each value as JSON text; null stays null. See `_plain` for what JSON has no form for."""
    return pa.array(
        [None if value is None else as_text(_finite(value), _plain) for value in array.to_pylist()], pa.string()
    )


def _plain(value: object) -> object:
    """Bytes as base64, everything else JSON has no form for (dates, decimals) as its text."""
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def _finite(value: object) -> object:
    """NaN and infinities inside nested values as texts, since JSON has none."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return value


def coded(array: pa.Array) -> pa.Array:
    """The array as it came: codes into a dictionary, unless values hardly repeat, or in place."""
    if pa.types.is_dictionary(array.type) and 4 * len(array.dictionary) > len(array):
        return array.dictionary_decode()
    return array


_SHORT = 64
"""Bytes of a value that are not worth counting one by one."""


def decoded_bytes(values: pa.Array | pa.RecordBatch) -> int:
    """Bytes of the values with every dictionary value written out as often as it is used; short ones as the longest."""
    if isinstance(values, pa.RecordBatch):
        return sum(map(decoded_bytes, values.columns))
    if pa.types.is_dictionary(values.type):
        lengths = pc.binary_length(values.dictionary)
        longest = pc.max(lengths).as_py() or 0
        if longest > _SHORT:
            return 4 * len(values) + int(pc.sum(lengths.take(values.indices).cast(pa.int64())).as_py() or 0)
        return (4 + longest) * len(values)
    if pa.types.is_struct(values.type):
        return sum(map(decoded_bytes, values.flatten()))
    if pa.types.is_map(values.type):
        start, stop = values.offsets[0].as_py(), values.offsets[-1].as_py()
        inner = (child.slice(start, stop - start) for child in (values.keys, values.items))
        return 4 * len(values) + sum(map(decoded_bytes, inner))
    if is_nested(values.type):
        return 4 * len(values) + decoded_bytes(values.flatten())
    return int(values.nbytes)


def pieces(table: pa.RecordBatch, size: int, most: int) -> Iterator[tuple[pa.RecordBatch, int]]:
    """The batch of `size` decoded bytes, cut by halves until each piece has one row or at most so many; with their sizes."""
    if table.num_rows <= 1 or size <= most:
        yield table, size
        return
    half = table.num_rows // 2
    for piece in (table.slice(0, half), table.slice(half)):
        yield from pieces(piece, decoded_bytes(piece), most)


def is_sound(array: pa.Array) -> bool:
    """False if some text in the array is not UTF-8. Raises ArrowInvalid if it is broken in another way.

    Most texts are ASCII, which is seen ten times as fast.
    """
    if pa.types.is_string(array.type) and _is_ascii(array):
        return True
    try:
        array.validate(full=True)
    except pa.ArrowInvalid as error:
        if "UTF8" not in str(error) and "UTF-8" not in str(error):
            raise
        return False
    return True


def _is_ascii(array: pa.StringArray) -> bool:
    """Are all bytes of the values ASCII? Raises ArrowInvalid if the offsets are broken."""
    array.validate()
    _, offsets, data = array.buffers()
    if data is None or not data.size:
        return True
    ends = np.frombuffer(offsets, dtype=np.int32)[array.offset : array.offset + len(array) + 1]
    if (ends[1:] < ends[:-1]).any():
        raise pa.ArrowInvalid("offsets that descend")
    return int(np.frombuffer(data, dtype=np.uint8)[ends[0] : ends[-1]].max(initial=0)) < 128


def unreadable(array: pa.Array) -> np.ndarray:
    """bool [n]: records whose value cannot be had: text that is not UTF-8, nested dates beyond the year 9999."""
    try:
        array.to_pylist()
    except (ValueError, OverflowError):  # UnicodeDecodeError is a ValueError
        return np.array([_is_broken(array[i]) for i in range(len(array))], dtype=bool)
    return np.zeros(len(array), dtype=bool)


def _is_broken(value: pa.Scalar) -> bool:
    try:
        value.as_py()
    except (ValueError, OverflowError):
        return True
    return False
