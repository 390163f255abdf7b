"""Let a payment go, once: claim the milestone by a signed decision, then hand it to the settlement outbox.

What must hold, judged inside the claiming transaction; each step below carries its number:
 1. the decision's envelope verifies, signed by the gate, is in the log, and is a decision;
 2. it is about this very voucher, milestone and delivery;
 3. it is the decision that stands for this attempt, in the registry's words too;
 4. it is about this attempt's number and manifest;
 5. it says RELEASE;
 6. no later attempt on this delivery, or on another that may release the same milestone;
 7. the attempt is sealed with PASS and has no problem;
 8. the milestone is known, the attempt's phase may release it, and the contract checked is the one agreed;
 9. the milestone has no release yet, and this content none for any other;
10. the amount is the registry's, and all releases together stay within the voucher;
11. every milestone earlier in the sequence is released.
A claim that was made before by the same attempt and decision is returned as it is, after step 1.
Nothing here reads Airflow, a report or a configuration: the envelope and the registry alone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from include.errors import VerificationError
from include.evidence.canonical import digest
from include.evidence.envelope import parse as parse_envelope
from include.evidence.keyring import Keyring
from include.evidence.log.inclusion import verify_logged
from include.evidence.predicates import DecisionPredicate
from include.evidence.resource import Resource
from include.evidence.verify import Verified, verify_envelope
from include.gate.settlement import idempotency_key, publish
from include.registry import Attempt, Claim, Entitlement, Registry, Release
from include.storage.port import Storage

VerifyDecision = Callable[[bytes, bytes | None, datetime], Verified]
"""Verifies an envelope as the gate's, and by its proof as logged, at the time of the claim; or raises VerificationError."""

Prove = Callable[[str], bytes]
"""The `.tlog-proof` of a statement's identity, or VerificationError."""

REFUSALS: Final = {
    "decision-missing": ("the attempt has no stored decision", "저장된 결정이 없습니다"),
    "not-logged": ("nothing proves that the decision is in the log", "로그에 기록되었음이 증명되지 않은 결정입니다"),
    "not-a-decision": ("the signed document is not a decision", "서명된 문서가 결정이 아닙니다"),
    "wrong-entitlement": (
        "the decision is about another voucher, milestone or delivery",
        "다른 바우처·마일스톤·납품에 대한 결정입니다",
    ),
    "decision-superseded": (
        "the decision is not the one that stands for this attempt",
        "이 시도의 현재 결정이 아닙니다",
    ),
    "wrong-attempt": ("the decision is about another attempt", "다른 시도에 대한 결정입니다"),
    "manifest-differs": ("the decision is about other content", "다른 내용물에 대한 결정입니다"),
    "not-a-release": ("the decision is not RELEASE", "지급가능 결정이 아닙니다"),
    "later-attempt": ("a later attempt exists", "이후의 시도가 있습니다"),
    "not-passed": ("the attempt is not sealed with PASS", "적합으로 봉인된 시도가 아닙니다"),
    "unknown-milestone": ("the registry does not know the milestone", "등록부에 없는 마일스톤입니다"),
    "phase-not-releasing": ("deliveries of this phase lead to no payment", "지급으로 이어지지 않는 단계의 납품입니다"),
    "contract-not-agreed": (
        "the contract that was checked is not the one agreed",
        "검사한 계약이 합의된 계약과 다릅니다",
    ),
    "already-released": (
        "the milestone is already released, on another attempt or decision",
        "다른 시도나 결정으로 이미 지급 청구된 마일스톤입니다",
    ),
    "content-already-paid": (
        "the same content was released already, for another entitlement",
        "같은 내용물이 다른 건으로 이미 지급되었습니다",
    ),
    "amount-over-voucher": ("the releases would exceed the voucher", "지급액 합계가 바우처 금액을 넘습니다"),
    "milestone-order": ("an earlier milestone is not released yet", "앞선 마일스톤이 아직 지급되지 않았습니다"),
}
"""Why a payment does not go: a stable code, its English and its Korean text."""


def gate_signed(keyring: Keyring) -> VerifyDecision:
    """The verifier for `release`: the keyring's gate role, twice, and its log. A key that is out of date now lets no
    payment go, whatever time the decision claims; and a key that was ever revoked lets none go either.
    """

    def verify(data: bytes, proof: bytes | None, now: datetime) -> Verified:
        verify_envelope(data, keyring, role="gate", at=now)
        verified = verify_envelope(data, keyring, role="gate")
        if proof is None:
            raise _refuse("not-logged")
        verify_logged(proof, keyring, verified, at=now)
        return verified

    return verify


