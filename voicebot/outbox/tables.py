"""Tables of the outbox: what is to be told, to whom it goes, and what back offices answered."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from voicebot.records.models import Base, UtcTime


class OutboxRow(Base):
    """Something that happened and that others may want to know. ``uid`` is what they tell a repetition by.

    ``spread`` is set once every destination that wants it has its own row in ``deliveries``.
    """

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True)
    kind: Mapped[str] = mapped_column(String(64))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    call_id: Mapped[str] = mapped_column(String(64), default="", index=True)
    at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    spread: Mapped[bool] = mapped_column(Boolean, default=False, index=True)


class DeliveryRow(Base):
    """One thing on its way to one destination. ``state`` is ``waiting``, ``sent`` or ``given_up``."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("outbox_id", "destination", name="uq_deliveries_outbox_id"),
        Index("ix_deliveries_state_due_at", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id", ondelete="CASCADE"))
    destination: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    due_at: Mapped[datetime] = mapped_column(UtcTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcTime)
    problem: Mapped[str] = mapped_column(String(200), default="")
    answer: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class BackOfficeRow(Base):
    """A report in the system of the team that deals with it: what that system calls it, and how it stands there."""

    __tablename__ = "back_office_reports"

    reference: Mapped[str] = mapped_column(String(32), primary_key=True)
    system: Mapped[str] = mapped_column(String(64))
    token: Mapped[str] = mapped_column(String(128), default="")
    request_id: Mapped[str] = mapped_column(String(128), default="")
    status: Mapped[str] = mapped_column(String(16), default="", index=True)
    notes: Mapped[str] = mapped_column(Text, default="")
    expected_on: Mapped[date | None] = mapped_column(Date)
    updated_on: Mapped[date | None] = mapped_column(Date)
    asked_at: Mapped[datetime | None] = mapped_column(UtcTime)
