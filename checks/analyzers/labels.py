"""Labels as text and codes: the one convention by which values become classes, raters, groups and filters.

A label is keyed by its text: a string by itself (no case folding, no trimming, no Unicode normalisation: what differs in
the file differs here), a whole number in decimal digits, another number in its shortest plain decimal form ("0.5", and
"1" for 1.0), a boolean as "true" or "false", a date or time in ISO 8601. A null is no label. Contract values go through
`label_text` and so meet the data's. It must not judge what is missing: that is the contract's word.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

import numpy as np
import pyarrow as pa

from checks.analyzers.vocabulary import Remembered, Vocabulary
from checks.columns import Col, View

Scalar = str | bool | int | float | Decimal | date | datetime | time
"""A value of the data or of the contract that can be a label."""


def label_text(value: Scalar) -> str:
    """The text that stands for `value`."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float | Decimal):
        return _number_text(Decimal(repr(value)) if isinstance(value, float) else value)
    return value.isoformat()


def _number_text(value: Decimal) -> str:
    if not value.is_finite():
        return str(value)
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text


@dataclass(frozen=True, slots=True)
class Codes:
    """A column as integers: `codes` of any signed type [n] into the `vocabulary`, -1 for null."""

    codes: np.ndarray
    vocabulary: Vocabulary
    nulls: bool

    @property
    def texts(self) -> pa.LargeStringArray:
        """The labels by code: distinct, no nulls, in no particular order; there may be some that no row uses."""
        return self.vocabulary.texts


def encode(array: pa.Array) -> Codes:
    """The labels of a typed column."""
    encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    values = encoded.dictionary
    return _coded(
        encoded.indices, *_REMEMBERED.of(values, None, lambda: _learned(values, distinct=encoded is not array))
    )


def labels(view: View, col: Col) -> Codes:
    """The labels of a column, straight from the reader's codes where it has them; made once a batch."""
    return view.once("labels", col, lambda: _labels(view, col))


_REMEMBERED = Remembered()


def _labels(view: View, col: Col) -> Codes:
    given = view.dictionary(col.name)
    if given is None:
        return encode(view.typed(col))
    how = (col, view.batch.lexical, view.is_json(col.name))
    return _coded(given.indices, *_REMEMBERED.of(given.dictionary, how, lambda: _learned(_values(view, col))))


def _values(view: View, col: Col) -> pa.Array:
    """The dictionary of a coded column, typed; null where a value is not of the type."""
    coded = view.codes(col)
    assert coded is not None, "a dictionary has codes"
    return coded[0].slice(0, len(coded[0]) - 1)  # the last one stands for null


def _learned(values: pa.Array, *, distinct: bool = False) -> tuple[Vocabulary, np.ndarray | None]:
    """The vocabulary of values, and the lookup from their places (-1 last) to its codes, if those differ."""
    texts, injective = _texts(values)
    if distinct and injective and not values.null_count:
        return Vocabulary(texts), None
    again, lookup = _distinct(texts)
    return Vocabulary(again), lookup


def _coded(indices: pa.Array, vocabulary: Vocabulary, lookup: np.ndarray | None) -> Codes:
    nulls = indices.null_count > 0
    if not pa.types.is_signed_integer(indices.type):
        indices = indices.cast(pa.int64())
    codes = _integers(indices)
    if nulls:
        codes = codes | (_valid(indices).view(np.int8) - np.int8(1))  # 0 where there is a code, else -1
    if lookup is None:
        return Codes(codes, vocabulary, nulls)
    return Codes(lookup.take(codes), vocabulary, nulls or bool((lookup[:-1] < 0).any()))


def _texts(values: pa.Array) -> tuple[pa.LargeStringArray, bool]:
    """The texts of values, and whether those of distinct values are sure to be distinct too."""
    kind = values.type
    simple: list[Callable[[pa.DataType], bool]] = [
        pa.types.is_string,
        pa.types.is_large_string,
        pa.types.is_string_view,
        pa.types.is_integer,
        pa.types.is_boolean,
    ]
    if pa.types.is_null(kind) or any(is_kind(kind) for is_kind in simple):
        return values.cast(pa.large_string()), True
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        raise TypeError("bytes are no labels")
    texts = [None if v is None else label_text(v) for v in values.to_pylist()]
    return pa.array(texts, pa.large_string()), False


def _distinct(texts: pa.LargeStringArray) -> tuple[pa.LargeStringArray, np.ndarray | None]:
    """Distinct non-null texts, and the lookup from old codes (-1 last) to new; no lookup where nothing changes."""
    again = texts.dictionary_encode()
    if len(again.dictionary) == len(texts) and not texts.null_count:
        return texts, None
    new = again.indices.fill_null(-1).cast(pa.int32()).to_numpy(zero_copy_only=False)
    return again.dictionary, np.append(new, np.int32(-1))


def _integers(array: pa.Array) -> np.ndarray:
    """Signed integers as they lie there, anything where there is none."""
    kind = np.dtype(f"i{array.type.bit_width // 8}")
    if not len(array):  # it may have no buffer
        return np.zeros(0, dtype=kind)
    return np.frombuffer(array.buffers()[1], dtype=kind)[array.offset : array.offset + len(array)]


def _valid(array: pa.Array) -> np.ndarray:
    """1 where there is a value, 0 where there is none, uint8 [n]; of an array with nulls."""
    start, skipped = divmod(array.offset, 8)
    bits = np.frombuffer(array.buffers()[0], dtype=np.uint8)[start:]
    return np.unpackbits(bits, count=skipped + len(array), bitorder="little")[skipped:]
