"""CVAT files: every shape for images, tracks for video, and what is wrong with them."""

from __future__ import annotations

import numpy as np
import pytest
from pycocotools import mask as oracle
from support.labels import codes, read, write

IMAGE = '<image id="0" name="a/귤 1.jpg" width="40" height="30">'


def document(*parts: str) -> str:
    return f"<annotations><version>1.1</version>{''.join(parts)}</annotations>"


def image(*shapes: str) -> str:
    return document(IMAGE, *shapes, "</image>")


def test_every_shape(tmp_path):
    text = image(
        '<box label="귤" source="manual" occluded="1" xtl="1" ytl="2" xbr="11.5" ybr="22" z_order="0"><attribute name="색">빨강</attribute></box>',
        '<polygon label="귤" points="0,0; 4,0;4,4"/>',
        '<polyline label="선" points="0,0;4,2"/>',
        '<points label="점" points="3,4"/>',
        '<ellipse label="원" cx="10" cy="10" rx="2" ry="1"/>',
        '<tag label="전체"/>',
    )
    labels, defects = read("cvat", write(tmp_path, text, "x.xml"))
    assert defects == []
    assert labels[0] == {
        "item_id": "귤 1", "label": "귤", "kind": "box", "x": 1, "y": 2, "width": 10.5, "height": 20, "area": 210, "aspect": 0.525,
        "item_width": 40, "item_height": 30, "row": 0, "pointer": "/annotations/image[1]/box[1]",
        "attributes": {"source": "manual", "occluded": "1", "z_order": "0", "색": "빨강"},
    }  # fmt: skip
    assert [(label["kind"], label.get("points")) for label in labels[1:4]] == [
        ("polygon", [[0, 0, 4, 0, 4, 4]]), ("polyline", [[0, 0, 4, 2]]), ("points", [[3, 4]]),
    ]  # fmt: skip
    assert [labels[4][key] for key in ("kind", "x", "y", "width", "height")] == ["box", 8, 9, 4, 2]
    assert labels[4]["area"] == pytest.approx(2 * np.pi)
    assert (labels[5]["kind"], labels[5]["label"]) == ("class", "전체")


def test_masks_are_turned_into_columns(tmp_path):
    inside = np.array([[0, 1, 1, 0], [1, 1, 1, 1], [0, 0, 1, 0]], dtype=np.uint8)
    flat = inside.ravel()
    runs = np.diff([0, *(np.flatnonzero(np.diff(flat)) + 1).tolist(), flat.size]).tolist()
    text = image(f'<mask label="귤" rle="{", ".join(map(str, runs))}" left="5" top="7" width="4" height="3"/>')
    labels, defects = read("cvat", write(tmp_path, text, "x.xml"))
    assert defects == []
    pixels = np.zeros((30, 40), dtype=np.uint8)
    pixels[7:10, 5:9] = inside
    assert labels[0]["mask"] == oracle.encode(np.asfortranarray(pixels))["counts"].decode()
    assert [labels[0][key] for key in ("kind", "x", "y", "width", "height", "area")] == ["mask", 5, 7, 4, 3, 7]


def test_tracks_are_labels_frame_by_frame(tmp_path):
    box = '<box frame="{}" outside="{}" occluded="0" keyframe="1" xtl="1" ytl="1" xbr="3" ybr="3"/>'
    text = document(
        "<meta><job><original_size><width>640</width><height>480</height></original_size></job></meta>",
        f'<track id="7" label="차">{box.format(0, 0)}{box.format(1, 0)}{box.format(2, 1)}</track>',
    )
    labels, defects = read("cvat", write(tmp_path, text, "x.xml"))
    assert defects == []
    assert [(label["item_id"], label["object_id"], label["label"], label["item_width"]) for label in labels] == [
        ("frame_000000", "7", "차", 640),
        ("frame_000001", "7", "차", 640),
    ]
    assert labels[1]["pointer"] == "/annotations/track[1]/box[2]"


@pytest.mark.parametrize(
    ("shape", "found"),
    [
        ('<cuboid label="a" xtl1="1"/>', [("unsupported-label", "/cuboid[1]")]),
        ('<box label="a" xtl="1" ytl="2" xbr="x" ybr="4"/>', [("bad-number", "/box[1]/@xbr")]),
        ('<box label="a" xtl="1" ytl="2" xbr="3"/>', [("key-absent", "/box[1]/@ybr")]),
        ('<box xtl="1" ytl="2" xbr="3" ybr="4"/>', [("key-absent", "/box[1]/@label")]),
        ('<polygon label="a" points="1,2;3"/>', [("coordinate-count", "/polygon[1]/@points")]),
        ('<polygon label="a" points="1,2;3,z"/>', [("bad-number", "/polygon[1]/@points/3")]),
        ('<polygon label="a"/>', [("key-absent", "/polygon[1]/@points")]),
        ('<mask label="a" rle="1,2" left="0" top="0" width="2" height="2"/>', [("bad-mask", "/mask[1]/@rle")]),
        ('<mask label="a" rle="4" left="39" top="0" width="2" height="2"/>', [("bad-mask", "/mask[1]/@rle")]),
        ('<mask label="a" rle="-4,8" left="0" top="0" width="2" height="2"/>', [("bad-mask", "/mask[1]/@rle")]),
        ('<mask label="a" rle="1e300" left="0" top="0" width="1e300" height="1"/>', [("bad-mask", "/mask[1]/@rle")]),
        ('<mask label="a" rle="x" left="0" top="0" width="2" height="2"/>', [("bad-number", "/mask[1]/@rle/0")]),
    ],
)
def test_a_wrong_shape_keeps_its_row(tmp_path, shape, found):
    labels, defects = read("cvat", write(tmp_path, image(shape, '<tag label="b"/>'), "x.xml"))
    assert codes(defects) == [(code, 0, "/annotations/image[1]" + at) for code, at in found]
    assert (labels[-1]["label"], labels[-1]["row"]) == ("b", 1)


def test_documents_that_are_no_cvat(tmp_path):
    labels, defects = read("cvat", write(tmp_path, "<x/>", "x.xml"))
    assert (labels, codes(defects)) == ([], [("key-absent", -1, "/annotations")])
    labels, defects = read("cvat", write(tmp_path, document("<image>", '<tag label="a"/>', "</image>"), "x.xml"))
    assert codes(defects) == [("key-absent", -1, "/annotations/image[1]/@name")]
    assert "item_id" not in labels[0]
    labels, defects = read("cvat", write(tmp_path, image('<tag label="a"/>')[:-20], "x.xml"))
    assert [found.code for found in defects] == ["truncated"]


def test_what_was_whole_before_a_break_is_kept(tmp_path):
    text = document(IMAGE, '<tag label="a"/></image>', IMAGE, '<tag label="b"/>')[: -len("</annotations>")] + "<<"
    labels, defects = read("cvat", write(tmp_path, text, "x.xml"))
    assert [label["label"] for label in labels] == ["a"]
    assert [found.code for found in defects] == ["invalid-xml"]
