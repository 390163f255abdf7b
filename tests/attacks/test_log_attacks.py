"""Attacks on a whole log that lies in storage and registry: truncated, edited, forked, restored from yesterday, set back;
and on what the log alone remembers: audits, holds, destructions. Each by name, with the refusal it meets.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from support.world import World, contract, jsonl, records

from include import line as steps
from include.errors import DamboError, VerificationError
from include.evidence import retention
from include.evidence.audit import checkpoint_digest
from include.evidence.canonical import digest
from include.evidence.filing import evidence_key
from include.evidence.log.audit import audit as audit_log
from include.evidence.log.prover import prove
from include.evidence.log.published import CHECKPOINT, head_bytes, read_object
from include.evidence.log.witness import remember
from include.evidence.predicates import AuditPredicate, Covered, Finding, Gone, RetentionPredicate
from include.evidence.statement import Statement

Told = Callable[[str, str, str], None]
YESTERDAY = 4
"""Entries of the log when the witness saw it: the four documents of the first delivery."""


def build(home: Path) -> World:
    """One paid delivery; a day later another one, an audit and a hold."""
    world = World.make(home)
    world.voucher(contract())
    world.deliver({"a.jsonl": jsonl(records())})
    assert world.run()[1].outcome == "RELEASE"
    shutil.copytree(home / "storage" / "log", home / "yesterday")
    shutil.copy(home / "registry.db", home / "yesterday.db")
    line = world.line()
    remember(head_bytes(line.storage), lambda path: read_object(line.storage, path), line.keyring, home / "seen")
    world.deliver({"a.jsonl": jsonl(records(disagree=30))}, delivery="D-2")
    world.run(delivery="D-2", run_id="run-2")
    line = world.line()
    steps.attest_audit(line, steps.audit(line), line.now())
    retention.hold(steps.records_of(line), line.filing.signer, "V-1", by="kim", reason="suit", now=line.now())
    return world


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("master") / "home"
    world = build(home)
    with closing(sqlite3.connect(home / "registry.db")) as database:
        database.execute("pragma wal_checkpoint(truncate)")
    del world
    return home


@pytest.fixture
def world(master: Path, tmp_path: Path) -> World:
    shutil.copytree(master, tmp_path / "home")
    made = World.make(tmp_path / "home")
    made.now = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=1)
    return made


def edit(world: World, statement: str, *values: object) -> None:
    """As somebody with the database's own tools, who has dropped the triggers that guard the log."""
    with closing(sqlite3.connect(world.home / "registry.db")) as database, database:
        for (name,) in database.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            database.execute(f"drop trigger {name}")
        database.execute(statement, values)


# who looks


def verify(world: World) -> None:
    line = world.line()
    audit_log(line.registry, line.storage, line.keyring)


def witness(world: World) -> None:
    line = world.line()
    remember(head_bytes(line.storage), lambda path: read_object(line.storage, path), line.keyring, world.home / "seen")


def go_on(world: World) -> None:
    """The next delivery."""
    world.deliver({"a.jsonl": jsonl(records(disagree=12))}, delivery="D-3")
    world.run(delivery="D-3", run_id="run-3")


def nightly(world: World) -> None:
    """The audit of the night; its first finding is the refusal."""
    found = steps.audit(world.line()).findings
    if found:
        raise VerificationError(found[0].code, found[0].about)


def expire(world: World) -> None:
    line = world.line()
    day = date(2040, 1, 1)
    retention.expire(steps.records_of(line), line.filing.signer, day, by="kim", now=line.now())


def sign(role: str, make: Callable[[World], Statement]) -> Callable[[World], None]:
    """A worker asks the signer for a statement that it made up."""
    return lambda world: world.line().filing.signer.sign(role, make(world).to_bytes()) and None


# what is done before


def nothing(_: World) -> None: ...


def last(world: World, count: int = 1) -> None:
    size = world.line().registry.log_size()
    edit(world, "delete from log_entries where position >= ?", size - count)


def newest(world: World, kind: str = "report") -> str:
    line = world.line()
    return line.registry.documents(steps.attempt_of_run(line, "run-2"), kind)[-1].sha256


def middle(world: World) -> None:
    edit(world, "delete from log_entries where statement_sha256 = ?", newest(world))


def renamed(world: World) -> None:
    edit(
        world,
        "update log_entries set entry = cast(replace(cast(entry as text), 'delivery:D-2', 'delivery:D-9') as blob)",
    )


def swapped(world: World) -> None:
    """Two entries change places."""
    for at, to in ((4, 100), (5, 4), (100, 5)):
        edit(world, "update log_entries set position = ? where position = ?", to, at)


def doubled(world: World) -> None:
    """A statement logged twice: a second row, in a database without its rules."""
    edit(world, "update log_entries set entry = (select entry from log_entries where position = 4) where position = 5")


def bundle(world: World) -> Path:
    size = world.line().registry.log_size()
    return world.home / "storage" / "log" / "tile/entries" / "000.p" / str(size)


