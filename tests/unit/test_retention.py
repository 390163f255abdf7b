"""Retention: nothing goes before its time, nothing on hold, nothing that another voucher needs; all stays provable."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from support.world import World, contract, jsonl, records
from typer.testing import CliRunner

from include import line as steps
from include.cli import app
from include.errors import ContractError, VerificationError
from include.evidence import retention
from include.evidence.canonical import digest
from include.evidence.envelope import Envelope, Signature
from include.evidence.filing import evidence_key
from include.evidence.keys_change import Keys
from include.evidence.keys_file import public_of, sign
from include.evidence.log.inclusion import verify_logged
from include.evidence.log.prover import prove
from include.evidence.pack_export import export
from include.evidence.pack_verify import PackOutcome, verify_pack
from include.evidence.predicates import Gone, RetentionPredicate
from include.evidence.retention import events
from include.evidence.signer import read_private
from include.evidence.signing.notary import Notary
from include.evidence.statement import Statement
from include.evidence.verify import verify_envelope
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
    made.now = NOW
    return made


def failing(wrong: int) -> list[dict[str, object]]:
    """Records with some empty texts: rules that list the failing records."""
    rows = records(60, disagree=wrong)
    for row in rows[:wrong]:
        row["text"] = ""
    return rows


def kept(line: Line):
    return steps.records_of(line), line.filing.signer


def states(line: Line, on: date) -> dict[str, str]:
    return {term.voucher: term.state for term in retention.terms(steps.records_of(line), on)}


def findings(line: Line) -> set[str]:
    return {info.key for info in line.storage.list("findings/")}


def test_a_voucher_is_kept_until_its_last_day(world: World) -> None:
    line = world.line()
    term = retention.terms(steps.records_of(line), LATER)[0]
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
    size = line.registry.log_size()
    done = retention.expire(*kept(line), LATER, by="kim", now=NOW)
    assert {term.voucher for term, _ in done} == {"V-1", "V-2", "V-3"}
    assert findings(line) == set()
    assert before <= {info.key for info in line.storage.list("")}
    assert line.registry.log_size() == size + 3
    said = events(steps.records_of(line), "V-3")[0].says
    assert (said.event, said.by, said.at, said.number, said.before) == ("destroyed", "kim", NOW, 1, None)
    assert "제26조의5" in said.reason
    registered = {d.storage_key: d.sha256 for a in line.registry.attempts("V-3") for d in line.registry.documents(a.id)}
    assert all(registered[gone.key] == gone.sha256 for gone in said.objects)
    pack = export(line.registry, line.storage, "V-1", Keys(world.settings).shelf.history())
    outcome = PackOutcome()
    verify_pack(io.BytesIO(pack), world.settings.keyring_file().read_bytes(), outcome)
    assert outcome.attempts[0].findings_gone
    assert steps.audit(line).findings == ()  # what a statement says was destroyed is not missed
    assert retention.expire(*kept(line), LATER, by="kim", now=NOW) == []
    assert len(events(steps.records_of(line), "V-3")) == 1


def test_a_hold_keeps_it_and_what_it_shares(world: World) -> None:
    line = world.line()
    shared = {each.key for each in retention.terms(steps.records_of(line), LATER)[1].objects}
    retention.hold(*kept(line), "V-2", by="kim", reason="suit", now=NOW)
    assert states(line, LATER) == {"V-1": "due", "V-2": "held", "V-3": "due"}
    with pytest.raises(ContractError, match="already-held"):
        retention.hold(*kept(line), "V-2", by="kim", reason="again", now=NOW)
    done = retention.expire(*kept(line), LATER, by="kim", now=NOW)
    assert {term.voucher for term, _ in done} == {"V-3"}
    assert findings(line) == shared
    retention.lift(*kept(line), "V-2", by="lee", reason="settled", now=NOW)
    with pytest.raises(ContractError, match="not-held"):
        retention.lift(*kept(line), "V-2", by="lee", reason="again", now=NOW)
    retention.expire(*kept(line), LATER, by="kim", now=NOW)
    assert findings(line) == set()
    assert [event.says.event for event in events(steps.records_of(line), "V-2")] == ["hold", "lift", "destroyed"]


def test_an_open_payment_keeps_it(tmp_path: Path) -> None:
    world = World.make(tmp_path)
    world.voucher(contract(60))
    world.deliver({"a.jsonl": jsonl(records())})
    assert world.run()[1].outcome == "RELEASE"
    line = world.line()
    assert states(line, LATER) == {"V-1": "open"}
    line.registry.move_release("V-1", "balance", "CONFIRMED", datetime(2027, 3, 3, tzinfo=UTC))
    assert retention.terms(steps.records_of(line), LATER)[0].due == date(2032, 3, 3)


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
        retention.expire(*kept(line), LATER, by="kim", now=NOW)
    monkeypatch.undo()
    retention.expire(*kept(line), LATER, by="kim", now=NOW)
    assert findings(line) == set()
    told = {
        gone.key for n in (1, 2, 3) for event in events(steps.records_of(line), f"V-{n}") for gone in event.says.objects
    }
    assert told >= {*calls}


def log_row(world: World, sql: str, *values: object) -> None:
    """What a thief of the database does, who first drops the triggers that keep the log as it is."""
    with sqlite3.connect(world.home / "registry.db") as database:
        for (name,) in database.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            database.execute(f"drop trigger {name}")
        database.execute(sql, values)


def test_a_hold_that_was_taken_out_of_the_log_destroys_nothing(world: World) -> None:
    line = world.line()
    retention.hold(*kept(line), "V-1", by="kim", reason="suit", now=NOW)
    (said,) = events(steps.records_of(line), "V-1")
    log_row(world, "delete from log_entries where position = ?", said.position)
    line = world.line()
    with pytest.raises(VerificationError, match="log-rolled-back"):
        retention.expire(*kept(line), LATER, by="kim", now=NOW)
    assert findings(line)


def test_a_hold_whose_words_were_changed_destroys_nothing(world: World) -> None:
    """Its entry of the log says another voucher; the log's tiles remember better."""
    line = world.line()
    retention.hold(*kept(line), "V-1", by="kim", reason="suit", now=NOW)
    (said,) = events(steps.records_of(line), "V-1")
    entry = line.registry.log_leaves(said.position, said.position + 1)[0]
    log_row(world, "update log_entries set entry = ? where position = ?", entry.replace(b"V-1", b"V-9"), said.position)
    line = world.line()
    with pytest.raises(VerificationError, match="log-differs"):
        retention.expire(*kept(line), LATER, by="kim", now=NOW)
    with pytest.raises(VerificationError, match="entry-differs"):
        events(steps.records_of(line), "V-1")
    assert findings(line)


