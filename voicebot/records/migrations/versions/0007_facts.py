"""Facts that need no training, and what is told to other systems until they have it."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "council_facts",
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("value", sa.JSON()),
        sa.Column("changed_at", _TIME, nullable=False),
        sa.Column("changed_by", sa.String(128), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name="pk_council_facts"),
    )
    op.create_table(
        "council_fact_changes",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("before", sa.JSON()),
        sa.Column("after", sa.JSON()),
        sa.Column("changed_at", _TIME, nullable=False),
        sa.Column("changed_by", sa.String(128), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_council_fact_changes"),
    )
    op.create_index("ix_council_fact_changes_changed_at", "council_fact_changes", ["changed_at"])
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("uid", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("call_id", sa.String(64), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("spread", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("uid", name="uq_outbox_uid"),
    )
    op.create_index("ix_outbox_spread", "outbox", ["spread"])
    op.create_index("ix_outbox_at", "outbox", ["at"])
    op.create_index("ix_outbox_call_id", "outbox", ["call_id"])
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("outbox_id", sa.Integer(), nullable=False),
        sa.Column("destination", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("done_at", _TIME),
        sa.Column("problem", sa.String(200), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name="fk_deliveries_outbox_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("outbox_id", "destination", name="uq_deliveries_outbox_id"),
    )
    op.create_index("ix_deliveries_state_due_at", "deliveries", ["state", "due_at"])
    op.create_table(
        "back_office_reports",
        sa.Column("reference", sa.String(32), nullable=False),
        sa.Column("system", sa.String(64), nullable=False),
        sa.Column("token", sa.String(128), nullable=False),
        sa.Column("request_id", sa.String(128), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("expected_on", sa.Date()),
        sa.Column("updated_on", sa.Date()),
        sa.Column("asked_at", _TIME),
        sa.PrimaryKeyConstraint("reference", name="pk_back_office_reports"),
    )
    op.create_index("ix_back_office_reports_status", "back_office_reports", ["status"])


def downgrade() -> None:
    """Drop the tables."""
    for name in ("back_office_reports", "deliveries", "outbox", "council_fact_changes", "council_facts"):
        op.drop_table(name)
