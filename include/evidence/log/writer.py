"""The log grows here: an index in the registry's one transaction, then tiles, then bundles, then the checkpoint.

The registry's row is the commit point; whatever is published is a pure function of the sequence, so that a crash at any
point, or several writers at once, end in the same objects: the next call finishes what the last one left. No checkpoint
is signed that does not go on from the published one, and none before all its tiles are there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from include.errors import StorageError
from include.evidence.canonical import digest
from include.evidence.keyring import Keyring
from include.evidence.log.checkpoint import Checkpoint, Signed, log_origin
from include.evidence.log.entry import LogEntry
from include.evidence.log.published import CHECKPOINT, LOG, published_head, read_object
from include.evidence.log.tiles import Edge
from include.evidence.refusals import refuse
from include.evidence.statement import Statement
from include.registry import LogRow, Registry
from include.registry.sequence import rolled_back
from include.storage import Storage


class HeadSigner(Protocol):
    """Holds the log's key."""

    def head(self, checkpoint: Checkpoint) -> bytes:
        """The checkpoint as a note signed by the log's key. Raises SignerError."""


class LogWriter:
    """Appends and publishes. Not to be shared between threads; any number of processes may have one each."""

    def __init__(
        self, registry: Registry, storage: Storage, keyring: Keyring, keys: HeadSigner, now: Callable[[], datetime]
    ) -> None:
        self._registry = registry
        self._storage = storage
        self._keyring = keyring
        self._keys = keys
        self._now = now
        self._edge: Edge | None = None

    def append(self, statement: Statement, envelope: bytes, keyid: str) -> LogRow:
        """Give the statement its index, once: what was recorded first is returned. Not published yet.

        Raises VerificationError "log-rolled-back", RegistryError.
        """
        entry = LogEntry(
            type=statement.predicate.TYPE,
            statement=statement.sha256,
            envelope=digest(envelope),
            subject=statement.subject,
            resource=statement.predicate.resource.uri,
            keyid=keyid,
            logged_at=self._now(),
        )
        head = published_head(self._storage, self._keyring)
        size = 0 if head is None else head.checkpoint.size
        return self._registry.append_entry(entry.statement, entry.envelope, entry.to_bytes(), envelope, published=size)

    def publish(self) -> Checkpoint:
        """Bring storage up to the sequence; does nothing if it is. Raises VerificationError, StorageError, SignerError."""
        head = published_head(self._storage, self._keyring)
        size, known = self._registry.log_size(), 0 if head is None else head.checkpoint.size
        if size < known:
            raise rolled_back(size, known)
        if head is not None and size == known:
            return head.checkpoint
        edge = self._edge_at(head)
        for path, data in edge.add(self._registry.log_leaves(edge.size, size)):
            self._put(path, data)
        made = self._replace_head(Checkpoint(log_origin(self._keyring), size, edge.root()))
        self._edge = edge
        return made

    def _edge_at(self, head: Signed | None) -> Edge:
        """Where to go on from: what this writer left, or the published tiles, if they lead to the signed root."""
        edge, self._edge = self._edge, None
        if head is None:
            return Edge()
        wanted = head.checkpoint
        if edge is None or edge.size != wanted.size:
            edge = Edge.at(lambda path: read_object(self._storage, path), wanted.size)
        if edge.root() != wanted.root:
            raise refuse("log-differs", "the tiles do not lead to the checkpoint")
        return edge

    def _put(self, path: str, data: bytes) -> None:
        try:
            self._storage.put_once(LOG + path, data)
        except StorageError as error:
            if error.code != "already-exists":
                raise
            raise refuse("log-forked", path) from None

    def _replace_head(self, made: Checkpoint) -> Checkpoint:
        """Alone: the published checkpoint never becomes smaller, nor another of the same size."""
        with self._registry.publishing():
            head = published_head(self._storage, self._keyring)
            if head is not None and head.checkpoint.size >= made.size:
                if head.checkpoint.size == made.size and head.checkpoint.root != made.root:
                    raise refuse("log-forked", "two roots of one size")
                return head.checkpoint
            self._storage.put(CHECKPOINT, self._keys.head(made))
            return made
