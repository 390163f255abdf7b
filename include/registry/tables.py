"""The tables as SQLAlchemy models. Nothing outside `include.registry` sees them: `record` turns a row into its frozen record.

Migrations make the tables (and the triggers that models cannot say); a test holds the two equal.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

from include.registry.records import RELEASING_PHASES

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from sqlalchemy import Dialect

    Kind = TypeVar("Kind", bound=DataclassInstance)


class NaiveTimeError(ValueError, DontWrapMixin):
    """A caller handed in a time without a zone."""


class UtcTime(TypeDecorator[datetime]):
    """An aware time, kept to the microsecond: timestamptz where there is one, else 27 sortable characters."""

    impl = String(27)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column's type."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(String(27))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | str | None:
        """Write."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise NaiveTimeError(f"a time needs its zone: {value!r}")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def process_result_value(self, value: datetime | str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Read."""
        return datetime.fromisoformat(value) if isinstance(value, str) else value and value.astimezone(UTC)


Serial = BigInteger().with_variant(
    Integer(), "sqlite"
)  # SQLite numbers rows by itself only in a column of type INTEGER
Sha256 = String(64)
Name = String(100)
AttemptId = String(40)


class Base(DeclarativeBase):
    """Constraint names are fixed, so that migrations can name them on every database."""

    metadata: ClassVar[MetaData] = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[object, object]] = {str: Text(), datetime: UtcTime(), date: Date()}


class VoucherT(Base):
    """A voucher: one demand firm, one supplier, one programme."""

    __tablename__ = "vouchers"
    voucher: Mapped[str] = mapped_column(Name, primary_key=True)
    programme: Mapped[str] = mapped_column(Name)
    demand_firm: Mapped[str]
    supplier: Mapped[str]
    region: Mapped[str]
    sector: Mapped[str]


class MilestoneT(Base):
    """An instalment of a voucher. Its amount is the only source of what is paid."""

    __tablename__ = "milestones"
    __table_args__ = (
        UniqueConstraint("voucher", "sequence"),
        CheckConstraint("amount_krw > 0", name="amount"),
        CheckConstraint("sequence > 0", name="sequence"),
    )
    voucher: Mapped[str] = mapped_column(Name, ForeignKey("vouchers.voucher"), primary_key=True)
    milestone: Mapped[str] = mapped_column(Name, primary_key=True)
    sequence: Mapped[int] = mapped_column(Integer)
    amount_krw: Mapped[int] = mapped_column(BigInteger)
    due_on: Mapped[date]
    contract_id: Mapped[str] = mapped_column(Name)
    contract_version: Mapped[str] = mapped_column(Name)
    contract_sha256: Mapped[str] = mapped_column(Sha256)
    releasing_phases: Mapped[list[str]] = mapped_column(JSON, default=lambda: list(RELEASING_PHASES))
    delay_accepted_until: Mapped[date | None]
    delay_note: Mapped[str | None]


