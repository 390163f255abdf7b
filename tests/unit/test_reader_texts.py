"""Labels of text and speech: transcripts with their marks, named entities beside their sentence, CoNLL columns."""

from __future__ import annotations

import json
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

import pytest

from checks.batch import Defect
from include.contracts.model import ObjectSpec
from include.deliveries.readers import reader_for
from include.deliveries.readers.labels.ner import span_fault
from include.deliveries.readers.labels.transcript import unmarked

SHARED = Path(__file__).parents[2] / "../shared/data/audio/azure-ko/audio-and-trans.zip"


def read(
    fmt: str, data: bytes | str, folder: Path, name: str = "a.txt", **options: Any
) -> tuple[list[dict], list[tuple]]:
    """Labels without their nulls, and defects as (code, row, pointer)."""
    path = folder / "file"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    rows, defects = [], []
    for found in reader_for(fmt).read(path, name, ObjectSpec("annotations", fmt, "**", (), options)):
        if isinstance(found, Defect):
            defects.append((found.code, found.row, found.pointer))
        else:
            pointers = found.pointers.to_pylist()
            for row, pointer, index in zip(found.table.to_pylist(), pointers, found.row_index().tolist(), strict=True):
                rows.append({k: v for k, v in row.items() if v is not None} | {"at": pointer, "row": index})
    return rows, defects


def test_one_transcript_a_file_in_cp949(tmp_path):
    rows, defects = read("transcript", "똠방각하 안녕\r\n".encode("cp949"), tmp_path, "말뭉치/KsponSpeech_000001.txt")
    assert defects == []
    assert rows == [
        {"item_id": "KsponSpeech_000001", "kind": "transcript", "text": "똠방각하 안녕", "at": "", "row": 0}
    ]


def test_a_list_with_a_mark_and_blank_lines(tmp_path):
    data = "\ufeffa.wav\t가나다\n\nsub/b.wav\t라마\nc.wav\n한\td.wav\t둘\ne.wav\t\n"
    rows, defects = read("transcript", data, tmp_path, "trans.txt", layout="list")
    assert [(row["item_id"], row["text"], row["at"]) for row in rows] == [
        ("a", "가나다", "line 1"), ("b", "라마", "line 3"), ("e", "", "line 6"),
    ]  # fmt: skip
    assert defects == [("line-fields", 2, "line 4"), ("line-fields", 3, "line 5")]


@pytest.mark.parametrize(
    ("data", "options"),
    [
        ("file,speaker,text\na.wav,s1,\"가, 나\"\n", {"delimiter": "comma", "columns": {"item": 0, "text": 2}, "header": True}),
        ("a.pcm :: 가, 나\n", {"delimiter": "colons"}),
        ("s1|가, 나|a.wav\n", {"delimiter": "pipe", "columns": {"item": 2, "text": 1}}),
    ],
)  # fmt: skip
def test_other_lists(tmp_path, data, options):
    rows, defects = read("transcript", data, tmp_path, layout="list", **options)
    assert ([(row["item_id"], row["text"]) for row in rows], defects) == ([("a", "가, 나")], [])


def test_a_quote_that_is_not_closed(tmp_path):
    rows, defects = read("transcript", 'a,"가\n', tmp_path, layout="list", delimiter="comma")
    assert (rows, defects) == ([], [("line-fields", 0, "line 1")])


DUAL = "그게 (0.1프로)/(영 점 일 프로) 가정의 (70%)/(칠십 프로) 이상"


def test_double_transcription_gives_the_side_agreed(tmp_path):
    rows, defects = read("transcript", DUAL, tmp_path, dual="spelling")
    assert (rows[0]["text"], defects) == ("그게 0.1프로 가정의 70% 이상", [])
    assert json.loads(rows[0]["attributes"]) == {"pronunciation": "그게 영 점 일 프로 가정의 칠십 프로 이상"}
    rows, _ = read("transcript", DUAL, tmp_path, dual="pronunciation")
    assert rows[0]["text"] == "그게 영 점 일 프로 가정의 칠십 프로 이상"
    assert json.loads(rows[0]["attributes"]) == {"spelling": "그게 0.1프로 가정의 70% 이상"}
    rows, defects = read("transcript", DUAL, tmp_path)
    assert (rows[0]["text"], "attributes" in rows[0], defects) == (DUAL, False, [])


