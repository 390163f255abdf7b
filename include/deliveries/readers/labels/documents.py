"""One JSON document from a label file, whole and strict; its faults are those of `jsonvalues`."""

from __future__ import annotations

from json import JSONDecodeError
from pathlib import Path

from checks.batch import Defect
from include.deliveries.readers.base import Limits
from include.deliveries.readers.codes import defect
from include.deliveries.readers.jsonvalues import Flaw, Values, space_end, value_end
from include.deliveries.readers.labels.knownshapes import Shapes
from include.deliveries.readers.labels.taking import MISSING
from include.deliveries.readers.text import decide_encoding

_SHAPES = Shapes()


def load(path: Path, name: str, limits: Limits, declared: str | None) -> object:
    """The document of a file (dicts, or structs of a known shape: see `pointers.resolve`), or the Defect that it is."""
    with path.open("rb") as file:
        data = file.read(limits.record_bytes + 1)
    if len(data) > limits.record_bytes:
        return defect(name, "too-large", detail=f"over {limits.record_bytes} bytes")
    if declared in {None, "utf-8"}:
        found = _SHAPES.decode(data)
        if found is not MISSING:
            return found
    codec = decide_encoding(path, name, declared)
    return codec if isinstance(codec, Defect) else _strict(data.decode(codec), name, limits)


def _strict(text: str, name: str, limits: Limits) -> object:
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
