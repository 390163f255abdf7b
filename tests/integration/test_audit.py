"""The nightly audit: silent when all holds, and one finding for each thing that does not."""

from __future__ import annotations

import pytest
from support.world import World, contract, jsonl, records

from include import line as steps


@pytest.fixture
def world(tmp_path):
    made = World.make(tmp_path / "home")
    made.voucher(contract())
    made.deliver({"a.jsonl": jsonl(records())})
    assert made.run()[1].outcome == "RELEASE"
    return made


def spoil(world, key):
    path = world.home / "storage" / key
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"!")


def codes(world):
    return {(f.about, f.code) for f in steps.audit(world.line()).findings}


def test_nothing_to_find(world):
    found = steps.audit(world.line())
    assert (found.attempts, found.documents, found.paid, found.findings) == (1, 4, 1, ())


def test_a_paid_delivery_that_changed(world):
    world.line().storage.put("deliveries/V-1/D-1/a.jsonl", b"{}")
    assert codes(world) == {("V-1/D-1 #1", "delivery-changed")}


@pytest.mark.parametrize("kind", ["manifest", "run-started", "report", "decision"])
def test_a_document_that_changed_or_went(world, kind):
    attempt = steps.attempt_of_run(world.line(), "run-1")
    document = world.line().registry.documents(attempt, kind)[-1]
    spoil(world, document.storage_key)
    assert codes(world) == {(f"V-1/D-1 #1 {kind}", "document-changed")}
    (world.home / "storage" / document.storage_key).unlink()
    assert codes(world) == {(f"V-1/D-1 #1 {kind}", "object-missing")}


def test_a_log_that_was_touched(world):
    keys = [info.key for info in world.line().storage.list("log/tile/") if info.key.endswith(".p/4")]
    assert len(keys) == 2  # hashes and entries of the four documents; smaller partial tiles are no longer read
    spoil(world, keys[0])
    assert any(about == "log" for about, _ in codes(world))
