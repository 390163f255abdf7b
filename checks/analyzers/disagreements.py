"""Records whose raters do not all say the same: where to look when agreement is too low."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from checks.analyzers.failing import Failing, placed, smallest_hits
from checks.analyzers.labels import labels
from checks.analyzers.vocabulary import common
from checks.analyzers.where import Where
from checks.columns import Col, View
from checks.kernel import Analyzer, State


@dataclass(frozen=True)
class Disagreements(Analyzer[Failing]):
    """Records with two different labels among `raters`; `missing` texts and nulls are no label.

    An example's value is how the votes split, such as 3:2, never the labels.
    """

    state_type: ClassVar[type[State]] = Failing

    object: str
    raters: tuple[Col, ...]
    missing: tuple[str, ...]
    where: Where | None = None

    def columns(self) -> frozenset[str]:
        """The raters' and the filter's columns."""
        read = frozenset(col.name for col in self.raters)
        return read if self.where is None else read | self.where.columns()

    def zero(self) -> Failing:
        """Nothing compared."""
        return Failing()

    def observe(self, view: View) -> Failing:
        """One batch."""
        votes, none = self._votes(view)
        most, least = votes[0] + votes.dtype.type(1), votes[0].copy()  # none wraps around to 0 there, and is most here
        for codes in votes[1:]:
            np.maximum(most, codes + votes.dtype.type(1), out=most)
            np.minimum(least, codes, out=least)
        most -= votes.dtype.type(1)
        apart = most > least
        if self.where is not None:
            apart &= self.where.mask(view)
        hits = np.flatnonzero(apart)
        first = smallest_hits(view, hits)
        splits = [_split([vote for vote in votes[:, i].tolist() if vote != none]) for i in first]
        examples = [(*place, split) for place, split in zip(view.batch.places(first), splits, strict=True)]
        return placed(view, hits, view.num_rows, examples)

    def _votes(self, view: View) -> tuple[np.ndarray, int]:
        """The labels as codes common to all raters, [raters, n] in the narrowest unsigned type, and its largest number.

        That one stands for no label.
        """
        columns = [labels(view, col) for col in self.raters]
        size, lookups = common([column.vocabulary for column in columns], self.missing)
        narrow = next(kind for kind in (np.uint8, np.uint16, np.uint32) if size <= np.iinfo(kind).max)
        votes = np.empty((len(columns), view.num_rows), dtype=narrow)
        for vote, column, lookup in zip(votes, columns, lookups, strict=True):
            codes = column.codes if lookup is None else lookup.astype(narrow).take(column.codes)
            np.copyto(vote, codes, casting="unsafe")  # -1 becomes the largest number
        return votes, int(np.iinfo(narrow).max)


def _split(votes: list[int]) -> str:
    """How the votes split, the most first."""
    return ":".join(str(n) for n in sorted(Counter(votes).values(), reverse=True))
