"""The log in the line: what is signed is logged and published, once, whatever crashes; what was edited is told."""

from __future__ import annotations

import json
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from support.world import World, contract, jsonl, records
from typer.testing import CliRunner

from include import line as steps
from include.cli import app
from include.errors import RegistryError, StorageError, VerificationError
from include.evidence.canonical import digest
from include.evidence.envelope import parse
from include.evidence.keyring import Key
from include.evidence.log.audit import _cosigned, _same_everywhere, audit
from include.evidence.log.checkpoint import Checkpoint
from include.evidence.log.cosignature import cosign, witness_name
from include.evidence.log.entry import LogEntry
from include.evidence.log.inclusion import verify_logged
from include.evidence.log.note import parse as read_note
from include.evidence.log.note import raw_public
from include.evidence.log.prover import prove
from include.evidence.log.published import CHECKPOINT, cosigned_key, published_head
from include.evidence.log.tiles import Edge
from include.evidence.publickey import PublicKey
from include.evidence.verify import verify_envelope
from include.settings import settings

KINDS = ("manifest", "run-started", "report", "decision")


@pytest.fixture
def world(tmp_path):
    made = World.make(tmp_path / "home")
    made.voucher(contract())
    made.deliver({"a.jsonl": jsonl(records())})
    return made


@pytest.fixture
def done(world):
    attempt, decided = world.run()
    assert decided.outcome == "RELEASE"
    return world, world.line(), attempt


def holds(line) -> int:
    """The log's size, after everything about it was compared."""
    found = audit(line.registry, line.storage, line.keyring)
    assert found.unpublished == 0
    return 0 if found.head is None else found.head.size


def code_of(call, *args) -> str | None:
    try:
        call(*args)
    except VerificationError as error:
        return error.code
    return None


def test_every_document_of_a_run_is_logged_once_and_proven(done):
    _, line, attempt = done
    assert holds(line) == 4
    for position, kind in enumerate(KINDS):
        envelope = line.filing.need(attempt, kind)
        document = verify_envelope(envelope, line.keyring)
        proof = prove(line.registry, line.storage, line.keyring, document.statement_sha256)
        logged = verify_logged(proof, line.keyring, document)
        assert (logged.index, logged.entry.envelope, logged.witnessed_at) == (position, digest(envelope), None)
        other = verify_envelope(line.filing.need(attempt, KINDS[position - 1]), line.keyring)
        assert code_of(verify_logged, proof, line.keyring, other) == "entry-differs"
    again, _ = done[0].run()
    assert (again, holds(line)) == (attempt, 4)


def test_the_same_statement_gets_the_same_envelope(done):
    _, line, attempt = done
    for kind, role in zip(KINDS, ("intake", "verifier", "verifier", "gate"), strict=True):
        envelope = line.filing.need(attempt, kind)
        assert line.filing.signer.sign(role, parse(envelope).payload) == envelope
    assert holds(line) == 4


FAULTS = ("append_entry", "log_leaves", "publishing", "add_document", "put_once", "put")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_failure_at_any_call_is_resumed_and_signs_nothing_twice(tmp_path, fault):
    """Each call of registry or storage that signing makes fails once, at every place where it is made."""
    for place in range(60):
        world = World.make(tmp_path / f"{fault}-{place}")
        world.voucher(contract(6))
        world.deliver({"a.jsonl": jsonl(records(6))})
        line = world.line()
        target = line.storage if fault in {"put_once", "put"} else line.registry
        happened = _failing_at(target, fault, place)
        decided = _run(line)
        if not happened:
            assert place > 0
            break
        if decided != "RELEASE":
            assert world.outbox() == []
            assert _run(world.line()) == "RELEASE"
        fresh = world.line()
        assert holds(fresh) == 4 or _held_first(fresh)
        types = [json.loads(leaf)["type"] for leaf in fresh.registry.log_leaves(0, fresh.registry.log_size())]
        assert all(types.count(kind) == 1 for kind in types if "slsa" not in kind)
        for attempt in fresh.registry.attempts("V-1"):
            for document in fresh.registry.documents(attempt.id):
                assert document.envelope_sha256 is None or fresh.registry.log_entry(document.sha256) is not None
    else:
        pytest.fail("the fault never stopped happening")


def _held_first(line) -> bool:
    """A crash that was decided as HOLD, then resumed: two decisions, both logged."""
    (attempt,) = line.registry.attempts("V-1")
    decisions = line.registry.decisions(attempt.id)
    return [d.decision for d in decisions] == ["HOLD", "RELEASE"] and line.registry.log_size() == 5


def _run(line) -> str:
    try:
        return steps.run(line, voucher="V-1", delivery="D-1", run_id="r", operator="t", reason="t")[1].outcome
    except (StorageError, RegistryError):
        return "crashed"


