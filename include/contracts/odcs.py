"""The standard's own part: a document against ODCS's JSON Schema, as PyPI `open-data-contract-standard` carries it.

One schema file serves v3.1.0 and v3.2.0; it is v3.2.0's, so what came with v3.2.0 is refused here in a v3.1.0 document.
Older documents are not read: their metrics had other words.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from include.contracts.explain import Echo, explain, validator
from include.contracts.problems import Path, Problems
from include.contracts.yaml import Value

VERSIONS = ("v3.1.0", "v3.2.0")
"""Versions of the standard that Dambo reads."""

MAX_NESTING = 6
"""Levels of properties within properties; the standard's schema costs a multiple with each."""

NEWER = frozenset({"enum", "map", "semanticType", "synonyms", "deprecated", "context"})
"""Keys of objects and properties that came with v3.2.0 (`context` of the contract too)."""


@cache
def schema() -> Mapping[str, Any]:
    """The standard's JSON Schema."""
    text = (resources.files("open_data_contract_standard") / "schema.json").read_text(encoding="utf-8")
    found: Mapping[str, Any] = json.loads(text)
    return found


def check(document: Mapping[str, Value], problems: Problems) -> list[Echo]:
    """Tell `problems` where the document breaks the standard; what may be an echo of other mistakes is returned."""
    version = document.get("apiVersion")
    if isinstance(version, str) and version not in VERSIONS:
        known = ", ".join(VERSIONS)
        problems.add(("apiVersion",), "api-version", word=version, known=known)
        return []
    if _too_deep(document, problems):
        return []
    untyped = frozenset(_untyped(document, problems))
    instance: Any = document
    errors = validator(schema(), standard=True).iter_errors(instance)
    told = (e for e in errors if not (tuple(e.absolute_path) in untyped and e.validator == "required" and _of_map(e)))
    echoes = explain(told, schema(), (), problems)
    if version == "v3.1.0":
        _newer(document, problems)
    return echoes


def _of_map(error: Any) -> bool:
    """The echo of a missing logicalType: the schema then takes every property for a map."""
    return list(error.validator_value) == ["map"]


def properties(document: Mapping[str, Value]) -> Iterator[tuple[Path, Mapping[str, Value]]]:
    """Every property that has the shape of one, nested ones after their parent."""
    for i, item in _mappings(document.get("schema")):
        yield from _below(item, ("schema", i))


def _below(holder: Mapping[str, Value], path: Path) -> Iterator[tuple[Path, Mapping[str, Value]]]:
    for i, item in _mappings(holder.get("properties")):
        here = (*path, "properties", i)
        yield here, item
        yield from _below(item, here)


def _mappings(value: Value) -> Iterator[tuple[int, Mapping[str, Value]]]:
    for i, item in enumerate(value if isinstance(value, list) else []):
        if isinstance(item, dict):
            yield i, item


def _too_deep(document: Mapping[str, Value], problems: Problems) -> bool:
    deep = next(_nested(document.get("schema"), ("schema",), 0), None)
    if deep is not None:
        problems.add(deep, "too-deep", limit=MAX_NESTING)
    return deep is not None


def _nested(value: Value, path: Path, depth: int) -> Iterator[Path]:
    """The places where properties, items or map values nest beyond the limit."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        deeper = depth + (key in {"properties", "items", "map"})
        if deeper > MAX_NESTING:
            yield (*path, key)
            return
        yield from _nested(inner, (*path, key), deeper)


def _untyped(document: Mapping[str, Value], problems: Problems) -> Iterator[Path]:
    """Properties without logicalType: the standard's conditions then all hold at once, and say nothing useful."""
    for path, item in properties(document):
        if "logicalType" not in item:
            problems.add(path, "logical-type-missing")
            yield path


def _newer(document: Mapping[str, Value], problems: Problems) -> None:
    """What only v3.2.0 has."""
    holders: list[tuple[Path, Mapping[str, Value]]] = [((), document), *properties(document)]
    holders += [(("schema", i), item) for i, item in _mappings(document.get("schema"))]
    for path, item in holders:
        for word in sorted(NEWER & set(item)):
            if path or word == "context":
                problems.add((*path, word), "needs-newer-standard", word=word, version="v3.1.0")
        if item.get("logicalType") in {"map", "vector"}:
            problems.add((*path, "logicalType"), "needs-newer-standard", word=item["logicalType"], version="v3.1.0")
