"""What holds for every reader of labels: nothing raises, columns are sound, rows grow, limits and batches change nothing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.labels import codes, read, write

from checks.streams import KINDS, STREAM_OF
from include.deliveries.readers import CODES, FORMATS, Limits

FORMATS_OF_JSON = ("coco", "aihub", "labelme")
FORMATS_OF_XML = ("voc", "cvat", "labelme")
OURS = ("coco", "voc", "yolo", "cvat", "openimages", "labelme", "aihub", "image-folder")

LAYOUT = {
    "item": "/images", "objects": "/annotations/*", "label": "/category_id", "labels": "/points", "text": "/label", "start": "/id",
    "value": "#/id", "width": "/width", "attributes": ["/bbox", "/keypoints"], "annotator": {"field": "/id"},
    "split": {"field": "/name"}, "geometry": [{"pointer": "/bbox", "form": "xyxy"}, {"pointer": "/points", "form": "polygons"},
    {"pointer": "/segmentation", "form": "coco-segmentation"}, {"pointer": "/keypoints", "form": "keypoints", "when": {"pointer": "/id", "is": 1}}],
}  # fmt: skip

WORDS = st.sampled_from([
    "images", "annotations", "categories", "id", "image_id", "category_id", "file_name", "name", "width", "height", "bbox",
    "segmentation", "counts", "size", "keypoints", "area", "caption", "segments_info", "attributes", "shapes", "points", "label",
    "shape_type", "group_id", "imagePath", "imageWidth", "x", "y", "*", "",
])  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.sampled_from([0, 1, -1, 2**63, 10**400, 1e308, -0.0, 1.5]),
    st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["polygon", "mask", "circle", "<script>", "\u202e", "a\u0300"]), WORDS,
    st.text(max_size=3),
)  # fmt: skip
ANY_JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(WORDS, inner, max_size=6), max_leaves=30
)
"""Any JSON document, of the words that mean something to a reader."""

ANNOTATION = st.fixed_dictionaries({}, optional=dict.fromkeys(("id", "bbox", "segmentation", "keypoints", "image_id", "category_id", "area", "caption", "attributes", "points", "label", "shape_type"), ANY_JSON))  # fmt: skip
NEARLY = st.fixed_dictionaries({
    "images": st.just([{"id": 1, "file_name": "a.jpg", "width": 9, "height": 9}]) | ANY_JSON,
    "categories": st.just([{"id": 1, "name": "귤"}]) | ANY_JSON,
    "annotations": st.lists(ANNOTATION, max_size=4),
    "shapes": st.lists(ANNOTATION, max_size=3),
    "imagePath": st.just("a.jpg"),
})  # fmt: skip


def options_of(fmt: str) -> dict:
    return LAYOUT if fmt == "aihub" else {}


def sound(fmt: str, path, **more: object) -> None:
    labels, defects = read(fmt, path, **options_of(fmt), **more)
    assert [label["row"] for label in labels] == sorted(label["row"] for label in labels)
    assert all(label.get("kind") in {None, *KINDS} for label in labels)
    assert all(found.code in CODES and CODES[found.code].list == found.list for found in defects)
    assert all(found.row == -1 or found.row >= 0 for found in defects)


@pytest.mark.parametrize("fmt", FORMATS_OF_JSON)
@given(document=ANY_JSON | NEARLY)
@settings(max_examples=150)
def test_any_json_document_is_read_or_refused(tmp_path_factory, fmt, document):
    folder = tmp_path_factory.getbasetemp()
    sound(fmt, write(folder, document, f"{fmt}.json"))


@pytest.mark.parametrize("fmt", FORMATS_OF_JSON)
@given(document=NEARLY)
@settings(max_examples=50)
def test_windows_and_batches_change_nothing(tmp_path_factory, fmt, document):
    path = write(tmp_path_factory.getbasetemp(), document, f"{fmt}.json")
    whole = read(fmt, path, **options_of(fmt))
    for limits in (Limits(batch_rows=1), Limits(batch_bytes=1), Limits(window_chars=16)):
        labels, defects = read(fmt, path, limits=limits, **options_of(fmt))
        assert (labels, sorted(codes(defects))) == (whole[0], sorted(codes(whole[1])))


TAGS = st.sampled_from(["annotation", "annotations", "object", "bndbox", "xmin", "name", "part", "image", "box", "track", "mask", "points", "polygon", "pt", "x", "size", "segm", "filename", "meta", "job", "original_size", "width", "height", "imagesize"])  # fmt: skip
ATTRIBUTES = st.dictionaries(st.sampled_from(["label", "xtl", "points", "rle", "left", "top", "width", "height", "frame", "name", "cx"]), st.sampled_from(["", "1", "-1", "1,2;3,4", "1,2", "x", "1e400", "99999999999"]), max_size=4)  # fmt: skip


def element(tag: str, attributes: dict[str, str], inside: str) -> str:
    told = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f"<{tag}{told}>{inside}</{tag}>"


ELEMENTS = st.recursive(
    st.sampled_from(["", "1", " 2.5 ", "x", "1e400", "&lt;", "&#0;", "&a;"]),
    lambda inner: st.builds(element, TAGS, ATTRIBUTES, st.lists(inner, max_size=4).map("".join)),
    max_leaves=20,
)


@pytest.mark.parametrize("fmt", FORMATS_OF_XML)
@given(inside=ELEMENTS)
@settings(max_examples=150)
def test_any_xml_document_is_read_or_refused(tmp_path_factory, fmt, inside):
    for tag in ("annotation", "annotations"):
        sound(fmt, write(tmp_path_factory.getbasetemp(), f"<{tag}>{inside}</{tag}>", f"{fmt}.xml"))


@pytest.mark.parametrize("fmt", OURS)
@given(data=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@settings(max_examples=60)
def test_any_bytes_are_read_or_refused(tmp_path_factory, fmt, data):
    sound(fmt, write(tmp_path_factory.getbasetemp(), data, f"{fmt}.bin"))


@given(
    lines=st.lists(
        st.lists(st.sampled_from(["0", "0.5", "1", "-1", "nan", "x", "1e9", "ImageID", ",", '"']), max_size=14),
        max_size=5,
    )
)
def test_any_lines_are_read_or_refused(tmp_path_factory, lines):
    folder = tmp_path_factory.getbasetemp()
    sound("yolo", write(folder, "\n".join(map(" ".join, lines)), "a.txt"))
    sound(
        "yolo",
        write(folder, "\n".join(map(" ".join, lines)), "a.txt"),
        keypoints={"count": 2, "values": 2},
        confidence=True,
    )
    head = "ImageID,LabelName,XMin,XMax,YMin,YMax,Confidence\n"
    sound("openimages", write(folder, head + "\n".join(map(",".join, lines)), "a.csv"), decimal="comma")


def test_every_label_format_here_is_a_stream():
    assert set(OURS) <= set(FORMATS) & set(STREAM_OF)


def test_a_message_never_holds_a_value(tmp_path):
    secret = "900101-1234567"
    document = {
        "images": [{"id": secret, "file_name": secret, "width": secret}],
        "categories": [{"id": 1, "name": [secret]}],
        "annotations": [
            {"image_id": secret + "x", "category_id": secret, "bbox": [secret], "area": secret, "id": [secret]}
        ],
    }
    for fmt in FORMATS_OF_JSON:
        _, defects = read(fmt, write(tmp_path, document), **options_of(fmt))
        assert defects
        assert not any(secret in json.dumps([found.message, found.pointer]) for found in defects)
    _, defects = read("yolo", write(tmp_path, f"{secret} 1 1 1 1", "a.txt"))
    assert secret not in defects[0].message
    box = f"<bndbox><xmin>{secret}</xmin></bndbox>"
    _, defects = read("voc", write(tmp_path, f"<annotation><object>{box}</object></annotation>", "a.xml"))
    assert not any(secret in found.message for found in defects)