def bundle_edited(world: World) -> None:
    path = bundle(world)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"D-2", b"D-9"))


def bundle_gone(world: World) -> None:
    bundle(world).unlink()


def log_of_yesterday(world: World) -> None:
    shutil.rmtree(world.home / "storage" / "log")
    shutil.copytree(world.home / "yesterday", world.home / "storage" / "log")


def database_of_yesterday(world: World) -> None:
    shutil.copy(world.home / "yesterday.db", world.home / "registry.db")
    for rest in ("registry.db-wal", "registry.db-shm"):
        (world.home / rest).unlink(missing_ok=True)


def all_of_yesterday(world: World) -> None:
    """Both at once: within the house nothing disagrees. An outsider who saw more knows."""
    witness(world)
    log_of_yesterday(world)
    database_of_yesterday(world)


def checkpoint_gone(world: World) -> None:
    (world.home / "storage" / CHECKPOINT).unlink()


def begun_anew(world: World) -> None:
    """The operator throws the log away and makes another one, longer, with the same key."""
    edit(world, "delete from log_entries")
    shutil.rmtree(world.home / "storage" / "log")
    for number in range(6, 9):
        world.deliver({"a.jsonl": jsonl(records(disagree=number))}, delivery=f"D-{number}")
        world.run(delivery=f"D-{number}", run_id=f"run-{number}")


def minute(world: World, kind: type, key: str) -> str:
    """The envelope of the one audit or hold."""
    ((said,),) = steps.records_of(world.line()).minutes(kind).values()
    return {"key": evidence_key(digest(said.envelope)), "sha256": said.sha256}[key]


def audit_gone(world: World) -> None:
    (world.home / "storage" / minute(world, AuditPredicate, "key")).unlink()


def audit_altered(world: World) -> None:
    path = world.home / "storage" / minute(world, AuditPredicate, "key")
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"!")


def hold_taken_out(world: World) -> None:
    edit(world, "delete from log_entries where statement_sha256 = ?", minute(world, RetentionPredicate, "sha256"))


def hold_renamed(world: World) -> None:
    edit(
        world,
        "update log_entries set entry = cast(replace(cast(entry as text), 'voucher:V-1\"', 'voucher:V-8\"') as blob)",
    )


def entry_without_document(world: World) -> None:
    """The failed report's row taken out of the registry's documents, its envelope deleted: nobody would miss it."""
    line = world.line()
    document = line.registry.documents(steps.attempt_of_run(line, "run-2"), "report")[-1]
    edit(world, "delete from documents where sha256 = ?", document.sha256)
    (world.home / "storage" / document.storage_key).unlink()


# what a worker would like to have signed


def spoilt(world: World) -> None:
    line = world.line()
    path = (
        world.home / "storage" / line.registry.documents(steps.attempt_of_run(line, "run-2"), "report")[-1].storage_key
    )
    path.chmod(0o600)
    path.write_bytes(b"!")


def audit_of(world: World, **changes: object) -> Statement:
    line = world.line()
    records_ = steps.records_of(line)
    found, before = steps.audit(line), records_.minutes(AuditPredicate).popitem()[1]
    now = line.now()
    says = AuditPredicate(
        2, before[-1].sha256, now, now, found.log_size, found.covered, len(found.findings), found.findings
    )
    return Statement(checkpoint_digest(records_, found.log_size), replace(says, **changes))


def destruction(world: World, *, at: datetime, voucher: str = "V-1") -> Statement:
    line = world.line()
    known = retention.terms(steps.records_of(line), date(2040, 1, 1))
    objects = next(t.objects for t in known if t.voucher == voucher) or ()
    gone = tuple(sorted(Gone(each.key, each.sha256) for each in objects)) or (Gone("findings/x", "0" * 64),)
    before = retention.events(steps.records_of(line), voucher)
    says = RetentionPredicate(
        voucher, len(before) + 1, before[-1].sha256 if before else None, "destroyed", at, "kim", "", gone
    )
    return Statement(says.subject, says)


def second_hold(world: World) -> Statement:
    (before,) = retention.events(steps.records_of(world.line()), "V-1")
    says = RetentionPredicate("V-1", 2, before.sha256, "hold", world.line().now(), "kim", "again")
    return Statement(says.subject, says)


def forgotten_hold(world: World) -> Statement:
    """As if there had been no hold: the first statement again."""
    says = RetentionPredicate("V-1", 1, None, "lift", world.line().now(), "kim", "")
    return Statement(says.subject, says)


def swapped_while_checked(world: World) -> None:
    """Picked up good, and another content put before it is read."""
    world.deliver({"a.jsonl": jsonl(records())}, delivery="D-5")
    steps.freeze(world.line(), voucher="V-1", delivery="D-5", run_id="run-5", operator="t", reason="t")
    world.line().storage.put("deliveries/V-1/D-5/a.jsonl", jsonl(records(disagree=1)))


