"""The label-text convention and the contract's filter."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from rating_helpers import declaration

from checks.analyzers.labels import encode, label_text
from checks.analyzers.value_counts import ValueCounts
from checks.analyzers.where import Where, parse
from checks.batch import Batch
from checks.columns import Col, View
from checks.kernel import Misdeclared


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("A b ", "A b "),
        (3, "3"),
        (True, "true"),
        (False, "false"),
        (1.0, "1"),
        (0.5, "0.5"),
        (-0.0, "0"),
        (1e21, "1" + "0" * 21),
        (Decimal("1.50"), "1.5"),
        (Decimal("1E+2"), "100"),
        (dt.date(2026, 1, 2), "2026-01-02"),
        (dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC), "2026-01-02T03:04:00+00:00"),
    ],
)
def test_label_text(value, text):
    assert label_text(value) == text


@pytest.mark.parametrize(
    "array",
    [
        pa.array(["b", None, "a", "b"]),
        pa.array(["b", None, "a", "b"], pa.large_string()),
        pa.array(["b", None, "a", "b"]).dictionary_encode(),
        pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 3], pa.int8()), pa.array(["b", None, "a", "b"])),
        pa.DictionaryArray.from_arrays(pa.array([3, None, 1, 0]), pa.array(["b", "a", "unused", "b"])),
    ],
    ids=["string", "large", "dictionary", "null-in-dictionary", "double-in-dictionary"],
)
def test_every_arrow_form_of_a_column_gives_the_same_labels(array):
    found = encode(array)
    assert [None if c < 0 else found.texts[int(c)].as_py() for c in found.codes] == ["b", None, "a", "b"]
    assert len(set(found.texts.to_pylist())) == len(found.texts)


@pytest.mark.parametrize(
    ("array", "texts"),
    [
        (pa.array([1, None, -20]), ["1", None, "-20"]),
        (pa.array([1.0, 0.25, 1.0]), ["1", "0.25", "1"]),
        (pa.array([0.0, -0.0]), ["0", "0"]),
        (pa.array([True, False]), ["true", "false"]),
        (pa.array([dt.date(2026, 1, 2)]), ["2026-01-02"]),
        (pa.array([Decimal("1.50"), Decimal("2.00")]), ["1.5", "2"]),
        (pa.nulls(2), [None, None]),
    ],
)
def test_other_types_are_written_by_the_convention(array, texts):
    found = encode(array)
    assert [None if c < 0 else found.texts[int(c)].as_py() for c in found.codes] == texts


def test_bytes_are_no_labels():
    with pytest.raises(TypeError):
        encode(pa.array([b"x"]))


def view(**columns) -> View:
    return View(Batch("f", pa.record_batch({k: pa.array(v) for k, v in columns.items()})))


COLUMNS = {"split": "string", "n": "integer", "label": "string"}


def test_where_joins_terms_by_and_and_values_by_or():
    where = parse(declaration({}, COLUMNS), {"where": {"split": ["train", "dev"], "n": 1}})
    assert where == Where(((Col("n", "integer"), ("1",)), (Col("split", "string"), ("dev", "train"))))
    mask = where.mask(view(split=["train", "dev", "test", None], n=[1, 2, 1, 1]))
    assert mask.tolist() == [True, False, False, False]


def test_where_null_means_a_missing_value():
    where = parse(declaration({}, COLUMNS), {"where": {"split": [None, "dev"]}})
    assert where.mask(view(split=["dev", None, "x"])).tolist() == [True, True, False]


def test_where_is_the_same_however_it_is_written():
    one = parse(declaration({}, COLUMNS), {"where": {"split": ["a", "b"], "n": [1]}})
    other = parse(declaration({}, COLUMNS), {"where": {"n": Decimal(1), "split": ["b", "a"]}})
    assert one == other
    assert hash(one) == hash(other)


def test_where_names_declared_columns():
    assert parse(declaration({}, COLUMNS), {}) is None
    with pytest.raises(Misdeclared, match=r"where\.nope"):
        parse(declaration({}, COLUMNS), {"where": {"nope": 1}})
    with pytest.raises(Misdeclared):
        parse(declaration({}, COLUMNS), {"where": {}})


def test_value_counts_keep_nulls_apart_and_groups_whole():
    counts = ValueCounts("o", Col("label", "string"), (Col("split", "string"),))
    state = counts.observe(view(split=["a", "a", "b", None], label=["x", None, None, "x"]))
    assert state.total == 4
    assert state.nulls == 2
    assert state.classes() == {"x": 2}
    assert state.groups() == {(None,): {"x": 1}, ("a",): {"x": 1}, ("b",): {}}
    assert counts.columns() == {"label", "split"}
    assert counts.zero().classes() == {}


def test_counts_are_plain_integers():
    state = ValueCounts("o", Col("label", "string")).observe(view(label=["x"]))
    assert type(state.classes()["x"]) is int
    assert state.tally().dtype == np.int64
