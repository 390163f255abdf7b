"""Image folders: the class is in the path, the file is left alone."""

from __future__ import annotations

import unicodedata

import pytest
from support.labels import codes, read, write


@pytest.mark.parametrize(
    ("name", "options", "label", "item"),
    [
        ("train/귤/a 1.jpg", {}, "귤", "a 1"),
        (unicodedata.normalize("NFD", "train/귤/배.jpg"), {}, "귤", "배"),
        ("train.zip!/고양이/a.jpg", {}, "고양이", "a"),
        ("고양이.tar.gz!/a.jpg", {}, "고양이.tar", "a"),
        ("train/귤/2020/a.jpg", {"label": {"path": "*/{class}/**"}}, "귤", "a"),
        ("train/0_ok/a.jpg", {"label": {"path": "**/{class}_*/*", "values": {"0": "정상"}}}, "정상", "a"),
        ("x/귤/a.jpg", {"id": "path"}, "귤", "x/귤/a.jpg"),
    ],
)
def test_the_class_is_in_the_path(tmp_path, name, options, label, item):
    labels, defects = read("image-folder", write(tmp_path, b"not opened", "f"), name, **options)
    assert defects == []
    assert labels == [{"item_id": item, "label": label, "kind": "class", "row": 0, "pointer": ""}]


@pytest.mark.parametrize(("name", "options"), [("a.jpg", {}), ("x/a.jpg", {"label": {"path": "y/{class}/*"}})])
def test_a_path_that_names_no_class(tmp_path, name, options):
    labels, defects = read("image-folder", write(tmp_path, b"", "f"), name, **options)
    assert codes(defects) == [("path-mismatch", 0, "")]
    assert "label" not in labels[0]
