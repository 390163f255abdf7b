"""From bytes to a case: the gate's documents, verified and typed, or the reasons why one is not.

A document that is refused is None in the case and a reason in `refused`: no condition can pass by its absence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from include.errors import VerificationError
from include.evidence.keyring import Keyring
from include.evidence.predicates import ManifestPredicate, ReportPredicate, RunStartedPredicate
from include.evidence.verify import verify_envelope, verify_report
from include.gate.body import Body, read_body
from include.gate.case import Evidence, Policy

T = TypeVar("T", ManifestPredicate, RunStartedPredicate, ReportPredicate)


@dataclass(frozen=True, slots=True)
class Document(Generic[T]):
    """A verified document: its statement's identity, the manifest it is about, and what it says."""

    sha256: str
    subject: str
    says: T


@dataclass(frozen=True, slots=True)
class Case:
    """All that the conditions look at. A document is None only together with a reason in `refused`."""

    evidence: Evidence
    policy: Policy
    now: datetime
    manifest: Document[ManifestPredicate] | None
    started: Document[RunStartedPredicate] | None
    report: Document[ReportPredicate] | None
    body: Body | None
    refused: tuple[str, ...]
    notes: tuple[str, ...]


class _Reader:
    def __init__(self, keyring: Keyring, now: datetime) -> None:
        self._keyring = keyring
        self._now = now
        self.refused: list[str] = []
        self.notes: list[str] = []

    def document(self, data: bytes | None, name: str, role: str, kind: type[T]) -> Document[T] | None:
        """Verified twice: by its own claim of time, and now, since an old key decides nothing new."""
        if data is None:
            self.refused.append(f"{name}-missing")
            return None
        try:
            verify_envelope(data, self._keyring, role=role, at=self._now)
            verified = verify_envelope(data, self._keyring, role=role)
        except VerificationError as error:
            self._refuse(f"{name}-refused", f"{name}: {error.code}")
            return None
        says = verified.statement.predicate
        if not isinstance(says, kind):
            self._refuse(f"{name}-refused", f"{name}: wrong-document")
            return None
        return Document(verified.statement_sha256, verified.statement.subject, says)

    def body(self, statement: bytes | None, data: bytes | None) -> Body | None:
        """report.json, if it is the signed one. `statement` is known to verify."""
        if data is None or statement is None:
            self.refused.append("report-missing")
            return None
        try:
            verify_report(verify_envelope(statement, self._keyring, role="verifier"), data)
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
    body = None if report is None else reader.body(evidence.report_statement, evidence.report)
    return Case(evidence, policy, now, manifest, started, report, body, tuple(reader.refused), tuple(reader.notes))
