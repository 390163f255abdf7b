"""The records of one JSON document, one after the other, with no more than a window of it in memory.

The records are the elements of the array at a JSON pointer, or the object there. The whole document is read to its
end whatever it holds, so that a fault behind the records is found as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from json import JSONDecodeError

from checks.batch import Defect
from include.deliveries.readers.base import Limits
from include.deliveries.readers.codes import defect
from include.deliveries.readers.jsonvalues import Flaw, Values, space_end, step, value_end
from include.deliveries.readers.text import Window


@dataclass(frozen=True, slots=True)
class Item:
    """A record: its index, its value, and the characters it takes in the file."""

    row: int
    value: dict[str, object]
    chars: int


class Stop(Exception):  # noqa: N818 - not an error
    """The document cannot be followed any further."""

    def __init__(self, found: Defect) -> None:
        super().__init__(found.code)
        self.defect = found


class Document:
    """One document being read. `array` is True once the records turn out to be elements of an array."""

    def __init__(self, window: Window, name: str, records: tuple[str, ...], limits: Limits) -> None:
        self._window = window
        self._name = name
        self._records = records
        self._limits = limits
        self._values = Values(limits.depth)
        self._found = False
        self.array = False

    def items(self) -> Iterator[Item | Defect]:
        """Records and defects in document order."""
        try:
            yield from self._target("", self._records)
            if self._peek():
                yield defect(self._name, "trailing-data")
            if not self._found:
                yield defect(self._name, "records-absent", pointer="".join(map(step, self._records)))
        except Stop as stop:
            yield stop.defect

    def _peek(self) -> str:
        """The next character that is not white space, "" at the end of the file."""
        window = self._window
        while True:
            window.use(space_end(window.text, window.pos))
            if window.pending:
                return window.text[window.pos]
            if not window.more():
                return ""

    def _target(self, pointer: str, rest: tuple[str, ...]) -> Iterator[Item | Defect]:
        """The value at the window, which leads to the records by the tokens `rest`."""
        first = self._peek()
        if not first:
            raise self._stop("truncated", pointer)
        if not rest and first == "[":
            self._found = self.array = True
            yield from self._elements(pointer)
        elif not rest:
            yield from self._single(pointer)
        elif first == "{":
            yield from self._members(pointer, rest)
        elif first == "[":
            yield from self._entries(pointer, rest)
        else:
            yield from self._skipped(pointer)

    def _single(self, pointer: str) -> Iterator[Item | Defect]:
        value, chars = self._value(pointer, 0)
        if isinstance(value, dict):
            self._found = True
            yield Item(0, value, chars)
        elif isinstance(value, Defect):
            self._found = True
            yield value

    def _elements(self, pointer: str) -> Iterator[Item | Defect]:
        for row in self._commas("]", pointer):
            value, chars = self._value(pointer, row)
            if isinstance(value, dict):
                yield Item(row, value, chars)
            elif isinstance(value, Defect):
                yield value
            else:
                yield defect(self._name, "not-an-object", row=row, pointer=pointer + step(row))

    def _members(self, pointer: str, rest: tuple[str, ...]) -> Iterator[Item | Defect]:
        keys: set[str] = set()
        for key in self._keys(pointer):
            inner = pointer + step(key)
            if key in keys:
                yield defect(self._name, "duplicate-key", pointer=inner)
                yield from self._skipped(inner)
            elif key == rest[0]:
                yield from self._target(inner, rest[1:])
            else:
                yield from self._skipped(inner)
            keys.add(key)

    def _keys(self, pointer: str) -> Iterator[str]:
        """The keys of the object that begins at the window, which then stands at the key's value."""
        for _ in self._commas("}", pointer):
            if self._peek() != '"':
                raise self._stop("invalid-json", pointer)
            key, _ = self._value(pointer, -1)
            if not isinstance(key, str) or self._peek() != ":":
                raise self._stop("invalid-json", pointer)
            self._window.use(self._window.pos + 1)
            yield key

    def _entries(self, pointer: str, rest: tuple[str, ...]) -> Iterator[Item | Defect]:
        for i in self._commas("]", pointer):
            inner = pointer + step(i)
            yield from self._target(inner, rest[1:]) if str(i) == rest[0] else self._skipped(inner)

    def _skipped(self, pointer: str) -> Iterator[Defect]:
        value, _ = self._value(pointer, -1)
        if isinstance(value, Defect):
            yield value

    def _commas(self, closing: str, pointer: str) -> Iterator[int]:
        """Stops at each member of the array or object that begins at the window, and moves past its end."""
        window = self._window
        window.use(window.pos + 1)
        if self._peek() == closing:
            window.use(window.pos + 1)
            return
        count = 0
        while True:
            yield count
            count += 1
            separator = self._peek()
            if separator not in {",", closing}:
                raise self._stop("invalid-json" if separator else "truncated", pointer)
            window.use(window.pos + 1)
            if separator == closing:
                return

    def _value(self, pointer: str, row: int) -> tuple[object, int]:
        """The value at the window (a Defect if it is not to be had) and its characters; the window is past it."""
        window = self._window
        place = pointer + step(row) if self.array and row >= 0 else pointer
        while self._peek():
            start = window.pos
            read = self._attempt(start)
            if read is not None:
                value, end = read
                window.use(end)
                if isinstance(value, Flaw):
                    value = defect(self._name, value.code, row=row, pointer=place + value.pointer)
                return value, end - start
            if window.ended:
                break
            if window.pending > self._limits.record_chars:
                raise self._stop("too-large", place, row)
            window.more()
        raise self._stop("truncated", place, row)

    def _attempt(self, start: int) -> tuple[object, int] | None:
        """The value at `start` and its end; None if the window must be longer first.

        A value that does not parse is taken to end where its brackets and quotes say.
        """
        text, ended = self._window.text, self._window.ended
        scalar = text[start] not in '"[{'
        stop = value_end(text, start, ended=ended) if scalar else None
        if scalar and stop is None:
            return None
        try:
            value, end = self._values.at(text, start)
        except JSONDecodeError:
            stop = stop if scalar else value_end(text, start, ended=ended)
            return None if stop is None else (Flaw("invalid-json"), stop)
        if stop is not None and stop != end:
            return Flaw("invalid-json"), stop
        return value, end

    def _stop(self, code: str, pointer: str, row: int = -1) -> Stop:
        return Stop(defect(self._name, code, row=row, pointer=pointer, detail="the rest of the file was not read"))