@pytest.mark.parametrize(
    "text",
    ["(70%)(칠십 프로)", "(70%)/칠십 프로", "(70%)/ (칠십 프로)", "(70%/(칠십 프로)", "70%)/(칠십 프로)", "()/(칠십)", "(70%)/()", "(웃음)"],
)  # fmt: skip
def test_delimiters_that_do_not_match_are_a_defect_and_nothing_is_repaired(tmp_path, text):
    rows, defects = read("transcript", f"앞 {text} 뒤", tmp_path, dual="spelling")
    assert rows[0]["text"] == f"앞 {text} 뒤"
    assert defects == [("dual-transcription", 0, "")]


@pytest.mark.parametrize(
    ("text", "bare", "marks"),
    [
        ("b/ 아/ 몬 소리야, 그건 또. b/", "아 몬 소리야, 그건 또.", {"/": 1, "b/": 2}),
        ("그+ 그래서 n/ 나는* l/", "그 그래서 나는", {"*": 1, "+": 1, "l/": 1, "n/": 1}),
        ("o/ 어/+ 그 u/ 음", "어 그 음", {"+": 1, "/": 1, "o/": 1, "u/": 1}),
        ("1/2 a+b *별 w/ 3 * 4", "1/2 a+b *별 w 3 * 4", {"/": 1}),
        ("표시  없음", "표시  없음", {}),
    ],
)
def test_marks_of_kspon_speech(tmp_path, text, bare, marks):
    assert unmarked(text) == (bare, marks)
    rows, _ = read("transcript", text, tmp_path, marks="drop")
    assert rows[0]["text"] == bare
    assert json.loads(rows[0].get("attributes", "{}")) == ({"marks": marks} if marks else {})


@pytest.mark.skipif(not SHARED.exists(), reason="the shared recordings are not here")
def test_azure_transcripts(tmp_path):
    with zipfile.ZipFile(SHARED) as archive:
        data = archive.read("trans.txt")
    rows, defects = read("transcript", data, tmp_path, "trans.txt", layout="list")
    assert ([row["item_id"] for row in rows], defects) == (["audio1", "audio2"], [])
    assert rows[0]["text"].startswith("데이터, 모델, 테스트 및 끝점")


def nikl(form: str, *entities: dict[str, Any]) -> str:
    sentence = {"id": "D.1.1", "form": form, "NE": list(entities)}
    return json.dumps({"id": "D", "document": [{"id": "D.1", "sentence": [sentence]}]}, ensure_ascii=False)


def entity(begin: Any, end: Any, form: str, **more: Any) -> dict[str, Any]:
    return {"id": 1, "form": form, "label": "PS", "begin": begin, "end": end, **more}


def test_entities_beside_their_sentence(tmp_path):
    rows, defects = read(
        "ner", nikl("이순신은 서울에서", entity(0, 3, "이순신"), entity(5, 7, "서울", label="LC")), tmp_path
    )
    assert defects == []
    assert [(r["item_id"], r["label"], r["start"], r["end"], r["text"], r["kind"], r["object_id"]) for r in rows] == [
        ("D.1.1", "PS", 0, 3, "이순신", "span", "1"), ("D.1.1", "LC", 5, 7, "서울", "span", "1"),
    ]  # fmt: skip
    assert rows[1]["at"] == "/document/0/sentence/0/NE/1"


def test_entities_that_do_not_hold(tmp_path):
    at = "/document/0/sentence/0/NE/"
    wrong = [entity(0, 4, "이순신"), entity(5, 99, "서울"), entity(-1, 3, "이순신"), entity("0", 3, "이순신")]
    rows, defects = read("ner", nikl("이순신은 서울에서", *wrong), tmp_path)
    assert len(rows) == 4
    assert defects == [
        ("surface-differs", 0, at + "0"), ("outside-text", 1, at + "1"), ("outside-text", 2, at + "2"), ("wrong-type", 3, at + "3/begin"),
    ]  # fmt: skip


def test_offsets_and_unicode_forms():
    text, nfd = "각도와 한국", unicodedata.normalize("NFD", "각도와 한국")
    assert span_fault(text, 4, 6, "한국") is None
    assert (
        span_fault(nfd, nfd.index(unicodedata.normalize("NFD", "한국")), len(nfd), unicodedata.normalize("NFD", "한국"))
        is None
    )
    assert span_fault(text, 4, 6, unicodedata.normalize("NFD", "한국")) == "surface-normalization"
    assert span_fault(nfd, 4, 6, "한국") == "surface-normalization"
    assert span_fault(text, 3, 6, "한국") == "surface-differs"
    assert span_fault(text, None, 6, "한국") is None
    assert span_fault(text, 4.5, 6, "한국") is None


