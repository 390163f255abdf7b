"""AI Hub documents: the layouts that occur, what is not as agreed, and that the fast way reads what the strict one reads."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator
from support.labels import codes, read, write

from include.deliveries.readers import Limits, reader_for
from include.errors import ContractError

LAYOUT = {
    "item": "/source_data_info/source_data_ID",
    "objects": "/learning_data_info/annotation",
    "label": "/class_id",
    "geometry": {"pointer": "/bounding_box", "form": "xywh"},
}


def document(*objects: object, **others: object) -> dict:
    return {
        "raw_data_info": {"date": "2021-08-11 10:00:00", "copyrighter": "(주)감귤: 제주"},
        "source_data_info": {"source_data_ID": "S0001", "width": 1920, "height": 1080},
        "learning_data_info": {"path": "TL1/감귤", "annotation": list(objects)},
    } | others


def thing(name: str = "c1", box: object = (1, 2, 3, 4), **others: object) -> dict:
    return {"class_id": name, "class_name": "궤양병", "bounding_box": box} | others


def one(folder, document: object, /, **options: object) -> dict:
    labels, defects = read("aihub", write(folder, document), **options)
    assert defects == []
    (label,) = labels
    return label


def test_the_layout_of_the_contract_page(tmp_path):
    options = LAYOUT | {
        "annotator": {"field": "/annotator"},
        "split": {"path": "{split}/**", "values": {"Training": "train", "Validation": "validation"}},
        "width": "/source_data_info/width",
        "height": "/source_data_info/height",
        "attributes": ["/class_name"],
    }
    path = write(tmp_path, document(thing(annotator="김"), thing("c2", [0, 0, 1.5, 2], annotator="이")))
    labels, defects = read("aihub", path, "Training/02.라벨링데이터/TL_1/a.json", **options)
    assert defects == []
    assert labels[0] == {
        "item_id": "S0001", "annotator_id": "김", "label": "c1", "kind": "box", "split": "train", "x": 1, "y": 2, "width": 3,
        "height": 4, "area": 12, "aspect": 0.75, "item_width": 1920, "item_height": 1080, "row": 0,
        "attributes": {"class_name": "궤양병"}, "pointer": "/learning_data_info/annotation/0",
    }  # fmt: skip
    assert [label["annotator_id"] for label in labels] == ["김", "이"]


def test_attributes_by_their_keys(tmp_path):
    value = document(thing(a={"색": "빨강", "n": 1}, b={"n": 2}))
    assert one(tmp_path, value, **LAYOUT, attributes="/a")["attributes"] == {"색": "빨강", "n": 1}
    label = one(tmp_path, value, **LAYOUT, attributes=["/a/색", "/a/n", "/b/n", "#/raw_data_info/date"])
    assert label["attributes"] == {"색": "빨강", "/a/n": 1, "/b/n": 2, "date": "2021-08-11 10:00:00"}


def test_learning_data_info_as_a_list(tmp_path):
    value = {
        "Source_Data_Info": {"id": "S1"},
        "learning_data_info": [{"annotation": [thing()]}, {"annotation": [thing("c2"), thing("c3")]}],
    }
    options = LAYOUT | {"item": "/Source_Data_Info/id", "objects": "/learning_data_info/*/annotation"}
    labels, defects = read("aihub", write(tmp_path, value), **options)
    assert defects == []
    assert [(label["label"], label["pointer"], label["row"]) for label in labels] == [
        ("c1", "/learning_data_info/0/annotation/0", 0),
        ("c2", "/learning_data_info/1/annotation/0", 1),
        ("c3", "/learning_data_info/1/annotation/1", 2),
    ]
    _, defects = read("aihub", write(tmp_path, value), **(options | {"objects": LAYOUT["objects"]}))
    assert codes(defects) == [("key-absent", -1, "/learning_data_info/annotation")]


def test_a_key_with_a_dot_at_its_end(tmp_path):
    value = {"Learning_Data_Info.": {"annotation": [thing()]}}
    options = {key: LAYOUT[key] for key in ("label", "geometry")}
    assert one(tmp_path, value, objects="/Learning_Data_Info./annotation", **options)["item_id"] == "labels"
    _, defects = read("aihub", write(tmp_path, value), objects="/Learning_Data_Info/annotation", **options)
    assert codes(defects) == [("key-absent", -1, "/Learning_Data_Info")]


def test_one_object_a_file_and_one_object_where_others_have_a_list(tmp_path):
    value = {"image": "귤.jpg", "cls": 3, "box": {"x1": 1, "y1": 2, "x2": 5, "y2": 4}}
    geometry = {"pointers": ["/box/x1", "/box/y1", "/box/x2", "/box/y2"], "form": "xyxy"}
    label = one(tmp_path, value, item="/image", label="/cls", geometry=geometry)
    assert [label[key] for key in ("item_id", "label", "x", "y", "width", "height", "pointer")] == [
        "귤",
        "3",
        1,
        2,
        4,
        2,
        "",
    ]
    label = one(tmp_path, document() | {"learning_data_info": {"annotation": thing()}}, **LAYOUT)
    assert (label["label"], label["pointer"]) == ("c1", "/learning_data_info/annotation")


def test_several_items_in_a_file(tmp_path):
    value = {
        "data": [
            document(thing()),
            document(source_data_info={"source_data_ID": "S2"}),
            document(thing("c2"), source_data_info={"source_data_ID": "S3"}),
        ]
    }
    labels, defects = read("aihub", write(tmp_path, value), documents="/data/*", **LAYOUT)
    assert defects == []
    assert [(label["item_id"], label["label"], label["pointer"]) for label in labels] == [
        ("S0001", "c1", "/data/0/learning_data_info/annotation/0"),
        ("S3", "c2", "/data/2/learning_data_info/annotation/0"),
    ]


def test_xyxy_beside_xywh_is_the_contracts_choice(tmp_path):
    value = document(thing(corners=[[1, 2], [11, 22]]))
    assert one(tmp_path, value, **LAYOUT)["width"] == 3
    assert one(tmp_path, value, **LAYOUT | {"geometry": {"pointer": "/corners", "form": "xyxy"}})["width"] == 10


def test_numbers_as_strings(tmp_path):
    path = write(tmp_path, document(thing(box=["1", "2.5", "3", "4"]), thing(box=[1, 2, 3, 4])))
    places = [f"/learning_data_info/annotation/0/bounding_box/{i}" for i in range(4)]
    labels, defects = read("aihub", path, **LAYOUT)
    assert codes(defects) == [("wrong-type", 0, place) for place in places]
    assert "x" not in labels[0]
    assert labels[1]["x"] == 1
    labels, defects = read("aihub", path, numbers="text", **LAYOUT)
    assert [found.row for found in defects] == [1] * 4
    assert labels[0]["y"] == 2.5
    labels, defects = read("aihub", path, numbers="either", **LAYOUT)
    assert (defects, [label["y"] for label in labels]) == ([], [2.5, 2])
    _, defects = read("aihub", write(tmp_path, document(thing(box=["1", "2", "3", "4px"]))), numbers="text", **LAYOUT)
    assert codes(defects) == [("bad-number", 0, places[3])]


@pytest.mark.parametrize(
    ("form", "value", "kind", "expected"),
    [
        ("cxcywh", [5, 5, 4, 2], "box", [3, 4, 4, 2]),
        ("polygon", [0, 0, 4, 0, 4, 2], "polygon", [[0, 0, 4, 0, 4, 2]]),
        ("polygon", [[0, 0], [4, 0], [4, 2]], "polygon", [[0, 0, 4, 0, 4, 2]]),
        ("polygon", [{"x": 0, "y": 0}, {"x": 4, "y": 0}, {"y": 2, "x": 4}], "polygon", [[0, 0, 4, 0, 4, 2]]),
        (
            "polygons",
            [[0, 0, 4, 0, 4, 2], [[1, 1], [2, 1], [2, 2]]],
            "polygon",
            [[0, 0, 4, 0, 4, 2], [1, 1, 2, 1, 2, 2]],
        ),
        ("polyline", [0, 0, 4, 2], "polyline", [[0, 0, 4, 2]]),
        ("points", [[1, 2]], "points", [[1, 2]]),
        ("keypoints", [1, 2, 2, 0, 0, 0], "keypoints", [[1, 2, 2, 0, 0, 0]]),
        ("keypoints", [{"x": 1, "y": 2, "v": 2}], "keypoints", [[1, 2, 2]]),
        ("coco-segmentation", [[0, 0, 4, 0, 4, 2]], "polygon", [[0, 0, 4, 0, 4, 2]]),
        ("coco-segmentation", {"counts": [4, 2], "size": [2, 3]}, "mask", None),
    ],
)
def test_forms(tmp_path, form, value, kind, expected):
    for _ in range(2):  # strictly, and as a known shape
        label = one(tmp_path, document(thing(g=value)), **LAYOUT | {"geometry": {"pointer": "/g", "form": form}})
        assert label["kind"] == kind
        if form == "cxcywh":
            assert [label[key] for key in ("x", "y", "width", "height")] == expected
        else:
            assert label.get("points") == expected
        assert kind != "mask" or label["mask"]


def test_the_first_geometry_that_an_object_has(tmp_path):
    geometry = [
        {"pointer": "/points", "form": "xywh", "when": {"pointer": "/type", "is": "bbox"}},
        {"pointer": "/points", "form": "polygon", "when": {"pointer": "/type", "is": "polygon"}},
        {"pointer": "/kp", "form": "keypoints"},
    ]
    objects = [
        {"class_id": "a", "type": "bbox", "points": [1, 2, 3, 4]},
        {"class_id": "a", "type": "polygon", "points": [0, 0, 1, 0, 1, 1]},
        {"class_id": "a", "type": "other", "points": [1], "kp": [1, 1, 1]},
        {"class_id": "a", "type": "other"},
    ]
    labels, defects = read("aihub", write(tmp_path, document(*objects)), **LAYOUT | {"geometry": geometry})
    assert [label["kind"] for label in labels] == ["box", "polygon", "keypoints", "class"]
    assert codes(defects) == [("key-absent", 3, "/learning_data_info/annotation/3/kp")]


def test_ratios_stand_on_an_item_of_one_by_one(tmp_path):
    geometry = {"pointer": "/bounding_box", "form": "xywh", "ratio": True}
    label = one(tmp_path, document(thing(box=[0.5, 0.5, 0.25, 0.5])), **LAYOUT | {"geometry": geometry})
    assert (label["item_width"], label["item_height"], label["x"]) == (1, 1, 0.5)


def test_texts_spans_values_and_sets_of_classes(tmp_path):
    value = {
        "doc": {"id": "D-1", "by": "이", "set": "TR", "form": "홍길동은"},
        "NE": [{"form": "홍길동", "begin": 0, "end": 3, "label": "PS", "id": 7}],
    }
    options = {
        "item": "/doc/id", "objects": "/NE", "text": "/form", "start": "/begin", "end": "/end", "label": "/label", "object_id": "/id",
        "annotator": {"field": "/doc/by"}, "split": {"field": "#/doc/set", "values": {"TR": "train"}}, "created_at": "#/doc/id",
    }  # fmt: skip
    label = one(tmp_path, value, **options)
    assert {key: label[key] for key in ("item_id", "kind", "text", "start", "end", "label", "object_id", "annotator_id", "split", "created_at")} == {
        "item_id": "D-1", "kind": "span", "text": "홍길동", "start": 0, "end": 3, "label": "PS", "object_id": "7",
        "annotator_id": "이", "split": "train", "created_at": "D-1",
    }  # fmt: skip
    assert one(tmp_path, {"text": "가"}, text="/text")["kind"] == "transcript"
    assert one(tmp_path, {"score": 3}, value="/score") == {
        "item_id": "labels",
        "kind": "value",
        "value": 3,
        "row": 0,
        "pointer": "",
    }
    assert one(tmp_path, {"tags": ["a", 2]}, labels="/tags")["labels"] == ["a", "2"]
    assert one(tmp_path, {"c": "a"}, label="/c", kind="value")["kind"] == "value"


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"class_id": None}, []),
        ({"class_id": 1.5}, [("wrong-type", "/class_id")]),
        ({"class_id": True}, [("wrong-type", "/class_id")]),
        ({"bounding_box": None}, []),
        ({"bounding_box": "1,2,3,4"}, [("wrong-type", "/bounding_box")]),
        ({"bounding_box": [1, 2, 3]}, [("coordinate-count", "/bounding_box")]),
        ({"bounding_box": [[1, 2], [3]]}, [("coordinate-count", "/bounding_box/1")]),
        ({"bounding_box": [[1, 2], [3, []]]}, [("wrong-type", "/bounding_box/1/1")]),
        ({"bounding_box": [{"x": 1}, {"x": 1, "y": 2}]}, [("key-absent", "/bounding_box/0/y")]),
        ({"bounding_box": [1, 2, 3, 10**400]}, [("number-out-of-range", "/bounding_box/3")]),
        ({"bounding_box": []}, [("coordinate-count", "/bounding_box")]),
    ],
)
def test_a_wrong_value_is_a_defect_and_the_rest_stays(tmp_path, change, found):
    for _ in range(2):
        labels, defects = read("aihub", write(tmp_path, document(thing(), thing() | change)), **LAYOUT)
        assert codes(defects) == [(code, 1, "/learning_data_info/annotation/1" + at) for code, at in found]
        assert [label["row"] for label in labels] == [0, 1]


def test_what_is_missing(tmp_path):
    bare = {"class_name": "x"}
    labels, defects = read("aihub", write(tmp_path, document(bare, source_data_info={})), **LAYOUT)
    at = "/learning_data_info/annotation/0"
    assert codes(defects) == [
        ("key-absent", -1, "/source_data_info/source_data_ID"),
        ("key-absent", 0, f"{at}/class_id"),
        ("key-absent", 0, f"{at}/bounding_box"),
    ]
    assert "item_id" not in labels[0]
    optional = LAYOUT | {"optional": ["item", "label", "geometry", "objects"]}
    assert read("aihub", write(tmp_path, document(bare, source_data_info={})), **optional)[1] == []
    for value in ({"learning_data_info": {}}, {"learning_data_info": {"annotation": None}}, {}):
        assert read("aihub", write(tmp_path, value), **optional) == ([], [])


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ([], []),
        (3, [("wrong-type", "")]),
        ({"learning_data_info": {}}, [("key-absent", "/learning_data_info/annotation")]),
        ({"learning_data_info": 3}, [("wrong-type", "/learning_data_info")]),
        ({"learning_data_info": {"annotation": "x"}}, [("wrong-type", "/learning_data_info/annotation")]),
        ({"learning_data_info": {"annotation": None}}, [("wrong-type", "/learning_data_info/annotation")]),
        ({"learning_data_info": {"annotation": []}}, []),
    ],
)
def test_where_the_objects_should_be(tmp_path, value, found):
    labels, defects = read("aihub", write(tmp_path, value), objects="/learning_data_info/annotation", label="/class_id")
    assert (labels, [(d.code, d.pointer) for d in defects]) == ([], found)


def test_objects_that_are_none(tmp_path):
    labels, defects = read("aihub", write(tmp_path, document(5, thing(), [])), **LAYOUT)
    assert [label["row"] for label in labels] == [0, 1, 2]
    at = "/learning_data_info/annotation"
    assert codes(defects) == [("wrong-type", 0, f"{at}/0"), ("wrong-type", 2, f"{at}/2")]
    _, defects = read("aihub", write(tmp_path, {"a": {}}), objects="/a/*", label="/x")
    assert codes(defects) == [("wrong-type", -1, "/a")]


SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$defs": {"box": {"type": "array", "items": {"type": "number", "minimum": 0}, "minItems": 4}},
    "required": ["en_inside"],
    "properties": {"learning_data_info": {"properties": {"annotation": {"items": {"properties": {"bounding_box": {"$ref": "#/$defs/box"}}}}}}},
}  # fmt: skip


def test_a_schema_of_the_contract(tmp_path):
    path = write(tmp_path, document(thing(box=[1, -2, 3, 4]), thing(box=[1, 2, 3, "4"]), en_insdie=1))
    for _ in range(2):
        labels, defects = read("aihub", path, schema=SCHEMA, **LAYOUT)
        assert len(labels) == 2
        at = "/learning_data_info/annotation"
        assert sorted(codes(defects)) == [
            ("schema-violation", -1, "/en_inside"),
            ("schema-violation", -1, f"{at}/0/bounding_box/1"),
            ("wrong-type", 1, f"{at}/1/bounding_box/3"),
        ]
        assert not any("-2" in found.message for found in defects)
    assert read("aihub", write(tmp_path, document(thing(), en_inside=1)), schema=SCHEMA, **LAYOUT)[1] == []


@pytest.mark.parametrize(
    "schema", [{"$ref": "#/nowhere"}, {"properties": {"a": {"$ref": "http://127.0.0.1/x"}}}, {"type": "objct"}]
)
def test_a_schema_that_cannot_be_used_is_the_contracts_fault(tmp_path, schema):
    with pytest.raises(ContractError, match="label-schema"):
        read("aihub", write(tmp_path, document(thing())), schema=schema, **LAYOUT)


@pytest.mark.parametrize(
    ("options", "valid"),
    [
        (LAYOUT, True),
        ({"schema": SCHEMA}, True),
        ({"item": "id"}, False),
        ({"geometry": {"pointer": "/a"}}, False),
        ({"geometry": {"form": "xyxy", "pointers": ["/a"]}}, False),
        ({"geometry": {"form": "xyzw", "pointer": "/a"}}, False),
        ({"optional": ["documents"]}, False),
        ({"numbers": "text", "annotator": {"field": "/a"}, "split": {"field": "#/a"}}, True),
        ({"schema": "a.json"}, False),
    ],
)
def test_options(options, valid):
    assert Draft202012Validator(reader_for("aihub").options).is_valid(options) is valid


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": 1, "a": 2}', ("duplicate-key", "/a")),
        ('{"a": [NaN]}', ("not-a-number", "/a/0")),
        ('{"a": [1e999]}', ("number-out-of-range", "/a/0")),
        ('{"a": "\\ud800"}', ("lone-surrogate", "/a")),
        ('{"a": ' + "[" * 300 + "]" * 300 + "}", ("too-deep", "")),
        ('{"a": ' + "[" * 100_000, ("truncated", "line 1")),
        ('{"a": 1', ("truncated", "line 1")),
        ("{'a': 1}", ("invalid-json", "line 1")),
        ('{"a": 1,\n}', ("invalid-json", "line 2")),
        ('{"a": 1}\n{}', ("trailing-data", "line 1")),
        ("", ("empty-file", "")),
        (" \n", ("empty-file", "")),
        (b'{"a": "\xff"}', ("undecodable", "")),
        (b'{"a": "\0"}', ("nul-character", "")),
    ],
)
def test_files_that_are_no_json(tmp_path, text, found):
    for _ in range(2):
        labels, defects = read("aihub", write(tmp_path, text), label="/a")
        assert (labels, [(d.code, d.pointer) for d in defects]) == ([], [found])


def test_other_encodings(tmp_path):
    for data in ('{"a": "귤"}'.encode("cp949"), '\ufeff{"a": "귤"}'.encode(), '{"a": "귤"}'.encode("utf-16")):
        assert one(tmp_path, data, label="/a")["label"] == "귤"


def test_a_file_over_the_limit(tmp_path):
    path = write(tmp_path, json.dumps({"a": "x" * 5000}))
    assert codes(read("aihub", path, label="/a", limits=Limits(record_chars=1000))[1]) == [("too-large", -1, "")]


def test_a_file_of_any_size_where_documents_are_a_list(tmp_path):
    values = [document(thing(f"c{i}"), source_data_info={"source_data_ID": f"S{i}"}) for i in range(50)]
    path = write(tmp_path, {"meta": {}, "data": values})
    schema = {"properties": {"learning_data_info": {"properties": {"annotation": {"items": {"required": ["no"]}}}}}}
    options = LAYOUT | {"documents": "/data/*", "schema": schema}
    whole = read("aihub", path, **options)
    assert (len(whole[0]), len(whole[1])) == (50, 50)
    assert whole[1][7].pointer == "/data/7/learning_data_info/annotation/0/no"
    assert read("aihub", path, limits=Limits(record_chars=2000), **options) == whole
    path = write(
        tmp_path, json.dumps({"data": [*values[:9], 5, *values[9:]]}).replace('"S3"', '"S3", "source_data_ID": "S3"')
    )
    labels, defects = read("aihub", path, limits=Limits(record_chars=2000), documents="/data/*", **LAYOUT)
    assert len(labels) == 49
    assert codes(defects) == [
        ("duplicate-key", -1, "/data/3/source_data_info/source_data_ID"),
        ("not-an-object", -1, "/data/9"),
    ]


def test_hostile_names_come_through_as_they_are(tmp_path):
    for name in ("<script>alert(1)</script>", "\N{RIGHT-TO-LEFT OVERRIDE}gpj.exe", "=HYPERLINK(1)", "🍊" * 5000, "가"):
        assert one(tmp_path, document(thing(name)), **LAYOUT)["label"] == name
