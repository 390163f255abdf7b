"""Texts by their bytes: lengths in code points, and patterns that only ask which characters stand in a text.

`^[a-z0-9 ]+$` asks of every byte of a column the same question. It is answered for the whole buffer at once, some
twenty times as fast as by a regular expression engine, and exactly: in UTF-8 no byte of a longer character is ASCII.
Only what is sure to mean the same as in RE2 is taken (tests compare them); every other pattern is left to the engine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_CHUNK = 1 << 17
"""Bytes looked at together: what the processor's nearer caches hold."""

_RANGES = 12
"""More ranges of bytes than this are no faster than a table."""

_ONE_CLASS = re.compile(
    r"\^(?:\[(\^?)((?:[^\\\[\]]|\\.)+)\]|(\\[dw]))(?:([+*])|\{([0-9]+)(,?)([0-9]*)\})?\$", re.DOTALL
)
_ITEM = re.compile(r"(\\.|[^\\])(?:-(\\.|[^\\]))?", re.DOTALL)
_DIGITS = range(ord("0"), ord("9") + 1)
_WORD = {*_DIGITS, *range(ord("A"), ord("Z") + 1), *range(ord("a"), ord("z") + 1), ord("_")}
_CLASSES = {"d": set(_DIGITS), "w": _WORD, "s": set(b"\t\n\f\r ")}
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v"}


@dataclass(frozen=True, slots=True)
class Characters:
    """Texts of the bytes in `ranges` (inclusive, ascending, apart) alone, of `least` to `most` code points.

    `wide`: are all characters beyond ASCII among them? (Some of them never are.)
    """

    ranges: tuple[tuple[int, int], ...]
    least: int
    most: int | None
    wide: bool

    def failing(self, texts: pa.LargeStringArray) -> np.ndarray | None:
        """Positions of the non-null texts that are not so, ascending; None where a regular expression is the better way."""
        data, lengths = parts(texts)
        counted = self.least > 1 or self.most is not None
        if self.wide and counted and not _is_ascii(data):
            return None
        bad = self._outside(data)
        if bad.size > len(texts):
            return None
        starts = offsets(texts)
        failing = np.zeros(len(texts), dtype=bool)
        failing[np.searchsorted(starts, bad + starts[0], side="right") - 1] = True
        if self.least:
            failing |= lengths < self.least
        if self.most is not None:
            failing |= lengths > self.most
        if texts.null_count:
            failing &= texts.is_valid().to_numpy(zero_copy_only=False)
        return np.flatnonzero(failing)

    def _outside(self, data: np.ndarray) -> np.ndarray:
        """Positions of the bytes of `data` that are in no range, int64."""
        found = [np.zeros(0, dtype=np.int64)]
        size = min(len(data), _CHUNK)
        shifted, one, inside = np.empty(size, np.uint8), np.empty(size, bool), np.empty(size, bool)
        for at in range(0, len(data), _CHUNK):
            chunk = data[at : at + _CHUNK]
            n = len(chunk)
            self._mark(chunk, shifted[:n], one[:n], inside[:n])
            if not inside[:n].all():
                found.append(np.flatnonzero(~inside[:n]) + at)
        return np.concatenate(found)

    def _mark(self, chunk: np.ndarray, shifted: np.ndarray, one: np.ndarray, inside: np.ndarray) -> None:
        """Into `inside` which bytes are in a range; the others are room to work in."""
        if len(self.ranges) > _RANGES:
            _table(self.ranges).take(chunk, out=inside, mode="clip")
            return
        inside[:] = False
        for low, high in self.ranges:
            if low == high:
                np.equal(chunk, np.uint8(low), out=one)
            else:
                np.subtract(chunk, np.uint8(low), out=shifted)
                np.less_equal(shifted, np.uint8(high - low), out=one)
            np.logical_or(inside, one, out=inside)


@lru_cache(maxsize=64)
def _table(ranges: tuple[tuple[int, int], ...]) -> np.ndarray:
    table = np.zeros(256, dtype=bool)
    for low, high in ranges:
        table[low : high + 1] = True
    return table


@lru_cache(maxsize=256)
def characters_of(pattern: str) -> Characters | None:
    """What an anchored pattern of one character class and a count asks; None for every other pattern.

    ASCII classes as RE2 reads them: ranges, \\d, \\w, \\s, escaped punctuation, and their complement.
    """
    found = _ONE_CLASS.fullmatch(pattern)
    if found is None:
        return None
    negated, items, single, repeat, least, comma, most = found.groups()
    inside = _class_of(items) if items is not None else _CLASSES[single[1]]
    if inside is None:
        return None
    if negated:
        inside = {*range(256)} - inside
    low, high = (1, 1) if least is None else (int(least), int(most) if most else None if comma else int(least))
    if repeat:
        low, high = (1, None) if repeat == "+" else (0, None)
    return Characters(_ranges(inside), low, high, wide=bool(negated))


def _class_of(items: str) -> set[int] | None:
    """The ASCII characters of a class; None if it has others, or is not plain."""
    found: set[int] = set()
    for item in _ITEM.finditer(items):
        low, high = _members(item[1]), _members(item[2] or item[1])
        if item[2] is None:
            if low is None:
                return None
            found |= low
        elif low is None or high is None or len(low) + len(high) != 2 or min(low) > min(high):
            return None
        else:
            found |= {*range(min(low), min(high) + 1)}
    return found


def _members(token: str) -> set[int] | None:
    """What a character or an escape stands for in a class, as ASCII; None if we do not say."""
    name = token[1:] if token[0] == "\\" else ""
    if name in _CLASSES:
        return _CLASSES[name]
    if name and name.isalnum() and name not in _ESCAPES:
        return None
    character = _ESCAPES.get(name, name or token)
    return {ord(character)} if character.isascii() else None


def _ranges(members: set[int]) -> tuple[tuple[int, int], ...]:
    starts = sorted(byte for byte in members if byte - 1 not in members)
    stops = sorted(byte for byte in members if byte + 1 not in members)
    return tuple(zip(starts, stops, strict=True))


def lengths_of(texts: pa.LargeStringArray) -> np.ndarray:
    """Code points of each text, int64 [n]; of nulls any number."""
    data, lengths = parts(texts)
    if _is_ascii(data):
        return lengths
    counted: np.ndarray = pc.utf8_length(texts).fill_null(0).to_numpy(zero_copy_only=False)
    return counted


def _is_ascii(data: np.ndarray) -> bool:
    return not data.size or int(data.max()) < 128


def offsets(texts: pa.LargeStringArray) -> np.ndarray:
    """Where each text starts in the buffer, and where the last one ends, int64 [n + 1]."""
    if not len(texts):
        return np.zeros(1, dtype=np.int64)
    return np.frombuffer(texts.buffers()[1], dtype=np.int64)[texts.offset : texts.offset + len(texts) + 1]


def parts(texts: pa.LargeStringArray) -> tuple[np.ndarray, np.ndarray]:
    """The bytes of all texts end to end, uint8, and how many each has, int64 [n]."""
    starts, buffer = offsets(texts), texts.buffers()[2]
    data = np.zeros(0, dtype=np.uint8) if buffer is None else np.frombuffer(buffer, dtype=np.uint8)
    return data[starts[0] : starts[-1]], np.diff(starts)
