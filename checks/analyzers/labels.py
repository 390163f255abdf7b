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
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

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
    """A column as integers: `codes` int32 [n] into `texts` (large_string, distinct, no nulls), -1 for null."""

    codes: np.ndarray
    texts: pa.LargeStringArray
    nulls: bool


def encode(array: pa.Array) -> Codes:
    """The labels of a typed column. The texts come in no particular order and may have entries no row uses."""
    given = pa.types.is_dictionary(array.type)
    encoded = array if given else array.dictionary_encode()
    indices, values = encoded.indices, encoded.dictionary
    nulls = indices.null_count > 0
    codes = (indices.fill_null(-1) if nulls else indices).cast(pa.int32()).to_numpy(zero_copy_only=False)
    texts, safe = _texts(values)
    if values.null_count or not (safe and not given):
        texts, lookup = _distinct(texts)
        if lookup is not None:
            codes, nulls = lookup[codes], nulls or values.null_count > 0
    return Codes(codes, texts, nulls)


def labels(view: View, col: Col) -> Codes:
    """The labels of a column, straight from the reader's codes where it has them; made once a batch."""
    return view.once("labels", col, lambda: _labels(view, col))


def _labels(view: View, col: Col) -> Codes:
    coded = view.codes(col)
    if coded is None:
        return encode(view.typed(col))
    values, index = coded
    texts, lookup = _distinct(_texts(values)[0])
    codes = index.astype(np.int32) if lookup is None else lookup[index]
    return Codes(codes, texts, nulls=bool(codes.size) and int(codes.min()) < 0)


def _texts(values: pa.Array) -> tuple[pa.LargeStringArray, bool]:
    """The texts of distinct values, and whether they are sure to be distinct too."""
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


def in_texts(texts: pa.LargeStringArray, wanted: tuple[str | None, ...]) -> np.ndarray:
    """Which codes stand for one of `wanted`: bool [len(texts) + 1], the last one for null (code -1)."""
    named = pa.array([w for w in wanted if w is not None], pa.large_string())
    found: Any = pc.is_in(texts, value_set=named).to_numpy(zero_copy_only=False)
    return np.append(found.astype(bool), None in wanted)
