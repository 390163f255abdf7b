"""One JSON document from a label file, whole and strict; its faults are those of `jsonvalues`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from json import JSONDecodeError
from pathlib import Path

from checks.batch import Defect
from include.deliveries.readers.base import Limits
from include.deliveries.readers.codes import defect
from include.deliveries.readers.jsonstream import Document
from include.deliveries.readers.jsonvalues import Flaw, Values, space_end, step, value_end
from include.deliveries.readers.labels.knownshapes import Shapes
from include.deliveries.readers.labels.taking import MISSING
from include.deliveries.readers.text import Window, decide_encoding

_SHAPES = Shapes()
_WINDOW = 1 << 16
_VALUES = 4_000_000
"""Values that may be held at once; an empty list or object takes as much as two numbers."""


def load(path: Path, name: str, limits: Limits, declared: str | None) -> object:
    """The document of a file (dicts, or structs of a known shape: see `pointers.resolve`), or the Defect that it is."""
    with path.open("rb") as file:
        data = file.read(limits.record_chars + 1)
    if len(data) > limits.record_chars:
        return defect(name, "too-large", detail=f"over {limits.record_chars} bytes")
    if declared in {None, "utf-8"}:
        found = _SHAPES.decode(data)
        if found is not MISSING:
            return found
    codec = decide_encoding(path, name, declared)
    return codec if isinstance(codec, Defect) else _strict(data.decode(codec), name, limits)


def stream(
    path: Path, name: str, limits: Limits, declared: str | None, records: tuple[str, ...]
) -> Iterator[tuple[object, str] | Defect]:
    """The elements of the one list at a pointer, each a document with its pointer, however many they are."""
    codec = decide_encoding(path, name, declared)
    if isinstance(codec, Defect):
        yield codec
        return
    at = "".join(map(step, records))
    with Window(path, codec, min(_WINDOW, limits.window_chars)) as window:
        for item in Document(window, name, records, limits).items():
            yield replace(item, row=-1) if isinstance(item, Defect) else (item.value, at + step(item.row))


def _strict(text: str, name: str, limits: Limits) -> object:
    values = text.count(",") + 2 * (text.count("[") + text.count("{"))
    if values > _VALUES:
        return defect(name, "too-large", detail=f"up to {values} values")
    start = space_end(text, 0)
    if start == len(text):
        return defect(name, "empty-file")
    try:
        value, end = Values(limits.depth).at(text, start)
    except JSONDecodeError as error:
        cut = value_end(text, start, ended=True) is None
        return defect(name, "truncated" if cut else "invalid-json", pointer=f"line {error.lineno}")
    if isinstance(value, Flaw):
        return defect(name, value.code, pointer=value.pointer)
    if space_end(text, end) != len(text):
        return defect(name, "trailing-data", pointer=f"line {text.count(chr(10), 0, end) + 1}")
    _SHAPES.learn(value)
    return value
