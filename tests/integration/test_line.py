"""The whole line on one machine: what is delivered decides the payment, and whatever goes wrong is held."""

from __future__ import annotations

import contextlib
import json
import os
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from support.world import World, contract, jsonl, records

from include import line as steps
from include.errors import StorageError
from include.gate.case import Decision


@pytest.fixture
def world(tmp_path):
    made = World.make(tmp_path / "home")
    made.voucher(contract())
    return made


def test_a_good_delivery_is_released_once(world):
    world.deliver({"a.jsonl": jsonl(records())})
    attempt, decided = world.run()
    assert (decided.outcome, decided.reasons, decided.complete) == ("RELEASE", (), True)
    assert world.outbox() == ["settlement/V-1--balance.csv"]
    again, repeated = world.run()
    assert again == attempt
    assert repeated.outcome == "RELEASE"
    assert len(world.outbox()) == 1
    assert len(world.line().registry.decisions(attempt)) == 1


def test_disagreeing_raters_are_rejected(world):
    world.deliver({"a.jsonl": jsonl(records(disagree=30))})
    attempt, decided = world.run()
    assert (decided.outcome, decided.reasons) == ("REJECT", ("verdict-fail",))
    failed = [c["rule"] for c in world.report(attempt)["checks"] if c["verdict"] == "FAIL"]
    assert failed == ["records.label-agreement"]
    assert world.outbox() == []


def test_fewer_records_than_contracted_are_rejected(world):
    world.deliver({"a.jsonl": jsonl(records(59))})
    attempt, decided = world.run()
    assert decided.outcome == "REJECT"
    failed = [c["rule"] for c in world.report(attempt)["checks"] if c["verdict"] == "FAIL"]
    assert failed == ["records.rowCount"]


def test_declared_files_are_compared_and_strangers_warned_of(world):
    good = jsonl(records())
    files = {"a.jsonl": good, "empty.jsonl": b"", "readme.txt": b"hello"}
    declared = [
        {"path": "a.jsonl", "size": len(good), "sha256": "0" * 64},
        {"path": "gone.jsonl", "size": 1, "sha256": "1" * 64},
    ]
    world.deliver(files, files=declared)
    attempt, decided = world.run()
    assert decided.outcome == "REJECT"
    by_rule = {c["rule"]: c for c in world.report(attempt)["checks"]}
    codes = {row[1]: row[2] for t in by_rule["delivery.files"]["detail"] if t["name"] == "defects" for row in t["rows"]}
    assert codes == {"declared-differs": 1, "declared-missing": 1, "undeclared-file": 2, "zero-bytes": 1}
    assert by_rule["delivery.unclaimed"]["verdict"] == "WARN"
    assert by_rule["delivery.unclaimed"]["failures"]["examples"][0]["file"] == "readme.txt"


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"milestone": "interim"}, "contract-not-agreed"),
        ({"voucher": "V-2"}, "contract-not-agreed"),
        ({"delivery": "D-2"}, "contract-not-agreed"),
        ({"contract": {"id": "other", "version": "1.0.0"}}, "contract-not-agreed"),
        ({"contract": {"id": "1-001-002-NL", "version": "2.0.0"}}, "contract-not-agreed"),
        ({"phase": "whatever"}, "marker-invalid"),
        ({"unknown": 1}, "marker-invalid"),
    ],
)
def test_a_claim_that_differs_from_the_registry_is_held(world, claims, code):
    world.deliver({"a.jsonl": jsonl(records())}, delivery="D-1")
    storage = world.line().storage
    key = "deliveries/V-1/D-1/_DELIVERED.json"
    storage.put(key, json.dumps({**json.loads(storage.read(key)), **claims}).encode())
    _, decided = world.run()
    assert decided.outcome == "HOLD"
    assert decided.reasons == (code,)
    assert not decided.complete
    assert world.outbox() == []


def test_a_contract_that_was_swapped_is_held(world):
    world.deliver({"a.jsonl": jsonl(records())})
    world.line().storage.put("contracts/1-001-002-NL/1.0.0.odcs.yaml", contract(rows=1))
    assert world.run()[1].reasons == ("contract-not-agreed",)


def test_a_phase_that_pays_nothing_ends_at_a_report(world):
    world.deliver({"a.jsonl": jsonl(records())}, phase="preliminary")
    attempt, decided = world.run()
    assert world.line().registry.attempt(attempt).verdict == "PASS"
    assert decided.outcome == "HOLD"
    assert world.outbox() == []


