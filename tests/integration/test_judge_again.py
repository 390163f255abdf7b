"""`dambo judge` from stored states is `dambo check`, byte for byte, or says what needs a new scan."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from support.world import World, contract, jsonl, records
from typer.testing import CliRunner

from include import stored_states
from include.assessment import Assessed, Source, assess
from include.cli import app
from include.errors import DamboError
from include.settings import settings
from include.states_file import writing
from include.stored_states import NeedsScanError, judge_again, read_stored, store

Change = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def delivery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two objects: records with some disagreement and a wrong value, and a CSV beside them; one file is claimed by none."""
    folder = tmp_path_factory.mktemp("delivery")
    rows = records(60, disagree=7)
    rows[3]["text"] = None
    rows[5]["id"] = 4
    (folder / "a.jsonl").write_bytes(jsonl(rows[:31]))
    (folder / "b.jsonl").write_bytes(jsonl(rows[31:]))
    (folder / "t.csv").write_text("x,y,z\n1,가,\n2,나,p\n99,나,q\n", "utf-8")
    (folder / "notes.txt").write_text("x")
    return folder


def agreed(*changes: Change) -> bytes:
    """The contract, changed."""
    document = json.loads(contract())
    table = {
        "name": "table",
        "physicalType": "csv",
        "physicalName": "*.csv",
        "properties": [
            {"name": "x", "logicalType": "integer", "required": True, "logicalTypeOptions": {"maximum": 50}},
            {"name": "y", "logicalType": "string"},
            {"name": "z", "logicalType": "string", "required": True},
        ],
    }
    document["schema"].append(table)
    for change in changes:
        change(document)
    return json.dumps(document, ensure_ascii=False).encode()


def world(tmp_path: Path) -> World:
    return World.make(tmp_path, shard_bytes=500, jobs=1)


def checked(delivery: Path, tmp_path: Path, data: bytes, states: Path | None = None) -> Assessed:
    keep = None if states is None else partial(store, states)
    return assess(Source(delivery.as_uri()), data, world(tmp_path).settings, lambda _: None, keep=keep)


