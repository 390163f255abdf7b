"""Attempts: begun once per run, numbered without gaps, their facts written once, sealed once."""

from __future__ import annotations

import secrets
from datetime import datetime
from enum import Enum
from typing import Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from include.errors import VerificationError
from include.registry.records import Attempt, Verdict
from include.registry.store import Store, check_name, check_sha256, fact_changed, storable, unknown_attempt
from include.registry.tables import AttemptT, record


class _Keep(Enum):
    KEEP = 0


KEEP: Final = _Keep.KEEP
"""Leave the problem as it is."""


class Attempts(Store):
    """The attempts' part of the registry."""

    def begin_attempt(
        self, *, run_id: str, voucher: str, delivery: str, operator: str, reason: str, now: datetime
    ) -> Attempt:
        """The attempt of this run: begun now with the delivery's next number, or the one that the run began before.

        Raises: DeliveryError "bad-name"; VerificationError "run-reused" if the run began an attempt of another delivery.
        """
        check_name("voucher", voucher)
        check_name("delivery", delivery)
        check_name("run", run_id.replace("/", "_"))
        with self._database.writing(voucher) as session:
            row = session.scalar(select(AttemptT).where(AttemptT.run_id == run_id))
            if row is None:
                row = AttemptT(
                    id=_new_id(now),
                    run_id=run_id,
                    voucher=voucher,
                    delivery=delivery,
                    number=_next_number(session, voucher, delivery),
                    operator=storable(operator),
                    reason=storable(reason),
                    began_at=now,
                )
                session.add(row)
                session.flush()
            elif (row.voucher, row.delivery) != (voucher, delivery):
                raise VerificationError(
                    "run-reused",
                    "this run id already began an attempt of another delivery",
                    ko="이 실행 번호는 이미 다른 납품의 시도에 쓰였습니다",
                )
            return record(Attempt, row)

    def note(
        self,
        attempt_id: str,
        *,
        milestone: str | None = None,
        phase: str | None = None,
        delivered_at: datetime | None = None,
        manifest_sha256: str | None = None,
        contract_sha256: str | None = None,
        programme_sha256: str | None = None,
        rules_sha256: str | None = None,
        shard_plan: str | None = None,
        problem: tuple[str, str] | _Keep | None = KEEP,
    ) -> Attempt:
        """Write facts once (None: not known yet). `problem`, a code and a message, may change or go until the seal.

        Raises: VerificationError "unknown-attempt", "fact-changed", "attempt-sealed" (a new fact after the seal);
        DeliveryError "bad-name" (milestone or phase is not a word).
        """
        digests = {
            "manifest_sha256": manifest_sha256,
            "contract_sha256": contract_sha256,
            "programme_sha256": programme_sha256,
            "rules_sha256": rules_sha256,
        }
        names = {"milestone": milestone, "phase": phase}
        facts: dict[str, str | datetime | None] = {
            **{name: value and check_sha256(name, value) for name, value in digests.items()},
            **{name: value and check_name(name, value) for name, value in names.items()},
            "delivered_at": delivered_at,
            "shard_plan": shard_plan,
        }
        with self._writing_on(attempt_id) as session:
            row = row_of(session, attempt_id)
            _write_once(row, facts)
            if problem is not KEEP:
                code, message = problem or (None, None)
                if (row.problem_code, row.problem_message) != (code, message and storable(message)):
                    _refuse_sealed(row)
                    row.problem_code, row.problem_message = code, message and storable(message)
            session.flush()
            return record(Attempt, row)

    def seal(self, attempt_id: str, verdict: Verdict, report_sha256: str, now: datetime) -> Attempt:
        """Close the attempt with its report. Repeating it changes nothing; another verdict or report is "fact-changed"."""
        check_sha256("report_sha256", report_sha256)
        with self._writing_on(attempt_id) as session:
            row = row_of(session, attempt_id)
            if row.sealed_at is None:
                row.verdict, row.report_sha256, row.sealed_at = verdict, report_sha256, now
                session.flush()
            elif (row.verdict, row.report_sha256) != (verdict, report_sha256):
                raise fact_changed("verdict or report")
            return record(Attempt, row)

    def attempt(self, attempt_id: str) -> Attempt:
        """The attempt; VerificationError "unknown-attempt" if there is none."""
        with self._database.reading() as session:
            return record(Attempt, row_of(session, attempt_id))

    def attempt_of_run(self, run_id: str) -> Attempt | None:
        """The attempt that this run began, None if it began none."""
        with self._database.reading() as session:
            row = session.scalar(select(AttemptT).where(AttemptT.run_id == run_id))
            return None if row is None else record(Attempt, row)

    def attempts(self, voucher: str, delivery: str | None = None) -> tuple[Attempt, ...]:
        """The delivery's attempts, by number; of all the voucher's deliveries without one, in the order they began."""
        query = select(AttemptT).where(AttemptT.voucher == voucher).order_by(AttemptT.serial)
        with self._database.reading() as session:
            rows = session.scalars(query if delivery is None else query.where(AttemptT.delivery == delivery))
            return tuple(record(Attempt, row) for row in rows)

    def attempts_of(self, voucher: str, milestone: str) -> tuple[Attempt, ...]:
        """The attempts over all deliveries that were noted to be for this milestone, in the order they began."""
        with self._database.reading() as session:
            rows = session.scalars(
                select(AttemptT)
                .where(AttemptT.voucher == voucher, AttemptT.milestone == milestone)
                .order_by(AttemptT.serial)
            )
            return tuple(record(Attempt, row) for row in rows)

    def has_attempt(self, voucher: str, delivery: str) -> bool:
        """Did anyone begin to verify this delivery?"""
        with self._database.reading() as session:
            found = session.scalar(_first_attempts().where(AttemptT.voucher == voucher, AttemptT.delivery == delivery))
            return found is not None

    def known_deliveries(self, voucher: str | None = None) -> frozenset[tuple[str, str]]:
        """(voucher, delivery) of every delivery with an attempt; of one voucher, if given.

        An attempt that came before the delivery's marker does not count: it must not hide what is delivered later.
        """
        early = AttemptT.problem_code.is_not_distinct_from("delivery-incomplete")
        query = select(AttemptT.voucher, AttemptT.delivery).where(~early).distinct()
        query = query if voucher is None else query.where(AttemptT.voucher == voucher)
        with self._database.reading() as session:
            return frozenset((row.voucher, row.delivery) for row in session.execute(query))


