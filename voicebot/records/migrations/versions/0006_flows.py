"""Flows: contents, versions, drafts with their edits and reviews, and publications."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0007"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def _by() -> tuple[sa.Column[str], sa.Column[str]]:
    return sa.Column("by_id", sa.String(64), nullable=False), sa.Column("by_name", sa.String(128), nullable=False)


def _of_draft(name: str, *columns: sa.Column) -> None:  # type: ignore[type-arg]
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("draft_id", sa.String(32), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        *_by(),
        sa.Column("revision", sa.Integer(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["draft_id"], ["flow_drafts.id"], name=f"fk_{name}_draft_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
    )
    op.create_index(f"ix_{name}_draft_id", name, ["draft_id"])


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "flow_blobs",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_flow_blobs"),
    )
    op.create_table(
        "flow_versions",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("parent", sa.String(32), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        *_by(),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("manifest", sa.JSON(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_flow_versions"),
    )
    op.create_table(
        "flow_live",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("by_name", sa.String(128), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["version"], ["flow_versions.name"], name="fk_flow_live_version"),
        sa.PrimaryKeyConstraint("id", name="pk_flow_live"),
    )
    op.create_table(
        "flow_drafts",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("owner_id", sa.String(64), nullable=False),
        sa.Column("owner_name", sa.String(128), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("base", sa.String(32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("changed_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["base"], ["flow_versions.name"], name="fk_flow_drafts_base"),
        sa.PrimaryKeyConstraint("id", name="pk_flow_drafts"),
    )
    _of_draft(
        "flow_edits",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("command", sa.JSON()),
        sa.Column("overlay", sa.JSON(), nullable=False),
    )
    _of_draft(
        "flow_reviews",
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
    )
    op.create_table(
        "flow_publications",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("draft_id", sa.String(32), nullable=False),
        *_by(),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("progress", sa.Float(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("report", sa.JSON()),
        sa.ForeignKeyConstraint(["version"], ["flow_versions.name"], name="fk_flow_publications_version"),
        sa.PrimaryKeyConstraint("id", name="pk_flow_publications"),
    )
    op.create_index("ix_flow_publications_stage", "flow_publications", ["stage"])


def downgrade() -> None:
    """Drop the tables."""
    for name in (
        "flow_publications",
        "flow_reviews",
        "flow_edits",
        "flow_drafts",
        "flow_live",
        "flow_versions",
        "flow_blobs",
    ):
        op.drop_table(name)
