"""Marginal tables: what is counted over a, b and c need not be counted over a and b again.

Every pair of raters and every class count follows from the rating patterns of all raters, by adding up. So an analyzer
whose columns are among those of another of the same records is not observed; its state is derived at the end of a pass.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from checks.analyzers.cells import Cells, sum_by_row
from checks.analyzers.contingency import Contingency
from checks.analyzers.value_counts import LabelCounts, ValueCounts
from checks.columns import Col
from checks.kernel import Analyzer

Crossing = Contingency | ValueCounts


@dataclass(frozen=True, slots=True)
class Marginal:
    """`analyzer`'s state is that of `source`, over the columns at the places `kept`."""

    analyzer: Crossing
    source: Crossing
    kept: tuple[int, ...]

    def of(self, cells: Cells) -> Cells:
        """The marginal of the source's state."""
        kind = LabelCounts if isinstance(self.analyzer, ValueCounts) else Cells
        texts = tuple(cells.texts[place] for place in self.kept)  # each text still occurs: cells are never dropped
        if not cells.counts:
            return kind(texts)
        rows = cells.rows()
        codes, counts = sum_by_row(
            [rows[:, place] for place in self.kept], [text.size for text in texts], cells.tally()
        )
        return kind(texts, codes.astype("<i4").tobytes(), counts.astype("<i8").tobytes())


def marginals(analyzers: Iterable[Analyzer[Any]]) -> dict[Analyzer[Any], Marginal]:
    """Which of these analyzers of one object follow from others of them that do not follow themselves."""
    roots: list[Crossing] = []
    found: dict[Analyzer[Any], Marginal] = {}
    crossing = [analyzer for analyzer in analyzers if isinstance(analyzer, Contingency | ValueCounts)]
    for analyzer in sorted(crossing, key=lambda a: len(_crossed(a)), reverse=True):
        wanted = _crossed(analyzer)
        source = next((root for root in reversed(roots) if _tells(root, analyzer)), None)
        if source is None:
            roots.append(analyzer)
        else:
            place = {col: i for i, col in enumerate(_crossed(source))}
            found[analyzer] = Marginal(analyzer, source, tuple(place[col] for col in wanted))
    return found


def _crossed(analyzer: Crossing) -> tuple[Col, ...]:
    return analyzer.cells if isinstance(analyzer, Contingency) else (*analyzer.by, analyzer.column)


def _tells(root: Crossing, analyzer: Crossing) -> bool:
    """Are the columns among the root's, and the records the same?"""
    return root.where == analyzer.where and {*_crossed(analyzer)} <= {*_crossed(root)}
