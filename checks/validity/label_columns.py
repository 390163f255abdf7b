"""The columns of a batch of labels as numpy arrays, and its nested points flat, each number with the label it is of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from checks.columns import View
from checks.geometry import masks
from checks.streams import ANNOTATIONS

COLS = {col.name: col for col in ANNOTATIONS}


@dataclass(frozen=True)
class Numbers:
    """A column of numbers: `values` float64 [n], 0 where there is none; `there` bool [n]."""

    values: np.ndarray
    there: np.ndarray


@dataclass(frozen=True)
class FlatRings:
    """All rings of a batch end to end: `values` float64 (NaN for a null); `counts` numbers of each ring; `row` the label
    of each ring, ascending."""

    values: np.ndarray
    counts: np.ndarray
    row: np.ndarray

    @property
    def starts(self) -> np.ndarray:
        """Where each ring starts in `values`."""
        starts: np.ndarray = np.cumsum(self.counts) - self.counts
        return starts

    def of(self, rows: np.ndarray) -> FlatRings:
        """The rings of the labels marked in `rows`, bool [labels]."""
        kept = rows[self.row]
        return FlatRings(self.values[np.repeat(kept, self.counts)], self.counts[kept], self.row[kept])


class LabelColumns:
    """One batch of an annotations object."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.n = view.num_rows

    def numbers(self, name: str) -> Numbers:
        """A numeric column as the reader gave it: what is no finite number is not taken for an absent one."""
        column = self.view.raw(name)
        there = column.is_valid().to_numpy(zero_copy_only=False)
        values = pc.fill_null(column.cast(pa.float64()), 0.0).to_numpy(zero_copy_only=False)
        return Numbers(values, there)

    def texts(self, name: str) -> pa.LargeStringArray:
        """A column of texts."""
        return self.view.typed(COLS[name]).cast(pa.large_string())

    def filled(self, name: str) -> np.ndarray:
        """Labels whose text is there and not empty, bool [n]."""
        lengths = pc.fill_null(pc.binary_length(self.texts(name)), 0)
        filled: np.ndarray = lengths.to_numpy(zero_copy_only=False) > 0
        return filled

    def kind(self, *names: str) -> np.ndarray:
        """Labels of one of these kinds, bool [n]."""
        mask = pc.is_in(self._kinds, value_set=pa.array(names, pa.large_string()))
        found: np.ndarray = mask.to_numpy(zero_copy_only=False)
        return found

    @cached_property
    def _kinds(self) -> pa.LargeStringArray:
        """A label without a kind is a class."""
        return pc.fill_null(self.texts("kind"), "class")

    @cached_property
    def box(self) -> dict[str, Numbers]:
        """x, y, width, height."""
        return {name: self.numbers(name) for name in ("x", "y", "width", "height")}

    @cached_property
    def rings(self) -> FlatRings:
        """The points of all labels."""
        lists = self.view.raw("points")
        if pa.types.is_null(lists.type) or lists.null_count == len(lists):
            empty = np.zeros(0, dtype=np.int64)
            return FlatRings(np.zeros(0), empty, empty)
        rings = pc.list_flatten(lists)
        per_label = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
        counts = pc.fill_null(pc.list_value_length(rings), 0).to_numpy(zero_copy_only=False)
        values = pc.fill_null(pc.list_flatten(rings), float("nan")).to_numpy(zero_copy_only=False)
        return FlatRings(values, counts.astype(np.int64), np.repeat(np.arange(self.n), per_label))

    @cached_property
    def has_rings(self) -> np.ndarray:
        """Labels with a ring, bool [n]."""
        return np.bincount(self.rings.row, minlength=self.n) > 0

    @cached_property
    def list_nulls(self) -> np.ndarray:
        """Labels that name no list of labels, bool [n]."""
        nulls: np.ndarray = self.view.raw("labels").is_null().to_numpy(zero_copy_only=False)
        return nulls

    @cached_property
    def listed_labels(self) -> tuple[np.ndarray, pa.LargeStringArray]:
        """The labels of all lists, and which row each is of, int64."""
        lists = self.view.raw("labels")
        if pa.types.is_null(lists.type):
            return np.zeros(0, dtype=np.int64), pa.array([], pa.large_string())
        lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
        return np.repeat(np.arange(self.n), lengths), pc.list_flatten(lists).cast(pa.large_string())

    @cached_property
    def mask_pixels(self) -> np.ndarray:
        """The canvas that each label's mask is of, in pixels; -1 where it is none, -2 where there is no mask. int64 [n]."""
        texts = self.texts("mask").dictionary_encode()
        sizes = np.array([_canvas(text) for text in texts.dictionary.to_pylist()] + [-2], dtype=np.int64)
        place = pc.fill_null(texts.indices, len(sizes) - 1).to_numpy(zero_copy_only=False)
        found: np.ndarray = sizes[place]
        return found


def _canvas(counts: str) -> int:
    if not counts:
        return -2
    mask = masks.decode(counts)
    return -1 if mask is None else mask.size
