"""The faults that stand in a label alone: what it lacks, numbers that are none, geometry that is no geometry.

What needs its item or the item's other labels is found later, from what `facts` keeps of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from checks.completeness.pairing_rules import split
from checks.validity.faults import Marks
from checks.validity.label_columns import FlatRings, LabelColumns
from checks.validity.rings import Rings, examine

CLASSED = ("class", "box", "polygon", "polyline", "points", "mask", "keypoints", "span")
"""Kinds of labels that name a class."""

LEAST_POINTS = {"polygon": 3, "polyline": 2, "points": 1}
"""Points of a ring, at least; points that repeat the one before them are one point."""

VISIBILITY = (0.0, 1.0, 2.0)
"""Of a keypoint: not labelled, labelled but hidden, visible."""

_SHAPE_FAULTS = frozenset({"odd-coordinates", "too-few-points", "polygon-crossing", "polygon-too-complex", "number-not-finite"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the contract says of labels: the classes (None: any), whether each has one, keypoints of each (None: any).

    `paired`: each label file is named after the item that its labels are of.
    """

    classes: tuple[str, ...] | None = None
    classed: bool = True
    keypoints: int | None = None
    paired: bool = False


def own_faults(columns: LabelColumns, agreed: Agreed) -> Marks:
    """The faults of each label of a batch that need nothing but the label."""
    marks = Marks(columns.n)
    for find in (_item, _class, _numbers, _points, _keypoints, _boxes, _masks, _extents, _transcripts):
        find(columns, agreed, marks)
    return marks


Find = Callable[[LabelColumns, Agreed, Marks], None]


def _item(columns: LabelColumns, agreed: Agreed, marks: Marks) -> None:
    filled = columns.filled("item_id")
    marks.add("item-absent", ~filled)
    if agreed.paired and columns.n:
        batch = columns.view.batch
        files = pa.array(batch.files(), pa.large_string())
        _, stems = split(files, np.ones(len(files), dtype=bool))
        own = stems.take(pa.array(batch.file_codes(np.arange(columns.n))))
        same = pc.fill_null(pc.equal(own, columns.texts("item_id")), False).to_numpy(zero_copy_only=False)
        marks.add("item-of-another-file", filled & ~same)


def _class(columns: LabelColumns, agreed: Agreed, marks: Marks) -> None:
    filled = columns.filled("label")
    if agreed.classed:
        marks.add("class-absent", columns.kind(*CLASSED) & ~filled)
        marks.add("class-absent", columns.kind("labels") & columns.list_nulls)
    if agreed.classes is None:
        return
    known = pa.array(agreed.classes, pa.large_string())
    unknown = ~pc.is_in(columns.texts("label"), value_set=known).to_numpy(zero_copy_only=False)
    marks.add("class-unknown", filled & unknown)
    row, texts = columns.listed_labels
    strange = ~pc.is_in(texts, value_set=known).to_numpy(zero_copy_only=False)
    marks.at("class-unknown", row[strange])


def _numbers(columns: LabelColumns, agreed: Agreed, marks: Marks) -> None:  # noqa: ARG001
    numbers = [*columns.box.values(), *(columns.numbers(name) for name in ("start", "end", "value"))]
    for column in numbers:
        marks.add("number-not-finite", ~np.isfinite(column.values))
    rings = columns.rings
    marks.at("number-not-finite", np.repeat(rings.row, rings.counts)[~np.isfinite(rings.values)])
    value = columns.numbers("value")
    marks.add("value-absent", columns.kind("value") & ~value.there & ~columns.filled("label"))


