"""Pairing: the six trees of AI Hub, moved folders, and every way in which files are not a pair."""

from __future__ import annotations

import unicodedata
from fractions import Fraction
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from label_worlds import declared, judged, table

from checks.completeness.pairing import File, paired
from checks.completeness.pairing_rules import ai_hub
from include.contracts import lint, load
from include.deliveries.intake import FileRow, files_batch

TREES = {
    "numbered folders": ("D/Training/01.원천데이터/TS_감귤/a.jpg", "D/Training/02.라벨링데이터/TL_감귤/a.json"),
    "plain folders": ("D/1.Training/원천데이터/TS1.감귤/a.jpg", "D/1.Training/라벨링데이터/TL1.감귤/a.json"),
    "validation": ("D/2.Validation/원천데이터/VS1/a.jpg", "D/2.Validation/라벨링데이터/VL1/a.json"),
    "open data": ("3.개방데이터/1.데이터/Training/01.원천데이터/TS.zip!/a.jpg", "3.개방데이터/1.데이터/Training/02.라벨링데이터/TL.zip!/a.json"),
    "brackets": ("[원천]감귤_1.zip!/a.jpg", "[라벨]감귤_1.tar!/a.json"),
    "archives beside folders": ("T/원천데이터/TS_1/x/a.jpg", "T/라벨링데이터/TL_1.zip!/x/a.json"),
    "label data": ("T/원천데이터/a.jpg", "T/라벨데이터/a.json"),
}  # fmt: skip


def result(*files: str | FileRow, **params):
    rows = [
        f if isinstance(f, FileRow) else FileRow(f, "annotations" if f.endswith(("json", "xml")) else "items", 9)
        for f in files
    ]
    check = declared("pairing", **{"rule": "ai-hub", "items": "items", "one_stem": False, **params})
    return judged(check, {}, delivered=rows)


def faults(*files: str | FileRow, **params) -> list[tuple[str, str]]:
    found = result(*files, **params)
    return [(e.file, e.value) for e in found.outcome.failures.examples]


@pytest.mark.parametrize("name", TREES)
def test_a_tree(name: str) -> None:
    item, label = TREES[name]
    found = result(item, label)
    assert found.verdict == "PASS"
    assert dict(table(found, "pairing")) == {"items": 1, "labels": 1, "pairs": 1}
    assert faults(item) == [(item, "item-without-label")]
    assert faults(label) == [(label, "label-without-item")]


@pytest.mark.parametrize("name", TREES)
@pytest.mark.parametrize("other", TREES)
def test_another_tree_is_another_folder(name: str, other: str) -> None:
    item, label = TREES[name][0], TREES[other][1]
    assert faults(item, label) == ([] if name == other else [(label, "wrong-folder")])


def test_what_is_no_such_folder_is_left_as_it_is() -> None:
    for folder in ("TSUNAMI", "VSCODE", "원천", "TX_1", "2024.원천", "[원]1", "Training"):
        assert ai_hub(folder) == folder
    assert ai_hub("TS_1") != ai_hub("VS_1")
    assert ai_hub("TS_1") != ai_hub("TL_2")
    assert ai_hub(unicodedata.normalize("NFD", "01.원천데이터")) == ai_hub("02.라벨링데이터")


def test_names_are_compared_in_nfc() -> None:
    assert faults(unicodedata.normalize("NFD", "원천데이터/감귤.jpg"), "라벨링데이터/감귤.json") == []


def test_the_samples_extension_may_stand_in_the_label_files_name() -> None:
    assert faults("원천데이터/a.b.jpg", "라벨링데이터/a.b.jpg.json") == []
    assert faults("원천데이터/a.b.jpg", "라벨링데이터/a.b.json") == []


def test_stem_and_path() -> None:
    assert faults("x/a.jpg", "y/z/a.json", rule="stem") == []
    assert faults("x/a.jpg", "x/a.json", rule="path") == []
    moved = {"rule": "path", "from": "labels/json", "to": "images"}
    assert faults("set/images/1/a.jpg", "set/labels/json/1/a.json", **moved) == []
    assert faults("set/images/1/a.jpg", "set/labels/json/2/a.json", **moved) == [
        ("set/labels/json/2/a.json", "wrong-folder")
    ]


