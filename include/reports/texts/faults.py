"""The faults of labels and of pairs of files in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from include.reports.texts.text import Text

LABEL_FAULTS: Final[Mapping[str, Text]] = {
    "item-absent": Text("어느 원천데이터의 라벨인지 없음", "it does not say of which item it is"),
    "class-absent": Text("클래스가 없음", "no class"),
    "class-unknown": Text("계약에 없는 클래스", "a class that was not agreed"),
    "geometry-absent": Text("좌표가 없음", "no geometry"),
    "extent-absent": Text("시작이나 끝이 없음", "no start or no end"),
    "value-absent": Text("값이 없음", "no value"),
    "number-not-finite": Text("수가 아닌 좌표나 값 (NaN, 무한대)", "a coordinate or value that is no number (NaN, infinity)"),
    "box-empty": Text("넓이가 없는 박스", "a box without area"),
    "box-inverted": Text("뒤집힌 박스 (너비나 높이가 음수)", "an inverted box (negative width or height)"),
    "outside-image": Text("이미지 밖으로 나간 좌표", "outside the image"),
    "odd-coordinates": Text("좌표 수가 맞지 않음", "an odd number of coordinates"),
    "too-few-points": Text("점의 수가 부족함", "too few points"),
    "polygon-crossing": Text("스스로 교차하는 폴리곤", "a polygon that crosses itself"),
    "polygon-too-complex": Text("점이 너무 많아 교차를 확인할 수 없는 폴리곤", "a polygon of too many points to be examined"),
    "mask-malformed": Text("마스크 (RLE) 형식 오류", "run lengths that are none"),
    "mask-size": Text("이미지와 크기가 다른 마스크", "a mask of another size than the image"),
    "keypoint-count": Text("키포인트 수가 계약과 다름", "another number of keypoints than agreed"),
    "keypoint-visibility": Text("키포인트 표시값이 0, 1, 2가 아님", "a visibility that is not 0, 1 or 2"),
    "end-before-start": Text("끝이 시작보다 앞섬", "the end is before the start"),
    "outside-text": Text("본문 밖으로 나간 구간", "outside the text"),
    "outside-duration": Text("재생 시간 밖으로 나간 구간", "outside the duration"),
    "transcript-empty": Text("빈 전사문", "an empty transcript"),
    "item-size-differs": Text("라벨의 이미지 크기가 실제와 다름", "the item's size in the label file is not its own"),
    "duplicate-label": Text("같은 라벨이 두 번 있음", "the same label twice"),
    "item-of-another-file": Text("파일 이름과 다른 원천데이터의 라벨", "of another item than its file is named after"),
}  # fmt: skip

PAIR_FAULTS: Final[Mapping[str, Text]] = {
    "label-without-item": Text("원천데이터가 없는 라벨 파일", "a label file without its sample"),
    "item-without-label": Text("라벨 파일이 없는 원천데이터", "a sample without its label file"),
    "wrong-folder": Text("짝과 다른 폴더에 있는 라벨 파일", "a label file in another folder than its sample's"),
    "duplicate-stem": Text("같은 이름의 파일이 이미 있음", "another file has its name"),
    "zero-bytes": Text("빈 파일", "empty file"),
}
