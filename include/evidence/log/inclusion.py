"""Is a document in the log? Verified offline from a `.tlog-proof` file and the keyring. What must hold, in this order:

 1. the file is a tlog-proof, its extra an entry;
 2. its checkpoint is signed by a log key of the keyring, for the keyring's log;
 3. the entry is the leaf at its index in the tree of that checkpoint;
 4. the entry is about the very document: statement, type, manifest, resource and a key that signed.
Witnesses of the keyring that cosigned the checkpoint give the time from outside; without one it is `unwitnessed`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from include.evidence.canonical import verification_only
from include.evidence.keyring import Keyring
from include.evidence.log.checkpoint import Checkpoint, verify_checkpoint
from include.evidence.log.cosignature import Cosigned, cosigned_by, witnesses
from include.evidence.log.entry import LogEntry
from include.evidence.log.prooffile import TlogProof
from include.evidence.log.tree import verify_inclusion
from include.evidence.merkle import leaf_hash
from include.evidence.refusals import refuse
from include.evidence.verify import Passed, Verified


@dataclass(frozen=True, slots=True)
class Logged:
    """A proven entry. `witnesses`: outsiders who saw the checkpoint, earliest first."""

    entry: LogEntry
    index: int
    checkpoint: Checkpoint
    witnesses: tuple[Cosigned, ...]

    @property
    def witnessed_at(self) -> datetime | None:
        """From when on an outsider can tell that the document existed; None: unwitnessed."""
        return self.witnesses[0].time if self.witnesses else None


@verification_only
def verify_proof(
    proof: bytes, keyring: Keyring, *, at: datetime | None = None, passed: Passed = lambda _: None
) -> Logged:
    """Steps 1 to 3. `at`: a time at which the log's key must be valid; None asks only that it was never revoked."""
    file = TlogProof.from_bytes(proof)
    if file.extra is None:
        raise refuse("proof-shape", "no entry")
    entry = LogEntry.from_bytes(file.extra)
    passed(1)
    signed = verify_checkpoint(file.checkpoint, keyring, at=at)
    passed(2)
    head = signed.checkpoint
    verify_inclusion(file.index, head.size, leaf_hash(file.extra), file.path, head.root)
    passed(3)
    return Logged(entry, file.index, head, cosigned_by(signed.note, witnesses(keyring)))


@verification_only
def verify_logged(
    proof: bytes,
    keyring: Keyring,
    document: Verified,
    *,
    at: datetime | None = None,
    passed: Passed = lambda _: None,
) -> Logged:
    """All steps, for a document that `verify_envelope` accepted."""
    logged = verify_proof(proof, keyring, at=at, passed=passed)
    entry, statement = logged.entry, document.statement
    said = (entry.statement, entry.type, entry.subject, entry.resource)
    is_ = (document.statement_sha256, statement.predicate.TYPE, statement.subject, statement.predicate.resource.uri)
    if said != is_ or entry.keyid not in document.keyids:
        raise refuse("entry-differs")
    passed(4)
    return logged
