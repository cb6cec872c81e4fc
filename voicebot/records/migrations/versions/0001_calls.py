"""Calls, and what belongs to them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def _of_call(name: str, *columns: sa.Column[object]) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("call_id", sa.String(64), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=f"fk_{name}_call_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        *([sa.UniqueConstraint("uid", name=f"uq_{name}_uid")] if any(c.name == "uid" for c in columns) else []),
    )
    op.create_index(f"ix_{name}_call_id", name, ["call_id"])


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "calls",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("reference", sa.String(32), nullable=False),
        sa.Column("line", sa.String(32), nullable=False),
        sa.Column("caller", sa.String(256), nullable=False),
        sa.Column("called", sa.String(256), nullable=False),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME),
        sa.Column("service", sa.String(64), nullable=False),
        sa.Column("need", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("queue", sa.String(64), nullable=False),
        sa.Column("emergency", sa.String(64), nullable=False),
        sa.Column("card", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_calls"),
        sa.UniqueConstraint("reference", name="uq_calls_reference"),
    )
    op.create_index("ix_calls_started_at", "calls", ["started_at"])
    _of_call(
        "turns",
        sa.Column("uid", sa.String(32), nullable=False),
        sa.Column("who", sa.String(16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.Float(), nullable=False),
        sa.Column("heard", sa.JSON()),
        sa.Column("confidence", sa.Float()),
        sa.Column("asked", sa.String(64)),
        sa.Column("latency", sa.JSON()),
    )
    _of_call(
        "facts",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("label", sa.String(128), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("at_ms", sa.Float()),
        sa.Column("superseded", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_facts_call_name", "facts", ["call_id", "name"])
    _of_call(
        "handoffs",
        sa.Column("uid", sa.String(32), nullable=False),
        sa.Column("queue", sa.String(64), nullable=False),
        sa.Column("priority", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("card", sa.JSON(), nullable=False),
        sa.Column("attempts", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("at_ms", sa.Float(), nullable=False),
    )
    _of_call(
        "steps",
        sa.Column("uid", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("at_ms", sa.Float(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
    )
    _of_call(
        "messages",
        sa.Column("uid", sa.String(32), nullable=False),
        sa.Column("queue", sa.String(64), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("card", sa.JSON(), nullable=False),
        sa.Column("duration_ms", sa.Float(), nullable=False),
        sa.Column("at_ms", sa.Float(), nullable=False),
    )


def downgrade() -> None:
    """Drop the tables."""
    for name in ("messages", "steps", "handoffs", "facts", "turns", "calls"):
        op.drop_table(name)
