"""Small batches are joined, and nothing else changes."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from checks.batch import Batch, Defect
from include.deliveries import joining
from include.deliveries.joining import join_small

one = st.tuples(st.sampled_from("ab"), st.lists(st.integers(0, 9), max_size=4), st.booleans())


def batch(file: str, values: list[int], *, wide: bool) -> Batch:
    columns = {"n": pa.array(values, pa.int64())} | ({"m": pa.nulls(len(values))} if wide else {})
    return Batch(file, pa.record_batch(columns))


def records(items) -> list[tuple[str, str, int, int]]:
    return [
        (name, file, row, value)
        for name, item in items
        if isinstance(item, Batch)
        for (file, row, _), value in zip(
            item.places(np.arange(item.table.num_rows)), item.table.column("n").to_pylist(), strict=True
        )
    ]


@given(st.lists(one, max_size=12))
def test_the_same_records_at_the_same_places(given_):
    items = [(name, batch(f"f{i}", values, wide=wide)) for i, (name, values, wide) in enumerate(given_)]
    with mock.patch.object(joining, "JOINED_ROWS", 6), mock.patch.object(joining, "SMALL_ROWS", 4):
        found = list(join_small(items))
    assert sorted(records(found)) == sorted(records(items))
    assert {file for _, item in found for file in item.files()} == {f"f{i}" for i in range(len(given_))}
    assert len(found) <= len(items)


def test_many_small_files_are_few_batches_and_defects_pass_at_once():
    items = [("a", batch(f"f{i}", [i], wide=False)) for i in range(1000)]
    items.insert(500, ("a", Defect("f", -1, "", "file", "empty-file", "")))
    found = list(join_small(items))
    assert [type(item) for _, item in found] == [Defect, Batch]
    assert found[1][1].files()[999] == "f999"
