"""A self-check hashes beside reading: the same manifest and report as before, one read of each file, errors as ever."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from include import assessment
from include.assessment import Source, assess
from include.deliveries import intake
from include.deliveries.intake import Listing, Pace, StoppedError, freeze
from include.deliveries.progress import silent
from include.errors import VerificationError
from include.settings import Settings
from include.storage import ObjectInfo, open_storage

CONTRACT = b"""
apiVersion: v3.1.0
kind: DataContract
id: 0-000-000-HB
name: lines
version: 1.0.0
status: active
schema:
  - name: lines
    physicalType: csv
    physicalName: "*.csv"
    properties: [{name: id, logicalType: integer, required: true, unique: true}]
customProperties: [{property: programme, value: ai-data-processing-voucher}]
"""


@pytest.fixture
def delivery(tmp_path: Path) -> Path:
    folder = tmp_path / "delivery"
    folder.mkdir()
    for i in range(6):
        (folder / f"{i}.csv").write_text("id\n" + "".join(f"{i * 100 + j}\n" for j in range(100)))
    (folder / "notes.txt").write_text("not claimed")
    return folder


def settings(tmp_path: Path, **more: object) -> Settings:
    return Settings(home=tmp_path / "home", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_manifest_is_that_of_freeze(delivery, tmp_path, jobs):
    given = settings(tmp_path, jobs=jobs, shard_bytes=500)
    found = assess(Source(delivery.as_uri()), CONTRACT, given, silent)
    frozen = freeze(open_storage(delivery.as_uri(), given), "")
    assert found.frozen == frozen
    assert frozen.manifest.digest in found.report.files()["report.json"].decode()


def test_a_file_that_grows_after_it_was_listed_is_told(delivery, tmp_path, monkeypatch):
    real = assessment.plan_shards

    def planned(*args, **kwargs):
        with (delivery / "5.csv").open("a") as file:
            file.write("7777\n")
        return real(*args, **kwargs)

    monkeypatch.setattr(assessment, "plan_shards", planned)
    monkeypatch.setattr(intake, "LEAD", 0)
    with pytest.raises(VerificationError, match=r"5\.csv|delivery-changed") as caught:
        assess(Source(delivery.as_uri()), CONTRACT, settings(tmp_path, jobs=1), silent)
    assert caught.value.code in {"delivery-changed", "object-changed"}


def test_an_error_while_reading_ends_hashing_too(delivery, tmp_path, monkeypatch):
    def broken(*_args, **_kwargs):
        raise OSError("the disk is gone")

    monkeypatch.setattr(assessment, "scan", broken)
    monkeypatch.setattr(intake, "LEAD", -1)
    before = threading.active_count()
    with pytest.raises(OSError, match="the disk is gone"):
        assess(Source(delivery.as_uri()), CONTRACT, settings(tmp_path, jobs=1), silent)
    assert threading.active_count() == before


def test_hashing_keeps_near_reading(delivery, tmp_path, monkeypatch):
    monkeypatch.setattr(intake, "LEAD", 300)
    storage = open_storage(delivery.as_uri(), settings(tmp_path))
    data = Listing.of(storage, "").data
    pace, taken, near = Pace(), list[ObjectInfo](), threading.Event()

    def take() -> None:
        for info in pace.ahead(data):
            taken.append(info)
            if sum(i.size for i in taken) > 300:
                near.set()

    thread = threading.Thread(target=take)
    thread.start()
    assert near.wait(10)
    assert len(taken) == 2 or sum(i.size for i in taken[:-1]) <= 300
    pace.read(data[0].size)
    pace.free()
    thread.join(10)
    assert taken == list(data)


def test_hashing_that_is_given_up_stops(delivery, tmp_path):
    storage = open_storage(delivery.as_uri(), settings(tmp_path))
    pace = Pace()
    pace.stop()
    with pytest.raises(StoppedError):
        Listing.of(storage, "").hashed(pace=pace)
