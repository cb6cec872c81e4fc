"""Forgetting what the desk holds of callers, together with their calls."""

from datetime import datetime

from sqlalchemy import delete, select

from voicebot.handoff.models import CommandRow, OfferRow, TicketRow, WorkRow, WrapUpRow
from voicebot.records.database import Database


async def forget_desk(database: Database, older_than: datetime) -> None:
    """Delete who waited, offers, wrap-ups and worklist items from before ``older_than``, open or not.

    Raises :class:`~voicebot.errors.RecordsUnavailable`.
    """
    async with database.session() as session:
        old = select(OfferRow.id).where(OfferRow.made_at < older_than)
        await session.execute(delete(WrapUpRow).where(WrapUpRow.offer_id.in_(old)))
        await session.execute(delete(CommandRow).where(CommandRow.at < older_than))
        await session.execute(delete(OfferRow).where(OfferRow.made_at < older_than))
        await session.execute(delete(TicketRow).where(TicketRow.entered_at < older_than))
        await session.execute(delete(WorkRow).where(WorkRow.made_at < older_than))
