"""LabelMe files: the JSON of labelme, the XML of the web tool."""

from __future__ import annotations

import math

import pytest
from support.labels import codes, read, write


def document(*shapes: object, **others: object) -> dict:
    return {
        "version": "5.0",
        "imagePath": "..\\원천\\귤 1.jpg",
        "imageData": None,
        "imageWidth": 40,
        "imageHeight": 30,
        "shapes": list(shapes),
    } | others


def shape(kind: str, *points: object, **others: object) -> dict:
    return {"label": "귤", "points": list(points), "group_id": None, "shape_type": kind, "flags": {}} | others


def test_every_shape(tmp_path):
    shapes = [
        shape("polygon", [0, 0], [4, 0], [4, 4], flags={"가림": True}, group_id=3),
        shape("rectangle", [5, 6], [1, 2]),
        shape("circle", [10, 10], [13, 14]),
        shape("linestrip", [0, 0], [1, 1], [2, 0]),
        shape("point", [3, 4]),
        shape("mask", [2, 3], [6, 7], mask="iVBOR"),
    ]
    labels, defects = read("labelme", write(tmp_path, document(*shapes)))
    assert defects == []
    assert labels[0] == {
        "item_id": "귤 1", "object_id": "3", "label": "귤", "kind": "polygon", "points": [[0, 0, 4, 0, 4, 4]], "x": 0, "y": 0,
        "width": 4, "height": 4, "area": 8, "aspect": 1, "item_width": 40, "item_height": 30, "row": 0, "pointer": "/shapes/0",
        "attributes": {"flags": {"가림": True}},
    }  # fmt: skip
    assert [label["kind"] for label in labels] == ["polygon", "box", "box", "polyline", "points", "mask"]
    assert [labels[1][key] for key in ("x", "y", "width", "height")] == [1, 2, 4, 4]
    assert [labels[2][key] for key in ("x", "width")] == [5, 10]
    assert labels[2]["area"] == pytest.approx(25 * math.pi)


def test_a_rater_of_each_label(tmp_path):
    path = write(tmp_path, document(shape("point", [1, 1], by="김")))
    assert read("labelme", path, annotator={"field": "/by"})[0][0]["annotator_id"] == "김"


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        (5, [("wrong-type", "")]),
        (shape("cube", [1, 1]), [("unsupported-label", "/shape_type")]),
        (shape("polygon", [1, 1, 1], [1, 2]), [("coordinate-count", "/points/0")]),
        (shape("polygon", [1, 1, 1, 1], [1, 2]), [("coordinate-count", "/points")]),
        (shape("polygon", [1, "1"]), [("wrong-type", "/points/0/1")]),
        (shape("polygon", 4), [("wrong-type", "/points/0")]),
        (shape("rectangle", [1, 1]), [("coordinate-count", "/points")]),
        (shape("polygon") | {"points": None}, []),
        (shape("polygon") | {"points": {}}, [("wrong-type", "/points")]),
        ({"label": "x"}, [("key-absent", "/points")]),
        ({"points": [[1, 2]]}, [("key-absent", "/label")]),
    ],
)
def test_a_wrong_shape_keeps_its_row(tmp_path, wrong, found):
    labels, defects = read("labelme", write(tmp_path, document(wrong, shape("point", [1, 1]))))
    assert codes(defects) == [(code, 0, "/shapes/0" + at) for code, at in found]
    assert [label["row"] for label in labels] == [0, 1]


def test_documents_that_are_no_labelme(tmp_path):
    assert codes(read("labelme", write(tmp_path, []))[1]) == [("wrong-type", -1, "")]
    assert codes(read("labelme", write(tmp_path, {}))[1]) == [
        ("key-absent", -1, "/imagePath"),
        ("key-absent", -1, "/shapes"),
    ]
    assert codes(read("labelme", write(tmp_path, document(shapes=3)))[1]) == [("wrong-type", -1, "/shapes")]
    assert codes(read("labelme", write(tmp_path, document(imageWidth="40")))[1]) == [("wrong-type", -1, "/imageWidth")]


WEB = (
    "<annotation><filename>img1.png</filename><imagesize><nrows>77</nrows><ncols>102</ncols></imagesize>"
    "<object><name>창</name><deleted>0</deleted><id>0</id><date>25-May-2012</date><polygon><username>김</username>"
    "<pt><x>1</x><y>2</y></pt><pt><x>5</x><y>2</y></pt><pt><x>5</x><y>{}</y></pt></polygon></object>"
    "<object><name>지움</name><deleted>1</deleted></object>{}</annotation>"
)


def test_the_web_tools_xml(tmp_path):
    labels, defects = read("labelme", write(tmp_path, WEB.format(6, ""), "x.XML"))
    assert defects == []
    assert labels == [{
        "item_id": "img1", "annotator_id": "김", "object_id": "0", "label": "창", "kind": "polygon", "created_at": "25-May-2012",
        "x": 1, "y": 2, "width": 4, "height": 4, "area": 8, "aspect": 1, "item_width": 102, "item_height": 77,
        "points": [[1, 2, 5, 2, 5, 6]], "row": 0, "pointer": "/annotation/object[1]",
    }]  # fmt: skip
    _, defects = read("labelme", write(tmp_path, WEB.format("?", "<object><name>x</name></object>"), "x.xml"))
    assert codes(defects) == [
        ("bad-number", 0, "/annotation/object[1]/polygon[1]/pt[3]/y[1]"),
        ("key-absent", 1, "/annotation/object[3]/polygon"),
    ]
    _, defects = read("labelme", write(tmp_path, "<x/>", "x.xml"))
    assert codes(defects) == [("key-absent", -1, "/annotation")]
