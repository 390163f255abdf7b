"""From a document to checks: names, order, severities, targets, columns, objects."""

from __future__ import annotations

import hashlib
import pickle
from decimal import Decimal
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from checks.catalogue import CATALOGUE
from checks.columns import Col
from checks.kernel import Target
from include.contracts import Contract, InvalidContractError, contract_schema, lint, load
from include.contracts.targets import OPERATORS
from include.contracts.texts import TEXTS
from include.contracts.vocabulary import FORMATS

KLUE = """\
apiVersion: v3.1.0
kind: DataContract
id: 1-014-046-NL                       # task id d-ddd-ddd-XX
name: 자연어추론 검증셋
version: 1.0.0
status: active
schema:
  - name: records
    physicalType: json
    physicalName: "*.json"
    properties:
      - {name: guid, logicalType: string, required: true, unique: true}
      - {name: premise, logicalType: string, required: true, logicalTypeOptions: {minLength: 1}}
      - name: gold_label
        logicalType: string
        required: true
        quality:
          - {metric: invalidValues, arguments: {validValues: [entailment, neutral, contradiction]}, mustBe: 0}
      - {name: author, logicalType: string}
      - {name: label2, logicalType: string}
      - {name: label3, logicalType: string}
      - {name: label4, logicalType: string}
      - {name: label5, logicalType: string}
    quality:
      - {metric: rowCount, mustBe: 3000}
      - id: label-agreement
        type: custom
        engine: dambo
        severity: error
        implementation: {check: label-agreement, raters: [author, label2, label3, label4, label5], level: nominal, coefficient: krippendorff-alpha, mustBeGreaterOrEqualTo: 0.8}
      - id: class-balance
        type: custom
        engine: dambo
        implementation: {check: class-balance, column: gold_label, target: {entailment: 0.33, neutral: 0.33, contradiction: 0.34}, measure: overlap, mustBeGreaterOrEqualTo: 0.9}
customProperties:
  - {property: programme, value: ai-data-processing-voucher}
"""


PROGRAMME = "customProperties: [{property: programme, value: ai-data-processing-voucher}]"


def contract(properties: str = "", quality: str = "", custom: str = "", **keys: str) -> bytes:
    """A small contract of one object `r`; arguments are YAML lines."""
    head = {"apiVersion": "v3.2.0", "kind": "DataContract", "id": "c-1", "version": "1.0.0", **keys}
    form = head.pop("format", "json")
    lines = [f"{key}: {value}" for key, value in head.items()]
    lines.append(PROGRAMME)
    lines += ["schema:", "  - name: r", f"    physicalType: {form}", '    physicalName: "**/*.json"']
    lines += [
        "    properties:",
        *(f"      {line}" for line in (properties or "- {name: a, logicalType: string}").split("\n")),
    ]
    lines += ["    quality:", *(f"      {line}" for line in quality.split("\n"))] if quality else []
    lines += ["    customProperties:", *(f"      {line}" for line in custom.split("\n"))] if custom else []
    return "\n".join(lines).encode()


def errors(data: bytes) -> list[tuple[str, str]]:
    return [(p.path, p.code) for p in lint(data) if p.level == "error"]


def rules(found: Contract) -> dict[str, Any]:
    return {check.rule.name: check for check in found.checks}


def test_the_contract_of_the_handbook() -> None:
    data = KLUE.encode()
    assert lint(data) == []
    found = load(data)
    assert (found.id, found.version, found.name) == ("1-014-046-NL", "1.0.0", "자연어추론 검증셋")
    assert found.digest == hashlib.sha256(data).hexdigest()
    assert found.programme == "ai-data-processing-voucher"
    assert found.closed is False
    assert found.not_checked == ()
    assert [check.rule.name for check in found.checks] == [
        "delivery.files",
        "delivery.unclaimed",
        "records.readable",
        "records.columns",
        "records.guid.type",
        "records.guid.required",
        "records.guid.unique",
        "records.premise.type",
        "records.premise.required",
        "records.premise.minLength",
        "records.gold_label.type",
        "records.gold_label.required",
        "records.gold_label.invalidValues",
        "records.author.type",
        "records.label2.type",
        "records.label3.type",
        "records.label4.type",
        "records.label5.type",
        "records.rowCount",
        "records.label-agreement",
        "records.class-balance",
    ]
    assert [check.rule.name for check in found.checks if not check.rule.blocking] == ["delivery.unclaimed"]
    assert rules(found)["records.label-agreement"].target == Target(">=", (Decimal("0.8"),))
    assert rules(found)["records.rowCount"].rule.id == "rowCount"
    (records,) = found.objects
    assert (records.name, records.format, records.glob, records.reader) == ("records", "json", "*.json", {})
    assert [c.source for c in records.columns][:3] == ["guid", "premise", "gold_label"]
    assert [c.required for c in records.columns] == [True, True, True, False, False, False, False, False]


