"""Rules that follow from the schema part: readable, columns, type, required, unique, options, enum; severity error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from include.contracts.draft import Draft
from include.contracts.node import Node
from include.contracts.objects import TEMPORAL, Object, Property
from include.contracts.problems import Path, Problems
from include.contracts.yaml import Value

DELIVERY = "delivery"
"""The object name of rules about the delivery as a whole."""

OPTIONS: Mapping[str, str] = {
    "minLength": "min-length",
    "maxLength": "max-length",
    "pattern": "pattern",
    "format": "format",
    "minimum": "minimum",
    "maximum": "maximum",
    "exclusiveMinimum": "exclusive-minimum",
    "exclusiveMaximum": "exclusive-maximum",
    "multipleOf": "multiple-of",
}
"""logicalTypeOptions and the checks they are."""

_INSTEAD = {"format": ("say it with minimum and maximum", "minimum 과 maximum 으로 적으세요")}
"""What to write for an option that we do not read: the format of numbers is a range."""

_PAIRS = (
    ("minLength", "maxLength", False),
    ("minimum", "maximum", False),
    ("minimum", "exclusiveMaximum", True),
    ("exclusiveMinimum", "maximum", True),
    ("exclusiveMinimum", "exclusiveMaximum", True),
)
"""Lower option, upper option, and whether equal bounds contradict too."""


def of_delivery(*, closed: bool) -> Iterator[Draft]:
    """The two rules that every contract has."""
    yield Draft(DELIVERY, "files", "delivery-files", (), ())
    yield Draft(DELIVERY, "unclaimed", "unclaimed-files", (), (), severity="error" if closed else "warning")


def of_object(found: Object, *, tolerant: bool) -> Iterator[Draft]:
    """What every object has, and its primary key. `tolerant`: a rule of the contract says how much may be unreadable."""
    name, node = found.spec.name, found.node
    yield Draft(name, "readable", "readable", node.path, node.path, severity="warning" if tolerant else "error")
    key = sorted((p for p in found.properties if p.node.flag("primaryKey")), key=_key_position)
    if key:
        path = key[0].node.at("primaryKey")
        yield Draft(name, "primaryKey", "unique", path, path, params={"columns": [p.name for p in key]})


def columns_of(found: Object, used: frozenset[str]) -> Draft:
    """Declared columns that are required, or that a rule uses, must be in every file."""
    specs = found.spec.columns
    demanded = [spec.col.name for spec in specs if spec.required or spec.col.name in used]
    sources = list(dict.fromkeys(_first_key(spec.source) for spec in specs))
    params = {"columns": demanded, "sources": sources, "extra": found.extra, "order": found.order}
    return Draft(found.spec.name, "columns", "columns", found.node.path, found.node.path, params=params)


def _first_key(source: str) -> str:
    """The record's own key that a source starts from."""
    if not source.startswith("/"):
        return source
    return source.split("/", 2)[1].replace("~1", "/").replace("~0", "~")


def _key_position(item: Property) -> int:
    position = item.node.value.get("primaryKeyPosition")
    return position if isinstance(position, int) and position > 0 else 2**31


def of_property(name: str, item: Property, problems: Problems) -> Iterator[Draft]:
    """Rules of one property that follow from the schema part."""
    node, column = item.node, item.name

    def rule(segment: str, check: str, path: Path, params: Mapping[str, Any] | None = None) -> Draft:
        return Draft(name, segment, check, path, path, column=column, params=params or {})

    yield rule("type", "type", node.at("logicalType"))
    if item.spec.required:
        yield rule("required", "required", node.at("required" if node.flag("required") else "primaryKey"))
    if node.flag("unique"):
        yield rule("unique", "unique", node.at("unique"))
    options = node.mapping("logicalTypeOptions")
    _contradictions(options, problems)
    kind = item.spec.col.type
    for word, value in options.value.items():
        path = options.at(word)
        if word == "format" and kind in TEMPORAL:
            continue  # part of the type
        if word in OPTIONS and (word != "format" or kind == "string"):
            yield rule(word, OPTIONS[word], path, {"value": value})
        elif not problems.broken(path):
            en, ko = _INSTEAD.get(word, ("state it in words with type: text", "type: text 로 글로 적으세요"))
            problems.add(path, "not-supported", word=word, help=en, help_ko=ko)
    values = [entry.value.get("value") for entry in node.each("enum")]
    if values:
        yield rule("enum", "enum", node.at("enum"), {"values": values})


def _contradictions(options: Node, problems: Problems) -> None:
    for low, high, strict in _PAIRS:
        a, b = options.value.get(low), options.value.get(high)
        if _number(a) and _number(b) and (a > b or (strict and a == b)):  # type: ignore[operator]
            problems.add(options.at(high), "options-contradict", word=low, other=high)


def _number(value: Value) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)
