"""Label files that others made: one set in several formats reads the same, and every asset reads as its makers mean it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from support.labels import SHARED, read

VOC30 = SHARED / "voc30"
ASSETS = SHARED / "datumaro/tests/assets"
pytestmark = pytest.mark.skipif(not VOC30.is_dir(), reason="the shared data is not beside the project")

# Each format writes a box in its own way: COCO and VOC whole pixels, YOLO six decimals of the image's sides (half of the
# last one is 0.00025 px at 500 px, for the centre and the width each), OpenImages ten.
PIXELS = {"coco": 0.0, "voc": 0.0, "cvat": 0.0, "openimages": 1e-6, "yolo": 1e-3}

Boxes = Counter[tuple[str, str, tuple[float, float, float, float]]]


def boxes(fmt: str, paths: list[Path], **options: object) -> list[tuple[str, str, list[float], int, int]]:
    found = []
    for path in paths:
        labels, defects = read(fmt, path, **options)
        assert defects == []
        found += [
            (label["item_id"], label["label"], [label[key] for key in ("x", "y", "width", "height")],
             label["item_width"], label["item_height"]) for label in labels
        ]  # fmt: skip
    return found


def truth() -> list[tuple[str, str, list[float], int, int]]:
    return sorted(boxes("coco", [VOC30 / "coco/instances_default.json"]))


def same(found: list, tolerance: float) -> None:
    """The same 66 annotations; ratios are brought to the pixels of the image first."""
    expected = truth()
    assert len(found) == len(expected) == 66
    sizes = {item: (width, height) for item, _, _, width, height in expected}
    scaled = []
    for item, label, (x, y, w, h), width, height in found:
        sx, sy = sizes[item][0] / width, sizes[item][1] / height
        scaled.append((item, label, [x * sx, y * sy, w * sx, h * sy]))
    left = sorted((item, label, [round(v) for v in box], box) for item, label, box in scaled)
    right = sorted((item, label, [round(v) for v in box], box) for item, label, box, *_ in expected)
    for one, other in zip(left, right, strict=True):
        assert one[:3] == other[:3]
        assert one[3] == pytest.approx(other[3], abs=tolerance, rel=0)


def test_coco_2():
    same(boxes("coco", [VOC30 / "coco/instances_v2.json"]), PIXELS["coco"])


def test_voc():
    same(boxes("voc", sorted((VOC30 / "voc").glob("*.xml"))), PIXELS["voc"])


def test_yolo():
    names = (VOC30 / "yolo/obj.names").read_text().split()
    paths = [path for path in sorted((VOC30 / "yolo").glob("*.txt")) if path.name != "train.txt"]
    same(boxes("yolo", paths, classes=names), PIXELS["yolo"])


def test_cvat():
    same(boxes("cvat", [VOC30 / "cvat/annotations.xml"]), PIXELS["cvat"])


def test_openimages():
    same(boxes("openimages", [VOC30 / "openimages/all_bounding_boxes.csv"], decimal="comma"), PIXELS["openimages"])


COCO = {
    "captions_train": 1, "captions_val": 2, "image_info_train": 0, "image_info_val": 0, "instances_train": 1,
    "instances_val": 2, "labels_train": 1, "labels_val": 2, "panoptic_train": 1, "panoptic_val": 2,
    "person_keypoints_train": 1, "person_keypoints_val": 2, "stuff_train": 1, "stuff_val": 1,
}  # fmt: skip


def test_every_coco_asset():
    paths = sorted(ASSETS.glob("coco_dataset/*/annotations/*.json"))
    assert len(paths) > 20
    for path in paths:
        labels, defects = read("coco", path)
        assert (len(labels), defects) == (COCO[path.stem], []), path
    for path, count in (("train", 1), ("val", 2)):
        labels, defects = read("coco", ASSETS / f"coco_dataset/coco_roboflow/{path}/_annotations.coco.json")
        assert (len(labels), defects) == (count, [])
    for path, count in (("train", 2), ("val", 2)):
        labels, defects = read("coco", ASSETS / f"roboflow_dataset/coco/{path}/_annotations.coco.json")
        assert (len(labels), defects) == (count, [])


def test_another_json_is_not_coco():
    paths = [*ASSETS.glob("datumaro_dataset/legacy/annotations/*.json"), *ASSETS.glob("**/*.createml.json")]
    assert len(paths) == 5
    for path in paths:
        labels, defects = read("coco", path)
        assert labels == []
        assert {found.code for found in defects} <= {"key-absent", "not-an-object", "wrong-type"}
        assert defects


VOC = {
    "voc_dataset1/Annotations/2007_000001": 3, "voc_dataset2/Annotations/@": 0, "voc_dataset2/Annotations/a": 1,
    "voc_dataset2/Annotations/b": 1, "voc_dataset2/Annotations/c": 1, "voc_dataset2/Annotations/d": 1,
    "voc_dataset3/Annotations/2007_000001": 1, "voc/train/train_001": 1, "voc/train/train_002": 1, "voc/val/val_001": 2,
}  # fmt: skip


def test_every_voc_asset():
    paths = [*ASSETS.glob("voc_dataset/**/*.xml"), *ASSETS.glob("roboflow_dataset/voc/**/*.xml")]
    counts = {}
    for path in paths:
        labels, defects = read("voc", path)
        assert defects == [], path
        counts[path.relative_to(path.parents[2]).with_suffix("").as_posix()] = len(labels)
    assert counts == VOC


def test_every_yolo_asset():
    paths = sorted(path for path in ASSETS.glob("**/*.txt") if "yolo" in str(path))
    found = {}
    for path in paths:
        labels, defects = read("yolo", path)
        found[path.relative_to(ASSETS).as_posix()] = (len(labels), sorted({d.code for d in defects}))
    assert found == {
        "roboflow_dataset/yolo/train/labels/train_001.txt": (1, []),
        "roboflow_dataset/yolo/train/labels/train_002.txt": (1, []),
        "roboflow_dataset/yolo/val/labels/val_001.txt": (2, []),
        "roboflow_dataset/yolo_obb/train/labelTxt/train_001.txt": (1, ["line-fields"]),
        "roboflow_dataset/yolo_obb/train/labelTxt/train_002.txt": (1, ["line-fields"]),
        "roboflow_dataset/yolo_obb/val/labelTxt/val_001.txt": (2, ["line-fields"]),
        "yolo_dataset/annotations/Annotations/1.txt": (2, []),
        "yolo_dataset/labels/README.txt": (1, ["line-fields"]),
        "yolo_dataset/labels/labels/train/1.txt": (2, []),
        "yolo_dataset/labels/labels/val/1.txt": (2, []),
        "yolo_dataset/strict/obj_train_data/1.txt": (2, []),
        "yolo_dataset/strict/train.txt": (1, ["line-fields"]),
    }


def test_every_labelme_asset():
    labels, defects = read("labelme", ASSETS / "labelme_dataset/Annotations/subset1/img1.xml")
    assert defects == []
    assert [(label["label"], label["kind"], label.get("annotator_id")) for label in labels] == [
        ("window", "polygon", "admin"), ("license plate", "mask", "brussell"), ("o1", "polygon", "anonymous"),
        ("q1", "polygon", "anonymous"), ("b1", "box", "anonymous"), ("m1", "mask", "anonymous"), ("hg", "polygon", "anonymous"),
    ]  # fmt: skip
    assert {(label["item_width"], label["item_height"]) for label in labels} == {(102, 77)}


OPEN_IMAGES = {
    "v5/annotations/class-descriptions.csv": "key-absent",
    "v5/annotations/test-images-with-rotation.csv": "key-absent",
    "v5/annotations/train-images-with-labels-with-rotation.csv": "key-absent",
    "v6/annotations/image_ids_and_rotation.csv": "key-absent",
    "v6/annotations/oidv6-class-descriptions.csv": "key-absent",
    "v6/annotations/oidv6-train-annotations-bbox.csv": 1,
    "v6/annotations/oidv6-train-annotations-human-imagelabels.csv": 2,
    "v6/annotations/test-annotations-bbox.csv": 1,
    "v6/annotations/test-annotations-human-imagelabels.csv": 2,
    "v6/annotations/train-annotations-object-segmentation.csv": 1,
}


def test_every_openimages_asset():
    root = ASSETS / "open_images_dataset"
    found = {}
    for path in sorted(root.glob("**/*.csv")):
        labels, defects = read("openimages", path)
        found[path.relative_to(root).as_posix()] = defects[0].code if defects else len(labels)
    assert found == OPEN_IMAGES


def test_an_image_folder():
    root = ASSETS / "imagenet_dataset"
    found = {}
    for path in sorted(root.glob("**/*.jpg")):
        labels, defects = read("image-folder", path, path.relative_to(root).as_posix())
        found[path.relative_to(root).as_posix()] = (labels[0].get("label"), [d.code for d in defects])
    assert found == {
        "label_0/label_0_1.jpg": ("label_0", []),
        "label_0_2.jpg": (None, ["path-mismatch"]),
        "label_1/label_1_1.jpg": ("label_1", []),
        "label_1/label_1_1/label_1_1.jpg": ("label_1_1", []),
    }


def test_datumaros_own_and_createml_by_a_layout_of_the_contract():
    """Formats without a reader of their own are JSON that a contract can describe."""
    layout = {"documents": "/items/*", "item": "/image/path", "objects": "/annotations", "label": "/label_id"}
    counts = {}
    for path in sorted(ASSETS.glob("datumaro_dataset/legacy/annotations/*.json")):
        labels, defects = read("aihub", path, **layout)
        assert defects == []
        counts[path.stem] = [(label["item_id"], label["label"]) for label in labels]
    assert counts == {
        "test": [("c", "1"), ("c", "3")],
        "train": [("a", "0"), ("b", "0"), ("b", "1"), ("b", "2"), ("b", "3")],
        "validation": [],
    }
    places = [f"/coordinates/{side}" for side in ("x", "y", "width", "height")]
    layout = {
        "documents": "/*", "item": "/image", "objects": "/annotations", "label": "/label",
        "geometry": {"form": "cxcywh", "pointers": places},
    }  # fmt: skip
    for part, count in (("train", 2), ("val", 2)):
        labels, defects = read(
            "aihub", ASSETS / f"roboflow_dataset/createml/{part}/_annotations.createml.json", **layout
        )
        assert (len(labels), defects) == (count, [])
        assert all(label["kind"] == "box" and label["width"] > 0 for label in labels)
