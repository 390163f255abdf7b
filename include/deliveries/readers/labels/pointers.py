"""JSON pointers into label documents, whether their objects are dicts or the structs of a known shape (`knownshapes`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from include.contracts.model import ObjectSpec
from include.deliveries.readers.jsoncolumns import tokens
from include.deliveries.readers.labels.taking import MISSING
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
