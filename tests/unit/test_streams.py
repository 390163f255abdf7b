"""Streams in the contract: fixed columns without declaring them, rules on them, and what is refused."""

from __future__ import annotations

import pytest

from checks.streams import ANNOTATIONS, COLUMNS, ITEMS, STREAM_OF
from include.contracts import lint, load
from include.deliveries.readers.labels.base import SCHEMA, Label, item_id
from include.deliveries.readers.labels.geometry import fill
from include.deliveries.readers.pathfields import field_of

HEAD = """
apiVersion: v3.1.0
kind: DataContract
id: 0-000-000-CV
name: media
version: 1.0.0
status: active
customProperties: [{property: programme, value: ai-data-processing-voucher}]
schema:
"""
IMAGES = """
  - name: items
    physicalType: image
    physicalName: "**/*.jpg"
    properties: [{name: width, logicalType: integer, required: true, logicalTypeOptions: {minimum: 640}}]
"""
LABELS = """
  - name: annotations
    physicalType: coco
    physicalName: "**/*.json"
    relationships: [{from: annotations.item_id, to: items.item_id}]
"""


def made(*objects: str) -> bytes:
    return (HEAD + "".join(objects)).encode()


def codes(data: bytes) -> list[str]:
    return [problem.code for problem in lint(data) if problem.level == "error"]


def test_a_stream_has_its_columns_without_declaring_them():
    contract = load(made(IMAGES, LABELS))
    items, annotations = contract.objects
    assert [spec.col for spec in items.columns] == list(ITEMS)
    assert [spec.col for spec in annotations.columns] == list(ANNOTATIONS)
    assert {"items.width.minimum", "items.width.required", "annotations.item_id.foreignKey"} <= {
        c.rule.name for c in contract.checks
    }


@pytest.mark.parametrize(
    ("object_", "code"),
    [
        (IMAGES.replace("width", "breadth"), "misdeclared"),
        (IMAGES.replace("logicalType: integer", "logicalType: string"), "misdeclared"),
        (IMAGES.replace("name: items", "name: annotations"), "reserved-name"),
        (IMAGES.replace("image\n", "csv\n"), "reserved-name"),
        (IMAGES + IMAGES.replace("name: items", "name: more"), "glob-taken"),
        (IMAGES + IMAGES.replace("name: items", "name: more").replace("image\n", "csv\n"), "glob-taken"),
    ],
)
def test_what_a_stream_does_not_allow_is_told(object_, code):
    assert code in codes(made(object_))


def test_a_file_may_be_an_item_and_by_its_folder_a_label():
    folder = LABELS.replace("coco", "image-folder").replace("*.json", "*.jpg")
    assert codes(made(IMAGES, folder)) == []


def test_a_label_has_a_field_for_every_column():
    assert {col.name for col in COLUMNS["annotations"]} | {"pointer", "row"} == set(Label.__struct_fields__)
    assert SCHEMA.names == [col.name for col in ANNOTATIONS]
    assert set(STREAM_OF.values()) == set(COLUMNS)


@pytest.mark.parametrize(
    ("name", "mode", "expected"),
    [
        ("a/b/c.JPG", "stem", "c"),
        ("a/b/c.JPG", "name", "c.JPG"),
        ("a/b/c.JPG", "path", "a/b/c.JPG"),
        ("v1.2_0001", "stem", "v1.2_0001"),
        ("C:\\x\\y.png", "stem", "y"),
        ("\u1100\u1161.wav", "stem", "\uac00"),
    ],
)
def test_an_items_name_becomes_its_id(name, mode, expected):
    assert item_id(name, mode) == expected


def test_the_path_says_annotator_and_split():
    assert field_of("raters/kim/a/b.json", {"path": "raters/{annotator}/**"}) == "kim"
    split = {"path": "**/{split}/*.zip!/**", "values": {"Training": "train"}}
    assert field_of("x/Training/TL.zip!/q.json", split) == "train"
    assert field_of("x/Test/TL.zip!/q.json", split) == "Test"
    assert field_of("q.json", split) is None
    assert field_of("1.Validation/a.json", {"path": "?.{split}/**"}) == "Validation"


def test_the_box_follows_from_the_points():
    square = Label("", kind="polygon", points=[[0.0, 0.0, 4.0, 0.0, 4.0, 2.0, 0.0, 2.0]])
    fill(square)
    assert (square.x, square.y, square.width, square.height, square.area, square.aspect) == (0, 0, 4, 2, 8, 2)
    person = Label("", kind="keypoints", points=[[1.0, 1.0, 2.0, 9.0, 9.0, 0.0, 3.0, 5.0, 1.0]])
    fill(person)
    assert (person.x, person.y, person.width, person.height) == (1, 1, 2, 4)
