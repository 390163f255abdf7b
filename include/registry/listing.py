"""Lists for pages: the latest attempt of each delivery and what came of it, the newest first."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, TypeVar

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import aliased

from include.registry.records import DeliveryRow
from include.registry.store import Store
from include.registry.tables import AttemptT, DecisionT, ReleaseT, record

Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])

_Later = aliased(AttemptT)
_Said = aliased(DecisionT)


class Listing(Store):
    """The pages' part of the registry."""

    def deliveries(self, *, limit: int = 50, offset: int = 0, search: str = "") -> tuple[DeliveryRow, ...]:
        """One row a delivery that has an attempt, the most recently begun first; `search` in its names."""
        latest_decision = select(func.max(_Said.serial)).where(_Said.attempt_id == AttemptT.id)
        query = (
            _latest(select(AttemptT, DecisionT, ReleaseT.state), search)
            .select_from(AttemptT)
            .outerjoin(DecisionT, DecisionT.serial == latest_decision.scalar_subquery())
            .outerjoin(ReleaseT, ReleaseT.attempt_id == AttemptT.id)
            .order_by(AttemptT.serial.desc())
        )
        with self._database.reading() as session:
            return tuple(_row(*found) for found in session.execute(query.limit(limit).offset(offset)))

    def count_deliveries(self, *, search: str = "") -> int:
        """How many rows `deliveries` has in all."""
        with self._database.reading() as session:
            return session.scalar(_latest(select(func.count(AttemptT.serial)), search)) or 0


def _latest(query: Query, search: str) -> Query:
    later = select(_Later.serial).where(
        _Later.voucher == AttemptT.voucher, _Later.delivery == AttemptT.delivery, _Later.number > AttemptT.number
    )
    query = query.where(~later.exists())
    if not search:
        return query
    names = (AttemptT.voucher, AttemptT.delivery, AttemptT.milestone)
    return query.where(or_(*(name.icontains(search, autoescape=True) for name in names)))


def _row(attempt: AttemptT, decision: DecisionT | None, release_state: str | None) -> DeliveryRow:
    return record(
        DeliveryRow,
        SimpleNamespace(
            attempts=attempt.number,  # numbers have no gaps
            attempt_id=attempt.id,
            decision=decision and decision.decision,
            reasons=decision.reasons if decision else [],
            decided_at=decision and decision.decided_at,
            release_state=release_state,
        ),
        attempt,
    )
