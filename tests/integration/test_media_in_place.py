"""Media from the delivery to the report: in archives, by several threads, with hostile names; real recordings from their zip."""

from __future__ import annotations

import io
import json
import unicodedata
import wave
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from include.assessment import Source, assess
from include.deliveries.progress import silent
from include.reports.page import render_html
from include.settings import Settings

SHARED = Path(__file__).parents[2] / "../shared/data/audio/azure-ko"


def contract(*objects: dict[str, Any]) -> bytes:
    document = {
        "apiVersion": "v3.1.0", "kind": "DataContract", "id": "1-014-046-SA", "name": "미디어", "version": "1.0.0", "status": "active",
        "schema": list(objects),
        "customProperties": [{"property": "programme", "value": "ai-data-processing-voucher"}],
    }  # fmt: skip
    return json.dumps(document, ensure_ascii=False).encode()


def of(name: str, kind: str, glob: str, rows: int, reader: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    options = [{"property": "reader", "value": reader}] if reader else []
    return {
        "name": name, "physicalType": kind, "physicalName": glob, "customProperties": options,
        "quality": [{"metric": "rowCount", "mustBe": rows}], **more,
    }  # fmt: skip


def report(folder: Path, data: bytes, home: Path, **more: Any) -> dict[str, Any]:
    settings = Settings(home=home, **{key: value for key, value in more.items() if key != "only"})
    found = assess(Source(folder.as_uri(), only=more.get("only")), data, settings, silent)
    return found.report.document


def rule(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(check for check in document["checks"] if check["rule"] == name)


@pytest.mark.skipif(not SHARED.exists(), reason="the shared recordings are not here")
def test_real_recordings_with_their_transcripts_from_their_zip(tmp_path):
    rate = {"metric": "invalidValues", "arguments": {"validValues": [16_000]}, "mustBe": 0}
    data = contract(
        of("items", "audio", "**/*.wav", 2, properties=[
            {"name": "sample_rate", "logicalType": "integer", "required": True, "quality": [rate]},
            {"name": "duration", "logicalType": "number", "logicalTypeOptions": {"minimum": 20, "maximum": 60}},
            {"name": "clipping", "logicalType": "number", "logicalTypeOptions": {"maximum": 0.01}},
        ]),
        of("annotations", "transcript", "*.zip!/trans.txt", 2, {"layout": "list"},
           relationships=[{"from": "annotations.item_id", "to": "items.item_id"}]),
    )  # fmt: skip
    document = report(SHARED, data, tmp_path, only="audio-and-trans.zip")
    assert document["verdict"] == "PASS"
    assert rule(document, "delivery.files")["population"] == 4
    assert rule(document, "annotations.label-validity")["metric"]["numerator"] == 2
    assert rule(document, "annotations.item_id.foreignKey")["verdict"] == "PASS"


def jpeg(seed: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (60, 80, 3), np.uint8)).save(buffer, "JPEG")
    return buffer.getvalue()


HOSTILE = [
    "<script>alert(1)</script>.jpg",
    "<img src=x onerror=alert(2)>.jpg",
    "=cmd|' !A0'.jpg",
    "\u202egpj.exe.jpg",
    "zero\u200bwidth\ufeff.jpg",
    "🧡😀 한글.jpg",
    unicodedata.normalize("NFD", "각도와 한국") + ".jpg",
    "\N{COMBINING ACUTE ACCENT}" * 200 + ".jpg",
    "가" * 300 + ".jpg",
    "%00%0a%2e%2e.jpg",
    "{{7*7}}${7*7}.jpg",
]


def test_hostile_member_names_are_data_and_nothing_else(tmp_path):
    folder = tmp_path / "delivery"
    folder.mkdir()
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        for number, name in enumerate(HOSTILE):
            archive.writestr(name, jpeg(number)[:-20])  # each is cut, so that each is named in the report
    document = report(folder, contract(of("items", "image", "**/*.jpg", len(HOSTILE))), tmp_path / "home")
    found = rule(document, "items.readable")
    assert {one["file"] for one in found["failures"]["examples"]} == {
        f"a.zip!/{unicodedata.normalize('NFC', name)}" for name in HOSTILE
    }
    page = render_html(document).decode()
    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page
    assert "\u202e" not in page


def test_any_number_of_threads_shards_and_processes_gives_one_report(tmp_path, monkeypatch):
    folder = tmp_path / "delivery"
    folder.mkdir()
    with zipfile.ZipFile(folder / "labels.zip", "w") as labels, zipfile.ZipFile(folder / "images.zip", "w") as images:
        for number in range(40):
            data = jpeg(number)
            images.writestr(f"images/{number:03}.jpg", data[: len(data) - 500 * (number % 10 == 3)])
            labels.writestr(f"labels/{number:03}.txt", f"{number}번째 그림")
    for number in range(20):
        (folder / f"plain{number:02}.jpg").write_bytes(jpeg(100 + number))
    data = contract(
        of("items", "image", "**/*.jpg", 60, properties=[{"name": "phash", "logicalType": "string", "unique": True}]),
        of("texts", "text", "labels.zip!/**", 40),
    )
    first = report(folder, data, tmp_path / "h1", jobs=1)
    assert rule(first, "items.readable")["metric"]["value"] == "4"
    assert rule(first, "items.rowCount")["verdict"] == "PASS"
    assert report(folder, data, tmp_path / "h2", jobs=2, shard_bytes=20_000) == first
    monkeypatch.setattr("include.deliveries.ahead.threads", lambda: 1)
    assert report(folder, data, tmp_path / "h3", jobs=1, shard_bytes=7_000) == first


def test_one_file_may_be_an_item_and_a_label(tmp_path):
    folder = tmp_path / "delivery"
    for name in ("cat/1.jpg", "dog/2.jpg", "dog/3.jpg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(jpeg(len(name)))
    data = contract(of("items", "image", "**/*.jpg", 3), of("annotations", "image-folder", "**/*.jpg", 3))
    document = report(folder, data, tmp_path / "home")
    assert document["verdict"] == "PASS"
    assert rule(document, "delivery.files")["population"] == 3


def test_headerless_speech_with_double_transcription(tmp_path):
    folder = tmp_path / "delivery"
    folder.mkdir()
    for number, text in enumerate(["그게 (70%)/(칠십 프로) 이상", "b/ 아/ 네", "(70%)(칠십 프로)"]):
        (folder / f"K_{number}.pcm").write_bytes(b"\1\2" * 16_000)
        (folder / f"K_{number}.txt").write_bytes(text.encode("cp949"))
    data = contract(
        of("items", "audio", "*.pcm", 3, {"pcm": {"sample_rate": 16_000, "bit_depth": 16, "channels": 1}}),
        of("annotations", "transcript", "*.txt", 3, {"dual": "spelling", "marks": "drop"}),
    )
    document = report(folder, data, tmp_path / "home")
    assert rule(document, "items.readable")["verdict"] == "PASS"
    defects = next(t for t in rule(document, "annotations.readable")["detail"] if t["name"] == "defects")
    assert defects["rows"] == [["format", "dual-transcription", 1]]


def test_a_recording_that_lies_is_found_in_its_archive(tmp_path):
    folder = tmp_path / "delivery"
    folder.mkdir()
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(b"\1\0" * 16_000)
    with zipfile.ZipFile(folder / "s.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("good.wav", buffer.getvalue())
        archive.writestr("cut.wav", buffer.getvalue()[:9_999])
    document = report(folder, contract(of("items", "audio", "**/*.wav", 2)), tmp_path / "home")
    found = rule(document, "items.readable")
    assert [one["file"] for one in found["failures"]["examples"]] == ["s.zip!/cut.wav"]
    defects = next(t for t in found["detail"] if t["name"] == "defects")
    assert defects["rows"] == [["file", "truncated", 1]]
