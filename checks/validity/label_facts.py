"""What of every label is kept to be judged beside its item and the item's other labels: a few numbers, by item.

Whatever stands in the label alone is found while its batch is read. No text of the label is kept: its content is two
64-bit hashes, which are equal for equal labels, and by chance for no two others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from checks.analyzers.gather import Gather, Gathered
from checks.analyzers.keyhash import hash_bytes
from checks.columns import Col, View
from checks.kernel import Analyzer, State
from checks.validity.faults import PARTS, Part
from checks.validity.label_columns import COLS, LabelColumns
from checks.validity.label_faults import Agreed, bounds, own_faults

BOUNDS = ("left", "top", "right", "bottom")

FACTS: tuple[Col, ...] = (
    Col("faults", "integer"),
    Col("parts", "integer"),
    *(Col(name, "number") for name in (*BOUNDS, "start", "end")),
    *(Col(name, "integer") for name in ("item_width", "item_height", "mask_pixels", "same", "same_too")),
)
"""`faults`: bits of those found in the label alone; `parts`: which values it has; the bounds of its geometry; what it
says of its item's size; `mask_pixels`: the canvas of its mask; `same`, `same_too`: hashes of its content."""

_NUMBERS = ("x", "y", "width", "height", "start", "end", "value")
_TEXTS = ("annotator_id", "kind", "label", "text", "mask")


@dataclass(frozen=True)
class LabelFacts(Analyzer[Gathered]):
    """The facts of every label of an annotations object, by item; labels without an item stand under an empty id."""

    state_type: ClassVar[type[State]] = Gathered

    object: str
    agreed: Agreed

    def columns(self) -> frozenset[str]:
        """All of the stream's: a reader gives them all."""
        return frozenset(COLS)

    def zero(self) -> Gathered:
        """No label."""
        return Gathered()

    def observe(self, view: View) -> Gathered:
        """One batch."""
        table = _facts(LabelColumns(view), self.agreed)
        kept = View(replace(view.batch, table=table, lexical=False))
        return Gather(self.object, COLS["item_id"], FACTS).observe(kept)


def _facts(columns: LabelColumns, agreed: Agreed) -> pa.RecordBatch:
    first, second = identities(columns)
    extent = bounds(columns)
    numbers = {name: columns.numbers(name) for name in ("start", "end", "item_width", "item_height")}
    return pa.record_batch({
        "item_id": pc.fill_null(columns.texts("item_id"), ""),
        "faults": pa.array(own_faults(columns, agreed).bits),
        "parts": pa.array(parts(columns)),
        **{name: pa.array(extent[i], from_pandas=True) for i, name in enumerate(BOUNDS)},
        **{name: _finite(numbers[name].values, numbers[name].there) for name in ("start", "end")},
        **{name: pa.array(numbers[name].values.astype(np.int64), mask=~numbers[name].there) for name in ("item_width", "item_height")},
        "mask_pixels": pa.array(columns.mask_pixels),
        "same": pa.array(first.view(np.int64)),
        "same_too": pa.array(second.view(np.int64)),
    })  # fmt: skip


def _finite(values: np.ndarray, there: np.ndarray) -> pa.Array:
    return pa.array(values, mask=~(there & np.isfinite(values)))


def parts(columns: LabelColumns) -> np.ndarray:
    """Which values each label has: bits in the order of `PARTS`, int64 [n]."""
    box, start, end = columns.box["x"].there, columns.numbers("start").there, columns.numbers("end").there
    there: Mapping[Part, np.ndarray] = {
        "item": columns.filled("item_id"),
        "class": columns.filled("label") | ~columns.list_nulls,
        "geometry": box | columns.has_rings | columns.filled("mask"),
        "extent": start | end,
        "text": columns.texts("text").is_valid().to_numpy(zero_copy_only=False),
        "value": columns.numbers("value").there,
    }
    bits = np.zeros(columns.n, dtype=np.int64)
    for i, part in enumerate(PARTS):
        bits |= there[part].astype(np.int64) << i
    return bits


def identities(columns: LabelColumns) -> tuple[np.ndarray, np.ndarray]:
    """Two hashes of what each label says: rater, kind, class, geometry, extent, text and number; uint64 [n] each."""
    numbers = [columns.numbers(name) for name in _NUMBERS]
    fixed = np.zeros((columns.n, len(numbers) + 1), dtype=np.uint64)
    for i, column in enumerate(numbers):
        fixed[:, i] = (column.values + 0.0).view(np.uint64)  # -0.0 is 0.0
        fixed[:, -1] |= column.there.astype(np.uint64) << np.uint64(i)
    texts = [columns.texts(name).cast(pa.large_binary()) for name in _TEXTS]
    parts_ = [_rows(fixed), *texts, *_nested(columns)]
    return tuple(_hashed(parts_, seed) for seed in (b"\0", b"\1" * 8))  # type: ignore[return-value]


def _hashed(parts_: Sequence[pa.LargeBinaryArray], seed: bytes) -> np.ndarray:
    """One hash of the parts of each row; a part that is not there is not one that is empty."""
    hashes = np.empty((len(parts_[0]), len(parts_)), dtype=np.uint64)
    for i, part in enumerate(parts_):
        filled = pc.binary_join_element_wise(
            pa.scalar(seed, pa.large_binary()), part, pa.scalar(b"", pa.large_binary())
        )
        hashes[:, i] = hash_bytes(pc.fill_null(filled, b""))
    return hash_bytes(_rows(hashes))


def _rows(table: np.ndarray) -> pa.LargeBinaryArray:
    """The bytes of each row of a table of 8-byte numbers."""
    return _cut(table.reshape(-1), np.full(len(table), table.shape[1]))


def _nested(columns: LabelColumns) -> list[pa.LargeBinaryArray]:
    """The points of each label and the lengths of its rings, and the labels of its list."""
    rings = columns.rings
    per_label = np.bincount(rings.row, minlength=columns.n)
    numbers = np.bincount(rings.row, weights=rings.counts, minlength=columns.n).astype(np.int64)
    row, texts = columns.listed_labels
    hashes = hash_bytes(pc.fill_null(texts, "").cast(pa.large_binary()))
    return [
        _cut(rings.values + 0.0, numbers),
        _cut(rings.counts, per_label),
        _cut(hashes, np.bincount(row, minlength=columns.n)),
    ]


def _cut(values: np.ndarray, counts: np.ndarray) -> pa.LargeBinaryArray:
    """So many of the 8-byte `values` to each row, as bytes."""
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64) * 8
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(values).tobytes())]
    return pa.Array.from_buffers(pa.large_binary(), len(counts), buffers)
