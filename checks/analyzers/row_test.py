"""One predicate over one column, value by value: the analyzer under every row-level rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from checks.analyzers.failing import Failing, failing_of
from checks.columns import Col, View
from checks.kernel import Analyzer, State
from checks.predicates import Predicate


@dataclass(frozen=True)
class RowTest(Analyzer[Failing]):
    """Which values of `column` fail `predicate`, and how many were tested."""

    state_type: ClassVar[type[State]] = Failing

    object: str
    column: Col
    predicate: Predicate

    def columns(self) -> frozenset[str]:
        """The one column."""
        return frozenset({self.column.name})

    def zero(self) -> Failing:
        """Nothing tested."""
        return Failing()

    def observe(self, view: View) -> Failing:
        """One batch."""
        tested = self.predicate.tested(view, self.column)
        hits = self._hits(view)
        if not hits.size:
            return Failing(tested)
        return failing_of(view, hits, tested, self.column.name)

    def _hits(self, view: View) -> np.ndarray:
        """Positions of the failing records, int64: found value by value where the column came as codes."""
        coded = view.distinct(self.column)
        seen = view if coded is None else coded.view
        mask = seen.once("failing", self, lambda: self.predicate.mask(seen, self.column))
        if mask is None or (coded is not None and not coded.indices.null_count and not mask[:-1].any()):
            return np.zeros(0, dtype=np.int64)
        return np.flatnonzero(mask if coded is None else mask[coded.index])
