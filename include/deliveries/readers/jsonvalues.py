"""One JSON value out of a text, strictly: RFC 8259 and I-JSON (RFC 7493), where Python's json is lenient.

Python keeps the last of duplicate keys, takes NaN and Infinity, turns 1e400 into infinity, decodes half surrogate
pairs, and its depth limit depends on the caller's stack. Here each of these is a `Flaw` with its JSON pointer.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from json import JSONDecodeError

_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["\[\]{}]', re.DOTALL)
_SCALAR = re.compile(r"[^\s,\]}]*+")
_SPACE = re.compile(r"[ \t\n\r]*")
_LONE = re.compile(r"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a value that parses is not taken: a defect code and the JSON pointer, relative to the value."""

    code: str
    pointer: str = ""


class _Repeated(dict[str, object]):
    """An object with a duplicate key."""

    key: str = ""


def space_end(text: str, at: int) -> int:
    """Past the white space at `at`."""
    found = _SPACE.match(text, at)
    assert found is not None
    return found.end()


def value_end(text: str, at: int, *, ended: bool) -> int | None:
    """Where the value at `at` ends, judged by brackets and quotes alone; None if not in this text."""
    if at >= len(text):
        return None
    if text[at] in '"[{':
        depth = 0
        for token in _TOKEN.finditer(text, at):
            first = text[token.start()]
            if first == '"' and token.end() - token.start() == 1:
                return None
            depth += (first in "[{") - (first in "]}")
            if depth == 0:
                return token.end()
        return None
    found = _SCALAR.match(text, at)
    assert found is not None
    return None if found.end() == len(text) and not ended else found.end()


class Values:
    """A strict decoder, to be used by one reading at a time. `depth`: the deepest nesting taken."""

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self._flawed = False
        hooks = {"object_pairs_hook": self._object, "parse_float": self._float, "parse_constant": self._constant}
        self._fast = json.JSONDecoder(**hooks)  # type: ignore[arg-type]
        self._slow = json.JSONDecoder(**hooks, parse_int=self._int)  # type: ignore[arg-type]

    def at(self, text: str, at: int) -> tuple[object, int]:
        """The value that begins at `at`, or its Flaw, and where it ends. Raises JSONDecodeError."""
        self._flawed = False
        try:
            value, end = self._decode(text, at)
        except RecursionError:
            stop = value_end(text, at, ended=True)
            if stop is None:
                raise JSONDecodeError("nested too deeply", text, at) from None
            return Flaw("too-deep"), stop
        if self._flawed:
            return next(_flaws(value)), end
        if self._too_deep(text, at, end):
            return Flaw("too-deep"), end
        if _LONE.search(text, at, end):
            return next(_surrogates(value), value), end
        return value, end

    def _decode(self, text: str, at: int) -> tuple[object, int]:
        try:
            return self._fast.raw_decode(text, at)
        except JSONDecodeError:
            raise
        except ValueError:  # an integer of more digits than the interpreter converts
            return self._slow.raw_decode(text, at)

    def _too_deep(self, text: str, start: int, end: int) -> bool:
        if text.count("[", start, end) + text.count("{", start, end) <= self._depth:
            return False
        depth = 0
        for token in _TOKEN.finditer(text, start, end):
            first = text[token.start()]
            depth += (first in "[{") - (first in "]}")
            if depth > self._depth:
                return True
        return False

    def _object(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        self._flawed = True
        repeated = _Repeated(found)
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                repeated.key = key
                break
            seen.add(key)
        return repeated

    def _float(self, digits: str) -> object:
        value = float(digits)
        if math.isfinite(value):
            return value
        self._flawed = True
        return Flaw("number-out-of-range")

    def _int(self, digits: str) -> object:
        try:
            return int(digits)
        except ValueError:
            self._flawed = True
            return Flaw("number-out-of-range")

    def _constant(self, _: str) -> object:
        self._flawed = True
        return Flaw("not-a-number")


def step(key: str | int) -> str:
    """One reference token of a JSON pointer, slash included (RFC 6901)."""
    return "/" + str(key).replace("~", "~0").replace("/", "~1")


def walk(value: object, pointer: str = "") -> Iterator[tuple[str, object]]:
    """Every value inside, itself first, with its pointer, in document order. Not recursive."""
    stack = [(pointer, value)]
    while stack:
        at, found = stack.pop()
        yield at, found
        if isinstance(found, dict):
            stack.extend((at + step(key), inner) for key, inner in reversed(found.items()))
        elif isinstance(found, list):
            stack.extend((at + step(i), inner) for i, inner in reversed(list(enumerate(found))))


def _flaws(value: object) -> Iterator[Flaw]:
    for pointer, found in walk(value):
        if isinstance(found, _Repeated):
            yield Flaw("duplicate-key", pointer + step(found.key))
        elif isinstance(found, Flaw):
            yield Flaw(found.code, pointer)


def _surrogates(value: object) -> Iterator[Flaw]:
    for pointer, found in walk(value):
        texts = [*found] if isinstance(found, dict) else [found] if isinstance(found, str) else []
        if any(_LONE_DECODED.search(text) for text in texts):
            yield Flaw("lone-surrogate", pointer.encode(errors="replace").decode())


_LONE_DECODED = re.compile("[\ud800-\udfff]")