def test_a_late_delivery_is_shown_and_held_for_a_person(tmp_path):
    world = World.make(tmp_path / "home")
    world.voucher(contract(), due_on="2026-01-01")
    world.deliver({"a.jsonl": jsonl(records())})
    attempt, decided = world.run()
    assert decided.outcome == "HOLD"
    assert decided.reasons == ("late",)
    assert world.line().registry.attempt(attempt).verdict == "PASS"


def test_content_that_changes_under_a_delivery_is_held_for_good(world):
    world.deliver({"a.jsonl": jsonl(records(disagree=30))})
    assert world.run()[1].outcome == "REJECT"
    world.line().storage.put("deliveries/V-1/D-1/a.jsonl", jsonl(records()))
    _, decided = world.run(run_id="run-2")
    assert decided.outcome == "HOLD"
    assert decided.reasons == ("delivery-changed",)


def test_content_that_changes_after_the_manifest_is_held(world):
    world.deliver({"a.jsonl": jsonl(records())})
    line = world.line()
    attempt = steps.freeze(line, voucher="V-1", delivery="D-1", run_id="r", operator="t", reason="t")
    line.storage.put("deliveries/V-1/D-1/a.jsonl", jsonl(records(disagree=1)))
    _, decided = world.run(run_id="r")
    assert decided.reasons == ("delivery-changed",)
    assert not line.registry.attempt(attempt).sealed


def test_content_that_changes_between_seal_and_decision_is_held(world):
    world.deliver({"a.jsonl": jsonl(records())})
    line = world.line()
    attempt = steps.freeze(line, voucher="V-1", delivery="D-1", run_id="r", operator="t", reason="t")
    for shard in steps.shards(line, attempt):
        steps.observe(line, attempt, shard)
    steps.judge(line, attempt)
    steps.seal(line, attempt)
    line.storage.put("deliveries/V-1/D-1/extra.jsonl", b"{}")
    decided = steps.decide(line, attempt)
    assert decided.outcome == "HOLD"
    assert world.outbox() == []


def test_pending_finds_complete_deliveries_without_an_attempt(world):
    world.deliver({"a.jsonl": jsonl(records())}, delivery="D-1")
    world.deliver({"a.jsonl": jsonl(records())}, delivery="D-2")
    world.line().storage.put("deliveries/V-1/D-3/a.jsonl", b"")
    assert steps.pending(world.line()) == [("V-1", "D-1"), ("V-1", "D-2")]
    world.run(delivery="D-1")
    assert steps.pending(world.line()) == [("V-1", "D-2")]


def test_a_symlink_in_a_delivery_stops_that_delivery_alone(world, tmp_path):
    world.deliver({"a.jsonl": jsonl(records())}, delivery="D-1")
    folder = world.home / "storage/deliveries/V-1"
    (folder / "D-2").symlink_to(tmp_path)
    world.deliver({"a.jsonl": jsonl(records())}, delivery="D-3")
    (folder / "D-3/link.jsonl").symlink_to("/etc/passwd")
    assert steps.pending(world.line()) == [("V-1", "D-1"), ("V-1", "D-2"), ("V-1", "D-3")]
    for delivery in ("D-2", "D-3"):
        _, decided = world.run(delivery=delivery, run_id=delivery)
        assert (decided.outcome, decided.reasons) == ("HOLD", ("unsafe-path",))
    assert world.run(delivery="D-1")[1].outcome != "REJECT"


def test_the_report_is_the_same_whatever_the_shard_plan(tmp_path):
    rows = records()
    files = {f"{i:02}.jsonl": jsonl(rows[i * 6 : i * 6 + 6]) for i in range(10)}
    digests = set()
    for shard_bytes in (1, 1000, 2**30):
        world = World.make(tmp_path / str(shard_bytes), shard_bytes=shard_bytes)
        world.voucher(contract())
        world.deliver(files)
        attempt, decided = world.run()
        assert decided.outcome == "RELEASE"
        digests.add(world.line().registry.attempt(attempt).report_sha256)
    assert len(digests) == 1


class Counted:
    """Fails the n-th call of any public method of a wrapped object, once."""

    def __init__(self, inner, clock):
        self._inner, self._clock = inner, clock

    def __getattr__(self, name):
        found = getattr(self._inner, name)
        if not callable(found) or name.startswith("_"):
            return found

        def counted(*args, **kwargs):
            self._clock.tick(name)
            return found(*args, **kwargs)

        return counted


