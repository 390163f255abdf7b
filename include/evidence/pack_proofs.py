"""The log proofs of a pack's documents: each signed file is verified together with the proof that belongs to it, if any."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from include.evidence.canonical import digest
from include.evidence.envelope import parse as parse_envelope
from include.evidence.keyring import Keyring
from include.evidence.log.inclusion import Logged, verify_logged, verify_proof
from include.evidence.pack_index import Item
from include.evidence.refusals import refuse
from include.evidence.verify import Verified, verify_envelope

Read = Callable[[Item], bytes]


class Proofs:
    """The proofs among some files. `proven`: how many documents were verified with one. Raises VerificationError."""

    def __init__(self, keyring: Keyring, read: Read) -> None:
        self.proven = 0
        self._keyring, self._read = keyring, read
        self._proofs: dict[str, tuple[bytes, Logged]] = {}

    def take(self, items: Iterable[Item]) -> None:
        """Read and verify these proof files."""
        for item in items:
            data = self._read(item)
            logged = verify_proof(data, self._keyring)
            self._proofs[logged.entry.statement] = (data, logged)

    def verified(self, item: Item, role: str) -> Verified:
        """The document as `role`'s; a witness of its proof gives the time."""
        data = self._read(item)
        proof, logged = self._proofs.get(digest(parse_envelope(data).payload), (None, None))
        found = verify_envelope(data, self._keyring, role=role, at=None if logged is None else logged.witnessed_at)
        if proof is not None:
            verify_logged(proof, self._keyring, found)
            self.proven += 1
        return found

    def none_astray(self, known: Iterable[Verified]) -> None:
        """Every proof is of one of these documents."""
        if self._proofs.keys() - {document.statement_sha256 for document in known}:
            raise refuse("entry-differs", "a proof of a document that is not here")
