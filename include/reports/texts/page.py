"""The words of the page itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from include.reports.texts.text import Text

PAGE: Final[Mapping[str, Text]] = {
    "title": Text("데이터 품질검증 보고서", "Data quality report"),
    "language": Text("언어", "Language"),
    "verdict": Text("판정", "Verdict"),
    "facts": Text("검증 대상", "What was verified"),
    "delivery": Text("납품 데이터", "Delivery"),
    "objects": Text("파일 {objects}개", "{objects} files"),
    "contract": Text("데이터 계약", "Contract"),
    "version": Text("버전 {version}", "version {version}"),
    "programme": Text("사업", "Programme"),
    "none": Text("없음", "none"),
    "code": Text("검증 프로그램", "Verified by"),
    "all-met": Text(
        "필수 규칙 {of}건이 모두 계약에서 정한 기준을 충족하였습니다.",
        "All blocking rules ({of}) show what the contract demands.",
    ),
    "warnings": Text(
        "권고 규칙 {count}건에 경고가 있으나 판정에는 영향이 없습니다.",
        "Advisory rules with a warning: {count}; they do not change the verdict.",
    ),
    "first-reasons": Text("판정의 근거", "What decided it"),
    "more-reasons": Text("외 {count}건", "and {count} more"),
    "results": Text("점검 결과", "Results"),
    "rule": Text("점검 규칙", "Rule"),
    "target": Text("정량목표", "Target"),
    "result": Text("결과값", "Result"),
    "passing": Text("나머지 {count}건 (적합·점검제외)", "The other {count} rules (pass, exempt)"),
    "details": Text("규칙별 상세", "Each rule in detail"),
    "measure": Text("지표", "Measure"),
    "exact": Text("정확한 값", "Exact value"),
    "counts": Text("분자 / 분모", "Numerator / denominator"),
    "interval": Text("{level} 신뢰구간", "{level} confidence interval"),
    "population": Text("점검 대상", "Population"),
    "records": Text("{count}건", "{count} records"),
    "whole": Text("전수", "all of them"),
    "sample": Text("표본", "Sample"),
    "severity": Text("구분", "Severity"),
    "standards": Text("관련 기준", "Standards"),
    "family": Text("계열", "Family"),
    "reason": Text("사유", "Reason"),
    "failures": Text("기준에 맞지 않는 레코드", "Failing records"),
    "failure-count": Text("모두 {count}건", "{count} in all"),
    "examples": Text("예시 {shown}건 (값은 가려서 표시)", "Examples: {shown} (values are masked)"),
    "file": Text("파일", "File"),
    "record": Text("레코드", "Record"),
    "pointer": Text("위치", "Place"),
    "value": Text("가린 값 또는 문제", "Masked value, or fault"),
    "whole-file": Text("파일 전체", "whole file"),
    "full-list": Text("전체 목록은 {name} 파일에 있습니다.", "The complete list is in {name}."),
    "cut-list": Text(
        "{name} 파일의 목록은 크기 제한으로 일부만 담겨 있습니다. 건수는 정확합니다.",
        "The list in {name} was cut at the size limit. The count is exact.",
    ),
    "table-file": Text(
        "{rows}행의 표는 {name} 파일에 있습니다.",
        "This table of {rows} rows is in {name}.",
    ),
    "table-long": Text(
        "처음 {shown}행만 표시합니다. {rows}행 전체는 report.json에 있습니다.",
        "The first {shown} of {rows} rows; all of them are in report.json.",
    ),
    "chart-bars": Text(
        "막대는 납품된 비율, 세로선은 계약한 비율입니다 (숫자: 납품 / 계약).",
        "Bars: share delivered; vertical lines: share contracted (numbers: delivered / contracted).",
    ),
    "chart-plain": Text("막대는 납품된 비율입니다.", "Bars: share delivered."),
    "chart-delivered": Text(
        "막대는 계약 수량에 대한 납품 수량의 비율, 세로선은 계약 수량입니다 (숫자: 납품 / 계약).",
        "Bars: delivered as a share of contracted; vertical lines: the contracted quantity (numbers: delivered / contracted).",
    ),
    "chart-confusion": Text(
        "칸의 색은 행 안에서의 비율, 숫자는 건수입니다. 대각선이 진할수록 라벨이 서로 일치합니다.",
        "Colour: share within the row; number: count. The darker the diagonal, the better labels agree.",
    ),
    "chart-pairs": Text(
        "작업자 두 명씩의 {measure}. 색이 진할수록 서로 일치합니다.",
        "{measure} of each two raters. Darker: they agree better.",
    ),
    "chart-together": Text(
        "두 클래스가 함께 있는 대상의 수. 색이 진할수록 함께 나오는 비율이 높습니다 (둘 중 하나라도 있는 대상 기준).",
        "Items that bear both classes. Darker: a larger share of the items with either.",
    ),
    "not-checked": Text("점검하지 않은 항목", "What was not checked"),
    "not-checked-none": Text("계약의 모든 항목을 점검하였습니다.", "Everything that the contract says was checked."),
    "why": Text("이유", "Why"),
    "by": Text("근거", "By"),
    "missing": Text("결과가 없는 규칙", "Rules without a result"),
    "verify": Text("이 보고서를 확인하는 방법", "How to verify this report"),
    "verify-why": Text(
        "이 화면은 사람이 보기 위한 사본입니다. 효력은 서명된 report.json에 있습니다.",
        "This page is a copy for people. What counts is report.json, which is signed.",
    ),
    "verify-digest": Text("report.json의 SHA-256이 다음과 같아야 합니다.", "The SHA-256 of report.json must be:"),
    "verify-signature": Text(
        "서명 문서를 키링으로 검증하십시오. 0으로 끝나면 유효합니다.",
        "Verify the signed document with the keyring. Exit code 0 means valid.",
    ),
    "digests": Text("전체 식별값 (SHA-256)", "Digests in full (SHA-256)"),
    "manifest": Text("납품 목록", "Manifest"),
    "report": Text("보고서", "Report"),
    "libraries": Text("라이브러리", "Libraries"),
    "statement": Text("서명 문서의 내용", "The signed statement"),
    "alert": Text("이 보고서를 믿지 마십시오", "Do not trust this report"),
    "alert-report": Text(
        "서명 문서가 가리키는 report.json이 아닙니다.", "The signed statement names another report.json."
    ),
    "alert-subject": Text(
        "서명 문서가 다른 납품 데이터에 대한 것입니다.", "The signed statement is about another delivery."
    ),
    "alert-verdict": Text(
        "서명 문서의 판정이 보고서의 판정과 다릅니다.", "The signed statement has another verdict than the report."
    ),
    "alert-rules": Text(
        "보고서의 판정이 규칙별 판정과 맞지 않습니다.", "The verdict does not follow from the verdicts of the rules."
    ),
    "yes": Text("예", "yes"),
    "no": Text("아니오", "no"),
}

STATEMENT: Final[Mapping[str, Text]] = {
    "verdict": Text("판정", "Verdict"),
    "voucher": Text("바우처", "Voucher"),
    "milestone": Text("지급 단계", "Milestone"),
    "delivery": Text("납품", "Delivery"),
    "phase": Text("점검 단계", "Phase"),
    "supplier": Text("공급기업", "Supplier"),
    "attempt": Text("점검 회차", "Attempt"),
    "operator": Text("점검자", "Operator"),
    "reason": Text("점검 사유", "Reason for the run"),
    "startedAt": Text("시작", "Started"),
    "finishedAt": Text("종료", "Finished"),
    "result": Text("결과", "Result"),
}
"""Names of a statement's plain fields; others are shown by their own name."""
