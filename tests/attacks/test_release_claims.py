"""One claim, one file: however many ask at once, and wherever a process dies."""

from __future__ import annotations

import csv
import io
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pytest
from release_world import LATER, NOW, VOUCHER, World, milestone

from include.errors import StorageError, VerificationError
from include.evidence.log.entry import LogEntry
from include.evidence.log.prover import prove
from include.evidence.signer import FileSigner, open_keyring
from include.gate import settlement
from include.gate.release import gate_signed, release
from include.gate.settlement import idempotency_key, settle, settlement_key
from include.registry import Claim, Entitlement, Registry, Release, open_registry
from include.settings import Settings
from include.storage import open_storage

KEY = f"settlement/{VOUCHER}--interim.csv"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.make(tmp_path)


def test_a_release_is_claimed_filed_and_submitted(world: World) -> None:
    attempt = world.good()
    made = world.release(attempt)
    assert made == world.registry.release_of(VOUCHER, "interim")
    assert (made.state, made.amount_krw, made.supplier, made.delivery) == ("SUBMITTED", 20_000_000, "공급기업", "D-1")
    assert (made.attempt_id, made.claimed_at, made.submitted_at) == (attempt.id, NOW, NOW)
    standing = world.registry.latest_decision(attempt.id)
    assert standing is not None
    assert made.decision_sha256 == standing.statement_sha256
    rows = list(csv.DictReader(io.StringIO(world.outbox()[KEY].decode(), newline="")))
    assert rows == [
        {
            "idempotency_key": idempotency_key(VOUCHER, "interim"),
            "voucher": VOUCHER,
            "milestone": "interim",
            "delivery": "D-1",
            "supplier": "공급기업",
            "amount_krw": "20000000",
            "decision_sha256": made.decision_sha256,
            "claimed_at": NOW.strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
        }
    ]


def test_asking_again_is_the_same_release_and_the_same_file(world: World) -> None:
    attempt = world.good()
    first, file = world.release(attempt), world.outbox()
    assert world.release(attempt, now=LATER) == first
    world.begin()  # a later audit of the same delivery changes nothing of what was claimed
    world.decide(attempt, decision="HOLD")
    assert world.release(attempt, now=LATER) == first
    assert world.outbox() == file


def test_milestones_are_released_in_order(world: World) -> None:
    world.release(world.good())
    assert world.release(world.good("D-2", "balance")).amount_krw == 30_000_000
    assert sorted(world.outbox()) == [f"settlement/{VOUCHER}--balance.csv", KEY]


def test_the_bank_answers_once(world: World) -> None:
    world.release(world.good())
    assert settle(world.registry, world.storage, LATER).awaiting == world.registry.releases()
    confirmed = world.registry.move_release(VOUCHER, "interim", "CONFIRMED", LATER)
    assert (confirmed.state, confirmed.settled_at, confirmed.submitted_at) == ("CONFIRMED", LATER, NOW)
    assert settle(world.registry, world.storage, LATER) == settlement.Settlement((), (), ())


def test_a_submitted_file_that_is_gone_is_asked_about_never_sent_anew(world: World, tmp_path: Path) -> None:
    made = world.release(world.good())
    (tmp_path / "storage" / KEY).unlink()
    assert settle(world.registry, world.storage, LATER).missing == (made,)
    assert world.release(world.registry.attempt(made.attempt_id), now=LATER) == made
    assert world.outbox() == {}


def test_a_registry_from_yesterday_cannot_pay_again(world: World, tmp_path: Path) -> None:
    world.release(world.good())
    restored = World.make(tmp_path, f"sqlite:///{tmp_path / 'restored.db'}")
    restored.storage = world.storage
    files = world.outbox()
    with pytest.raises(VerificationError) as caught:
        restored.good()
    assert caught.value.code == "log-rolled-back"  # nothing new is logged, so nothing new can be released
    for row in world.registry.log_leaves(0, 1):
        known = world.registry.log_entry(LogEntry.from_bytes(row).statement)
        restored.registry.append_entry(
            known.statement_sha256, known.envelope_sha256, known.entry, known.envelope, published=0
        )
    with pytest.raises(VerificationError) as caught:
        restored.release(restored.good(), now=LATER)  # even with a log that was mended
    assert caught.value.code == "settlement-differs"
    with pytest.raises(VerificationError) as caught:
        settle(restored.registry, restored.storage, LATER)
    assert caught.value.code == "settlement-differs"
    (claimed,) = restored.registry.releases()
    assert (claimed.state, claimed.idempotency_key) == ("CLAIMED", world.registry.releases()[0].idempotency_key)
    assert world.outbox() == files


# --- many at once -----------------------------------------------------------------------------------------------------


def _release_in(folder: str, attempt_id: str, times: int) -> list[Release]:
    settings = Settings(home=Path(folder))
    verify, storage = gate_signed(open_keyring(settings)), open_storage(settings.storage_url(), settings)
    with open_registry(settings) as registry, ThreadPoolExecutor(times) as pool:
        proving = partial(prove, registry, storage, open_keyring(settings))
        claim = partial(release, registry, storage, verify, proving, attempt_id=attempt_id, now=NOW)
        jobs = [pool.submit(claim) for _ in range(times)]
        return [job.result() for job in jobs]


def test_64_claims_of_one_decision_are_one_release(world: World, tmp_path: Path) -> None:
    attempt = world.good()
    with get_context("spawn").Pool(4) as pool:
        answers = pool.starmap(_release_in, [(str(tmp_path), attempt.id, 16)] * 4)
    assert len({r.claimed_at for part in answers for r in part}) == 1
    assert len(world.registry.releases()) == 1
    assert list(world.outbox()) == [KEY]
    assert settle(world.registry, world.storage, LATER).submitted == ()


