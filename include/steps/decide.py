"""decide: the gate's word on what is filed, signed and filed itself; a RELEASE is claimed at once, and once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from include.deliveries import intake
from include.errors import ContractError, DeliveryError, StorageError, VerificationError
from include.evidence.log.prover import prove
from include.evidence.predicates import (
    DecisionPredicate,
    Pinned,
)
from include.evidence.statement import Statement
from include.gate.case import AttemptFact, Decision, Evidence, Policy, Word
from include.gate.decide import decide as gate_decide
from include.gate.release import gate_signed, release
from include.gate.required import required_rules
from include.registry import Attempt, Release
from include.reports.code import code_identity
from include.steps.context import (
    Line,
    agreed,
    identity_of,
    marker_of,
    prefix_of,
    resource_of,
)


@dataclass(frozen=True)
class Decided:
    """What the gate said of an attempt. `complete`: its report is sealed; False asks for the failed steps to be rerun."""

    outcome: Word
    reasons: tuple[str, ...]
    complete: bool
    release: Release | None


def decide(line: Line, attempt_id: str) -> Decided:
    """Let the gate decide on what is filed, sign and file its word, and claim the payment if it is RELEASE.

    Whatever happened before, this ends in a decision: an attempt without a sealed report is held, with its problem's code.
    """
    attempt = line.registry.attempt(attempt_id)
    decision, policy = _judged(line, attempt)
    _record(line, attempt, decision, policy)
    if decision.decision != "RELEASE":
        return Decided(decision.decision, decision.reasons, attempt.sealed, None)
    try:
        verify = gate_signed(line.keyring)
        claimed = release(
            line.registry, line.storage, verify, partial(_prove, line), attempt_id=attempt_id, now=line.now()
        )
    except VerificationError as error:  # what changed since the gate looked, a later attempt for one
        held = Decision("HOLD", (error.code,))
        _record(line, attempt, held, policy)
        return Decided("HOLD", held.reasons, attempt.sealed, None)
    return Decided(decision.decision, decision.reasons, attempt.sealed, claimed)


def _judged(line: Line, attempt: Attempt) -> tuple[Decision, Policy | None]:
    """The gate's word; HOLD with the code of what is in its way where there is no case to decide."""
    if attempt.problem is not None:
        return Decision("HOLD", (attempt.problem[0],)), None
    if not attempt.sealed:
        return Decision("HOLD", ("attempt-incomplete",)), None
    try:
        policy = _policy(line, attempt)
        return gate_decide(_evidence(line, attempt), line.keyring, policy, line.now()), policy
    except (ContractError, VerificationError, DeliveryError) as error:
        return Decision("HOLD", (error.code,)), None
    except StorageError as error:
        if error.code != "object-missing":
            raise  # may be there again later: tried again
        return Decision("HOLD", ("document-missing",)), None


def _evidence(line: Line, attempt: Attempt) -> Evidence:
    filing, registry = line.filing, line.registry
    facts = tuple(
        AttemptFact(a.delivery, a.number, a.manifest_sha256, a.contract_sha256, a.sealed, a.verdict)
        for a in _all_attempts(line, attempt)
    )
    return Evidence(
        attempt=attempt.number,
        manifest=filing.get(attempt.id, "manifest"),
        run_started=filing.get(attempt.id, "run-started"),
        report_statement=filing.get(attempt.id, "report"),
        manifest_proof=_proof(line, attempt, "manifest"),
        run_started_proof=_proof(line, attempt, "run-started"),
        report_proof=_proof(line, attempt, "report"),
        report=filing.get(attempt.id, "report-json"),
        current_manifest=intake.current_digest(line.storage, prefix_of(attempt.voucher, attempt.delivery)),
        attempts=facts,
        released=frozenset(r.milestone for r in registry.releases(attempt.voucher) if r.attempt_id != attempt.id),
        paid_elsewhere=any(
            (a.voucher, a.milestone) != (attempt.voucher, attempt.milestone)
            for a in registry.released_with(attempt.manifest_sha256 or UNKNOWN)
        ),
    )


