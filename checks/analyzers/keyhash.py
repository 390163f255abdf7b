"""64-bit hashes of keys, made by arithmetic that is written down here, so that states mean the same in every release.

Library hashes (Polars, Arrow, Python) may change between versions or differ between processes; a stored state must not.
Fixed-width values stand for themselves, in their own order: keys often ascend in a file, and what ascends needs no
sorting. Texts are hashed eight bytes at a time, with all rows in step; equal hashes of texts prove nothing, and whoever
compares them must compare the keys.
Mixer: the finaliser of SplitMix64 (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators").
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_STEP = np.uint64(0x9E3779B97F4A7C15)
_SIGN = np.uint64(1 << 63)
_KEPT = np.array([(1 << 8 * n) - 1 for n in range(8)] + [2**64 - 1], dtype=np.uint64)
"""Masks that keep the first n of eight little-endian bytes."""


def mixed(values: np.ndarray) -> np.ndarray:
    """A bijection of uint64 [n] onto itself under which near values lie apart."""
    x: np.ndarray = values ^ (values >> np.uint64(30))
    x *= _FIRST
    x ^= x >> np.uint64(27)
    x *= _SECOND
    x ^= x >> np.uint64(31)
    return x


def hash_fixed(column: pa.Array) -> np.ndarray:
    """Non-null int64, float64, bool, date32, time64 or timestamp values as uint64 [n] of the same order; a bijection."""
    kind = column.type
    if pa.types.is_floating(kind):
        numbers = column.cast(pa.float64()).to_numpy(zero_copy_only=False) + 0.0  # -0.0 is 0.0
        bits = numbers.view(np.uint64)
        ordered: np.ndarray = np.where(bits < _SIGN, bits | _SIGN, ~bits)
        return ordered
    if pa.types.is_boolean(kind):
        column = column.cast(pa.int8())
    elif pa.types.is_date32(kind):
        column = column.view(pa.int32())
    elif not pa.types.is_integer(kind):
        column = column.view(pa.int64())
    whole = column.cast(pa.int64()).to_numpy(zero_copy_only=False).view(np.uint64)
    moved: np.ndarray = whole ^ _SIGN
    return moved


def is_fixed(kind: pa.DataType) -> bool:
    """Has the type values of at most 64 bits, which `hash_fixed` takes?"""
    t = pa.types
    simple = (t.is_int64, t.is_float64, t.is_boolean, t.is_date32, t.is_time64, t.is_timestamp)
    return any(test(kind) for test in simple)


def hash_bytes(column: pa.LargeBinaryArray) -> np.ndarray:
    """Hashes of non-null byte strings, uint64 [n]."""
    starts, lengths, data = parts(column)
    hashes = mixed(lengths.astype(np.uint64) + _STEP)
    if not data.size:
        return hashes
    padded = np.concatenate([data, np.zeros(8, dtype=np.uint8)])
    words = np.ndarray(len(data) + 1, dtype="<u8", buffer=padded.data, strides=(1,))  # one at every byte
    rows: np.ndarray | slice = slice(None)
    done = 0
    longest = int(lengths.max(initial=0))
    while done < longest:
        left = lengths[rows] - done
        if int(left.min()) <= 0:
            rows = np.flatnonzero(lengths > done)
            left = lengths[rows] - done
        word = words[starts[rows] + done] & _KEPT[np.minimum(left, 8)]
        hashes[rows] = mixed((hashes[rows] ^ word) + _STEP)
        done += 8
    return hashes


def parts(column: pa.LargeBinaryArray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where each value starts in the bytes, int64 [n], its length, int64 [n], and the bytes, uint8."""
    buffers = column.buffers()
    offsets = np.frombuffer(buffers[1], dtype=np.int64)[column.offset : column.offset + len(column) + 1]
    if buffers[2] is None or not len(column):
        return np.zeros(len(column), dtype=np.int64), np.diff(offsets)[: len(column)], np.zeros(0, dtype=np.uint8)
    data = np.frombuffer(buffers[2], dtype=np.uint8)[offsets[0] : offsets[-1]]
    return offsets[:-1] - offsets[0], np.diff(offsets), data


def joined(columns: list[pa.Array]) -> pa.LargeStringArray:
    """One text for each row of several columns; different rows give different texts, a null being a value like another.

    The lengths of all parts come first, so that no part can be mistaken for the end of another. -0.0 is 0.0.
    """
    texts = [_unsigned(column).cast(pa.large_string()) for column in columns]
    lengths = [pc.binary_length(text).cast(pa.large_string()).fill_null("-") for text in texts]
    separator = pa.scalar(",", pa.large_string())
    return pc.binary_join_element_wise(*lengths, *(text.fill_null("") for text in texts), separator)


def _unsigned(column: pa.Array) -> pa.Array:
    return pc.add(column, 0.0) if pa.types.is_floating(column.type) else column
