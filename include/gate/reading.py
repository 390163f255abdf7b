"""From bytes to a case: the gate's documents, verified and typed, or the reasons why one is not.

A document that is refused is None in the case and a reason in `refused`: no condition can pass by its absence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from include.errors import VerificationError
from include.evidence.keyring import Keyring
from include.evidence.log.inclusion import verify_logged
from include.evidence.predicates import ManifestPredicate, ReportPredicate, RunStartedPredicate
from include.evidence.verify import Verified, verify_envelope, verify_keys_at, verify_report
from include.gate.body import Body, read_body
from include.gate.case import Evidence, Policy

T = TypeVar("T", ManifestPredicate, RunStartedPredicate, ReportPredicate)


@dataclass(frozen=True, slots=True)
class Document(Generic[T]):
    """A verified document and what it says."""

    verified: Verified
    says: T

    @property
    def sha256(self) -> str:
        """The statement's identity."""
        return self.verified.statement_sha256

    @property
    def subject(self) -> str:
        """The manifest it is about."""
        return self.verified.statement.subject


@dataclass(frozen=True, slots=True)
class Case:
    """All that the conditions look at. A document is None only together with a reason in `refused`; `unlogged` names
    those that nothing proves to be in the log."""

    evidence: Evidence
    policy: Policy
    now: datetime
    manifest: Document[ManifestPredicate] | None
    started: Document[RunStartedPredicate] | None
    report: Document[ReportPredicate] | None
    body: Body | None
    refused: tuple[str, ...]
    unlogged: tuple[str, ...]
    notes: tuple[str, ...]


class _Reader:
    def __init__(self, keyring: Keyring, now: datetime) -> None:
        self._keyring = keyring
        self._now = now
        self.refused: list[str] = []
        self.unlogged: list[str] = []
        self.notes: list[str] = []

    def document(self, data: bytes | None, name: str, role: str, kind: type[T]) -> Document[T] | None:
        """Its keys are good by its own claim of time, and now: an old key decides nothing new."""
        if data is None:
            self.refused.append(f"{name}-missing")
            return None
        try:
            verified = verify_envelope(data, self._keyring, role=role)
            verify_keys_at(verified, self._keyring, self._now)
        except VerificationError as error:
            self._refuse(f"{name}-refused", f"{name}: {error.code}")
            return None
        says = verified.statement.predicate
        if not isinstance(says, kind):
            self._refuse(f"{name}-refused", f"{name}: wrong-document")
            return None
        return Document(verified, says)

    def logged(self, document: Document[T] | None, name: str, proof: bytes | None) -> None:
        """Is it in the log, under a checkpoint of a log key that is good now?"""
        if document is None:
            return
        if proof is None:
            self.unlogged.append(name)
            return
        try:
            verify_logged(proof, self._keyring, document.verified, at=self._now)
        except VerificationError as error:
            self.unlogged.append(name)
            self.notes.append(f"{name}: {error.code}")

    def body(self, report: Document[ReportPredicate] | None, data: bytes | None) -> Body | None:
        """report.json, if it is the signed one."""
        if data is None:
            self.refused.append("report-missing")
        if data is None or report is None:
            return None
        try:
            verify_report(report.verified, data)
        except VerificationError as error:
            self._refuse("report-altered", f"report: {error.code}")
            return None
        try:
            return read_body(data)
        except (VerificationError, ValueError, KeyError, ArithmeticError) as error:
            self._refuse("report-malformed", f"report.json: {type(error).__name__}")
            return None

    def _refuse(self, reason: str, note: str) -> None:
        self.refused.append(reason)
        self.notes.append(note)


def read_case(evidence: Evidence, keyring: Keyring, policy: Policy, now: datetime) -> Case:
    """The case. May raise for arguments that are not what their types say; `decide` holds then."""
    reader = _Reader(keyring, now)
    manifest = reader.document(evidence.manifest, "manifest", "intake", ManifestPredicate)
    started = reader.document(evidence.run_started, "run-started", "verifier", RunStartedPredicate)
    report = reader.document(evidence.report_statement, "report", "verifier", ReportPredicate)
    body = reader.body(report, evidence.report)
    reader.logged(manifest, "manifest", evidence.manifest_proof)
    reader.logged(started, "run-started", evidence.run_started_proof)
    reader.logged(report, "report", evidence.report_proof)
    refused, unlogged, notes = map(tuple, (reader.refused, reader.unlogged, reader.notes))
    return Case(evidence, policy, now, manifest, started, report, body, refused, unlogged, notes)