class Clock:
    def __init__(self, fail_at):
        self.calls, self.fail_at = 0, fail_at

    def tick(self, name):
        self.calls += 1
        if self.calls == self.fail_at:
            raise StorageError("storage-unavailable", f"planted at call {self.calls} ({name})")


def crashed_run(world, fail_at):
    """One run in which the `fail_at`-th call to storage fails. Returns the calls made."""
    from dataclasses import replace

    line, clock = world.line(), Clock(fail_at)
    storage = Counted(line.storage, clock)
    broken = replace(line, storage=storage, filing=replace(line.filing, storage=storage))
    with contextlib.suppress(StorageError):
        steps.run(broken, voucher="V-1", delivery="D-1", run_id="r", operator="t", reason="t")
    return clock.calls


def test_a_failure_at_any_call_to_storage_is_held_and_a_rerun_completes_the_same_attempt(tmp_path):
    probe = World.make(tmp_path / "probe")
    probe.voucher(contract())
    probe.deliver({"a.jsonl": jsonl(records())})
    calls = crashed_run(probe, 0)
    assert calls > 20
    for fail_at in range(1, calls + 1):
        world = World.make(tmp_path / str(fail_at))
        world.voucher(contract())
        world.deliver({"a.jsonl": jsonl(records())})
        crashed_run(world, fail_at)
        held = world.outbox() == [] or world.line().registry.release_of("V-1", "balance") is not None
        assert held, f"paid without a claim after call {fail_at}"
        attempt, decided = world.run(run_id="r")
        assert decided.outcome == "RELEASE", (fail_at, decided)
        assert world.line().registry.attempt(attempt).number == 1
        assert len(world.outbox()) == 1


def test_an_attempt_without_report_is_held_whatever_airflow_says(world):
    world.deliver({"a.jsonl": jsonl(records())})
    line = world.line()
    attempt = steps.freeze(line, voucher="V-1", delivery="D-1", run_id="r", operator="t", reason="t")
    decided = steps.decide(line, attempt)
    assert (decided.outcome, decided.reasons, decided.complete) == ("HOLD", ("attempt-incomplete",), False)


def test_an_unexpected_crash_of_a_step_is_held_with_its_name_only(world):
    world.deliver({"a.jsonl": jsonl(records())})
    with mock.patch("include.steps.judge.report_of", side_effect=ValueError("secret 901010-1234567")):
        _, decided = world.run()
    assert (decided.outcome, decided.reasons) == ("HOLD", ("unexpected-error",))
    assert world.run()[1].outcome == "RELEASE"


def test_a_rerun_that_has_only_begun_holds_the_decision_before_it(world):
    world.deliver({"a.jsonl": jsonl(records())})
    line = world.line()
    attempt = steps.freeze(line, voucher="V-1", delivery="D-1", run_id="r", operator="t", reason="t")
    for shard in steps.shards(line, attempt):
        steps.observe(line, attempt, shard)
    steps.judge(line, attempt)
    steps.seal(line, attempt)
    line.registry.begin_attempt(run_id="later", voucher="V-1", delivery="D-1", operator="t", reason="t", now=world.now)
    assert steps.decide(line, attempt).outcome == "HOLD"
    assert world.outbox() == []


def test_an_attempt_decided_again_after_a_later_one_is_held(world):
    """The gate may find it good; the claim, which looks last, does not, and that is a HOLD on record, not a crash."""
    world.deliver({"a.jsonl": jsonl(records())}, phase="preliminary")
    line = world.line()
    first, _ = world.run(run_id="r1")
    world.run(run_id="r2")
    with mock.patch("include.steps.decide.gate_decide", return_value=Decision("RELEASE", ())):
        decided = steps.decide(line, first)
    assert (decided.outcome, decided.reasons) == ("HOLD", ("later-attempt",))
    assert line.registry.latest_decision(first).decision == "HOLD"
    assert world.outbox() == []


def test_too_many_attempts_are_held(tmp_path):
    world = World.make(tmp_path / "home", max_attempts=2)
    world.voucher(contract())
    world.deliver({"a.jsonl": jsonl(records(disagree=30))})
    world.run(run_id="r1")
    world.run(run_id="r2")
    world.now += timedelta(days=1)
    world.deliver({"a.jsonl": jsonl(records())}, delivery="D-2")
    assert world.run(delivery="D-2", run_id="r3")[1].outcome == "RELEASE"


