"""audit: everything filed is read again: the log, every signed document with its proof, every paid delivery's objects.

It finds, it never mends, and one finding does not hide the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from include.deliveries import intake
from include.deliveries.progress import Progress, Words, silent
from include.errors import StorageError, VerificationError
from include.evidence.log.audit import audit as audit_log
from include.evidence.log.inclusion import verify_logged
from include.evidence.log.prover import prove
from include.evidence.verify import verify_envelope, verify_report
from include.registry import Attempt, Document
from include.steps.context import Line, prefix_of

SIGNED = {"manifest": "intake", "run-started": "verifier", "report": "verifier", "decision": "gate"}
"""Kinds of signed documents, and the role that signs each."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not hold: what it is about, and the refusal's code."""

    about: str
    code: str


@dataclass(frozen=True, slots=True)
class Audited:
    """What was read, and what does not hold."""

    attempts: int
    documents: int
    paid: int
    findings: tuple[Finding, ...]


def audit(line: Line, progress: Progress = silent) -> Audited:
    """Read everything again. Raises StorageError and RegistryError where a repeat may help."""
    findings = list(_told("log", partial(audit_log, line.registry, line.storage, line.keyring)))
    paid = {release.attempt_id for release in line.registry.releases()}
    known = sorted(line.registry.known_deliveries())
    attempts = [attempt for delivery in known for attempt in line.registry.attempts(*delivery)]
    documents = 0
    for number, attempt in enumerate(attempts, 1):
        for document in _signed(line, attempt):
            documents += 1
            findings += _told(f"{_name(attempt)} {document.kind}", partial(_document, line, attempt, document))
        if attempt.id in paid:
            findings += _told(_name(attempt), partial(_unchanged, line, attempt))
        if number % 100 == 0:
            progress(
                Words(
                    f"시도 {number}/{len(attempts)}, 발견 {len(findings)}건",
                    f"{number} of {len(attempts)} attempts, {len(findings)} findings",
                )
            )
    return Audited(len(attempts), documents, len(paid), tuple(findings))


def _name(attempt: Attempt) -> str:
    return f"{attempt.voucher}/{attempt.delivery} #{attempt.number}"


def _told(about: str, held: Callable[[], object]) -> Iterator[Finding]:
    """What `held` refuses, as a finding."""
    try:
        held()
    except VerificationError as error:
        yield Finding(about, error.code)
    except StorageError as error:
        if error.code != "object-missing":
            raise
        yield Finding(about, error.code)


def _signed(line: Line, attempt: Attempt) -> list[Document]:
    return [document for document in line.registry.documents(attempt.id) if document.kind in SIGNED]


def _document(line: Line, attempt: Attempt, document: Document) -> None:
    """Signature, proof of the log, and of a report the very bytes it names."""
    verified = verify_envelope(line.filing.read(document), line.keyring, role=SIGNED[document.kind])
    verify_logged(prove(line.registry, line.storage, line.keyring, document.sha256), line.keyring, verified)
    if document.kind == "report":
        verify_report(verified, line.filing.need(attempt.id, "report-json"))


def _unchanged(line: Line, attempt: Attempt) -> None:
    """What was paid is what lies in storage today."""
    if intake.current_digest(line.storage, prefix_of(attempt.voucher, attempt.delivery)) != attempt.manifest_sha256:
        raise VerificationError("delivery-changed", "the objects are no longer those of the manifest")
