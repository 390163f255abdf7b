"""label-validity: every fault alone, at its place, in its list; the denominators; and nothing wrong with what is right."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from label_worlds import declared, judged, label, table

from checks.batch import Defect
from checks.geometry import masks
from checks.kernel import Misdeclared, Target
from checks.validity.faults import FAULTS
from include.contracts import load
from include.deliveries.intake import FileRow

IMAGE = {"a": {"width": 100, "height": 50}}
SPEECH = {"a": {"duration": 2.5}}
TEXT = {"a": {"chars": 10}}
SQUARE = [10.0, 10.0, 20.0, 10.0, 20.0, 20.0, 10.0, 20.0]


def box(x: float, y: float, w: float, h: float, **more: Any):
    return label(kind="box", x=x, y=y, width=w, height=h, **more)


def rings(kind: str, *points: list[float], **more: Any):
    return label(kind=kind, points=list(points), **more)


def found(labels, items=None, **params):
    """Codes with their lists, and the labels they are at."""
    check = declared("label-validity", items="items", **params)
    result = judged(check, {"l.json": labels}, items if items is not None else IMAGE)
    places = [(e.pointer, e.value) for e in result.outcome.failures.examples]
    return {(which, code): n for which, code, n in table(result, "defects")}, places


MASK = masks.encode([10, 5, 100 * 50 - 15])

RIGHT = {
    "a class": label(),
    "a box": box(0, 0, 100, 50),
    "a box by rounded ratios": box(0.0000005, 0, 1.0000004, 1, item_width=1, item_height=1),
    "a polygon": rings("polygon", SQUARE),
    "a polygon that touches itself": rings("polygon", [0, 0, 2, 2, 4, 0, 4, 4, 2, 2, 0, 4]),
    "two rings": rings("polygon", SQUARE, [30, 30, 40, 30, 35, 40]),
    "a flat polyline": rings("polyline", [0, 5, 9, 5]),
    "a point": rings("points", [3, 3]),
    "a mask": label(kind="mask", mask=MASK),
    "keypoints, one not labelled": rings("keypoints", [1, 1, 2, 0, 0, 0, 5, 5, 1]),
    "a list of labels": label(kind="labels", label=None, labels=["cat", "dog"]),
    "an empty list of labels": label(kind="labels", label=None, labels=[]),
    "a value": label(kind="value", label=None, value=3.5),
    "the same size": box(0, 0, 1, 1, item_width=100, item_height=50),
}

WRONG = {
    "item-absent": label(""),
    "class-absent": label(label=""),
    "class-unknown": label(label="cow"),
    "geometry-absent": label(kind="box", x=1, y=1, width=3),
    "extent-absent": label(kind="span", start=1),
    "value-absent": label(kind="value", label=None),
    "number-not-finite": box(1, 1, float("nan"), 4),
    "box-empty": box(1, 1, 0, 4),
    "box-inverted": box(9, 9, -4, 4),
    "outside-image": box(90, 10, 10.5, 10),
    "odd-coordinates": rings("polygon", [*SQUARE, 3.0]),
    "too-few-points": rings("polygon", [1, 1, 5, 5, 5, 5, 1, 1]),
    "polygon-crossing": rings("polygon", [0, 0, 4, 4, 4, 0, 0, 4]),
    "mask-malformed": label(kind="mask", mask="\x01"),
    "mask-size": label(kind="mask", mask=masks.encode([10, 5, 100])),
    "keypoint-count": rings("keypoints", [1, 1, 2]),
    "keypoint-visibility": rings("keypoints", [1, 1, 3, 0, 0, 0, 5, 5, 1]),
    "end-before-start": label(start=3, end=2),
    "transcript-empty": label(kind="transcript", label=None, text=" \u3000"),
    "item-size-differs": box(1, 1, 3, 3, item_width=50, item_height=100),
}


@pytest.mark.parametrize("name", RIGHT)
def test_nothing_is_wrong_with(name: str) -> None:
    assert found([RIGHT[name]], classes=["cat", "dog"], keypoints={"count": 3}) == ({}, [])


@pytest.mark.parametrize("code", WRONG)
def test_one_fault(code: str) -> None:
    codes, places = found([label(), WRONG[code]], classes=["cat", "dog"], keypoints={"count": 3})
    assert codes == {(FAULTS[code].list, code): 1}
    assert places == [("/1", code)]


def test_every_fault_has_a_case() -> None:
    others = {
        "outside-text",
        "outside-duration",
        "duplicate-label",
        "polygon-too-complex",
        "item-of-another-file",
    }
    assert {*WRONG, *others} == set(FAULTS)


@pytest.mark.parametrize(("start", "end", "wrong"), [(0, 2.509, False), (0, 2.52, True), (-0.1, 1, True)])
def test_an_extent_beside_its_audio(start: float, end: float, *, wrong: bool) -> None:
    codes, _ = found([label(kind="transcript", label=None, text="네", start=start, end=end)], SPEECH)
    assert codes == ({("structure", "outside-duration"): 1} if wrong else {})


@pytest.mark.parametrize(("start", "end", "wrong"), [(0, 10, False), (0, 11, True), (-1, 3, True)])
def test_a_span_beside_its_text(start: int, end: int, *, wrong: bool) -> None:
    codes, _ = found([label(kind="span", start=start, end=end)], TEXT)
    assert codes == ({("structure", "outside-text"): 1} if wrong else {})


def test_the_same_label_twice_is_told_at_the_second_place() -> None:
    one = {"kind": "polygon", "points": [SQUARE]}
    labels = [
        label(**one, object_id="1"),
        label("b", **one),
        label(**one, object_id="2"),
        label(**one, annotator_id="kim"),
    ]
    codes, places = found([*labels, label(kind="polygon", points=[SQUARE, SQUARE[:6]])])
    assert codes == {("structure", "duplicate-label"): 1}
    assert places == [("/2", "duplicate-label")]


def test_labels_that_differ_in_one_value_are_not_the_same() -> None:
    fields = {"label": "dog", "kind": "box", "x": 1.0, "y": 1.0, "width": 2.0, "height": 2.0, "start": 1.0, "end": 2.0,
              "value": 1.0, "text": "", "annotator_id": "", "mask": MASK, "labels": ["x"], "points": [[1.0, 1.0]]}  # fmt: skip
    base = label(label="cat", kind="class")
    codes, _ = found(
        [base, *(label(**{"label": "cat", "kind": "class", name: value}) for name, value in fields.items())]
    )
    assert ("structure", "duplicate-label") not in codes


def test_a_wrong_size_is_told_once_an_item_and_file() -> None:
    labels = [box(i, 1, 2, 2, item_width=10, item_height=50) for i in range(3)]
    codes, places = found([*labels, box(0, 0, 1, 1)])
    assert codes == {("structure", "item-size-differs"): 1}
    assert places == [("/0", "item-size-differs")]


def test_without_the_item_the_size_in_the_label_file_holds() -> None:
    labels = [box(0, 0, 10, 10, item_width=10, item_height=10), box(0, 0, 10, 11, item_width=10, item_height=10)]
    assert found(labels, {})[1] == [("/1", "outside-image")]


def test_a_class_is_not_asked_of_labels_that_have_none() -> None:
    assert found([label(label=None)], classed=False)[0] == {}


def test_the_denominators() -> None:
    files = {
        "1.json": [label(), box(90, 0, 20, 1)],
        "2.json": [label("b")],
        "3.json": [],
        "4.json": [box(1, 1, 0, 1), label(label="dog")],
    }
    broken = Defect("5.json", -1, "", "format", "invalid-json", "")
    rows = [FileRow(f"{i}.json", "annotations", 1) for i in range(1, 6)] + [FileRow("a.jpg", "items", 1)]
    for measure, expected in (("objects", (6, 3)), ("files", (5, 3)), ("values", (12, 2))):
        check = declared("label-validity", items="items", measure=measure)
        result = judged(check, files, IMAGE, [broken], rows)
        shares = {name: (total, wrong) for name, total, wrong, _ in table(result, "denominators")}
        assert shares[measure] == expected
        assert result.outcome.metric.value == Fraction(expected[0] - expected[1], expected[0])
        assert result.verdict == "FAIL"
        assert {(which, code): n for which, code, n in table(result, "defects")} == {
            ("format", "invalid-json"): 1, ("structure", "outside-image"): 1, ("structure", "box-empty"): 1,
        }  # fmt: skip
        assert dict(table(result, "defect-lists")) == {"format": 1, "structure": 2, "file": 0}


def test_a_target_below_one() -> None:
    labels = {"1.json": [label(str(i)) for i in range(99)] + [label("")]}
    for target, verdict in (("0.99", "PASS"), ("0.991", "FAIL")):
        check = declared("label-validity", demand=Target(">=", (Decimal(target),)))
        assert judged(check, labels).verdict == verdict


def test_what_a_reader_has_told_is_wrong_but_not_listed_again() -> None:
    told = Defect("l.json", -1, "/1/label", "structure", "key-absent", "")
    check = declared("label-validity")
    result = judged(
        check,
        {"l.json": [label(label=None), label("b", label=None), *[label(str(i)) for i in range(10)]]},
        defects=[told],
    )
    assert {(which, code): n for which, code, n in table(result, "defects")} == {
        ("structure", "key-absent"): 1, ("structure", "class-absent"): 1,
    }  # fmt: skip
    assert table(result, "denominators")[1][:3] == ("objects", 12, 2)


def test_only_labels_have_it() -> None:
    with pytest.raises(Misdeclared, match="holds no labels"):
        declared("label-validity", "items")
    with pytest.raises(Misdeclared, match="no other object"):
        declared("label-validity", items="pictures")


def test_what_no_label_bears_is_a_wrong_label_of_its_own() -> None:
    told = [
        Defect("l.json", -1, "/1/attributes/colour", "structure", "wrong-type", ""),
        Defect("l.json", -1, "/info", "format", "duplicate-key", ""),
        Defect("m.json", -1, "line 1, character 3", "format", "invalid-json", ""),
    ]
    labels = [label(str(i)) for i in range(12)]
    result = judged(declared("label-validity"), {"l.json": labels}, defects=told)
    assert table(result, "denominators")[1][:3] == ("objects", 14, 3)
    assert result.outcome.metric.value == Fraction(11, 14)
    assert sum(n for _, _, n in table(result, "defects")) == 3


CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: 1-014-046-CV
version: 1.0.0
status: active
name: labels
customProperties: [{property: programme, value: ai-data-processing-voucher}]
schema:
  - {name: items, physicalType: image, physicalName: "**/*.jpg"}
  - name: annotations
    physicalType: voc
    physicalName: "**/*.xml"
"""


