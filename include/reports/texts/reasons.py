"""Every reason code of a verdict in words: of one rule, of the whole report, and of a metric that is undefined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from include.reports.texts import agreement
from include.reports.texts.text import Text

REPORT: Final[Mapping[str, Text]] = {
    "rules-failed": Text(
        "필수 규칙 {of}건 중 {count}건이 계약에서 정한 기준을 충족하지 못하였습니다.",
        "{count} of {of} blocking rules failed to show what the contract demands.",
    ),
    "rules-not-checked": Text(
        "필수 규칙 {of}건 중 {count}건을 점검하지 못하여 판정할 수 없습니다. 데이터의 잘못이라는 뜻은 아닙니다.",
        "{count} of {of} blocking rules could not be checked, so there is no verdict. This does not say that the data is wrong.",
    ),
    "no-blocking-rule": Text(
        "점검한 필수 규칙이 하나도 없어 판정할 수 없습니다.",
        "No blocking rule was checked, so there is no verdict.",
    ),
    "rule-without-result": Text(
        "계약의 규칙 {count}건에 결과가 없어 판정할 수 없습니다: {rules}",
        "Rules of the contract without a result: {count}, so there is no verdict: {rules}",
    ),
    "rule-twice": Text(
        "같은 규칙의 결과가 두 번 나와 판정할 수 없습니다: {rules}",
        "A rule has two results, so there is no verdict: {rules}",
    ),
    "rule-not-declared": Text(
        "계약에 없는 규칙의 결과가 있어 판정할 수 없습니다: {rules}",
        "There is a result for a rule that the contract does not have, so there is no verdict: {rules}",
    ),
}

RULE: Final[Mapping[str, Text]] = {
    "target-missed": Text("결과값이 정량목표를 충족하지 못함", "the result misses the target"),
    "undefined": Text("결과값을 구할 수 없음: {why}", "there is no result: {why}"),
    "column-absent": Text(
        "파일 {files}개에 컬럼이 없음: {column} (예: {file})",
        "column {column} is absent from {files} file(s), such as {file}",
    ),
    "column-never-present": Text("어느 레코드에도 컬럼이 없음: {column}", "no record has the column {column}"),
    "too-many-headers": Text(
        "파일마다 컬럼 구성이 달라(200가지 이상) 여분 컬럼과 순서를 확인할 수 없음",
        "the files have 200 or more different sets of columns: extra ones and their order cannot be told",
    ),
    "too-few-paired": Text(
        "두 명 이상이 라벨링한 대상이 계약에서 정한 비율보다 적음",
        "fewer items than contracted were labelled by two or more raters",
    ),
    "no-rows": Text("납품된 레코드가 하나도 없음", "no record was delivered"),
    "empty-delivery": Text("납품된 파일이 하나도 없음", "no file was delivered"),
    "class-outside-target": Text(
        "계약한 클래스가 아닌 값이 들어 있음", "there are values that are none of the contracted classes"
    ),
    "outside-bounds": Text(
        "관측값이 경계와 같은데 경계는 허용되지 않음 (strict)",
        "the observed value equals a bound that is not allowed (strict)",
    ),
    "check-crashed": Text(
        "점검 중 내부 오류 {error} 발생 (오류 식별값 {digest}). 데이터의 잘못이 아닐 수 있으며 다시 점검이 필요함",
        "the check itself failed with {error} (trace {digest}): not necessarily the data's fault, to be run again",
    ),
    "exempt": Text("점검에서 제외됨 (근거: {by})", "exempt, by: {by}"),
}

UNDEFINED: Final[Mapping[str, Text]] = {
    "empty": Text("점검할 대상이 없음", "there is nothing to count"),
    "no-values": Text("값이 하나도 없음 (모두 결측)", "there is no value at all, only nulls"),
    "one-class": Text("한 가지 클래스만 있음", "only one class occurs"),
    "one-rater": Text("작업자가 한 명뿐임", "there is only one rater"),
    "no-ratings": Text("라벨이 하나도 없음", "there is no rating"),
    "no-pairable-items": Text("두 명 이상이 작업한 대상이 없음", "no item has two ratings or more"),
    "one-item": Text("두 명 이상이 작업한 대상이 하나뿐임", "only one item has two ratings or more"),
    "too-many-raters": Text(
        "작업자가 너무 많아 쌍별 계수를 구할 수 없음", "too many raters for a pairwise coefficient"
    ),
    "too-many-values": Text("값의 종류가 너무 많음", "too many distinct values"),
    "negative-value": Text("비율 척도인데 음수가 있음", "a negative value on a ratio scale"),
    "empty-cell": Text("비어 있는 클래스가 있음", "a class is empty"),
}

RATINGS: Final[Mapping[str, Text]] = {
    "unpaired-rater": Text(
        "다른 작업자와 함께 작업한 대상이 없는 작업자가 있음", "a rater shares no item with any other rater"
    ),
    "duplicate-rating": Text("한 작업자가 같은 대상에 라벨을 두 번 붙임", "a rater rated the same item twice"),
    "unidentified-rating": Text("대상이나 작업자를 알 수 없는 라벨이 있음", "a rating without its item or rater"),
    "unknown-category": Text("계약의 범주에 없는 라벨이 있음", "there are labels outside the contract's categories"),
    "not-a-number": Text("숫자여야 하는데 숫자가 아닌 라벨이 있음", "there are labels that are no numbers"),
}

REASONS: Final[Mapping[str, Text]] = {**REPORT, **RULE, **UNDEFINED, **RATINGS, **agreement.REASONS}
"""Every code; a code means the same wherever it stands."""
