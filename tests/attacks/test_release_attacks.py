"""Attacks on the release: each changes one thing of a world in which a release is right, and is refused by its own code."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from release_world import CONTRACT, LATER, MANIFEST, NOW, VOUCHER, World, milestone
from sqlalchemy import create_engine, exc, text

from include.errors import ContractError, VerificationError
from include.evidence.envelope import Envelope, Signature, parse
from include.evidence.log.checkpoint import Checkpoint, sign_checkpoint
from include.evidence.log.note import parse as parse_note
from include.evidence.log.published import CHECKPOINT
from include.evidence.log.writer import LogWriter
from include.evidence.predicates import ManifestPredicate
from include.evidence.resource import Resource
from include.evidence.verify import verify_envelope
from include.gate.release import REFUSALS, release

ROOT = Path(__file__).parents[2]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.make(tmp_path)


def hold_decision(world: World) -> None:
    world.release_this = world.verified()
    world.decide(world.release_this, decision="HOLD")


def reject_decision(world: World) -> None:
    world.release_this = world.verified()
    world.decide(world.release_this, decision="REJECT")


def decision_for_another_milestone(world: World) -> None:
    world.release_this = world.verified()
    world.decide(world.release_this, resource=Resource(VOUCHER, "balance", "D-1"))


def decision_for_another_delivery(world: World) -> None:
    world.release_this = world.verified()
    world.decide(world.release_this, resource=Resource(VOUCHER, "interim", "D-2"))


def decision_for_another_voucher(world: World) -> None:
    world.release_this = world.verified()
    world.decide(world.release_this, resource=Resource("V-9", "interim", "D-1"))


def decision_of_another_attempt(world: World) -> None:
    world.release_this = world.verified()
    world.decide(world.release_this, number=2)


def decision_about_other_content(world: World) -> None:
    world.release_this = world.verified()
    world.decide(world.release_this, subject="0" * 64)


def release_replayed_after_a_hold(world: World) -> None:
    world.release_this = world.verified()
    world.envelope = world.decide(world.release_this)
    world.decide(world.release_this, decision="HOLD")


def release_replayed_from_another_attempt(world: World) -> None:
    first = world.verified()
    world.envelope = world.decide(first)
    world.release_this = world.verified()
    world.decide(world.release_this, decision="HOLD")


def signed_but_unknown_to_the_registry(world: World) -> None:
    world.release_this = world.verified()
    statement = world.statement(world.release_this)
    world.envelope = world.signer.sign("gate", statement.to_bytes())
    world.log(statement, world.envelope)


def signed_and_filed_but_not_logged(world: World) -> None:
    world.release_this = world.verified()
    world.decide(world.release_this, logged=False)


def logged_in_a_database_but_not_published(world: World) -> None:
    """A row in the sequence shows nobody anything: the checkpoint has to cover it."""
    world.release_this = world.verified()
    envelope = world.decide(world.release_this, logged=False)
    log = LogWriter(world.registry, world.storage, world.keyring, world.signer, lambda: NOW)
    log.append(world.statement(world.release_this), envelope, parse(envelope).signatures[0].keyid)


def logged_under_a_checkpoint_of_another_key(world: World) -> None:
    world.release_this = world.good()
    head = Checkpoint.of(parse_note(world.storage.read(CHECKPOINT)).text)
    stranger = Ed25519PrivateKey.generate()
    public = stranger.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    world.storage.put(CHECKPOINT, sign_checkpoint(head, public, stranger.sign))


def registry_says_release_where_the_document_says_hold(world: World) -> None:
    world.release_this = world.verified()
    statement = world.statement(world.release_this, decision="HOLD")
    envelope = world.signer.sign("gate", statement.to_bytes())
    world.log(statement, envelope)
    world.file(world.release_this, statement, envelope)
    world.registry.add_decision(world.release_this.id, "RELEASE", [], statement.sha256, NOW)


def older_attempt_while_a_later_one_runs(world: World) -> None:
    world.release_this = world.good()
    world.begin(milestone=None, phase=None)


def older_attempt_after_a_later_one_failed(world: World) -> None:
    world.release_this = world.good()
    world.verified(verdict="FAIL")


def older_attempt_after_a_later_one_passed(world: World) -> None:
    world.release_this = world.good()
    world.good()


def later_attempt_on_another_delivery_of_the_milestone(world: World) -> None:
    world.release_this = world.good()
    world.verified("D-2", verdict="FAIL", phase="remedy-1")


def later_attempt_on_another_delivery_not_yet_known(world: World) -> None:
    world.release_this = world.good()
    world.begin("D-2", "interim", None)


def unsealed_attempt(world: World) -> None:
    attempt = world.begin()
    world.release_this = world.registry.note(attempt.id, manifest_sha256=MANIFEST, contract_sha256=CONTRACT)
    world.decide(world.release_this)


def failed_attempt(world: World) -> None:
    world.release_this = world.verified(verdict="FAIL")
    world.decide(world.release_this)


def attempt_with_a_problem(world: World) -> None:
    attempt = world.begin()
    world.registry.note(
        attempt.id, manifest_sha256=MANIFEST, contract_sha256=CONTRACT, problem=("delivery-changed", "x")
    )
    world.release_this = world.registry.seal(attempt.id, "PASS", "e" * 64, NOW)
    world.decide(world.release_this)


def milestone_that_nobody_agreed_to(world: World) -> None:
    world.release_this = world.good(milestone="bonus")


def self_check_phase(world: World) -> None:
    world.release_this = world.verified(phase="self")
    world.decide(world.release_this)


def contract_changed_after_the_decision(world: World) -> None:
    world.release_this = world.good()
    world.registry.load_vouchers([milestone("interim", 1, 20_000_000, contract_sha256="9" * 64)])


def another_contract_checked(world: World) -> None:
    world.release_this = world.verified(contract="9" * 64)
    world.decide(world.release_this)


def balance_before_interim(world: World) -> None:
    world.release_this = world.good(milestone="balance")


def second_release_of_a_milestone(world: World) -> None:
    world.release(world.good())
    world.release_this = world.good("D-2")


def the_content_of_a_released_milestone(world: World) -> None:
    world.release(world.good())
    attempt = world.verified("D-2", "balance", manifest=hashlib.sha256(b"D-1/interim").hexdigest())
    world.decide(attempt)
    world.release_this = attempt


def second_decision_of_a_released_attempt(world: World) -> None:
    world.release_this = world.good()
    world.release(world.release_this)
    world.envelope = world.decide(world.release_this, time=NOW - timedelta(seconds=1))


def no_decision_at_all(world: World) -> None:
    world.release_this = world.verified()


def a_manifest_signed_as_a_decision(world: World) -> None:
    world.release_this = world.good()
    payload = parse(world.decide(world.release_this)).payload
    key = Ed25519PrivateKey.generate()
    world.envelope = Envelope(payload, (Signature("0" * 64, key.sign(Envelope(payload, ()).pae())),)).to_bytes()


def an_edited_decision(world: World) -> None:
    world.release_this = world.verified()
    signed = parse(world.decide(world.release_this, decision="HOLD"))
    payload = world.statement(world.release_this).to_bytes()
    world.envelope = Envelope(payload, signed.signatures).to_bytes()


def rubbish(world: World) -> None:
    world.release_this = world.good()
    world.envelope = b"\x00RELEASE"


ATTACKS: list[tuple[Callable[[World], None], str]] = [
    (hold_decision, "not-a-release"),
    (reject_decision, "not-a-release"),
    (decision_for_another_milestone, "wrong-entitlement"),
    (decision_for_another_delivery, "wrong-entitlement"),
    (decision_for_another_voucher, "wrong-entitlement"),
    (decision_of_another_attempt, "wrong-attempt"),
    (decision_about_other_content, "manifest-differs"),
    (release_replayed_after_a_hold, "decision-superseded"),
    (release_replayed_from_another_attempt, "decision-superseded"),
    (signed_and_filed_but_not_logged, "not-logged"),
    (logged_in_a_database_but_not_published, "not-logged"),
    (logged_under_a_checkpoint_of_another_key, "not-logged"),
    (signed_but_unknown_to_the_registry, "decision-superseded"),
    (registry_says_release_where_the_document_says_hold, "decision-superseded"),
    (older_attempt_while_a_later_one_runs, "later-attempt"),
    (older_attempt_after_a_later_one_failed, "later-attempt"),
    (older_attempt_after_a_later_one_passed, "later-attempt"),
    (later_attempt_on_another_delivery_of_the_milestone, "later-attempt"),
    (later_attempt_on_another_delivery_not_yet_known, "later-attempt"),
    (unsealed_attempt, "not-passed"),
    (failed_attempt, "not-passed"),
    (attempt_with_a_problem, "not-passed"),
    (milestone_that_nobody_agreed_to, "unknown-milestone"),
    (self_check_phase, "phase-not-releasing"),
    (contract_changed_after_the_decision, "contract-not-agreed"),
    (another_contract_checked, "contract-not-agreed"),
    (balance_before_interim, "milestone-order"),
    (second_release_of_a_milestone, "already-released"),
    (the_content_of_a_released_milestone, "content-already-paid"),
    (second_decision_of_a_released_attempt, "already-released"),
    (no_decision_at_all, "decision-missing"),
    (a_manifest_signed_as_a_decision, "signature-invalid"),
    (an_edited_decision, "signature-invalid"),
    (rubbish, "not-json"),
]


@pytest.mark.parametrize(("attack", "code"), ATTACKS, ids=[attack.__name__ for attack, _ in ATTACKS])
def test_attack_is_refused(world: World, attack: Callable[[World], None], code: str) -> None:
    attack(world)
    before = (world.registry.releases(), world.outbox())
    with pytest.raises(VerificationError) as caught:
        world.release(world.release_this, world.envelope)
    assert caught.value.code == code
    assert (world.registry.releases(), world.outbox()) == before


def test_every_refusal_has_an_attack() -> None:
    shown = {code for _, code in ATTACKS}
    assert set(REFUSALS) - shown == {"not-a-decision", "amount-over-voucher"}  # shown below


def test_another_document_of_the_gates_keys_is_no_decision(world: World) -> None:
    """Even if a verifier let another type through, the release would not."""
    attempt = world.good()

    def careless(data: bytes, _proof: object, _now: object) -> object:
        verified = verify_envelope(data, world.keyring, role="gate")
        object.__setattr__(verified.statement, "predicate", object.__new__(ManifestPredicate))
        return verified

    with pytest.raises(VerificationError) as caught:
        release(world.registry, world.storage, careless, world.prove, attempt_id=attempt.id, now=NOW)  # type: ignore[arg-type]
    assert caught.value.code == "not-a-decision"


def test_an_overdrawn_voucher_is_refused(world: World, tmp_path: Path) -> None:
    """Not reachable through the registry: someone raised a released milestone's amount by hand, then lowered it."""
    engine = create_engine(world.settings.registry_url())
    with engine.begin() as connection:
        connection.execute(text("UPDATE milestones SET amount_krw = 90000000 WHERE milestone = 'interim'"))
    world.release(world.good())
    with engine.begin() as connection:
        connection.execute(text("UPDATE milestones SET amount_krw = 20000000 WHERE milestone = 'interim'"))
    engine.dispose()
    with pytest.raises(VerificationError) as caught:
        world.release(world.good("D-2", "balance"))
    assert caught.value.code == "amount-over-voucher"


