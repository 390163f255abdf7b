"""The page on label formats: a heading a format, every option named, an example that lint takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from include.contracts import lint, load
from include.deliveries.readers import CODES, FORMATS, reader_for
from include.deliveries.readers.labels.aihubplan import FORMS

PAGE = (Path(__file__).parents[2] / "docs/reference/label-formats.md").read_text("utf-8")
OURS = ("coco", "voc", "yolo", "aihub", "cvat", "openimages", "labelme", "image-folder")
READERS = {name: reader_for(name).options for name in FORMATS}


@pytest.mark.parametrize("fmt", OURS)
def test_every_format_has_a_heading_and_its_options_are_named(fmt):
    section = re.split(r"^## ", PAGE, flags=re.MULTILINE)
    (own,) = [part for part in section if part.startswith(fmt + "\n")]
    (shared,) = [part for part in section if part.startswith("What all formats share")]
    named = set(re.findall(r"`([a-z_]+)[`:]", own + shared))
    assert set(READERS[fmt]["properties"]) <= named


def test_every_form_is_named():
    assert all(f"`{form}`" in PAGE for form in FORMS)


def test_codes_on_the_page_exist():
    told = re.findall(r"\(`([a-z-]+)`\)|is `([a-z-]+-[a-z-]+)`", PAGE)
    assert told
    assert {code for pair in told for code in pair if code} <= set(CODES)


def test_the_example_is_right():
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert lint(example.encode(), readers=READERS) == []
    contract = load(example.encode(), readers=READERS)
    assert contract.objects[1].reader["geometry"] == {"pointer": "/bounding_box", "form": "xywh"}
