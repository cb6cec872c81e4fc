"""Tables: contents by hash, versions, drafts with their edits and reviews, publications."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Float, ForeignKey, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from voicebot.records.models import Base, UtcTime


class BlobRow(Base):
    """The content of a file, compressed, by its SHA-256."""

    __tablename__ = "flow_blobs"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class VersionRow(Base):
    """An immutable version. ``manifest`` is the hash of each file; ``changes`` say what it changed on its parent."""

    __tablename__ = "flow_versions"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    parent: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(UtcTime)
    by_id: Mapped[str] = mapped_column(String(64))
    by_name: Mapped[str] = mapped_column(String(128))
    notes: Mapped[str] = mapped_column(Text)
    manifest: Mapped[dict[str, str]] = mapped_column(JSON)
    changes: Mapped[list[str]] = mapped_column(JSON)


class LiveRow(Base):
    """Which version new calls use: the latest row. Rows are only added."""

    __tablename__ = "flow_live"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    version: Mapped[str] = mapped_column(ForeignKey("flow_versions.name"))
    at: Mapped[datetime] = mapped_column(UtcTime)
    by_name: Mapped[str] = mapped_column(String(128))
    reason: Mapped[str] = mapped_column(Text)


class DraftRow(Base):
    """A draft: edits 1 to ``position`` on top of ``base``; those after it are undone."""

    __tablename__ = "flow_drafts"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    owner_id: Mapped[str] = mapped_column(String(64))
    owner_name: Mapped[str] = mapped_column(String(128))
    state: Mapped[str] = mapped_column(String(16))
    base: Mapped[str] = mapped_column(ForeignKey("flow_versions.name"))
    revision: Mapped[int] = mapped_column(Integer)
    position: Mapped[int] = mapped_column(Integer)
    notes: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    changed_at: Mapped[datetime] = mapped_column(UtcTime)


class EditRow(Base):
    """One edit. ``overlay`` is the hash (or null: removed) of every file that differs from the base after it."""

    __tablename__ = "flow_edits"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    draft_id: Mapped[str] = mapped_column(ForeignKey("flow_drafts.id", ondelete="CASCADE"), index=True)
    number: Mapped[int] = mapped_column(Integer)
    revision: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(UtcTime)
    by_id: Mapped[str] = mapped_column(String(64))
    by_name: Mapped[str] = mapped_column(String(128))
    summary: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    command: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    overlay: Mapped[dict[str, str | None]] = mapped_column(JSON)


class ReviewRow(Base):
    """What a second person thought of a draft."""

    __tablename__ = "flow_reviews"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    draft_id: Mapped[str] = mapped_column(ForeignKey("flow_drafts.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
    by_id: Mapped[str] = mapped_column(String(64))
    by_name: Mapped[str] = mapped_column(String(128))
    revision: Mapped[int] = mapped_column(Integer)
    approved: Mapped[bool] = mapped_column(Boolean)
    comment: Mapped[str] = mapped_column(Text)


class PublicationRow(Base):
    """A version on its way into use, or being tested."""

    __tablename__ = "flow_publications"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    version: Mapped[str] = mapped_column(ForeignKey("flow_versions.name"))
    draft_id: Mapped[str] = mapped_column(String(32))
    by_id: Mapped[str] = mapped_column(String(64))
    by_name: Mapped[str] = mapped_column(String(128))
    at: Mapped[datetime] = mapped_column(UtcTime)
    stage: Mapped[str] = mapped_column(String(16), index=True)
    progress: Mapped[float] = mapped_column(Float)
    message: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    seconds: Mapped[float] = mapped_column(Float)
    report: Mapped[dict[str, Any] | None] = mapped_column(JSON)