def _proof(line: Line, attempt: Attempt, kind: str) -> bytes | None:
    """That the newest statement of a kind is logged; None holds."""
    listed = line.registry.documents(attempt.id, kind)
    try:
        return _prove(line, listed[-1].sha256) if listed else None
    except VerificationError:
        return None


def _prove(line: Line, statement_sha256: str) -> bytes:
    return prove(line.registry, line.storage, line.keyring, statement_sha256, witnessed=False)


def _all_attempts(line: Line, attempt: Attempt) -> list[Attempt]:
    """Those of this milestone in the order they began, and those of this delivery whose milestone was never noted:
    the earlier ones before all, the later ones after all."""
    noted = line.registry.attempts_of(attempt.voucher, attempt.milestone or "")
    others = [a for a in line.registry.attempts(attempt.voucher, attempt.delivery) if a not in noted]
    earlier = [a for a in others if a.number < attempt.number]
    return [*earlier, *noted, *(a for a in others if a.number > attempt.number)]


def _policy(line: Line, attempt: Attempt) -> Policy:
    """From registry, contract and programme alone; the marker's claim serves only to find the milestone."""
    found = agreed(line, attempt, marker_of(line, attempt.id))
    truth, programme = found.milestone, found.programme
    milestones = line.registry.milestones(attempt.voucher)
    paid = [r for r in line.registry.releases(attempt.voucher) if r.milestone != truth.milestone]
    return Policy(
        resource=resource_of(attempt),
        contract=Pinned(found.contract.id, found.contract.version, found.contract.digest),
        programme=Pinned(programme.id, programme.version, programme.digest),
        releasing_phases=truth.releasing_phases,
        due_on=truth.due_on,
        delay_accepted_until=truth.delay_accepted_until,
        delivered_at=_delivered_at(attempt),
        gate_mode=programme.gate_mode,
        required_families=frozenset(programme.required_families),
        rules=required_rules(found.contract.checks),
        exempt=frozenset(n.rule for n in found.contract.not_checked),
        max_attempts=line.settings.max_attempts,
        amount_krw=truth.amount_krw,
        paid_krw=sum(r.amount_krw for r in paid),
        voucher_krw=sum(m.amount_krw for m in milestones),
        cap_krw=programme.cap_in_force(truth.due_on.year) if programme.caps else "uncapped",
        earlier_milestones=tuple(m.milestone for m in milestones if m.sequence < truth.sequence),
    )


def _delivered_at(attempt: Attempt) -> datetime:
    """When the marker was put, in the store's own words."""
    if attempt.delivered_at is None:
        raise VerificationError(
            "fact-missing", "nothing says when it was delivered", ko="납품 시각이 기록되지 않았습니다"
        )
    return attempt.delivered_at


def _record(line: Line, attempt: Attempt, decision: Decision, policy: Policy | None) -> None:
    """Sign and file the decision, unless the attempt's latest one says the same."""
    latest = line.registry.latest_decision(attempt.id)
    if latest is not None and (latest.decision, latest.reasons) == (decision.decision, decision.reasons):
        return
    inputs = tuple(
        identity_of(line, attempt.id, kind) for kind in STATEMENTS if line.registry.documents(attempt.id, kind)
    )
    programme = attempt.programme_sha256 or UNKNOWN
    predicate = DecisionPredicate(
        resource=resource_of(attempt),
        verifier=line.filing.signer.verifier("gate") or "",
        verifier_version=code_identity().version,
        time_verified=line.now(),
        policy_uri=f"urn:dambo:programme:{policy.programme.id}" if policy else "urn:dambo:programme:unknown",
        policy=policy.programme.sha256 if policy else programme,
        inputs=inputs,
        decision=decision.decision,
        reasons=decision.reasons,
        attempt=attempt.number,
    )
    statement = Statement(attempt.manifest_sha256 or UNKNOWN, predicate)
    line.filing.sign_new(attempt.id, "decision", "gate", statement)
    line.registry.add_decision(attempt.id, decision.decision, decision.reasons, statement.sha256, line.now())


STATEMENTS = ("manifest", "run-started", "report")
UNKNOWN = "0" * 64
"""In place of a digest that an attempt never came to know: no content hashes to it."""
