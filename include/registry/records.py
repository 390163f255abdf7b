"""What the registry hands out: frozen facts, never rows of an open session.

Field names equal column names, so that one function (`include.registry.tables.record`) turns any row into its record.
Times are aware and in UTC, money is whole KRW, digests are lowercase sha256 hex.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Verdict = Literal["PASS", "FAIL", "ERROR"]
Decision = Literal["RELEASE", "HOLD", "REJECT"]
ReleaseState = Literal["CLAIMED", "SUBMITTED", "CONFIRMED", "REJECTED"]

RELEASING_PHASES = ("final", "remedy-*")
"""Phases whose verification may lead to a payment, unless the milestone says otherwise; `*` stands for a number."""


@dataclass(frozen=True, slots=True)
class Milestone:
    """One instalment of a voucher: who is paid how much, for what contract, by when.

    `total_krw` is the sum over the voucher's milestones; `delay_accepted_until` a later date that a person agreed to.
    """

    voucher: str
    programme: str
    demand_firm: str
    supplier: str
    region: str
    sector: str
    milestone: str
    sequence: int
    amount_krw: int
    due_on: date
    contract_id: str
    contract_version: str
    contract_sha256: str
    releasing_phases: tuple[str, ...]
    delay_accepted_until: date | None
    delay_note: str | None

    def may_release(self, phase: str | None) -> bool:
        """May a delivery of this phase lead to a payment? Unknown phases may not."""
        return phase is not None and any(
            re.fullmatch(re.escape(allowed).replace(r"\*", "[1-9][0-9]*"), phase) for allowed in self.releasing_phases
        )


@dataclass(frozen=True, slots=True)
class Attempt:
    """One verification of one delivery. Facts beyond the first seven become known once and never change.

    `number` counts from 1 per (voucher, delivery) without gaps; order attempts by it, never by `id` or by a clock.
    """

    id: str
    run_id: str
    voucher: str
    delivery: str
    number: int
    operator: str
    reason: str
    began_at: datetime
    milestone: str | None
    phase: str | None
    delivered_at: datetime | None
    manifest_sha256: str | None
    contract_sha256: str | None
    programme_sha256: str | None
    rules_sha256: str | None
    shard_plan: str | None
    problem_code: str | None
    problem_message: str | None
    verdict: Verdict | None
    report_sha256: str | None
    sealed_at: datetime | None

    @property
    def sealed(self) -> bool:
        """Has its report been signed? Then nothing of it changes any more."""
        return self.sealed_at is not None

    @property
    def problem(self) -> tuple[str, str] | None:
        """What keeps it from a verdict: code and message."""
        return None if self.problem_code is None else (self.problem_code, self.problem_message or "")


@dataclass(frozen=True, slots=True)
class Document:
    """One stored document of an attempt. `sha256` is its identity (of a statement: of the payload, not of the envelope)."""

    attempt_id: str
    kind: str
    sha256: str
    envelope_sha256: str | None
    storage_key: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One decision of the gate on an attempt; the one with the highest `number` stands."""

    attempt_id: str
    number: int
    decision: Decision
    reasons: tuple[str, ...]
    statement_sha256: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Release:
    """A claimed payment. All but `state` and its times is copied in the claiming transaction and never changes."""

    voucher: str
    milestone: str
    delivery: str
    attempt_id: str
    supplier: str
    amount_krw: int
    decision_sha256: str
    idempotency_key: str
    state: ReleaseState
    claimed_at: datetime
    submitted_at: datetime | None
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Entitlement:
    """Everything a claim is judged on, read in the claiming transaction.

    `decision`: the latest of the claiming attempt; `rivals`: attempts that began after it, on the same delivery or for
    the same milestone; `same_content`: other attempts, of any voucher, by which this very manifest was released.
    """

    attempt: Attempt
    decision: DecisionRow | None
    rivals: tuple[Attempt, ...]
    milestone: Milestone | None
    milestones: tuple[Milestone, ...]
    releases: tuple[Release, ...]
    same_content: tuple[Attempt, ...] = ()

    @property
    def claimed(self) -> Release | None:
        """The milestone's release, if it has one."""
        return next((r for r in self.releases if r.milestone == self.attempt.milestone), None)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a judge who lets a claim through says: by which decision (its statement), and under which key the bank is asked."""

    decision_sha256: str
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class LogRow:
    """One entry of the log's sequence. `position` counts from 0 without gaps; `entry` is the leaf's data, `envelope` the
    signed document itself: with this row alone everything that is published of it can be made again."""

    position: int
    statement_sha256: str
    envelope_sha256: str
    entry: bytes
    envelope: bytes


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One line of the deliveries page: the latest attempt of a delivery and what came of it."""

    voucher: str
    delivery: str
    milestone: str | None
    phase: str | None
    attempts: int
    attempt_id: str
    began_at: datetime
    sealed_at: datetime | None
    verdict: Verdict | None
    problem_code: str | None
    decision: Decision | None
    reasons: tuple[str, ...]
    decided_at: datetime | None
    release_state: ReleaseState | None


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load did: milestones added, changed, and found the same."""

    added: int
    changed: int
    unchanged: int
