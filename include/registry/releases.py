"""Releases: one row per (voucher, milestone), claimed in one transaction with what it was judged on, then only moved on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from include.errors import VerificationError
from include.registry.attempts import row_of
from include.registry.papers import decision_that_stands
from include.registry.records import Attempt, Claim, Entitlement, Release, ReleaseState
from include.registry.store import Store, check_sha256, refused
from include.registry.tables import AttemptT, ReleaseT, record
from include.registry.vouchers import milestones_of

_BEFORE: Final = {"SUBMITTED": "CLAIMED", "CONFIRMED": "SUBMITTED", "REJECTED": "SUBMITTED"}


class Releases(Store):
    """The releases' part of the registry."""

    def claim_release(self, attempt_id: str, *, approve: Callable[[Entitlement], Claim], now: datetime) -> Release:
        """Claim the payment of the attempt's milestone, in one transaction, alone on its voucher.

        `approve` judges what the transaction sees; what it raises undoes all. The amount and the supplier are copied
        from the voucher here. The same attempt and decision again get the release that there is.
        Raises: VerificationError "unknown-attempt", "already-released", and whatever `approve` raises.
        """
        with self._writing_on(attempt_id) as session:
            seen = _entitlement(session, attempt_id)
            claim = approve(seen)
            check_sha256("decision_sha256", claim.decision_sha256)
            if seen.claimed is not None:
                if (seen.claimed.attempt_id, seen.claimed.decision_sha256) == (attempt_id, claim.decision_sha256):
                    return seen.claimed
                raise already_released()
            return _insert(session, seen, claim, now)

    def releases(self, voucher: str | None = None, *, state: ReleaseState | None = None) -> tuple[Release, ...]:
        """Releases in the order they were claimed; of one voucher, in one state, if given."""
        query = select(ReleaseT).order_by(ReleaseT.claimed_at, ReleaseT.voucher, ReleaseT.milestone)
        query = query if voucher is None else query.where(ReleaseT.voucher == voucher)
        query = query if state is None else query.where(ReleaseT.state == state)
        with self._database.reading() as session:
            return tuple(record(Release, row) for row in session.scalars(query))

    def released_with(self, manifest_sha256: str) -> tuple[Attempt, ...]:
        """Attempts, of any voucher, by which this very content was released."""
        with self._database.reading() as session:
            return _released_with(session, manifest_sha256)

    def release_of(self, voucher: str, milestone: str) -> Release | None:
        """The milestone's release, or None."""
        with self._database.reading() as session:
            row = session.get(ReleaseT, (voucher, milestone))
            return None if row is None else record(Release, row)

    def move_release(
        self, voucher: str, milestone: str, state: Literal["SUBMITTED", "CONFIRMED", "REJECTED"], now: datetime
    ) -> Release:
        """CLAIMED -> SUBMITTED -> CONFIRMED or REJECTED; being there already changes nothing.

        Raises: ContractError "no-release", "release-state" (any other step).
        """
        with self._database.writing(voucher) as session:
            row = session.get(ReleaseT, (voucher, milestone))
            if row is None:
                raise refused("no-release", "this milestone has no release", "지급 청구가 없는 마일스톤입니다")
            if row.state != state:
                if row.state != _BEFORE[state]:
                    raise refused(
                        "release-state",
                        f"a release cannot go from {row.state} to {state}",
                        f"지급 상태를 {row.state}에서 {state}(으)로 바꿀 수 없습니다",
                    )
                row.state = state
                if state == "SUBMITTED":
                    row.submitted_at = now
                else:
                    row.settled_at = now
                session.flush()
            return record(Release, row)


def already_released() -> VerificationError:
    """The milestone was paid on another attempt or decision."""
    return VerificationError(
        "already-released",
        "the milestone is already released, on another attempt or decision",
        hint="A milestone is paid once. A FAIL after a release is a case for recovery, not for a second release.",
        ko="다른 시도나 결정으로 이미 지급 청구된 마일스톤입니다",
        ko_hint="마일스톤은 한 번만 지급됩니다. 지급 뒤의 부적합은 환수 절차로 다룹니다.",
    )


def _entitlement(session: Session, attempt_id: str) -> Entitlement:
    attempt = record(Attempt, row_of(session, attempt_id))
    milestones = milestones_of(session, attempt.voucher)
    releases = session.scalars(
        select(ReleaseT).where(ReleaseT.voucher == attempt.voucher).order_by(ReleaseT.claimed_at)
    )
    return Entitlement(
        attempt=attempt,
        decision=decision_that_stands(session, attempt_id),
        rivals=_rivals(session, attempt),
        milestone=next((m for m in milestones if m.milestone == attempt.milestone), None),
        milestones=milestones,
        releases=tuple(record(Release, row) for row in releases),
        same_content=tuple(
            a
            for a in _released_with(session, attempt.manifest_sha256)
            if (a.voucher, a.milestone) != (attempt.voucher, attempt.milestone)
        ),
    )


def _released_with(session: Session, manifest_sha256: str | None) -> tuple[Attempt, ...]:
    rows = session.scalars(
        select(AttemptT)
        .join(ReleaseT, ReleaseT.attempt_id == AttemptT.id)
        .where(AttemptT.manifest_sha256 == manifest_sha256)
    )
    return tuple(record(Attempt, row) for row in rows)


def _rivals(session: Session, attempt: Attempt) -> tuple[Attempt, ...]:
    """Attempts that began later on the same delivery or were noted for the same milestone."""
    serial = select(AttemptT.serial).where(AttemptT.id == attempt.id).scalar_subquery()
    rows = session.scalars(
        select(AttemptT)
        .where(
            AttemptT.voucher == attempt.voucher,
            AttemptT.serial > serial,
            or_(AttemptT.delivery == attempt.delivery, AttemptT.milestone == attempt.milestone),
        )
        .order_by(AttemptT.serial)
    )
    return tuple(record(Attempt, row) for row in rows)


def _insert(session: Session, seen: Entitlement, claim: Claim, now: datetime) -> Release:
    milestone = seen.milestone
    if milestone is None:
        raise refused("unknown-milestone", "the attempt is for no known milestone", "등록되지 않은 마일스톤입니다")
    row = ReleaseT(
        voucher=milestone.voucher,
        milestone=milestone.milestone,
        delivery=seen.attempt.delivery,
        attempt_id=seen.attempt.id,
        supplier=milestone.supplier,
        amount_krw=milestone.amount_krw,
        decision_sha256=claim.decision_sha256,
        idempotency_key=claim.idempotency_key,
        state="CLAIMED",
        claimed_at=now,
    )
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        raise already_released() from error
    return record(Release, row)
