"""The nightly audit: silent when all holds, one finding for each thing that does not; and what it found is signed, logged,
and neither altered nor left out."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from support.world import World, contract, jsonl, records
from typer.testing import CliRunner

from include import line as steps
from include.cli import app
from include.errors import VerificationError
from include.evidence.audit import checkpoint_digest
from include.evidence.canonical import digest
from include.evidence.envelope import parse as parse_envelope
from include.evidence.filing import evidence_key
from include.evidence.log.inclusion import verify_logged
from include.evidence.log.prover import prove
from include.evidence.predicates import AuditPredicate, Covered, Finding
from include.evidence.statement import Statement, parse
from include.evidence.verify import verify_envelope
from include.settings import settings as process_settings


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
    assert (found.covered, found.log_size, found.findings) == (Covered(1, 4, 1), 4, ())


def test_a_paid_delivery_that_changed(world):
    world.line().storage.put("deliveries/V-1/D-1/a.jsonl", b"{}")
    assert codes(world) == {("V-1/D-1 #1 delivery", "delivery-changed")}


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


def test_a_report_json_that_changed_or_is_another(world):
    line = world.line()
    attempt = steps.attempt_of_run(line, "run-1")
    line.filing.put(attempt, "report-json", b"{}")
    assert codes(world) == {("V-1/D-1 #1 report", "report-differs")}
    (world.home / "storage" / line.registry.documents(attempt, "report-json")[-1].storage_key).unlink()
    assert codes(world) == {("V-1/D-1 #1 report", "object-missing")}


def test_an_envelope_that_went_though_it_was_logged(world):
    """A row of the registry was deleted with its document: the log still names it."""
    line = world.line()
    attempt = steps.attempt_of_run(line, "run-1")
    again = replace(steps_statement(line, attempt).predicate, time_verified=line.now() + timedelta(seconds=5))
    envelope = line.filing.signer.sign("gate", Statement(steps_statement(line, attempt).subject, again).to_bytes())
    assert codes(world) == set()
    (world.home / "storage" / evidence_key(digest(envelope))).unlink()
    assert codes(world) == {("log entry 4", "object-missing")}


def steps_statement(line, attempt):
    return parse(parse_envelope(line.filing.need(attempt, "decision")).payload)


def test_findings_that_changed_or_went(tmp_path):
    world = World.make(tmp_path / "home")
    world.voucher(contract())
    rows = records(disagree=30)
    for row in rows[:30]:
        row["text"] = ""
    world.deliver({"a.jsonl": jsonl(rows)})
    assert world.run()[1].outcome == "REJECT"
    key = next(info.key for info in world.line().storage.list("findings/") if info.key.endswith(".csv"))
    spoil(world, key)
    ((about, code),) = codes(world)
    assert (about.startswith("V-1/D-1 #1 findings:"), code) == (True, "document-changed")
    (world.home / "storage" / key).unlink()
    ((_, code),) = codes(world)
    assert code == "object-missing"


# --- what it found is signed and logged


def audited(world):
    line = world.line()
    return steps.attest_audit(line, steps.audit(line), line.now())


def test_an_audit_is_signed_logged_and_follows_the_one_before(world):
    first, second = audited(world), audited(world)
    assert (first.says.verdict, first.says.found, first.says.log_size) == ("PASS", 0, 4)
    assert (second.says.number, second.says.before, second.says.log_size) == (2, first.sha256, 5)
    line = world.line()
    for said in (first, second):
        document = verify_envelope(said.envelope, line.keyring)
        assert document.role == "verifier"
        verify_logged(prove(line.registry, line.storage, line.keyring, said.sha256), line.keyring, document)
    assert steps.audit(line).covered == Covered(1, 4, 1)
    assert codes(world) == set()


def test_what_does_not_hold_stands_in_the_statement(world):
    world.line().storage.put("deliveries/V-1/D-1/a.jsonl", b"{}")
    spoil(world, world.line().registry.documents(steps.attempt_of_run(world.line(), "run-1"), "report")[-1].storage_key)
    said = audited(world).says
    assert (said.verdict, said.found) == ("FAIL", 2)
    assert said.findings == (
        Finding("V-1/D-1 #1 delivery", "delivery-changed"),
        Finding("V-1/D-1 #1 report", "document-changed"),
    )


def stated(world, **changes):
    """The statement of an audit that a worker asks to be signed."""
    line = world.line()
    found = steps.audit(line)
    says = AuditPredicate(
        1, None, line.now(), line.now(), found.log_size, found.covered, len(found.findings), found.findings
    )
    return Statement(checkpoint_digest(steps.records_of(line), found.log_size), replace(says, **changes)).to_bytes()


LIES = {
    "a finding is left out": {"found": 0, "findings": ()},
    "a finding is made up": {
        "found": 2,
        "findings": (
            Finding("V-1/D-1 #1 manifest", "object-missing"),
            Finding("V-1/D-1 #1 report", "document-changed"),
        ),
    },
    "a finding has another code": {"findings": (Finding("V-1/D-1 #1 report", "object-missing"),)},
    "a delivery that was never paid": {
        "found": 2,
        "findings": (
            Finding("V-1/D-1 #1 report", "document-changed"),
            Finding("V-2/D-1 #1 delivery", "delivery-changed"),
        ),
    },
    "fewer documents were read": {"covered": Covered(1, 3, 1)},
    "more deliveries were read": {"covered": Covered(1, 4, 2)},
    "more attempts were read": {"covered": Covered(2, 4, 1)},
    "another log": {"log_size": 3},
    "a longer log": {"log_size": 9},
    "an audit before it is left out": {"number": 2, "before": "0" * 64},
}


@pytest.mark.parametrize("name", LIES)
def test_an_audit_that_is_not_reached_again_is_not_signed(world, name):
    spoil(world, world.line().registry.documents(steps.attempt_of_run(world.line(), "run-1"), "report")[-1].storage_key)
    good = stated(world)
    signer, size = world.line().filing.signer, world.line().registry.log_size()
    with pytest.raises(VerificationError, match="signer-refused"):
        signer.sign("verifier", stated(world, **LIES[name]))
    assert world.line().registry.log_size() == size
    assert signer.sign("verifier", good)


def test_an_audit_result_that_is_altered_or_taken_away_is_found(world):
    said = audited(world)
    key = evidence_key(digest(said.envelope))
    spoil(world, key)
    assert codes(world) == {("log entry 4", "entry-differs")}
    (world.home / "storage" / key).unlink()
    assert codes(world) == {("log entry 4", "object-missing")}
    altered = said.envelope.replace(b'"payload":"', b'"payload":"e', 1)
    with pytest.raises(VerificationError):
        verify_envelope(altered, world.line().keyring)


def test_more_findings_than_a_statement_holds_are_counted(world, monkeypatch):
    monkeypatch.setattr("include.evidence.audit.MOST", 2)
    monkeypatch.setattr("include.evidence.predicates.audit.MOST", 2)
    attempt = steps.attempt_of_run(world.line(), "run-1")
    for kind in ("manifest", "run-started", "report"):
        spoil(world, world.line().registry.documents(attempt, kind)[-1].storage_key)
    said = audited(world).says
    assert (said.found, len(said.findings), said.verdict) == (3, 2, "FAIL")


@pytest.fixture
def cli(world, monkeypatch):
    monkeypatch.setenv("DAMBO_HOME", str(world.home))
    monkeypatch.setenv("DAMBO_LANG", "en")
    process_settings.cache_clear()
    yield CliRunner()
    process_settings.cache_clear()


def test_the_verbs(world, cli, tmp_path):
    done = cli.invoke(app, ["evidence", "audit", "--json"])
    assert (done.exit_code, json.loads(done.stdout)["verdict"]) == (0, "PASS")
    world.line().storage.put("deliveries/V-1/D-1/a.jsonl", b"{}")
    done = cli.invoke(app, ["evidence", "audit"])
    assert done.exit_code == 1
    assert "V-1/D-1 #1 delivery" in done.stdout
    assert "delivery-changed" in done.stdout
    shown = json.loads(cli.invoke(app, ["evidence", "audits", "--json", "--out", str(tmp_path / "out")]).stdout)
    assert [(each["number"], each["verdict"], each["found"]) for each in shown["audits"]] == [
        (1, "PASS", 0),
        (2, "FAIL", 1),
    ]
    keyring = str(world.settings.keyring_file())
    for number in (1, 2):
        document, proof = (tmp_path / "out" / f"audit-{number:06}.{end}" for end in ("dsse.json", "tlog-proof"))
        done = cli.invoke(app, ["verify", str(document), "--keyring", keyring, "--proof", str(proof)])
        assert done.exit_code == 0, done.output
