"""What of the data's own words a report may show."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from support.world import World, contract, dambo, jsonl, records

from checks.masking import public, shape, shape_at
from include.assessment import Source, assess


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("2024-13-01", "9999-99-99"),
        ("홍길동 Kim", "가가가 Aaa"),
        ("901010-1234567", "999999-9999999"),
        ("\x1b[31m\u202e", "?[99a?"),
        (None, ""),
        ("가" * 50, "가" * 40 + "… (50)"),
    ],
)
def test_a_shape_says_how_a_value_looks_and_not_what_it_is(value, masked):
    assert shape(value) == masked


def test_a_name_is_public_if_the_contract_names_it_or_it_recurs():
    assert public("긍정", 1, {"긍정"}) == "긍정"
    assert public("긍정", 5) == "긍정"
    assert public("긍정", 4) == "가가"
    assert public("가" * 41, 1000) != "가" * 41


def test_personal_values_in_label_columns_do_not_reach_the_report(tmp_path):
    rows = records()
    rows[3]["rater2"] = "홍길동 010-1234-5678"
    rules = [
        dambo("label-agreement", raters=["rater1", "rater2"], level="nominal", coefficient="krippendorff-alpha",
              mustBeGreaterOrEqualTo=0.7),
        {**dambo("class-balance", column="rater1", by="rater2", measure="min-class-count", mustBeGreaterOrEqualTo=1)},
        dambo("label-accuracy", gold="rater1", label="rater2", measure="accuracy", mustBeGreaterOrEqualTo=0.7),
    ]  # fmt: skip
    folder = tmp_path / "d"
    folder.mkdir()
    (folder / "a.jsonl").write_bytes(jsonl(rows))
    found = assess(
        Source(folder.as_uri()), contract(quality=rules), World.make(tmp_path / "h").settings, lambda _: None
    )
    said = found.report.data.decode() + "".join(t.decode() for t in found.report.tables.values())
    assert "홍길동" not in said
    assert "5678" not in said
    assert "가가가 999-9999-9999" in said
    assert json.loads(found.report.data)["checks"]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_a_text_in_a_column_is_masked_as_it_is_alone(kind):
    values = ["", "2024-13-01", "홍길동 010", "x" * 41, "가" * 40, "\u202e" * 50, None, "é" * 1000]
    column = pa.array(["first", *values], kind).slice(1)
    assert [shape_at(column, i) for i in range(len(values))] == [shape(v) for v in values]


def test_other_values_of_a_column_are_masked_by_their_text():
    assert shape_at(pa.array([12.5]), 0) == "99.9"
    assert shape_at(pa.array([None, True]), 1) == shape(True)
