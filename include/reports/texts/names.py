"""Names that people read for what the report calls by code: checks, families, measures, tables, columns, verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from include.reports.texts import agreement
from include.reports.texts.faults import LABEL_FAULTS, PAIR_FAULTS
from include.reports.texts.reasons import RATINGS, REASONS
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
    "foreign-key": Text("없는 키를 가리키는 참조", "references to keys that are not there"),
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
    "pairing": Text("원천데이터와 라벨의 짝", "pairs of samples and labels"),
    "label-validity": Text("라벨 구문정확성", "label validity"),
    "label-agreement": Text("작업자 간 라벨 일치도", "agreement between raters"),
    "rater-quality": Text("작업자 품질", "quality of raters"),
    "label-accuracy": Text("정답 대비 라벨 정확도", "labels against gold"),
    "class-balance": Text("클래스 구성비", "class balance"),
    "distribution": Text("값의 구간별 구성비", "distribution over bins"),
    "histograms": Text("값의 분포 (참고)", "how values are distributed (for information)"),
    "schema-expectation": Text(
        "기대 조건: 구조 (Great Expectations)", "expectation about structure (Great Expectations)"
    ),
    "completeness-expectation": Text(
        "기대 조건: 완전성 (Great Expectations)", "expectation about completeness (Great Expectations)"
    ),
    "uniqueness-expectation": Text(
        "기대 조건: 유일성 (Great Expectations)", "expectation about uniqueness (Great Expectations)"
    ),
    "validity-expectation": Text("기대 조건: 값 (Great Expectations)", "expectation about values (Great Expectations)"),
}

MEASURES: Final[Mapping[str, Text]] = {
    **agreement.MEASURES,
    "expected-share": Text("기대 조건을 충족한 비율", "share that meets the expectation"),
    "observed-value": Text("관측값", "observed value"),
    "unmet-conditions": Text("충족하지 못한 조건 수", "conditions not met"),
    "row-count": Text("레코드 수", "records"),
    "column-problems": Text("컬럼 문제 수", "column problems"),
    "defects": Text("읽기 오류 수", "defects"),
    "file-defects": Text("파일 문제 수", "file problems"),
    "pairing-faults": Text("짝이 맞지 않는 파일 수", "files that are not paired"),
    "measured-values": Text("집계한 값의 수", "values counted"),
    "valid-objects": Text("오류 없는 라벨의 비율", "share of labels without a fault"),
    "valid-files": Text("오류 없는 라벨 파일의 비율", "share of label files without a fault"),
    "valid-values": Text("오류 없는 라벨 값의 비율", "share of label values without a fault"),
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
    **agreement.TABLES,
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
    "pairing": Text("원천데이터와 라벨 파일", "Samples and label files"),
    "bins": Text("구간별 분포", "Distribution over bins"),
    "values": Text("값 현황", "Values"),
    "co-occurrence": Text("함께 나오는 클래스", "Classes that stand together"),
    "histogram-area": Text("라벨의 넓이 (픽셀 수)", "Area of labels (square pixels)"),
    "histogram-aspect": Text("가로세로비 (가로 / 세로)", "Aspect (width / height)"),
    "histogram-brightness": Text("밝기 (0-255)", "Brightness (0 to 255)"),
    "histogram-pixels": Text("해상도 (픽셀 수)", "Resolution (pixels)"),
    "histogram-duration": Text("재생 시간 (초)", "Duration (seconds)"),
    "histogram-chars": Text("본문의 길이 (글자)", "Length of texts (characters)"),
    "histogram-text": Text("라벨 텍스트의 길이 (글자)", "Length of label texts (characters)"),
    "format-faults": Text("형식오류 목록", "Errors of format"),
    "structure-faults": Text("구조오류 목록", "Errors of structure"),
    "file-faults": Text("파일오류 목록", "Errors of files"),
    "denominators": Text("분모별 오류율", "By denominator"),
    "archives": Text("압축 파일과 파일 이름의 인코딩", "Archives and the encoding of their names"),
    "ratings": Text("라벨 작업 현황", "Ratings"),
    "labels": Text("라벨 현황", "Labels"),
    "rating-defects": Text("라벨 작업의 문제", "Defects of ratings"),
    "unknown-category": Text("계약에 없는 라벨 (가려서 표시)", "Labels outside the categories (masked)"),
    "not-a-number": Text("숫자가 아닌 라벨 (가려서 표시)", "Labels that are no numbers (masked)"),
    "interval-method": Text("신뢰구간 산출 방법", "How the interval was found"),
    "chi-square": Text("카이제곱 검정 (참고)", "Chi-square (for information)"),
    "coefficients": Text("다른 계수 (참고)", "Other coefficients (for information)"),
    "other-coefficients": Text("다른 계수 (참고)", "Other coefficients (for information)"),
    "measures": Text("다른 지표 (참고)", "Other measures (for information)"),
    "by": Text("구분별", "By group"),
    "expectation": Text("기대 조건 점검 결과", "What the expectation found"),
    "quantiles": Text("분위수", "Quantiles"),
}

COLUMNS: Final[Mapping[str, Text]] = {
    **agreement.COLUMNS,
    "denominator": Text("분모", "denominator"),
    "record": Text("레코드", "record"),
    "pointer": Text("위치", "place"),
    "bin": Text("구간", "bin"),
    "class-a": Text("클래스 가", "class A"),
    "class-b": Text("클래스 나", "class B"),
    "files": Text("파일", "files"),
    "total": Text("전체", "total"),
    "wrong": Text("오류", "wrong"),
    "wrong-share": Text("오류율", "share wrong"),
    "archive": Text("압축 파일", "archive"),
    "encoding": Text("인코딩", "encoding"),
    "members": Text("파일 수", "members"),
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
    "other-rater": Text("다른 작업자", "other rater"),
    "items": Text("대상 수", "items"),
    "shared": Text("함께 작업한 대상", "shared"),
    "agreement-with-others": Text("다른 작업자와의 일치율", "agreement with others"),
    "majorities": Text("다수 라벨이 있는 대상", "majorities"),
    "agreement-with-majority": Text("다수 라벨과의 일치율", "agreement with the majority"),
    "specific-agreement": Text("클래스별 일치율", "specific agreement"),
    "alpha": Text("클래스별 알파", "alpha"),
    "coincidences": Text("짝지은 라벨", "coincidences"),
    "quantity": Text("항목", "quantity"),
    "labelled": Text("라벨", "labelled"),
    "weights": Text("가중", "weights"),
    "undefined": Text("구할 수 없는 이유", "undefined because"),
    "defect": Text("문제", "defect"),
    "chi-square": Text("카이제곱", "chi-square"),
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
    "quantile": Text("분위", "quantile"),
}

FILE_DEFECTS: Final[Mapping[str, Text]] = {
    "declared-differs": Text("신고한 크기나 해시와 다름", "differs from what was declared"),
    "declared-missing": Text("신고하였으나 납품되지 않음", "declared, but not delivered"),
    "undeclared-file": Text("납품하였으나 신고되지 않음", "delivered, but not declared"),
    "zero-bytes": Text("빈 파일", "empty file"),
    "unsafe-path": Text("안전하지 않은 파일 이름", "unsafe name"),
    "name-twins": Text("대소문자나 유니코드 형태만 다른 이름", "names that differ only in case or Unicode form"),
    "marker": Text("납품 표시 파일의 오류", "the delivery's marker is wrong"),
    "unclaimed-file": Text("계약에 없는 파일", "no object of the contract claims it"),
}
"""Defects that intake finds; those of the readers are worded beside their codes."""

CELLS: Final[Mapping[str, Mapping[str, Text]]] = {
    "list": {
        "format": Text("형식오류", "format"),
        "structure": Text("구조오류", "structure"),
        "file": Text("파일오류", "file"),
    },
    "problem": {
        "missing": Text("없음", "missing"),
        "extra": Text("계약에 없음", "extra"),
        "order": Text("순서가 다름", "order"),
        "too-few": Text("컬럼이 적음", "too few columns"),
        "too-many": Text("컬럼이 많음", "too many columns"),
    },
    "quantity": {
        **agreement.QUANTITIES,
        "items": Text("대상", "items"),
        "items-with-two-or-more-ratings": Text("두 명 이상이 작업한 대상", "items with two ratings or more"),
        "items-with-fewer-ratings-than-others": Text("라벨 수가 부족한 대상", "items with fewer ratings than others"),
        "items-without-rating": Text("라벨이 없는 대상", "items without a rating"),
        "ratings": Text("라벨", "ratings"),
        "raters": Text("작업자", "raters"),
        "classes": Text("클래스", "classes"),
        "unanimous-items": Text("모두 일치한 대상", "unanimous items"),
        "unanimous-share": Text("모두 일치한 비율", "unanimous share"),
        "with-gold": Text("정답이 있는 레코드", "records with gold"),
        "without-gold": Text("정답이 없는 레코드", "records without gold"),
        "not-labelled": Text("라벨이 없는 레코드", "records without a label"),
        "right": Text("정답과 같은 레코드", "right"),
        "labelled": Text("라벨이 있는 레코드", "labelled records"),
        "measured": Text("값이 있는 레코드", "records with a value"),
        "not-measured": Text("값이 없는 레코드", "records without a value"),
        "missing": Text("라벨이 없는 레코드", "records without a label"),
        "element-count": Text("전체 레코드", "records"),
        "missing-count": Text("값이 없어 보지 않은 레코드", "records not looked at, for want of a value"),
        "unexpected-count": Text("기대에 어긋난 값", "unexpected values"),
        "unexpected": Text("기대에 어긋난 값 (가려서 표시)", "unexpected value (masked)"),
        "missing-values": Text("나오지 않은 값의 수", "values that do not occur"),
        "missing-value": Text("나오지 않은 값", "value that does not occur"),
        "observed-value": Text("관측값 (집합 밖의 값은 가려서 표시)", "observed value (masked outside the set)"),
        "count": Text("건수", "count"),
        "tied": Text("가장 흔한 값의 수", "most common values"),
        "column-count": Text("컬럼 수", "columns"),
        "observed-column": Text("컬럼", "column"),
        "unmet": Text("충족하지 못한 조건 수", "conditions not met"),
    },
    "level": {
        "nominal": Text("명목", "nominal"),
        "ordinal": Text("순서", "ordinal"),
        "interval": Text("등간", "interval"),
        "ratio": Text("비율", "ratio"),
    },
    "weights": {"linear": Text("선형", "linear"), "quadratic": Text("제곱", "quadratic")},
    "coefficient": MEASURES,
    "measure": MEASURES,
    "undefined": REASONS,
    "defect": RATINGS,
    "code": {**FILE_DEFECTS, **LABEL_FAULTS, **PAIR_FAULTS},
    "files": {
        "items": Text("원천데이터", "samples"),
        "labels": Text("라벨 파일", "label files"),
        "pairs": Text("짝이 맞는 것", "pairs"),
    },
    "denominator": {
        "files": Text("라벨 파일", "label files"),
        "objects": Text("라벨 (객체)", "labels (objects)"),
        "values": Text("라벨의 값", "values of labels"),
    },
}
"""Cells of our own words, by the column they stand in."""

STANDARDS: Final[Mapping[str, Text]] = {
    "iso-5259-2": Text("ISO/IEC 5259-2", "ISO/IEC 5259-2"),
    "nia": Text("NIA 품질관리 가이드라인", "NIA quality guideline"),
}

METHODS: Final[Mapping[str, str]] = {
    r"delta method over (\d+) items, Student t with (\d+) degrees of freedom": r"대상 \1개에 대한 델타 방법, 자유도 \2의 t 분포",
    r"Poisson bootstrap over (\d+) items, (\d+) of (\d+) replicates, percentiles": r"대상 \1개에 대한 포아송 부트스트랩, \3회 중 \2회, 백분위수",
}
"""How an interval was found: the English pattern of the check, and the Korean beside it."""

BY: Final[Mapping[str, Text]] = {
    "contract": Text("계약", "contract"),
    "programme": Text("사업 기준", "programme"),
}