def test_a_run_before_the_marker_does_not_hide_the_delivery(world):
    world.line().storage.put("deliveries/V-1/D-1/a.jsonl", jsonl(records()))
    assert world.run(run_id="too-early")[1].reasons == ("delivery-incomplete",)
    world.deliver({"a.jsonl": jsonl(records())})
    assert steps.pending(world.line()) == [("V-1", "D-1")]
    assert world.run(run_id="pickup")[1].outcome == "RELEASE"
    assert steps.pending(world.line()) == []


def test_an_early_marker_does_not_make_a_late_delivery_timely(world):
    """Delivered is when the last object was put, not when the marker was."""
    world.deliver({"a.jsonl": jsonl(records())})
    day = datetime.now(UTC)
    world.voucher(contract(), voucher="V-9", due_on=(day - timedelta(days=2)).date().isoformat())
    world.deliver({"a.jsonl": jsonl(records())}, voucher="V-9")
    marker_file = world.home / "storage/deliveries/V-9/D-1/_DELIVERED.json"
    data_file = marker_file.with_name("a.jsonl")
    early = (day - timedelta(days=30)).timestamp()
    for path in (marker_file, data_file):
        os.utime(path, (early, early))
    _, decided = world.run(voucher="V-9", run_id="late")
    assert (decided.outcome, decided.reasons) == ("HOLD", ("late",))


def test_one_content_is_paid_once_whatever_it_comes_under(world):
    world.voucher(contract(), amount_krw="20000000")
    world.voucher(contract(), milestone="final-part", sequence=2, amount_krw="20000000")
    world.voucher(contract(), voucher="V-2")
    world.deliver({"a.jsonl": jsonl(records())})
    assert world.run()[1].outcome == "RELEASE"
    world.deliver({"a.jsonl": jsonl(records())}, milestone="final-part", delivery="D-2")
    assert world.run(delivery="D-2", run_id="r2")[1].reasons == ("content-already-paid",)
    world.deliver({"a.jsonl": jsonl(records())}, voucher="V-2")
    assert world.run(voucher="V-2", run_id="r3")[1].reasons == ("content-already-paid",)
    assert len(world.outbox()) == 1


def test_trying_content_after_content_until_one_passes_is_held(tmp_path):
    world = World.make(tmp_path / "home", max_attempts=3)
    world.voucher(contract())
    for n in range(3):
        world.deliver({"a.jsonl": jsonl(records(disagree=30 + n))}, delivery=f"D-{n}")
        assert world.run(delivery=f"D-{n}", run_id=f"r{n}")[1].outcome == "REJECT"
    world.deliver({"a.jsonl": jsonl(records())}, delivery="D-9")
    assert world.run(delivery="D-9", run_id="r9")[1].reasons == ("attempts-exceeded",)


@pytest.mark.parametrize("kind", ["report-json", "run-started", "report", "manifest"])
def test_evidence_that_is_gone_or_altered_holds(world, kind):
    world.deliver({"a.jsonl": jsonl(records())}, phase="preliminary")
    attempt, _ = world.run()
    line = world.line()
    document = line.registry.documents(attempt, kind)[-1]
    path = world.home / "storage" / document.storage_key
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"a", b"b", 1))
    assert steps.decide(line, attempt).reasons == ("document-changed",)
    path.unlink()
    assert steps.decide(line, attempt).reasons == ("document-missing",)
    assert world.outbox() == []


def test_names_that_differ_only_in_unicode_form_or_case_are_findings(world):
    half = jsonl(records()[:30]), jsonl(records()[30:])
    world.deliver({"가.jsonl": half[0], "\u1100\u1161.jsonl": half[1]})
    attempt, decided = world.run()
    assert decided.outcome == "REJECT"
    files = next(c for c in world.report(attempt)["checks"] if c["rule"] == "delivery.files")
    assert files["metric"]["value"] == "1"
    assert files["verdict"] == "FAIL"


def test_a_marker_that_declares_a_path_twice_is_refused(world):
    good = jsonl(records())
    twice = [{"path": "a.jsonl", "size": len(good), "sha256": d * 64} for d in "01"]
    world.deliver({"a.jsonl": good}, files=twice)
    assert world.run()[1].reasons == ("marker-invalid",)