def test_events_are_numbered_chained_signed_and_logged(world: World) -> None:
    line = world.line()
    for place in range(3):
        do = retention.lift if place % 2 else retention.hold
        do(*kept(line), "V-1", by="kim", reason=str(place), now=NOW)
    found = events(steps.records_of(line), "V-1")
    assert [(each.says.number, each.says.reason) for each in found] == [(1, "0"), (2, "1"), (3, "2")]
    assert [each.says.before for each in found] == [None, found[0].sha256, found[1].sha256]
    for each in found:
        document = verify_envelope(each.envelope, line.keyring, role="intake")
        proof = prove(line.registry, line.storage, line.keyring, each.sha256)
        assert verify_logged(proof, line.keyring, document).index == each.position
        assert line.storage.read(evidence_key(digest(each.envelope))) == each.envelope


def wanted(line: Line, voucher: str = "V-3") -> RetentionPredicate:
    """What expire would say."""
    term = next(t for t in retention.terms(steps.records_of(line), LATER) if t.voucher == voucher)
    gone = tuple(sorted(Gone(each.key, each.sha256) for each in term.objects))
    return RetentionPredicate(voucher, 1, None, "destroyed", NOW, "kim", term.basis, gone)


LIES: dict[str, Callable[[RetentionPredicate], RetentionPredicate]] = {
    "of a day that has not come": lambda says: replace(says, at=NOW + timedelta(days=400)),
    "before it was due": lambda says: replace(says, at=datetime(2027, 1, 1, tzinfo=UTC)),
    "of an object that is none of the voucher's": lambda says: replace(says, objects=(Gone("findings/x", "0" * 64),)),
    "of an object by another digest": lambda says: replace(says, objects=(Gone(says.objects[0].key, "0" * 64),)),
    "that leaves one out before it": lambda says: replace(says, number=2, before="0" * 64),
    "that ends a hold that there is not": lambda says: replace(says, event="lift", objects=()),
}