def compiled(extra: str = ""):
    contract = load((CONTRACT + extra).encode())
    return {check.rule.name: check for check in contract.checks}


def test_it_is_derived_for_every_object_of_labels() -> None:
    checks = compiled()
    check = checks["annotations.label-validity"]
    assert check.items.object == "items"
    assert check.target.values == (Decimal(1),)
    assert checks["annotations.readable"].rule.severity == "error"
    assert "items.label-validity" not in checks


def test_a_declared_one_takes_its_place() -> None:
    own = "{check: label-validity, measure: values, classes: [cat], mustBeGreaterOrEqualTo: 0.99}"
    checks = compiled(f"    quality: [{{type: custom, engine: dambo, implementation: {own}}}]\n")
    check = checks["annotations.label-validity"]
    assert (check.measure, check.agreed.classes, check.items.object) == ("values", ("cat",), "items")
    assert check.target.values == (Decimal("0.99"),)
    assert checks["annotations.readable"].rule.severity == "warning"


def test_a_relationship_says_which_items() -> None:
    relation = "    relationships: [{from: annotations.item_id, to: clips.item_id}]\n"
    other = '  - {name: clips, physicalType: audio, physicalName: "**/*.wav"}\n'
    assert compiled(other)["annotations.label-validity"].items is None
    assert compiled(relation + other)["annotations.label-validity"].items.object == "clips"