def grab(registry: Registry, attempt_id: str) -> str:
    """A claimant that judges nothing: only the database stands between it and the money."""

    def approve(seen: Entitlement) -> Claim:
        return Claim(attempt_id.replace("-", "").ljust(64, "0"), attempt_id)

    try:
        return registry.claim_release(attempt_id, approve=approve, now=NOW).attempt_id
    except VerificationError as error:
        return error.code


def _grab_in(folder: str, attempts: list[str]) -> list[str]:
    with open_registry(Settings(home=Path(folder))) as registry, ThreadPoolExecutor(len(attempts)) as pool:
        return list(pool.map(lambda attempt: grab(registry, attempt), attempts))


@pytest.mark.parametrize("processes", [1, 4])
def test_64_claims_by_different_attempts_have_one_winner(world: World, tmp_path: Path, processes: int) -> None:
    attempts = [world.begin(f"D-{n}").id for n in range(64)]
    if processes == 1:
        answers = _grab_in(str(tmp_path), attempts)
    else:
        parts = [(str(tmp_path), attempts[n::processes]) for n in range(processes)]
        with get_context("spawn").Pool(processes) as pool:
            answers = [answer for part in pool.starmap(_grab_in, parts) for answer in part]
    (row,) = world.registry.releases()
    assert sorted(answers) == sorted([row.attempt_id, *["already-released"] * 63])


def test_a_judge_that_refuses_leaves_nothing(world: World) -> None:
    attempt = world.good()

    def refuse(_: Entitlement) -> Claim:
        raise VerificationError("no", "no")

    with pytest.raises(VerificationError):
        world.registry.claim_release(attempt.id, approve=refuse, now=NOW)
    assert world.registry.releases() == ()


# --- killed between two steps -----------------------------------------------------------------------------------------


def _die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _release_and_die(folder: str, attempt_id: str, where: str) -> None:
    settings = Settings(home=Path(folder))
    verify, storage = gate_signed(open_keyring(settings)), open_storage(settings.storage_url(), settings)
    registry = open_registry(settings)
    match where:
        case "inside the claim":
            verify = _die  # type: ignore[assignment]
        case "before the file":
            storage.put_once = _die  # type: ignore[method-assign,assignment]
        case "before the note":
            registry.move_release = _die  # type: ignore[method-assign,assignment]
    proving = partial(prove, registry, storage, open_keyring(settings))
    release(registry, storage, verify, proving, attempt_id=attempt_id, now=NOW)


@pytest.mark.parametrize(
    ("where", "claimed", "files"),
    [("inside the claim", 0, 0), ("before the file", 1, 0), ("before the note", 1, 1)],
)
@pytest.mark.parametrize("repair", ["settle", "release"])
def test_a_kill_is_mended_by_running_again(
    world: World, tmp_path: Path, where: str, claimed: int, files: int, repair: str
) -> None:
    attempt = world.good()
    process = get_context("spawn").Process(target=_release_and_die, args=(str(tmp_path), attempt.id, where))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert [r.state for r in world.registry.releases()] == ["CLAIMED"] * claimed
    assert len(world.outbox()) == files
    if repair == "release":
        world.release(attempt, now=LATER)
    else:
        settle(world.registry, world.storage, LATER)
    done = 1 if repair == "release" else claimed
    assert [r.state for r in world.registry.releases()] == ["SUBMITTED"] * done
    assert len(world.outbox()) == done


def test_one_bad_file_does_not_hold_up_the_other_payments(world: World) -> None:
    world.registry.load_vouchers([milestone("interim", 1, 7, voucher="V-2")])
    for n, voucher in enumerate((VOUCHER, "V-2")):
        attempt = world.registry.begin_attempt(
            run_id=voucher, voucher=voucher, delivery="D-1", operator="", reason="", now=NOW
        )
        world.registry.note(attempt.id, milestone="interim")
        claim = Claim(f"{n}" * 64, f"key-{n}")
        world.registry.claim_release(attempt.id, approve=lambda _, claim=claim: claim, now=NOW)
    world.storage.put(settlement_key(VOUCHER, "interim"), b"somebody else's")
    with pytest.raises(VerificationError) as caught:
        settle(world.registry, world.storage, LATER)
    assert caught.value.code == "settlement-differs"
    assert {r.voucher: r.state for r in world.registry.releases()} == {VOUCHER: "CLAIMED", "V-2": "SUBMITTED"}


def test_a_storage_that_is_down_leaves_the_claim_to_be_finished(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = world.good()

    def down(*_: object) -> bool:
        raise StorageError("storage-unavailable", "down")

    with monkeypatch.context() as patch:
        patch.setattr(type(world.storage), "put_once", down)
        with pytest.raises(StorageError):
            world.release(attempt)
        assert world.registry.releases()[0].state == "CLAIMED"
        with pytest.raises(StorageError):
            settle(world.registry, world.storage, LATER)
    assert settle(world.registry, world.storage, LATER).submitted == world.registry.releases()


def test_a_file_signer_is_not_needed_to_release(world: World, tmp_path: Path) -> None:
    """Whoever releases holds no key: the decision was signed before."""
    attempt = world.good()
    for key in world.settings.keys_folder().glob("*.pem"):
        key.unlink()
    world.signer = FileSigner(tmp_path / "nowhere", world.keyring)
    assert world.release(attempt).state == "SUBMITTED"