def read(world: World) -> None:
    line = world.line()
    attempt = steps.attempt_of_run(line, "run-5")
    for shard in steps.shards(line, attempt):
        steps.observe(line, attempt, shard)


def read_and_decide(world: World) -> None:
    """Nothing of it is paid: the code that held it is the decision's."""
    with suppress(VerificationError):
        read(world)
    decided = steps.decide(world.line(), steps.attempt_of_run(world.line(), "run-5"))
    if decided.outcome == "HOLD":
        raise VerificationError(decided.reasons[0], "held")


Do = Callable[[World], None]
ATTACKS: dict[str, tuple[str, Do, Do, str]] = {
    # truncated
    "the last entry taken out of the registry": ("log", last, verify, "log-rolled-back"),
    "the last entry taken out, then the line goes on": ("log", last, go_on, "log-rolled-back"),
    "a failed report taken out of the registry": ("log", middle, verify, "log-gap"),
    "tiles without a checkpoint": ("log", checkpoint_gone, verify, "log-rolled-back"),
    # edited
    "entries renamed in the registry": ("log", renamed, verify, "log-differs"),
    "two entries swapped": ("log", swapped, verify, "log-differs"),
    "an entry written over another": ("log", doubled, verify, "log-differs"),
    "a bundle edited in storage": ("log", bundle_edited, verify, "log-differs"),
    "a bundle gone from storage": ("log", bundle_gone, verify, "log-differs"),
    # forked
    "another history shown to a witness": ("log", begun_anew, witness, "log-forked"),
    # restored from yesterday
    "the registry of yesterday": ("log", database_of_yesterday, verify, "log-rolled-back"),
    "the registry of yesterday, then the line goes on": ("log", database_of_yesterday, go_on, "log-rolled-back"),
    "registry and log of yesterday, shown to a witness": ("log", all_of_yesterday, witness, "log-rolled-back"),
    "a proof from the log of yesterday": ("log", log_of_yesterday, lambda w: prove(*proving(w), newest(w)) and None, "not-logged"),
    "a report's row and envelope deleted": ("log", entry_without_document, nightly, "object-missing"),
    # audits
    "an audit's envelope deleted": ("audit", audit_gone, nightly, "object-missing"),
    "an audit's envelope altered": ("audit", audit_altered, nightly, "entry-differs"),
    "an audit without its finding": ("audit", spoilt, sign("verifier", lambda w: audit_of(w, found=0, findings=())), "signer-refused"),
    "an audit with another code": ("audit", spoilt, sign("verifier", lambda w: audit_of(w, findings=(Finding("V-1/D-2 #1 report", "late"),))), "signer-refused"),
    "an audit that read less": ("audit", nothing, sign("verifier", lambda w: audit_of(w, covered=Covered(2, 1, 1))), "signer-refused"),
    "an audit that skips the one before": ("audit", nothing, sign("verifier", lambda w: audit_of(w, number=1, before=None)), "signer-refused"),
    "an audit of a shorter log": ("audit", nothing, sign("verifier", lambda w: audit_of(w, log_size=YESTERDAY)), "signer-refused"),
    "an audit signed as a hold": ("audit", nothing, sign("intake", audit_of), "not-this-role"),
    # retention
    "a hold taken out of the registry": ("retention", hold_taken_out, expire, "log-rolled-back"),
    "a hold made another voucher's": ("retention", hold_renamed, expire, "log-differs"),
    "a destruction under a hold": ("retention", nothing, sign("intake", lambda w: destruction(w, at=w.now)), "signer-refused"),
    "a hold twice": ("retention", nothing, sign("intake", second_hold), "signer-refused"),
    "a hold forgotten": ("retention", nothing, sign("intake", forgotten_hold), "signer-refused"),
    # data
    "a file swapped between pick-up and reading": ("line", swapped_while_checked, read, "delivery-changed"),
    "a file swapped between pick-up and reading, then decided": ("line", swapped_while_checked, read_and_decide, "delivery-changed"),
    # clock
    "a destruction dated ten years ahead": ("clock", nothing, sign("intake", lambda w: destruction(w, at=w.now + timedelta(days=3650))), "signer-refused"),
}  # fmt: skip


def proving(world: World) -> tuple:
    line = world.line()
    return line.registry, line.storage, line.keyring


def test_all_is_well_without_an_attack(world: World) -> None:
    verify(world)
    witness(world)
    nightly(world)
    expire(world)
    assert world.line().filing.signer.sign("verifier", audit_of(world).to_bytes())
    go_on(world)
    verify(world)


@pytest.mark.parametrize("name", ATTACKS)
def test_attack(name: str, world: World, told: Told) -> None:
    kind, attack, shown, code = ATTACKS[name]
    told(kind, name, code)
    attack(world)
    with pytest.raises(DamboError) as refused:
        shown(world)
    assert refused.value.code == code