def test_a_key_that_is_out_of_date_lets_nothing_go(world: World) -> None:
    attempt = world.good()
    with pytest.raises(VerificationError) as caught:
        world.release(attempt, now=NOW + timedelta(days=365 * 20))
    assert caught.value.code == "key-expired"
    assert world.registry.releases() == ()


def test_self_checks_of_other_deliveries_do_not_stand_in_the_way(world: World) -> None:
    attempt = world.good()
    world.verified("D-2", phase="self", verdict="FAIL")
    world.verified("D-3", "balance", verdict="FAIL")
    assert world.release(attempt).state == "SUBMITTED"


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM releases",
        "UPDATE releases SET amount_krw = 1",
        "UPDATE releases SET supplier = 'x'",
        "UPDATE releases SET state = 'CLAIMED'",
        "UPDATE releases SET milestone = 'balance'",
        "UPDATE releases SET decision_sha256 = 'x', state = 'CONFIRMED'",
        "INSERT INTO releases SELECT voucher, 'balance', delivery, attempt_id, supplier, 1, decision_sha256, 'k', 'CONFIRMED', claimed_at, NULL, NULL FROM releases",
    ],
)
def test_the_database_itself_keeps_a_release(world: World, statement: str) -> None:
    world.release(world.good())
    engine = create_engine(world.settings.registry_url())
    with pytest.raises(exc.IntegrityError, match="what is written stays"), engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.mark.parametrize(
    ("path", "step"),
    [
        ((), "CONFIRMED"),
        ((), "REJECTED"),
        (("SUBMITTED", "CONFIRMED"), "REJECTED"),
        (("SUBMITTED", "REJECTED"), "CONFIRMED"),
        (("SUBMITTED", "CONFIRMED"), "SUBMITTED"),
    ],
)
def test_a_release_only_moves_forward(world: World, path: tuple[str, ...], step: str) -> None:
    attempt = world.good()
    claim_only(world, attempt)
    for state in path:
        assert world.registry.move_release(VOUCHER, "interim", state, LATER).state == state
        assert world.registry.move_release(VOUCHER, "interim", state, LATER).state == state
    with pytest.raises(ContractError) as caught:
        world.registry.move_release(VOUCHER, "interim", step, LATER)
    assert caught.value.code == "release-state"


def claim_only(world: World, attempt: object) -> None:
    from include.registry import Claim

    world.registry.claim_release(attempt.id, approve=lambda _: Claim("a" * 64, "b" * 64), now=NOW)


def test_nothing_else_writes_to_the_settlement_outbox() -> None:
    """The prefix is written once in the code; who imports it (to look) never puts anything."""
    naming, putting = set(), set()
    for path in (p for folder in ("include", "checks", "dags", "plugins") for p in (ROOT / folder).rglob("*.py")):
        nodes, name = list(ast.walk(ast.parse(path.read_text()))), path.relative_to(ROOT).as_posix()
        literals = [n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        imported = {a.name for n in nodes if isinstance(n, ast.ImportFrom | ast.Import) for a in n.names}
        if any(literal.startswith("settlement") and "/" in literal for literal in literals):
            naming.add(name)
        if {"OUTBOX", "settlement_key"} & imported or name in naming:
            calls = {n.func.attr for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)}
            putting |= {name} if calls & {"put", "put_once"} else set()
    assert naming == putting == {"include/gate/settlement.py"}
