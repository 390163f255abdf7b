"""How many items bear each class, in all and by group: an item counts once for a class, however many labels it has of it.

And which classes stand on one item together. Labels are gathered by item; what is counted are whole items, so no split
of the delivery changes a number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from checks.analyzers.gather import Gather, Gathered
from checks.analyzers.labels import encode, labels
from checks.analyzers.value_counts import LabelCounts
from checks.analyzers.where import Where
from checks.columns import Col, View
from checks.kernel import Analyzer, State

_ITEM = Col("item", "string")
_ITEMS_AT_ONCE = 1 << 17


@dataclass(frozen=True)
class ItemCounts(Analyzer[Gathered]):
    """The class of every label that `where` lets through, by item. Without a `column` all labels are of one class."""

    state_type: ClassVar[type[State]] = Gathered

    object: str
    item: Col
    column: Col | None
    by: tuple[Col, ...] = ()
    where: Where | None = None

    def columns(self) -> frozenset[str]:
        """The item's, the class's, the groups' and the filter's columns."""
        named = (self.item, *self.by, *((self.column,) if self.column else ()))
        read = frozenset(col.name for col in named)
        return read if self.where is None else read | self.where.columns()

    def zero(self) -> Gathered:
        """No label seen."""
        return Gathered()

    def observe(self, view: View) -> Gathered:
        """One batch; what the filter leaves out is of no item."""
        items = _texts(view, self.item)
        if self.where is not None:
            items = pc.if_else(pa.array(self.where.mask(view)), items, pa.scalar(None, pa.large_string()))
        columns = {"item": items, **{f"by{i}": _texts(view, col) for i, col in enumerate(self.by)}}
        ones = pa.array([""] * view.num_rows, pa.large_string())
        columns["class"] = ones if self.column is None else _texts(view, self.column)
        kept = replace(view.batch, table=pa.record_batch(columns), lexical=False)
        return Gather(self.object, _ITEM, tuple(Col(name, "string") for name in self._kept())).observe(View(kept))

    def _kept(self) -> list[str]:
        return [*(f"by{i}" for i in range(len(self.by))), "class"]

    def counts(self, state: Gathered) -> LabelCounts:
        """Items over (by..., class)."""
        total = LabelCounts.empty(len(self.by) + 1)
        for table in _distinct(state, ["item", *self._kept()]):
            columns = [encode(table.column(name).combine_chunks()) for name in self._kept()]
            total = total.merge(LabelCounts.of(columns))
        return total

    def together(self, state: Gathered, classes: Sequence[str]) -> np.ndarray:
        """How many items bear both of two of `classes`, int64 [classes, classes]; the diagonal: how many bear each."""
        total = np.zeros((len(classes), len(classes)), dtype=np.int64)
        for table in _distinct(state, ["item", "class"]):
            place = pc.index_in(table.column("class"), value_set=pa.array(classes, pa.large_string()))
            named = place.is_valid()
            numbers = place.filter(named).to_numpy()
            items = table.column("item").filter(named).combine_chunks().dictionary_encode().indices.to_numpy()
            for start in range(0, int(items.max(initial=-1)) + 1, _ITEMS_AT_ONCE):
                some = (items >= start) & (items < start + _ITEMS_AT_ONCE)
                borne = np.zeros((int(items[some].max(initial=start)) - start + 1, len(classes)))
                borne[items[some] - start, numbers[some]] = 1.0
                total += (borne.T @ borne).astype(np.int64)  # whole numbers below 2^53: exact
        return total


def _texts(view: View, col: Col) -> pa.LargeStringArray:
    """A column's labels as texts."""
    found = labels(view, col)
    codes = found.codes.astype(np.int64)
    return found.texts.take(pa.array(codes, mask=codes < 0))


def _distinct(state: Gathered, columns: list[str]) -> Iterator[pa.Table]:
    """Each combination of the columns once, partition by partition."""
    for (table,) in state.partitions():
        if table is not None:
            yield table.select(columns).group_by(columns).aggregate([])
