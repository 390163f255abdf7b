"""The log's sequence, append-only by triggers.

Revision: r0002, after r0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0002"
down_revision = "r0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and its triggers."""
    op.create_table(
        "log_entries",
        sa.Column(
            "position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False
        ),
        sa.Column("statement_sha256", sa.String(64), nullable=False),
        sa.Column("envelope_sha256", sa.String(64), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("statement_sha256", name="uq_log_entries_statement_sha256"),
        sa.CheckConstraint("position >= 0", name=op.f("ck_log_entries_position")),
    )
    postgresql = op.get_context().dialect.name == "postgresql"
    action = (
        "EXECUTE FUNCTION dambo_refuse()" if postgresql else "BEGIN SELECT RAISE(ABORT, 'what is written stays'); END"
    )
    for change in ("DELETE", "UPDATE"):
        op.execute(
            f"CREATE TRIGGER log_entries_refuse_{change.lower()} BEFORE {change} ON log_entries FOR EACH ROW {action}"
        )


def downgrade() -> None:
    """Evidence is not thrown away by a migration."""
    raise NotImplementedError("the log is never dropped")