def _points(columns: LabelColumns, agreed: Agreed, marks: Marks) -> None:  # noqa: ARG001
    marks.add("geometry-absent", columns.kind(*LEAST_POINTS, "keypoints") & ~columns.has_rings)
    for kind, least in LEAST_POINTS.items():
        rings = columns.rings.of(columns.kind(kind))
        odd = rings.counts % 2 == 1
        marks.at("odd-coordinates", rings.row[odd])
        rings = rings.of(~marks.has(frozenset({"odd-coordinates", "number-not-finite"})))
        tidy = Rings(rings.values[::2].copy(), rings.values[1::2].copy(), rings.counts // 2)
        tidy = tidy.tidy() if kind == "polygon" else tidy
        marks.at("too-few-points", rings.row[tidy.counts < least])
        if kind == "polygon":
            found = examine(tidy)
            marks.at("polygon-crossing", rings.row[found.crossing])
            marks.at("polygon-too-complex", rings.row[found.too_large])


def _keypoints(columns: LabelColumns, agreed: Agreed, marks: Marks) -> None:
    rings = columns.rings.of(columns.kind("keypoints"))
    marks.at("odd-coordinates", rings.row[rings.counts % 3 != 0])
    rings = rings.of(~marks.has(frozenset({"odd-coordinates"})))
    if agreed.keypoints is not None:
        marks.at("keypoint-count", rings.row[rings.counts != 3 * agreed.keypoints])
    wrong = ~np.isin(rings.values[2::3], VISIBILITY)
    marks.at("keypoint-visibility", np.repeat(rings.row, rings.counts // 3)[wrong])


def _boxes(columns: LabelColumns, agreed: Agreed, marks: Marks) -> None:  # noqa: ARG001
    width, height = columns.box["width"], columns.box["height"]
    absent = ~np.logical_and.reduce([column.there for column in columns.box.values()])
    marks.add("geometry-absent", columns.kind("box") & absent)
    sized = ~absent & ~marks.has(frozenset({"number-not-finite"}))
    inverted = sized & ((width.values < 0) | (height.values < 0))
    marks.add("box-inverted", inverted)
    empty = sized & ~inverted & ((width.values == 0) | (height.values == 0))
    marks.add("box-empty", empty & columns.kind("box", "mask", "polygon") & ~marks.has(_SHAPE_FAULTS))


def _masks(columns: LabelColumns, agreed: Agreed, marks: Marks) -> None:  # noqa: ARG001
    kind, there = columns.kind("mask"), columns.filled("mask")
    marks.add("geometry-absent", kind & ~there)
    marks.add("mask-malformed", there & (columns.mask_pixels < 0))


def _extents(columns: LabelColumns, agreed: Agreed, marks: Marks) -> None:  # noqa: ARG001
    start, end = columns.numbers("start"), columns.numbers("end")
    marks.add("extent-absent", (start.there != end.there) | (columns.kind("span") & ~start.there))
    marks.add("end-before-start", start.there & end.there & (end.values < start.values))


def _transcripts(columns: LabelColumns, agreed: Agreed, marks: Marks) -> None:  # noqa: ARG001
    blank = pc.equal(pc.binary_length(pc.utf8_trim_whitespace(columns.texts("text"))), 0)
    silent: np.ndarray = pc.fill_null(blank, True).to_numpy(zero_copy_only=False)
    marks.add("transcript-empty", columns.kind("transcript") & silent)


def bounds(columns: LabelColumns) -> np.ndarray:
    """The extent of each label's geometry, its box and its points together: float64 [4, n], left, top, right, bottom.

    NaN where there is none, or where it holds a number that is none.
    """
    box = {name: column.values for name, column in columns.box.items()}
    there = np.logical_and.reduce([column.there for column in columns.box.values()])
    with np.errstate(over="ignore", invalid="ignore"):
        corners = np.array([[box["x"], box["y"]], [box["x"] + box["width"], box["y"] + box["height"]]])
    extent = np.where(there, np.concatenate([corners.min(axis=0), corners.max(axis=0)]), np.nan)
    for step, kinds in ((2, ("polygon", "polyline", "points")), (3, ("keypoints",))):
        _widen(extent, columns.rings.of(columns.kind(*kinds)), step)
    return np.where(np.isfinite(extent).all(axis=0), extent, np.nan)


def _widen(extent: np.ndarray, rings: FlatRings, step: int) -> None:
    """Makes room in `extent` for the points of `rings`, each of `step` numbers; those of visibility 0 are nowhere."""
    whole = rings.counts // step * step
    place = np.arange(len(rings.values)) - np.repeat(rings.starts, rings.counts)
    kept = place < np.repeat(whole, rings.counts)
    values, row = rings.values[kept], np.repeat(rings.row, whole)[::step]
    x, y = values[::step], values[1::step]
    if step == 3:
        seen = values[2::3] != 0
        x, y, row = x[seen], y[seen], row[seen]
    if not row.size:
        return
    first = np.flatnonzero(np.diff(row, prepend=-1))
    at = row[first]
    found = np.array([reduce.reduceat(v, first) for reduce, v in ((np.minimum, x), (np.minimum, y), (np.maximum, x), (np.maximum, y))])  # fmt: skip
    known = extent[:, at]
    extent[:2, at] = np.fmin(known[:2], found[:2])
    extent[2:, at] = np.fmax(known[2:], found[2:])
