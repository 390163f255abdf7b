"""Contingency tables over two or more label columns: raters' patterns, gold against label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from checks.analyzers.cells import Cells, cross
from checks.analyzers.where import Where
from checks.columns import Col, View
from checks.kernel import Analyzer, State


@dataclass(frozen=True)
class Contingency(Analyzer[Cells]):
    """Exact counts per combination of labels over `cells`, nulls kept as such, of the records `where` lets through.

    With raters as columns a combination is a rating pattern: every agreement coefficient follows from their counts.
    """

    state_type: ClassVar[type[State]] = Cells

    object: str
    cells: tuple[Col, ...]
    where: Where | None = None

    def columns(self) -> frozenset[str]:
        """The crossed columns and the filter's."""
        read = frozenset(col.name for col in self.cells)
        return read if self.where is None else read | self.where.columns()

    def zero(self) -> Cells:
        """No record seen."""
        return Cells.empty(len(self.cells))

    def observe(self, view: View) -> Cells:
        """Counts of one batch."""
        return cross(Cells, view, self.cells, self.where)
