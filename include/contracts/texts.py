"""The words of lint: one text per code, Korean and English. Codes are stable; the reference page lists each of them.

Placeholders are filled by `Problems.add`. `{help}` is the did-you-mean of `Problems.unknown`.
"""

from __future__ import annotations

from typing import Literal, NamedTuple


class Text(NamedTuple):
    """Message and hint in both languages; level error unless said."""

    en: str
    ko: str
    hint: str = ""
    hint_ko: str = ""
    level: Literal["error", "warning"] = "error"


YAML: dict[str, Text] = {
    "too-large": Text(
        "the file has {size} bytes, the limit is {limit}",
        "파일이 {size}바이트입니다. 한도는 {limit}바이트입니다",
        "a contract is short: move data out of it",
        "계약에는 규칙만 두고 데이터는 빼세요",
    ),
    "not-utf8": Text(
        "the file is not UTF-8 (byte {byte})",
        "UTF-8 파일이 아닙니다 ({byte}번째 바이트)",
        "save it as UTF-8",
        "UTF-8로 저장하세요",
    ),
    "yaml-syntax": Text("not YAML: {why}", "YAML 문법에 맞지 않습니다: {why}"),
    "yaml-alias": Text(
        "anchors and aliases (& and *) are not allowed",
        "앵커와 별칭(&, *)은 쓸 수 없습니다",
        "write the value out at each place",
        "값을 쓰는 자리마다 그대로 적으세요",
    ),
    "yaml-tag": Text("the tag {tag} is not allowed", "태그 {tag} 은(는) 쓸 수 없습니다", "remove it", "지우세요"),
    "duplicate-key": Text(
        "{key!s} stands here twice (first in line {first})",
        "{key!s} 이(가) 두 번 나옵니다 (처음은 {first}행)",
        "keep one of them",
        "하나만 남기세요",
    ),
    "key-not-text": Text("a key must be a single text", "키는 하나의 글이어야 합니다"),
    "too-deep": Text("nested deeper than {limit} levels", "{limit}단계보다 깊습니다"),
    "too-many-values": Text("more than {limit} values", "값이 {limit}개보다 많습니다"),
    "number-range": Text(
        "{text} is not a number that can be used here",
        "{text} 은(는) 쓸 수 있는 수가 아닙니다",
        "finite, at most 60 digits, exponent within ±60; quote it if it is meant as text",
        "유한한 수, 60자리 이하, 지수 ±60 이내여야 합니다. 글이라면 따옴표로 묶으세요",
    ),
    "several-documents": Text(
        "more than one YAML document", "YAML 문서가 둘 이상입니다", "remove the ---", "---를 지우세요"
    ),
    "not-a-contract": Text(
        "the document is not a mapping of keys to values",
        "키와 값으로 된 문서가 아닙니다",
        "start with apiVersion: v3.1.0 and kind: DataContract",
        "apiVersion: v3.1.0 과 kind: DataContract 로 시작하세요",
    ),
}

STANDARD: dict[str, Text] = {
    "api-version": Text(
        "apiVersion {word} is not read",
        "apiVersion {word} 은(는) 읽지 않습니다",
        "versions that are: {known}",
        "읽는 판: {known}",
    ),
    "needs-newer-standard": Text(
        "{word} came with ODCS v3.2.0, this document says {version}",
        "{word} 은(는) ODCS v3.2.0부터 있습니다. 이 문서는 {version} 입니다",
        "write apiVersion: v3.2.0",
        "apiVersion: v3.2.0 으로 적으세요",
    ),
    "unknown-key": Text("unknown key {word}", "모르는 키 {word}", "{help}", "{help_ko}"),
    "not-allowed-here": Text(
        "{word} does not belong here",
        "{word} 은(는) 여기에 쓸 수 없습니다",
        "it goes with another type of entry",
        "다른 종류의 항목에 쓰는 키입니다",
    ),
    "missing-key": Text("{word} is missing", "{word} 이(가) 없습니다", "add {word}", "{word} 을(를) 적으세요"),
    "wrong-type": Text("must be {expected}, is {found}", "{expected_ko} 이어야 하는데 {found_ko} 입니다"),
    "not-one-of": Text(
        "{word} is not one of the allowed words", "{word} 은(는) 쓸 수 없는 말입니다", "{help}", "{help_ko}"
    ),
    "one-way-only": Text(
        "exactly one of these sets of keys is needed: {ways}",
        "다음 키 묶음 가운데 꼭 하나가 있어야 합니다: {ways}",
        "keep the keys of one, remove those of the others",
        "하나만 남기고 나머지는 지우세요",
    ),
    "bad-value": Text("{word}: {why}", "{word_ko}: {why_ko}"),
    "operator-missing": Text(
        "no target: one operator is needed",
        "목표값이 없습니다. 연산자가 하나 있어야 합니다",
        "one of {operators}",
        "{operators} 가운데 하나",
    ),
    "operator-several": Text(
        "{count} targets, only one operator is possible",
        "연산자가 {count}개입니다. 하나만 쓸 수 있습니다",
        "write two rules, or mustBeBetween",
        "규칙을 둘로 나누거나 mustBeBetween 을 쓰세요",
    ),
    "logical-type-missing": Text(
        "logicalType is missing",
        "logicalType 이(가) 없습니다",
        "the standard's JSON Schema refuses properties without it: add logicalType: string (or another)",
        "표준의 JSON 스키마가 요구합니다. logicalType: string 처럼 적으세요",
    ),
}

