"""A small JSON Schema (2020-12) validator: just the keywords our own schemas use, so that verifying needs no library.

An unknown keyword is a mistake of ours and raises ValueError when the schema is loaded: nothing is skipped in silence.
Patterns are anchored and matched to the very end (`$` of Python would let a last newline through).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Final, TypeAlias

from include.evidence.canonical import Json

Schema: TypeAlias = "dict[str, Json]"

ANNOTATIONS: Final = frozenset({"$schema", "$id", "$defs", "title", "description"})


class Mismatch(ValueError):  # noqa: N818 - a finding about a document, like Misdeclared in the kernel
    """`value` at `path` does not fit. The message names places and types, never the value."""


@lru_cache
def load(name: str) -> Schema:
    """The schema `schemas/<name>.json`."""
    schema = json.loads(files("include.evidence.schemas").joinpath(f"{name}.json").read_text("utf-8"))
    _known(schema)
    return dict(schema)


def validate(value: Json, schema: Schema) -> None:
    """Raises Mismatch with a JSON pointer."""
    _check(value, schema, schema, "")


def _check(value: Json, schema: Schema, root: Schema, path: str) -> None:
    reference = schema.get("$ref")
    if isinstance(reference, str):
        _check(value, _definition(root, reference), root, path)
    for keyword, argument in schema.items():
        test = KEYWORDS.get(keyword)
        if test is not None and not test(value, argument):
            raise Mismatch(f"{path or '/'}: {keyword}")
    if isinstance(value, dict):
        _members(value, schema, root, path)
    if isinstance(value, list) and isinstance(items := schema.get("items"), dict):
        for index, item in enumerate(value):
            _check(item, items, root, f"{path}/{index}")
    _alternatives(value, schema, root, path)


def _members(value: dict[str, Json], schema: Schema, root: Schema, path: str) -> None:
    properties = schema.get("properties", {})
    assert isinstance(properties, dict)
    for key, member in value.items():
        if key in properties:
            inner = properties[key]
            assert isinstance(inner, dict)
            _check(member, inner, root, f"{path}/{key}")
        elif schema.get("additionalProperties") is False:
            raise Mismatch(f"{path or '/'}: additionalProperties")


def _alternatives(value: Json, schema: Schema, root: Schema, path: str) -> None:
    """anyOf: the only combination we use (a thing or null)."""
    options = schema.get("anyOf")
    if not isinstance(options, list):
        return
    for option in options:
        assert isinstance(option, dict)
        try:
            _check(value, option, root, path)
        except Mismatch:
            continue
        return
    raise Mismatch(f"{path or '/'}: anyOf")


def _definition(root: Schema, reference: str) -> Schema:
    definitions = root["$defs"]
    assert isinstance(definitions, dict)
    found = definitions[reference.removeprefix("#/$defs/")]
    assert isinstance(found, dict)
    return found


def _same(a: Json, b: Json) -> bool:
    """JSON equality: true is not 1."""
    return type(a) is type(b) and a == b


def _typed(value: Json, name: Json) -> bool:
    return type(value).__name__ == TYPES[str(name)]


def _pattern(value: Json, pattern: Json) -> bool:
    assert isinstance(pattern, str)
    return not isinstance(value, str) or re.fullmatch(pattern.removeprefix("^").removesuffix("$"), value) is not None


def _unique(value: Json, wanted: Json) -> bool:
    return not (wanted and isinstance(value, list)) or len({json.dumps(v, sort_keys=True) for v in value}) == len(value)


def _bound(kind: tuple[type, ...], holds: Callable[[int, int], bool], *, size: bool) -> Callable[[Json, Json], bool]:
    def test(value: Json, limit: Json) -> bool:
        assert isinstance(limit, int)
        if type(value) not in kind:
            return True
        measured = len(value) if size else value  # type: ignore[arg-type]
        return holds(measured, limit)  # type: ignore[arg-type]

    return test


TYPES: Final = {"object": "dict", "array": "list", "string": "str", "integer": "int", "boolean": "bool", "null": "NoneType"}  # fmt: skip

KEYWORDS: Final[Mapping[str, Callable[[Json, Json], bool]]] = {
    "type": _typed,
    "const": _same,
    "enum": lambda value, options: isinstance(options, list) and any(_same(value, o) for o in options),
    "pattern": _pattern,
    "required": lambda value, keys: not isinstance(value, dict) or (isinstance(keys, list) and {*keys} <= value.keys()),
    "minItems": _bound((list,), int.__ge__, size=True),
    "maxItems": _bound((list,), int.__le__, size=True),
    "uniqueItems": _unique,
    "minLength": _bound((str,), int.__ge__, size=True),
    "maxLength": _bound((str,), int.__le__, size=True),
    "minimum": _bound((int,), int.__ge__, size=False),
    "maximum": _bound((int,), int.__le__, size=False),
}

STRUCTURE: Final = frozenset({"$ref", "properties", "additionalProperties", "items", "anyOf"})


def _known(schema: Json) -> None:
    """Every keyword is one that is checked, every pattern anchored."""
    if not isinstance(schema, dict):
        raise ValueError("a schema is an object")  # noqa: TRY004 - our own file is wrong, not a caller's type
    unknown = schema.keys() - KEYWORDS.keys() - ANNOTATIONS - STRUCTURE
    if unknown:
        raise ValueError(f"unknown schema keywords {sorted(unknown)}")
    pattern = schema.get("pattern", "^$")
    if not (isinstance(pattern, str) and pattern.startswith("^") and pattern.endswith("$")):
        raise ValueError(f"pattern {pattern!r} is not anchored")
    inner: list[Json] = []
    for group in ("properties", "$defs"):
        members = schema.get(group, {})
        inner += members.values() if isinstance(members, dict) else [None]
    options = schema.get("anyOf", [])
    inner += options if isinstance(options, list) else [None]
    inner += [schema["items"]] if "items" in schema else []
    for each in inner:
        _known(each)
