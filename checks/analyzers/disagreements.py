"""Records whose raters do not all say the same: where to look when agreement is too low."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from checks.analyzers.failing import Failing, placed, smallest_hits
from checks.analyzers.labels import in_texts, labels
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
        votes = self._votes(view)
        most, least = votes[0].copy(), np.where(votes[0] < 0, _NO_VOTE, votes[0])
        for codes in votes[1:]:
            np.maximum(most, codes, out=most)
            np.minimum(least, np.where(codes < 0, _NO_VOTE, codes), out=least)
        apart = most > least
        if self.where is not None:
            apart &= self.where.mask(view)
        hits = np.flatnonzero(apart)
        first = smallest_hits(view, hits)
        splits = [_split([int(codes[i]) for codes in votes]) for i in first]
        examples = [(*place, split) for place, split in zip(view.batch.places(first), splits, strict=True)]
        return placed(view, hits, view.num_rows, examples)

    def _votes(self, view: View) -> list[np.ndarray]:
        """By rater the labels as codes common to all, int32 [n]; -1 for none."""
        columns = [labels(view, col) for col in self.raters]
        every = pa.concat_arrays([column.texts for column in columns]).dictionary_encode()
        common = every.indices.cast(pa.int32()).to_numpy(zero_copy_only=False)
        absent = in_texts(every.dictionary, self.missing)[common]
        common = np.where(absent, np.int32(-1), common)
        votes, start = [], 0
        for column in columns:
            stop = start + len(column.texts)
            votes.append(np.append(common[start:stop], np.int32(-1))[column.codes])
            start = stop
        return votes


_NO_VOTE = np.int32(2**31 - 1)
"""Above every code."""


def _split(votes: list[int]) -> str:
    """How the votes split, the most first; -1 is none."""
    counts = Counter(vote for vote in votes if vote >= 0)
    return ":".join(str(n) for n in sorted(counts.values(), reverse=True))
