"""Tables of the desk: agents, who waits for them, what they were offered, what is left to do. The same on SQLite and
PostgreSQL.

They hold no foreign key to the calls: a call's record may still be on its way while the database was away, and a caller
is handed to a person all the same.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Boolean, Float, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from voicebot.records.models import Base, UtcTime

NOBODY = ""
"""No agent, no media process."""


class AgentState(StrEnum):
    """What an agent does now."""

    OFFLINE = "offline"
    AVAILABLE = "available"
    AWAY = "away"
    OFFERED = "offered"
    """A call is offered to them at this moment."""
    IN_CALL = "in_call"
    WRAPPING_UP = "wrapping_up"


class TicketState(StrEnum):
    """What becomes of somebody who asked for a person."""

    WAITING = "waiting"
    OFFERED = "offered"
    """To one agent, and no other at the same time."""
    TALKING = "talking"
    DONE = "done"
    LEFT = "left"
    """Hung up while waiting, and did not want to be rung back."""
    MOVED = "moved"
    """To the worklist: a message, or a callback that has to be made by hand."""


class TicketKind(StrEnum):
    """How somebody waits."""

    CALL = "call"
    """On the line."""
    CALLBACK = "callback"
    """They have hung up and keep their place; whoever is free is joined with them by ringing back."""


class OfferState(StrEnum):
    """How far one offer to one agent has come."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    """The agent takes it and hears the whisper."""
    JOINED = "joined"
    ENDED = "ended"
    DECLINED = "declined"
    TIMED_OUT = "timed_out"
    UNREACHABLE = "unreachable"
    """Their phone was busy, dead, or not there."""
    WITHDRAWN = "withdrawn"
    """The caller left, or went to somebody else."""


_OPEN = text("ended_at IS NULL")


class AgentRow(Base):
    """An agent's presence. ``name`` is that of their account."""

    __tablename__ = "desk_agents"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    display_name: Mapped[str] = mapped_column(String(128))
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(128), default="")
    next_state: Mapped[str] = mapped_column(String(16), default="")
    """What they asked to become once the call in hand is wrapped up; empty for available."""
    next_reason: Mapped[str] = mapped_column(String(128), default="")
    since: Mapped[datetime] = mapped_column(UtcTime)
    idle_since: Mapped[datetime] = mapped_column(UtcTime)
    """The end of their last call: whoever has been idle for longest is offered the next one."""
    seen_at: Mapped[datetime] = mapped_column(UtcTime)
    """Their page was last heard of."""
    address: Mapped[str] = mapped_column(String(256))
    queues: Mapped[list[str]] = mapped_column(JSON)
    offer_id: Mapped[str] = mapped_column(String(32), default="")


