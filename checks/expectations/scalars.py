"""Values of the contract as values of a column: typed exactly, or refused where the column can never hold them.

A text is no number and a number is no text, as in GX. Dates and times are ISO 8601 texts. A number column holds IEEE
doubles, so 0.1 of the contract is the double nearest to it, which is what the file holds too.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from checks.columns import Col
from checks.conform import ARROW, BIG, conform
from checks.expectations.kwargs import Scalar

NUMERIC = frozenset({"integer", "number"})
TEMPORAL = frozenset({"date", "timestamp", "time"})
ORDERED = NUMERIC | TEMPORAL | {"string"}
TEXTUAL = frozenset({"string", "any"})


def as_value(given: Scalar, col: Col) -> Any:
    """`given` as the Python value that `col` would hold, None where it can hold no such value."""
    if given is None:
        return None
    if isinstance(given, str):
        return _of_text(given, col)
    if isinstance(given, bool):
        return given if col.type == "boolean" else None
    if col.type == "integer":
        whole = Decimal(given).to_integral_value()
        return int(given) if Decimal(given) == whole and abs(whole) < 10**38 else None
    return float(given) if col.type == "number" else None


def _of_text(given: str, col: Col) -> Any:
    if col.type in TEXTUAL:
        return given
    if col.type not in TEMPORAL:
        return None
    typed, _ = conform(pa.array([given]), Col(col.name, col.type), lexical=True)
    if typed[0].as_py() is None and col.type == "timestamp":
        day, _ = conform(pa.array([given]), Col(col.name, "date"), lexical=True)
        typed = day.cast(pa.timestamp("us")).cast(pa.int64()).cast(pa.timestamp("us", "UTC"))
    return typed[0].as_py()


def unsigned(array: pa.Array) -> pa.Array:
    """Zero without its sign, so that -0.0 is the 0 of the contract."""
    return pc.add(array, 0.0) if pa.types.is_floating(array.type) else array


def as_array(values: Sequence[Any], kind: pa.DataType, col: Col) -> pa.Array:
    """Values made by `as_value` in the type that a batch has: integers are int64 or decimal by batch."""
    if col.type != "integer":
        return pa.array(values, ARROW[col.type])
    if pa.types.is_decimal(kind):
        return pa.array([Decimal(v) for v in values], BIG)
    return pa.array([v for v in values if -(2**63) <= v < 2**63], pa.int64())
