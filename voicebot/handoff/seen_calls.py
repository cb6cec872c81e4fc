"""Which calls an agent has had to do with."""

from sqlalchemy import select

from voicebot.handoff.models import OfferRow
from voicebot.records.database import Database


async def was_offered(database: Database, agent: str, call_id: str) -> bool:
    """Whether a call was ever offered to an agent."""
    query = select(OfferRow.id).where(OfferRow.agent == agent, OfferRow.call_id == call_id).limit(1)
    async with database.session() as session:
        return (await session.execute(query)).first() is not None