class AttemptT(Base):
    """A verification. `serial` is the order in which attempts of one voucher began, whatever the clocks said."""

    __tablename__ = "attempts"
    __table_args__ = (
        UniqueConstraint("voucher", "delivery", "number"),
        Index("ix_attempts_voucher_milestone", "voucher", "milestone"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("verdict IN ('PASS', 'FAIL', 'ERROR')", name="verdict"),
    )
    serial: Mapped[int] = mapped_column(Serial, primary_key=True)
    id: Mapped[str] = mapped_column(AttemptId, unique=True)
    run_id: Mapped[str] = mapped_column(unique=True)
    voucher: Mapped[str]
    delivery: Mapped[str]
    number: Mapped[int] = mapped_column(Integer)
    operator: Mapped[str]
    reason: Mapped[str]
    began_at: Mapped[datetime]
    milestone: Mapped[str | None]
    phase: Mapped[str | None]
    delivered_at: Mapped[datetime | None]
    manifest_sha256: Mapped[str | None] = mapped_column(Sha256)
    contract_sha256: Mapped[str | None] = mapped_column(Sha256)
    programme_sha256: Mapped[str | None] = mapped_column(Sha256)
    rules_sha256: Mapped[str | None] = mapped_column(Sha256)
    shard_plan: Mapped[str | None]
    problem_code: Mapped[str | None]
    problem_message: Mapped[str | None]
    verdict: Mapped[str | None] = mapped_column(String(8))
    report_sha256: Mapped[str | None] = mapped_column(Sha256)
    sealed_at: Mapped[datetime | None]


class DocumentT(Base):
    """A stored document. Append-only."""

    __tablename__ = "documents"
    __table_args__ = (UniqueConstraint("attempt_id", "kind", "sha256"),)
    serial: Mapped[int] = mapped_column(Serial, primary_key=True)
    attempt_id: Mapped[str] = mapped_column(AttemptId, ForeignKey("attempts.id"))
    kind: Mapped[str] = mapped_column(Name)
    sha256: Mapped[str] = mapped_column(Sha256)
    envelope_sha256: Mapped[str | None] = mapped_column(Sha256)
    storage_key: Mapped[str]
    added_at: Mapped[datetime]


class DecisionT(Base):
    """A decision of the gate. Append-only."""

    __tablename__ = "decisions"
    __table_args__ = (
        UniqueConstraint("attempt_id", "number"),
        CheckConstraint("decision IN ('RELEASE', 'HOLD', 'REJECT')", name="decision"),
    )
    serial: Mapped[int] = mapped_column(Serial, primary_key=True)
    attempt_id: Mapped[str] = mapped_column(AttemptId, ForeignKey("attempts.id"))
    number: Mapped[int] = mapped_column(Integer)
    decision: Mapped[str] = mapped_column(String(8))
    reasons: Mapped[list[str]] = mapped_column(JSON)
    statement_sha256: Mapped[str] = mapped_column(Sha256)
    decided_at: Mapped[datetime]


class ReleaseT(Base):
    """A claimed payment: the primary key is the rule that there is one per milestone."""

    __tablename__ = "releases"
    __table_args__ = (
        ForeignKeyConstraint(["voucher", "milestone"], ["milestones.voucher", "milestones.milestone"]),
        CheckConstraint("amount_krw > 0", name="amount"),
        CheckConstraint("state IN ('CLAIMED', 'SUBMITTED', 'CONFIRMED', 'REJECTED')", name="state"),
        Index("ix_releases_state", "state"),
    )
    voucher: Mapped[str] = mapped_column(Name, primary_key=True)
    milestone: Mapped[str] = mapped_column(Name, primary_key=True)
    delivery: Mapped[str]
    attempt_id: Mapped[str] = mapped_column(AttemptId, ForeignKey("attempts.id"), unique=True)
    supplier: Mapped[str]
    amount_krw: Mapped[int] = mapped_column(BigInteger)
    decision_sha256: Mapped[str] = mapped_column(Sha256, unique=True)
    idempotency_key: Mapped[str] = mapped_column(String(64), unique=True)
    state: Mapped[str] = mapped_column(String(16))
    claimed_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]


class LogEntryT(Base):
    """The log's sequence: the one place that gives a logged statement its index. Append-only."""

    __tablename__ = "log_entries"
    __table_args__ = (CheckConstraint("position >= 0", name="position"),)
    position: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=False)
    statement_sha256: Mapped[str] = mapped_column(Sha256, unique=True)
    envelope_sha256: Mapped[str] = mapped_column(Sha256)
    entry: Mapped[bytes] = mapped_column(LargeBinary)
    envelope: Mapped[bytes] = mapped_column(LargeBinary)


def record(kind: type[Kind], *rows: object) -> Kind:
    """The frozen record of `kind`, each field taken from the first of `rows` that has it."""
    values = {f.name: next(getattr(row, f.name) for row in rows if hasattr(row, f.name)) for f in fields(kind)}
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})