class TicketRow(Base):
    """Somebody who waits, or waited, for a person. ``priority`` is 0 for urgent, 1 for high, 2 for normal."""

    __tablename__ = "desk_tickets"
    __table_args__ = (Index("ix_desk_tickets_order", "state", "priority", "entered_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    call_id: Mapped[str] = mapped_column(String(64), index=True)
    reference: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    queue: Mapped[str] = mapped_column(String(64))
    overflow: Mapped[str] = mapped_column(String(64), default="")
    """A second queue whose agents may take it as well, once it has waited for long."""
    priority: Mapped[int] = mapped_column(Integer)
    entered_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    owner: Mapped[str] = mapped_column(String(32), default="")
    """The media process that has the caller; empty when nobody is on the line."""
    owner_seen_at: Mapped[datetime] = mapped_column(UtcTime)
    caller: Mapped[str] = mapped_column(String(256))
    only_agent: Mapped[str] = mapped_column(String(64), default="")
    """Whom an agent handed the caller to by name; nobody else is offered the call until it is cleared."""
    tried: Mapped[dict[str, str]] = mapped_column(JSON)
    """Agents who did not take it, and when (RFC 3339)."""
    number: Mapped[str] = mapped_column(String(64), default="")
    """Where they agreed to be rung back; empty when they did not."""
    calls_back: Mapped[int] = mapped_column(Integer, default=0)
    """How often they were rung back in vain."""
    not_before: Mapped[datetime | None] = mapped_column(UtcTime)
    card: Mapped[dict[str, Any]] = mapped_column(JSON)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    outcome: Mapped[str] = mapped_column(String(32), default="")


class OfferRow(Base):
    """A call offered to an agent, and what came of it. No call and no agent has two that are not over."""

    __tablename__ = "desk_offers"
    __table_args__ = (
        Index("uq_desk_offers_open_agent", "agent", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("uq_desk_offers_open_ticket", "ticket_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    ticket_id: Mapped[str] = mapped_column(String(32), index=True)
    call_id: Mapped[str] = mapped_column(String(64), index=True)
    queue: Mapped[str] = mapped_column(String(64))
    caller: Mapped[str] = mapped_column(String(256))
    agent: Mapped[str] = mapped_column(String(64), index=True)
    address: Mapped[str] = mapped_column(String(256))
    owner: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16))
    accepted_by: Mapped[str] = mapped_column(String(16), default="")
    """``screen``, ``key`` or ``answer``."""
    waited_s: Mapped[float] = mapped_column(Float)
    made_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    seen_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """The card was on the agent's screen."""
    rang_at: Mapped[datetime | None] = mapped_column(UtcTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcTime)
    joined_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    held: Mapped[bool] = mapped_column(Boolean, default=False)
    recording: Mapped[str] = mapped_column(String(8), default="")
    """``on``, ``paused``, or empty when the call is not recorded."""
    parties: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    """Others in the call: ``{"name", "address", "state"}`` with state ringing, talking, held."""


class CommandRow(Base):
    """What an agent wants done with the call in hand, on its way to the media process that has it."""

    __tablename__ = "desk_commands"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    offer_id: Mapped[str] = mapped_column(String(32), index=True)
    owner: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(32))
    args: Mapped[dict[str, str]] = mapped_column(JSON)
    by: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcTime)
    taken_at: Mapped[datetime | None] = mapped_column(UtcTime)
    result: Mapped[str] = mapped_column(String(128), default="")
    """Empty while it is under way, ``done``, or why it could not be done."""


class WrapUpRow(Base):
    """What an agent wrote about a call: notes while they talk, the rest afterwards."""

    __tablename__ = "desk_wrap_ups"

    offer_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    call_id: Mapped[str] = mapped_column(String(64), index=True)
    agent: Mapped[str] = mapped_column(String(64), index=True)
    notes: Mapped[str] = mapped_column(Text, default="")
    outcome: Mapped[str] = mapped_column(String(32), default="")
    service: Mapped[str] = mapped_column(String(64), default="")
    need: Mapped[str] = mapped_column(String(64), default="")
    topic: Mapped[str] = mapped_column(String(128), default="")
    repeated: Mapped[bool] = mapped_column(Boolean, default=False)
    """The caller had to repeat themselves."""
    text_sent: Mapped[bool] = mapped_column(Boolean, default=False)
    saved_at: Mapped[datetime | None] = mapped_column(UtcTime)


class WorkRow(Base):
    """Something that agents must still do for somebody: listen to a message, ring back. Its id is that of the record
    that it comes from."""

    __tablename__ = "desk_work"
    __table_args__ = (Index("ix_desk_work_state", "state", "due_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    call_id: Mapped[str] = mapped_column(String(64), index=True)
    reference: Mapped[str] = mapped_column(String(32))
    queue: Mapped[str] = mapped_column(String(64))
    priority: Mapped[int] = mapped_column(Integer)
    number: Mapped[str] = mapped_column(String(256))
    card: Mapped[dict[str, Any]] = mapped_column(JSON)
    path: Mapped[str] = mapped_column(Text, default="")
    duration_ms: Mapped[float] = mapped_column(Float, default=0.0)
    reason: Mapped[str] = mapped_column(Text, default="")
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    due_at: Mapped[datetime] = mapped_column(UtcTime)
    state: Mapped[str] = mapped_column(String(16))
    claimed_by: Mapped[str] = mapped_column(String(64), default="")
    claimed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    closed_by: Mapped[str] = mapped_column(String(64), default="")
    closed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    outcome: Mapped[str] = mapped_column(String(32), default="")
    notes: Mapped[str] = mapped_column(Text, default="")


class SwitchRow(Base):
    """Something that a supervisor has switched on or off for all calls."""

    __tablename__ = "desk_switches"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    on: Mapped[bool] = mapped_column(Boolean)
    reason: Mapped[str] = mapped_column(String(256))
    by: Mapped[str] = mapped_column(String(128))
    since: Mapped[datetime] = mapped_column(UtcTime)


class VersionRow(Base):
    """One row, whose number goes up with every change that a page shows."""

    __tablename__ = "desk_version"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(Integer)
