"""No value of the data crashes a predicate or depends on its neighbours: each is judged, or is mistyped."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from checks.batch import Batch
from checks.columns import Col, View
from checks.conform import conform
from checks.predicates import (
    BadFormat,
    IsMissing,
    IsNull,
    Length,
    Mistyped,
    NotInSet,
    NotMatching,
    NotMultiple,
    Outside,
)

TYPES = ("string", "integer", "number", "boolean", "date", "timestamp", "time", "object", "array", "any")
NUMERIC = (
    Outside(">=", Decimal("0.5")),
    Outside("<", Decimal(3)),
    NotMultiple(Decimal("0.01")),
    NotMultiple(Decimal(3)),
)
ANY = (
    IsNull(),
    IsMissing(("N/A", "-9"), null=True),
    Mistyped(),
    NotInSet(("1",)),
    NotMatching("^1$"),
    BadFormat("ipv4"),
)

hostile = st.sampled_from([
    "0001-01-01T00:00:00+09:00", "9999-12-31T23:59:59-09:00", "0000-01-01", "2023-02-29", "9" * 5000, "-" + "9" * 39, "1e30",
    "1e400", "-0", "0", "NaN", "Infinity", "", " ", "N/A", "24:00:00", "23:59:60", "00012", "+7", "１２", "true", "TRUE", "{", "[", "\x00",
    "2024-01-01T00:00:00.1234567", "99999999999999999999999999999999999999", "0.1", "1" + "0" * 37,
])  # fmt: skip
texts = st.one_of(st.none(), hostile, st.text(max_size=12))


def view(values) -> View:
    return View(Batch("f.csv", pa.record_batch({"v": pa.array(values, pa.string())}), lexical=True))


@pytest.mark.parametrize("kind", TYPES)
@given(values=st.lists(texts, max_size=6))
@example(values=["9" * 5000])
@example(values=["0001-01-01T00:00:00+09:00", "x"])
def test_nothing_crashes(kind, values):
    seen, col = view(values), Col("v", kind)
    predicates = (
        ANY
        + (NUMERIC if kind in {"integer", "number"} else ())
        + ((Length(1), Length(most=2)) if kind == "string" else ())
    )
    for predicate in predicates:
        mask = predicate.failing(seen, col)
        assert len(mask) == len(values)
        assert 0 <= predicate.tested(seen, col) <= len(values)


@pytest.mark.parametrize("kind", TYPES)
@given(values=st.lists(texts, min_size=1, max_size=6))
@example(values=["0000-01-01", "2023-02-29"])
@example(values=["2024-01-01T00:00:00", "2024-01-01T00:00:00Z"])
def test_a_value_is_typed_alike_alone_and_among_others(kind, values):
    col = Col("v", kind)
    together, _ = conform(pa.array(values, pa.string()), col, lexical=True)
    for i, value in enumerate(values):
        alone, _ = conform(pa.array([value], pa.string()), col, lexical=True)
        assert alone[0].as_py() == together[i].as_py()


def test_missing_values_are_found_among_other_types():
    seen = view(["1", "N/A", "-9", None])
    assert IsMissing(("-9", "N/A"), null=True).failing(seen, Col("v", "integer")).to_pylist() == [
        False,
        True,
        True,
        True,
    ]


def test_zero_is_one_number():
    typed, _ = conform(pa.array(["-0", "0", "-0.0"]), Col("v", "number"), lexical=True)
    assert [str(v) for v in typed.to_pylist()] == ["0.0"] * 3


def test_multiples_are_exact():
    assert NotMultiple(Decimal("0.1")).failing(view(["0.3", "0.35"]), Col("v", "number")).to_pylist() == [False, True]
