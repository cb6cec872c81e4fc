"""Tables of the facts: what people set over the council's defaults, and every change of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from voicebot.records.models import Base, UtcTime


class FactRowSet(Base):
    """A fact that was set, or taken away (``value`` is null): it wins over the default of its kind and key."""

    __tablename__ = "council_facts"

    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    changed_at: Mapped[datetime] = mapped_column(UtcTime)
    changed_by: Mapped[str] = mapped_column(String(128))
    why: Mapped[str] = mapped_column(Text)


class FactChange(Base):
    """One change, for whoever asks later who made it and why. The newest id tells readers that something is new."""

    __tablename__ = "council_fact_changes"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(64))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    changed_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    changed_by: Mapped[str] = mapped_column(String(128))
    why: Mapped[str] = mapped_column(Text)
