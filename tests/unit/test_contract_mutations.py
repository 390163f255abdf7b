"""Whatever a contract has become, lint answers with problems: it never crashes, and load agrees with it."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from include.contracts import InvalidContractError, lint, load

BASE: dict[str, Any] = YAML(typ="safe", pure=True).load("""\
apiVersion: v3.2.0
kind: DataContract
id: 1-014-046-NL
name: x
version: 1.0.0
schema:
  - name: records
    physicalType: json
    physicalName: "*.json"
    customProperties: [{property: reader, value: {}}, {property: columns, value: {extra: refuse, order: true}}]
    properties:
      - {name: guid, logicalType: string, primaryKey: true, primaryKeyPosition: 1, logicalTypeOptions: {minLength: 1, pattern: x}}
      - {name: n, logicalType: number, unique: true, logicalTypeOptions: {minimum: 0, maximum: 1, multipleOf: 1}}
      - {name: d, logicalType: date, logicalTypeOptions: {format: yyyy-MM-dd, minimum: "2026-01-01"}}
      - {name: o, logicalType: object, physicalName: /o, properties: [{name: p, logicalType: string, enum: [{value: a}]}]}
      - name: l
        logicalType: string
        required: true
        quality:
          - {metric: invalidValues, arguments: {validValues: [a, b], pattern: a}, mustBe: 0, severity: warning}
          - {metric: nullValues, unit: percent, mustBeBetween: [0, 1]}
          - {metric: missingValues, arguments: {missingValues: ["", N]}, mustBe: 0}
    quality:
      - {metric: rowCount, mustBe: 3}
      - {metric: duplicateValues, arguments: {properties: [guid]}, mustBe: 0}
      - {type: text, description: y}
      - {id: agreement, type: custom, engine: dambo, implementation: {check: label-agreement, raters: [guid, l], coefficient: krippendorff-alpha, level: nominal, where: {l: [a]}, by: n, mustBeGreaterOrEqualTo: 1}}
      - {id: accuracy, type: custom, engine: dambo, implementation: {check: label-accuracy, gold: guid, label: l, measure: accuracy, mustBeGreaterOrEqualTo: 1}}
      - {id: balance, type: custom, engine: dambo, implementation: {check: class-balance, column: l, target: {a: 1, b: 0}, measure: overlap, mustBeGreaterOrEqualTo: 1}}
      - {id: count, type: custom, engine: dambo, implementation: {check: delivered-count, by: l, atLeast: {a: 1}}}
customProperties:
  - {property: programme, value: ai-data-processing-voucher}
  - {property: closed, value: true}
""")

WORDS = [
    "",
    "a",
    "l",
    "guid",
    "records",
    "delivery",
    "items",
    "/x",
    "~2",
    "[",
    "string",
    "object",
    "date",
    "map",
    "custom",
]
WORDS += [
    "sql",
    "dambo",
    "label-agreement",
    "class-balance",
    "fleiss-kappa",
    "ordinal",
    "percent",
    "warning",
    "csv",
    "**",
    "한글",
]
KEYS = [
    "mustBe",
    "mustBeBetween",
    "properties",
    "items",
    "quality",
    "raters",
    "target",
    "where",
    "by",
    "enum",
    "unit",
    "zzz",
    "map",
]

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 5),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e9, max_value=1e9),
    st.sampled_from(WORDS),
    st.text(max_size=8),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*KEYS, *WORDS]), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(p for key, inner in pairs for p in places(inner, (*path, key)))]


def holder(value: Any, path: tuple[Any, ...]) -> Any:
    for part in path[:-1]:
        value = value[part]
    return value


@st.composite
def mutants(draw: st.DrawFn) -> dict[str, Any]:
    """The base with up to three of its parts replaced, removed, renamed, doubled, or moved elsewhere."""
    value = copy.deepcopy(BASE)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from([p for p in places(value) if p]))
        inside = holder(value, path)
        match draw(st.sampled_from(["replace", "remove", "rename", "double", "move"])):
            case "replace":
                inside[path[-1]] = draw(values)
            case "remove":
                del inside[path[-1]]
            case "rename" if isinstance(inside, dict):
                inside[draw(st.sampled_from(KEYS))] = inside.pop(path[-1])
            case "double" if isinstance(inside, list):
                inside.append(copy.deepcopy(inside[path[-1]]))
            case _:
                inside[path[-1]] = copy.deepcopy(
                    holder(BASE, other := draw(st.sampled_from(places(BASE)[1:])))[other[-1]]
                )
    return value


def agrees(data: bytes) -> None:
    problems = lint(data)
    assert all(p.line >= 1 and p.message_en and p.message_ko for p in problems)
    if any(p.level == "error" for p in problems):
        with pytest.raises(InvalidContractError) as raised:
            load(data)
        assert list(raised.value.problems) == problems
    else:
        found = load(data)
        names = [check.rule.name for check in found.checks]
        assert len(names) == len(set(names))
        assert any(check.rule.blocking for check in found.checks)
        assert found.objects


def test_the_base_is_right() -> None:
    assert [p.code for p in lint(json.dumps(BASE).encode()) if p.level == "error"] == []


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(mutants())
def test_no_mutation_crashes_lint(value: dict[str, Any]) -> None:
    agrees(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=60), st.integers(0, 3000), st.integers(0, 12))
def test_no_bytes_crash_lint(noise: bytes, start: int, removed: int) -> None:
    data = json.dumps(BASE, indent=1).encode()
    agrees(data[:start] + noise + data[start + removed :])


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(values)
def test_no_document_crashes_lint(value: Any) -> None:
    agrees(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))