SHAPE: dict[str, Text] = {
    "no-object": Text(
        "the contract describes no schema object, so there is nothing to check",
        "schema 에 아무것도 없어 점검할 것이 없습니다",
        "add schema: with at least one object",
        "schema: 에 하나 이상 적으세요",
    ),
    "bad-name": Text(
        "{word} can't be used as a name here",
        "{word} 은(는) 이름으로 쓸 수 없습니다",
        "ASCII letters, digits, _ and -, not a digit first; a Korean column gets an ASCII name and physicalName: {word}",
        "영문자, 숫자, _, - 만 쓰고 숫자로 시작하지 않습니다. 한글 컬럼은 ASCII 이름을 주고 physicalName: {word} 을(를) 쓰세요",
    ),
    "bad-identity": Text(
        "{word} can't be used as {what}",
        "{word} 은(는) {what} 로 쓸 수 없습니다",
        "letters, digits, dot, hyphen, underscore; it names a file: contracts/<id>/<version>.odcs.yaml",
        "영문자, 숫자, 점, 하이픈, 밑줄만 씁니다. 파일 이름이 됩니다: contracts/<id>/<version>.odcs.yaml",
    ),
    "reserved-name": Text(
        "the name {word} is reserved", "{word} 은(는) 예약된 이름입니다", "choose another name", "다른 이름을 쓰세요"
    ),
    "duplicate-name": Text(
        "the name {word} is used twice",
        "{word} 이름이 두 번 쓰였습니다",
        "names are unique",
        "이름은 서로 달라야 합니다",
    ),
    "format-unknown": Text(
        "no reader for physicalType {word}", "physicalType {word} 을(를) 읽을 수 없습니다", "{help}", "{help_ko}"
    ),
    "bad-glob": Text(
        "physicalName {word}: {why}",
        "physicalName {word}: {why_ko}",
        'a path pattern in the delivery, such as "*.json" or "**/labels/*.csv"',
        '납품물 안의 경로 패턴입니다. 예: "*.json", "**/labels/*.csv"',
    ),
    "glob-taken": Text(
        "object {other} claims the same files",
        "{other} 이(가) 같은 파일을 차지합니다",
        "each file belongs to one object: narrow physicalName",
        "파일 하나는 한 object 에만 속합니다. physicalName 을 좁히세요",
    ),
    "label-schema": Text(
        "the JSON Schema of label documents cannot be used: {why}",
        "라벨 문서의 JSON 스키마를 쓸 수 없습니다: {why_ko}",
        "JSON Schema 2020-12, complete in itself: $ref may only lead to #/$defs/...",
        "JSON Schema 2020-12 로 쓰고, $ref 는 그 안(#/$defs/...)만 가리켜야 합니다",
    ),
    "bad-pointer": Text(
        "physicalName {word} is not a JSON pointer",
        "physicalName {word} 은(는) JSON 포인터가 아닙니다",
        "/a/b; inside a key write ~1 for / and ~0 for ~",
        "/a/b 꼴이며, 키 안의 / 는 ~1, ~ 는 ~0 으로 적습니다",
    ),
    "nested-in-table": Text(
        "{format} has no nested values",
        "{format} 에는 중첩된 값이 없습니다",
        "declare the columns of the file directly",
        "파일의 컬럼을 바로 적으세요",
    ),
    "not-supported": Text(
        "{word} is part of the standard but not supported here",
        "{word} 은(는) 표준에 있지만 아직 지원하지 않습니다",
        "{help}",
        "{help_ko}",
    ),
    "custom-unknown": Text(
        "customProperties {word} means nothing to Dambo and is ignored",
        "customProperties {word} 은(는) 담보가 모르는 것이라 무시합니다",
        "known here: {known}; name another tool's with vendor:",
        "여기서 쓸 수 있는 것: {known}. 다른 도구의 것이면 vendor: 를 적으세요",
        level="warning",
    ),
    "custom-misspelt": Text(
        "customProperties {word} is not known", "customProperties {word} 을(를) 모릅니다", "{help}", "{help_ko}"
    ),
    "pairing-of-many": Text(
        "files of the format {format} are not the labels of one sample each",
        "{format} 형식의 파일은 원천데이터 하나에 대한 라벨 파일이 아닙니다",
        "pairing is for formats with one label file a sample: leave it out",
        "pairing 은 원천데이터마다 라벨 파일이 하나씩 있는 형식에 씁니다. 빼세요",
    ),
    "labels-unlinked": Text(
        "nothing demands that the labels of {word} are of delivered samples",
        "{word} 의 라벨이 납품된 원천데이터의 것인지 점검하지 않습니다",
        "an object of samples, and relationships: [{{from: {word}.item_id, to: {items}.item_id}}]",
        "원천데이터 객체를 적고 relationships: [{{from: {word}.item_id, to: {items}.item_id}}] 를 적으세요",
        level="warning",
    ),
    "custom-twice": Text("customProperties {word} stands here twice", "customProperties {word} 이(가) 두 번 나옵니다"),
    "programme-missing": Text(
        "no programme is named",
        "사업이 적혀 있지 않습니다",
        "customProperties: [{{property: programme, value: {known}}}]",
        "customProperties: [{{property: programme, value: {known}}}]",
    ),
    "programme-unknown": Text("no programme profile {word}", "사업 {word} 의 기준이 없습니다", "{help}", "{help_ko}"),
}

