"""Foreign keys: from `relationships` in the contract to the number of references that lead nowhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from include.assessment import Source, assess, contract_of
from include.contracts import lint
from include.settings import Settings

ITEMS = {"name": "things", "physicalType": "csv", "physicalName": "items*.csv", "properties": [
    {"name": "id", "logicalType": "string", "unique": True}, {"name": "part", "logicalType": "integer"}]}  # fmt: skip
LABELS = {"name": "labels", "physicalType": "csv", "physicalName": "labels*.csv", "properties": [
    {"name": "item", "logicalType": "string"}, {"name": "piece", "logicalType": "integer"}]}  # fmt: skip
ONE = [{"from": "labels.item", "to": "things.id"}]
BOTH = [{"from": ["labels.item", "labels.piece"], "to": ["things.id", "things.part"], "id": "pieces"}]


def contract(relationships, *, on_property=None) -> bytes:
    labels = {**LABELS, **({"relationships": relationships} if relationships else {})}
    if on_property:
        labels["properties"] = [{**LABELS["properties"][0], "relationships": on_property}, LABELS["properties"][1]]
    document = {
        "apiVersion": "v3.2.0", "kind": "DataContract", "id": "1-001-002-NL", "name": "x", "version": "1.0.0",
        "status": "active", "schema": [ITEMS, labels],
        "customProperties": [{"property": "programme", "value": "ai-data-processing-voucher"}],
    }  # fmt: skip
    return json.dumps(document).encode()


def checked(folder: Path, data: bytes, **settings):
    made = Settings(home=folder.parent / "home", jobs=1, **settings)
    report = assess(Source(folder.as_uri()), data, made, lambda _: None).report
    return {row["rule"]: row for row in report.document["checks"]}


@pytest.fixture
def delivery(tmp_path):
    folder = tmp_path / "d"
    folder.mkdir()
    (folder / "items-1.csv").write_text("id,part\na,1\nb,1\n")
    (folder / "items-2.csv").write_text("id,part\n가,1\n")
    return folder


def test_lost_references_are_counted_over_all_files_of_both_objects(delivery):
    (delivery / "labels-1.csv").write_text("item,piece\na,1\nx,1\nb,1\n,1\n")
    (delivery / "labels-2.csv").write_text("item,piece\n가,1\nx,1\ny,2\n")
    row = checked(delivery, contract(ONE), shard_bytes=1)["labels.item.foreignKey"]
    assert (row["verdict"], row["metric"]["numerator"], row["population"]) == ("FAIL", 3, 7)
    places = [(e["file"], e["pointer"]) for e in row["failures"]["examples"]]
    assert places == [("labels-1.csv", "row 2"), ("labels-2.csv", "row 3")]
    assert row == checked(delivery, contract(ONE))["labels.item.foreignKey"]


def test_composite_keys_and_properties_with_relationships(delivery):
    (delivery / "labels.csv").write_text("item,piece\na,1\na,2\nb,1\n")
    row = checked(delivery, contract(BOTH))["labels.pieces"]
    assert (row["verdict"], row["failures"]["count"]) == ("FAIL", 1)
    row = checked(delivery, contract(None, on_property=[{"to": "things.id"}]))["labels.item.foreignKey"]
    assert (row["verdict"], row["failures"]["count"]) == ("PASS", 0)


def test_no_reference_shows_nothing_and_no_keys_lose_all(delivery):
    (delivery / "labels.csv").write_text("item,piece\n,1\n")
    assert checked(delivery, contract(ONE))["labels.item.foreignKey"]["verdict"] == "FAIL"
    (delivery / "labels.csv").write_text("item,piece\na,1\n")
    for name in ("items-1.csv", "items-2.csv"):
        (delivery / name).write_text("id,part\n")
    row = checked(delivery, contract(ONE))["labels.item.foreignKey"]
    assert (row["verdict"], row["failures"]["count"]) == ("FAIL", 1)


@pytest.mark.parametrize(
    ("relationship", "word"),
    [
        ({"from": "labels.item", "to": "things.nothing"}, "no column"),
        ({"from": "things.id", "to": "things.id"}, "no column"),
        ({"from": "labels.item", "to": "labels.item"}, "itself"),
        ({"from": "labels.item", "to": "things.part"}, "never be equal"),
        ({"from": "labels.item", "to": "schema/things/properties/id"}, "no column"),
        ({"from": ["labels.item", "labels.piece"], "to": ["things.id", "labels.piece"]}, "one schema object"),
    ],
)
def test_what_cannot_be_a_foreign_key_is_refused(relationship, word):
    problems = lint(contract([relationship]))
    assert any(word in p.message_en for p in problems), problems


def test_one_state_serves_unique_and_references():
    checks = [c for c in contract_of(contract(ONE)).checks if c.id in {"unique", "foreign-key"}]
    assert len({a for check in checks for a in check.analyzers()}) == 2