def _failing_at(target, name, place) -> list[int]:
    """Call number `place` of `target.name` fails, once."""
    real, calls, happened = getattr(target, name), [], []

    def failing(*args, **more):
        calls.append(1)
        if len(calls) == place + 1:
            happened.append(1)
            raise RegistryError("registry-unavailable", "down")
        return real(*args, **more)

    object.__setattr__(target, name, failing)
    return happened


def test_many_writers_give_one_log(world):
    """Threads with a notary each, over one registry and storage, and all ask for the same and for other statements."""
    attempt, _ = world.run()
    line = world.line()
    payloads = [parse(line.filing.need(attempt, kind)).payload for kind in KINDS[:3]]
    (world.home / "storage" / "log" / "checkpoint").unlink()

    def ask(number: int) -> int:
        mine = world.line()
        for payload, role in zip(payloads, ("intake", "verifier", "verifier"), strict=True):
            mine.filing.signer.sign(role, payload)
        return mine.registry.log_size()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(16))) == {4}
    assert holds(line) == 4


# what is edited is told


def test_a_row_edited_in_the_registry_is_told(done):
    world, line, _ = done
    edit(
        world, "UPDATE log_entries SET entry = CAST(replace(CAST(entry AS TEXT), 'voucher:V-1', 'voucher:V-2') AS BLOB)"
    )
    assert code_of(holds, line) == "log-differs"
    edit(world, "UPDATE log_entries SET entry = 'not even bytes'")
    assert code_of(holds, line) == "log-gap"


def test_a_row_taken_out_of_the_registry_is_told(done):
    world, line, _ = done
    edit(world, "DELETE FROM log_entries WHERE position = 1")
    assert code_of(holds, line) == "log-gap"
    world.deliver({"b.jsonl": jsonl(records())}, delivery="D-2")


def test_a_registry_from_yesterday_logs_nothing_more(done):
    world, line, _ = done
    edit(world, "DELETE FROM log_entries WHERE position = 3")
    assert code_of(holds, line) == "log-rolled-back"
    world.deliver({"b.jsonl": jsonl(records())}, delivery="D-2")
    with pytest.raises(VerificationError, match="log-rolled-back"):
        world.run(delivery="D-2", run_id="run-2")
    assert line.registry.log_size() == 3


def edit(world, statement: str) -> None:
    """As somebody with the database's own tools."""
    with sqlite3.connect(world.home / "registry.db") as connection:
        for change in ("delete", "update"):
            connection.execute(f"DROP TRIGGER IF EXISTS log_entries_refuse_{change}")
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    ("name", "code"),
    [("tile/0/000.p/4", "log-differs"), ("tile/entries/000.p/4", "log-differs"), ("tile/0/000.p/2", None)],
)
def test_an_object_edited_in_storage_is_told(done, name, code):
    """Partial tiles of an earlier size are of no use any more: nobody reads them again."""
    world, line, _ = done
    path = world.home / "storage" / "log" / name
    path.write_bytes(bytes(reversed(path.read_bytes())))
    assert code_of(holds, line) == code
    path.unlink()
    assert code_of(holds, line) == code


def test_an_edited_tile_stops_the_log_and_the_next_payment(done):
    world = done[0]
    path = world.home / "storage" / "log" / "tile/0/000.p/4"
    path.write_bytes(bytes(reversed(path.read_bytes())))
    world.deliver({"b.jsonl": jsonl(records())}, delivery="D-2")
    with pytest.raises(VerificationError, match="log-differs"):
        world.run(delivery="D-2", run_id="run-2")
    assert len(world.outbox()) == 1


def test_a_checkpoint_that_is_not_the_logs_is_told(done):
    line = done[1]
    head = line.storage.read(CHECKPOINT)
    line.storage.put(CHECKPOINT, head.replace(b"\n4\n", b"\n3\n"))
    assert code_of(holds, line) == "note-signature"
    line.storage.put(CHECKPOINT, b"")
    assert code_of(holds, line) == "note-shape"


def test_a_checkpoint_from_yesterday_is_brought_forward(world):
    """Restoring the checkpoint alone hides nothing: the sequence goes on from what it signed."""
    line = world.line()
    attempt = steps.freeze(line, voucher="V-1", delivery="D-1", run_id="run-1", operator="tester", reason="test")
    old = line.storage.read(CHECKPOINT)
    world.run()
    line.storage.put(CHECKPOINT, old)
    assert audit(line.registry, line.storage, line.keyring).unpublished == 2
    envelope = line.filing.need(attempt, "manifest")
    assert line.filing.signer.sign("intake", parse(envelope).payload) == envelope
    assert holds(line) == 4


