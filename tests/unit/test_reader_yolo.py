"""YOLO files: boxes, polygons, keypoints in ratios, and lines that are none of them."""

from __future__ import annotations

import pytest
from support.labels import codes, read, write

from include.deliveries.readers import Limits


def test_boxes_and_polygons(tmp_path):
    path = write(tmp_path, "0 0.5 0.25 0.5 0.5\n1 0 0 1 0 1 0.5\r\n\n", "귤 1.txt")
    labels, defects = read("yolo", path, classes=["귤", "배"])
    assert defects == []
    assert labels == [
        {"item_id": "귤 1", "label": "귤", "kind": "box", "x": 0.25, "y": 0.0, "width": 0.5, "height": 0.5, "area": 0.25,
         "aspect": 1.0, "item_width": 1, "item_height": 1, "row": 0, "pointer": "line 1"},
        {"item_id": "귤 1", "label": "배", "kind": "polygon", "points": [[0, 0, 1, 0, 1, 0.5]], "x": 0, "y": 0, "width": 1,
         "height": 0.5, "area": 0.25, "aspect": 2.0, "item_width": 1, "item_height": 1, "row": 1, "pointer": "line 2"},
    ]  # fmt: skip


def test_without_names_the_index_is_the_label(tmp_path):
    assert read("yolo", write(tmp_path, "12 .5 0.5 1 1", "a.txt"))[1][0].code == "bad-number"
    labels, _ = read("yolo", write(tmp_path, "12 0.5 0.5 1 1", "a.txt"))
    assert labels[0]["label"] == "12"


def test_keypoints_and_confidence(tmp_path):
    path = write(tmp_path, "0 0.5 0.5 1 1 0.1 0.2 2 0.3 0.4 0", "a.txt")
    labels, defects = read("yolo", path, keypoints={"count": 2})
    assert (labels[0]["kind"], labels[0]["points"], defects) == ("keypoints", [[0.1, 0.2, 2, 0.3, 0.4, 0]], [])
    assert labels[0]["width"] == 1
    labels, _ = read("yolo", write(tmp_path, "0 0.5 0.5 1 1 0.1 0.2", "a.txt"), keypoints={"count": 1, "values": 2})
    assert labels[0]["points"] == [[0.1, 0.2, 2.0]]
    labels, _ = read("yolo", write(tmp_path, "0 0.5 0.5 1 1 0.75", "a.txt"), confidence=True)
    assert (labels[0]["value"], labels[0]["kind"]) == (0.75, "box")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("0", "line-fields"),
        ("0 1 1 1", "line-fields"),
        ("0 1 1 1 1 1", "line-fields"),
        ("0 0 0 1 1 1 0 1", "line-fields"),
        ("0 1 1 1 nan", "bad-number"),
        ("0 1 1 1 1,5", "bad-number"),
        ("0 1 1 1 inf", "bad-number"),
        ("귤 1 1 1 1", "bad-number"),
        ("0.5 1 1 1 1", "wrong-type"),
        ("-1 1 1 1 1", "unknown-category"),
        ("2 1 1 1 1", "unknown-category"),
        ("1e400 1 1 1 1", "bad-number"),
        ("9" * 500 + " 1 1 1 1", "bad-number"),
    ],
)
def test_a_wrong_line_keeps_its_row(tmp_path, line, code):
    labels, defects = read("yolo", write(tmp_path, f"{line}\n1 0.5 0.5 1 1\n", "a.txt"), classes=["a", "b"])
    assert codes(defects) == [(code, 0, "line 1")]
    assert [label["row"] for label in labels] == [0, 1]
    assert labels[1]["label"] == "b"


def test_a_file_of_no_labels_is_no_defect(tmp_path):
    for text in ("", "\n", " \n\n"):
        assert read("yolo", write(tmp_path, text, "a.txt")) == ([], [])


def test_a_line_without_end(tmp_path):
    labels, defects = read("yolo", write(tmp_path, "1 " * 100_000, "a.txt"), limits=Limits(record_chars=1000))
    assert (labels, codes(defects)) == ([], [("too-large", -1, "line 1")])


def test_bytes_that_are_no_text(tmp_path):
    _, defects = read("yolo", write(tmp_path, b"\xff\xfe\xfd", "a.txt"))
    assert [found.code for found in defects] == ["undecodable"]
