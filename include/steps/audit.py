"""audit: the steps of the DAG `audit_evidence`: read everything again, then have what was found signed and logged.

Two steps, so that operators are told what was found even where the log itself cannot take it.
"""

from __future__ import annotations

from datetime import datetime

from include.deliveries.progress import Progress, silent
from include.evidence import audit as evidence_audit
from include.evidence.audit import Examined
from include.evidence.predicates import AuditPredicate
from include.evidence.records import Minuted, Records
from include.steps.context import Line


def audit(line: Line, progress: Progress = silent) -> Examined:
    """Read everything again. Raises StorageError and RegistryError where a repeat may help."""
    return evidence_audit.examine(records_of(line), progress)


def attest_audit(line: Line, examined: Examined, begun: datetime) -> Minuted[AuditPredicate]:
    """Sign and log what an audit that began then found. Raises VerificationError, SignerError, StorageError."""
    return evidence_audit.attest(records_of(line), line.filing.signer, examined, begun, line.now())


def records_of(line: Line) -> Records:
    """The line's registry, storage and keyring."""
    return Records(line.registry, line.storage, line.keyring)
