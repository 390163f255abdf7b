"""Values out of a decoded label document, each of the type agreed; what is not so becomes a defect at its place.

Nothing is converted that the format does not say: a number written as a string is of the wrong type unless the contract
says that numbers are texts. A JSON null is a value that is not there: the contract's `required` rules find it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from checks.batch import Defect
from include.deliveries.readers.codes import defect


class Missing:
    """The type of `MISSING`."""


MISSING: Final = Missing()
"""A key that is not there."""

Numbers = Literal["json", "text", "either"]
"""How the contract says that numbers are written: as JSON numbers, as strings, or as any of the two."""

_HUGE = 1 << 1023
_NUMERIC = frozenset([int, float])
_DECIMAL = re.compile(r"-?[0-9]{1,400}(\.[0-9]{1,400})?([eE][+-]?[0-9]{1,4})?")


def decimal(text: str) -> float | None:
    """The number a text says; None where it says none (nan, inf, spaces inside, 1e999 and thousands separators say none)."""
    if _DECIMAL.fullmatch(text) is None:
        return None
    value = float(text)
    return value if math.isfinite(value) else None


class Taking:
    """Takes values and keeps the defects found on the way, until `told` hands them over.

    `row`: the label that the values are of, -1 if they are of the file as a whole.
    """

    def __init__(self, name: str, numbers: Numbers = "json") -> None:
        self.row = -1
        self._name = name
        self._numbers = numbers
        self._found: list[Defect] = []

    def told(self) -> Iterator[Defect]:
        """The defects since the last time, in order."""
        found, self._found = self._found, []
        yield from found

    def drop(self) -> None:
        """Forgets the defects: they are told elsewhere."""
        self._found.clear()

    def fault(self, code: str, pointer: str, detail: str = "") -> None:
        """A defect that the caller has seen."""
        self._found.append(defect(self._name, code, row=self.row, pointer=pointer, detail=detail))

    def wrong(self, pointer: str, expected: str, value: object) -> None:
        """A value that is not of the type expected."""
        self.fault("wrong-type", pointer, f"{kind_of(value)} instead of {expected}")

    def absent(self, value: object, pointer: str, *, required: bool = True) -> bool:
        """Is there no value? A missing key that is required is a defect."""
        if value is MISSING and required:
            self.fault("key-absent", pointer)
        return value is MISSING or value is None

    def text(self, value: object, pointer: str, *, required: bool = True) -> str | None:
        """A string."""
        if self.absent(value, pointer, required=required):
            return None
        if isinstance(value, str):
            return value
        self.wrong(pointer, "string", value)
        return None

    def name(self, value: object, pointer: str, *, required: bool = True) -> str | None:
        """A name or id: a string, or an integer in its digits."""
        if type(value) is int:
            return str(value)
        return self.text(value, pointer, required=required)

    def number(self, value: object, pointer: str, *, required: bool = True) -> float | None:
        """A finite number."""
        if self.absent(value, pointer, required=required):
            return None
        found = self._number(value)
        if found is None:
            self._no_number(value, pointer)
        return found

    def _no_number(self, value: object, pointer: str) -> None:
        if isinstance(value, str) and self._numbers != "json":
            self.fault("bad-number", pointer)
        elif type(value) is int and self._numbers != "text":
            self.fault("number-out-of-range", pointer)
        else:
            self.wrong(pointer, "string of a number" if self._numbers == "text" else "number", value)

    def _number(self, value: object) -> float | None:
        if type(value) is float and self._numbers != "text":
            return value
        if type(value) is int and self._numbers != "text":
            return float(value) if abs(value) < _HUGE else None
        return decimal(value) if isinstance(value, str) and self._numbers != "json" else None

    def integer(self, value: object, pointer: str, *, required: bool = True) -> int | None:
        """A whole number that fits 64 bits."""
        found = self.number(value, pointer, required=required)
        if found is None:
            return None
        if found.is_integer() and abs(found) < 1 << 53:
            return int(found)
        self.wrong(pointer, "integer", value)
        return None

    def coordinates(self, value: object, pointer: str, *, multiple: int = 2) -> list[float] | None:
        """A list of numbers, so many to a point; None where any is not a number or some are left over."""
        if not isinstance(value, list):
            self.wrong(pointer, "array", value)
            return None
        found = self._plain(value)
        for i, inner in enumerate(() if found else value):
            number = self._number(inner)
            if number is None:
                self._no_number(inner, f"{pointer}/{i}")
            else:
                found.append(number)
        if len(found) != len(value):
            return None
        if len(found) % multiple:
            self.fault("coordinate-count", pointer, f"{len(found)} values, not a multiple of {multiple}")
            return None
        return found

    def _plain(self, value: list[object]) -> list[float]:
        """All of them at once, if they are JSON numbers and may be; [] otherwise."""
        if self._numbers == "text" or not _NUMERIC.issuperset(map(type, value)):
            return []
        try:
            return list(map(float, value))  # type: ignore[arg-type]
        except OverflowError:
            return []

    def box(self, value: object, pointer: str) -> tuple[float, float, float, float] | None:
        """A list of four numbers."""
        found = self.coordinates(value, pointer, multiple=1)
        if found is None:
            return None
        if len(found) != 4:
            self.fault("coordinate-count", pointer, f"{len(found)} values instead of 4")
            return None
        return found[0], found[1], found[2], found[3]


def kind_of(value: object) -> str:
    """What JSON calls the type of a value."""
    if value is None or isinstance(value, Missing):
        return "null"
    for kind, word in ((bool, "boolean"), ((int, float), "number"), (str, "string"), (list, "array")):
        if isinstance(value, kind):
            return word
    return "object"


def as_json(value: object) -> str | None:
    """The value as JSON text for the attributes column; None for an empty one."""
    return msgspec.json.encode(value, order="sorted").decode() if value else None
