"""Every reason why the gate does not release: its code, Korean and English. Codes are stable; add, don't rename.

A code may be looked up with `text`; one that is not in the table is shown as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

REASONS: Final[Mapping[str, tuple[str, str]]] = {
    # documents
    "manifest-missing": ("납품 명세 진술서가 없습니다", "there is no manifest statement"),
    "manifest-refused": ("납품 명세 진술서의 서명이나 내용이 인정되지 않습니다", "the manifest statement is refused"),
    "run-started-missing": ("검사 개시 진술서가 없습니다", "there is no run-started statement"),
    "run-started-refused": ("검사 개시 진술서의 서명이나 내용이 인정되지 않습니다", "the run-started statement is refused"),
    "report-missing": ("품질보고서 진술서나 report.json이 없습니다", "there is no report statement or no report.json"),
    "report-refused": ("품질보고서 진술서의 서명이나 내용이 인정되지 않습니다", "the report statement is refused"),
    "report-altered": ("report.json이 서명된 것과 다릅니다", "report.json is not the one that was signed"),
    "report-malformed": ("report.json을 읽을 수 없습니다", "report.json cannot be read"),
    "not-logged": ("투명성 로그에 기록되었음이 증명되지 않은 문서가 있습니다", "nothing proves that every document is in the log"),
    # what the documents are about
    "another-delivery": ("다른 바우처, 마일스톤 또는 납품의 문서입니다", "a document is about another voucher, milestone or delivery"),
    "subject-mismatch": ("문서들이 서로 다른 납품 명세를 가리킵니다", "the documents name different manifests"),
    "chain-broken": ("문서가 앞 문서와 이어지지 않습니다", "a document does not follow from the one before"),
    "attempt-mismatch": ("문서들의 시도 번호가 다릅니다", "the documents name different attempts"),
    "clock-inconsistent": ("문서의 시각이 순서에 맞지 않습니다", "the documents' times are out of order"),
    # what was agreed
    "contract-not-agreed": ("합의된 검사 계약과 다릅니다", "the contract is not the agreed one"),
    "programme-not-agreed": ("사업 프로필이 정해진 것과 다릅니다", "the programme profile is not the expected one"),
    "rules-differ": ("검사 규칙이 요구된 목록과 다릅니다", "the rules are not exactly those required"),
    "rule-not-judged": ("면제되지 않은 규칙이 점검제외 되었습니다", "a rule without exemption was not judged"),
    # verdict
    "verdict-not-reproduced": ("보고서의 수치에서 같은 판정이 나오지 않습니다", "the verdict does not follow from the report's numbers"),
    "verdict-error": ("점검불가: 검사를 마치지 못했습니다", "the checks could not be completed"),
    "verdict-fail": ("부적합 판정입니다", "the delivery failed its checks"),
    # storage
    "delivery-changed": ("납품물이 검사한 뒤 바뀌었습니다", "the delivery is no longer what was checked"),
    # attempts
    "attempt-unknown": ("등록부의 시도 기록과 맞지 않습니다", "the registry does not know this attempt so"),
    "later-attempt-pending": ("뒤이은 시도가 끝나지 않았습니다", "a later attempt is not finished"),
    "later-attempt-failed": ("뒤이은 시도가 적합이 아닙니다", "a later attempt did not pass"),
    "attempts-exceeded": ("허용된 시도 횟수를 넘었습니다", "there were more attempts than allowed"),
    "failed-before": ("같은 내용이 같은 계약으로 이미 부적합 판정을 받았습니다", "the same content already failed under the same contract"),
    # programme
    "gate-advisory": ("이 사업의 판정은 권고이므로 사람이 결정합니다", "this programme's gate only advises: a person decides"),
    "family-missing": ("사업이 요구하는 검사 분야가 빠졌습니다", "a check family that the programme demands is missing"),
    "phase-not-releasing": ("지급으로 이어지지 않는 단계의 납품입니다", "this phase cannot lead to a payment"),
    # time
    "late": ("납품 기한이 지난 뒤 납품되었습니다", "delivered after its due date"),
    # money and order
    "amount-invalid": ("지급액이 올바르지 않습니다", "the amount is not a sum of money"),
    "amount-over-voucher": ("지급액이 바우처 금액을 넘습니다", "the amount exceeds the voucher"),
    "amount-over-cap": ("바우처 금액이 사업의 한도를 넘습니다", "the voucher exceeds the programme's cap"),
    "cap-unknown": ("사업의 한도를 알 수 없습니다", "the programme's cap is not known"),
    "earlier-milestone-open": ("앞선 마일스톤이 아직 지급되지 않았습니다", "an earlier milestone is not released yet"),
    "content-already-paid": (
        "같은 내용물이 다른 바우처·마일스톤·납품으로 이미 지급되었습니다",
        "the same content was paid already, under another voucher, milestone or delivery",
    ),
    "already-released": ("이미 지급 결정된 마일스톤입니다", "this milestone is already released"),
    # the gate itself
    "attempt-incomplete": ("검사가 아직 끝나지 않았습니다", "the verification is not finished"),
    "gate-failure": ("심사 자체가 실패했습니다", "the gate itself failed"),
}  # fmt: skip


def text(code: str, *, korean: bool) -> str:
    """The words for a code."""
    words = REASONS.get(code)
    return code if words is None else words[0 if korean else 1]
