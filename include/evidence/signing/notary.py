"""The notary: a Signer that reaches a statement again, signs it and logs it in one call, once.

Idempotent at any crash: the registry's row of the log is the commit point and holds the envelope. Before it nothing was
signed that anybody saw; after it the same statement gets the same envelope, and whatever was not published yet is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from include.evidence.envelope import parse as parse_envelope
from include.evidence.filing import evidence_key
from include.evidence.keyring import Keyring
from include.evidence.log.writer import LogWriter
from include.evidence.predicates import DecisionPredicate
from include.evidence.records import Records
from include.evidence.refusals import refuse
from include.evidence.signer import KeyHolder, of_role
from include.evidence.signing.recompute import Recomputer
from include.evidence.statement import Statement
from include.registry import LogRow, Registry
from include.storage import Storage


class Notary:
    """Signs in the keys' roles for whoever holds this object. Threads may share one; they take turns."""

    def __init__(
        self, keys: KeyHolder, registry: Registry, storage: Storage, keyring: Keyring, now: Callable[[], datetime]
    ) -> None:
        self._keys = keys
        self._registry = registry
        self._storage = storage
        self._recomputer = Recomputer(Records(registry, storage, keyring), now)
        self._log = LogWriter(registry, storage, keyring, keys, now)
        self._turn = threading.Lock()

    def sign(self, role: str, payload: bytes) -> bytes:
        """The envelope, which lies in storage under its digest and is covered by the published checkpoint.

        Raises SignerError, VerificationError (it is not what it should be), RegistryError, StorageError (ask again).
        """
        statement = of_role(role, payload)
        if self._registry.log_entry(statement.sha256) is None:
            self._check(role, statement)  # not in turn: an audit reads all there is
        with self._turn:
            row = self._registry.log_entry(statement.sha256) or self._signed(role, statement, payload)
            self._storage.put_once(evidence_key(row.envelope_sha256), row.envelope)
            self._log.publish()
        return row.envelope

    def verifier(self, role: str) -> str | None:
        """See Signer."""
        return self._keys.verifier(role)

    def _check(self, role: str, statement: Statement) -> None:
        says = statement.predicate
        if isinstance(says, DecisionPredicate) and says.verifier != self._keys.verifier(role):
            raise refuse("wrong-verifier")
        self._recomputer.check(statement)

    def _signed(self, role: str, statement: Statement, payload: bytes) -> LogRow:
        envelope = self._keys.sign(role, payload)
        return self._log.append(statement, envelope, parse_envelope(envelope).signatures[0].keyid)
