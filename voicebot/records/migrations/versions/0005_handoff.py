"""The desk: agents, who waits for them, offers, commands, wrap-ups, the worklist and its switches."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_OPEN = sa.text("ended_at IS NULL")


def _text(name: str, size: int) -> "sa.Column[Any]":
    return sa.Column(name, sa.String(size), nullable=False)


def _moment(name: str, *, needed: bool = False) -> "sa.Column[Any]":
    return sa.Column(name, _TIME, nullable=not needed)


def _needed(name: str, kind: Any) -> "sa.Column[Any]":
    return sa.Column(name, kind, nullable=False)


def _indexed(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(f"ix_{table}_{column}", table, [column])


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "desk_agents",
        _text("name", 64),
        _text("display_name", 128),
        _text("state", 16),
        _text("reason", 128),
        _text("next_state", 16),
        _text("next_reason", 128),
        _moment("since", needed=True),
        _moment("idle_since", needed=True),
        _moment("seen_at", needed=True),
        _text("address", 256),
        _needed("queues", sa.JSON()),
        _text("offer_id", 32),
        sa.PrimaryKeyConstraint("name", name="pk_desk_agents"),
    )
    op.create_table(
        "desk_tickets",
        _text("id", 32),
        _text("call_id", 64),
        _text("reference", 32),
        _text("kind", 16),
        _text("state", 16),
        _text("queue", 64),
        _text("overflow", 64),
        _needed("priority", sa.Integer()),
        _moment("entered_at", needed=True),
        _text("owner", 32),
        _moment("owner_seen_at", needed=True),
        _text("caller", 256),
        _text("only_agent", 64),
        _needed("tried", sa.JSON()),
        _text("number", 64),
        _needed("calls_back", sa.Integer()),
        _moment("not_before"),
        _needed("card", sa.JSON()),
        _moment("ended_at"),
        _text("outcome", 32),
        sa.PrimaryKeyConstraint("id", name="pk_desk_tickets"),
    )
    _indexed("desk_tickets", "call_id", "entered_at")
    op.create_index("ix_desk_tickets_order", "desk_tickets", ["state", "priority", "entered_at"])
    op.create_table(
        "desk_offers",
        _text("id", 32),
        _text("ticket_id", 32),
        _text("call_id", 64),
        _text("queue", 64),
        _text("caller", 256),
        _text("agent", 64),
        _text("address", 256),
        _text("owner", 32),
        _text("state", 16),
        _text("accepted_by", 16),
        _needed("waited_s", sa.Float()),
        _moment("made_at", needed=True),
        *(_moment(name) for name in ("seen_at", "rang_at", "accepted_at", "joined_at", "ended_at")),
        _needed("held", sa.Boolean()),
        _text("recording", 8),
        _needed("parties", sa.JSON()),
        sa.PrimaryKeyConstraint("id", name="pk_desk_offers"),
    )
    _indexed("desk_offers", "ticket_id", "call_id", "agent", "made_at")
    for name, column in (("agent", "agent"), ("ticket", "ticket_id")):
        op.create_index(
            f"uq_desk_offers_open_{name}",
            "desk_offers",
            [column],
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        )
    op.create_table(
        "desk_commands",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        _text("offer_id", 32),
        _text("owner", 32),
        _text("kind", 32),
        _needed("args", sa.JSON()),
        _text("by", 64),
        _moment("at", needed=True),
        _moment("taken_at"),
        _text("result", 128),
        sa.PrimaryKeyConstraint("id", name="pk_desk_commands"),
    )
    _indexed("desk_commands", "offer_id")
    op.create_table(
        "desk_wrap_ups",
        _text("offer_id", 32),
        _text("call_id", 64),
        _text("agent", 64),
        _needed("notes", sa.Text()),
        _text("outcome", 32),
        _text("service", 64),
        _text("need", 64),
        _text("topic", 128),
        _needed("repeated", sa.Boolean()),
        _needed("text_sent", sa.Boolean()),
        _moment("saved_at"),
        sa.PrimaryKeyConstraint("offer_id", name="pk_desk_wrap_ups"),
    )
    _indexed("desk_wrap_ups", "call_id", "agent")
    op.create_table(
        "desk_work",
        _text("id", 32),
        _text("kind", 16),
        _text("call_id", 64),
        _text("reference", 32),
        _text("queue", 64),
        _needed("priority", sa.Integer()),
        _text("number", 256),
        _needed("card", sa.JSON()),
        _needed("path", sa.Text()),
        _needed("duration_ms", sa.Float()),
        _needed("reason", sa.Text()),
        _moment("made_at", needed=True),
        _moment("due_at", needed=True),
        _text("state", 16),
        _text("claimed_by", 64),
        _moment("claimed_at"),
        _text("closed_by", 64),
        _moment("closed_at"),
        _text("outcome", 32),
        _needed("notes", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_desk_work"),
    )
    _indexed("desk_work", "call_id")
    op.create_index("ix_desk_work_state", "desk_work", ["state", "due_at"])
    op.create_table(
        "desk_switches",
        _text("name", 32),
        _needed("on", sa.Boolean()),
        _text("reason", 256),
        _text("by", 128),
        _moment("since", needed=True),
        sa.PrimaryKeyConstraint("name", name="pk_desk_switches"),
    )
    version = op.create_table(
        "desk_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        _needed("version", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name="pk_desk_version"),
    )
    op.bulk_insert(version, [{"id": 1, "version": 1}])


def downgrade() -> None:
    """Drop the tables."""
    for name in ("version", "switches", "work", "wrap_ups", "commands", "offers", "tickets", "agents"):
        op.drop_table(f"desk_{name}")
