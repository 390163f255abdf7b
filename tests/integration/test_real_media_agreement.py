"""Real boxes through `dambo check`: formats as raters agree wholly, planted differences are found and no others."""

from __future__ import annotations

import json
import shutil
from copy import deepcopy
from fractions import Fraction
from pathlib import Path

import pytest
from support.world import World, dambo

from include.assessment import Source, assess

VOC30 = Path(__file__).parents[2] / "../shared/data/images/voc30"
pytestmark = pytest.mark.skipif(not VOC30.is_dir(), reason="the shared real data is not on this machine")

COCO = {"name": "annotations", "physicalType": "coco", "physicalName": "coco/instances_default.json"}
XML = {"name": "voc", "physicalType": "voc", "physicalName": "voc/**/*.xml"}
CVAT = {"name": "cvat", "physicalType": "cvat", "physicalName": "cvat/*.xml"}
SECOND = {"name": "second", "physicalType": "coco", "physicalName": "second.json"}


def checked(folder: Path, objects: list[dict], rules: list[dict], tmp_path: Path):
    made = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "1-014-046-CV",
        "name": "박스",
        "version": "1.0.0",
        "status": "active",
        "schema": [{**objects[0], "quality": rules}, *objects[1:]],
        "customProperties": [{"property": "programme", "value": "ai-data-processing-voucher"}],
    }
    world = World.make(tmp_path / "home")
    report = assess(Source(folder.as_uri()), json.dumps(made).encode(), world.settings, lambda _: None).report
    return {c["id"]: c for c in report.document["checks"] if c["family"] == "agreement"}


def rule(identifier: str, check: str, **params) -> dict:
    return {**dambo(check, **params), "id": identifier}


def value(check: dict) -> Fraction:
    return Fraction(check["metric"]["exact"] or check["metric"]["value"])


def test_the_same_boxes_in_three_formats_are_three_raters_who_agree(tmp_path):
    delivery = tmp_path / "delivery"
    for part in ("coco", "voc", "cvat"):
        shutil.copytree(VOC30 / part, delivery / part)
    agree = {"check": "label-agreement", "value": "box", "with": ["voc", "cvat"]}
    rules = [
        rule(name, **agree, coefficient=name, mustBeGreaterOrEqualTo=0.98)
        for name in ("f1", "item-f1", "mean-iou", "class-kappa", "class-kappa-with-none")
    ]
    gold = {"check": "label-accuracy", "value": "box", "gold": {"object": "voc"}}
    rules += [rule(name, **gold, measure=name, mustBeGreaterOrEqualTo=0.98) for name in ("min-f1", "map")]
    found = checked(delivery, [COCO, XML, CVAT], rules, tmp_path)
    assert {name: check["verdict"] for name, check in found.items()} == dict.fromkeys(found, "PASS")
    assert len(found) == 7
    assert value(found["f1"]) == value(found["class-kappa-with-none"]) == 1
    assert found["f1"]["population"] == 30
    quantities = dict(next(t for t in found["f1"]["detail"] if t["name"] == "ratings")["rows"])
    assert quantities["ratings"] == 3 * 66


def test_planted_differences_are_found_and_no_others(tmp_path):
    delivery = tmp_path / "delivery"
    shutil.copytree(VOC30 / "coco", delivery / "coco")
    document = json.loads((VOC30 / "coco/instances_default.json").read_text())
    other = deepcopy(document)
    boxes = other["annotations"]
    categories = {category["id"]: category["name"] for category in other["categories"]}
    one_each = [
        next(b for b in boxes if b["image_id"] == image) for image in sorted({b["image_id"] for b in boxes})[:9]
    ]
    for box in one_each[:3]:  # shifted beyond any overlap
        box["bbox"][0] += 10_000
    another = {box["category_id"]: (box["category_id"] % len(categories)) + 1 for box in boxes}
    for box in one_each[3:5]:  # of another class
        box["category_id"] = another[box["category_id"]]
    lost = one_each[5:7]
    other["annotations"] = [box for box in boxes if box not in lost]
    for box in other["annotations"]:
        box.pop("segmentation", None)
    (delivery / "second.json").write_text(json.dumps(other))

    agree = {"check": "label-agreement", "value": "box", "with": ["second"], "coefficient": "f1"}
    gold = {"check": "label-accuracy", "value": "box", "gold": {"object": "second"}}
    rules = [
        rule("f1", **agree, mustBeGreaterOrEqualTo=0.99),
        rule("f1-of-class", **agree, sameLabel=True, unlabelled="empty", mustBeGreaterOrEqualTo=0.99),
        rule("recall", **gold, measure="recall", mustBeGreaterOrEqualTo=0.99),
    ]
    found = checked(delivery, [COCO, SECOND], rules, tmp_path)
    # items that lost their only box were not done by the second rater, unless no label is an answer
    emptied = [b for b in lost if sum(c["image_id"] == b["image_id"] for c in boxes) == 1]
    matched, many = 66 - 3 - 2, 66 + 64 - len(emptied)
    assert value(found["f1"]) == Fraction(2 * matched, many)
    assert found["f1"]["failures"]["count"] == 3 + 2 - len(emptied)
    assert value(found["f1-of-class"]) == Fraction(2 * (matched - 2), 66 + 64)
    assert found["f1-of-class"]["failures"]["count"] == 7
    assert value(found["recall"]) == Fraction(64 - 3 - 2, 64)
    worst = next(t for t in found["f1-of-class"]["detail"] if t["name"] == "worst-items")
    assert len(worst["rows"]) == 7
    assert {row[0] for row in worst["rows"]} == {"coco/instances_default.json"}
    assert all(row[1].startswith("/annotations/") for row in worst["rows"])
