"""Documents and decisions of attempts: append-only, and adding the same again changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from include.registry.records import Decision, DecisionRow, Document
from include.registry.store import Store, check_sha256
from include.registry.tables import DecisionT, DocumentT, record


class Papers(Store):
    """The documents' and decisions' part of the registry."""

    def add_document(  # noqa: PLR0917 - a document is its attempt, kind, two digests and place, in this order
        self,
        attempt_id: str,
        kind: str,
        sha256: str,
        envelope_sha256: str | None,
        storage_key: str,
        now: datetime,
    ) -> Document:
        """Record a stored document; the same (attempt, kind, sha256) again returns what was recorded first.

        A second signing of one statement has another envelope: the first one stays, so use the returned one.
        """
        check_sha256("sha256", sha256)
        if envelope_sha256 is not None:
            check_sha256("envelope_sha256", envelope_sha256)
        with self._writing_on(attempt_id) as session:
            row = session.scalar(
                select(DocumentT).where(
                    DocumentT.attempt_id == attempt_id, DocumentT.kind == kind, DocumentT.sha256 == sha256
                )
            )
            if row is None:
                row = DocumentT(
                    attempt_id=attempt_id,
                    kind=kind,
                    sha256=sha256,
                    envelope_sha256=envelope_sha256,
                    storage_key=storage_key,
                    added_at=now,
                )
                session.add(row)
                session.flush()
            return record(Document, row)

    def documents(self, attempt_id: str, kind: str | None = None) -> tuple[Document, ...]:
        """The attempt's documents in the order they were added; of one kind, if given."""
        query = select(DocumentT).where(DocumentT.attempt_id == attempt_id).order_by(DocumentT.serial)
        with self._database.reading() as session:
            rows = session.scalars(query if kind is None else query.where(DocumentT.kind == kind))
            return tuple(record(Document, row) for row in rows)

    def add_decision(
        self, attempt_id: str, decision: Decision, reasons: Sequence[str], statement_sha256: str, now: datetime
    ) -> DecisionRow:
        """Append a decision; if the attempt's latest says the same with the same statement, that one is returned."""
        check_sha256("statement_sha256", statement_sha256)
        with self._writing_on(attempt_id) as session:
            latest = session.scalar(_latest(attempt_id))
            said = (decision, list(reasons), statement_sha256)
            if latest is None or (latest.decision, latest.reasons, latest.statement_sha256) != said:
                latest = DecisionT(
                    attempt_id=attempt_id,
                    number=latest.number + 1 if latest else 1,
                    decision=decision,
                    reasons=list(reasons),
                    statement_sha256=statement_sha256,
                    decided_at=now,
                )
                session.add(latest)
                session.flush()
            return record(DecisionRow, latest)

    def decisions(self, attempt_id: str) -> tuple[DecisionRow, ...]:
        """All decisions on the attempt, the first one first."""
        with self._database.reading() as session:
            rows = session.scalars(
                select(DecisionT).where(DecisionT.attempt_id == attempt_id).order_by(DecisionT.number)
            )
            return tuple(record(DecisionRow, row) for row in rows)

    def latest_decision(self, attempt_id: str) -> DecisionRow | None:
        """The decision that stands."""
        with self._database.reading() as session:
            return decision_that_stands(session, attempt_id)


def decision_that_stands(session: Session, attempt_id: str) -> DecisionRow | None:
    """The attempt's latest decision, as this transaction sees it."""
    row = session.scalar(_latest(attempt_id))
    return None if row is None else record(DecisionRow, row)


def _latest(attempt_id: str) -> Select[DecisionT]:
    return select(DecisionT).where(DecisionT.attempt_id == attempt_id).order_by(DecisionT.number.desc()).limit(1)