def test_a_layout_of_its_own(tmp_path):
    data = {"data": [{"key": 7, "text": "서울 간다", "spans": [{"tag": "LC", "s": 0, "e": 2}]}]}
    options = {"documents": "/data/*", "item": "#/key", "sentence": "/text", "objects": "/spans", "label": "/tag", "start": "/s", "end": "/e"}  # fmt: skip
    rows, defects = read("ner", json.dumps(data), tmp_path, **options)
    assert [(r["item_id"], r["label"], r["start"], r["end"]) for r in rows] == [("7", "LC", 0, 2)]
    assert defects == []


def test_text_classification_is_read_by_pointers(tmp_path):
    data = {"data": [{"id": "r1", "text": "좋다", "label": "긍정"}, {"id": "r2", "text": "싫다"}]}
    options = {"documents": "/data/*", "item": "#/id", "label": "/label"}
    rows, defects = read("aihub", json.dumps(data), tmp_path, **options)
    assert [(r["item_id"], r.get("label"), r["kind"]) for r in rows] == [("r1", "긍정", "class"), ("r2", None, "class")]
    assert defects == [("key-absent", 1, "/data/1/label")]


KLUE = """## klue-ner-v1_dev_00000-nsmc\t<경찰:PS> 왔다
경\tB-PS
찰\tI-PS
 \tO
왔\tO
다\tO

## klue-ner-v1_dev_00001-wikitree\t<a:OG><b:OG>
가\tB-OG
나\tB-OG
다\tI-OG
"""


def test_klue_tags_characters(tmp_path):
    rows, defects = read("conll", KLUE, tmp_path, "klue.tsv", level="character", delimiter="tab", comment="## ")
    assert defects == []
    assert [(r["item_id"], r["label"], r["start"], r["end"], r["text"], r["at"]) for r in rows] == [
        ("klue-ner-v1_dev_00000-nsmc", "PS", 0, 2, "경찰", "line 2"),
        ("klue-ner-v1_dev_00001-wikitree", "OG", 0, 1, "가", "line 9"),
        ("klue-ner-v1_dev_00001-wikitree", "OG", 1, 3, "나다", "line 10"),
    ]
    assert [r["row"] for r in rows] == [0, 1, 2]


def test_conll_of_words(tmp_path):
    data = "-DOCSTART- -X- O O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\nGerman JJ B-NP B-MISC\ncall NN I-NP I-MISC\n\n\nPeter NNP B-NP B-PER"
    rows, defects = read("conll", data, tmp_path, "x/eng.testa")
    assert defects == []
    assert [(r["item_id"], r["label"], r["start"], r["end"], r["text"]) for r in rows] == [
        ("eng#1", "ORG", 0, 2, "EU"), ("eng#1", "MISC", 11, 22, "German call"), ("eng#2", "PER", 0, 5, "Peter"),
    ]  # fmt: skip


def test_sequences_that_do_not_hold(tmp_path):
    data = "가 I-PS\n나 I-PS\n다 O\n라 B-LC\n마 I-OG\n바 X-PS\n사 B-\n아\n자 B-PS\n"
    rows, defects = read("conll", data, tmp_path, "a.txt")
    assert [(r["label"], r["text"]) for r in rows] == [("PS", "가 나"), ("LC", "라"), ("OG", "마"), ("PS", "자")]
    assert sorted(defects) == [
        ("bad-tag", -1, "line 6"), ("bad-tag", -1, "line 7"), ("broken-sequence", 0, "line 1"), ("broken-sequence", 2, "line 5"),
        ("line-fields", -1, "line 8"),
    ]  # fmt: skip


def test_files_without_labels_say_so(tmp_path):
    for fmt, data in (("conll", "가 O\n나 O\n"), ("ner", nikl("가나다"))):
        assert read(fmt, data, tmp_path) == ([], [])
    for fmt in ("conll", "ner", "transcript"):
        assert read(fmt, b"", tmp_path) == ([], [("empty-file", -1, "")])
    assert read("conll", b"\xff\xff", tmp_path) == ([], [("undecodable", -1, "")])
