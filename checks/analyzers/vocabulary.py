"""The labels of a column once each, and what is derived from them alone: their order, and codes common to several columns.

Readers give the same few dictionaries batch after batch, so what was made of one is remembered by its content: a label
is looked at once, not once a record or a batch. What is remembered is a function of that content, and bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Self, TypeVar

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

T = TypeVar("T")

REMEMBERED = 8 << 20
"""Bytes of dictionaries whose derivations are remembered."""

_LARGEST = REMEMBERED >> 5
_FEW = 1024


class Texts(msgspec.Struct, frozen=True):
    """Sorted distinct texts, as UTF-8 bytes end to end and their byte lengths (int64, little-endian)."""

    data: bytes = b""
    lengths: bytes = b""

    def __post_init__(self) -> None:
        if len(self.lengths) % 8 or int(np.frombuffer(self.lengths, dtype="<i8").sum()) != len(self.data):
            raise ValueError("lengths do not cover the data")

    @property
    def size(self) -> int:
        """Number of texts."""
        return len(self.lengths) // 8

    def array(self) -> pa.LargeStringArray:
        """As Arrow."""
        lengths = np.frombuffer(self.lengths, dtype="<i8")
        offsets = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])
        return pa.LargeStringArray.from_buffers(len(lengths), pa.py_buffer(offsets), pa.py_buffer(self.data))

    @classmethod
    def of(cls, array: pa.LargeStringArray) -> Self:
        """Of distinct texts that are already sorted."""
        binary = array.cast(pa.large_binary())
        lengths = pc.binary_length(binary).to_numpy(zero_copy_only=False).astype("<i8")
        return cls(b"".join(binary.to_pylist()), lengths.tobytes())


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """`texts` [size]: distinct, without null, in no particular order; a label's code is its place in them."""

    texts: pa.LargeStringArray

    @property
    def size(self) -> int:
        """Number of texts."""
        return len(self.texts)

    @cached_property
    def rank(self) -> np.ndarray:
        """The place of each text in `ordered`, int32 [size]."""
        rank = np.empty(self.size, dtype=np.int32)
        rank[self._order] = np.arange(self.size, dtype=np.int32)
        return rank

    @cached_property
    def ordered(self) -> Texts:
        """All texts, sorted."""
        return Texts.of(self.texts.take(pa.array(self._order)))

    @cached_property
    def _order(self) -> np.ndarray:
        order: np.ndarray = pc.sort_indices(self.texts).to_numpy().astype(np.int64)
        return order

    def part(self, used: np.ndarray) -> tuple[np.ndarray, Texts]:
        """Of the codes `used` (ascending, int [m]): the rank of each among them, int32 [m], and their texts, sorted."""
        if len(used) == self.size:
            return self.rank, self.ordered
        kept = self.texts.take(pa.array(used))
        order = pc.sort_indices(kept).to_numpy()
        rank = np.empty(len(used), dtype=np.int32)
        rank[order.astype(np.int64)] = np.arange(len(used), dtype=np.int32)
        return rank, Texts.of(kept.take(pa.array(order)))


def common(vocabularies: Sequence[Vocabulary], missing: tuple[str, ...]) -> tuple[int, list[np.ndarray | None]]:
    """How many labels all have together, and by vocabulary the lookup of its codes in them: int32 [size + 1].

    The last entry, and that of each of the `missing` texts, is -1. None where codes stay as they are.
    """
    key = tuple(vocabularies)
    few = all(vocabulary.size <= _FEW for vocabulary in key)
    return _common(key, missing) if few else _common.__wrapped__(key, missing)


@lru_cache(maxsize=64)
def _common(vocabularies: tuple[Vocabulary, ...], missing: tuple[str, ...]) -> tuple[int, list[np.ndarray | None]]:
    every = pa.concat_arrays([vocabulary.texts for vocabulary in vocabularies]).dictionary_encode()
    numbers = every.indices.cast(pa.int32()).to_numpy(zero_copy_only=False)
    numbers = np.where(in_texts(every.dictionary, missing)[numbers], np.int32(-1), numbers)
    lookups: list[np.ndarray | None] = []
    start = 0
    for vocabulary in vocabularies:
        stop = start + vocabulary.size
        same = np.array_equal(numbers[start:stop], np.arange(vocabulary.size))
        lookups.append(None if same else np.append(numbers[start:stop], np.int32(-1)))
        start = stop
    return len(every.dictionary), lookups


def in_texts(texts: pa.LargeStringArray, wanted: tuple[str | None, ...]) -> np.ndarray:
    """Which codes stand for one of `wanted`: bool [len(texts) + 1], the last one for null (code -1)."""
    named = pa.array([w for w in wanted if w is not None], pa.large_string())
    found: Any = pc.is_in(texts, value_set=named).to_numpy(zero_copy_only=False)
    return np.append(found.astype(bool), None in wanted)


class Remembered:
    """What was made of dictionaries, by their content; forgotten altogether when it grows too large."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Any] = {}
        self._bytes = 0

    def of(self, values: pa.Array, about: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives for these values and `about`; large dictionaries are not remembered."""
        content = _content(values)
        if content is None:
            return make()
        found: T | None = self._known.get((content, about))
        if found is None:
            if self._bytes > REMEMBERED:
                self._known, self._bytes = {}, 0
            found = self._known[content, about] = make()
            self._bytes += _LARGEST // 64 + sum(len(part) for part in content[3:])
        return found


def _content(values: pa.Array) -> tuple[Any, ...] | None:
    """Equal only for equal values: type, place in the buffers, and the buffers; None where they are large."""
    buffers = [b"" if buffer is None else buffer for buffer in values.buffers()]
    if sum(len(buffer) for buffer in buffers) > _LARGEST:
        return None
    return (values.type, values.offset, len(values), *(bytes(buffer) for buffer in buffers))
