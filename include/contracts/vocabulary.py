"""Our own JSON Schema for what ODCS leaves open, completed from the catalogue: adding a check adds its vocabulary.

`schemas/dambo-contract.schema.json` holds what never changes; a check's `params` and a reader's `options` are put in
here. One and the same schema is used by lint and printed for editors.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from importlib import resources
from typing import Any

from checks.catalogue import VOCABULARY
from checks.expectations.check import PARAMS
from checks.kernel import Check
from checks.streams import STREAM_OF
from include.contracts.targets import OPERATORS

Catalogue = Mapping[str, type[Check]]
Readers = Mapping[str, Mapping[str, Any]]

METRICS: Mapping[str, str] = {
    "rowCount": "row-count",
    "nullValues": "null-values",
    "missingValues": "missing-values",
    "invalidValues": "invalid-values",
    "duplicateValues": "duplicate-values",
}
"""ODCS's library metrics and the checks they are."""

TABLES = ("parquet", "csv", "tsv", "json", "jsonl", "xlsx")

FORMATS: Readers = {name: {"type": "object"} for name in (*TABLES, *STREAM_OF)}
"""What physicalType may be where the caller does not hand in the readers: their options are not looked at then."""


@cache
def _base() -> str:
    return (resources.files("include.contracts") / "schemas" / "dambo-contract.schema.json").read_text("utf-8")


def vocabulary(catalogue: Catalogue) -> tuple[str, ...]:
    """The checks that a contract may name under `engine: dambo`."""
    return tuple(word for word in VOCABULARY if word in catalogue)


def contract_schema(catalogue: Catalogue, readers: Readers) -> Mapping[str, Any]:
    """The whole schema (2020-12) with the vocabulary of `catalogue` and the options of `readers`."""
    schema: dict[str, Any] = json.loads(_base())
    parts = schema["$defs"]
    words = vocabulary(catalogue)
    parts["implementation"]["properties"]["check"] = {"enum": list(words), "x-code": "check-unknown"}
    parts["implementation"]["allOf"] = [_when("check", word, _implementation(catalogue[word])) for word in words]
    parts["expectation"] = _plain(PARAMS)
    if "pairing" in catalogue:
        parts["pairing"]["then"]["properties"]["value"] = _plain(catalogue["pairing"].params)
    parts["quality"]["allOf"] += [_when("metric", word, _arguments(catalogue[METRICS[word]])) for word in METRICS]
    parts["object"]["properties"]["physicalType"] = {"enum": list(readers), "x-code": "format-unknown"}
    parts["object"]["allOf"] = [_when("physicalType", word, _reader(readers[word])) for word in readers]
    return schema


def _when(key: str, word: str, then: Mapping[str, Any]) -> dict[str, Any]:
    return {"if": {"type": "object", "properties": {key: {"const": word}}, "required": [key]}, "then": then}


def _implementation(check: type[Check]) -> dict[str, Any]:
    """A check's parameters beside `check` and the operators."""
    schema = _plain(check.params)
    schema["properties"] = {**schema.get("properties", {}), "check": {}, **{word: {} for word in OPERATORS}}
    return schema


def _arguments(check: type[Check]) -> dict[str, Any]:
    """A metric's arguments; demanded where the check can't do without."""
    schema = _plain(check.params)
    demanded = bool(schema.get("required")) or schema.get("minProperties", 0) > 0
    return {"properties": {"arguments": schema}, "required": ["arguments"] if demanded else []}


def _reader(options: Mapping[str, Any]) -> dict[str, Any]:
    """The `reader` property of an object of this format."""
    item = _when("property", "reader", {"properties": {"value": _plain(options)}})
    return {"properties": {"customProperties": {"items": item}}}


def _plain(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A copy that can stand inside another schema."""
    return {key: deepcopy(value) for key, value in schema.items() if key not in {"$schema", "$id"}}
