"""Records whose raters do not all say the same: where to look when agreement is too low."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from checks.analyzers.failing import EXAMPLES, Failing
from checks.analyzers.where import Where
from checks.columns import Col, View
from checks.kernel import Analyzer, State
from checks.predicates import texts


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
        labels = [self._labels(view, col) for col in self.raters]
        first = pc.coalesce(*labels)
        apart = np.zeros(view.num_rows, dtype=bool)
        for column in labels:
            apart |= pc.not_equal(column, first).fill_null(False).to_numpy(zero_copy_only=False)
        if self.where is not None:
            apart &= self.where.mask(view)
        hits = np.flatnonzero(apart)
        rows = view.rows()[hits]
        examples = [
            (view.batch.file, int(row), view.batch.pointer_of(int(row)), _split([c[int(i)].as_py() for c in labels]))
            for i, row in zip(hits[:EXAMPLES], rows[:EXAMPLES], strict=True)
        ]
        return Failing.of(view.batch.file, rows, view.num_rows, examples)

    def _labels(self, view: View, col: Col) -> pa.Array:
        found = texts(view, col)
        if not self.missing:
            return found
        absent = pc.is_in(found, pa.array(self.missing, pa.large_string()))
        return pc.if_else(absent, pa.scalar(None, pa.large_string()), found)


def _split(votes: list[str | None]) -> str:
    """How the votes split, the most first."""
    counts = Counter(vote for vote in votes if vote is not None)
    return ":".join(str(n) for n in sorted(counts.values(), reverse=True))
