"""Tables of small numbers are those of a naive count, however they are packed, blocked and typed."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.analyzers import histogram
from checks.analyzers.histogram import MOST, combined, crossed

SIGNED = ("i1", "i2", "i4", "i8")


@st.composite
def coded(draw: Any) -> tuple[list[np.ndarray], list[int]]:
    """One to three columns of codes, -1 among them, and how many codes each has."""
    n = draw(st.integers(0, 400))
    sizes = draw(st.lists(st.integers(0, 30), min_size=1, max_size=3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    return [rng.integers(-1, size, n).astype(draw(st.sampled_from(SIGNED))) for size in sizes], sizes


@given(coded())
@settings(max_examples=300)
def test_combinations_are_counted(given_: tuple[list[np.ndarray], list[int]]) -> None:
    columns, sizes = given_
    table = crossed(columns, sizes)
    assert table.shape == tuple(size + 1 for size in sizes)
    found = {tuple(int(x) - 1 for x in at): int(table[tuple(at)]) for at in np.argwhere(table)}
    assert found == Counter(zip(*(c.tolist() for c in columns), strict=True))


@pytest.mark.parametrize(("radix", "n"), [(36, 1 << 20), (36, 40_000), (200, 400_000), (300, 5_000), (2, 7), (1, 5)])
def test_packs_of_three_two_and_one(radix: int, n: int) -> None:
    codes = np.random.default_rng(radix).integers(0, radix, n).astype(np.uint16 if radix > 255 else np.uint8)
    assert histogram.histogram(codes, radix).tolist() == np.bincount(codes, minlength=radix).tolist()


def test_blocks_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = np.random.default_rng(7).integers(-1, 5, (2, 1000)).astype(np.int32)
    whole = crossed(list(codes), [5, 5])
    monkeypatch.setattr(histogram, "BLOCK", 64)
    assert (crossed(list(codes), [5, 5]) == whole).all()


def test_the_arrays_given_stay_as_they_are() -> None:
    codes = np.array([0, 1, 1], dtype=np.uint8)
    combined([codes, codes], [2, 2])
    assert codes.tolist() == [0, 1, 1]


def test_too_many_combinations_are_refused() -> None:
    codes = np.zeros(3, dtype=np.int32)
    with pytest.raises(ValueError, match="more combinations"):
        combined([codes, codes], [MOST, 1])
