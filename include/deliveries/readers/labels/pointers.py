"""JSON pointers into label documents, whether their objects are dicts or the structs of a known shape (`knownshapes`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import msgspec

from include.contracts.model import ObjectSpec
from include.deliveries.readers.jsoncolumns import tokens
from include.deliveries.readers.jsonvalues import step
from include.deliveries.readers.labels.taking import MISSING, Taking
from include.deliveries.readers.pathfields import FIELD

POINTER: Mapping[str, Any] = {"type": "string", "pattern": "^(/([^~/]|~[01])*)*$"}
"""JSON Schema of a JSON pointer (RFC 6901)."""

_INDEX = re.compile("0|[1-9][0-9]{0,17}")


class Known(msgspec.Struct, gc=False):
    """An object of a known shape: `places` says which field holds which key."""

    places: ClassVar[Mapping[str, str]]


Pointer = tuple[str, ...]
"""The reference tokens of a pointer."""


def resolve(value: object, pointer: Pointer) -> object:
    """The value at the pointer, or MISSING."""
    for token in pointer:
        if isinstance(value, Known):
            place = value.places.get(token)
            value = MISSING if place is None else getattr(value, place)
        elif isinstance(value, dict):
            value = value.get(token, MISSING)
        elif isinstance(value, list) and _INDEX.fullmatch(token):
            value = value[int(token)] if int(token) < len(value) else MISSING
        else:
            return MISSING
    return value


def each(value: object, pointer: Pointer, at: str, taking: Taking, *, required: bool) -> Iterator[tuple[object, str]]:
    """The values at a pointer in which `*` is every element of a list, with their own pointers.

    A list at its end stands for its elements. What is not there, or is no list or object, is a defect.
    """
    for i, key in enumerate(pointer):
        if key == "*":
            for j, inner in enumerate(_list(value, at, taking)):
                yield from each(inner, pointer[i + 1 :], at + step(j), taking, required=required)
            return
        if not isinstance(value, dict | Known | list):
            taking.wrong(at, "object", value)
            return
        value, at = resolve(value, (key,)), at + step(key)
        if value is MISSING or (value is None and not required):
            taking.absent(value, at, required=required)
            return
    if isinstance(value, list) and pointer[-1:] != ("*",):
        yield from ((inner, at + step(j)) for j, inner in enumerate(value))
    elif pointer and not isinstance(value, list | dict | Known):
        taking.wrong(at, "object" if pointer[-1] == "*" else "array or object", value)
    else:
        yield value, at


def _list(value: object, at: str, taking: Taking) -> list[object]:
    if isinstance(value, list):
        return value
    taking.wrong(at, "array", value)
    return []


def of_field(option: object) -> tuple[Pointer, str] | None:
    """The tokens and the text of an option `{field: pointer}`; None if it is another."""
    if not isinstance(option, Mapping) or "field" not in option:
        return None
    return tokens(option["field"]), str(option["field"])


def rater_of(spec: ObjectSpec) -> tuple[Pointer, str] | None:
    """Where a label says who gave it; None if the contract says it otherwise."""
    return of_field(spec.reader.get("annotator"))


def _object(**properties: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


FIELD_OPTION = _object(field=POINTER)
RATER_OPTION: Mapping[str, Any] = {
    "oneOf": [FIELD, _object(value={"type": "string", "minLength": 1}), FIELD_OPTION],
    "description": "Who labelled: from the file's path, one name for all, or the label's own field.",
}
