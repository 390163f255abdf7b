"""What the gate is handed, and what it says. Frozen; the registry, storage and clock are read by whoever calls.

`Evidence` is claims with their signatures, as bytes; `Policy` is what registry, programme and contract say. Nothing of
Airflow is in either.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias

from include.evidence.predicates import Pinned, ReportVerdict
from include.evidence.resource import Resource
from include.evidence.rules import RequiredRule

Word: TypeAlias = Literal["RELEASE", "HOLD", "REJECT"]


@dataclass(frozen=True, slots=True)
class AttemptFact:
    """One attempt of the registry. `number` counts per delivery; `verdict` is known once it is sealed.

    `subject` and `contract`: sha256 of the manifest and of the contract it ran with, None if it never got there.
    """

    delivery: str
    number: int
    subject: str | None
    contract: str | None
    sealed: bool
    verdict: ReportVerdict | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """The documents of one attempt, as stored; None where there is none.

    `manifest`, `run_started`, `report_statement`: envelopes, each with its `.tlog-proof`; `report`: report.json. `current_manifest`: digest of the
    manifest that the objects in storage give now. `attempts`: all of this voucher and milestone, in the order they
    began, this one among them. `released`: milestones of the voucher that have a release.
    `paid_elsewhere`: the same content was released for another voucher or milestone, or under another delivery.
    """

    attempt: int
    manifest: bytes | None
    run_started: bytes | None
    report_statement: bytes | None
    manifest_proof: bytes | None
    run_started_proof: bytes | None
    report_proof: bytes | None
    report: bytes | None
    current_manifest: str | None
    attempts: tuple[AttemptFact, ...]
    released: frozenset[str]
    paid_elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """What was agreed, from registry, programme and contract.

    `releasing_phases`: `*` stands for a number. `due_on` ends with its day in Korea; `delay_accepted_until` is a later
    day that a person agreed to. `rules`: every rule of the contract (include.gate.required); `exempt`: names of rules
    that contract or programme exempt. Money is whole KRW: the milestone's amount, what the voucher's other milestones
    were paid already, the voucher's sum, and the programme's cap ("uncapped" where the programme has none; None where
    it is not known, which holds).
    """

    resource: Resource
    contract: Pinned
    programme: Pinned
    releasing_phases: tuple[str, ...]
    due_on: date
    delay_accepted_until: date | None
    delivered_at: datetime
    gate_mode: Literal["blocking", "advisory"]
    required_families: frozenset[str]
    rules: tuple[RequiredRule, ...]
    exempt: frozenset[str]
    max_attempts: int
    amount_krw: int
    paid_krw: int
    voucher_krw: int
    cap_krw: int | Literal["uncapped"] | None
    earlier_milestones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """The gate's word. `reasons`: codes of include.gate.reasons, none for RELEASE; `notes`: details for operators."""

    decision: Word
    reasons: tuple[str, ...]
    notes: tuple[str, ...] = ()