@pytest.mark.parametrize("word", sorted(OPERATORS))
@pytest.mark.parametrize("unit", ["rows", "percent"])
def test_every_operator_in_both_units_is_exact(word: str, unit: str) -> None:
    given = "[0.1, 12.30]" if "Between" in word else "3"
    quality = f"- {{metric: nullValues, unit: {unit}, {word}: {given}}}"
    check = rules(load(contract(f"- name: a\n  logicalType: string\n  quality:\n    {quality}")))["r.a.nullValues"]
    values = (Decimal("0.1"), Decimal("12.30")) if "Between" in word else (Decimal(3),)
    assert check.target == Target(OPERATORS[word], values)
    assert [str(v) for v in check.target.values] == [str(v) for v in values]
    assert check.unit == unit


def test_a_target_is_never_a_float() -> None:
    check = rules(
        load(
            contract(
                quality="- {id: k, metric: duplicateValues, unit: percent, arguments: {properties: [a]}, mustBeLessThan: 0.1}"
            )
        )
    )["r.k"]
    (value,) = check.target.values
    assert type(value) is Decimal
    assert str(value) == "0.1"


def test_options_become_rules_by_their_own_word() -> None:
    properties = """\
- {name: s, logicalType: string, logicalTypeOptions: {minLength: 1, maxLength: 9, pattern: "^a", format: email}}
- {name: n, logicalType: number, logicalTypeOptions: {minimum: 0, exclusiveMaximum: 1.50, multipleOf: 0.1}}
- {name: i, logicalType: integer, logicalTypeOptions: {exclusiveMinimum: 0, maximum: 9}, enum: [{value: 1}, {value: 2}]}
- {name: d, logicalType: date, logicalTypeOptions: {format: yyyyMMdd, minimum: "2026-01-01"}}
- {name: t, logicalType: timestamp}"""
    found = load(contract(properties))
    assert [(c.rule.name, c.id) for c in found.checks][4:] == [
        ("r.s.type", "type"),
        ("r.s.minLength", "min-length"),
        ("r.s.maxLength", "max-length"),
        ("r.s.pattern", "pattern"),
        ("r.s.format", "format"),
        ("r.n.type", "type"),
        ("r.n.minimum", "minimum"),
        ("r.n.exclusiveMaximum", "exclusive-maximum"),
        ("r.n.multipleOf", "multiple-of"),
        ("r.i.type", "type"),
        ("r.i.exclusiveMinimum", "exclusive-minimum"),
        ("r.i.maximum", "maximum"),
        ("r.i.enum", "enum"),
        ("r.d.type", "type"),
        ("r.d.minimum", "minimum"),
        ("r.t.type", "type"),
    ]
    assert found.objects[0].columns[3].col == Col("d", "date", "yyyyMMdd")


def test_a_primary_key_is_unique_together_and_required() -> None:
    properties = """\
- {name: b, logicalType: string, primaryKey: true, primaryKeyPosition: 2}
- {name: a, logicalType: integer, primaryKey: true, primaryKeyPosition: 1}"""
    found = load(contract(properties))
    assert [c.name for c in rules(found)["r.primaryKey"].key] == ["a", "b"]
    assert {"r.a.required", "r.b.required"} <= rules(found).keys()
    assert all(spec.required for spec in found.objects[0].columns)


def test_nested_properties_are_columns_found_by_pointer() -> None:
    properties = """\
- name: info
  physicalName: Source_Data_Info
  logicalType: object
  properties:
    - {name: id, logicalType: string, physicalName: "a/b~c", required: true}
    - name: deep
      logicalType: object
      properties: [{name: x, logicalType: integer}]
- {name: y, logicalType: string, physicalName: /learning_data_info/y}
- {name: korean, logicalType: string, physicalName: 문장}"""
    found = load(contract(properties))
    assert [(c.col.name, c.source) for c in found.objects[0].columns] == [
        ("info", "Source_Data_Info"),
        ("info.id", "/Source_Data_Info/a~1b~0c"),
        ("info.deep", "/Source_Data_Info/deep"),
        ("info.deep.x", "/Source_Data_Info/deep/x"),
        ("y", "/learning_data_info/y"),
        ("korean", "문장"),
    ]
    assert "r.info.deep.x.type" in rules(found)
    assert rules(found)["r.columns"].sources == ("Source_Data_Info", "learning_data_info", "문장")


