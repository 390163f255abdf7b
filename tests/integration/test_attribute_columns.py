"""Attributes that the contract declares are columns: typed, in rules, as groups; from any label format."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from include.assessment import Source, assess
from include.contracts import lint, load
from include.deliveries.progress import silent
from include.settings import Settings

CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: 1-014-046-CV
version: 1.0.0
status: active
name: weather
customProperties: [{property: programme, value: ai-data-processing-voucher}]
schema:
  - name: annotations
    physicalType: aihub
    physicalName: "*.json"
    properties:
      - name: attributes
        logicalType: object
        properties:
          - {name: weather, logicalType: string, required: true, quality: [{metric: invalidValues, arguments: {validValues: [맑음, 흐림]}, mustBe: 0}]}
          - {name: score, physicalName: /attributes/more/score, logicalType: number, logicalTypeOptions: {maximum: 1}}
    customProperties:
      - {property: reader, value: {item: /id, objects: /objects, label: /class, attributes: /about}}
    quality:
      - id: balance
        type: custom
        engine: dambo
        implementation: {check: class-balance, column: label, by: attributes.weather, target: {a: 0.5, b: 0.5}, measure: overlap, mustBeGreaterOrEqualTo: 0.6}
"""


def rows(home: Path, scratch: Path, abouts: list[dict]) -> dict[str, dict]:
    home.mkdir()
    for i, about in enumerate(abouts):
        document = {"id": f"i{i}", "objects": [{"class": name, "about": about} for name in "ab"]}
        (home / f"{i}.json").write_text(json.dumps(document, ensure_ascii=False))
    found = assess(Source(home.as_uri()), CONTRACT.encode(), Settings(scratch=scratch, jobs=1), silent)
    return {row["rule"]: row for row in json.loads(found.report.data)["checks"]}


def test_the_contract_makes_columns_of_them() -> None:
    (spec,) = load(CONTRACT.encode()).objects
    assert [(c.col.name, c.source) for c in spec.columns[-2:]] == [
        ("attributes.weather", "/attributes/weather"),
        ("attributes.score", "/attributes/more/score"),
    ]
    assert "attributes" in {c.col.name for c in spec.columns}


def test_rules_and_groups_work_on_them(tmp_path: Path) -> None:
    right = [{"weather": "맑음", "more": {"score": 0.5}}] * 3 + [{"weather": "흐림"}] * 3
    found = rows(tmp_path / "right", tmp_path / "s", right)
    assert {name for name, row in found.items() if row["verdict"] != "PASS"} == set()
    split = next(t["rows"] for t in found["annotations.balance"]["detail"] if t["name"] == "split")
    assert [row[:2] for row in split] == [["맑음", 6], ["흐림", 6], ["(all)", 12]]


def test_what_is_wrong_with_them_is_found(tmp_path: Path) -> None:
    wrong = [{"weather": "맑음", "more": {"score": 2}}, {"weather": "눈"}, {"weather": 3}, {"more": {"score": "1"}}, {}]
    found = rows(tmp_path / "wrong", tmp_path / "s", wrong)
    counts = {name: row["failures"]["count"] for name, row in found.items() if row["failures"]["count"]}
    assert counts == {
        "annotations.attributes.weather.required": 4,
        "annotations.attributes.weather.type": 2,
        "annotations.attributes.weather.invalidValues": 2,
        "annotations.attributes.score.type": 2,
        "annotations.attributes.score.maximum": 2,
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("attributes.weather,", "attributes.wheather,"),
        ("name: attributes\n", "name: atributes\n"),
        ("/attributes/more", "/more"),
    ],
)
def test_lint_refuses(old: str, new: str) -> None:
    assert old in CONTRACT
    assert [p.code for p in lint(CONTRACT.replace(old, new).encode()) if p.level == "error"][:1] == ["misdeclared"]
