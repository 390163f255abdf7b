"""Strict YAML: scalars become exactly what is written, each with its line and column.

Invariants: a float is a Decimal of its own text, an int an int, a date stays text, as does everything YAML 1.2's core
schema does not call null, bool or number. Keys are texts (a class named 0 is "0"). Duplicate keys, anchors, aliases,
foreign tags, further documents, NaN and infinities are refused; size, depth, digits and number of values are bounded.
JSON is YAML, so JSON contracts are read too. Nothing is ever constructed but dict, list, str, int, Decimal, bool, None.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from ruamel.yaml import YAML
from ruamel.yaml import events as ev
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from include.contracts.problems import Path, Place, Problems

Value = dict[str, "Value"] | list["Value"] | str | int | Decimal | bool | None

MAX_BYTES = 2**20
MAX_DEPTH = 40
MAX_VALUES = 50_000
MAX_DIGITS = 60

_NULL = re.compile(r"~|null|Null|NULL|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_CORE = "tag:yaml.org,2002:"


class NotReadable(Exception):  # noqa: N818 - carries a problem to `read`, the only one that catches it
    """Reading stopped at this problem."""

    def __init__(self, code: str, place: Place, **words: object) -> None:
        super().__init__(code)
        self.code = code
        self.place = place
        self.words = words


@dataclass
class Document:
    """A value, and where each of its parts stands (for a key's value: where the key stands)."""

    value: Value
    places: dict[Path, Place] = field(default_factory=dict)


def read(data: bytes, problems: Problems) -> Document | None:
    """The document, or None after telling `problems` why not. Duplicate keys are told and reading goes on."""
    try:
        text = _text(data)
        return _Reader(problems).document(text)
    except NotReadable as stop:
        problems.report((), stop.code, stop.words, place=stop.place)
    except MarkedYAMLError as wrong:
        mark = wrong.problem_mark or wrong.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        why = " ".join(part for part in (wrong.context, wrong.problem) if part)
        problems.report((), "yaml-syntax", {"why": why}, place=place)
    except (YAMLError, ValueError) as wrong:
        why = str(wrong).splitlines()[0] if str(wrong) else "unreadable"
        problems.report((), "yaml-syntax", {"why": why}, place=(1, 1))
    return None


def _text(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise NotReadable("too-large", (1, 1), size=len(data), limit=MAX_BYTES)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise NotReadable("not-utf8", (data[: wrong.start].count(b"\n") + 1, 1), byte=wrong.start + 1) from None


class _Reader:
    """From parser events to values; recursion is bounded by MAX_DEPTH."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._places: dict[Path, Place] = {}
        self._values = 0
        self._events: Iterator[ev.Event] = iter(())

    def document(self, text: str) -> Document:
        self._events = iter(YAML(typ="safe", pure=True).parse(text))
        value: Value = None
        documents = 0
        for event in self._events:
            if isinstance(event, ev.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise NotReadable("several-documents", place_of(event))
                value = self._value(next(self._events), ())
        return Document(value, self._places)

    def _value(self, event: ev.Event, path: Path) -> Value:
        self._values += 1
        if self._values > MAX_VALUES:
            raise NotReadable("too-many-values", place_of(event), limit=MAX_VALUES)
        if len(path) > MAX_DEPTH:
            raise NotReadable("too-deep", place_of(event), limit=MAX_DEPTH)
        if isinstance(event, ev.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise NotReadable("yaml-alias", place_of(event))
        self._places.setdefault(path, place_of(event))
        if isinstance(event, ev.MappingStartEvent):
            _tag(event, "map")
            return self._mapping(path)
        if isinstance(event, ev.SequenceStartEvent):
            _tag(event, "seq")
            return self._sequence(path)
        assert isinstance(event, ev.ScalarEvent)
        return scalar(event)

    def _mapping(self, path: Path) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for event in self._events:
            if isinstance(event, ev.MappingEndEvent):
                break
            key = self._key(event)
            here = (*path, key)
            if key in found:
                first = self._places[here][0]
                self._problems.report(here, "duplicate-key", {"key": key, "first": first}, place=place_of(event))
            self._places.setdefault(here, place_of(event))
            found[key] = self._value(next(self._events), here)
        return found

    def _key(self, event: ev.Event) -> str:
        if isinstance(event, ev.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise NotReadable("yaml-alias", place_of(event))
        if not isinstance(event, ev.ScalarEvent):
            raise NotReadable("key-not-text", place_of(event))
        _tag(event, "str")
        return _unicode(event)

    def _sequence(self, path: Path) -> list[Value]:
        found: list[Value] = []
        for event in self._events:
            if isinstance(event, ev.SequenceEndEvent):
                break
            found.append(self._value(event, (*path, len(found))))
        return found


def place_of(event: ev.Event) -> Place:
    """Where an event starts."""
    return (event.start_mark.line + 1, event.start_mark.column + 1)


def _tag(event: ev.NodeEvent, *allowed: str) -> str | None:
    """The explicit core tag, None where there is none; anything else is refused."""
    tag = getattr(event, "tag", None)
    if tag is None or tag == "!":
        return None
    short = str(tag).removeprefix(_CORE)
    if short not in allowed:
        raise NotReadable("yaml-tag", place_of(event), tag=tag)
    return short


def scalar(event: ev.ScalarEvent) -> Value:
    """A scalar by YAML 1.2's core schema, floats as Decimal."""
    tag = _tag(event, "str", "int", "float", "bool", "null")
    text = _unicode(event)
    if tag == "str" or (tag is None and event.style is not None) or getattr(event, "tag", None) == "!":
        return text
    value = plain(text, place_of(event))
    kinds: dict[str, tuple[type, ...]] = {
        "int": (int,),
        "float": (int, Decimal),
        "bool": (bool,),
        "null": (type(None),),
    }
    if tag is not None and (type(value) not in kinds[tag]):
        raise NotReadable("yaml-tag", place_of(event), tag=f"!!{tag}")
    return Decimal(value) if tag == "float" and isinstance(value, int) else value


def _unicode(event: ev.ScalarEvent) -> str:
    """The scalar's text; JSON's escaped surrogate pairs are joined, a lone surrogate is no text."""
    try:
        return str(event.value).encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        raise NotReadable("yaml-syntax", place_of(event), why="a lone surrogate is not Unicode text") from None


def plain(text: str, place: Place) -> Value:
    """An unquoted scalar's text as null, bool, int, Decimal, or the text itself."""
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text.lower() == "true"
    if _NOT_FINITE.fullmatch(text):
        raise NotReadable("number-range", place, text=text)
    if _BASED.fullmatch(text):
        return _whole(text, 0, place)
    if _INT.fullmatch(text):
        return _whole(text, 10, place)
    if _FLOAT.fullmatch(text):
        return _decimal(text, place)
    return text


def _whole(text: str, base: int, place: Place) -> int:
    if len(text) > MAX_DIGITS:
        raise NotReadable("number-range", place, text=text[:20] + "...")
    return int(text, base)


def _decimal(text: str, place: Place) -> Decimal:
    """Bounded, so that exact comparison as a fraction stays cheap."""
    digits, _, exponent = text.lower().partition("e")
    if len(digits) > MAX_DIGITS or len(exponent) > 4 or abs(int(exponent or "0")) > MAX_DIGITS:
        raise NotReadable("number-range", place, text=text[:20] + ("..." if len(text) > 20 else ""))
    return Decimal(text)
