"""Planted defects: of a delivery in AI Hub's six trees exactly what was planted is found, in its list, at its pointer."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from support.aihub_delivery import CONTRACT, DEFECTS, TREES, Delivery, write

from include.assessment import Source, assess
from include.deliveries.progress import silent
from include.settings import Settings

LISTS = ("format", "structure", "file")

RULES = {
    "files": "delivery.files",
    "items": "items.readable",
    "labels": "annotations.label-validity",
    "pairing": "annotations.pairing",
}


def judged(home: Path, scratch: Path) -> dict[str, dict]:
    """The report's rows by rule."""
    settings = Settings(scratch=scratch, jobs=1)
    found = assess(Source(home.as_uri()), CONTRACT, settings, silent)
    report = json.loads(found.report.data)
    return {row["rule"]: row for row in report["checks"]}


def tables(row: dict) -> dict[str, list]:
    return {table["name"]: table["rows"] for table in row["detail"]}


def expected_codes(delivery: Delivery, rule: str) -> Counter:
    return Counter((f.list, f.code) for f in delivery.findings if f.rule == rule)


def codes(row: dict) -> dict:
    return {(which, code): count for which, code, count in tables(row).get("defects", [])}


@pytest.mark.parametrize("tree", TREES, ids=lambda tree: tree.items)
def test_each_tree_shows_what_was_planted_and_nothing_else(tmp_path: Path, tree) -> None:
    delivery = write(tmp_path / "in", 60, trees=(tree,))
    rows = judged(tmp_path / "in", tmp_path / "scratch")
    for rule, name in RULES.items():
        found = {(e["file"], e["pointer"], e["value"]) for e in rows[name]["failures"]["examples"]}
        planted = {(f.file, f.pointer, f.code) for f in delivery.findings if f.rule == rule}
        assert found == planted, name
        assert codes(rows[name]) == expected_codes(delivery, rule), name
    others = set(rows) - set(RULES.values()) - {"annotations.readable"}
    assert {name for name in others if rows[name]["failures"]["count"]} == set()
    counts = dict(tables(rows["annotations.pairing"])["pairing"])
    assert (counts["items"], counts["labels"]) == (delivery.photos, delivery.documents)


def test_a_delivery_without_defects_passes(tmp_path: Path) -> None:
    write(tmp_path / "in", 30, of_each=0)
    rows = judged(tmp_path / "in", tmp_path / "scratch")
    assert {name: row["verdict"] for name, row in rows.items() if row["verdict"] != "PASS"} == {}


def test_a_thousand_photos_in_six_trees(tmp_path: Path) -> None:
    delivery = write(tmp_path / "in", 1000, of_each=2)
    rows = judged(tmp_path / "in", tmp_path / "scratch")
    assert len(delivery.findings) >= 2 * len(TREES) * len(DEFECTS)
    for rule, name in RULES.items():
        expected = expected_codes(delivery, rule)
        assert codes(rows[name]) == expected, name
        lists = Counter()
        for (which, _), count in expected.items():
            lists[which] += count
        shown = tables(rows[name]).get("defect-lists", [["format", 0], ["structure", 0], ["file", 0]])
        assert {which: count for which, count in shown if count} == lists, name
        assert rows[name]["failures"]["count"] == sum(f.rule == rule for f in delivery.findings)
        assert rows[name]["verdict"] == "FAIL"
        if rule in {"labels", "pairing"}:
            shown = {
                (which, code, file, pointer)
                for which in LISTS
                for code, file, _, pointer in tables(rows[name]).get(f"{which}-faults", [])
            }
            assert shown == {tuple(f[1:]) for f in delivery.findings if f.rule == rule}
    wrong = {f.file for f in delivery.findings if f.rule == "labels"}
    files = next(row for row in tables(rows["annotations.label-validity"])["denominators"] if row[0] == "files")
    assert files[1:3] == [delivery.documents, len(wrong)]
