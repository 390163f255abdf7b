"""One mistake each, and what lint says about it: nothing but that mistake, at its line and path, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from include.cli.contract import reader_options, rendered
from include.contracts import lint

HERE = Path(__file__).parent / "contract_lint"
BASE = (HERE / "base.odcs.yaml").read_text("utf-8")


def gx(implementation: str) -> tuple[str, str]:
    """A rule of Great Expectations before the others."""
    rule = f"      - {{id: gx, type: custom, engine: greatExpectations, implementation: {implementation}}}\n"
    return ("      - {metric: rowCount,", f"{rule}      - {{metric: rowCount,")


CASES: dict[str, tuple[str, str]] = {
    # YAML
    "yaml-syntax": ("version: 1.0.0", "version: 1.0.0: x"),
    "yaml-duplicate-key": ("status: active", "id: 1-014-046-NL"),
    "yaml-alias": ("status: active", "status: &s active"),
    "yaml-tag": ("status: active", "status: !!python/name:os.system"),
    "yaml-nan": ("maximum: 1}", "maximum: .nan}"),
    # the standard
    "odcs-version-unknown": ("apiVersion: v3.1.0", "apiVersion: v3.0.2"),
    "odcs-kind": ("kind: DataContract", "kind: Contract"),
    "odcs-id-missing": ("id: 1-014-046-NL\n", ""),
    "odcs-unknown-key": ("status: active", "statsu: active"),
    "odcs-unknown-key-of-property": ("logicalType: string, primaryKey: true", "logicalType: string, primarykey: true"),
    "odcs-unknown-logical-type": ("{name: rater_a, logicalType: string}", "{name: rater_a, logicalType: text}"),
    "odcs-logical-type-missing": ("{name: rater_a, logicalType: string}", "{name: rater_a}"),
    "odcs-option-of-another-type": ("minLength: 1, maxLength: 200", "minLength: 1, maximum: 200"),
    "odcs-required-not-boolean": ("required: true, logicalTypeOptions", 'required: "yes", logicalTypeOptions'),
    "odcs-version-not-text": ("version: 1.0.0", "version: 1.0"),
    "odcs-unknown-metric": ("metric: rowCount", "metric: rowCuont"),
    "odcs-unknown-operator": ("metric: rowCount, mustBeGreaterOrEqualTo", "metric: rowCount, mustBeGreaterOrEqual"),
    "odcs-two-operators": ("mustBeGreaterOrEqualTo: 3000", "mustBeGreaterOrEqualTo: 3000, mustBe: 3000"),
    "odcs-no-operator": ("metric: rowCount, mustBeGreaterOrEqualTo: 3000", "metric: rowCount"),
    "odcs-operator-not-number": ("mustBeGreaterOrEqualTo: 3000", 'mustBeGreaterOrEqualTo: "3000"'),
    "odcs-between-one-bound": ("mustBeGreaterOrEqualTo: 3000", "mustBeBetween: [3000]"),
    "odcs-unknown-type": ("- {metric: rowCount", "- {type: libary, metric: rowCount"),
    "odcs-operator-beside-engine": ("severity: error", "mustBe: 0"),
    "odcs-korean-id": ("id: agreement", "id: 일치도"),
    "odcs-enum-too-new": ("{name: rater_a, logicalType: string}", "{name: rater_a, logicalType: string, enum: [{value: x}]}"),
    # ours, the schema part
    "no-schema-object": (BASE[BASE.index("schema:") : BASE.index("customProperties:")], "schema: []\n"),
    "object-without-files": ('    physicalName: "records/*.csv"\n', ""),
    "object-format-unknown": ("physicalType: csv", "physicalType: ods"),
    "object-glob-absolute": ('"records/*.csv"', '"/records/*.csv"'),
    "object-glob-stars": ('"records/*.csv"', '"records/**.csv"'),
    "object-name-reserved": ("- name: records", "- name: annotations"),
    "object-reader-unknown-option": ("    properties:\n", "    customProperties: [{property: reader, value: {delimeter: ';'}}]\n    properties:\n"),
    "object-columns-misspelt": ("    properties:\n", "    customProperties: [{property: columns, value: {extra: refused}}]\n    properties:\n"),
    "property-korean-name": ("name: sentence, physicalName: 문장", "name: 문장"),
    "property-twice": ("{name: rater_b, logicalType: string}", "{name: rater_b, logicalType: string}\n      - {name: rater_a, logicalType: string}"),
    "property-nested-in-csv": ("{name: rater_b, logicalType: string}", "{name: o, logicalType: object, properties: [{name: p, logicalType: string}]}, {name: rater_b, logicalType: string}".replace("}, {", "}\n      - {")),
    "property-array-items": ("{name: rater_b, logicalType: string}", "{name: rater_b, logicalType: string}\n      - {name: l, logicalType: array, items: {logicalType: string}}"),
    "property-date-format": ("format: yyyy-MM-dd", "format: yyyy-QQ"),
    "property-bound-not-date": ('minimum: "2026-01-01"', "minimum: next year"),
    "property-lengths-contradict": ("minLength: 1, maxLength: 200", "minLength: 201, maxLength: 200"),
    "property-pattern-not-re2": ("minLength: 1, maxLength: 200", 'pattern: "(?=x)"'),
    "contract-id-with-slash": ("id: 1-014-046-NL", "id: ../1-014-046-NL"),
    "contract-relationships": ("    properties:\n", "    relationships: [{from: records.guid, to: records.guid}]\n    properties:\n"),
    "custom-misspelt": ("property: programme", "property: program"),
    "custom-unknown": ("customProperties:\n", "customProperties:\n  - {property: colour, value: red}\n"),
    "closed-not-boolean": ("customProperties:\n", "customProperties:\n  - {property: closed, value: 'yes'}\n"),
    "programme-unknown": ("value: ai-data-processing-voucher", "value: ai-data-procesing-voucher"),
    "programme-missing": ("customProperties:\n  - {property: programme, value: ai-data-processing-voucher}\n", ""),
    # ours, the quality rules
    "rule-unknown-severity": ("severity: error", "severity: critical"),
    "rule-unknown-unit": ("unit: percent", "unit: percentage"),
    "rule-unit-of-row-count": ("mustBeGreaterOrEqualTo: 3000", "unit: percent, mustBeGreaterOrEqualTo: 30"),
    "rule-unit-of-own-check": ("severity: error", "unit: percent"),
    "rule-metric-on-object": ("metric: rowCount, mustBeGreaterOrEqualTo: 3000", "metric: nullValues, mustBe: 0"),
    "rule-metric-on-property": ("{id: nulls, metric: nullValues, unit: percent, mustBeLessOrEqualTo: 0.5}", "{id: nulls, metric: rowCount, mustBe: 5}"),
    "rule-metric-without-arguments": (", arguments: {validValues: [question, command, chat]}, mustBe: 0", ", mustBe: 0"),
    "rule-metric-argument-unknown": ("validValues: [question", "validvalues: [question"),
    "rule-metric-property-unknown": ("properties: [guid, day]", "properties: [guid, dya]"),
    "rule-without-metric": ("{metric: rowCount, mustBeGreaterOrEqualTo: 3000}", "{mustBeGreaterOrEqualTo: 3000}"),
    "rule-sql": ("{metric: rowCount, mustBeGreaterOrEqualTo: 3000}", "{type: sql, query: SELECT 1, mustBe: 1}"),
    "rule-text": ("      - {metric: rowCount,", "      - {id: tone, type: text, description: 존댓말을 쓴다}\n      - {metric: rowCount,"),
    "rule-engine-of-another-name": ("engine: dambo\n        severity", "engine: gx\n        severity"),
    "rule-expectation-without-type": gx("{kwargs: {column: guid}}"),
    "rule-expectation-column-unknown": gx("{type: expect_column_values_to_be_unique, kwargs: {column: gude}}"),
    "rule-expectation-kwarg-unknown": gx("{type: expect_column_values_to_match_regex, kwargs: {column: guid, pattern: a}}"),
    "rule-expectation-row-condition": gx("{type: expect_column_values_to_be_unique, kwargs: {column: guid, row_condition: 'a == 1'}}"),
    "rule-expectation-bounds": gx("{type: expect_table_row_count_to_be_between, kwargs: {min_value: 9, max_value: 3}}"),
    "rule-expectation-value-set": gx("{type: expect_column_values_to_be_in_set, kwargs: {column: guid, value_set: [1, 2]}}"),
    "rule-expectation-twice": ("      - {metric: rowCount,", 2 * "      - {type: custom, engine: greatExpectations, implementation: {type: expect_table_row_count_to_equal, kwargs: {value: 3}}}\n" + "      - {metric: rowCount,"),
    "rule-engine-unknown": ("engine: dambo\n        severity", "engine: dambbo\n        severity"),
    "rule-implementation-text": ("implementation: {check: delivered-count, by: label, atLeast: {question: 900, command: 900, chat: 900}}", "implementation: delivered-count"),
    "rule-check-unknown": ("check: label-agreement", "check: label-agrement"),
    "rule-check-missing": ("check: label-agreement, ", ""),
    "rule-check-derived": ("check: label-agreement, raters: [rater_a, rater_b], coefficient: krippendorff-alpha, mustBeGreaterOrEqualTo: 0.8", "check: required"),
    "rule-parameter-unknown": ("coefficient: krippendorff-alpha", "coeficient: krippendorff-alpha"),
    "rule-parameter-value": ("coefficient: krippendorff-alpha", "coefficient: kripendorff-alpha"),
    "rule-parameter-type": ("raters: [rater_a, rater_b]", "raters: rater_a"),
    "rule-agreement-kind-unknown": ("raters: [rater_a, rater_b]", "value: boxes"),
    "rule-agreement-kind-of-a-table": ("raters: [rater_a, rater_b], coefficient: krippendorff-alpha", "value: box, coefficient: f1"),
    "rule-agreement-coefficient-of-media": ("coefficient: krippendorff-alpha, mustBeG", "coefficient: cer, mustBeG"),
    "rule-agreement-iou-of-columns": ("coefficient: krippendorff-alpha, mustBeG", "coefficient: krippendorff-alpha, iou: 0.5, mustBeG"),
    "rule-agreement-rater-without-item": ("raters: [rater_a, rater_b]", "rater: rater_a, value: label"),
    "rule-accuracy-gold-of-media": ("check: label-agreement, raters: [rater_a, rater_b], coefficient: krippendorff-alpha", "check: label-accuracy, gold: {object: nowhere}, value: box, measure: map"),
    "rule-accuracy-gold-two-ways": ("check: label-agreement, raters: [rater_a, rater_b], coefficient: krippendorff-alpha", "check: label-accuracy, gold: {object: a, annotator: b}, value: box, measure: map"),
    "rule-accuracy-measure-of-media": ("check: label-agreement, raters: [rater_a, rater_b], coefficient: krippendorff-alpha", "check: label-accuracy, gold: rater_a, label: rater_b, measure: map"),
    "rule-raters-two-ways": ("raters: [rater_a, rater_b]", "raters: [rater_a, rater_b], item: guid, rater: rater_a, value: label"),
    "rule-column-unknown": ("raters: [rater_a, rater_b]", "raters: [rater_a, rater_c]"),
    "rule-own-operator-unknown": ("krippendorff-alpha, mustBeGreaterOrEqualTo", "krippendorff-alpha, mustBeGreaterOrEqual"),
    "rule-own-operator-missing": ("krippendorff-alpha, mustBeGreaterOrEqualTo: 0.8", "krippendorff-alpha"),
    "rule-own-operators-two": ("mustBeGreaterOrEqualTo: 0.8", "mustBeGreaterOrEqualTo: 0.8, mustBe: 1"),
    "rule-shares-not-one": ("chat: 0.34", "chat: 0.33"),
    "rule-quantity-zero": ("chat: 900", "chat: 0"),
    "rule-clash": ("id: nulls, metric: nullValues", "id: required, metric: nullValues"),
    "target-impossible": ("mustBeGreaterOrEqualTo: 0.8", "mustBeGreaterThan: 1"),
    "target-impossible-percent": ("mustBeLessOrEqualTo: 0.5", "mustBeLessThan: 0"),
    "target-impossible-count": ("mustBeGreaterOrEqualTo: 3000", "mustBe: 3000.5"),
    "target-vacuous": ("mustBeGreaterOrEqualTo: 3000", "mustBeGreaterOrEqualTo: 0"),
    "target-reversed": ("mustBeGreaterOrEqualTo: 3000", "mustBeBetween: [4000, 3000]"),
    "floor-alpha": ("mustBeGreaterOrEqualTo: 0.8", "mustBeGreaterOrEqualTo: 0.6"),
    "floor-overlap": ("mustBeGreaterOrEqualTo: 0.9", "mustBeBetween: [0.4, 0.9]"),
    "family-missing": ("severity: error", "severity: warning"),
}  # fmt: skip

MEDIA = (HERE / "media.odcs.yaml").read_text("utf-8")

MEDIA_CASES: dict[str, tuple[str, str]] = {
    "media-pairing-rule": ("rule: ai-hub", "rule: aihub"),
    "media-pairing-option": ("rule: ai-hub", "rule: ai-hub, form: TL"),
    "media-pairing-half": ("rule: ai-hub", "rule: path, from: labels"),
    "media-pairing-moves-nothing": ("rule: ai-hub", "rule: stem, from: labels, to: images"),
    "media-pairing-items-unknown": ("rule: ai-hub", "rule: ai-hub, items: photos"),
    "media-pairing-without-rule": ("{rule: ai-hub}", "{}"),
    "media-pairing-of-many": ("physicalType: voc", "physicalType: coco"),
    "media-labels-unlinked": ("    relationships: [{from: annotations.item_id, to: items.item_id}]\n", ""),
    "media-pairing-of-items": ("physicalName: \"**/*.jpg\"\n", "physicalName: \"**/*.jpg\"\n    customProperties: [{property: pairing, value: {rule: stem}}]\n"),
    "media-class-not-agreed": ("canker: 3000", "cancer: 3000"),
    "media-class-of-target-not-agreed": ("scab: 0.5}", "scabs: 0.5}"),
    "media-column-of-another-stream": ("column: aspect", "column: brightness"),
    "media-property-of-another-stream": ("{name: width, logicalType: integer", "{name: label, logicalType: string}\n      - {name: width, logicalType: integer"),
    "media-validity-option": ("classes: [canker", "clases: [canker"),
    "media-validity-keypoints": ("keypoints: {count: 17}", "keypoints: {count: 0}"),
    "media-validity-measure": ("measure: objects", "measure: labels"),
    "media-validity-items-unknown": ("measure: objects", "measure: objects, items: photos"),
    "media-validity-of-items": ("    physicalName: \"**/*.jpg\"\n", "    physicalName: \"**/*.jpg\"\n    quality: [{type: custom, engine: dambo, implementation: {check: label-validity}}]\n"),
    "media-bins-and-shares": ("shares: [0.5, 0.5]", "shares: [0.5, 0.25, 0.25]"),
    "media-edges-descend": ("edges: [1]", "edges: [1, 1]"),
    "media-unit-unknown": ("unit: items", "unit: images"),
    "media-item-of-objects": ("unit: items", "item: object_id"),
}  # fmt: skip


def changed(base: str, old: str, new: str) -> str:
    assert base.count(old) >= 1, old
    return base.replace(old, new, 1)


def shown(base: str, text: str) -> str:
    """The change as a diff, then lint's words in English and Korean."""
    before, after = base.splitlines(), text.splitlines()
    lines = [f"- {line.strip()}" for line in before if line not in after]
    lines += [f"+ {line.strip()}" for line in after if line not in before]
    problems = lint(text.encode(), readers=reader_options())
    lines += ["", *rendered("contract.yaml", problems, ko=False)]
    lines += ["", *rendered("contract.yaml", problems, ko=True)]
    return "\n".join(lines) + "\n"


def test_the_base_is_right() -> None:
    assert lint(BASE.encode(), readers=reader_options()) == []
    assert lint(MEDIA.encode(), readers=reader_options()) == []


@pytest.mark.parametrize("name", sorted(CASES | MEDIA_CASES))
def test_lint_says(name: str, golden: Callable[[Path, str], None]) -> None:
    base = BASE if name in CASES else MEDIA
    text = changed(base, *(CASES | MEDIA_CASES)[name])
    assert lint(text.encode(), readers=reader_options())
    golden(HERE / f"{name}.txt", shown(base, text))


def test_no_golden_is_left_over() -> None:
    assert {path.stem for path in HERE.glob("*.txt")} == set(CASES | MEDIA_CASES)
