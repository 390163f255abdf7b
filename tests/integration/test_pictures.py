"""Pictures in the report: failing images and labels are drawn, from folders and archives; what cannot be drawn is left out."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from include.cli import app

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: 0-000-000-CV
name: pictures
version: 1.0.0
status: active
customProperties: [{property: programme, value: ai-data-processing-voucher}]
schema:
  - name: items
    physicalType: image
    physicalName: "**/*.jpg"
    properties: [{name: width, logicalType: integer, logicalTypeOptions: {minimum: 100}}]
  - name: annotations
    physicalType: coco
    physicalName: "**/*.json"
    properties: [{name: width, logicalType: number, logicalTypeOptions: {minimum: 10}}]
"""
NAMES = ("<b>good</b>.jpg", "small.jpg", "감귤.jpg")
BOXES = ([5, 5, 50, 50], [1, 1, 12, 12], [20, 30, 4, 60])


def jpeg(width: int, colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, 80), colour).save(out, "JPEG")
    return out.getvalue()


def contents() -> dict[str, bytes]:
    images = [{"id": n, "file_name": name, "width": 120, "height": 80} for n, name in enumerate(NAMES)]
    labels = [
        {"id": n, "image_id": n, "category_id": 1, "bbox": box, "area": box[2] * box[3], "iscrowd": 0}
        for n, box in enumerate(BOXES)
    ]
    document = {"images": images, "annotations": labels, "categories": [{"id": 1, "name": "감귤"}]}
    files = {f"images/{name}": jpeg(60 if name == "small.jpg" else 120, "teal") for name in NAMES}
    return {**files, "labels/instances.json": json.dumps(document, ensure_ascii=False).encode()}


def in_folder(home: Path) -> None:
    for name, data in contents().items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(data)


def in_archives(home: Path) -> None:
    for room in ("images", "labels"):
        with zipfile.ZipFile(home / f"{room}.zip", "w") as archive:
            for name, data in contents().items():
                if name.startswith(room):
                    archive.writestr(name, data)


def checked(tmp_path: Path, home: Path) -> tuple[dict, str]:
    contract = tmp_path / "contract.yaml"
    contract.write_text(CONTRACT)
    out = tmp_path / "report"
    CliRunner().invoke(app, ["check", str(home), "-c", str(contract), "-o", str(out), "--no-progress"])
    return json.loads((out / "report.json").read_bytes()), (out / "report.html").read_text()


def drawn(page: str) -> list[Image.Image]:
    return [
        Image.open(io.BytesIO(base64.b64decode(found)))
        for found in re.findall(r'src="data:image/jpeg;base64,([^"]+)"', page)
    ]


@pytest.mark.parametrize("put", [in_folder, in_archives])
def test_failing_images_and_labels_are_drawn(tmp_path, put):
    home = tmp_path / "delivery"
    home.mkdir()
    put(home)
    report, page = checked(tmp_path, home)
    failing = {row["rule"] for row in report["checks"] if row["failures"]["count"]}
    assert {"items.width.minimum", "annotations.width.minimum"} <= failing
    images = drawn(page)
    assert len(images) >= 2
    assert all(max(image.size) <= 360 for image in images)
    pixels = {pixel for image in images for _, pixel in image.convert("RGB").getcolors(1 << 20)}
    assert any(r > 180 and 60 < g < 130 and b < 60 for r, g, b in pixels)  # the outline
    assert "images/감귤.jpg" in page
    assert "<b>good</b>" not in page


def test_an_image_that_cannot_be_decoded_has_no_picture_and_changes_nothing(tmp_path):
    home = tmp_path / "delivery"
    home.mkdir()
    in_folder(home)
    (home / "images/small.jpg").write_bytes(jpeg(60, "teal")[:200])
    report, page = checked(tmp_path, home)
    assert report["verdict"] == "FAIL"
    assert len(drawn(page)) >= 1