def test_columns_asks_for_extra_and_order_where_the_contract_does() -> None:
    plain = rules(load(contract()))["r.columns"]
    strict = rules(load(contract(custom="- {property: columns, value: {extra: refuse, order: true}}")))["r.columns"]
    assert (plain.names, plain.extra, plain.order) == (("a",), False, False)
    assert (strict.names, strict.extra, strict.order) == (("a",), True, True)


def test_closed_makes_strangers_block() -> None:
    found = load(
        contract().replace(b"[{property: programme", b"[{property: closed, value: true}, {property: programme")
    )
    assert found.closed
    assert rules(found)["delivery.unclaimed"].rule.severity == "error"


def test_severity_is_the_rules_own() -> None:
    quality = "\n".join(
        f"- {{id: s-{word}, metric: rowCount, severity: {word}, mustBe: 1}}" for word in ("info", "warning", "error")
    )
    found = rules(load(contract(quality=quality)))
    assert [found[f"r.s-{word}"].rule.severity for word in ("info", "warning", "error")] == ["info", "warning", "error"]


def test_words_only_are_not_checked_and_say_so() -> None:
    data = contract(quality="- {id: tone, type: text, description: 존댓말}")
    (left_out,) = load(data).not_checked
    assert (left_out.rule, left_out.reason, left_out.by) == ("r.tone", "존댓말", "contract")


def test_metadata_is_no_rule() -> None:
    quality = "- {metric: rowCount, mustBe: 1, dimension: completeness, businessImpact: operational, description: x, name: y, tags: [z], schedule: 0 20 * * *, scheduler: cron}"
    assert "r.rowCount" in rules(load(contract(quality=quality)))


def test_own_checks_on_a_property_know_their_column() -> None:
    properties = """\
- name: a
  logicalType: string
  quality:
    - {type: custom, engine: dambo, implementation: {check: class-balance, measure: min-class-count, mustBeGreaterOrEqualTo: 10}}"""
    check = rules(load(contract(properties)))["r.a.class-balance"]
    assert check.counts.column.name == "a"


def test_globs_are_nfc() -> None:
    nfd = '"라벨/*.json"'
    data = contract().replace(b'"**/*.json"', nfd.encode())
    assert load(data).objects[0].glob == "라벨/*.json"


def test_a_contract_in_json_is_the_same_contract() -> None:
    import json

    value = YAML(typ="safe", pure=True).load(KLUE)
    found, again = load(KLUE.encode()), load(json.dumps(value, ensure_ascii=True).encode())
    assert again.checks == found.checks
    assert again.objects == found.objects


def test_all_problems_at_once_and_the_error_carries_them() -> None:
    data = KLUE.replace("status: active", "statsu: active").replace("metric: rowCount", "metric: rowCuont")
    data = data.replace("0.34", "0.35").replace("minLength: 1", "minLength: -1").replace('"*.json"', '"../*.json"')
    with pytest.raises(InvalidContractError) as raised:
        load(data.encode())
    assert raised.value.code == "contract-invalid"
    assert [p.line for p in raised.value.problems] == [6, 10, 13, 25, 34]
    assert list(raised.value.problems) == lint(data.encode())
    again = pickle.loads(pickle.dumps(raised.value))
    assert (again.problems, again.code, again.message, again.ko) == (
        raised.value.problems,
        "contract-invalid",
        raised.value.message,
        raised.value.ko,
    )


