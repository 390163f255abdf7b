"""Every defect a reader can report: its code, its error list and its meaning in Korean and English.

The one place that makes `Defect` values, so that no code exists outside the table. A detail may hold counts, offsets
and column positions, never a value of the data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from checks.batch import Defect, DefectList

POINTER_CHARS = 200
"""A pointer is cut here: keys of a hostile JSON file can be megabytes long."""


@dataclass(frozen=True, slots=True)
class Code:
    """A defect code: `list` is the Korean programmes' error list; `ko`, `en` its meaning."""

    list: DefectList
    ko: str
    en: str


CODES: Mapping[str, Code] = MappingProxyType({
    # any format
    "empty-file": Code("file", "파일이 비어 있음 (내용 또는 머리글 없음)", "the file is empty (no content, or no header)"),
    "no-records": Code("file", "파일에 레코드가 하나도 없음", "the file holds no record"),
    "truncated": Code("file", "파일이 중간에 끊김", "the file ends in the middle"),
    "too-large": Code("file", "읽기 한도를 넘는 크기", "larger than the limit for reading"),
    "duplicate-column": Code("structure", "열 이름 중복 (첫 열만 사용)", "a column name occurs twice (the first is used)"),
    "too-many-columns": Code("structure", "열 수가 한도를 넘음", "more columns than the limit"),
    # text
    "undecodable": Code("file", "문자 인코딩을 해석할 수 없음", "the bytes are not text in the encoding expected"),
    "unsupported-encoding": Code("file", "지원하지 않는 문자 인코딩", "a text encoding that is not supported"),
    "nul-character": Code("file", "텍스트 파일에 NUL 문자가 있음", "a NUL character in a text file"),
    # csv, tsv
    "blank-header": Code("structure", "이름 없는 열", "a column without a name"),
    "field-count": Code("structure", "행의 필드 수가 머리글과 다름", "a row with another number of fields than the header"),
    "stray-quote": Code("format", "닫는 따옴표 뒤에 문자가 있음", "text after a closing quote"),
    "unterminated-quote": Code("format", "따옴표가 닫히지 않음", "a quote that is never closed"),
    # json, jsonl
    "invalid-json": Code("format", "JSON 문법 오류", "not valid JSON"),
    "trailing-data": Code("format", "JSON 값 뒤에 내용이 더 있음", "more text after the JSON value"),
    "duplicate-key": Code("format", "JSON 객체의 키 중복", "a key occurs twice in a JSON object"),
    "not-a-number": Code("format", "NaN 또는 Infinity는 JSON이 아님", "NaN or Infinity, which JSON does not have"),
    "number-out-of-range": Code("format", "표현할 수 없는 크기의 수", "a number beyond what can be represented"),
    "lone-surrogate": Code("format", "짝이 없는 서로게이트 문자", "half of a surrogate pair, which is no character"),
    "too-deep": Code("format", "중첩이 한도보다 깊음", "nested deeper than the limit"),
    "not-an-object": Code("structure", "레코드가 JSON 객체가 아님", "a record that is not a JSON object"),
    "records-absent": Code("structure", "레코드 위치에 배열이나 객체가 없음", "no array or object where the records should be"),
    # parquet
    "not-parquet": Code("format", "Parquet 파일이 아님", "not a Parquet file"),
    "encrypted": Code("file", "암호화된 파일", "an encrypted file"),
    "unsupported-schema": Code("file", "지원하지 않는 Parquet 스키마", "a Parquet schema that is not supported"),
    "corrupt-footer": Code("file", "Parquet 바닥글 손상", "a Parquet footer that cannot be read"),
    "corrupt-data": Code("file", "Parquet 데이터 손상", "Parquet data that cannot be read"),
    "row-count": Code("file", "바닥글의 행 수와 실제 행 수가 다름", "another number of rows than the footer says"),
    "undecodable-value": Code("format", "UTF-8이 아닌 문자열 값", "a string value that is not UTF-8"),
    # xlsx
    "not-xlsx": Code("format", "XLSX 파일이 아님", "not an XLSX workbook"),
    "corrupt-workbook": Code("file", "XLSX 파일 손상", "a workbook that cannot be read"),
    "sheet-absent": Code("structure", "계약한 시트가 없음", "the sheet that was agreed is not there"),
    "several-sheets": Code("structure", "자료가 있는 시트가 여럿 (첫 시트만 사용)", "several sheets have cells (the first is used)"),
    "cell-error": Code("format", "오류 값이 든 셀 (#N/A 등)", "a cell that holds an error such as #N/A"),
    "formula-without-value": Code("format", "계산 결과가 저장되지 않은 수식", "a formula whose result is not stored"),
    "bad-cell": Code("format", "읽을 수 없는 셀 값", "a cell that cannot be read"),
    "merged-cells": Code("structure", "병합된 셀 (첫 셀에만 값이 있음)", "merged cells (only the first has the value)"),
    # archives and their members
    "archive-corrupt": Code("file", "압축 파일 손상 또는 형식이 아님", "not an archive, or a damaged one"),
    "archive-truncated": Code("file", "압축 파일이 중간에 끊김", "an archive that ends in the middle"),
    "archive-unsupported": Code("file", "지원하지 않는 압축 파일 (분할 압축 등)", "an archive of a kind that is not read"),
    "archive-empty": Code("file", "압축 파일에 파일이 하나도 없음", "an archive without any member"),
    "archive-bomb": Code("file", "압축 해제 한도를 넘음 (압축 폭탄)", "it unpacks to more than the limits allow"),
    "member-name": Code("file", "쓸 수 없는 파일 이름 (압축 파일 안)", "a member whose name no file may have"),
    "member-encoding": Code("file", "이름의 문자 인코딩을 해석할 수 없음", "a member whose name is not text in its encoding"),
    "member-traversal": Code("file", "상위 폴더로 나가는 이름", "a member whose name leads out of the archive"),
    "member-absolute": Code("file", "절대 경로 이름", "a member with an absolute name"),
    "member-backslash": Code("file", "역슬래시가 든 이름", "a member with a backslash in its name"),
    "member-link": Code("file", "링크 (파일이 아님)", "a member that is a link"),
    "member-device": Code("file", "장치 등 특수 파일", "a member that is a device or the like"),
    "member-encrypted": Code("file", "암호가 걸린 파일", "an encrypted member"),
    "member-unsupported": Code("file", "지원하지 않는 압축 방식", "a member packed in a way that is not read"),
    "member-duplicate": Code("file", "압축 파일 안에서 이름 중복 (첫 파일만 사용)", "a member's name occurs twice (the first is used)"),
    "member-twins": Code("file", "대소문자만 다른 이름", "another member's name differs only in case"),
    "member-overlap": Code("file", "다른 파일과 겹치는 자료", "a member whose bytes overlap another's"),
    "member-size": Code("file", "기록된 크기와 실제 크기가 다름", "a member of another size than it declares"),
    "member-checksum": Code("file", "검사합(CRC) 불일치", "a member whose bytes do not match their checksum"),
    "member-corrupt": Code("file", "압축을 풀 수 없는 파일", "a member that cannot be unpacked"),
    "member-nested": Code("file", "압축 파일 안의 압축 파일 (열지 않음)", "an archive within an archive, which is not opened"),
    # label files
    "wrong-type": Code("structure", "합의한 자료형이 아닌 값", "a value of another type than agreed"),
    "key-absent": Code("structure", "있어야 할 키 또는 요소가 없음", "a key or element that must be there is not"),
    "coordinate-count": Code("structure", "좌표 개수가 맞지 않음", "a wrong number of coordinates"),
    "bad-mask": Code("structure", "마스크(RLE)를 해석할 수 없음", "a mask that is no run lengths of its image"),
    "other-geometry": Code("structure", "계약과 다른 종류의 도형", "a geometry of another kind than agreed"),
    "unknown-image": Code("structure", "파일에 없는 이미지를 가리킴", "a reference to an image the file does not have"),
    "unknown-category": Code("structure", "목록에 없는 클래스를 가리킴", "a reference to a class that is not listed"),
    "duplicate-id": Code("structure", "식별자 중복 (첫 항목만 사용)", "an id occurs twice (the first is used)"),
    "unsupported-label": Code("structure", "지원하지 않는 종류의 라벨", "a kind of label that is not supported"),
    "path-mismatch": Code("structure", "경로가 계약의 형식과 다름", "a path that is not of the form agreed"),
    "schema-violation": Code("structure", "계약의 JSON 스키마에 맞지 않음", "not as the JSON Schema of the contract says"),
    "bad-number": Code("format", "수가 아닌 값", "a value that is no number"),
    "line-fields": Code("format", "라벨 줄의 값 개수가 형식과 다름", "a label line with a wrong number of values"),
    "duplicate-element": Code("structure", "XML 요소 중복 (첫 요소만 사용)", "an XML element occurs twice (the first is used)"),
    "invalid-xml": Code("format", "XML 문법 오류", "not valid XML"),
    "xml-entity": Code("format", "XML 개체(엔터티) 선언은 허용하지 않음", "an XML entity declaration, which is not allowed"),
    # media
    "not-an-image": Code("format", "이미지 형식이 아님", "not an image of a format that is read"),
    "extension-mismatch": Code("format", "확장자와 실제 형식이 다름", "the name's ending says another format than the content"),
    "image-corrupt": Code("file", "이미지 자료 손상", "an image whose data does not decode whole"),
    "image-metadata": Code("file", "이미지 부가 정보 손상 (화소는 온전함)", "an image whose metadata do not hold, though its pixels do"),
    "image-bomb": Code("file", "화소 수 등이 읽기 한도를 넘는 이미지", "an image that unpacks to more than the limit"),
    "not-audio": Code("format", "음성 형식이 아님", "not a recording of a format that is read"),
    "audio-unsupported": Code("file", "지원하지 않는 음성 형식", "a recording of a kind that is not read"),
    "audio-corrupt": Code("file", "음성 자료 손상", "a recording whose data does not decode whole"),
    "audio-length": Code("file", "머리글의 길이와 실제 자료의 길이가 다름", "a recording whose header and data differ in length"),
    "not-a-video": Code("format", "영상 형식이 아님", "not a video of a format that is read"),
    "video-corrupt": Code("file", "영상 자료 손상", "a video whose data does not decode whole"),
    # transcripts and spans
    "dual-transcription": Code("format", "(철자)/(발음) 전사의 구분 기호 오류", "a double transcription whose delimiters do not match"),
    "bad-tag": Code("structure", "BIO 태그가 아님", "a tag that is neither O nor B- or I- with a class"),
    "broken-sequence": Code("structure", "앞이 없는 I- 태그", "an I- tag that continues nothing"),
    "outside-text": Code("structure", "본문 밖을 가리키는 구간", "a span that reaches beyond its text"),
    "surface-differs": Code("structure", "구간의 글자가 표면형과 다름", "a span whose text is not its surface form"),
    "surface-normalization": Code("structure", "표면형이 유니코드 정규화만 다름", "a span whose text is its surface form but for Unicode normalization"),
})  # fmt: skip


def defect(file: str, code: str, *, row: int = -1, pointer: str = "", detail: str = "") -> Defect:
    """The Defect of a code at a place; its message is the English meaning and the detail."""
    known = CODES[code]
    message = f"{known.en}: {detail}" if detail else known.en
    return Defect(file, row, pointer[:POINTER_CHARS], known.list, code, message)