def _first_attempts() -> Select[str, str]:
    return select(AttemptT.voucher, AttemptT.delivery).where(AttemptT.number == 1)


def _new_id(now: datetime) -> str:
    """Sortable by time to the millisecond, and never again the same, even after a database was restored."""
    return f"{int(now.timestamp() * 1000):012x}-{secrets.token_hex(8)}"


def _next_number(session: Session, voucher: str, delivery: str) -> int:
    last = session.scalar(
        select(func.max(AttemptT.number)).where(AttemptT.voucher == voucher, AttemptT.delivery == delivery)
    )
    return (last or 0) + 1


def row_of(session: Session, attempt_id: str) -> AttemptT:
    """The attempt's row in this transaction; VerificationError "unknown-attempt" if there is none."""
    row = session.scalar(select(AttemptT).where(AttemptT.id == attempt_id))
    if row is None:
        raise unknown_attempt()
    return row


def _write_once(row: AttemptT, facts: dict[str, str | datetime | None]) -> None:
    for name, value in facts.items():
        if value is None or value == getattr(row, name):
            continue
        if getattr(row, name) is not None:
            raise fact_changed(name)
        _refuse_sealed(row)
        setattr(row, name, value)


def _refuse_sealed(row: AttemptT) -> None:
    if row.sealed_at is not None:
        raise VerificationError(
            "attempt-sealed",
            "the attempt is sealed: nothing of it changes any more",
            ko="봉인된 시도입니다: 더는 바꿀 수 없습니다",
        )
