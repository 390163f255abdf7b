"""Labels of a column: their codes whatever the reader's array looks like, learned once a dictionary."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.analyzers import vocabulary
from checks.analyzers.labels import encode, labels
from checks.analyzers.vocabulary import Remembered, Vocabulary, common
from checks.batch import Batch
from checks.columns import Col, View

VALUES = st.lists(st.sampled_from(["가", "b", "", "c", None]), max_size=80)


def texts_of(array: pa.Array, kind: str = "string") -> list[str | None]:
    view = View(Batch("f", pa.record_batch([array], names=["a"])))
    codes = labels(view, Col("a", kind))
    names = [*codes.texts.to_pylist(), None]
    assert codes.nulls or -1 not in codes.codes
    return [names[code] for code in codes.codes.tolist()]


@given(VALUES, st.integers(0, 20), st.sampled_from([pa.int8(), pa.int32(), pa.int64(), pa.uint8(), pa.uint32()]))
def test_codes_of_a_slice_stand_for_its_values(values: list[str | None], start: int, index: pa.DataType) -> None:
    encoded = pa.array(values, pa.string()).dictionary_encode()
    array = pa.DictionaryArray.from_arrays(encoded.indices.cast(index), encoded.dictionary).slice(start)
    assert texts_of(array) == values[start:]


@given(VALUES, st.integers(0, 20))
def test_plain_texts_too(values: list[str | None], start: int) -> None:
    assert texts_of(pa.array(values, pa.string()).slice(start)) == values[start:]


def test_values_written_alike_are_one_label() -> None:
    dictionary = pa.array([1.0, 1.5, -0.0, 0.0])
    array = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 3, None, 3] * 2), dictionary)
    assert texts_of(array, "number") == ["1", "1.5", "0", "0", None, "0"] * 2


def test_a_mistyped_value_of_a_dictionary_is_no_label() -> None:
    array = pa.DictionaryArray.from_arrays(pa.array([0, 1, 0]), pa.array(["2024-01-01", "soon"]))
    view = View(Batch("f", pa.record_batch([array], names=["a"]), lexical=True))
    codes = labels(view, Col("a", "date"))
    assert [[*codes.texts.to_pylist(), None][code] for code in codes.codes] == ["2024-01-01", None, "2024-01-01"]
    assert codes.nulls


def test_one_dictionary_is_learned_once_and_another_apart() -> None:
    values = pa.array(["x", "y"] * 9)
    first, same = encode(values), encode(pa.array(["x", "y", "y"]))
    assert first.vocabulary is same.vocabulary
    assert encode(pa.array(["x", "z"])).vocabulary is not first.vocabulary
    long = pa.array(["ab", "abc", "ab"])
    assert encode(long.slice(1)).texts.to_pylist() == ["abc", "ab"]


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabulary, "REMEMBERED", 50_000)
    known, made = Remembered(), []
    for i in range(100):
        known.of(pa.array([str(i)]), None, lambda i=i: made.append(i) or i + 1)
    assert len(known._known) < 20
    assert known.of(pa.array(["99"]), None, lambda: 0) == 100
    large = pa.array(["x" * (1 << 20)])
    assert [known.of(large, None, lambda i=i: i) for i in (1, 2)] == [1, 2]


def test_common_codes_of_columns() -> None:
    first, second = (
        Vocabulary(pa.array(["a", "b"], pa.large_string())),
        Vocabulary(pa.array(["b", "", "c"], pa.large_string())),
    )
    size, (mine, theirs) = common([first, second], ("",))
    assert (size, mine) == (4, None)
    assert theirs is not None
    assert theirs.tolist() == [1, -1, 3, -1]


@given(st.sets(st.text(max_size=3), min_size=1, max_size=9), st.data())
def test_the_part_that_is_used(words: set[str], data: st.DataObject) -> None:
    given_ = data.draw(st.permutations(sorted(words)))
    used = sorted(data.draw(st.sets(st.integers(0, len(given_) - 1))))
    rank, texts = Vocabulary(pa.array(given_, pa.large_string())).part(np.array(used, dtype=np.int64))
    ordered = texts.array().to_pylist()
    assert ordered == sorted((given_[i] for i in used), key=lambda t: t.encode())
    assert [ordered[r] for r in rank] == [given_[i] for i in used]
