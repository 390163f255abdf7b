"""One predicate over one column, value by value: the analyzer under every row-level rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow.compute as pc

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
        mask = self.predicate.failing(view if coded is None else coded[0], self.column)
        if not pc.any(mask).as_py():
            return np.zeros(0, dtype=np.int64)
        failing = mask.fill_null(False).to_numpy(zero_copy_only=False)
        return np.flatnonzero(failing if coded is None else failing[coded[1]])