@pytest.mark.parametrize("name", LIES)
def test_a_destruction_is_not_signed(world: World, name: str) -> None:
    line = world.line()
    says = LIES[name](wanted(line))
    with pytest.raises(VerificationError, match="signer-refused"):
        line.filing.signer.sign("intake", Statement(says.subject, says).to_bytes())
    good = wanted(line)
    assert line.filing.signer.sign("intake", Statement(good.subject, good).to_bytes())


def test_what_another_voucher_needs_is_not_signed_away(world: World) -> None:
    line = world.line()
    says = wanted(line, "V-1")
    retention.hold(*kept(line), "V-2", by="kim", reason="suit", now=NOW)
    with pytest.raises(VerificationError, match="signer-refused"):
        line.filing.signer.sign("intake", Statement(says.subject, says).to_bytes())


def test_of_two_that_claim_one_number_the_first_counts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two writers in two processes: the second is told to try again, and its word comes after."""
    line, other = world.line(), world.line()
    real, turns = type(other.filing.signer).sign, []

    def late(self: object, role: str, payload: bytes) -> bytes:
        if not turns:
            turns.append(role)
            monkeypatch.setattr(type(other.filing.signer), "sign", real)
            retention.hold(*kept(line), "V-2", by="lee", reason="first", now=NOW)
        return real(self, role, payload)

    monkeypatch.setattr(type(other.filing.signer), "sign", late)
    says = RetentionPredicate("V-2", 1, None, "hold", NOW, "kim", "second")
    records = steps.records_of(other)
    made = records.add(
        other.filing.signer,
        says.resource.uri,
        lambda number, before: Statement(
            says.subject, replace(says, number=number, before=before, event="hold" if number == 1 else "lift")
        ),
        RetentionPredicate,
    )
    assert (made.says.number, made.says.event) == (2, "lift")
    assert [each.says.reason for each in events(records, "V-2")] == ["first", "second"]


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


def test_a_void_statement_counts_for_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes signed at the same moment, each the first of its voucher: the log took one after the other."""
    line = world.line()
    monkeypatch.setattr("include.evidence.signing.recompute.Recomputer.check", lambda *_: None)
    for reason in ("first", "void"):
        says = RetentionPredicate("V-2", 1, None, "hold", NOW, "kim", reason)
        line.filing.signer.sign("intake", Statement(says.subject, says).to_bytes())
    monkeypatch.undo()
    records = steps.records_of(line)
    assert [each.says.reason for each in events(records, "V-2")] == ["first"]
    retention.lift(*kept(line), "V-2", by="kim", reason="over", now=NOW)
    assert [(each.says.number, each.says.reason) for each in events(records, "V-2")] == [(1, "first"), (2, "over")]
    assert not retention.held(records, "V-2")


def test_a_hold_by_a_key_that_may_not_is_none(world: World) -> None:
    """Put into the log by whoever writes the database, signed with a key of another role."""
    line = world.line()
    says = RetentionPredicate("V-2", 1, None, "hold", NOW, "kim", "forged")
    statement = Statement(says.subject, says)
    unsigned = Envelope(statement.to_bytes(), ())
    private = read_private(world.settings.keys_folder(), "verifier")
    key = public_of(private)
    envelope = Envelope(unsigned.payload, (Signature(key.keyid, sign(private, key, unsigned.pae())),)).to_bytes()
    notary = line.filing.signer
    assert isinstance(notary, Notary)
    notary._log.append(statement, envelope, key.keyid)
    with pytest.raises(VerificationError, match="wrong-role"):
        retention.held(steps.records_of(line), "V-2")
