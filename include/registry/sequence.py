"""The log's sequence: one transaction gives a statement its index, once, without gaps. Whatever is published follows from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from include.errors import VerificationError
from include.registry.records import LogRow
from include.registry.store import Store, check_sha256
from include.registry.tables import LogEntryT, record


class Sequence(Store):
    """The log's part of the registry."""

    def append_entry(
        self, statement_sha256: str, envelope_sha256: str, entry: bytes, envelope: bytes, *, published: int
    ) -> LogRow:
        """Give the statement the next index; a statement that has one keeps it, with what was recorded first.

        `published`: size of the log's checkpoint in storage. VerificationError "log-rolled-back" if the sequence is
        shorter: it was restored from an older state, and going on would give the log a second history.
        """
        check_sha256("statement_sha256", statement_sha256)
        check_sha256("envelope_sha256", envelope_sha256)
        with self._database.appending() as session:
            row = _of(session, statement_sha256)
            if row is None:
                position = _size(session)
                if position < published:
                    raise rolled_back(position, published)
                row = LogEntryT(
                    position=position,
                    statement_sha256=statement_sha256,
                    envelope_sha256=envelope_sha256,
                    entry=entry,
                    envelope=envelope,
                )
                session.add(row)
                session.flush()
            return record(LogRow, row)

    def log_entry(self, statement_sha256: str) -> LogRow | None:
        """The statement's entry, None if it was never logged."""
        with self._database.reading() as session:
            row = _of(session, statement_sha256)
            return None if row is None else record(LogRow, row)

    def log_size(self) -> int:
        """How many entries there are."""
        with self._database.reading() as session:
            return _size(session)

    def log_leaves(self, start: int, end: int) -> list[bytes]:
        """The leaves' data of the indexes [start, end). VerificationError "log-gap" if one is not there."""
        query = select(LogEntryT.position, LogEntryT.entry).where(LogEntryT.position.between(start, end - 1))
        with self._database.reading() as session:
            rows = session.execute(query.order_by(LogEntryT.position)).all()
        whole = all(isinstance(row.entry, bytes) for row in rows)
        if not whole or [row.position for row in rows] != list(range(start, end)):
            raise VerificationError(
                "log-gap",
                f"the log's sequence lacks entries between {start} and {end}",
                hint="The registry was edited: restore it, and compare it with the log in storage.",
                ko=f"로그 순번 {start}에서 {end} 사이에 빠진 기록이 있습니다",
                ko_hint="등록부가 손으로 고쳐졌습니다. 복구한 뒤 저장소의 로그와 비교하십시오.",
            )
        return [row.entry for row in rows]

    @contextmanager
    def publishing(self) -> Iterator[None]:
        """Alone with the log's checkpoint. No writing method of the registry may be called inside."""
        with self._database.publishing():
            yield


def rolled_back(here: int, published: int) -> VerificationError:
    """The registry knows less of the log than storage."""
    return VerificationError(
        "log-rolled-back",
        f"the registry has {here} entries of the log, its checkpoint in storage {published}",
        hint="The registry was restored from a backup? Bring it to the published state first: dambo log verify",
        ko=f"등록부의 로그 기록은 {here}건인데 저장소의 체크포인트는 {published}건입니다",
        ko_hint="등록부를 백업에서 되돌렸습니까? 먼저 공개된 상태로 복구하십시오: dambo log verify",
    )


def _of(session: Session, statement_sha256: str) -> LogEntryT | None:
    return session.scalar(select(LogEntryT).where(LogEntryT.statement_sha256 == statement_sha256))


def _size(session: Session) -> int:
    """One more than the highest index, which the primary key finds at once."""
    last = session.scalar(select(func.max(LogEntryT.position)))
    return 0 if last is None else last + 1
