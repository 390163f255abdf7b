"""Label documents of a shape seen before, decoded at once into structs; duplicate keys are excluded by counting.

A delivery has many small documents of few shapes. From a document that was decoded strictly, the types of all its objects
are made: exactly those keys, each once required, and values of the same nesting. A document that decodes into them (by
msgspec, which refuses NaN, half surrogates, numbers out of range and bytes that are not UTF-8, as the strict decoder does)
has exactly those keys; so how many members its objects have is known, and each member needs a colon. Where the file has
no more colons than that, no key stands twice. Colons inside texts are told apart by what is before them: a quote or white
space before a member's. Whatever this cannot show goes to the strict decoder: nothing here changes what a document means.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import chain
from typing import Any

import msgspec

from include.deliveries.readers.labels.pointers import Known
from include.deliveries.readers.labels.taking import MISSING

_SHAPES = 8
_WORTH = 50
"""So many documents a shape must have served before room is made for yet another: making types takes as long."""
_KEYS = 500
_BEFORE_COLON = (b'":', b" :", b"\t:", b"\n:", b"\r:")

_Scalar = str | int | float | bool | None
_Count = int | Callable[[Any], int]
"""How many members are in a value: always so many, or as many as this says."""


class _Irregular(Exception):  # noqa: N818 - not an error: the document has no shape to learn
    pass


class Shapes:
    """The shapes seen last. One instance may serve many threads and deliveries; no answer depends on what it has seen."""

    def __init__(self) -> None:
        self._known: list[_Shape] = []
        self._learned = 0
        self._served = 0
        self._lock = threading.Lock()

    def decode(self, data: bytes) -> object:
        """The document; MISSING if it is not shown to be a right one of a known shape."""
        for shape in self._known:
            tree = shape.decode(data)
            if tree is not MISSING:
                self._served += 1
                if shape is not self._known[0]:
                    self._first(shape)
                return tree
        return MISSING

    def learn(self, document: object) -> None:
        """Takes the shape of a document that was decoded strictly, if it is worth it."""
        if self._learned >= _SHAPES and self._served < _WORTH * self._learned:
            return
        self._learned += 1
        try:
            self._first(_Shape(document))
        except (_Irregular, TypeError, ValueError):
            return

    def _first(self, shape: _Shape) -> None:
        with self._lock:
            self._known = [shape, *(other for other in self._known if other is not shape)][:_SHAPES]


class _Shape:
    """One shape: its types, and how many members a document of it has."""

    def __init__(self, document: object) -> None:
        if not isinstance(document, dict | list):
            raise _Irregular
        kind, self._members = _typed([document])
        self._decoder = msgspec.json.Decoder(kind)

    def decode(self, data: bytes) -> object:
        try:
            tree = self._decoder.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return MISSING
        members = counted(self._members, tree)
        if data.count(b":") == members or sum(map(data.count, _BEFORE_COLON)) == members:
            return tree
        return MISSING


def _typed(samples: list[Any]) -> tuple[Any, _Count]:
    """The type of all these values, which stand at one place, and how many members are in a value of it."""
    kinds = set(map(type, samples))
    if dict in kinds and kinds <= {dict, type(None)}:
        return _object([sample for sample in samples if sample is not None], optional=type(None) in kinds)
    if kinds == {list}:
        inner, count = _typed(list(chain.from_iterable(samples)))
        return list[inner], _of_all(count)  # type: ignore[valid-type]
    if dict in kinds or list in kinds:
        raise _Irregular
    return _Scalar, 0


def _of_all(count: _Count) -> _Count:
    """Of the elements of a list, where each has so many."""
    if count == 0:
        return 0
    if isinstance(count, int):
        return lambda values: count * len(values)
    return lambda values: sum(map(count, values))


def _object(samples: list[dict[str, Any]], *, optional: bool) -> tuple[Any, _Count]:
    keys = list(samples[0])
    if len(keys) > _KEYS or any(sample.keys() != samples[0].keys() for sample in samples):
        raise _Irregular
    names = [f"f{i}" for i in range(len(keys))]
    typed = [_typed([sample[key] for sample in samples]) for key in keys]
    made = msgspec.defstruct(
        "Known",
        [(name, kind) for name, (kind, _) in zip(names, typed, strict=True)],
        bases=(Known,),
        namespace={"places": dict(zip(keys, names, strict=True))},
        rename=dict(zip(names, keys, strict=True)),
        forbid_unknown_fields=True,
        gc=False,
    )
    count = _of_object(len(keys), [(name, count) for name, (_, count) in zip(names, typed, strict=True)])
    if optional:
        return made | None, lambda value: 0 if value is None else counted(count, value)
    return made, count


def _of_object(own: int, inner: list[tuple[str, _Count]]) -> _Count:
    """Of an object with so many members of its own, and those in the values of its fields."""
    fixed = own + sum(count for _, count in inner if isinstance(count, int))
    depends = [(name, count) for name, count in inner if not isinstance(count, int)]
    if not depends:
        return fixed
    return lambda value: fixed + sum([count(getattr(value, name)) for name, count in depends])


def counted(count: _Count, value: object) -> int:
    """The members in a value."""
    return count if isinstance(count, int) else count(value)
