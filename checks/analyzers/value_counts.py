"""How often each label occurs, in all and by group: class distributions, delivered counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

from checks.analyzers.cells import Cells, Key, cross
from checks.analyzers.where import Where
from checks.columns import Col, View
from checks.kernel import Analyzer, State


class LabelCounts(Cells, frozen=True):
    """Cells over (by..., value). A null value is never a class; a null group is the group None."""

    @property
    def nulls(self) -> int:
        """Records without a value (null or mistyped)."""
        rows = self.rows()
        return int(self.tally()[rows[:, -1] < 0].sum())

    def classes(self) -> dict[str, int]:
        """Label to count over all groups, nulls left out, sorted by label."""
        counts: Counter[str] = Counter()
        for key, count in self.items():
            if key[-1] is not None:
                counts[key[-1]] += count
        return dict(sorted(counts.items()))

    def groups(self) -> dict[Key, dict[str, int]]:
        """Group to label to count, nulls left out, sorted. A group whose values are all null has no labels."""
        found: dict[Key, dict[str, int]] = {}
        for key, count in self.items():
            labels = found.setdefault(key[:-1], {})
            if key[-1] is not None:
                labels[key[-1]] = count
        return found


@dataclass(frozen=True)
class ValueCounts(Analyzer[LabelCounts]):
    """Exact counts per (by..., value) of the records that `where` lets through; labels by text, nulls apart."""

    state_type: ClassVar[type[State]] = LabelCounts

    object: str
    column: Col
    by: tuple[Col, ...] = ()
    where: Where | None = None

    def columns(self) -> frozenset[str]:
        """The value's, the groups' and the filter's columns."""
        read = frozenset(col.name for col in (*self.by, self.column))
        return read if self.where is None else read | self.where.columns()

    def zero(self) -> LabelCounts:
        """No record seen."""
        return LabelCounts.empty(len(self.by) + 1)

    def observe(self, view: View) -> LabelCounts:
        """Counts of one batch."""
        return cross(LabelCounts, view, (*self.by, self.column), self.where)
