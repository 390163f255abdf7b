"""Names that people read for what the report calls by code: checks, families, measures, tables, columns, verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from include.reports.texts.text import Text

VERDICTS: Final[Mapping[str, Text]] = {
    "PASS": Text("적합", "Pass"),
    "FAIL": Text("부적합", "Fail"),
    "WARN": Text("경고", "Warning"),
    "ERROR": Text("점검불가", "Not checked"),
    "NOT_APPLICABLE": Text("점검제외", "Exempt"),
}

REPORT_VERDICTS: Final[Mapping[str, Text]] = {**VERDICTS, "ERROR": Text("점검불가", "No verdict")}

SEVERITIES: Final[Mapping[str, Text]] = {
    "error": Text("필수", "blocking"),
    "warning": Text("권고", "advisory"),
    "info": Text("참고", "for information"),
}

FAMILIES: Final[Mapping[str, Text]] = {
    "schema": Text("구조", "Schema"),
    "completeness": Text("완전성", "Completeness"),
    "uniqueness": Text("유일성", "Uniqueness"),
    "validity": Text("유효성", "Validity"),
    "agreement": Text("라벨 일치도", "Label agreement"),
    "balance": Text("클래스 구성", "Class balance"),
}

CHECKS: Final[Mapping[str, Text]] = {
    "delivery-files": Text("납품 파일의 이상", "files of the delivery"),
    "unclaimed-files": Text("계약에 없는 파일", "files that no object claims"),
    "readable": Text("읽기 오류", "readable files and records"),
    "columns": Text("컬럼 구성", "agreed columns"),
    "type": Text("자료형이 다른 값", "values of another type"),
    "required": Text("필수값 누락", "required values absent"),
    "null-values": Text("널 값", "null values"),
    "missing-values": Text("결측값", "missing values"),
    "row-count": Text("레코드 수", "number of records"),
    "delivered-count": Text("계약 수량 대비 납품", "delivered against contracted"),
    "unique": Text("키 중복", "repeated keys"),
    "duplicate-values": Text("중복값", "duplicate values"),
    "minimum": Text("최솟값 미만", "below the minimum"),
    "maximum": Text("최댓값 초과", "above the maximum"),
    "exclusive-minimum": Text("하한 이하", "at or below the lower bound"),
    "exclusive-maximum": Text("상한 이상", "at or above the upper bound"),
    "multiple-of": Text("배수가 아닌 값", "not a multiple"),
    "min-length": Text("길이 미달", "too short"),
    "max-length": Text("길이 초과", "too long"),
    "pattern": Text("패턴 불일치", "not of the pattern"),
    "format": Text("형식 불일치", "not of the format"),
    "enum": Text("허용값이 아닌 값", "not among the values allowed"),
    "invalid-values": Text("무효값", "invalid values"),
    "label-agreement": Text("작업자 간 라벨 일치도", "agreement between raters"),
    "label-accuracy": Text("정답 대비 라벨 정확도", "labels against gold"),
    "class-balance": Text("클래스 구성비", "class balance"),
}

MEASURES: Final[Mapping[str, Text]] = {
    "row-count": Text("레코드 수", "records"),
    "column-problems": Text("컬럼 문제 수", "column problems"),
    "defects": Text("읽기 오류 수", "defects"),
    "file-defects": Text("파일 문제 수", "file problems"),
    "delivered-share": Text("납품 수량 / 계약 수량", "delivered / contracted"),
    "percent-agreement": Text("단순 일치율", "percent agreement"),
    "cohen-kappa": Text("코헨 카파", "Cohen's kappa"),
    "weighted-cohen-kappa": Text("가중 코헨 카파", "weighted Cohen's kappa"),
    "scott-pi": Text("스콧 파이", "Scott's pi"),
    "fleiss-kappa": Text("플라이스 카파", "Fleiss' kappa"),
    "krippendorff-alpha": Text("크리펜도르프 알파", "Krippendorff's alpha"),
    "gwet-ac1": Text("그웻 AC1", "Gwet's AC1"),
    "gwet-ac2": Text("그웻 AC2", "Gwet's AC2"),
    "overlap": Text("구성비 중첩률", "overlap with the contracted shares"),
    "total-variation": Text("총변동거리", "total variation distance"),
    "jensen-shannon": Text("젠슨-섀넌 발산 (비트)", "Jensen-Shannon divergence (bits)"),
    "psi": Text("모집단 안정성 지수 (PSI)", "population stability index (PSI)"),
    "normalized-entropy": Text("정규화 엔트로피", "normalized entropy"),
    "imbalance-ratio": Text("불균형비", "imbalance ratio"),
    "min-class-count": Text("가장 적은 클래스의 수", "smallest class"),
    "accuracy": Text("정확도", "accuracy"),
    "balanced-accuracy": Text("균형 정확도", "balanced accuracy"),
    "precision": Text("정밀도", "precision"),
    "recall": Text("재현율", "recall"),
    "f1": Text("F1", "F1"),
    "macro-f1": Text("매크로 F1", "macro F1"),
    "macro-precision": Text("매크로 정밀도", "macro precision"),
    "macro-recall": Text("매크로 재현율", "macro recall"),
    "micro-f1": Text("마이크로 F1", "micro F1"),
    "weighted-f1": Text("가중 F1", "weighted F1"),
}

UNITS: Final[Mapping[str, Text]] = {"rows": Text("건", "rows"), "percent": Text("%", "%")}

OPERATORS: Final[Mapping[str, str]] = {">=": "≥", "<=": "≤", "!=": "≠", "=": "=", ">": ">", "<": "<"}

TABLES: Final[Mapping[str, Text]] = {
    "distribution": Text("클래스 분포", "Class distribution"),
    "per-class": Text("클래스별", "By class"),
    "per-rater": Text("작업자별", "By rater"),
    "per-pair": Text("작업자 쌍별", "By pair of raters"),
    "confusion": Text("라벨 교차표", "Confusion of labels"),
    "split": Text("분할별", "By split"),
    "delivered": Text("계약 수량과 납품 수량", "Contracted and delivered"),
    "columns": Text("컬럼 문제", "Column problems"),
    "defect-lists": Text("오류 목록별", "By error list"),
    "defects": Text("오류 종류별", "By kind of defect"),
    "interval-method": Text("신뢰구간 산출 방법", "How the interval was found"),
    "chi-square": Text("카이제곱 검정 (참고)", "Chi-square (for information)"),
    "coefficients": Text("다른 계수 (참고)", "Other coefficients (for information)"),
    "other-coefficients": Text("다른 계수 (참고)", "Other coefficients (for information)"),
    "measures": Text("다른 지표 (참고)", "Other measures (for information)"),
    "by": Text("구분별", "By group"),
}

COLUMNS: Final[Mapping[str, Text]] = {
    "class": Text("클래스", "class"),
    "label": Text("라벨", "label"),
    "label-a": Text("라벨 가", "label A"),
    "label-b": Text("라벨 나", "label B"),
    "category": Text("범주", "category"),
    "gold": Text("정답", "gold"),
    "rater": Text("작업자", "rater"),
    "rater-a": Text("작업자 가", "rater A"),
    "rater-b": Text("작업자 나", "rater B"),
    "count": Text("건수", "count"),
    "share": Text("비율", "share"),
    "target": Text("목표", "target"),
    "target-share": Text("계약 비율", "contracted share"),
    "contracted": Text("계약", "contracted"),
    "delivered": Text("납품", "delivered"),
    "items": Text("대상 수", "items"),
    "units": Text("대상 수", "units"),
    "ratings": Text("라벨 수", "ratings"),
    "missing": Text("결측", "missing"),
    "agreement": Text("일치도", "agreement"),
    "value": Text("값", "value"),
    "low": Text("하한", "low"),
    "high": Text("상한", "high"),
    "level": Text("수준", "level"),
    "method": Text("방법", "method"),
    "measure": Text("지표", "measure"),
    "metric": Text("지표", "metric"),
    "coefficient": Text("계수", "coefficient"),
    "split": Text("분할", "split"),
    "group": Text("구분", "group"),
    "support": Text("건수", "support"),
    "problem": Text("문제", "problem"),
    "column": Text("컬럼", "column"),
    "file": Text("파일", "file"),
    "list": Text("목록", "list"),
    "code": Text("코드", "code"),
    "statistic": Text("통계량", "statistic"),
    "p-value": Text("p값", "p-value"),
    "degrees-of-freedom": Text("자유도", "degrees of freedom"),
    "df": Text("자유도", "degrees of freedom"),
}

VALUES: Final[Mapping[str, Text]] = {
    "format": Text("형식오류", "format"),
    "structure": Text("구조오류", "structure"),
    "file": Text("파일오류", "file"),
    "missing": Text("없음", "missing"),
    "extra": Text("계약에 없음", "extra"),
    "order": Text("순서가 다름", "order"),
}
"""Cells of our own words, in the columns `list` and `problem`."""

STANDARDS: Final[Mapping[str, Text]] = {
    "iso-5259-2": Text("ISO/IEC 5259-2", "ISO/IEC 5259-2"),
    "nia": Text("NIA 품질관리 가이드라인", "NIA quality guideline"),
}

METHODS: Final[Mapping[str, Text]] = {
    "delta": Text("델타 방법", "delta method"),
    "bootstrap": Text("포아송 부트스트랩", "Poisson bootstrap"),
    "poisson-bootstrap": Text("포아송 부트스트랩", "Poisson bootstrap"),
    "wilson": Text("윌슨 구간", "Wilson"),
}

BY: Final[Mapping[str, Text]] = {
    "contract": Text("계약", "contract"),
    "programme": Text("사업 기준", "programme"),
}
