"""How often each small whole number occurs, and each combination of several: the one loop under every table of labels.

`np.bincount` takes about a nanosecond a number, whatever the number is. So two or three numbers are first packed into
one of 16 bits, which costs a tenth of that, and packs are counted; how often a number occurs is then a marginal sum of
the table over packs. Work goes in blocks that stay in the processor's cache. It must not know what numbers stand for.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

MOST = (1 << 16) - 1
"""Combinations that have a number of 16 bits."""

BLOCK = 3 << 18
"""Numbers counted at a time: large beside the table over packs, small beside the cache."""

_SPARSE = 4
"""Numbers for each cell of the table over packs, at least: else clearing and folding it costs more than it saves."""


def crossed(columns: Sequence[np.ndarray], sizes: Sequence[int]) -> np.ndarray:
    """How often each combination of codes occurs, int64 [sizes[0] + 1, ...]: along each axis first those without a code.

    `columns`: by column integers [n] from -1 (no code) to size - 1, of any integer type. Raises ValueError where there
    are more than MOST combinations.
    """
    shape = [size + 1 for size in sizes]
    radix, n = prod(shape), len(columns[0])
    total = np.zeros(radix, dtype=np.int64)
    for start in range(0, n, BLOCK):
        total += histogram(combined([column[start : start + BLOCK] for column in columns], sizes), radix)
    return total.reshape(shape)


def combined(columns: Sequence[np.ndarray], sizes: Sequence[int]) -> np.ndarray:
    """One number a record, [n] in the narrowest unsigned type: mixed radix, first column most significant, digits code + 1.

    Raises ValueError where there are more than MOST combinations.
    """
    radix = prod(size + 1 for size in sizes)
    if radix > MOST:
        raise ValueError("more combinations than there are numbers")
    narrow = np.uint8 if radix < 1 << 8 else np.uint16
    codes: np.ndarray = columns[0].astype(narrow)
    ones = 1
    for column, size in zip(columns[1:], sizes[1:], strict=True):
        codes *= narrow(size + 1)
        codes += column.astype(narrow, copy=False)
        ones = ones * (size + 1) + 1
    codes += narrow(ones & np.iinfo(narrow).max)  # what a code of -1 took away, modulo 2^8 or 2^16
    return codes


def histogram(codes: np.ndarray, radix: int) -> np.ndarray:
    """How often each number below `radix` occurs among `codes` (unsigned, [n]): int64 [radix]."""
    group = _group(len(codes), radix)
    if group == 1:
        return np.bincount(codes, minlength=radix)
    length = len(codes) // group
    packs = codes[:length].astype(np.uint16)
    for i in range(1, group):
        packs *= np.uint16(radix)
        packs += codes[i * length : (i + 1) * length]
    counts = np.bincount(codes[group * length :], minlength=radix)
    table = np.bincount(packs, minlength=radix**group)
    for _ in range(1, group):  # what the first number of a pack adds; then over it, so that the next is the first
        table = table.reshape(radix, -1)
        counts += table.sum(axis=1)
        table = table.sum(axis=0)
    return counts + table


def _group(n: int, radix: int) -> int:
    """How many numbers to pack into one."""
    return next((g for g in (3, 2) if radix**g <= min(MOST + 1, n // _SPARSE)), 1)
