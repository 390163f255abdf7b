"""How many values fall into each bin of a fixed scale, in all and by group: histograms that merge exactly.

Bins are half-open, [edge, next edge), with an open one at each end, and are named by their edges: nothing depends on the
data but the counts. Of a text its length in characters is measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from types import MappingProxyType
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from checks.analyzers.labels import Codes, encode, label_text, labels
from checks.analyzers.value_counts import LabelCounts
from checks.analyzers.where import Where
from checks.columns import Col, View
from checks.kernel import Analyzer, State

Edges = tuple[Decimal, ...]


def _edges(*values: str) -> Edges:
    return tuple(Decimal(value) for value in values)


SCALES: Mapping[str, Edges] = MappingProxyType({
    "area": _edges("256", "1024", "4096", "9216", "16384", "65536", "262144", "1048576"),
    "aspect": _edges("0.125", "0.25", "0.5", "0.75", "1", "1.25", "1.5", "2", "4", "8"),
    "brightness": _edges("32", "64", "96", "128", "160", "192", "224"),
    "pixels": _edges("76800", "307200", "921600", "2073600", "3686400", "8294400", "16777216"),
    "duration": _edges("0.5", "1", "2", "5", "10", "20", "30", "60", "300", "600", "3600"),
    "chars": _edges("1", "10", "20", "50", "100", "200", "500", "1000", "2000", "5000", "10000"),
    "text": _edges("1", "5", "10", "20", "50", "100", "200", "500", "1000"),
})  # fmt: skip
"""The scales of the columns that are worth a histogram. Areas are squares of 16, 32, 64 ... pixels, resolutions those of
common screens."""


def names_of(edges: Edges) -> tuple[str, ...]:
    """The names of the bins from the lowest to the highest: `< 1`, `1 - 5`, `>= 5`."""
    texts = [label_text(edge) for edge in edges]
    between = [f"{low} - {high}" for low, high in pairwise(texts)]
    return (f"< {texts[0]}", *between, f">= {texts[-1]}")


@dataclass(frozen=True)
class BinCounts(Analyzer[LabelCounts]):
    """Exact counts per (by..., bin) of the records that `where` lets through; what has no number is in no bin.

    Areas of labels whose item stands as 1 x 1 are ratios, not pixels, and are left out.
    """

    state_type: ClassVar[type[State]] = LabelCounts

    object: str
    column: Col
    edges: Edges
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
        columns = [*(labels(view, col) for col in self.by), self._bins(view)]
        if self.where is None:
            return LabelCounts.of(columns)
        mask = self.where.mask(view)
        return LabelCounts.of([replace(column, codes=column.codes[mask]) for column in columns])

    def _bins(self, view: View) -> Codes:
        """The bin of each record, as a label."""
        values = view.typed(self.column)
        numbers = pc.utf8_length(values) if self.column.type == "string" else values
        there = numbers.is_valid().to_numpy(zero_copy_only=False) & ~self._relative(view)
        found = pc.fill_null(numbers.cast(pa.float64()), 0.0).to_numpy(zero_copy_only=False)
        places = np.searchsorted(np.array([float(edge) for edge in self.edges]), found, side="right")
        names = pa.array(names_of(self.edges), pa.large_string())
        return encode(names.take(pa.array(places, mask=~(there & np.isfinite(found)))))

    def _relative(self, view: View) -> np.ndarray:
        """Records whose sizes are ratios."""
        names = ("item_width", "item_height")
        if self.column.name != "area" or not view.has(frozenset(names)):
            return np.zeros(view.num_rows, dtype=bool)
        sides = [pc.fill_null(pc.equal(view.raw(name).cast(pa.int64()), 1), False) for name in names]
        relative: np.ndarray = pc.and_(*sides).to_numpy(zero_copy_only=False)
        return relative
