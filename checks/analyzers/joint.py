"""Joint codes: the labels of several columns of a batch as one small number a record, shared by all who ask.

Raters' columns are crossed by several analyzers at once (contingency tables, patterns, disagreements). Whatever depends
on a record's combination of labels alone is found once a combination and looked up by its number. Only for few
combinations, so that a table over all of them is small; it must not decide what a null means: it is a label of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np
import pyarrow as pa

from checks.analyzers.labels import Codes, labels
from checks.columns import Col, View

MOST = (1 << 16) - 1
"""Combinations in a table at most."""


@dataclass(frozen=True)
class Joint:
    """`codes` [n]: the combination of each record, a mixed radix number (first column most significant, digit 0 for
    null, else the label's place in `texts` plus one), in the narrowest unsigned type; `texts`: by column the labels."""

    codes: np.ndarray
    texts: tuple[pa.LargeStringArray, ...]

    @property
    def radix(self) -> int:
        """Combinations that there could be."""
        return prod(len(texts) + 1 for texts in self.texts)

    @cached_property
    def counts(self) -> np.ndarray:
        """How often each combination occurs, int64 [radix]."""
        return np.bincount(self.codes, minlength=self.radix)

    @cached_property
    def met(self) -> np.ndarray:
        """The combinations that occur, ascending, int64 [m]."""
        return np.flatnonzero(self.counts)

    @cached_property
    def cells(self) -> np.ndarray:
        """Their codes by column, -1 for null, int32 [m, columns]."""
        keys, out = self.met, np.empty((len(self.met), len(self.texts)), dtype=np.int32)
        for j in range(len(self.texts) - 1, -1, -1):
            keys, out[:, j] = np.divmod(keys, len(self.texts[j]) + 1)
        out -= 1
        return out

    def records(self, chosen: np.ndarray) -> np.ndarray:
        """Positions of the records whose combination is one of those `chosen`, bool [m] along `met`; ascending int64."""
        if not chosen.any():
            return np.zeros(0, dtype=np.int64)
        table = np.zeros(self.radix, dtype=bool)
        table[self.met[chosen]] = True
        return np.flatnonzero(table.take(self.codes))


def joint(view: View, columns: Sequence[Col]) -> Joint | None:
    """The joint codes of these columns, made once a batch; None where there may be more than MOST combinations."""
    cols = tuple(columns)
    return view.once("joint", cols, lambda: joined([labels(view, col) for col in cols]))


def joined(columns: Sequence[Codes]) -> Joint | None:
    """The joint codes of columns of equal length."""
    texts = tuple(column.texts for column in columns)
    radix = prod(len(labels) + 1 for labels in texts)
    if radix > MOST:
        return None
    narrow = np.uint8 if radix < 1 << 8 else np.uint16
    codes = _digit(columns[0], narrow)
    for column in columns[1:]:
        codes *= narrow(len(column.texts) + 1)
        codes += _digit(column, narrow)
    return Joint(codes, texts)


def _digit(column: Codes, narrow: type[np.uint8 | np.uint16]) -> np.ndarray:
    digits: np.ndarray = column.codes.astype(narrow)  # -1 wraps to the largest number: one more is zero
    np.add(digits, narrow(1), out=digits)
    return digits
