"""Pascal VOC files: objects, parts, both ways to count pixels, and XML that means harm."""

from __future__ import annotations

import pytest
from support.labels import codes, read, write

from include.deliveries.readers import Limits

BOX = "<bndbox><xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax></bndbox>"
SIZE = "<size><width>500</width><height>300</height><depth>3</depth></size>"


def image(*objects: str, size: str = SIZE, name: str = "<filename>귤.jpg</filename>") -> str:
    return f"<annotation>{name}{size}{''.join(objects)}</annotation>"


def thing(name: str = "cat", box: str = BOX.format(1, 2, 11, 22), more: str = "") -> str:
    return f"<object><name>{name}</name>{more}{box}</object>"


def test_an_object(tmp_path):
    more = "<pose>Left</pose><truncated>1</truncated><attributes><attribute><name>색</name><value>빨강</value></attribute></attributes>"
    labels, defects = read("voc", write(tmp_path, image(thing(more=more)), "x.xml"))
    assert defects == []
    assert labels == [{
        "item_id": "귤", "label": "cat", "kind": "box", "x": 1, "y": 2, "width": 10, "height": 20, "area": 200, "aspect": 0.5,
        "item_width": 500, "item_height": 300, "attributes": {"pose": "Left", "truncated": "1", "색": "빨강"},
        "row": 0, "pointer": "/annotation/object[1]",
    }]  # fmt: skip


def test_pixels_counted_from_one_with_both_ends(tmp_path):
    labels, _ = read("voc", write(tmp_path, image(thing(box=BOX.format(1, 1, 500, 300))), "x.xml"), pixels="counted")
    assert [labels[0][key] for key in ("x", "y", "width", "height")] == [0, 0, 500, 300]


def test_the_item_may_be_named_by_the_file(tmp_path):
    path = write(tmp_path, image(thing()), "x.xml")
    assert read("voc", path, "라벨/감귤 1.xml", item="file")[0][0]["item_id"] == "감귤 1"
    labels, defects = read("voc", write(tmp_path, image(thing(), name=""), "x.xml"))
    assert labels[0]["item_id"] == "x"
    assert codes(defects) == [("key-absent", -1, "/annotation/filename")]


def test_parts_are_labels_of_their_own(tmp_path):
    part = f"<part><name>head</name>{BOX.format(3, 4, 5, 6)}</part>"
    labels, defects = read("voc", write(tmp_path, image(thing("person", more=part), thing()), "x.xml"))
    assert defects == []
    assert [(label["label"], label["pointer"], label.get("attributes")) for label in labels] == [
        ("person", "/annotation/object[1]", None),
        ("head", "/annotation/object[1]/part[1]", {"part_of": "person"}),
        ("cat", "/annotation/object[2]", None),
    ]


def test_an_image_without_objects_is_no_defect(tmp_path):
    assert read("voc", write(tmp_path, image(), "x.xml")) == ([], [])


@pytest.mark.parametrize("encoding", ["utf-8", "cp949", "utf-16"])
def test_encodings(tmp_path, encoding):
    labels, defects = read("voc", write(tmp_path, image(thing("고양이")).encode(encoding), "x.xml"))
    assert (labels[0]["label"], defects) == ("고양이", [])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (thing(box=BOX.format("1,5", 2, 3, 4)), [("bad-number", "/bndbox[1]/xmin[1]")]),
        (thing(box=BOX.format("", "nan", "inf", "0x1")), [("bad-number", f"/bndbox[1]/{t}[1]") for t in ("xmin", "ymin", "xmax", "ymax")]),
        (thing(box=BOX.format("1e999", 1, 2, 2)), [("bad-number", "/bndbox[1]/xmin[1]")]),
        (thing(box=""), [("key-absent", "/bndbox")]),
        (thing(box="<bndbox><xmin>1</xmin></bndbox>"), [("key-absent", f"/bndbox[1]/{t}") for t in ("ymin", "xmax", "ymax")]),
        (thing(box=BOX.format(1, 1, 2, 2) * 2), [("duplicate-element", "/bndbox[2]")]),
        (f"<object>{BOX.format(1, 1, 2, 2)}</object>", [("key-absent", "/name")]),
    ],
)  # fmt: skip
def test_a_wrong_object_keeps_its_row(tmp_path, text, found):
    labels, defects = read("voc", write(tmp_path, image(text, thing()), "x.xml"))
    assert codes(defects) == [(code, 0, "/annotation/object[1]" + at) for code, at in found]
    assert [label["row"] for label in labels] == [0, 1]


def test_a_size_that_is_none(tmp_path):
    size = "<size><width>5.5</width><depth>3</depth></size>"
    labels, defects = read("voc", write(tmp_path, image(thing(), size=size), "x.xml"))
    assert codes(defects) == [
        ("wrong-type", -1, "/annotation/size[1]/width[1]"),
        ("key-absent", -1, "/annotation/size[1]/height"),
    ]
    assert labels[0]["x"] == 1


LAUGHS = (
    '<!DOCTYPE a [<!ENTITY a "ha">' + "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10)) + "]>"
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty-file"),
        ("{}", "invalid-xml"),
        ("<a/>", "key-absent"),
        ("<annotation>", "truncated"),
        ("<annotation><object>", "truncated"),
        ("<annotation></annotation><x/>", "invalid-xml"),
        ("<annotation>&nbsp;</annotation>", "invalid-xml"),
        ("<annotation>\x01</annotation>", "invalid-xml"),
        ("<annotation>\0</annotation>", "nul-character"),
        ("<annotation>" + "<x>" * 80, "too-deep"),
        (LAUGHS + "<annotation>&a9;</annotation>", "xml-entity"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><annotation>&x;</annotation>', "xml-entity"),
        ('<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1/x.dtd"> %p;]><annotation/>', "xml-entity"),
    ],
)
def test_xml_that_is_broken_or_means_harm(tmp_path, text, code):
    labels, defects = read("voc", write(tmp_path, text, "x.xml"))
    assert (labels, [found.code for found in defects]) == ([], [code])


def test_an_external_document_type_is_not_fetched(tmp_path):
    text = '<!DOCTYPE annotation SYSTEM "http://127.0.0.1:9/voc.dtd">' + image(thing())
    labels, defects = read("voc", write(tmp_path, text, "x.xml"))
    assert (len(labels), defects) == (1, [])


def test_what_is_held_is_bounded(tmp_path):
    labels, defects = read(
        "voc", write(tmp_path, image(thing("x" * 300_000)), "x.xml"), limits=Limits(record_bytes=100_000)
    )
    assert (labels, [found.code for found in defects]) == ([], ["too-large"])


def test_hostile_names_come_through_as_they_are(tmp_path):
    name = "&lt;script&gt;alert(1)&lt;/script&gt;\N{RIGHT-TO-LEFT OVERRIDE}=cmd|' /C calc'!A0"
    labels, defects = read("voc", write(tmp_path, image(thing(name)), "x.xml"))
    assert labels[0]["label"].startswith("<script>")
    assert defects == []
