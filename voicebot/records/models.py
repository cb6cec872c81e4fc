"""Tables: a call, and what belongs to it. The same on SQLite and PostgreSQL."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, DateTime, Dialect, Float, ForeignKey, Index, Integer, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC; SQLite keeps no zone, so it is put back when read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database, in UTC."""
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database, with its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """All tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class CallRow(Base):
    """One call."""

    __tablename__ = "calls"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    reference: Mapped[str] = mapped_column(String(32), unique=True)
    line: Mapped[str] = mapped_column(String(32))
    line_id: Mapped[str] = mapped_column(String(256), default="", index=True)
    caller: Mapped[str] = mapped_column(String(256))
    called: Mapped[str] = mapped_column(String(256))
    started_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    service: Mapped[str] = mapped_column(String(64), default="none")
    need: Mapped[str] = mapped_column(String(64), default="none")
    outcome: Mapped[str] = mapped_column(String(32), default="")
    queue: Mapped[str] = mapped_column(String(64), default="none")
    emergency: Mapped[str] = mapped_column(String(64), default="")
    card: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class _OfCall:
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id", ondelete="CASCADE"), index=True)


class TurnRow(_OfCall, Base):
    """Somebody spoke."""

    __tablename__ = "turns"

    uid: Mapped[str] = mapped_column(String(32), unique=True)
    who: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    at_ms: Mapped[float] = mapped_column(Float)
    heard: Mapped[Any] = mapped_column(JSON, nullable=True)
    confidence: Mapped[float | None] = mapped_column(Float)
    asked: Mapped[str | None] = mapped_column(String(64))
    latency: Mapped[dict[str, float] | None] = mapped_column(JSON, nullable=True)


class FactRow(_OfCall, Base):
    """Something known, and where from."""

    __tablename__ = "facts"
    __table_args__ = (Index("ix_facts_call_name", "call_id", "name"),)

    name: Mapped[str] = mapped_column(String(64))
    label: Mapped[str] = mapped_column(String(128))
    value: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(16))
    confidence: Mapped[float] = mapped_column(Float)
    confirmed: Mapped[bool] = mapped_column(Boolean)
    at_ms: Mapped[float | None] = mapped_column(Float)
    superseded: Mapped[bool] = mapped_column(Boolean, default=False)


class HandoffRow(_OfCall, Base):
    """A handover to people."""

    __tablename__ = "handoffs"

    uid: Mapped[str] = mapped_column(String(32), unique=True)
    queue: Mapped[str] = mapped_column(String(64))
    priority: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text)
    card: Mapped[dict[str, Any]] = mapped_column(JSON)
    attempts: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    outcome: Mapped[str] = mapped_column(String(32))
    at_ms: Mapped[float] = mapped_column(Float)


class StepRow(_OfCall, Base):
    """Audit of what the session did."""

    __tablename__ = "steps"

    uid: Mapped[str] = mapped_column(String(32), unique=True)
    kind: Mapped[str] = mapped_column(String(64))
    at_ms: Mapped[float] = mapped_column(Float)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)


class MediaQualityRow(_OfCall, Base):
    """How well the line of one party carried the call. Names and units are those of
    :class:`~voicebot.telephony.quality.MediaQuality`."""

    __tablename__ = "media_quality"

    uid: Mapped[str] = mapped_column(String(32), unique=True)
    leg: Mapped[str] = mapped_column(String(16))
    encoding: Mapped[str] = mapped_column(String(32))
    encrypted: Mapped[str] = mapped_column(String(64))
    sent: Mapped[int] = mapped_column(Integer)
    received: Mapped[int] = mapped_column(Integer)
    lost: Mapped[int] = mapped_column(Integer)
    late: Mapped[int] = mapped_column(Integer)
    duplicates: Mapped[int] = mapped_column(Integer)
    concealed_ms: Mapped[int] = mapped_column(Integer)
    lost_percent: Mapped[float] = mapped_column(Float)
    jitter_ms: Mapped[float] = mapped_column(Float)
    delay_ms: Mapped[float] = mapped_column(Float)
    mos: Mapped[float] = mapped_column(Float)
    round_trip_ms: Mapped[float | None] = mapped_column(Float)
    peer_lost_percent: Mapped[float | None] = mapped_column(Float)
    peer_jitter_ms: Mapped[float | None] = mapped_column(Float)


class RecordingRow(_OfCall, Base):
    """Audio of the call that was kept: both sides, in one file."""

    __tablename__ = "recordings"

    uid: Mapped[str] = mapped_column(String(32), unique=True)
    path: Mapped[str] = mapped_column(Text)
    duration_ms: Mapped[float] = mapped_column(Float)
    at_ms: Mapped[float] = mapped_column(Float)


class MessageRow(_OfCall, Base):
    """A message left by the caller."""

    __tablename__ = "messages"

    uid: Mapped[str] = mapped_column(String(32), unique=True)
    queue: Mapped[str] = mapped_column(String(64))
    path: Mapped[str] = mapped_column(Text)
    card: Mapped[dict[str, Any]] = mapped_column(JSON)
    duration_ms: Mapped[float] = mapped_column(Float)
    at_ms: Mapped[float] = mapped_column(Float)
