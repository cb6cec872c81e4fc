"""Phrases that nobody wants to teach by."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "dismissed_phrases",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_name", sa.String(128), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_dismissed_phrases"),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("dismissed_phrases")