@pytest.fixture(scope="module")
def stored(delivery: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    checked(delivery, folder, agreed(), folder / "states")
    return folder / "states"


@pytest.fixture
def again(tmp_path: Path) -> Callable[[Path, bytes], Assessed]:
    """Judges stored states again."""

    def judge(states: Path, data: bytes) -> Assessed:
        with TemporaryDirectory(dir=tmp_path) as scratch:
            return judge_again(read_stored(states), data, Path(scratch))

    return judge


def rule(document: dict[str, Any], number: int) -> dict[str, Any]:
    quality: list[dict[str, Any]] = document["schema"][0]["quality"]
    return quality[number]


def expectation(kind: str, **kwargs: Any) -> dict[str, Any]:
    """A rule as Great Expectations writes it."""
    return {"id": kind.replace("_", "-"), "type": "custom", "engine": "greatExpectations", "implementation": {"type": kind, "kwargs": kwargs}}  # fmt: skip


def expecting(mostly: float, least: int = 10) -> Change:
    """Expectations in the contract: one over values, one over a tally."""
    rules = [
        expectation("expect_column_values_to_not_be_null", column="text", mostly=mostly),
        expectation("expect_column_unique_value_count_to_be_between", column="rater1", min_value=2, max_value=least),
    ]
    return lambda d: d["schema"][0]["quality"].extend(rules)


def test_expectations_are_judged_again_too(delivery, tmp_path, again):
    first, second = agreed(expecting(0.9)), agreed(expecting(1.0, least=2))
    checked(delivery, tmp_path, first, tmp_path / "states")
    judged = again(tmp_path / "states", second)
    assert judged.report.data == checked(delivery, tmp_path, second).report.data
    wrong = {c["rule"] for c in judged.report.document["checks"] if c["verdict"] == "FAIL"}
    assert wrong >= {
        "records.text.expect-column-values-to-not-be-null",
        "records.rater1.expect-column-unique-value-count-to-be-between",
    }


NO_SCAN: dict[str, Change] = {
    "version": lambda d: d.update(version="2.0.0", name="다른 이름"),
    "closed": lambda d: d["customProperties"].append({"property": "closed", "value": True}),
    "row count": lambda d: rule(d, 0).update(mustBe=61),
    "count as a warning": lambda d: rule(d, 0).update(severity="warning"),
    "agreement": lambda d: rule(d, 1)["implementation"].update(mustBeGreaterOrEqualTo=0.9),
    "another coefficient": lambda d: rule(d, 1)["implementation"].update(coefficient="cohen-kappa"),
    "another balance": lambda d: rule(d, 2)["implementation"].update(target={"가": 0.5, "나": 0.3, "다": 0.2}),
    "no balance": lambda d: d["schema"][0]["quality"].pop(2),
    "text not required": lambda d: d["schema"][0]["properties"][1].pop("required"),
    "id not unique": lambda d: d["schema"][0]["properties"][0].pop("unique"),
    "a column less": lambda d: d["schema"][1]["properties"].pop(2),
    "columns in another order": lambda d: d["schema"][1]["properties"].reverse(),
    "no other columns": lambda d: d["schema"][1].update(
        customProperties=[{"property": "columns", "value": {"extra": "refuse", "order": True}}]
    ),
    "an object less": lambda d: d["schema"].pop(1),
    "in words": lambda d: d["schema"][0]["quality"].append({"type": "text", "description": "by eye"}),
}

NEW_SCAN: dict[str, tuple[Change, str, str]] = {
    "a bound": (lambda d: d["schema"][1]["properties"][0].update(logicalTypeOptions={"maximum": 60}), "table.x.maximum", "new"),
    "a type": (lambda d: d["schema"][1]["properties"][0].update(logicalType="number"), "table.x.type", "new"),
    "a required column": (lambda d: d["schema"][1]["properties"][1].update(required=True), "table.y.required", "new"),
    "a new column": (lambda d: d["schema"][1]["properties"].append({"name": "w", "logicalType": "string"}), "table.columns", "columns"),
    "a column by another name": (lambda d: d["schema"][1]["properties"][1].update(physicalName="w"), "table.y.type", "columns"),
    "another delimiter": (lambda d: d["schema"][1].update(customProperties=[{"property": "reader", "value": {"delimiter": ";"}}]), "table.readable", "reading"),
    "other files": (lambda d: d["schema"][1].update(physicalName="**/*.csv"), "table.readable", "reading"),
    "another object": (lambda d: d["schema"].append({"name": "n", "physicalType": "csv", "physicalName": "*.txt", "properties": [{"name": "x", "logicalType": "string"}]}), "n.readable", "new"),
}  # fmt: skip


@hypothesis_settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chosen=st.sets(st.sampled_from(sorted(NO_SCAN)), max_size=6))
def test_judging_again_is_checking(delivery, stored, tmp_path, again, chosen):
    if "an object less" in chosen:
        chosen -= {"a column less", "columns in another order", "no other columns"}
    data = agreed(*(NO_SCAN[name] for name in NO_SCAN if name in chosen))
    judged = again(stored, data)
    fresh = checked(delivery, tmp_path, data)
    assert judged.report.data == fresh.report.data
    assert judged.report.files() == fresh.report.files()
    assert judged.frozen.manifest == fresh.frozen.manifest


@pytest.mark.parametrize("name", NO_SCAN)
def test_each_change_alone(delivery, stored, tmp_path, again, name):
    data = agreed(NO_SCAN[name])
    assert again(stored, data).report.data == checked(delivery, tmp_path, data).report.data
    assert again(stored, data).report.data != again(stored, agreed()).report.data


@pytest.mark.parametrize("name", NEW_SCAN)
def test_what_was_not_tallied_needs_a_scan(stored, again, name):
    change, rule_name, why = NEW_SCAN[name]
    with pytest.raises(NeedsScanError) as told:
        again(stored, agreed(change))
    assert (rule_name, why) in {(m.rule, m.why) for m in told.value.missing}
    assert rule_name in told.value.message
    assert rule_name in told.value.ko


