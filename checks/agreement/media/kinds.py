"""The kinds of label that can be compared, and what each is read from.

A kind says which of an object's columns it needs and which of its records are such labels; a record of another kind is
no label here, and is counted apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from checks.columns import Col
from checks.kernel import Misdeclared
from checks.streams import ANNOTATIONS

FIXED: Mapping[str, Col] = MappingProxyType({col.name: col for col in ANNOTATIONS})
ITEM, RATER, LABEL, KIND = (FIXED[name] for name in ("item_id", "annotator_id", "label", "kind"))
PLACE = ("file", "row", "pointer")


@dataclass(frozen=True, slots=True)
class Kind:
    """`needs`: columns without which a record is no such label; `more`: others that are read; `kinds`: what its column
    `kind` may say (a null says nothing against it), () for anything."""

    name: str
    needs: tuple[str, ...]
    more: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()

    def over(self) -> tuple[Col, ...]:
        """The columns that are gathered by item."""
        names = dict.fromkeys((RATER.name, LABEL.name, KIND.name, *self.needs, *self.more))
        return tuple(FIXED[name] for name in names)

    def usable(self, table: pa.Table) -> np.ndarray:
        """Which records are such labels, bool [n]."""
        mask = np.ones(table.num_rows, dtype=bool)
        for name in self.needs:
            mask &= _mask(pc.is_valid(table.column(name)))
        if self.kinds:
            said = table.column(KIND.name)
            mask &= _mask(pc.or_(pc.is_null(said), pc.is_in(said, value_set=pa.array(self.kinds, said.type))))
        return mask


def _mask(found: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(pc.fill_null(found, False).to_numpy(zero_copy_only=False), dtype=bool)


_BOX = ("x", "y", "width", "height")

KINDS: Mapping[str, Kind] = MappingProxyType({
    kind.name: kind
    for kind in (
        Kind("box", _BOX),
        Kind("polygon", ("points",), _BOX, ("polygon",)),
        Kind("mask", ("mask",), _BOX),
        Kind("keypoints", ("points",), (*_BOX, "area"), ("keypoints",)),
        Kind("span", ("start", "end"), (), ("span",)),
        Kind("transcript", ("text",), ("start",), ("transcript",)),
        Kind("class", ("label",), (), ("class",)),
        Kind("scale", ("value",), (), ("value",)),
        Kind("labels", (), ("labels",), ("class", "labels")),
    )
})  # fmt: skip
"""`box` takes every label that has a box around it, whatever its geometry."""

GEOMETRIES = ("box", "polygon", "mask", "keypoints")
MATCHED = (*GEOMETRIES, "span")
"""Of which an item may have many, so that one rater's must first be matched with another's."""


def demand(columns: Mapping[str, Col], name: str, kind: Kind, path: str) -> None:
    """Misdeclared unless the object `name` has the columns that the kind is read from."""
    for col in (ITEM, *kind.over()):
        if columns.get(col.name) != col:
            raise Misdeclared(
                path,
                f"object {name!r} has no labels of media: no column {col.name} ({col.type})",
                "give it a physicalType of labels, such as coco, voc, yolo or aihub",
            )
