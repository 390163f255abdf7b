"""Open Images tables: boxes, image-level labels, segments, and rows that are wrong."""

from __future__ import annotations

import pytest
from support.labels import codes, read, write

BOXES = "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded\n"


def test_boxes(tmp_path):
    path = write(tmp_path, BOXES + "a1.jpg,xclick,/m/0,0.7,0.25,0.75,0,0.5,1\r\n", "x.csv")
    labels, defects = read("openimages", path, names={"/m/0": "귤"})
    assert defects == []
    assert labels == [{
        "item_id": "a1", "label": "귤", "kind": "box", "value": 0.7, "x": 0.25, "y": 0, "width": 0.5, "height": 0.5, "area": 0.25,
        "aspect": 1, "item_width": 1, "item_height": 1, "attributes": {"Source": "xclick", "IsOccluded": "1"}, "row": 0,
        "pointer": "line 2",
    }]  # fmt: skip


def test_labels_of_images_and_segments(tmp_path):
    labels, defects = read(
        "openimages", write(tmp_path, "ImageID,Source,LabelName,Confidence\na,verification,/m/0,0\n", "x.csv")
    )
    assert (labels[0]["kind"], labels[0]["value"], defects) == ("class", 0, [])
    head = "MaskPath,ImageID,LabelName,BoxID,BoxXMin,BoxXMax,BoxYMin,BoxYMax,PredictedIoU,Clicks\n"
    labels, defects = read("openimages", write(tmp_path, head + "m.png,a,/m/1,b7,0.2,1,0.3,0.5,0.5,\n", "x.csv"))
    assert defects == []
    assert (labels[0]["kind"], labels[0]["object_id"], labels[0]["attributes"]["MaskPath"]) == ("mask", "b7", "m.png")


def test_a_decimal_comma_is_the_contracts_word(tmp_path):
    path = write(tmp_path, BOXES + 'a,,c,,"0,25","0,75","0","0,5",\n', "x.csv")
    labels, defects = read("openimages", path, decimal="comma")
    assert (labels[0]["x"], labels[0]["width"], defects) == (0.25, 0.5, [])
    _, defects = read("openimages", path)
    assert [found.code for found in defects] == ["bad-number"] * 3
    _, defects = read(
        "openimages", write(tmp_path, BOXES + 'a,,c,,"0.25","0,75","0","0,5",\n', "x.csv"), decimal="comma"
    )
    assert codes(defects) == [("bad-number", 0, "line 2, XMin")]


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("a,,c,1,0,1,0", ("field-count", "line 2")),
        ("a,,c,1,0,1,0,,", ("bad-number", "line 2, YMax")),
        ("a,,c,x,0,1,0,1,", ("bad-number", "line 2, Confidence")),
    ],
)
def test_a_wrong_row_keeps_its_index(tmp_path, row, found):
    labels, defects = read("openimages", write(tmp_path, f"{BOXES}{row}\na,,d,1,0,1,0,1,\n", "x.csv"))
    assert codes(defects) == [(found[0], 0, found[1])]
    assert (labels[-1]["label"], labels[-1]["row"]) == ("d", 1)


def test_headers_and_quotes(tmp_path):
    _, defects = read("openimages", write(tmp_path, "ImageID,LabelName,LabelName\na,b,c\n", "x.csv"))
    assert codes(defects) == [("duplicate-column", -1, "line 1")]
    labels, defects = read("openimages", write(tmp_path, "filename, label_0\na, 1\n", "x.csv"))
    assert (labels, [found.code for found in defects]) == ([], ["key-absent"] * 2)
    _, defects = read("openimages", write(tmp_path, BOXES + 'a,"x"y,c,1,0,1,0,1,\n', "x.csv"))
    assert codes(defects) == [("stray-quote", -1, "line 2")]
    assert [found.code for found in read("openimages", write(tmp_path, "", "x.csv"))[1]] == ["empty-file"]
