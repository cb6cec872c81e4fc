"""How well each party's line carried the call, and recordings."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _of_call(name: str, *columns: "sa.Column[Any]") -> None:
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("call_id", sa.String(64), nullable=False),
        sa.Column("uid", sa.String(32), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=f"fk_{name}_call_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        sa.UniqueConstraint("uid", name=f"uq_{name}_uid"),
    )
    op.create_index(f"ix_{name}_call_id", name, ["call_id"])


def upgrade() -> None:
    """Create the tables."""
    counts = ("sent", "received", "lost", "late", "duplicates", "concealed_ms")
    figures = ("lost_percent", "jitter_ms", "delay_ms", "mos")
    of_peer = ("round_trip_ms", "peer_lost_percent", "peer_jitter_ms")
    _of_call(
        "media_quality",
        sa.Column("leg", sa.String(16), nullable=False),
        sa.Column("encoding", sa.String(32), nullable=False),
        sa.Column("encrypted", sa.String(64), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in counts),
        *(sa.Column(name, sa.Float(), nullable=False) for name in figures),
        *(sa.Column(name, sa.Float()) for name in of_peer),
    )
    _of_call(
        "recordings",
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("duration_ms", sa.Float(), nullable=False),
        sa.Column("at_ms", sa.Float(), nullable=False),
    )


def downgrade() -> None:
    """Drop the tables."""
    for name in ("recordings", "media_quality"):
        op.drop_table(name)
