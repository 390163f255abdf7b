"""Names of what agreement over media and the quality of raters say: measures, tables, columns, quantities, reasons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from include.reports.texts.text import Text

MEASURES: Final[Mapping[str, Text]] = {
    "masi-alpha": Text("크리펜도르프 알파 (MASI 거리)", "Krippendorff's alpha (MASI distance)"),
    "item-f1": Text("대상별 F1 평균", "mean F1 of items"),
    "mean-iou": Text("짝지은 라벨의 평균 IoU", "mean IoU of matches"),
    "dice": Text("짝지은 라벨의 평균 Dice", "mean Dice of matches"),
    "oks": Text("짝지은 라벨의 평균 OKS", "mean OKS of matches"),
    "class-kappa": Text("짝지은 라벨의 클래스 카파", "class kappa of matches"),
    "class-kappa-with-none": Text("클래스 카파 (짝 없음 포함)", "class kappa, unmatched as a class"),
    "span-f1": Text("개체 F1 (완전 일치)", "span F1 (exact)"),
    "overlap-f1": Text("개체 F1 (겹침)", "span F1 (overlap)"),
    "cer": Text("문자 오류율 (띄어쓰기 포함)", "character error rate (with spaces)"),
    "cer-no-space": Text("문자 오류율 (띄어쓰기 제외)", "character error rate (without spaces)"),
    "wer": Text("단어 오류율", "word error rate"),
    "map-50": Text("mAP@.5", "mAP@.5"),
    "map": Text("mAP@[.5:.95]", "mAP@[.5:.95]"),
    "min-precision": Text("가장 낮은 클래스의 정밀도", "precision of the worst class"),
    "min-recall": Text("가장 낮은 클래스의 재현율", "recall of the worst class"),
    "min-f1": Text("가장 낮은 클래스의 F1", "F1 of the worst class"),
    "worst-rater-agreement": Text("합의 라벨과 가장 많이 다른 작업자의 일치율", "agreement of the worst rater with the consensus"),
    "worst-rater-accuracy": Text("정답과 가장 많이 다른 작업자의 정확도", "accuracy of the worst rater against gold"),
    "consensus-accuracy": Text("합의 라벨의 정확도 (정답 대비)", "accuracy of the consensus against gold"),
    "majority-accuracy": Text("다수결 라벨의 정확도 (정답 대비)", "accuracy of the majority against gold"),
    "repeated-answers": Text("같은 대상에 대한 반복 응답 수", "answers of one rater to one item again"),
}  # fmt: skip

TABLES: Final[Mapping[str, Text]] = {
    "worst-items": Text("가장 많이 어긋난 대상", "Items furthest apart"),
    "rater-confusion": Text("작업자별 혼동 확률 (추정)", "Confusion of raters (estimated)"),
    "consensus": Text("합의 라벨", "Consensus"),
    "average-precision": Text("클래스별 평균 정밀도", "Average precision by class"),
}

COLUMNS: Final[Mapping[str, Text]] = {
    "labels": Text("라벨 수", "labels"),
    "labels-of-rater": Text("이 작업자의 라벨", "labels of the rater"),
    "labels-of-other": Text("상대의 라벨", "labels of the other"),
    "matched": Text("짝지은 라벨", "matched"),
    "items-drawn-alike": Text("끝자리까지 똑같이 그린 항목", "items drawn exactly alike"),
    "edits": Text("편집 수", "edits"),
    "error-rate": Text("오류율", "error rate"),
    "same-class": Text("클래스까지 같은 라벨", "of the same class"),
    "score": Text("점수", "score"),
    "pointer": Text("위치", "pointer"),
    "raters": Text("작업자 수", "raters"),
    "gold-labels": Text("정답 라벨", "gold labels"),
    "right": Text("맞은 라벨", "right"),
    "threshold": Text("IoU 기준", "IoU"),
    "average-precision-50": Text("평균 정밀도 (IoU .5)", "average precision at IoU .5"),
    "average-precision": Text("평균 정밀도", "average precision"),
    "again": Text("반복 응답", "answered again"),
    "agreement-with-consensus": Text("합의 라벨과의 일치율", "agreement with the consensus"),
    "agreement-with-gold": Text("정답과의 일치율", "agreement with gold"),
    "estimated-accuracy": Text("추정 정확도", "estimated accuracy"),
    "consensus-class": Text("합의 클래스", "consensus class"),
    "given-class": Text("붙인 클래스", "class given"),
    "probability": Text("확률", "probability"),
    "with-gold-labels": Text("정답이 있는 라벨", "with gold"),
}

QUANTITIES: Final[Mapping[str, Text]] = {
    "items-apart": Text("라벨이 어긋난 대상", "items that raters do not agree on"),
    "labels-of-another-kind": Text("다른 종류라 비교하지 않은 라벨", "labels of another kind, not compared"),
    "labels-without-item-or-rater": Text("대상이나 작업자를 알 수 없는 라벨", "labels without item or rater"),
    "gold-items": Text("정답이 있는 대상", "items with gold"),
    "gold-labels": Text("정답 라벨", "gold labels"),
    "labels-on-gold-items": Text("정답이 있는 대상의 라벨", "labels on items with gold"),
    "gold-items-without-label": Text("정답은 있으나 라벨이 없는 대상", "items with gold and no label"),
    "scored-labels": Text("점수가 있는 라벨", "labels with a score"),
    "repeated-answers": Text("같은 대상에 대한 반복 응답", "answers of one rater to one item again"),
    "posterior-mean": Text("합의 라벨의 평균 확률", "mean probability of the consensus"),
    "iterations": Text("반복 횟수", "iterations"),
    "items-with-gold": Text("정답이 있는 대상", "items with gold"),
    "consensus-right": Text("합의 라벨이 맞은 대상", "items whose consensus is right"),
    "majority-right": Text("다수결 라벨이 맞은 대상", "items whose majority is right"),
}

REASONS: Final[Mapping[str, Text]] = {
    "no-matches": Text("짝지어진 라벨이 하나도 없음", "no label has a match"),
    "nothing-labelled": Text("정답이 있는 대상에 라벨이 하나도 없음", "no label on the items with gold"),
    "empty-reference": Text("비교할 글자가 없음", "there is no text to compare with"),
    "too-many-labels": Text(
        "한 대상에 붙은 라벨이 너무 많아 짝을 지을 수 없음", "too many labels on one item to match them"
    ),
    "too-long-text": Text("글이 너무 길어 비교할 수 없음", "texts too long to be compared"),
    "no-gold": Text("정답 라벨이 하나도 없음", "there is no gold label"),
}
