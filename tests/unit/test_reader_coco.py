"""COCO files: what each kind of annotation becomes, what is wrong with it and where, and any size in the same memory."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
from pycocotools import mask as oracle
from support.labels import codes, read, write

from checks.geometry import masks
from include.deliveries.readers import Limits
from include.deliveries.readers.labels import coco

IMAGES = [{"id": 1, "file_name": "a/귤 1.jpg", "width": 40, "height": 30}, {"id": 2, "file_name": "b.jpg"}]
CATEGORIES = [{"id": 7, "name": "귤"}, {"id": 8, "name": "사람", "keypoints": ["코", "눈"]}]


def document(*annotations: object, **others: object) -> dict:
    return {"images": IMAGES, "annotations": list(annotations), "categories": CATEGORIES} | others


def annotation(**others: object) -> dict:
    return {"id": 5, "image_id": 1, "category_id": 7} | others


def label_of(folder, value: dict, **options: object) -> dict:
    labels, defects = read("coco", write(folder, document(value)), **options)
    assert defects == []
    (label,) = labels
    return label


def test_a_box(tmp_path):
    label = label_of(tmp_path, annotation(bbox=[1, 2, 3.5, 4], iscrowd=0, attributes={"가림": True}, score=0.5))
    assert label == {
        "item_id": "귤 1", "object_id": "5", "label": "귤", "kind": "box", "x": 1.0, "y": 2.0, "width": 3.5, "height": 4.0,
        "area": 14.0, "aspect": 0.875, "item_width": 40, "item_height": 30, "row": 0, "pointer": "/annotations/0",
        "attributes": {"iscrowd": 0, "score": 0.5, "가림": True},
    }  # fmt: skip


@pytest.mark.parametrize(("mode", "expected"), [("stem", "귤 1"), ("name", "귤 1.jpg"), ("path", "a/귤 1.jpg")])
def test_the_item_is_named_as_the_contract_says(tmp_path, mode, expected):
    assert label_of(tmp_path, annotation(), id=mode)["item_id"] == expected


def test_polygons_and_their_box(tmp_path):
    rings = [[0, 0, 4, 0, 4, 4], [10, 10, 12, 10, 12, 12, 10, 12]]
    label = label_of(tmp_path, annotation(segmentation=rings))
    assert (label["kind"], label["points"]) == ("polygon", [[float(v) for v in ring] for ring in rings])
    assert [label[key] for key in ("x", "y", "width", "height", "area")] == [0, 0, 12, 12, 12]


def test_keypoints_say_how_many_their_class_has(tmp_path):
    label = label_of(tmp_path, annotation(category_id=8, keypoints=[1, 2, 2, 0, 0, 0], num_keypoints=1))
    assert (label["kind"], label["points"]) == ("keypoints", [[1, 2, 2, 0, 0, 0]])
    assert label["attributes"] == {"keypoints": 2, "num_keypoints": 1}


def test_captions_and_classes(tmp_path):
    caption = label_of(tmp_path, {"image_id": 2, "id": 1, "caption": "귤 세 개"})
    assert (caption["kind"], caption["text"], caption["item_id"]) == ("transcript", "귤 세 개", "b")
    assert label_of(tmp_path, annotation())["kind"] == "class"


def test_the_contract_may_choose_the_geometry(tmp_path):
    value = annotation(bbox=[0, 0, 2, 2], segmentation=[[0, 0, 2, 0, 2, 2]], keypoints=[1, 1, 1])
    assert label_of(tmp_path, value)["kind"] == "keypoints"
    for kind in ("box", "polygon", "keypoints", "class"):
        assert label_of(tmp_path, value, geometry=kind)["kind"] == kind
    _, defects = read("coco", write(tmp_path, document(annotation(segmentation=[[0, 0, 1, 1, 2, 2]]))), geometry="mask")
    assert codes(defects) == [("other-geometry", 0, "/annotations/0/segmentation")]
    _, defects = read("coco", write(tmp_path, document(annotation())), geometry="box")
    assert codes(defects) == [("key-absent", 0, "/annotations/0/bbox")]


def test_a_rater_of_each_label(tmp_path):
    label = label_of(tmp_path, annotation(attributes={"by": "김"}), annotator={"field": "/attributes/by"})
    assert label["annotator_id"] == "김"
    path = write(tmp_path, document(annotation()))
    labels, defects = read("coco", path, annotator={"field": "/by"})
    assert "annotator_id" not in labels[0]
    assert codes(defects) == [("key-absent", 0, "/annotations/0/by")]


def test_run_lengths_written_either_way_are_one_mask(tmp_path):
    pixels = np.zeros((30, 40), dtype=np.uint8)
    pixels[3:20, 5:9] = 1
    pixels[::3, 30] = 1
    packed = oracle.encode(np.asfortranarray(pixels))["counts"].decode()
    flat = pixels.flatten(order="F")
    ends = np.flatnonzero(np.diff(flat)) + 1
    runs = np.diff([0, *ends.tolist(), flat.size]).tolist()
    for counts in (packed, runs):
        label = label_of(tmp_path, annotation(segmentation={"counts": counts, "size": [30, 40]}, iscrowd=1))
        assert (label["kind"], label["mask"], label["area"]) == ("mask", packed, float(pixels.sum()))
        assert masks.decode(label["mask"]).area == pixels.sum()


@pytest.mark.parametrize(
    ("segmentation", "found"),
    [
        ({"counts": [10, 5], "size": [30, 40]}, [("bad-mask", "")]),
        ({"counts": "\x7f", "size": [30, 40]}, [("bad-mask", "")]),
        ({"counts": [1200], "size": [40, 30]}, [("bad-mask", "/size")]),
        ({"counts": [-1, 1201], "size": [30, 40]}, [("bad-mask", "/counts")]),
        ({"counts": [1.5], "size": [30, 40]}, [("bad-mask", "/counts")]),
        ({"counts": ["1200"], "size": [30, 40]}, [("wrong-type", "/counts/0")]),
        ({"size": [30, 40]}, [("key-absent", "/counts")]),
        ({"counts": [1200]}, [("key-absent", "/size")]),
        ({"counts": [1200], "size": [30]}, [("coordinate-count", "/size")]),
        ([[0, 0, 1]], [("coordinate-count", "/0")]),
        ([[0, 0, 1, "1"]], [("wrong-type", "/0/3")]),
        ([0, 0, 1, 1], [("wrong-type", f"/{i}") for i in range(4)]),
        ("x", [("wrong-type", "")]),
    ],
)
def test_broken_segmentations(tmp_path, segmentation, found):
    labels, defects = read("coco", write(tmp_path, document(annotation(segmentation=segmentation))))
    assert codes(defects) == [(code, 0, "/annotations/0/segmentation" + at) for code, at in found]
    assert "mask" not in labels[0]


@pytest.mark.parametrize(
    ("change", "code", "at"),
    [
        ({"image_id": 99}, "unknown-image", "/image_id"),
        ({"image_id": "1.5"}, "unknown-image", "/image_id"),
        ({"image_id": 1.0}, "wrong-type", "/image_id"),
        ({"category_id": 99}, "unknown-category", "/category_id"),
        ({"category_id": True}, "wrong-type", "/category_id"),
        ({"bbox": [1, 2, 3]}, "coordinate-count", "/bbox"),
        ({"bbox": [1, 2, 3, "4"]}, "wrong-type", "/bbox/3"),
        ({"bbox": [1, 2, None, 4]}, "wrong-type", "/bbox/2"),
        ({"bbox": {}}, "wrong-type", "/bbox"),
        ({"bbox": [1, 2, 3, 10**400]}, "number-out-of-range", "/bbox/3"),
        ({"area": "12"}, "wrong-type", "/area"),
        ({"keypoints": [1, 2]}, "coordinate-count", "/keypoints"),
        ({"caption": 5}, "wrong-type", "/caption"),
        ({"id": []}, "wrong-type", "/id"),
    ],
)
def test_a_wrong_value_is_a_defect_and_the_rest_stays(tmp_path, change, code, at):
    path = write(tmp_path, document(annotation(bbox=[0, 0, 1, 1]), annotation() | change))
    labels, defects = read("coco", path)
    assert codes(defects) == [(code, 1, "/annotations/1" + at)]
    assert [label["row"] for label in labels] == [0, 1]
    if at.startswith("/image_id"):
        assert "item_id" not in labels[1]


@pytest.mark.parametrize("key", ["image_id", "category_id"])
def test_a_missing_key_is_a_defect(tmp_path, key):
    value = annotation()
    del value[key]
    _, defects = read("coco", write(tmp_path, document(value)))
    assert codes(defects) == [("key-absent", 0, f"/annotations/0/{key}")]


def test_what_is_wrong_with_the_tables(tmp_path):
    images = [IMAGES[0], IMAGES[0], {"file_name": "c.jpg"}, {"id": 3}, {"id": 4, "file_name": "d", "width": "9"}, 5]
    categories = [CATEGORIES[0], {"id": 7, "name": "배"}, {"id": 9, "name": 4}]
    path = write(tmp_path, document(annotation(), images=images, categories=categories))
    labels, defects = read("coco", path)
    assert labels[0]["label"] == "귤"
    assert codes(defects) == [
        ("duplicate-id", -1, "/images/1/id"),
        ("key-absent", -1, "/images/2/id"),
        ("key-absent", -1, "/images/3/file_name"),
        ("wrong-type", -1, "/images/4/width"),
        ("wrong-type", -1, "/images/5"),
        ("duplicate-id", -1, "/categories/1/id"),
        ("wrong-type", -1, "/categories/2/name"),
    ]


def test_json_that_is_not_json_loses_one_annotation_alone(tmp_path):
    text = json.dumps(document(annotation(), annotation(bbox=[0, 0, 1, 1]), annotation()))
    broken = text.replace("[0, 0, 1, 1]", "[0, NaN, 1, 1]")
    labels, defects = read("coco", write(tmp_path, broken))
    assert codes(defects) == [("not-a-number", 1, "/annotations/1/bbox/1")]
    assert [label["row"] for label in labels] == [0, 2]
    twice = text.replace('"bbox": [0', '"id": 5, "bbox": [0')
    labels, defects = read("coco", write(tmp_path, twice))
    assert codes(defects) == [("duplicate-key", 1, "/annotations/1/id")]
    assert [label["row"] for label in labels] == [0, 2]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [("empty-file", "")]),
        ("[]", [("not-an-object", "")]),
        ("3", [("not-an-object", "")]),
        ("{}", [("key-absent", "/images"), ("key-absent", "/annotations")]),
        ('{"images": [], "annotations": {}}', [("wrong-type", "/annotations")]),
        ('{"images": 5, "annotations": []}', [("wrong-type", "/images")]),
        ('{"images": [], "annotations": [], "images": []}', [("duplicate-key", "/images")]),
        ('{"images": [], "annotations": [{', [("truncated", "/annotations/0")]),
        ('{"images": [], "annotations": []} x', [("trailing-data", "")]),
        ('{"images": [], "annotations": [3]}', [("wrong-type", "/annotations/0")]),
    ],
)
def test_documents_that_are_no_coco(tmp_path, text, found):
    labels, defects = read("coco", write(tmp_path, text))
    assert labels == []
    assert [(d.code, d.pointer) for d in defects] == found


def test_panoptic_segments_are_masks_without_pixels(tmp_path):
    value = {
        "image_id": 1,
        "file_name": "a.png",
        "segments_info": [{"id": 3, "category_id": 7, "bbox": [0, 0, 2, 2]}, 4],
    }
    labels, defects = read("coco", write(tmp_path, document(value)))
    assert [(label["kind"], label["pointer"], label["width"]) for label in labels] == [
        ("mask", "/annotations/0/segments_info/0", 2)
    ]
    assert codes(defects) == [("wrong-type", 1, "/annotations/0/segments_info/1")]


def test_the_order_of_members_and_the_size_change_nothing(tmp_path, monkeypatch):
    values = [annotation(id=i, image_id=1 + i % 3, bbox=[i, i, 1, 1]) for i in range(300)]
    whole = document(*values)
    expected = read("coco", write(tmp_path, whole))
    assert len(expected[0]) == 300
    assert len(expected[1]) == 100
    turned = {key: copy.deepcopy(whole[key]) for key in ("annotations", "categories", "images")}
    assert read("coco", write(tmp_path, turned)) == expected
    monkeypatch.setattr(coco, "_HELD_BYTES", 0)
    for limits in (None, Limits(window_chars=64), Limits(batch_rows=7)):
        assert [sorted(map(str, part)) for part in read("coco", write(tmp_path, turned), limits=limits)] == [
            sorted(map(str, part)) for part in expected
        ]
