"""Planted defects of spans and transcripts: each told once, by the reader or beside the item, at its pointer."""

from __future__ import annotations

import json
import math
import unicodedata
import wave
from pathlib import Path

from include.assessment import Source, assess
from include.deliveries.progress import silent
from include.settings import Settings

HEAD = """\
apiVersion: v3.1.0
kind: DataContract
id: 1-014-046-NL
version: 1.0.0
status: active
name: spans
customProperties: [{property: programme, value: ai-data-processing-voucher}]
schema:
"""


def faults(home: Path, objects: str) -> tuple[dict, dict]:
    settings = Settings(scratch=home.parent / "scratch", jobs=1)
    found = assess(Source(home.as_uri()), (HEAD + objects).encode(), settings, silent)
    rows = {row["rule"]: row for row in json.loads(found.report.data)["checks"]}
    row = rows["annotations.label-validity"]
    shares = next(table["rows"] for table in row["detail"] if table["name"] == "denominators")
    return {(e["file"], e["pointer"]): e["value"] for e in row["failures"]["examples"]}, {r[0]: r[1:3] for r in shares}


def test_spans(tmp_path: Path) -> None:
    text = "서울시 강남구에 산다"
    right = {"id": 1, "form": "서울시", "label": "LC", "begin": 0, "end": 3}
    spans = [
        right,
        {**right, "id": 2, "form": "강남", "begin": 4, "end": 7},
        {**right, "id": 3, "form": unicodedata.normalize("NFD", "강남구"), "begin": 4, "end": 7},
        {**right, "id": 4, "form": "산다", "begin": 9, "end": 99},
        {**right, "id": 5, "form": "강남구", "begin": 4, "end": 7, "label": ""},
        {**right, "id": 6},
        {"id": 7, "form": "에", "label": "LC", "begin": 7},
    ]
    document = {"document": [{"sentence": [{"id": "s1", "form": text, "NE": spans}]}]}
    home = tmp_path / "in"
    home.mkdir()
    (home / "s1.txt").write_text(text)
    (home / "ne.json").write_text(json.dumps(document))
    objects = '  - {name: items, physicalType: text, physicalName: "*.txt"}\n  - {name: annotations, physicalType: ner, physicalName: "*.json"}\n'
    found, shares = faults(home, objects)
    at = "/document/0/sentence/0/NE"
    assert found == {
        ("ne.json", f"{at}/1"): "surface-differs",
        ("ne.json", f"{at}/2"): "surface-normalization",
        ("ne.json", f"{at}/3"): "outside-text",
        ("ne.json", f"{at}/4"): "class-absent",
        ("ne.json", f"{at}/5"): "duplicate-label",
        ("ne.json", f"{at}/6/end"): "key-absent",
    }
    assert shares["objects"] == [7, 6]


def sound(path: Path, seconds: float) -> None:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        samples = (int(9000 * math.sin(i / 9)) for i in range(int(8000 * seconds)))
        out.writeframes(b"".join(s.to_bytes(2, "little", signed=True) for s in samples))


def test_transcripts_and_times(tmp_path: Path) -> None:
    home = tmp_path / "in"
    home.mkdir()
    for name in "ab":
        sound(home / f"{name}.wav", 1.5)
    parts = [(0, 1, "네"), (1, 1.505, "예"), (1, 1.6, "응"), (0.9, 0.5, "아"), (0.2, 0.4, " "), (0, 1, "네")]
    segments = [{"from": start, "to": end, "said": said} for start, end, said in parts]
    (home / "a.json").write_text(json.dumps({"segments": segments}))
    (home / "b.json").write_text(
        json.dumps({"segments": [{"from": 0, "to": 1, "said": None}, {"from": 0, "to": "1", "said": "네"}]})
    )
    reader = "{objects: /segments, text: /said, start: /from, end: /to, kind: transcript}"
    custom = f"customProperties: [{{property: reader, value: {reader}}}, {{property: pairing, value: {{rule: stem}}}}]"
    objects = f'  - {{name: items, physicalType: audio, physicalName: "*.wav"}}\n  - {{name: annotations, physicalType: aihub, physicalName: "*.json", {custom}}}\n'
    found, shares = faults(home, objects)
    assert found == {
        ("a.json", "/segments/2"): "outside-duration",
        ("a.json", "/segments/3"): "end-before-start",
        ("a.json", "/segments/4"): "transcript-empty",
        ("a.json", "/segments/5"): "duplicate-label",
        ("b.json", "/segments/0"): "transcript-empty",
        ("b.json", "/segments/1/to"): "wrong-type",
    }
    assert shares == {"files": [2, 2], "objects": [8, 6], "values": [24, 6]}
