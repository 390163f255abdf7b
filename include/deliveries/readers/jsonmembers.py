"""The members of a JSON document's root object, one after the other; those that are arrays, element by element.

For formats that keep several tables in one document. Memory is a window and one element, whatever the file's size.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from checks.batch import Defect
from include.deliveries.readers.base import Limits
from include.deliveries.readers.codes import defect
from include.deliveries.readers.jsonstream import Document, Stop
from include.deliveries.readers.jsonvalues import step
from include.deliveries.readers.text import Window

_WINDOW = 1 << 16


class Member(NamedTuple):
    """A member of the root object, or one element of a member that is an array (`at` is then its index, else -1).

    An array without elements is told by one Member of no index whose value is [].
    """

    key: str
    at: int
    value: object

    @property
    def pointer(self) -> str:
        """Its JSON pointer."""
        return step(self.key) + (step(self.at) if self.at >= 0 else "")


def members(path: Path, codec: str, name: str, limits: Limits) -> Iterator[Member | Defect]:
    """The members of the document in a file, in document order, and what could not be read."""
    with Window(path, codec, min(_WINDOW, limits.window_chars)) as window:
        yield from _Members(window, name, (), limits).members()


class _Members(Document):
    def members(self) -> Iterator[Member | Defect]:
        try:
            yield from self._root()
            if self._peek():
                yield defect(self._name, "trailing-data")
        except Stop as stop:
            yield stop.defect

    def _root(self) -> Iterator[Member | Defect]:
        first = self._peek()
        if not first:
            raise self._stop("truncated", "")
        if first != "{":
            value, _ = self._value("", -1)
            yield value if isinstance(value, Defect) else defect(self._name, "not-an-object")
            return
        keys: set[str] = set()
        for key in self._keys(""):
            inner = step(key)
            if key in keys:
                yield defect(self._name, "duplicate-key", pointer=inner)
                yield from self._skipped(inner)
            elif self._peek() == "[":
                yield from self._array(key, inner)
            else:
                value, _ = self._value(inner, -1)
                yield value if isinstance(value, Defect) else Member(key, -1, value)
            keys.add(key)

    def _array(self, key: str, pointer: str) -> Iterator[Member | Defect]:
        index = -1
        self.array = True
        for index in self._commas("]", pointer):
            value, _ = self._value(pointer, index)
            yield value if isinstance(value, Defect) else Member(key, index, value)
        self.array = False
        if index < 0:
            yield Member(key, -1, [])