PAIRED = b"""\
apiVersion: v3.1.0
kind: DataContract
id: c-1
version: 1.0.0
customProperties: [{property: programme, value: ai-data-processing-voucher}]
schema:
  - {name: items, physicalType: image, physicalName: "*.jpg"}
  - name: annotations
    physicalType: aihub
    physicalName: "*.json"
    customProperties:
      - {property: reader, value: {item: /id, objects: /a, label: /c, geometry: {pointer: /b, form: xywh}}}
      - {property: pairing, value: {rule: stem}}
    relationships: [{from: annotations.item_id, to: items.item_id}]
"""


def _paired(contract: bytes) -> bool:
    (check,) = (c for c in load(contract).checks if c.rule.name == "annotations.label-validity")
    return bool(check.agreed.paired)


def test_labels_of_another_item_than_their_file_is_named_after() -> None:
    labels = [label("l"), label("a")]  # of l.json
    codes, places = found(labels, paired=True)
    assert (codes, places) == ({("structure", "item-of-another-file"): 1}, [("/1", "item-of-another-file")])
    assert found(labels) == ({}, [])


def test_a_contract_with_pairs_and_a_relationship_demands_it() -> None:
    relation = b"    relationships: [{from: annotations.item_id, to: items.item_id}]\n"
    pairing = b"      - {property: pairing, value: {rule: stem}}\n"
    assert _paired(PAIRED)
    assert not _paired(PAIRED.replace(relation, b""))
    assert not _paired(PAIRED.replace(pairing, b""))
    assert not _paired(PAIRED.replace(b"{item: /id,", b"{documents: '/d/*', item: /id,"))
