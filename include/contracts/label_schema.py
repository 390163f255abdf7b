"""The JSON Schema that a contract sets for label documents: is it one, and does it refer to itself alone?

What is refused here would otherwise stop the check of a delivery halfway. Nothing is ever fetched.
"""

from __future__ import annotations

from collections.abc import Iterator

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from include.contracts.problems import Path, Problems
from include.contracts.yaml import Value

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def check_label_schema(schema: Value, path: Path, problems: Problems) -> None:
    """Reports what keeps the schema at `path` from being used."""
    if not isinstance(schema, dict):
        return  # the reader's own options say that it must be
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        problems.add(
            (*path, *error.absolute_path),
            "label-schema",
            why="not as JSON Schema has it",
            why_ko="JSON Schema 문법이 아닙니다",
        )
        return
    if schema.get("$schema", _DIALECT) != _DIALECT:
        problems.add((*path, "$schema"), "label-schema", why="not the dialect of 2020-12", why_ko="2020-12 이 아닙니다")
    for place, target in _references(schema, path):
        if not _leads(schema, target):
            why, ko = "a reference that leads nowhere in it", "참조하는 곳이 그 안에 없습니다"
            problems.add(place, "label-schema", why=why, why_ko=ko)


def _leads(schema: Value, target: Value) -> bool:
    """Is there something at the pointer (`#`, `#/$defs/box`)?"""
    if not isinstance(target, str) or not (target == "#" or target.startswith("#/")):
        return False
    for key in target.split("/")[1:]:
        name = key.replace("~1", "/").replace("~0", "~")
        if isinstance(schema, dict) and name in schema:
            schema = schema[name]
        elif isinstance(schema, list) and name.isdecimal() and int(name) < len(schema):
            schema = schema[int(name)]
        else:
            return False
    return True


def _references(value: Value, path: Path) -> Iterator[tuple[Path, Value]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in {"$ref", "$dynamicRef"}:
                yield (*path, key), inner
            else:
                yield from _references(inner, (*path, key))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from _references(inner, (*path, i))
