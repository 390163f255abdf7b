"""A GX suite as rules, and rules as a GX suite: documents in, documents out, without importing GX.

Suites of GX 1 (`type`) and of older versions (`expectation_type`) are read; suites are written as GX 1.24 writes them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from checks.completeness.missing import NullValues
from checks.completeness.row_count import RowCount
from checks.expectations.check import Expectation
from checks.expectations.kwargs import RUNTIME
from checks.kernel import Check, Severity, Target
from checks.predicates import Length, NotInSet, NotMatching, Outside
from checks.row_rule import NONE, RowRule
from checks.uniqueness.unique import DuplicateValues

GX_VERSION = "1.24.1"

SEVERITIES: Mapping[str, Severity] = {"critical": "error", "warning": "warning", "info": "info"}
"""GX's words and the contract's."""

_COLUMN = ("column", "column_A", "column_B")


class NotASuiteError(ValueError):
    """The document is no expectation suite; the message says why."""


@dataclass(frozen=True)
class SuiteRule:
    """One expectation of a suite."""

    type: str
    kwargs: Mapping[str, Any]
    meta: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity = "error"


@dataclass(frozen=True)
class Suite:
    """A suite's name and its rules."""

    name: str
    rules: tuple[SuiteRule, ...]

    def columns(self) -> list[str]:
        """Columns that the rules name, in the order of first sight."""
        return list(dict.fromkeys(name for rule in self.rules for name in columns_of(rule)))


def columns_of(rule: SuiteRule) -> Iterator[str]:
    """The columns that an expectation is about."""
    for key in _COLUMN:
        if isinstance(rule.kwargs.get(key), str):
            yield rule.kwargs[key]
    for key in ("column_list", "column_set"):
        found = rule.kwargs.get(key)
        yield from (c for c in found or () if isinstance(c, str)) if isinstance(found, list | tuple) else ()


def read_suite(data: bytes) -> Suite:
    """The suite in a JSON document. Raises NotASuiteError."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as wrong:
        raise NotASuiteError(f"not JSON: {wrong}") from None
    if not isinstance(document, dict) or not isinstance(document.get("expectations"), list):
        raise NotASuiteError("a suite is a JSON object with a list of expectations")
    name = document.get("name", document.get("expectation_suite_name", "suite"))
    return Suite(str(name), tuple(_rule(i, item) for i, item in enumerate(document["expectations"])))


def _rule(number: int, item: object) -> SuiteRule:
    where = f"expectations[{number}]"
    if not isinstance(item, dict):
        raise NotASuiteError(f"{where} is not an object")
    type_ = item.get("type", item.get("expectation_type"))
    kwargs = item.get("kwargs", {})
    if not isinstance(type_, str) or not isinstance(kwargs, dict):
        raise NotASuiteError(f"{where} has no type or no kwargs")
    kept = {key: value for key, value in kwargs.items() if value is not None and key not in RUNTIME}
    meta = item.get("meta") or {}
    notes = {key: item[key] for key in ("notes", "description") if item.get(key)}
    severity = SEVERITIES.get(str(item.get("severity", "critical")), "error")
    return SuiteRule(type_, kept, {**(meta if isinstance(meta, dict) else {}), **notes}, severity)


def suite_of(name: str, rules: Iterable[SuiteRule]) -> dict[str, Any]:
    """A suite document as GX 1.24 reads it."""
    words = {ours: theirs for theirs, ours in SEVERITIES.items()}
    expectations = [
        {"type": r.type, "kwargs": dict(r.kwargs), "meta": dict(r.meta), "severity": words[r.severity]} for r in rules
    ]
    return {"name": name, "expectations": expectations, "meta": {"great_expectations_version": GX_VERSION}}


def rule_of(check: Check, sources: Mapping[str, str]) -> SuiteRule | None:
    """A check as an expectation over the columns as the files name them (`sources`: contract name to file name);
    None where GX has nothing that means the same."""
    if isinstance(check, Expectation):
        kwargs = _renamed(json.loads(check.kwargs), sources)
        return SuiteRule(check.type, kwargs, json.loads(check.meta), check.rule.severity)
    found = _translated(check, lambda name: sources.get(name, name))
    return None if found is None else SuiteRule(found[0], found[1], {"dambo": check.rule.name}, check.rule.severity)


def _renamed(kwargs: Mapping[str, Any], sources: Mapping[str, str]) -> dict[str, Any]:
    found = dict(kwargs)
    for key in _COLUMN:
        if isinstance(found.get(key), str):
            found[key] = sources.get(found[key], found[key])
    for key in ("column_list", "column_set"):
        if isinstance(found.get(key), list):
            found[key] = [sources.get(c, c) for c in found[key]]
    return found


def _translated(check: Check, source: Any) -> tuple[str, dict[str, Any]] | None:
    """Derived rules and library metrics that an expectation can say."""
    if isinstance(check, RowCount):
        return _row_count(check.target)
    if isinstance(check, DuplicateValues):
        names = [source(col.name) for col in check.key]
        if check.target != NONE:
            return None
        if len(names) == 1:
            return "expect_column_values_to_be_unique", {"column": names[0]}
        return "expect_compound_columns_to_be_unique", {"column_list": names, "ignore_row_if": "any_value_is_missing"}
    return _of_row_rule(check, source(check.column.name)) if isinstance(check, RowRule) else None


def _row_count(target: Target) -> tuple[str, dict[str, Any]] | None:
    low, high = target.values[0], target.values[-1]
    between = "expect_table_row_count_to_be_between"
    match target.op:
        case "=":
            return "expect_table_row_count_to_equal", {"value": _number(low)}
        case ">=" | ">":
            return between, {"min_value": _number(low), "strict_min": target.op == ">"}
        case "<=" | "<":
            return between, {"max_value": _number(high), "strict_max": target.op == "<"}
        case "between":
            return between, {"min_value": _number(low), "max_value": _number(high)}
    return None


def _of_row_rule(check: RowRule, column: str) -> tuple[str, dict[str, Any]] | None:
    predicate, here = check.predicate, {"column": column}
    if isinstance(check, NullValues):
        mostly = _mostly(check)
        return None if mostly is None else ("expect_column_values_to_not_be_null", here | mostly)
    if check.target != NONE:
        return None
    match predicate:
        case Outside(op, bound):
            key, strict = ("min_value", "strict_min") if op[0] == ">" else ("max_value", "strict_max")
            value = bound if isinstance(bound, str) else _number(bound)
            return "expect_column_values_to_be_between", {**here, key: value, strict: len(op) == 1}
        case Length(least, most):
            limits = {"min_value": least, "max_value": most}
            given = {key: value for key, value in limits.items() if value is not None}
            return "expect_column_value_lengths_to_be_between", here | given
        case NotMatching(pattern):
            return "expect_column_values_to_match_regex", {**here, "regex": pattern}
        case NotInSet(values) if check.column.type == "string":
            return "expect_column_values_to_be_in_set", {**here, "value_set": list(values)}
    return None


def _mostly(check: RowRule) -> dict[str, Any] | None:
    if check.target == NONE:
        return {}
    if check.unit == "percent" and check.target.op == "<=":
        return {"mostly": float(1 - check.target.values[0] / 100)}
    return None


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
