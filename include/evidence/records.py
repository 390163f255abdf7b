"""Registry, storage and log together, as whoever keeps the evidence reads them; and the log's minutes.

Minutes are signed statements about the keeping itself: legal holds, destructions, audits. They lie nowhere but in the
log: each is found again by its entry, its signature verified, numbered from 1 for what it is about and naming the one
before, so that none can be left out. Of two that claim one number the first in the log counts; the other is void, and
whoever wrote it is told to try again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from include.errors import StorageError, VerificationError
from include.evidence.keyring import Keyring
from include.evidence.log.entry import LogEntry
from include.evidence.predicates import SIGNED_BY, Minute
from include.evidence.signer import Signer
from include.evidence.statement import Statement
from include.evidence.verify import verify_envelope
from include.registry import Registry
from include.storage import Storage

M = TypeVar("M", bound=Minute)

BATCH: Final = 4096
TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Minuted(Generic[M]):
    """One minute. `sha256`: the statement's identity; `position`: its index in the log; `envelope`: its bytes."""

    says: M
    sha256: str
    position: int
    envelope: bytes


@dataclass(frozen=True)
class Records:
    """What is kept, and the keyring that says who may speak of it."""

    registry: Registry
    storage: Storage
    keyring: Keyring

    def entries(self, *, kind: str | None = None) -> Iterator[tuple[int, LogEntry]]:
        """The log's entries with their index, in its order; of one predicateType alone if `kind` names it."""
        mark, size = b"" if kind is None else f'"type":"{kind}"'.encode(), self.registry.log_size()
        for start in range(0, size, BATCH):
            for place, leaf in enumerate(self.registry.log_leaves(start, min(start + BATCH, size)), start):
                if mark in leaf:
                    entry = LogEntry.from_bytes(leaf)
                    if kind in {None, entry.type}:
                        yield place, entry

    def minutes(self, kind: type[M]) -> dict[str, list[Minuted[M]]]:
        """All minutes of a kind by the URN of what they are about, in order.

        A key's validity is asked for the time at which the log took the entry: our own log's word, to ourselves.
        Raises VerificationError for an entry whose envelope does not say what the log says; RegistryError.
        """
        found: dict[str, list[Minuted[M]]] = {}
        for place, entry in self.entries(kind=kind.TYPE):
            said = found.setdefault(entry.resource, [])
            made = self._minuted(place, entry, kind)
            if (made.says.number, made.says.before) == (len(said) + 1, said[-1].sha256 if said else None):
                said.append(made)
        return found

    def add(
        self, signer: Signer, resource: str, make: Callable[[int, str | None], Statement], kind: type[M]
    ) -> Minuted[M]:
        """Sign and log the next minute: `make` is given its number and the identity of the one before.

        Of several writers at once each gets a number of its own. Raises what the signer raises, StorageError if others
        write all the time.
        """
        for _ in range(TRIES):
            known = self.minutes(kind).get(resource, [])
            statement = make(len(known) + 1, known[-1].sha256 if known else None)
            refused: VerificationError | None = None
            try:
                signer.sign(SIGNED_BY[kind.TYPE], statement.to_bytes())
            except VerificationError as error:
                refused = error
            now = self.minutes(kind).get(resource, [])
            if refused is None and len(now) > len(known) and now[len(known)].sha256 == statement.sha256:
                return now[len(known)]
            if refused is not None and len(now) == len(known):
                raise refused
        raise StorageError(
            "storage-unavailable", "others write these minutes all the time", ko="동시에 다른 기록이 계속되고 있습니다"
        )

    def _minuted(self, place: int, entry: LogEntry, kind: type[M]) -> Minuted[M]:
        row = self.registry.log_entry(entry.statement)
        assert row is not None  # its entry was just read
        verified = verify_envelope(row.envelope, self.keyring, role=SIGNED_BY[kind.TYPE], at=entry.logged_at)
        says = verified.statement.predicate
        if not isinstance(says, kind) or (verified.statement_sha256, says.resource.uri) != (
            entry.statement,
            entry.resource,
        ):
            raise VerificationError(
                "entry-differs",
                "a minute of the log is not what its entry says",
                hint="the registry was edited: dambo log verify",
                ko="로그에 기록된 보존·감사 문서가 그 기록과 다릅니다",
                ko_hint="등록부가 손으로 고쳐졌습니다: dambo log verify",
            )
        return Minuted(says, verified.statement_sha256, place, row.envelope)
