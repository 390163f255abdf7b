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

from checks.analyzers.histogram import MOST, combined, histogram
from checks.analyzers.labels import Codes, labels
from checks.analyzers.vocabulary import Vocabulary
from checks.columns import Col, View


@dataclass(frozen=True)
class Joint:
    """`codes` [n]: the combination of each record, a mixed radix number (first column most significant, digit 0 for
    null, else the label's code plus one), in the narrowest unsigned type; `vocabularies`: by column the labels."""

    codes: np.ndarray
    vocabularies: tuple[Vocabulary, ...]

    def of(self, mask: np.ndarray) -> Joint:
        """Of the records that `mask`, bool [n], lets through."""
        return Joint(self.codes[mask], self.vocabularies)

    @property
    def _bases(self) -> list[int]:
        return [vocabulary.size + 1 for vocabulary in self.vocabularies]

    @property
    def radix(self) -> int:
        """Combinations that there could be."""
        return prod(self._bases)

    @cached_property
    def counts(self) -> np.ndarray:
        """How often each combination occurs, int64 [radix]."""
        return histogram(self.codes, self.radix)

    @cached_property
    def met(self) -> np.ndarray:
        """The combinations that occur, ascending, int64 [m]."""
        return np.flatnonzero(self.counts)

    @cached_property
    def cells(self) -> np.ndarray:
        """Their codes by column, -1 for null, int32 [m, columns]."""
        keys, out = self.met, np.empty((len(self.met), len(self.vocabularies)), dtype=np.int32)
        for j in range(len(self.vocabularies) - 1, -1, -1):
            keys, out[:, j] = np.divmod(keys, self._bases[j])
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
    sizes = [column.vocabulary.size for column in columns]
    if prod(size + 1 for size in sizes) > MOST:
        return None
    return Joint(combined([column.codes for column in columns], sizes), tuple(c.vocabulary for c in columns))
