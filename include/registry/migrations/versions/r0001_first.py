"""The first tables, and triggers that keep what was written: no model and no code path is needed to break them.

Triggers: attempts, documents, decisions and releases are never deleted; documents and decisions never change; an
attempt's facts are written once and a sealed one never changes; of a release only its state moves, and only forward.
A later revision that rebuilds one of these tables must make its triggers again (a test looks for them).

Revision: r0001, the first.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from include.registry.tables import UtcTime

revision = "r0001"
down_revision = None
branch_labels = None
depends_on = None

_IDENTITY = {
    "attempts": ("serial", "id", "run_id", "voucher", "delivery", "number", "operator", "reason", "began_at"),
    "releases": (
        "voucher",
        "milestone",
        "delivery",
        "attempt_id",
        "supplier",
        "amount_krw",
        "decision_sha256",
        "idempotency_key",
        "claimed_at",
    ),
}
_WRITTEN_ONCE = (
    "milestone",
    "phase",
    "delivered_at",
    "manifest_sha256",
    "contract_sha256",
    "programme_sha256",
    "rules_sha256",
    "shard_plan",
)
_FORWARD = (
    "(OLD.state = 'CLAIMED' AND NEW.state = 'SUBMITTED')"
    " OR (OLD.state = 'SUBMITTED' AND NEW.state IN ('CONFIRMED', 'REJECTED'))"
)


def upgrade() -> None:
    """Make tables and triggers."""
    _vouchers()
    _attempts()
    _papers()
    _releases()
    _triggers()


def downgrade() -> None:
    """Evidence is not thrown away by a migration."""
    raise NotImplementedError("the first revision has nothing before it")


def _serial() -> sa.Column[int]:
    return sa.Column("serial", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True)


def _text(name: str, *, null: bool = False, length: int | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.String(length) if length else sa.Text(), nullable=null)


def _sha256(name: str, *, null: bool = False) -> sa.Column[str]:
    return _text(name, null=null, length=64)


def _time(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, UtcTime(), nullable=null)


def _vouchers() -> None:
    op.create_table(
        "vouchers",
        _text("voucher", length=100),
        _text("programme", length=100),
        _text("demand_firm"),
        _text("supplier"),
        _text("region"),
        _text("sector"),
        sa.PrimaryKeyConstraint("voucher", name="pk_vouchers"),
    )
    op.create_table(
        "milestones",
        _text("voucher", length=100),
        _text("milestone", length=100),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("amount_krw", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        _text("contract_id", length=100),
        _text("contract_version", length=100),
        _sha256("contract_sha256"),
        sa.Column("releasing_phases", sa.JSON(), nullable=False),
        sa.Column("delay_accepted_until", sa.Date(), nullable=True),
        _text("delay_note", null=True),
        sa.PrimaryKeyConstraint("voucher", "milestone", name="pk_milestones"),
        sa.ForeignKeyConstraint(["voucher"], ["vouchers.voucher"], name="fk_milestones_voucher"),
        sa.UniqueConstraint("voucher", "sequence", name="uq_milestones_voucher_sequence"),
        sa.CheckConstraint("amount_krw > 0", name=op.f("ck_milestones_amount")),
        sa.CheckConstraint("sequence > 0", name=op.f("ck_milestones_sequence")),
    )


def _attempts() -> None:
    op.create_table(
        "attempts",
        _serial(),
        _text("id", length=40),
        _text("run_id"),
        _text("voucher"),
        _text("delivery"),
        sa.Column("number", sa.Integer(), nullable=False),
        _text("operator"),
        _text("reason"),
        _time("began_at"),
        _text("milestone", null=True),
        _text("phase", null=True),
        _time("delivered_at", null=True),
        _sha256("manifest_sha256", null=True),
        _sha256("contract_sha256", null=True),
        _sha256("programme_sha256", null=True),
        _sha256("rules_sha256", null=True),
        _text("shard_plan", null=True),
        _text("problem_code", null=True),
        _text("problem_message", null=True),
        _text("verdict", null=True, length=8),
        _sha256("report_sha256", null=True),
        _time("sealed_at", null=True),
        sa.UniqueConstraint("id", name="uq_attempts_id"),
        sa.UniqueConstraint("run_id", name="uq_attempts_run_id"),
        sa.UniqueConstraint("voucher", "delivery", "number", name="uq_attempts_voucher_delivery_number"),
        sa.CheckConstraint("number > 0", name=op.f("ck_attempts_number")),
        sa.CheckConstraint("verdict IN ('PASS', 'FAIL', 'ERROR')", name=op.f("ck_attempts_verdict")),
    )
    op.create_index("ix_attempts_voucher_milestone", "attempts", ["voucher", "milestone"])


def _papers() -> None:
    op.create_table(
        "documents",
        _serial(),
        _text("attempt_id", length=40),
        _text("kind", length=100),
        _sha256("sha256"),
        _sha256("envelope_sha256", null=True),
        _text("storage_key"),
        _time("added_at"),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name="fk_documents_attempt_id"),
        sa.UniqueConstraint("attempt_id", "kind", "sha256", name="uq_documents_attempt_id_kind_sha256"),
    )
    op.create_table(
        "decisions",
        _serial(),
        _text("attempt_id", length=40),
        sa.Column("number", sa.Integer(), nullable=False),
        _text("decision", length=8),
        sa.Column("reasons", sa.JSON(), nullable=False),
        _sha256("statement_sha256"),
        _time("decided_at"),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name="fk_decisions_attempt_id"),
        sa.UniqueConstraint("attempt_id", "number", name="uq_decisions_attempt_id_number"),
        sa.CheckConstraint("decision IN ('RELEASE', 'HOLD', 'REJECT')", name=op.f("ck_decisions_decision")),
    )


def _releases() -> None:
    op.create_table(
        "releases",
        _text("voucher", length=100),
        _text("milestone", length=100),
        _text("delivery"),
        _text("attempt_id", length=40),
        _text("supplier"),
        sa.Column("amount_krw", sa.BigInteger(), nullable=False),
        _sha256("decision_sha256"),
        _sha256("idempotency_key"),
        _text("state", length=16),
        _time("claimed_at"),
        _time("submitted_at", null=True),
        _time("settled_at", null=True),
        sa.PrimaryKeyConstraint("voucher", "milestone", name="pk_releases"),
        sa.ForeignKeyConstraint(
            ["voucher", "milestone"],
            ["milestones.voucher", "milestones.milestone"],
            name="fk_releases_voucher_milestone",
        ),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name="fk_releases_attempt_id"),
        sa.UniqueConstraint("attempt_id", name="uq_releases_attempt_id"),
        sa.UniqueConstraint("decision_sha256", name="uq_releases_decision_sha256"),
        sa.UniqueConstraint("idempotency_key", name="uq_releases_idempotency_key"),
        sa.CheckConstraint("amount_krw > 0", name=op.f("ck_releases_amount")),
        sa.CheckConstraint(
            "state IN ('CLAIMED', 'SUBMITTED', 'CONFIRMED', 'REJECTED')", name=op.f("ck_releases_state")
        ),
    )
    op.create_index("ix_releases_state", "releases", ["state"])


def _triggers() -> None:
    if _postgresql():
        op.execute(
            "CREATE FUNCTION dambo_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'what is written stays' USING ERRCODE = 'restrict_violation'; END $$"
        )
    for table in ("attempts", "documents", "decisions", "releases"):
        _refuse(table, "DELETE")
    for table in ("documents", "decisions"):
        _refuse(table, "UPDATE")
    once = [f"(OLD.{name} IS NOT NULL AND {_changed(name)})" for name in _WRITTEN_ONCE]
    _refuse(
        "attempts", "UPDATE", " OR ".join(["OLD.sealed_at IS NOT NULL", *map(_changed, _IDENTITY["attempts"]), *once])
    )
    _refuse("releases", "UPDATE", " OR ".join([f"NOT ({_FORWARD})", *map(_changed, _IDENTITY["releases"])]))
    _refuse("releases", "INSERT", "NEW.state <> 'CLAIMED'")


def _postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"


def _changed(name: str) -> str:
    return f"NEW.{name} IS DISTINCT FROM OLD.{name}" if _postgresql() else f"NEW.{name} IS NOT OLD.{name}"


def _refuse(table: str, change: str, when: str = "") -> None:
    """A trigger that refuses `change` of a row of `table` (where `when` holds)."""
    action = (
        "EXECUTE FUNCTION dambo_refuse()"
        if _postgresql()
        else "BEGIN SELECT RAISE(ABORT, 'what is written stays'); END"
    )
    op.execute(
        f"CREATE TRIGGER {table}_refuse_{change.lower()} BEFORE {change} ON {table} FOR EACH ROW"
        f"{f' WHEN ({when})' if when else ''} {action}"
    )
