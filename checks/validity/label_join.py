"""The faults of labels beside their items and beside each other: outside the image, of another size, twice the same.

Works on one partition of labels and items that were gathered by item; equal labels stand in one partition.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from checks.columns import Col
from checks.streams import ITEMS
from checks.validity.faults import ABSENT, Marks
from checks.validity.label_facts import BOUNDS

ITEM_FACTS: tuple[Col, ...] = tuple(col for col in ITEMS if col.name in {"width", "height", "duration", "chars"})
"""What of an item its labels are judged by."""

SIDE_SLACK = 1e-6
"""Share of the image's side by which a box may stand out: half a unit of the sixth decimal of each of two numbers, as
formats of relative coordinates write them."""

TIME_SLACK = 0.01
"""Seconds by which an extent may be longer than its audio: times are written with two decimals."""


@dataclass(frozen=True)
class _Known:
    """A number of each label's item: `values` float64 [n], `there` bool [n]."""

    values: np.ndarray
    there: np.ndarray

    def otherwise(self, other: _Known) -> _Known:
        """This, or the other where this is not known."""
        return _Known(np.where(self.there, self.values, other.values), self.there | other.there)


_Sides = Mapping[str, _Known]
_SIDES = ("width", "height")


def _numbers(column: pa.ChunkedArray) -> _Known:
    there = column.is_valid().to_numpy()
    return _Known(pc.fill_null(column.cast(pa.float64()), 0.0).to_numpy(), there)


def joined_faults(labels: pa.Table, items: pa.Table | None) -> Marks:
    """All faults of each label of a partition: those found in it alone, and those found here."""
    marks = Marks(labels.num_rows)
    marks.bits |= labels.column("faults").to_numpy()
    found = _items_of(labels, items)
    said = {name: _numbers(labels.column(f"item_{name}")) for name in _SIDES}
    relative = np.logical_and.reduce([side.there & (side.values == 1) for side in said.values()])
    absolute = {name: _Known(side.values, side.there & ~relative) for name, side in said.items()}
    pixels = {name: found[name].otherwise(absolute[name]) for name in _SIDES}
    unit = _Known(np.ones(labels.num_rows), relative)
    _sizes(labels, absolute, found, marks)
    _bounds(labels, {name: unit.otherwise(side) for name, side in pixels.items()}, marks)
    _canvases(labels, pixels, marks)
    _extents(labels, found, marks)
    _repeats(labels, marks)
    return marks


def _items_of(labels: pa.Table, items: pa.Table | None) -> _Sides:
    """The facts of each label's item; of several items of one id the first."""
    n = labels.num_rows
    if items is None:
        nothing = _Known(np.zeros(n), np.zeros(n, dtype=bool))
        return {col.name: nothing for col in ITEM_FACTS}
    ids = items.column(0).combine_chunks()
    distinct = ids.dictionary_encode()
    first = np.unique(distinct.indices.to_numpy(zero_copy_only=False), return_index=True)[1]
    at = pc.index_in(labels.column("item_id"), value_set=distinct.dictionary)
    place = pc.take(pa.array(first), at.combine_chunks())
    return {
        col.name: _numbers(pa.chunked_array([items.column(col.name).combine_chunks().take(place)]))
        for col in ITEM_FACTS
    }


def _sizes(labels: pa.Table, said: _Sides, found: _Sides, marks: Marks) -> None:
    """A size that is not the item's, told once for each item and file."""
    differs = [side.there & found[name].there & (side.values != found[name].values) for name, side in said.items()]
    hits = np.flatnonzero(np.logical_or.reduce(differs))
    if not hits.size:
        return
    some = labels.select(["item_id", "file"]).take(pa.array(hits))
    ids, files = (_codes(column) for column in some.columns)
    first = np.unique(ids * (int(files.max()) + 1) + files, return_index=True)[1]
    marks.at("item-size-differs", hits[first])


def _codes(column: pa.ChunkedArray) -> np.ndarray:
    indices = column.combine_chunks().dictionary_encode().indices
    return np.asarray(indices.to_numpy(zero_copy_only=False), dtype=np.int64)


def _bounds(labels: pa.Table, size: _Sides, marks: Marks) -> None:
    left, top, right, bottom = (_numbers(labels.column(name)) for name in BOUNDS)
    outside = np.zeros(labels.num_rows, dtype=bool)
    for low, high, side in ((left, right, size["width"]), (top, bottom, size["height"])):
        slack = np.where(side.there, side.values * SIDE_SLACK, 0.0)
        outside |= low.there & (low.values < -slack)
        outside |= high.there & side.there & (high.values > side.values + slack)
    marks.add("outside-image", outside)


def _canvases(labels: pa.Table, size: _Sides, marks: Marks) -> None:
    """Run lengths are of pixels, whatever the coordinates are."""
    pixels, width, height = labels.column("mask_pixels").to_numpy(), size["width"], size["height"]
    known = width.there & height.there & (pixels >= 0)
    marks.add("mask-size", known & (pixels != width.values * height.values))


def _extents(labels: pa.Table, found: _Sides, marks: Marks) -> None:
    start, end = _numbers(labels.column("start")), _numbers(labels.column("end"))
    timed = found["duration"].there
    late = end.there & (end.values > found["duration"].values + TIME_SLACK)
    early = start.there & (start.values < 0)
    marks.add("outside-duration", timed & (late | early))
    beyond = found["chars"].there & end.there & (end.values > found["chars"].values)
    marks.add("outside-text", ~timed & (beyond | early))


def _repeats(labels: pa.Table, marks: Marks) -> None:
    """Labels that say the same of the same item as one before them."""
    whole = np.flatnonzero(~marks.has(ABSENT))
    ids = _codes(labels.column("item_id"))
    columns = [labels.column(name).to_numpy()[whole] for name in ("same_too", "same")] + [ids[whole]]
    order = np.lexsort(columns)  # stable: of equal labels the first place comes first
    if order.size < 2:
        return
    alike = np.logical_and.reduce([column[order[1:]] == column[order[:-1]] for column in columns])
    marks.at("duplicate-label", whole[order[1:][alike]])