@pytest.mark.parametrize(
    ("data", "path", "code"),
    [
        (b"", "", "not-a-contract"),
        (b"[]", "", "not-a-contract"),
        (b"x", "", "not-a-contract"),
        (b"{}", "", "missing-key"),
        (contract().replace(PROGRAMME.encode(), b"name: x"), "", "programme-missing"),
        (contract(apiVersion="v9"), "apiVersion", "api-version"),
        (contract(apiVersion="3.1"), "apiVersion", "wrong-type"),
        (contract("- {name: a, logicalType: map}"), "schema[0].properties[0].logicalType", "not-supported"),
        (contract("- {name: a.b, logicalType: string}"), "schema[0].properties[0].name", "bad-name"),
        (contract('- {name: a, logicalType: string, physicalName: "/a~2"}'), "schema[0].properties[0].physicalName", "bad-pointer"),
        (contract("- {name: a, logicalType: integer, logicalTypeOptions: {format: i64}}"), "schema[0].properties[0].logicalTypeOptions.format", "not-supported"),
        (contract("- {name: a, logicalType: array, logicalTypeOptions: {minItems: 1}}"), "schema[0].properties[0].logicalTypeOptions.minItems", "not-supported"),
        (contract("- {name: a, logicalType: string, properties: [{name: b, logicalType: string}]}"), "schema[0].properties[0].properties", "not-allowed-here"),
        (contract(custom="- {property: pairing, value: {rule: ai-hub}}"), "schema[0].customProperties[0].value", "pairing-of-many"),
        (contract(custom="- {property: reader, value: 3}"), "schema[0].customProperties[0].value", "wrong-type"),
        (contract(quality="- {type: text, mustBe: 3}"), "schema[0].quality[0].mustBe", "not-allowed-here"),
        (contract(quality="- {metric: rowCount, mustBe: 1}\n- {metric: rowCount, mustBe: 2}"), "schema[0].quality[1]", "rule-clash"),
        (contract(quality="- {type: text}\n- {type: text}"), "schema[0].quality[1]", "rule-clash"),
    ],
)  # fmt: skip
def test_what_is_refused(data: bytes, path: str, code: str) -> None:
    assert (path, code) in errors(data)


def test_null_is_no_value_of_an_enum() -> None:
    data = contract("- {name: a, logicalType: string, enum: [{value: x}, {value: null}]}")
    assert [problem.code for problem in lint(data)] == ["misdeclared"]


def test_two_objects_cannot_claim_the_same_files() -> None:
    text = contract().decode()
    twice = text + text[text.index("  - name: r") - 1 :].replace("name: r", "name: q")
    assert errors(twice.encode()) == [("schema[1].physicalName", "glob-taken")]
    assert errors(twice.replace("name: q", "name: r").encode()) == [("schema[1].name", "duplicate-name")]


def test_a_reader_that_is_not_there_is_not_offered() -> None:
    only = {"json": FORMATS["json"]}
    assert [p.code for p in lint(contract(format="csv"), readers=only) if p.level == "error"] == ["format-unknown"]


def test_a_new_check_brings_its_vocabulary() -> None:
    without = {word: kind for word, kind in CATALOGUE.items() if word != "label-agreement"}
    codes = [p.code for p in lint(KLUE.encode(), catalogue=without) if p.level == "error"]
    assert codes == ["check-unknown"]


def test_our_schema_is_a_json_schema_and_takes_the_handbooks_contract() -> None:
    schema = contract_schema(CATALOGUE, FORMATS)
    Draft202012Validator.check_schema(schema)
    value = YAML(typ="safe", pure=True).load(KLUE)
    assert list(Draft202012Validator(schema).iter_errors(value)) == []


def test_every_text_is_said_in_both_languages() -> None:
    for code, text in TEXTS.items():
        assert text.en, code
        assert text.ko, code
        assert bool(text.hint) == bool(text.hint_ko), code


LABELS = """\
  - name: labels
    physicalType: {form}
    physicalName: "**/*.json"
    properties: []
"""


@pytest.mark.parametrize(
    ("form", "more", "told"),
    [
        ("yolo", "", True),
        ("yolo", "    customProperties: [{property: pairing, value: {rule: stem}}]\n", False),
        ("yolo", "    relationships: [{from: labels.item_id, to: photos.item_id}]\n", False),
        ("coco", "", True),
        ("transcript", "", True),
        ("image-folder", "", False),
        ("aihub", "    customProperties: [{property: pairing, value: {rule: stem}}]\n", False),
        (
            "aihub",
            "    customProperties: [{property: reader, value: {item: /id}}, {property: pairing, value: {rule: stem}}]\n",
            True,
        ),
    ],
)
def test_labels_that_nothing_ties_to_samples_are_told(form: str, more: str, told: bool) -> None:
    photos = '  - {name: photos, physicalType: image, physicalName: "**/*.jpg"}\n'
    head = contract().decode().split("schema:\n")[0] + "schema:\n"
    own = LABELS.format(form=form) + more
    linted = [(p.code, p.level) for p in lint((head + photos + own).encode()) if p.code != "family-missing"]
    assert linted == ([("labels-unlinked", "warning")] if told else [])


@pytest.mark.parametrize(("form", "told"), [("yolo", True), ("conll", False), ("ner", False), ("aihub", False)])
def test_labels_without_samples_are_told_unless_they_may_hold_their_text(form: str, told: bool) -> None:
    head = contract().decode().split("schema:\n")[0] + "schema:\n"
    own = LABELS.format(form=form)
    codes = [p.code for p in lint((head + own).encode())]
    assert ("labels-unlinked" in codes) is told