RULES: dict[str, Text] = {
    "metric-missing": Text(
        "a quality rule needs a metric or a type",
        "quality 규칙에는 metric 이나 type 이 있어야 합니다",
        "metric: rowCount, or type: custom with engine: dambo",
        "metric: rowCount 이나, type: custom 과 engine: dambo",
    ),
    "sql-refused": Text(
        "type: sql is refused: a delivery is files, and no query runs on it",
        "type: sql 은 쓸 수 없습니다. 납품물은 파일이며 질의를 실행하지 않습니다",
        "use a metric, or a check of engine: dambo",
        "metric 이나 engine: dambo 의 점검을 쓰세요",
    ),
    "class-not-agreed": Text(
        "class {word} is none of those that the contract says labels may have",
        "클래스 {word} 은(는) 계약에서 라벨이 가질 수 있다고 한 것이 아닙니다",
        "{help}",
        "{help_ko}",
    ),
    "engine-unknown": Text("unknown engine {word}", "모르는 엔진 {word}", "{help}", "{help_ko}"),
    "check-unknown": Text("unknown check {word}", "모르는 점검 {word}", "{help}", "{help_ko}"),
    "metric-level": Text(
        "{word} belongs {level}, not here",
        "{word} 은(는) {level_ko} 적어야 합니다",
    ),
    "unit-not-allowed": Text(
        "unit says nothing for {word}", "{word} 에는 unit 을 쓸 수 없습니다", "remove unit", "unit 을 지우세요"
    ),
    "target-impossible": Text(
        "no data can ever meet {target}: the value lies within {range}",
        "어떤 데이터도 {target} 을(를) 채울 수 없습니다. 값의 범위는 {range} 입니다",
        "correct the target",
        "목표값을 고치세요",
    ),
    "target-vacuous": Text(
        "every data meets {target}: the value lies within {range}",
        "모든 데이터가 {target} 을(를) 채웁니다. 값의 범위는 {range} 입니다",
        "a rule that nothing fails shows nothing: correct the target, or remove the rule",
        "아무것도 걸러내지 못하는 규칙입니다. 목표값을 고치거나 규칙을 지우세요",
    ),
    "target-reversed": Text(
        "the lower bound {low} is above the upper bound {high}",
        "하한 {low} 이(가) 상한 {high} 보다 큽니다",
        "write [low, high]",
        "[하한, 상한] 으로 적으세요",
    ),
    "misdeclared": Text("{why}", "이 점검을 만들 수 없습니다: {why}"),
    "options-contradict": Text(
        "no value can meet both {word} and {other}",
        "{word} 와(과) {other} 을(를) 함께 채우는 값은 없습니다",
        "correct one of them",
        "둘 중 하나를 고치세요",
    ),
    "rule-clash": Text(
        "two rules are named {word} (the other in line {first})",
        "규칙 이름 {word} 이(가) 겹칩니다 (다른 하나는 {first}행)",
        "give one of them an id",
        "하나에 id 를 주세요",
    ),
    "not-checked": Text(
        "this rule is in words only and is not checked",
        "글로 된 규칙이라 점검하지 않습니다",
        "the report lists it under not_checked",
        "보고서의 점검제외에 적힙니다",
        level="warning",
    ),
    "below-floor": Text(
        "{target} is below what programme {programme} demands of {what}: {floor}",
        "{target} 은(는) 사업 {programme} 이(가) {what} 에 요구하는 {floor} 에 못 미칩니다",
        "raise the target to {floor}",
        "목표값을 {floor} 로 맞추세요",
    ),
    "family-missing": Text(
        "programme {programme} demands a blocking rule of family {word}; without one the gate holds",
        "사업 {programme} 은(는) {word} 계열의 필수 규칙을 요구합니다. 없으면 지급이 보류됩니다",
        "add one of: {checks}",
        "다음 가운데 하나를 더하세요: {checks}",
        level="warning",
    ),
}

TEXTS: dict[str, Text] = {**YAML, **STANDARD, **SHAPE, **RULES}
"""Every code."""
