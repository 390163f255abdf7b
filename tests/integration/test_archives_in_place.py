"""Deliveries in archives: read in place, the same report for any shard plan, and what is wrong with them found."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile

import pytest
from support.world import World, contract, jsonl, records

ROWS = records(60)


def zipped(members: dict[str, bytes], encoding: str = "utf-8") -> bytes:
    """A zip; in CP949 as Windows tools in Korea write it: without a flag."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, data) in enumerate(members.items()):
            raw = name.encode(encoding)
            archive.writestr(f"{number:02}".ljust(len(raw), "~") if encoding != "utf-8" else name, data)
    data = buffer.getvalue()
    if encoding != "utf-8":
        for number, name in enumerate(members):
            raw = name.encode(encoding)
            data = data.replace(f"{number:02}".ljust(len(raw), "~").encode(), raw)
    return data


def tarred(members: dict[str, bytes], mode: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


GLOB = "**/02.라벨링데이터/**/*.jsonl"
FILES = {f"라벨/감귤_{i:02}.jsonl": jsonl(ROWS[i : i + 1]) for i in range(60)}
TREE = "3.개방데이터/1.데이터/Training/02.라벨링데이터/TL_감귤"


def checked(world: World, delivered: dict[str, bytes], data: bytes) -> tuple[dict, str]:
    world.voucher(data)
    world.deliver(delivered)
    attempt, decided = world.run()
    return world.report(attempt), decided.outcome


def rule(report: dict, name: str) -> dict:
    return next(check for check in report["checks"] if f"{check['rule'].split('.')[0]}.{check['check']}" == name)


def codes(check: dict) -> dict[str, int]:
    return {row[1]: row[2] for table in check["detail"] if table["name"] == "defects" for row in table["rows"]}


def table(check: dict, name: str) -> list:
    return next(t["rows"] for t in check["detail"] if t["name"] == name)


@pytest.mark.parametrize(
    ("name", "data", "encoding"),
    [
        (".zip", zipped(FILES), "utf-8-flag"),
        (".zip", zipped(FILES, "cp949"), "cp949"),
        (".tar", tarred(FILES, "w"), "utf-8-flag"),
        (".tar.gz", tarred(FILES, "w:gz"), "utf-8-flag"),
    ],
    ids=["zip", "zip-cp949", "tar", "tar.gz"],
)
def test_members_are_files_of_the_delivery(tmp_path, name, data, encoding):
    report, outcome = checked(
        World.make(tmp_path), {TREE + name: data}, contract(physicalName=GLOB, customProperties=[])
    )
    assert (report["verdict"], outcome) == ("PASS", "RELEASE")
    files = rule(report, "delivery.delivery-files")
    assert files["population"] == 61
    assert table(files, "archives") == [[TREE + name, encoding, 60]]
    assert rule(report, "delivery.unclaimed-files")["verdict"] == "PASS"


def test_any_shard_plan_gives_the_same_report(tmp_path):
    members = FILES | {
        "../evil.jsonl": b"{}",
        "라벨/감귤_07.JSONL": b"x",
        "README.md": b"hello",
        "inner.zip": zipped({"a": b"a"}),
    }
    members |= {"라벨/empty.jsonl": b"", "라벨/broken.jsonl": b"{"}
    delivered = {TREE + ".zip": zipped(members), TREE + "2.tar": tarred({"라벨/x.jsonl": b"{"}, "w"), "notes.txt": b"n"}
    data = contract(physicalName=GLOB)
    whole, outcome = checked(World.make(tmp_path / "one"), delivered, data)
    assert (whole["verdict"], outcome) == ("FAIL", "REJECT")
    assert codes(rule(whole, "delivery.delivery-files")) == {
        "member-traversal": 1,
        "member-twins": 1,
        "member-nested": 1,
        "zero-bytes": 1,
    }
    unclaimed = rule(whole, "delivery.unclaimed-files")
    assert codes(unclaimed) == {"unclaimed-file": 3}
    assert [one["file"] for one in unclaimed["failures"]["examples"]] == [
        TREE + ".zip!/README.md",
        TREE + ".zip!/라벨/감귤_07.JSONL",
        "notes.txt",
    ]
    readable = rule(whole, "records.readable")
    assert codes(readable) == {"invalid-json": 2, "empty-file": 1}
    assert {one["file"] for one in readable["failures"]["examples"]} == {
        TREE + ".zip!/라벨/broken.jsonl",
        TREE + ".zip!/라벨/empty.jsonl",
        TREE + "2.tar!/라벨/x.jsonl",
    }
    cut, _ = checked(World.make(tmp_path / "many", shard_bytes=1_000), delivered, data)
    assert json.dumps(cut, sort_keys=True) == json.dumps(whole, sort_keys=True)


def test_a_broken_archive_fails_the_delivery(tmp_path):
    report, outcome = checked(
        World.make(tmp_path),
        {"a.jsonl": jsonl(ROWS), "b.zip": zipped(FILES)[:-30]},
        contract(physicalName="**/*.jsonl"),
    )
    assert (report["verdict"], outcome) == ("FAIL", "REJECT")
    assert codes(rule(report, "delivery.delivery-files")) == {"archive-truncated": 1}


def test_nothing_is_left_or_written_elsewhere(tmp_path):
    evil = {"../../../../evil.jsonl": b"{}", "/tmp/dambo-evil.jsonl": b"{}"}
    world = World.make(tmp_path / "deep" / "er" / "home")
    checked(world, {TREE + ".zip": zipped(FILES | evil)}, contract(physicalName=GLOB))
    assert [path for path in tmp_path.rglob("*evil*") if path.is_file()] == []
    scratch = world.settings.scratch_folder()
    assert [path for path in scratch.rglob("*") if path.is_file()] == []