def test_a_report_taken_out_of_the_log_pays_nothing(world):
    """The gate holds, and not even that can be logged: the published tiles know another history."""
    line = world.line()
    attempt = steps.freeze(line, voucher="V-1", delivery="D-1", run_id="r", operator="t", reason="t")
    for shard in steps.shards(line, attempt):
        steps.observe(line, attempt, shard)
    steps.judge(line, attempt)
    steps.seal(line, attempt)
    (world.home / "storage" / "log" / "checkpoint").unlink()
    edit(world, "DELETE FROM log_entries WHERE position = 2")
    with pytest.raises(VerificationError, match="log-forked"):
        steps.decide(line, attempt)
    assert world.outbox() == []


def test_what_was_sealed_before_there_was_a_log_is_held(world):
    line = world.line()
    attempt = steps.freeze(line, voucher="V-1", delivery="D-1", run_id="r", operator="t", reason="t")
    for shard in steps.shards(line, attempt):
        steps.observe(line, attempt, shard)
    steps.judge(line, attempt)
    steps.seal(line, attempt)
    edit(world, "DELETE FROM log_entries")
    shutil.rmtree(world.home / "storage" / "log")
    assert steps.decide(world.line(), attempt).reasons == ("not-logged",)
    assert holds(world.line()) == 1
    assert world.outbox() == []


def test_a_gate_without_a_proof_holds(world, monkeypatch):
    monkeypatch.setattr("include.steps.decide._proof", lambda *_: None)
    assert world.run()[1].reasons == ("not-logged",)
    assert world.outbox() == []


# the verbs


@pytest.fixture
def dambo(done, monkeypatch):
    world = done[0]
    monkeypatch.setenv("DAMBO_HOME", str(world.home))
    monkeypatch.setenv("DAMBO_LANG", "en")
    settings.cache_clear()
    yield lambda *words: CliRunner().invoke(app, ["log", *map(str, words)])
    settings.cache_clear()


def test_verify_reads_the_whole_log(dambo, done):
    found = dambo("verify", "--json")
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["head"]["size"] == 4
    (done[0].home / "storage" / "log" / "tile/0/000.p/4").write_bytes(b"x" * 128)
    found = dambo("verify", "--json")
    assert found.exit_code == 1
    assert json.loads(found.stdout)["refusal"]["code"] == "log-differs"


def test_prove_gives_a_proof_that_stands_alone(dambo, done, tmp_path):
    _, line, attempt = done
    file, out = tmp_path / "report.dsse.json", tmp_path / "report.tlog-proof"
    file.write_bytes(line.filing.need(attempt, "report"))
    assert dambo("prove", file, "--out", out).exit_code == 0
    document = verify_envelope(file.read_bytes(), line.keyring)
    assert verify_logged(out.read_bytes(), line.keyring, document).index == 2
    printed = dambo("prove", document.statement_sha256)
    assert printed.stdout.encode() == out.read_bytes()
    assert dambo("prove", "0" * 64).exit_code == 1


def test_checkpoint_shows_the_head(dambo, done):
    _, line, _ = done
    shown = dambo("checkpoint", "--json")
    head = published_head(line.storage, line.keyring).checkpoint
    assert json.loads(shown.stdout)["root"] == head.root.hex()
    assert Checkpoint.of(parse_text(dambo("checkpoint").stdout)) == head


def parse_text(note: str) -> str:
    return note.rpartition("\n\n")[0] + "\n"


@pytest.fixture
def auditor(done, tmp_path):
    """Somebody with a key of his own, a copy of the keyring and a copy of the log."""
    folder = tmp_path / "auditor"
    folder.mkdir(mode=0o700)
    key = folder / "witness.pem"
    private = Ed25519PrivateKey.generate()
    key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key.chmod(0o600)
    (folder / "keyring.json").write_bytes(done[0].settings.keyring_file().read_bytes())
    options = ("--key", key, "--state", folder / "seen.json", "--keyring", folder / "keyring.json")
    return (*options, "--log", done[0].home / "storage" / "log")


def test_a_witness_cosigns_what_goes_on(dambo, done, auditor):
    world, line, _ = done
    first = dambo("witness", *auditor, "--json")
    assert first.exit_code == 0, first.output
    assert json.loads(first.stdout)["size"] == 4
    assert len(parse_note(first.stdout)) == 2
    world.deliver({"b.jsonl": jsonl(records())}, delivery="D-2")
    world.run(delivery="D-2", run_id="run-2")
    again = dambo("witness", *auditor, "--json", "--leave")
    assert json.loads(again.stdout)["size"] == 8
    assert audit(line.registry, line.storage, line.keyring).cosigned == 1


