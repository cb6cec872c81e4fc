"""Phrases that somebody looked at and wants to teach nothing by: kept as digests, so that no word of a caller stays."""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import String, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from voicebot.records.models import Base, UtcTime


class DismissedPhraseRow(Base):
    """A phrase that is not shown again, by the digest of its plain words."""

    __tablename__ = "dismissed_phrases"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
    by_name: Mapped[str] = mapped_column(String(128))


def plain(text: str) -> str:
    """The words of a phrase without case and signs: phrases that agree in it are one."""
    return " ".join("".join(c if c.isalnum() or c in "'[]" else " " for c in text.lower()).split())


def digest_of(text: str) -> str:
    """By what a phrase is known once its words are gone."""
    return hashlib.sha256(plain(text).encode()).hexdigest()


async def dismiss(session: AsyncSession, text: str, *, by_name: str, at: datetime) -> None:
    """Show a phrase no more. Harmless twice."""
    digest = digest_of(text)
    if await session.get(DismissedPhraseRow, digest) is None:
        session.add(DismissedPhraseRow(digest=digest, at=at, by_name=by_name))


async def bring_back(session: AsyncSession, text: str) -> None:
    """Show a phrase again. Harmless when it was not dismissed."""
    await session.execute(delete(DismissedPhraseRow).where(DismissedPhraseRow.digest == digest_of(text)))


async def dismissed_among(session: AsyncSession, texts: Iterable[str]) -> frozenset[str]:
    """The digests of those among ``texts`` that were dismissed."""
    digests = [digest_of(text) for text in texts]
    query = select(DismissedPhraseRow.digest).where(DismissedPhraseRow.digest.in_(digests))
    return frozenset((await session.execute(query)).scalars())