def test_a_column_less_after_defects_needs_a_scan(tmp_path, again):
    folder = tmp_path / "d"
    folder.mkdir()
    (folder / "a.jsonl").write_bytes(jsonl(records()))
    (folder / "t.csv").write_text("x,y,z\n1,가\n2,나,p\n", "utf-8")
    kept = tmp_path / "states"
    checked(folder, tmp_path / "w", agreed(), kept)
    with pytest.raises(NeedsScanError) as told:
        again(kept, agreed(NO_SCAN["a column less"]))
    assert {m.why for m in told.value.missing} == {"columns"}
    same = agreed(NO_SCAN["columns in another order"])
    assert again(kept, same).report.data == checked(folder, tmp_path / "w", same).report.data


def test_a_marker_is_kept(tmp_path, again):
    made = World.make(tmp_path)
    made.deliver({"a.jsonl": jsonl(records())}, files=[{"path": "gone.jsonl", "size": 1, "sha256": "0" * 64}])
    source = Source((tmp_path / "storage/deliveries/V-1/D-1").as_uri())
    kept = tmp_path / "states"
    found = assess(source, contract(), made.settings, lambda _: None, keep=partial(store, kept))
    assert again(kept, contract()).report.data == found.report.data
    assert found.report.verdict == "FAIL"


def test_damaged_foreign_or_older_states_are_refused(stored, tmp_path, monkeypatch):
    data, path = stored.read_bytes(), tmp_path / "damaged"
    places = range(0, len(data), max(1, len(data) // 50))
    flipped = [data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :] for at in places]
    for damaged in (b"", b"x", data[:-1], data[:40], data + b"\n", data.replace(b"/v2", b"/v1", 1), *flipped):
        path.write_bytes(damaged)
        with pytest.raises(DamboError) as told:
            read_stored(path)
        assert told.value.code == "states-unreadable"
    monkeypatch.setattr(stored_states, "identity", lambda: {"dambo": "0" * 64})
    with pytest.raises(DamboError) as told:
        read_stored(stored)
    assert told.value.code == "states-other-code"


def test_a_file_that_was_not_finished_is_not_there(tmp_path):
    def half() -> None:
        with writing(tmp_path / "states") as file:
            file.put(b"some")
            raise InterruptedError

    with pytest.raises(InterruptedError):
        half()
    assert list(tmp_path.iterdir()) == []


def test_no_raw_text_of_free_columns_is_stored(stored):
    assert "문장".encode() not in stored.read_bytes()


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("DAMBO_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def call(*words: str | Path) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_the_command_line(delivery, home):
    (home / "c.yaml").write_bytes(agreed())
    (home / "d.yaml").write_bytes(agreed(NO_SCAN["agreement"]))
    (home / "e.yaml").write_bytes(agreed(NEW_SCAN["a bound"][0]))
    ran = call("check", delivery, "-c", home / "c.yaml", "-o", home / "out", "--states", home / "kept/s", "--json")
    assert (ran.exit_code, ran.exception.__class__) == (1, SystemExit)
    assert call("judge", home / "kept/s", "-c", home / "c.yaml", "-o", home / "again").exit_code == 1
    for name in ("report.json", "manifest.jsonl", "report.html"):
        assert (home / "again" / name).read_bytes() == (home / "out" / name).read_bytes()
    ran = call("judge", home / "kept/s", "-c", home / "d.yaml", "-o", home / "d", "--json")
    assert json.loads(ran.stdout)["verdict"] == "FAIL"
    ran = call("judge", home / "kept/s", "-c", home / "e.yaml", "-o", home / "e", "--json")
    assert isinstance(ran.exception, NeedsScanError)
    assert [row["rule"] for row in json.loads(ran.stdout)["missing"]] == ["table.x.maximum"]
    assert not (home / "e").exists()
    assert call("judge", home / "none", "-c", home / "c.yaml").exception.code == "states-not-found"