def test_empty_and_double_files() -> None:
    assert faults(FileRow("원천데이터/a.jpg", "items", 0), "라벨링데이터/a.json") == [
        ("원천데이터/a.jpg", "zero-bytes")
    ]
    double = ("원천데이터/a.jpg", "원천데이터/a.png", "라벨링데이터/a.json")
    assert faults(*double) == [("원천데이터/a.png", "duplicate-stem")]
    two = ("1/원천데이터/a.jpg", "1/라벨링데이터/a.json", "2/원천데이터/a.jpg", "2/라벨링데이터/a.json")
    assert faults(*two) == []
    assert faults(*two, one_stem=True) == [
        ("2/라벨링데이터/a.json", "duplicate-stem"),
        ("2/원천데이터/a.jpg", "duplicate-stem"),
    ]
    astray = ("1/원천데이터/a.jpg", "1/라벨링데이터/a.json", "0/라벨링데이터/a.json")
    assert faults(*astray, one_stem=True) == [("0/라벨링데이터/a.json", "duplicate-stem")]


def test_the_counts() -> None:
    found = result("원천데이터/a.jpg", "원천데이터/b.jpg", "라벨링데이터/a.json", "라벨링데이터/c.json")
    assert (found.verdict, found.outcome.metric.value, found.outcome.population) == ("FAIL", Fraction(2), 4)
    assert table(found, "defects") == [("file", "item-without-label", 1), ("file", "label-without-item", 1)]
    assert dict(table(found, "defect-lists")) == {"format": 0, "structure": 0, "file": 2}
    nothing = result(FileRow("x.txt", "", 3))
    assert nothing.reason.code == "empty-delivery"


files = st.lists(st.builds(File, st.uuids().map(str), st.sampled_from("pqr"), st.sampled_from([0, 5])), max_size=5)


@given(files, files, st.booleans())
def test_every_file_is_in_a_pair_or_told_once(labels, items, one_stem) -> None:
    found = paired(labels, items, one_stem=one_stem)
    told = [fault.path for fault in found.faults]
    assert len(set(told)) == len(told)
    silent = [f for f in (*labels, *items) if f.path not in told]
    assert len(silent) <= 2 * found.pairs + sum(f.code in {"wrong-folder", "zero-bytes"} for f in found.faults)
    assert found.pairs <= min(len(labels), len(items))


HEAD = """\
apiVersion: v3.1.0
kind: DataContract
id: 1-014-046-CV
version: 1.0.0
status: active
name: labels
customProperties: [{property: programme, value: ai-data-processing-voucher}]
schema:
  - {name: items, physicalType: image, physicalName: "**/*.jpg"}
"""


def contract(pairing: str, form: str = "voc", more: str = "") -> bytes:
    custom = f"customProperties: [{{property: pairing, value: {pairing}}}]"
    return f'{HEAD}{more}  - {{name: annotations, physicalType: {form}, physicalName: "**/*.xml", {custom}}}\n'.encode()


def test_it_is_derived_from_the_contract() -> None:
    checks = {check.rule.name: check for check in load(contract("{rule: ai-hub}")).checks}
    check = checks["annotations.pairing"]
    assert (check.files.labels, check.files.items, check.files.rule.name, check.one_stem) == (
        "annotations",
        "items",
        "ai-hub",
        True,
    )
    assert "annotations.pairing" not in {c.rule.name for c in load(HEAD.encode()).checks}


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (contract("{rule: ai_hub}"), "schema[1].customProperties[0].value.rule"),
        (contract("{}"), "schema[1].customProperties[0].value"),
        (contract("{rule: path, from: a}"), "schema[1].customProperties[0].value"),
        (contract("{rule: stem, from: a, to: b}"), "schema[1].customProperties[0].value"),
        (contract("{rule: stem, items: pictures}"), "schema[1].customProperties[0].value"),
        (contract("{rule: stem}", "coco"), "schema[1].customProperties[0].value"),
        (contract("{rule: stem}", more='  - {name: more, physicalType: image, physicalName: "*.png"}\n'), "schema[2].customProperties[0].value"),
        (HEAD.replace('"**/*.jpg"', '"**/*.jpg", customProperties: [{property: pairing, value: {rule: stem}}]').encode(), "schema[0].customProperties[0].value"),
    ],
)  # fmt: skip
def test_what_lint_refuses(data: bytes, path: str) -> None:
    assert [p.path for p in lint(data) if p.level == "error"] == [path]


@given(st.lists(st.text("ab./", min_size=1, max_size=8), min_size=1))
def test_the_stem_of_a_file_is_that_of_its_path(paths) -> None:
    paths = [path for path in paths if PurePosixPath(path).name == path.rpartition("/")[2] != ""]
    table_ = files_batch([FileRow(path, "", 1) for path in paths]).table
    assert table_.column("stem").to_pylist() == [PurePosixPath(path).stem for path in paths]