def parse_note(shown: str) -> list[str]:
    return [line for line in json.loads(shown)["note"].splitlines() if line.startswith("—")]


def test_a_witness_refuses_a_shorter_log(dambo, done, auditor):
    world, line, _ = done
    old = line.storage.read(CHECKPOINT)
    world.deliver({"b.jsonl": jsonl(records())}, delivery="D-2")
    world.run(delivery="D-2", run_id="run-2")
    assert dambo("witness", *auditor).exit_code == 0
    line.storage.put(CHECKPOINT, old)
    refused = dambo("witness", *auditor, "--json")
    assert (refused.exit_code, json.loads(refused.stdout)["refusal"]["code"]) == (1, "log-rolled-back")


def test_a_witness_refuses_another_history(dambo, done, auditor, tmp_path):
    """The operator makes a second log with the same key: whoever saw the first one is not shown the second."""
    world, _, _ = done
    assert dambo("witness", *auditor).exit_code == 0
    other = World.make(tmp_path / "other", keys=world.settings.keys_folder(), keyring=world.settings.keyring_file())
    other.voucher(contract())
    for delivery in ("D-8", "D-9"):
        other.deliver({"a.jsonl": jsonl(records())}, delivery=delivery)
        other.run(delivery=delivery, run_id=delivery)
    forked = [*auditor[:-1], tmp_path / "other" / "storage" / "log"]
    refused = dambo("witness", *forked, "--json")
    assert (refused.exit_code, json.loads(refused.stdout)["refusal"]["code"]) == (1, "log-forked")


def test_a_cosigned_checkpoint_gives_the_time(done):
    """With the witness in the keyring, the earliest cosignature over a statement is its time."""
    _, line, attempt = done
    private = Ed25519PrivateKey.generate()
    spki = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    now = datetime.now(UTC).replace(microsecond=0)
    log_key = next(key for key in line.keyring.keys if key.role == "log")
    public = PublicKey(spki, "ed25519", "raw")
    witness = Key(public, "witness", "auditor", None, log_key.not_before, log_key.not_after)
    keyring = replace(line.keyring, body=replace(line.keyring.body, keys=(*line.keyring.keys, witness)))
    head = read_note(line.storage.read(CHECKPOINT))
    line_ = cosign(head.text, witness_name(witness.keyid), raw_public(spki), now, private.sign)
    line.storage.put_once(cosigned_key(4, witness.keyid), head.joined([line_]).to_bytes())
    document = verify_envelope(line.filing.need(attempt, "report"), keyring)
    proof = prove(line.registry, line.storage, keyring, document.statement_sha256)
    assert verify_logged(proof, keyring, document).witnessed_at == now
    plain = prove(line.registry, line.storage, keyring, document.statement_sha256, witnessed=False)
    assert verify_logged(plain, keyring, document).witnessed_at is None


def test_a_writer_that_comes_late_takes_nothing_back(done):
    """Two writers at once: the slower one's smaller head does not replace the larger, and another root of its size is told."""
    _, line, _ = done
    log, head = line.filing.signer._log, line.storage.read(CHECKPOINT)
    published = published_head(line.storage, line.keyring).checkpoint
    assert log._replace_head(replace(published, size=3)) == published
    assert code_of(log._replace_head, replace(published, root=bytes(32))) == "log-forked"
    assert line.storage.read(CHECKPOINT) == head


def test_a_statement_twice_in_a_log_that_is_else_whole_is_told():
    """Only a thief of the log's key can make one: the registry itself takes a statement once."""
    entry = LogEntry(
        "t", "a" * 64, "b" * 64, "c" * 64, "urn:dambo:evidence", "d" * 64, datetime(2026, 6, 1, tzinfo=UTC)
    )
    for leaves, code in (
        ([entry.to_bytes(), replace(entry, statement="e" * 64).to_bytes()], None),
        ([entry.to_bytes(), replace(entry, keyid="e" * 64).to_bytes()], "log-differs"),
    ):
        edge = Edge()
        objects = dict(edge.add(leaves))
        head = Checkpoint("log", len(leaves), edge.root())

        class Rows:
            def log_leaves(self, start, end, leaves=leaves):
                return leaves[start:end]

        assert code_of(_same_everywhere, Rows(), objects.__getitem__, head) == code


def test_a_witness_who_saw_more_is_told(done):
    _, line, _ = done
    head = published_head(line.storage, line.keyring).checkpoint
    line.storage.put_once(cosigned_key(4, "f" * 64), line.storage.read(CHECKPOINT))
    assert _cosigned(line.storage, line.keyring, head) == 1
    assert code_of(_cosigned, line.storage, line.keyring, replace(head, size=3)) == "log-rolled-back"
