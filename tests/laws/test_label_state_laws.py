"""Laws of the label states: any split, any order, merge == whole, bytes round trip, counts as a naive reading has them."""

from __future__ import annotations

from collections import Counter

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.analyzers.contingency import Contingency
from checks.analyzers.ratings import RatingRows
from checks.analyzers.value_counts import ValueCounts
from checks.analyzers.where import Where
from checks.batch import Batch
from checks.columns import Col, View

A, B, C = Col("a", "string"), Col("b", "string"), Col("c", "integer")
ONLY = Where(((A, (None, "x")),))
ANALYZERS = [
    ValueCounts("o", A),
    ValueCounts("o", A, (B, C), ONLY),
    Contingency("o", (A, B, C)),
    Contingency("o", (C, A), ONLY),
    RatingRows("o", A, B, C),
    RatingRows("o", C, B, A, by=B, where=ONLY),
]
label = st.sampled_from([None, "", "x", "y", "가", "가", "\U0001f600", "Ω", "x "])
record = st.fixed_dictionaries({"a": label, "b": label, "c": st.one_of(st.none(), st.integers(-3, 3))})
SCHEMA = pa.schema([("a", pa.string()), ("b", pa.string()), ("c", pa.int64())])


def observe(analyzer, rows, encoded=False):
    batch = pa.RecordBatch.from_pylist(rows, SCHEMA)
    if encoded:
        batch = pa.record_batch({n: batch.column(n).dictionary_encode() for n in batch.schema.names})
    return analyzer.observe(View(Batch("f", batch)))


def cells(state):
    return state.whole() if hasattr(state, "whole") else state


def tallied(analyzer):
    if isinstance(analyzer, ValueCounts):
        return (*analyzer.by, analyzer.column)
    return analyzer.cells if isinstance(analyzer, Contingency) else analyzer._cells()


def naive(analyzer, rows):
    kept = [r for r in rows if analyzer.where is None or r["a"] in {None, "x"}]
    text = lambda v: None if v is None else str(v)  # noqa: E731
    return Counter(tuple(text(r[c.name]) for c in tallied(analyzer)) for r in kept)


@pytest.mark.parametrize("analyzer", ANALYZERS, ids=lambda a: a.key)
@given(rows=st.lists(record, max_size=30), data=st.data())
def test_any_split_in_any_order_is_the_whole(analyzer, rows, data):
    whole = observe(analyzer, rows)
    shuffled = data.draw(st.permutations(rows))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=4)))
    parts = [shuffled[i:j] for i, j in zip([0, *cuts], [*cuts, len(rows)], strict=True)]
    merged = analyzer.zero()
    for part in parts:
        merged = merged.merge(observe(analyzer, part, encoded=data.draw(st.booleans())))
    assert merged == whole
    assert merged.to_bytes() == whole.to_bytes()


@pytest.mark.parametrize("analyzer", ANALYZERS, ids=lambda a: a.key)
@given(x=st.lists(record, max_size=9), y=st.lists(record, max_size=9), z=st.lists(record, max_size=9))
def test_merge_is_associative_and_commutative_with_zero(analyzer, x, y, z):
    a, b, c = (observe(analyzer, part) for part in (x, y, z))
    assert a.merge(b).merge(c) == a.merge(b.merge(c))
    assert a.merge(b) == b.merge(a)
    assert a.merge(analyzer.zero()) == a == analyzer.zero().merge(a)
    assert hash(a.merge(b)) == hash(b.merge(a))


@pytest.mark.parametrize("analyzer", ANALYZERS, ids=lambda a: a.key)
@given(rows=st.lists(record, max_size=20))
def test_counts_are_the_naive_ones_and_bytes_come_back(analyzer, rows):
    state = observe(analyzer, rows)
    assert dict(cells(state).items()) == naive(analyzer, rows)
    again = type(state).from_bytes(state.to_bytes())
    assert again == state
    assert again.to_bytes() == state.to_bytes()


@given(rows=st.lists(st.lists(st.sampled_from([None, "p", "q", "r", "s"]), min_size=40, max_size=40), max_size=8))
def test_many_wide_columns_count_by_sorting_as_by_address(rows):
    names = [f"k{j}" for j in range(40)]
    schema = pa.schema([(n, pa.string()) for n in names])
    records = [dict(zip(names, row, strict=True)) for row in rows]
    analyzer = Contingency("o", tuple(Col(n, "string") for n in names))
    batch = lambda some: View(Batch("f", pa.RecordBatch.from_pylist(some, schema)))  # noqa: E731
    whole = analyzer.observe(batch(records))
    assert dict(whole.items()) == Counter(map(tuple, rows))
    assert analyzer.observe(batch(records[::2])).merge(analyzer.observe(batch(records[1::2]))) == whole


def test_combinations_beyond_64_bits_stay_apart_and_sorted():
    """40 columns of three labels and null are 4^40 combinations: the first columns would be shifted out of 64 bits."""
    names = [f"k{j}" for j in range(40)]
    rows = [["p"] * 40, ["q"] * 40, ["r"] * 40, ["q", *["p"] * 39], ["r", *["p"] * 39], ["p"] * 40]
    schema = pa.schema([(n, pa.string()) for n in names])
    batch = pa.RecordBatch.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema)
    state = Contingency("o", tuple(Col(n, "string") for n in names)).observe(View(Batch("f", batch)))
    assert list(state.items()) == sorted(Counter(map(tuple, rows)).items())


def broken(state, **parts):
    return msgspec.msgpack.encode({**msgspec.msgpack.decode(state.to_bytes()), **parts})


def test_bytes_that_do_not_fit_together_are_refused():
    state = observe(Contingency("o", (A,)), [{"a": "x", "b": None, "c": 1}])
    assert type(state).from_bytes(broken(state)) == state
    texts = msgspec.msgpack.decode(state.to_bytes())["texts"]
    for parts in (
        {"counts": state.counts + bytes(8)},
        {"codes": b"\x01\x00\x00\x00"},
        {"codes": b"\xfe\xff\xff\xff"},
        {"counts": state.counts[:-1]},
        {"texts": [{**texts[0], "data": b"xy"}]},
        {"texts": [{**texts[0], "lengths": b"1"}]},
        {"texts": []},
    ):
        with pytest.raises(msgspec.ValidationError):
            type(state).from_bytes(broken(state, **parts))
