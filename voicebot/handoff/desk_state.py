"""The steps that the desk's rows take, each within a transaction of who calls it.

Whatever two processes or people want at the same time is decided by the database: every step is one UPDATE that names
the state it starts from, and only who changed a row goes on.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, CursorResult, Update, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from voicebot.errors import VoicebotError
from voicebot.handoff.models import (
    NOBODY,
    AgentRow,
    AgentState,
    OfferRow,
    OfferState,
    TicketKind,
    TicketRow,
    TicketState,
    VersionRow,
)

OPEN_OFFERS = (OfferState.OFFERED.value, OfferState.ACCEPTED.value, OfferState.JOINED.value)
NOT_JOINED = (OfferState.OFFERED, OfferState.ACCEPTED)

DID_NOT_ANSWER = "Did not answer"
NOT_REACHED = "Phone not reached"


class DeskError(VoicebotError):
    """What was asked of the desk can't be done; the message tells the person who asked."""


class OfferOver(DeskError):
    """The offer is no longer theirs to take: it ran out, the caller left, or the call is over."""

    def __init__(self) -> None:
        super().__init__("This call is no longer offered to you")


async def changed(session: AsyncSession, statement: Update) -> bool:
    """Whether the statement changed a row."""
    result = await session.execute(statement)
    assert isinstance(result, CursorResult)
    return result.rowcount > 0


async def bump(session: AsyncSession) -> None:
    """Tell every page that something it shows has changed. Last in a transaction, because others wait for it."""
    await session.execute(update(VersionRow).values(version=VersionRow.version + 1))


def of_offer(offer_id: str, agent: str, *states: OfferState) -> ColumnElement[bool]:
    """An agent's offer in one of some states."""
    return (OfferRow.id == offer_id) & (OfferRow.agent == agent) & OfferRow.state.in_([state.value for state in states])


async def claim(session: AsyncSession, ticket: TicketRow, agent: AgentRow, offer: OfferRow, now: datetime) -> bool:
    """Offer a ticket to an agent: True when both were free until this moment, and are bound to each other now."""
    took_agent = await changed(
        session,
        update(AgentRow)
        .where(AgentRow.name == agent.name, AgentRow.state == AgentState.AVAILABLE.value)
        .values(state=AgentState.OFFERED.value, since=now, offer_id=offer.id),
    )
    if not took_agent:
        return False
    took_ticket = await changed(
        session,
        update(TicketRow)
        .where(TicketRow.id == ticket.id, TicketRow.state == TicketState.WAITING.value)
        .values(state=TicketState.OFFERED.value),
    )
    if not took_ticket:
        await session.execute(
            update(AgentRow)
            .where(AgentRow.name == agent.name, AgentRow.offer_id == offer.id)
            .values(state=AgentState.AVAILABLE.value, since=agent.since, offer_id="")
        )
        return False
    session.add(offer)
    await session.flush()
    return True


async def free(session: AsyncSession, agent: str, offer_id: str, now: datetime, *, away: str = "") -> None:
    """An agent has nothing to do with an offer any more: what they asked to become next, or available again.

    With ``away`` they are sent away for that reason, because their phone gives them no calls.
    """
    row = await session.get(AgentRow, agent, with_for_update=True)
    if row is None or row.offer_id != offer_id:
        return
    after = AgentState.AWAY.value if away else row.next_state or AgentState.AVAILABLE.value
    row.state, row.reason = after, away or (row.next_reason if after == AgentState.AWAY.value else "")
    row.next_state = row.next_reason = row.offer_id = ""
    row.since = now


async def give_up(
    session: AsyncSession,
    offer: OfferRow,
    state: OfferState,
    now: datetime,
    *,
    away: str = "",
    only: Sequence[OfferState] = NOT_JOINED,
) -> bool:
    """Close an offer that came to nothing: its ticket waits again at its old place. False when it was over already, or
    in none of the states ``only``."""
    states = [each.value for each in only]
    closed = await changed(
        session,
        update(OfferRow)
        .where(OfferRow.id == offer.id, OfferRow.ended_at.is_(None), OfferRow.state.in_(states))
        .values(state=state.value, ended_at=now),
    )
    if not closed:
        return False
    ticket = await session.get(TicketRow, offer.ticket_id, with_for_update=True)
    if ticket is not None and ticket.state == TicketState.OFFERED.value:
        ticket.state = TicketState.WAITING.value
        if ticket.kind == TicketKind.CALLBACK.value:
            ticket.owner = NOBODY  # nobody is on the line: whoever makes the next offer of it carries that out
        if state is not OfferState.WITHDRAWN:
            ticket.tried = {**ticket.tried, offer.agent: now.isoformat()}
    await free(session, offer.agent, offer.id, now, away=away)
    return True


async def reopen(session: AsyncSession, offer: OfferRow, owner: str, now: datetime) -> bool:
    """Caller and agent hear each other although their offer was given up meanwhile (their process was held up, say).

    The rows follow what is: whatever was offered to either since then is withdrawn. False when one of them talks to
    somebody else by now.
    """
    either = or_(OfferRow.agent == offer.agent, OfferRow.ticket_id == offer.ticket_id)
    others = select(OfferRow).where(OfferRow.ended_at.is_(None), OfferRow.id != offer.id, either)
    for other in (await session.execute(others)).scalars().all():
        if not await give_up(session, other, OfferState.WITHDRAWN, now):
            return False
    await session.flush()
    offer.ended_at = None
    await session.execute(update(AgentRow).where(AgentRow.name == offer.agent).values(offer_id=offer.id))
    values = {"ended_at": None, "outcome": "", "owner": owner, "owner_seen_at": now}
    await session.execute(update(TicketRow).where(TicketRow.id == offer.ticket_id).values(**values))
    return True


def tried_lately(ticket: TicketRow, agent: str, now: datetime, again: timedelta) -> bool:
    """Whether an agent let this call pass so short a time ago that others come first."""
    when = ticket.tried.get(agent)
    return when is not None and now - datetime.fromisoformat(when) < again
