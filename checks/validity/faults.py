"""What can be wrong with one label: every fault by code, its error list, the part of the label it is about, and its bit.

A label's faults are one integer, so that those found in the label alone, those found beside its item and those found
beside other labels add up by `|`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from checks.batch import DefectList

Part = Literal["item", "class", "geometry", "extent", "text", "value"]
PARTS: tuple[Part, ...] = get_args(Part)
"""The values of a label: its item, class, geometry, extent (start and end), text, and number."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that can be wrong. `bit`: its place in a label's faults."""

    code: str
    list: DefectList
    part: Part
    bit: int


_DECLARED: tuple[tuple[str, DefectList, Part], ...] = (
    ("item-absent", "structure", "item"),
    ("class-absent", "structure", "class"),
    ("class-unknown", "structure", "class"),
    ("geometry-absent", "structure", "geometry"),
    ("extent-absent", "structure", "extent"),
    ("value-absent", "structure", "value"),
    ("number-not-finite", "format", "geometry"),
    ("box-empty", "structure", "geometry"),
    ("box-inverted", "structure", "geometry"),
    ("outside-image", "structure", "geometry"),
    ("odd-coordinates", "structure", "geometry"),
    ("too-few-points", "structure", "geometry"),
    ("polygon-crossing", "structure", "geometry"),
    ("polygon-too-complex", "structure", "geometry"),
    ("mask-malformed", "format", "geometry"),
    ("mask-size", "structure", "geometry"),
    ("keypoint-count", "structure", "geometry"),
    ("keypoint-visibility", "structure", "geometry"),
    ("end-before-start", "structure", "extent"),
    ("outside-text", "structure", "extent"),
    ("outside-duration", "structure", "extent"),
    ("transcript-empty", "structure", "text"),
    ("item-size-differs", "structure", "item"),
    ("duplicate-label", "structure", "item"),
    ("item-of-another-file", "structure", "item"),
)

FAULTS: Mapping[str, Fault] = {code: Fault(code, which, part, bit) for bit, (code, which, part) in enumerate(_DECLARED)}

ABSENT = frozenset({"item-absent", "class-absent", "geometry-absent", "extent-absent", "value-absent"})
"""A value that is not there."""

TELLABLE = ABSENT | {"outside-text", "transcript-empty"}
"""What a reader may have reported already: as a value of another type, a key that is not there, or beside the text."""


TOLD = 1 << 60
"""A label of which a reader has told something wrong: not a fault of its own, and not listed again."""


def mask_of(codes: frozenset[str]) -> int:
    """The bits of some faults."""
    return sum(1 << FAULTS[code].bit for code in codes)


def of_part(part: Part) -> int:
    """The bits of the faults of one part."""
    return mask_of(frozenset(code for code, fault in FAULTS.items() if fault.part == part))


class Marks:
    """Faults of n labels as they are found: `bits` int64 [n]."""

    def __init__(self, n: int) -> None:
        self.bits = np.zeros(n, dtype=np.int64)

    def add(self, code: str, hits: np.ndarray) -> None:
        """`hits`: bool [n]."""
        if hits.any():
            self.bits |= np.where(hits, np.int64(1 << FAULTS[code].bit), np.int64(0))

    def at(self, code: str, rows: np.ndarray) -> None:
        """`rows`: positions, which may repeat."""
        self.bits[rows] |= np.int64(1 << FAULTS[code].bit)

    def has(self, codes: frozenset[str]) -> np.ndarray:
        """Labels with one of the faults, bool [n]."""
        found: np.ndarray = (self.bits & np.int64(mask_of(codes))) != 0
        return found
