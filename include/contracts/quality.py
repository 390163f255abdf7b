"""The rules under `quality`: ODCS's library metrics, our own checks, expectations as GX writes them, and rules in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checks.catalogue import VOCABULARY
from checks.expectations.check import check_id
from checks.kernel import Severity
from include.contracts.draft import Draft, Words
from include.contracts.model import NotChecked
from include.contracts.node import Node
from include.contracts.problems import Problems
from include.contracts.targets import OPERATORS, parse
from include.contracts.vocabulary import METRICS

GX_ENGINES = ("greatExpectations", "great-expectations")
"""Great Expectations: the first is how we write it, the second how the standard's example does."""

ENGINES = ("dambo", *GX_ENGINES)

Sources = Mapping[str, str]
"""A column's name in the files to its name in the contract, where they differ."""


def of_quality(
    name: str, node: Node, column: str | None, problems: Problems, sources: Sources
) -> Iterator[Draft | Words]:
    """The rules under `quality`."""
    for rule in node.each("quality"):
        kind = rule.text("type") or "library"
        if kind == "text":
            yield _words(name, rule, column, problems)
        elif kind == "sql":
            problems.add(rule.at("type"), "sql-refused")
        elif kind == "custom" and rule.text("engine") in GX_ENGINES:
            yield from _expectation(name, rule, column, problems, sources)
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
    if metric == "rowCount" and rule.text("unit") == "percent":
        problems.add(rule.at("unit"), "unit-not-allowed", word="rowCount: percent")
        return
    target = None if problems.broken(rule.path) else parse(rule.value, rule.path, problems)
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
    target = None if problems.broken(rule.path) else parse(inner.value, inner.path, problems)
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


def _expectation(name: str, rule: Node, column: str | None, problems: Problems, sources: Sources) -> Iterator[Draft]:
    """`{type, kwargs, meta}` of a suite; a rule of the object that names one column is called by that column."""
    if "unit" in rule.value:
        problems.add(rule.at("unit"), "unit-not-allowed", word="engine: greatExpectations")
    inner = rule.mapping("implementation")
    kind = inner.text("type")
    if kind is None or problems.broken(inner.path):
        return
    named = inner.mapping("kwargs").text("column")
    yield Draft(
        object=name,
        segment=rule.text("id") or kind,
        check=check_id(kind),
        path=rule.path,
        params_path=inner.path,
        column=column or (None if named is None else sources.get(named, named)),
        params={**inner.value, "sources": sources},
        severity=_severity(rule),
        derived=False,
    )


def _engine(engine: str, rule: Node, problems: Problems) -> bool:
    if engine not in ENGINES:
        problems.unknown(rule.at("engine"), "engine-unknown", engine, ENGINES)
    return engine in ENGINES
