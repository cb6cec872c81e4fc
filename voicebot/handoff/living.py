"""Who lives keeps their place. A process says every two seconds which callers it has on the line.

Others take one that they have not heard of for ten seconds for dead, and its callers for cut off. It may only have been
held up (its machine slept, the database did not answer it), and its callers wait as before. So whoever says that it
lives is told what others have done about its callers meanwhile, and takes them back to their old places.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from voicebot.handoff.desk_state import give_up
from voicebot.handoff.distribution import CUT_OFF
from voicebot.handoff.models import OfferRow, OfferState, TicketKind, TicketRow, TicketState, WorkRow
from voicebot.handoff.worklist import DROPPED, OPEN


async def say_alive(session: AsyncSession, owner: str, tickets: Collection[str], now: datetime) -> set[str]:
    """One moment for all callers of one process, so that their order among each other never depends on it; those of
    ``tickets`` that it does not have any more."""
    if not tickets:
        return set()
    kept = await session.execute(
        update(TicketRow)
        .where(TicketRow.id.in_(tickets), TicketRow.owner == owner, TicketRow.ended_at.is_(None))
        .values(owner_seen_at=now)
        .returning(TicketRow.id)
    )
    return set(tickets) - set(kept.scalars())


async def take_back(session: AsyncSession, ticket_id: str, owner: str, state: TicketState, now: datetime) -> bool:
    """A caller who is on the line after all is back at their old place, in ``state``, whether they were moved to the
    worklist or were to be rung back. False when somebody has done something about them that can't be undone."""
    ticket = await session.get(TicketRow, ticket_id, with_for_update=True)
    if ticket is None:
        return False
    if ticket.owner == owner and ticket.ended_at is None:
        return True
    if ticket.outcome == DROPPED:
        item = (WorkRow.call_id == ticket.call_id) & (WorkRow.kind == DROPPED) & (WorkRow.state == OPEN)
        await session.execute(delete(WorkRow).where(item))
    elif ticket.ended_at is not None and not (ticket.outcome == CUT_OFF and state is TicketState.TALKING):
        return False
    open_one = select(OfferRow).where(OfferRow.ticket_id == ticket_id, OfferRow.ended_at.is_(None))
    offer = (await session.execute(open_one)).scalar_one_or_none()
    if offer is not None and not await give_up(session, offer, OfferState.WITHDRAWN, now):
        return False  # an agent has them on the line, by another way
    ticket.kind, ticket.state, ticket.outcome = TicketKind.CALL.value, state.value, ""
    ticket.owner, ticket.owner_seen_at, ticket.ended_at, ticket.not_before = owner, now, None, None
    return True
