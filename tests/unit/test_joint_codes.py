"""Joint codes count and find what a naive reading of the records does."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.analyzers.histogram import MOST
from checks.analyzers.joint import joint
from checks.batch import Batch
from checks.columns import Col, View

RECORDS = st.lists(st.tuples(*[st.sampled_from(["가", "b", "", None])] * 3), max_size=60)
COLS = tuple(Col(name, "string") for name in "abc")


def view_of(records: list[tuple[str | None, ...]], *, coded: bool) -> View:
    columns = [pa.array([r[i] for r in records], pa.string()) for i in range(3)]
    return View(
        Batch("f", pa.record_batch([c.dictionary_encode() if coded else c for c in columns], names=list("abc")))
    )


@given(RECORDS, st.booleans())
def test_combinations_are_counted_and_found(records: list[tuple[str | None, ...]], coded: bool) -> None:
    view = view_of(records, coded=coded)
    found = joint(view, COLS)
    assert found is not None
    assert found is joint(view, COLS)
    names = [[*words.texts.to_pylist(), None] for words in found.vocabularies]
    seen = [tuple(names[j][code] for j, code in enumerate(row)) for row in found.cells.tolist()]
    counts = found.counts[found.met].tolist()
    assert dict(zip(seen, counts, strict=True)) == Counter(records)
    chosen = np.array([combination[0] == "b" for combination in seen], dtype=bool)
    assert found.records(chosen).tolist() == [i for i, r in enumerate(records) if r[0] == "b"]


@pytest.mark.parametrize(("labels", "width"), [(5, 1), (39, 2)])
def test_codes_are_narrow(labels: int, width: int) -> None:
    column = pa.array([None, *map(str, range(labels))]).dictionary_encode()
    view = View(Batch("f", pa.record_batch([column] * 3, names=list("abc"))))
    found = joint(view, COLS)
    assert found is not None
    assert found.codes.itemsize == width
    assert found.cells.tolist() == [[i] * 3 for i in range(-1, labels)]


def test_too_many_combinations_have_no_joint_codes() -> None:
    column = pa.array(list(map(str, range(40))))
    assert MOST < 41**3
    assert joint(View(Batch("f", pa.record_batch([column] * 3, names=list("abc")))), COLS) is None


def test_the_most_labels_a_width_holds() -> None:
    for labels in (254, 255, 65_534):
        column = pa.array([None, *map(str, range(labels))])
        found = joint(View(Batch("f", pa.record_batch([pa.nulls(labels + 1), column], names=["a", "b"]))), COLS[:2])
        assert found is not None
        assert found.cells.tolist() == [[-1, i] for i in range(-1, labels)]
