"""Retention: nothing goes before its time, nothing on hold, nothing that another voucher needs; all stays provable."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from support.world import World, contract, jsonl, records
from typer.testing import CliRunner

from include.cli import app
from include.errors import ContractError, VerificationError
from include.evidence import retention
from include.evidence.keys_change import Keys
from include.evidence.pack_export import export
from include.evidence.pack_verify import PackOutcome, verify_pack
from include.evidence.retention_events import Event, events, record
from include.line import Line
from include.settings import settings as process_settings

NOW = datetime(2032, 1, 1, tzinfo=UTC)
LATER = date(2040, 1, 1)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """V-1 and V-2 failed on the same data under the same contract: they share a report and its findings. V-3 has others."""
    made = World.make(tmp_path / "home")
    rules = contract(60)
    for number, wrong in ((1, 30), (2, 30), (3, 29)):
        made.voucher(rules, voucher=f"V-{number}")
        made.deliver({"a.jsonl": jsonl(failing(wrong))}, voucher=f"V-{number}")
        assert made.run(voucher=f"V-{number}", run_id=f"r{number}")[1].outcome == "REJECT"
    return made


def failing(wrong: int) -> list[dict[str, object]]:
    """Records with some empty texts: rules that list the failing records."""
    rows = records(60, disagree=wrong)
    for row in rows[:wrong]:
        row["text"] = ""
    return rows


def states(line: Line, on: date) -> dict[str, str]:
    return {term.voucher: term.state for term in retention.terms(line.registry, line.storage, on)}


def findings(line: Line) -> set[str]:
    return {info.key for info in line.storage.list("findings/")}


def test_a_voucher_is_kept_until_its_last_day(world: World) -> None:
    line = world.line()
    term = retention.terms(line.registry, line.storage, LATER)[0]
    assert (term.programme, term.state) == ("ai-data-processing-voucher", "due")
    assert term.due == retention.years_later(term.ended, 5)
    assert states(line, term.due.replace(day=term.due.day) - retention.timedelta(days=1))["V-1"] == "keep"
    assert states(line, term.due)["V-1"] == "due"
    assert term.objects
    assert all(each.there for each in term.objects)


def test_years_from_a_leap_day() -> None:
    assert retention.years_later(date(2028, 2, 29), 5) == date(2033, 3, 1)
    assert retention.years_later(date(2028, 2, 29), 4) == date(2032, 2, 29)


def test_between_least_and_most_it_may_go_but_need_not() -> None:
    assert [retention._state(date(y, 1, 1), date(2030, 1, 1), date(2032, 1, 1)) for y in (2029, 2030, 2031, 2032)] == ["keep", "may-go", "may-go", "due"]  # fmt: skip


def test_an_expired_voucher_loses_its_findings_and_stays_provable(world: World) -> None:
    line = world.line()
    assert findings(line)
    before = {info.key for info in line.storage.list("")} - findings(line)
    done = retention.expire(line.registry, line.storage, LATER, by="kim", now=NOW)
    assert {term.voucher for term, _ in done} == {"V-1", "V-2", "V-3"}
    assert findings(line) == set()
    assert {info.key for info in line.storage.list("")} == before | {f"retention/V-{n}/000001.json" for n in (1, 2, 3)}
    said = events(line.storage, "V-3")[0]
    assert (said.kind, said.by, said.at) == ("destroyed", "kim", NOW)
    assert "제26조의5" in said.reason
    registered = {d.storage_key: d.sha256 for a in line.registry.attempts("V-3") for d in line.registry.documents(a.id)}
    assert all(registered[gone.key] == gone.sha256 for gone in said.objects)
    pack = export(line.registry, line.storage, "V-1", Keys(world.settings).shelf.history())
    outcome = PackOutcome()
    verify_pack(io.BytesIO(pack), world.settings.keyring_file().read_bytes(), outcome)
    assert outcome.attempts[0].findings_gone
    assert retention.expire(line.registry, line.storage, LATER, by="kim", now=NOW) == []
    assert len(events(line.storage, "V-3")) == 1


def test_a_hold_keeps_it_and_what_it_shares(world: World) -> None:
    line = world.line()
    shared = {each.key for each in retention.terms(line.registry, line.storage, LATER)[1].objects}
    retention.hold(line.storage, "V-2", by="kim", reason="suit", now=NOW)
    assert states(line, LATER) == {"V-1": "due", "V-2": "held", "V-3": "due"}
    with pytest.raises(ContractError, match="already-held"):
        retention.hold(line.storage, "V-2", by="kim", reason="again", now=NOW)
    done = retention.expire(line.registry, line.storage, LATER, by="kim", now=NOW)
    assert {term.voucher for term, _ in done} == {"V-3"}
    assert findings(line) == shared
    retention.lift(line.storage, "V-2", by="lee", reason="settled", now=NOW)
    with pytest.raises(ContractError, match="not-held"):
        retention.lift(line.storage, "V-2", by="lee", reason="again", now=NOW)
    retention.expire(line.registry, line.storage, LATER, by="kim", now=NOW)
    assert findings(line) == set()
    assert [event.kind for event in events(line.storage, "V-2")] == ["hold", "lift", "destroyed"]


def test_an_open_payment_keeps_it(tmp_path: Path) -> None:
    world = World.make(tmp_path)
    world.voucher(contract(60))
    world.deliver({"a.jsonl": jsonl(records())})
    assert world.run()[1].outcome == "RELEASE"
    line = world.line()
    assert states(line, LATER) == {"V-1": "open"}
    line.registry.move_release("V-1", "balance", "CONFIRMED", datetime(2027, 3, 3, tzinfo=UTC))
    assert retention.terms(line.registry, line.storage, LATER)[0].due == date(2032, 3, 3)


def test_a_voucher_of_no_known_programme_is_kept(world: World) -> None:
    world.deliver({"a.jsonl": b"{}\n"}, voucher="V-9")
    world.run(voucher="V-9", run_id="r9")
    assert states(world.line(), LATER)["V-9"] == "unknown-programme"


def test_a_crash_between_record_and_deed_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    line = world.line()
    destroy, calls = type(line.storage).destroy, []

    def breaking(self: object, key: str) -> None:
        calls.append(key)
        if len(calls) == 2:
            raise OSError("power cut")
        destroy(self, key)

    monkeypatch.setattr(type(line.storage), "destroy", breaking)
    with pytest.raises(OSError, match="power cut"):
        retention.expire(line.registry, line.storage, LATER, by="kim", now=NOW)
    monkeypatch.undo()
    retention.expire(line.registry, line.storage, LATER, by="kim", now=NOW)
    assert findings(line) == set()
    told = {gone.key for n in (1, 2, 3) for event in events(line.storage, f"V-{n}") for gone in event.objects}
    assert told >= {*calls}


def test_a_changed_record_destroys_nothing(world: World) -> None:
    line = world.line()
    retention.hold(line.storage, "V-1", by="kim", reason="suit", now=NOW)
    retention.lift(line.storage, "V-1", by="kim", reason="over", now=NOW)
    line.storage.put("retention/V-1/000001.json", Event("V-1", "hold", NOW, "kim", "another word").to_bytes())
    with pytest.raises(VerificationError, match="retention-changed"):
        retention.expire(line.registry, line.storage, LATER, by="kim", now=NOW)
    line.storage.put("retention/V-1/000001.json", b"{}")
    with pytest.raises(VerificationError, match="retention-changed"):
        events(line.storage, "V-1")
    assert findings(line)


def test_events_are_numbered_and_chained(world: World) -> None:
    storage = world.line().storage
    for place in range(3):
        record(storage, Event("V-1", "hold" if place % 2 == 0 else "lift", NOW, "kim", str(place)))
    found = events(storage, "V-1")
    assert [event.reason for event in found] == ["0", "1", "2"]
    assert found[0].before is None
    assert len({event.before for event in found}) == 3


@pytest.mark.parametrize("key", ["evidence/sha256/aa/x", "deliveries/V-1/D-1/a.jsonl", "retention/V-1/000001.json", "log/checkpoint", "findingsx/a"])  # fmt: skip
def test_nothing_else_is_ever_destroyed(world: World, key: str) -> None:
    with pytest.raises(ValueError, match="never destroyed"):
        world.line().storage.destroy(key)


def test_the_verbs(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAMBO_HOME", str(world.home))
    monkeypatch.setenv("DAMBO_LANG", "en")
    process_settings.cache_clear()
    run = CliRunner()
    try:
        assert run.invoke(app, ["evidence", "hold", "V-2", "--reason", "suit"]).exit_code == 0
        shown = run.invoke(app, ["evidence", "expire", "--dry-run", "--on", "2040-01-01", "--json"])
        told = {each["voucher"]: each for each in json.loads(shown.stdout)["vouchers"]}
        assert [told[f"V-{n}"]["state"] for n in (1, 2, 3)] == ["due", "held", "due"]
        assert told["V-3"]["going"]
        assert not told["V-1"]["going"]
        assert "held" in run.invoke(app, ["evidence", "expire", "--dry-run"]).stdout
        assert run.invoke(app, ["evidence", "expire", "--on", "2040-01-01"]).exit_code == 2
        before = findings(world.line())
        assert "0 objects destroyed" in run.invoke(app, ["evidence", "expire", "--yes"]).stderr
        assert findings(world.line()) == before
        assert json.loads(run.invoke(app, ["evidence", "lift", "V-2", "--reason", "over", "--json"]).stdout) == {"voucher": "V-2", "held": False}  # fmt: skip
    finally:
        process_settings.cache_clear()
