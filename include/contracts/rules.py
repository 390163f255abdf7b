"""From the schema part and the quality rules to drafts of checks, in the contract's order. Nothing is built here.

A rule's name is `<object>[.<property>].<quality id | required | unique | type | option | metric | check>`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from checks.catalogue import VOCABULARY
from checks.kernel import Severity, Target
from include.contracts.model import NotChecked
from include.contracts.node import Node
from include.contracts.objects import TEMPORAL, Object, Property
from include.contracts.problems import Path, Problems
from include.contracts.targets import OPERATORS, parse
from include.contracts.vocabulary import METRICS
from include.contracts.yaml import Value

DELIVERY = "delivery"
"""The object name of rules about the delivery as a whole."""

ENGINES = ("dambo",)
ENGINES_LATER = ("greatExpectations", "great-expectations", "great_expectations", "gx")

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

_PAIRS = (
    ("minLength", "maxLength", False),
    ("minimum", "maximum", False),
    ("minimum", "exclusiveMaximum", True),
    ("exclusiveMinimum", "maximum", True),
    ("exclusiveMinimum", "exclusiveMaximum", True),
)
"""Lower option, upper option, and whether equal bounds contradict too."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule before its check is built. `path`: where it is declared; `params_path`: where its parameters stand."""

    object: str
    segment: str
    check: str
    path: Path
    params_path: Path
    column: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    target: Target | None = None
    severity: Severity = "error"
    unit: Literal["rows", "percent"] = "rows"
    derived: bool = True

    @property
    def name(self) -> str:
        """Unique in the contract."""
        return ".".join(part for part in (self.object, self.column, self.segment) if part)


@dataclass(frozen=True, slots=True)
class Words:
    """A rule in words only."""

    path: Path
    left_out: NotChecked


def of_delivery(*, closed: bool) -> Iterator[Draft]:
    """The two rules that every contract has."""
    yield Draft(DELIVERY, "files", "delivery-files", (), ())
    yield Draft(DELIVERY, "unclaimed", "unclaimed-files", (), (), severity="error" if closed else "warning")


def of_object(found: Object, problems: Problems) -> Iterator[Draft | Words]:
    """Every rule of an object but `columns`, which needs the others' columns."""
    name, node = found.spec.name, found.node
    yield Draft(name, "readable", "readable", node.path, node.path)
    key = sorted((p for p in found.properties if p.node.flag("primaryKey")), key=_key_position)
    if key:
        path = key[0].node.at("primaryKey")
        yield Draft(name, "primaryKey", "unique", path, path, params={"columns": [p.name for p in key]})
    for item in found.properties:
        yield from _derived(name, item, problems)
        yield from _quality(name, item.node, item.name, problems)
    yield from _quality(name, node, None, problems)


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


def _derived(name: str, item: Property, problems: Problems) -> Iterator[Draft]:
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
    for word, value in options.value.items():
        path = options.at(word)
        if word == "format" and item.spec.col.type in TEMPORAL:
            continue
        if word in OPTIONS:
            yield rule(word, OPTIONS[word], path, {"value": value})
        elif not problems.broken(path):
            en, ko = "state it in words with type: text, or leave it out", "type: text 로 글로 적거나 빼세요"
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


def _quality(name: str, node: Node, column: str | None, problems: Problems) -> Iterator[Draft | Words]:
    """The rules under `quality`."""
    for rule in node.each("quality"):
        kind = rule.text("type") or "library"
        if kind == "text":
            yield _words(name, rule, column, problems)
        elif kind == "sql":
            problems.add(rule.at("type"), "sql-refused")
        elif kind == "custom":
            yield from _custom(name, rule, column, problems)
        elif kind == "library":
            yield from _library(name, rule, column, problems)


def _words(name: str, rule: Node, column: str | None, problems: Problems) -> Words:
    segment = rule.text("id") or "text"
    full = ".".join(part for part in (name, column, segment) if part)
    problems.add(rule.path, "not-checked")
    return Words(rule.path, NotChecked(full, rule.text("description") or "type: text", "contract"))


def _severity(rule: Node) -> Severity:
    word = rule.text("severity")
    return word if word in {"info", "warning", "error"} else "error"  # type: ignore[return-value]


def _library(name: str, rule: Node, column: str | None, problems: Problems) -> Iterator[Draft]:
    metric = rule.text("metric")
    if metric is None:
        if "metric" not in rule.value:
            problems.add(rule.path, "metric-missing")
        return
    if metric not in METRICS or not _level(metric, rule, column, problems):
        return
    target = parse(rule.value, rule.path, problems)
    yield Draft(
        object=name,
        segment=rule.text("id") or metric,
        check=METRICS[metric],
        path=rule.path,
        params_path=rule.at("arguments"),
        column=column,
        params=rule.mapping("arguments").value,
        target=target,
        severity=_severity(rule),
        unit="percent" if rule.text("unit") == "percent" else "rows",
        derived=False,
    )


def _level(metric: str, rule: Node, column: str | None, problems: Problems) -> bool:
    """rowCount stands on the object, the others on a property, duplicateValues on either."""
    if metric == "rowCount" and column is not None:
        words = {"level": "under the object's quality", "level_ko": "object 의 quality 에"}
    elif metric not in {"rowCount", "duplicateValues"} and column is None:
        words = {"level": "under a property's quality", "level_ko": "property 의 quality 에"}
    else:
        return True
    problems.add(rule.at("metric"), "metric-level", word=metric, **words)
    return False


def _custom(name: str, rule: Node, column: str | None, problems: Problems) -> Iterator[Draft]:
    engine = rule.text("engine")
    if engine is None or not _engine(engine, rule, problems):
        return
    if "unit" in rule.value:
        problems.add(rule.at("unit"), "unit-not-allowed", word="engine: dambo")
    inner = rule.mapping("implementation")
    check = inner.text("check")
    if check not in VOCABULARY:
        return
    target = parse(inner.value, inner.path, problems)
    params = {key: value for key, value in inner.value.items() if key != "check" and key not in OPERATORS}
    yield Draft(
        object=name,
        segment=rule.text("id") or check,
        check=check,
        path=rule.path,
        params_path=inner.path,
        column=column,
        params=params,
        target=target,
        severity=_severity(rule),
        derived=False,
    )


def _engine(engine: str, rule: Node, problems: Problems) -> bool:
    if engine in ENGINES_LATER:
        problems.add(rule.at("engine"), "engine-not-supported", word=engine)
    elif engine not in ENGINES:
        problems.unknown(rule.at("engine"), "engine-unknown", engine, ENGINES)
    return engine in ENGINES
