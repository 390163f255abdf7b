"""The audit: everything filed is read again, and what came of it is a signed minute of the log.

What must hold:
 1. the log: entries, tiles, checkpoint, cosignatures and the registry's sequence agree (include.evidence.log.audit);
 2. each filed document: its bytes, signature, role, and the log's proof; of a report, the report.json that it names;
 3. each published entry of the log that is not filed with an attempt: the envelope it names, by digest and signature;
 4. each list of findings: there as filed, unless a minute says that it was destroyed;
 5. each paid delivery: its objects still give the manifest.
It finds, it never mends, and one finding does not hide the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from include.deliveries import intake
from include.deliveries.progress import Progress, Words, silent
from include.errors import StorageError, VerificationError
from include.evidence.canonical import digest
from include.evidence.filing import evidence_key, read_filed
from include.evidence.log.audit import audit as audit_log
from include.evidence.log.checkpoint import Checkpoint, log_origin
from include.evidence.log.entry import LogEntry
from include.evidence.log.inclusion import verify_logged, verify_proof
from include.evidence.log.prover import prove
from include.evidence.log.published import published_head
from include.evidence.merkle import root_hash
from include.evidence.predicates import PREDICATES, SIGNED_BY, AuditPredicate, Covered, Finding, RetentionPredicate
from include.evidence.predicates.audit import MOST
from include.evidence.records import Minuted, Records
from include.evidence.refusals import refuse
from include.evidence.resource import Everything
from include.evidence.signer import Signer
from include.evidence.statement import Statement
from include.evidence.verify import verify_envelope, verify_report
from include.registry import Attempt, Document, Registry

SIGNED: Final = {"manifest": "intake", "run-started": "verifier", "report": "verifier", "decision": "gate"}
"""Kinds of documents that are filed with an attempt and signed, and the role that signs each."""

NO_LOG: Final = "0" * 64
"""The subject of an audit that found no log to speak of."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What was read, and what does not hold: sorted, each once. `log_size`: of the checkpoint, 0 if it does not hold."""

    log_size: int
    covered: Covered
    findings: tuple[Finding, ...]


def examine(records: Records, progress: Progress = silent, *, deliveries: bool = True) -> Examined:
    """Read everything again, deliveries too unless that is left out. Raises StorageError and RegistryError where a
    repeat may help."""
    registry = records.registry
    findings = list(_told("log", partial(audit_log, registry, records.storage, records.keyring)))
    paid = {release.attempt_id for release in registry.releases()}
    attempts = [a for delivery in sorted(registry.known_deliveries()) for a in registry.attempts(*delivery)]
    gone, seen = _destroyed(records, findings), set[str]()
    for number, attempt in enumerate(attempts, 1):
        for document in registry.documents(attempt.id):
            about = f"{_name(attempt)} {document.kind}"
            if document.kind in SIGNED:
                seen.add(document.sha256)
                findings += _told(about, partial(_document, records, attempt, document))
            elif document.storage_key.startswith("findings/"):
                findings += _told(about, partial(_listed, records, document, gone))
        if deliveries and attempt.id in paid:
            findings += _told(f"{_name(attempt)}{DELIVERY}", partial(_unchanged, records, attempt))
        if number % 100 == 0:
            progress(Words(f"시도 {number}/{len(attempts)}, 발견 {len(findings)}건", f"{number} of {len(attempts)} attempts, {len(findings)} findings"))  # fmt: skip
    size = _size(records)
    findings += _unfiled(records, size, seen)
    covered = Covered(len(attempts), len(seen), len(paid))
    return Examined(size, covered, tuple(sorted({*findings})))


def attest(
    records: Records, signer: Signer, examined: Examined, begun: datetime, ended: datetime
) -> Minuted[AuditPredicate]:
    """Have the audit signed and logged. Raises what the signer raises: VerificationError "signer-refused" if it does not
    find the same; "log-rolled-back" and others where the log itself cannot go on."""
    subject = checkpoint_digest(records, examined.log_size)

    def made(number: int, before: str | None) -> Statement:
        says = AuditPredicate(
            number, before, begun.replace(microsecond=0), ended.replace(microsecond=0), examined.log_size,
            examined.covered, len(examined.findings), examined.findings[:MOST],
        )  # fmt: skip
        return Statement(subject, says)

    return records.add(signer, Everything.uri, made, AuditPredicate)


