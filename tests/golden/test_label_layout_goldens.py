"""Mistakes in how a contract describes label files, one each, and what lint says; the base is the example of the docs page."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from test_contract_lint_goldens import changed, shown

from include.cli.contract import reader_options
from include.contracts import lint

HERE = Path(__file__).parent / "label_layouts"
PAGE = (Path(__file__).parents[2] / "docs/reference/label-formats.md").read_text("utf-8")
(BASE,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)

CASES: dict[str, tuple[str, str]] = {
    "option-unknown": ("          objects: /learning", "          object: /learning"),
    "pointer-without-slash": ("label: /class_id", "label: class_id"),
    "form-unknown": ("form: xywh", "form: xyhw"),
    "geometry-without-form": ("{pointer: /bounding_box, form: xywh}", "{pointer: /bounding_box}"),
    "optional-unknown": ("optional: [annotator]", "optional: [rater]"),
    "numbers-unknown": ("          label: /class_id", "          numbers: string\n          label: /class_id"),
    "path-without-place": ('"{split}/**"', '"Training/**"'),
    "schema-is-a-path": ("schema: {type: object,", "schema: labels.schema.json #"),
    "schema-type-unknown": ("schema: {type: object,", "schema: {type: objct,"),
    "schema-refers-outside": ("schema: {type: object,", 'schema: {$ref: "https://example.org/labels.json", type: object,'),
    "schema-refers-nowhere": ("schema: {type: object,", 'schema: {properties: {a: {$ref: "#/$defs/box"}}, type: object,'),
    "schema-of-another-dialect": ("schema: {type: object,", 'schema: {$schema: "http://json-schema.org/draft-07/schema#", type: object,'),
}  # fmt: skip


def test_the_base_is_right() -> None:
    assert lint(BASE.encode(), readers=reader_options()) == []
    local = BASE.replace(
        "schema: {type: object,",
        'schema: {$defs: {b: {minimum: 0.5}}, properties: {a: {$ref: "#/$defs/b"}}, type: object,',
    )
    assert lint(local.encode(), readers=reader_options()) == []


@pytest.mark.parametrize("name", sorted(CASES))
def test_lint_says(name: str, golden: Callable[[Path, str], None]) -> None:
    text = changed(BASE, *CASES[name])
    assert lint(text.encode(), readers=reader_options())
    golden(HERE / f"{name}.txt", shown(BASE, text))


def test_no_golden_is_left_over() -> None:
    assert {path.stem for path in HERE.glob("*.txt")} == set(CASES)
