"""The page headers of a Parquet column chunk, read before any page is decoded.

A page header is the size that the decoder will really allocate; the footer's sizes are only claims. So bombs (a few
kilobytes that decode to gigabytes) and lying counts are found here without decoding. Parquet's format specification
(parquet.thrift, PageHeader) in Thrift's compact protocol; statistics are skipped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from struct import Struct

PLAIN_DICTIONARY, DELTA_BYTE_ARRAY, RLE_DICTIONARY = 2, 7, 8
EXPANDING = frozenset({PLAIN_DICTIONARY, RLE_DICTIONARY})
"""Encodings in which one long value can be repeated for next to nothing, and which can be read as dictionaries."""

_DATA_PAGE, _DICTIONARY_PAGE, _DATA_PAGE_V2 = 0, 2, 3
_HEADER_BYTES = 16 << 20  # the longest page header the Arrow decoder takes
_DEPTH = 8

Fields = Mapping[int, "int | Fields"]


class PageError(Exception):
    """The bytes are not a chunk of pages."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A column chunk by its page headers: values in its data pages, its largest page decoded, all of them, their encodings.

    `dictionary`: where the dictionary page lies in the file (start, stop, decoded size), if it has one.
    """

    values: int
    largest: int
    decoded: int
    encodings: frozenset[int]
    dictionary: tuple[int, int, int] | None = None


def walk(data: memoryview, start: int, end: int, values: int) -> Chunk:
    """The chunk in `data[start:end]` of so many values, nulls included. Raises PageError."""
    at, seen, largest, decoded = start, 0, 0, 0
    encodings: set[int] = set()
    dictionary = None
    while seen < values:
        header, at = _header(data, at, min(end, len(data)))
        size, stored = _number(header, 2), _number(header, 3)
        largest, decoded = max(largest, size), decoded + size
        at += stored
        if at > min(end, len(data)):
            raise PageError("a page reaches beyond its chunk")
        kind = _number(header, 1)
        if kind == _DICTIONARY_PAGE:
            dictionary = at - stored, at, size
        page = header.get(5 if kind == _DATA_PAGE else 8) if kind in {_DATA_PAGE, _DATA_PAGE_V2} else None
        if isinstance(page, Mapping):
            seen += _number(page, 1)
            encodings.add(_number(page, 2 if kind == _DATA_PAGE else 4))
    return Chunk(seen, largest, decoded, frozenset(encodings), dictionary)


def longest_value(page: memoryview) -> int:
    """Bytes of the longest value of a decoded dictionary page of byte arrays (PLAIN: length, then bytes)."""
    at = longest = 0
    end, length_at = len(page) - 4, Struct("<I").unpack_from
    while at <= end:
        (length,) = length_at(page, at)
        if length > longest:  # noqa: PLR1730 - max() would double the time of the hottest loop of the reader
            longest = length
        at += 4 + length
    return longest


def _number(fields: Fields, number: int) -> int:
    found = fields.get(number)
    if not isinstance(found, int) or found < 0:
        raise PageError(f"field {number} of a page header is missing or negative")
    return found


def _header(data: memoryview, at: int, end: int) -> tuple[Fields, int]:
    compact = _Compact(data[at : min(end, at + _HEADER_BYTES)])
    try:
        return compact.struct(0), at + compact.at
    except IndexError:
        raise PageError("a page header is cut off") from None


class _Compact:
    """A reader of Thrift's compact protocol: structs as {field id: integer or struct}, everything else skipped."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self.at = 0

    def struct(self, depth: int) -> Fields:
        if depth > _DEPTH:
            raise PageError("a page header is nested too deeply")
        fields: dict[int, int | Fields] = {}
        number = 0
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else self._zigzag()
            value = self._value(head & 0x0F, depth)
            if value is not None:
                fields[number] = value
        return fields

    def _value(self, kind: int, depth: int) -> int | Fields | None:
        if kind in {1, 2}:
            return 2 - kind
        if kind in {4, 5, 6}:
            return self._zigzag()
        if kind == 12:
            return self.struct(depth + 1)
        self._skip(kind)
        return None

    def _skip(self, kind: int) -> None:
        sizes = {3: 1, 7: 8}
        if kind == 8:
            self._move(self._varint())
        elif kind in sizes:
            self._move(sizes[kind])
        else:  # no list, set or map stands in a page header
            raise PageError("an unknown type in a page header")

    def _move(self, count: int) -> None:
        self.at += count
        if self.at > len(self._data):
            raise PageError("a page header is cut off")

    def _byte(self) -> int:
        value = self._data[self.at]
        self.at += 1
        return value

    def _varint(self) -> int:
        value = 0
        for shift in range(0, 70, 7):
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise PageError("a number in a page header is too long")

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)