def reached_again(records: Records, subject: str, says: AuditPredicate) -> None:
    """What a signer does before it signs an audit: steps 1 to 4 once more, the counts, and the checkpoint. What is said
    of deliveries (step 5) must be about paid ones; their bytes are not read. Raises VerificationError "signer-refused"."""
    if says.log_size > records.registry.log_size() or subject != checkpoint_digest(records, says.log_size):
        raise refuse("signer-refused", "checkpoint")
    mine = examine(records, deliveries=False)
    of_deliveries = {each for each in says.findings if each.about.endswith(DELIVERY)}
    if says.found <= MOST and {*says.findings} - of_deliveries != {*mine.findings}:
        raise refuse("signer-refused", "findings")
    if says.found > MOST and (says.found < len(mine.findings) or {*says.findings} - of_deliveries - {*mine.findings}):
        raise refuse("signer-refused", "findings")
    paid = {f"{_name(records.registry.attempt(r.attempt_id))}{DELIVERY}"[:LONGEST] for r in records.registry.releases()}
    if not {each.about for each in of_deliveries} <= paid:
        raise refuse("signer-refused", "a delivery that was not paid")
    since = mine.log_size - says.log_size
    if says.log_size and mine.log_size and not 0 <= mine.covered.documents - says.covered.documents <= since:
        raise refuse("signer-refused", "counts")
    if says.covered.attempts > mine.covered.attempts or says.covered.deliveries > mine.covered.deliveries:
        raise refuse("signer-refused", "counts")


def checkpoint_digest(records: Records, size: int) -> str:
    """sha256 (hex) of the text of the log's checkpoint at that size, made again from the registry's sequence: the
    subject of an audit. NO_LOG for size 0."""
    if size == 0:
        return NO_LOG
    root = root_hash(_leaves(records.registry, size))
    return digest(Checkpoint(log_origin(records.keyring), size, root).text().encode())


DELIVERY: Final = " delivery"
"""How a finding about a delivery's own objects ends."""

LONGEST: Final = 300


def _leaves(registry: Registry, size: int) -> Iterator[bytes]:
    for start in range(0, size, 4096):
        yield from registry.log_leaves(start, min(start + 4096, size))


def _size(records: Records) -> int:
    try:
        head = published_head(records.storage, records.keyring)
    except VerificationError:
        return 0  # it is a finding already
    return 0 if head is None else min(head.checkpoint.size, records.registry.log_size())


def _name(attempt: Attempt) -> str:
    return f"{attempt.voucher}/{attempt.delivery} #{attempt.number}"


def _told(about: str, held: Callable[[], object]) -> Iterator[Finding]:
    """What `held` refuses, as a finding."""
    try:
        held()
    except VerificationError as error:
        yield Finding(about[:LONGEST], error.code)
    except StorageError as error:
        if error.code != "object-missing":
            raise
        yield Finding(about[:LONGEST], error.code)


def _document(records: Records, attempt: Attempt, document: Document) -> None:
    """Step 2."""
    data = read_filed(records.storage, document)
    proof = prove(records.registry, records.storage, records.keyring, document.sha256)
    seen = verify_proof(proof, records.keyring).witnessed_at
    verified = verify_envelope(data, records.keyring, role=SIGNED[document.kind], at=seen)
    verify_logged(proof, records.keyring, verified)
    if document.kind == "report":
        filed = records.registry.documents(attempt.id, "report-json")
        if not filed:
            raise refuse("report-differs", "there is none")
        verify_report(verified, read_filed(records.storage, filed[-1]))


def _unfiled(records: Records, size: int, seen: set[str]) -> Iterator[Finding]:
    """Step 3."""
    try:
        rest = [(place, entry) for place, entry in records.entries() if place < size and entry.statement not in seen]
    except VerificationError as error:
        yield Finding("log", error.code)
        return
    for place, entry in rest:
        yield from _told(f"log entry {place}", partial(_entry, records, entry))


def _entry(records: Records, entry: LogEntry) -> None:
    data = records.storage.read(evidence_key(entry.envelope))
    kind = PREDICATES.get(entry.type)
    if digest(data) != entry.envelope or kind is None:
        raise refuse("entry-differs")
    verified = verify_envelope(data, records.keyring, role=SIGNED_BY[kind.TYPE], at=entry.logged_at)
    if verified.statement_sha256 != entry.statement:
        raise refuse("entry-differs")


def _destroyed(records: Records, findings: list[Finding]) -> set[tuple[str, str]]:
    """Objects that minutes say were destroyed; a minute that does not hold is a finding."""
    try:
        said = records.minutes(RetentionPredicate).values()
    except VerificationError as error:
        findings.append(Finding("log", error.code))
        return set()
    return {(gone.key, gone.sha256) for minutes in said for each in minutes for gone in each.says.objects}


def _listed(records: Records, document: Document, gone: set[tuple[str, str]]) -> None:
    """Step 4."""
    try:
        found = records.storage.digest(document.storage_key).sha256
    except StorageError as error:
        if error.code == "object-missing" and (document.storage_key, document.sha256) in gone:
            return
        raise
    if found != document.sha256:
        raise VerificationError("document-changed", "the findings are not those that were filed")


def _unchanged(records: Records, attempt: Attempt) -> None:
    """Step 5: what was paid is what lies in storage today."""
    prefix = f"deliveries/{attempt.voucher}/{attempt.delivery}/"
    if intake.current_digest(records.storage, prefix) != attempt.manifest_sha256:
        raise VerificationError("delivery-changed", "the objects are no longer those of the manifest")
