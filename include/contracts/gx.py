"""A contract skeleton from a suite of Great Expectations: its expectations as rules, its columns with guessed types.

What only people can say (files, types, programme) is marked in comments, for a person to edit; lint then holds it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from checks.expectations.suite import Suite, SuiteRule, columns_of
from include.contracts.infer import ascii_name, identity, scalar

MARK = "# 확인 | check:"

TYPES: Mapping[str, str] = {
    "int": "integer",
    "float": "number",
    "double": "number",
    "decimal": "number",
    "bool": "boolean",
    "str": "string",
    "object": "string",
    "datetime": "timestamp",
    "timestamp": "timestamp",
    "date": "date",
}
"""Beginnings of GX's type names and logical types; the first that fits."""

NUMBERS = frozenset({"sum", "mean", "stdev", "median", "quantile"})


def skeleton(suite: Suite, *, programme: str, glob: str, form: str) -> str:
    """The YAML text of a contract that holds the suite's expectations on one object of files `glob`."""
    lines = [
        "# dambo contract from-gx: 사람이 고쳐야 계약이 됩니다.",
        "# A skeleton from a suite of Great Expectations; it becomes a contract when a person has edited it.",
        "apiVersion: v3.1.0",
        "kind: DataContract",
        f"id: {scalar(identity(suite.name))}",
        f"name: {scalar(suite.name)}",
        "version: 0.1.0",
        "status: draft",
        "customProperties:",
        f"  - {{property: programme, value: {scalar(programme)}}}",
        "schema:",
        "  - name: records",
        f"    {MARK} 파일과 형식 | files and format",
        f"    physicalType: {form}",
        f"    physicalName: {scalar(glob)}",
        *(f"    {line}" for line in _properties(suite)),
        "    quality:",
        *(f"      {line}" for line in _rules(suite)),
    ]
    return "\n".join(lines) + "\n"


def _properties(suite: Suite) -> Iterator[str]:
    names: set[str] = set()
    columns = suite.columns()
    if columns:
        yield "properties:"
        yield f"  {MARK} 자료형 | logical types"
    for number, column in enumerate(columns, 1):
        name = ascii_name(column, f"column_{number}", names)
        source = "" if name == column else f"physicalName: {scalar(column)}, "
        yield f"  - {{name: {scalar(name)}, {source}logicalType: {_logical(suite, column)}}}"


def _logical(suite: Suite, column: str) -> str:
    """The type that the suite says, else the kind of values that it compares with, else string."""
    about = [rule for rule in suite.rules if column in columns_of(rule)]
    named = [str(t).lower() for rule in about for t in _type_names(rule)]
    for name in named:
        for word, logical in TYPES.items():
            if name.startswith(word):
                return logical
    values = [v for rule in about for v in _values(rule, column)]
    if values and all(isinstance(v, bool) for v in values):
        return "boolean"
    if any(_numeric(rule) for rule in about) or (values and all(isinstance(v, int | float) for v in values)):
        return "integer" if values and all(isinstance(v, int) for v in values) and not _fraction(about) else "number"
    return "string"


def _type_names(rule: SuiteRule) -> list[Any]:
    if "type_list" in rule.kwargs:
        return list(rule.kwargs["type_list"])
    return [rule.kwargs["type_"]] if "type_" in rule.kwargs else []


def _values(rule: SuiteRule, column: str) -> list[Any]:
    """Values of the column itself that an expectation names."""
    if rule.type.startswith("expect_column_value_lengths"):
        return []
    if "value_pairs_set" in rule.kwargs:
        place = 0 if rule.kwargs.get("column_A") == column else 1
        return [p[place] for p in rule.kwargs["value_pairs_set"] if p[place] is not None]
    own = rule.type == "expect_column_values_to_be_between" or "_min_to_" in rule.type or "_max_to_" in rule.type
    found = [rule.kwargs[key] for key in ("min_value", "max_value") if own and key in rule.kwargs]
    values = rule.kwargs.get("value_set")
    return found + (list(values) if isinstance(values, list) else [])


def _numeric(rule: SuiteRule) -> bool:
    """Is it about numbers only?"""
    return bool(set(rule.type.split("_")) & NUMBERS) or rule.type == "expect_multicolumn_sum_to_equal"


def _fraction(rules: list[SuiteRule]) -> bool:
    return any(isinstance(v, float) for rule in rules for v in rule.kwargs.values() if not isinstance(v, bool))


def _rules(suite: Suite) -> Iterator[str]:
    seen: dict[tuple[str, object], int] = {}
    for rule in suite.rules:
        key = (rule.type, rule.kwargs.get("column"))
        seen[key] = seen.get(key, 0) + 1
        if seen[key] > 1:
            yield f"- id: {rule.type}-{seen[key]}"
            yield "  type: custom"
        else:
            yield "- type: custom"
        yield "  engine: greatExpectations"
        if rule.severity != "error":
            yield f"  severity: {rule.severity}"
        written: dict[str, Any] = {"type": rule.type, "kwargs": dict(rule.kwargs)}
        if rule.meta:
            written["meta"] = dict(rule.meta)
        yield f"  implementation: {json.dumps(written, ensure_ascii=False)}"