def release(
    registry: Registry,
    storage: Storage,
    verify_decision: VerifyDecision,
    prove: Prove,
    *,
    attempt_id: str,
    now: datetime,
    envelope: bytes | None = None,
) -> Release:
    """Claim the payment of the attempt's milestone and put it into the outbox; again is the same release.

    `envelope`: the decision's, None to read the stored one. Raises: VerificationError with a code of REFUSALS, of the
    evidence's refusals, or "settlement-differs"; RegistryError and StorageError, after which running again goes on.
    """
    data = _stored_decision(registry, storage, attempt_id) if envelope is None else envelope
    proof = _proof(prove, data)

    def approve(seen: Entitlement) -> Claim:
        verified = verify_decision(data, proof, now)
        _judge(seen, verified)
        key = idempotency_key(seen.attempt.voucher, seen.attempt.milestone or "")
        return Claim(verified.statement_sha256, key)

    claimed = registry.claim_release(attempt_id, approve=approve, now=now)
    return publish(registry, storage, claimed, now)


def _stored_decision(registry: Registry, storage: Storage, attempt_id: str) -> bytes:
    attempt = registry.attempt(attempt_id)
    made = registry.release_of(attempt.voucher, attempt.milestone or "")
    latest = registry.latest_decision(attempt_id)
    if made is not None and made.attempt_id == attempt_id:
        wanted = made.decision_sha256
    else:
        wanted = latest.statement_sha256 if latest else ""
    for document in registry.documents(attempt_id, "decision"):
        if document.sha256 == wanted:
            return storage.read(document.storage_key)
    raise _refuse("decision-missing")


def _proof(prove: Prove, data: bytes) -> bytes | None:
    """Fetched before the transaction, which then needs no second connection; None is for the verifier to refuse."""
    try:
        return prove(digest(parse_envelope(data).payload))
    except VerificationError:
        return None


def _judge(seen: Entitlement, verified: Verified) -> None:
    attempt, decision = seen.attempt, verified.statement.predicate
    if not isinstance(decision, DecisionPredicate):
        raise _refuse("not-a-decision")  # 1
    if _same_claim(seen, verified.statement_sha256):
        return
    _about_this(seen, verified, decision)
    if any(_rivals(seen, later) for later in seen.rivals):
        raise _refuse("later-attempt")  # 6
    if attempt.sealed_at is None or attempt.verdict != "PASS" or attempt.problem is not None:
        raise _refuse("not-passed")  # 7
    _entitled(seen)


def _same_claim(seen: Entitlement, statement_sha256: str) -> bool:
    claimed = seen.claimed
    return claimed is not None and (claimed.attempt_id, claimed.decision_sha256) == (seen.attempt.id, statement_sha256)


def _about_this(seen: Entitlement, verified: Verified, decision: DecisionPredicate) -> None:
    """Steps 2 to 5."""
    attempt, stands = seen.attempt, seen.decision
    if decision.resource != Resource(attempt.voucher, attempt.milestone or "", attempt.delivery):
        raise _refuse("wrong-entitlement")  # 2
    if stands is None or (stands.statement_sha256, stands.decision) != (verified.statement_sha256, decision.decision):
        raise _refuse("decision-superseded")  # 3
    if decision.attempt != attempt.number:
        raise _refuse("wrong-attempt")  # 4
    if verified.statement.subject != attempt.manifest_sha256:
        raise _refuse("manifest-differs")  # 4
    if not decision.released:
        raise _refuse("not-a-release")  # 5


def _rivals(seen: Entitlement, later: Attempt) -> bool:
    """Does a later attempt stand in the way? One on another delivery only if it may release this milestone, or may yet."""
    if later.delivery == seen.attempt.delivery or later.phase is None:
        return True
    return seen.milestone is None or seen.milestone.may_release(later.phase)


def _entitled(seen: Entitlement) -> None:
    """Steps 8 to 11."""
    milestone = seen.milestone
    if milestone is None:
        raise _refuse("unknown-milestone")  # 8
    if not milestone.may_release(seen.attempt.phase):
        raise _refuse("phase-not-releasing")  # 8
    if seen.attempt.contract_sha256 != milestone.contract_sha256:
        raise _refuse("contract-not-agreed")  # 8
    if seen.claimed is not None:
        raise _refuse("already-released")  # 9
    if seen.same_content:
        raise _refuse("content-already-paid")  # 9
    total = sum(m.amount_krw for m in seen.milestones)
    if milestone.amount_krw <= 0 or sum(r.amount_krw for r in seen.releases) + milestone.amount_krw > total:
        raise _refuse("amount-over-voucher")  # 10
    released = {r.milestone for r in seen.releases}
    if any(m.sequence < milestone.sequence and m.milestone not in released for m in seen.milestones):
        raise _refuse("milestone-order")  # 11


def _refuse(code: str) -> VerificationError:
    english, korean = REFUSALS[code]
    return VerificationError(code, english, ko=korean)
