"""What the other side calls a call."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; calls that are there already have no such name."""
    op.add_column("calls", sa.Column("line_id", sa.String(256), nullable=False, server_default=""))
    op.create_index("ix_calls_line_id", "calls", ["line_id"])


def downgrade() -> None:
    """Forget the names."""
    op.drop_index("ix_calls_line_id", "calls")
    op.drop_column("calls", "line_id")
