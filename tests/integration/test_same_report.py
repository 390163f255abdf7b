"""One delivery, one report, byte for byte: dambo check, dambo run, local folder and S3, any shard plan."""

from __future__ import annotations

import json

import pytest
from support.world import World, contract, jsonl, records
from typer.testing import CliRunner

from include.assessment import Source, assess
from include.cli import app
from include.settings import settings

FILES = {f"{i:02}.jsonl": jsonl(records()[i * 12 : i * 12 + 12]) for i in range(5)}


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """The report of the whole line in a local folder."""
    world = World.make(tmp_path_factory.mktemp("local"))
    world.voucher(contract())
    world.deliver(FILES)
    attempt, decided = world.run()
    assert decided.outcome == "RELEASE"
    return world.line().filing.need(attempt, "report-json"), world


def test_check_of_the_same_folder(reference, tmp_path):
    expected, world = reference
    source = Source((world.home / "storage/deliveries/V-1/D-1").as_uri())
    found = assess(source, contract(), World.make(tmp_path).settings, lambda _: None)
    assert found.report.data == expected


@pytest.mark.parametrize("jobs", [1, 2])
def test_check_in_many_shards_and_processes(reference, tmp_path, jobs):
    expected, world = reference
    source = Source((world.home / "storage/deliveries/V-1/D-1").as_uri())
    small = World.make(tmp_path, shard_bytes=1, jobs=jobs).settings
    assert assess(source, contract(), small, lambda _: None).report.data == expected


def test_the_command_line(reference, tmp_path, monkeypatch):
    expected, world = reference
    monkeypatch.setenv("DAMBO_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    (tmp_path / "c.yaml").write_bytes(contract())
    folder = str(world.home / "storage/deliveries/V-1/D-1")
    ran = CliRunner().invoke(
        app, ["check", folder, "-c", str(tmp_path / "c.yaml"), "-o", str(tmp_path / "out"), "--json"]
    )
    settings.cache_clear()
    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.stdout)["verdict"] == "PASS"
    assert (tmp_path / "out/report.json").read_bytes() == expected


def whole_line_on(world: World) -> bytes:
    world.voucher(contract())
    world.deliver(FILES)
    attempt, decided = world.run()
    assert (decided.outcome, decided.reasons) == ("RELEASE", ())
    assert world.outbox() == ["settlement/V-1--balance.csv"]
    return world.line().filing.need(attempt, "report-json")


def test_the_line_on_an_s3_store(reference, tmp_path, moto_s3):
    bucket = moto_s3.create_bucket(versioning=True)
    made = moto_s3.settings(tmp_path, home=tmp_path / "home", storage=f"s3://{bucket}/root", shard_bytes=2000)
    assert whole_line_on(World(tmp_path, made)) == reference[0]


@pytest.mark.services
@pytest.mark.parametrize("versioning", [True, False])
def test_the_line_on_a_real_s3_store_and_postgresql(reference, tmp_path, ceph, postgres, versioning):
    bucket = ceph.create_bucket(versioning=versioning)
    made = ceph.settings(
        tmp_path,
        home=tmp_path / "home",
        storage=f"s3://{bucket}/root",
        registry=postgres.create_database(),
        shard_bytes=2000,
    )
    assert whole_line_on(World(tmp_path, made)) == reference[0]
