"""Who is offered whose call: by skill, priority, the order of coming, and who has been idle for longest.

Every media process runs rounds of it over all who wait, whichever process has them. A round is one transaction, so
rounds come one after another, and each finds what the one before has left.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from voicebot.accounts.keys import new_id, utc_now
from voicebot.handoff.desk_state import bump, changed, claim, free, give_up, tried_lately
from voicebot.handoff.models import (
    AgentRow,
    AgentState,
    OfferRow,
    OfferState,
    TicketKind,
    TicketRow,
    TicketState,
)
from voicebot.handoff.overview import is_seen, is_skilled, serves
from voicebot.handoff.worklist import CALLBACK, DROPPED, work_of_ticket
from voicebot.records.database import Database
from voicebot.settings import HandoffSettings

_ON_LINE = (TicketState.WAITING.value, TicketState.OFFERED.value, TicketState.TALKING.value)
_SLACK = timedelta(seconds=30)
"""For the card to come on the screen, for the whisper to be spoken and heard, and for a slow machine."""
CUT_OFF = "cut_off"
"""The outcome of a talk whose process has died."""
_RINGING_BACK = timedelta(seconds=150)
"""From an agent's yes to a callback until whoever answers has said that they rang us."""


def _offered() -> Select[Any]:
    """The tickets that somebody is offered, or talks to."""
    return select(OfferRow.ticket_id).where(OfferRow.ended_at.is_(None))


class Distribution:
    """Rounds of offers, and the mending of what dead processes have left: those not heard of for ``patience``.

    ``mine`` are the tickets of who asks: it knows best that it lives, however late it comes to say so.
    """

    def __init__(
        self,
        database: Database,
        settings: HandoffSettings,
        *,
        patience: timedelta = timedelta(seconds=10),
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._settings = settings
        self._patience = patience
        self._now = now

    async def round(
        self, owner: str, *, mine: Collection[str] = (), callbacks: bool = False, trusting: bool = False
    ) -> int:
        """Offer calls to the agents who are free; how many offers were made. With ``callbacks``, ``owner`` makes those
        that nobody has on the line. When ``trusting``, nobody is taken for dead."""
        async with self._database.session(alone=True) as session:
            now = self._now()  # once this round has its turn, so that moments are in the order of what they tell
            tickets = await self._waiting(session, now, mine, trusting=trusting)
            agents = await self._free_agents(session, now) if tickets else []
            made = overflowed = 0
            for ticket in tickets:
                if not ticket.owner and not callbacks:
                    continue
                overflowed += self._overflow(ticket, now)
                agent = await self._best(session, ticket, agents, now)
                if agent is None:
                    continue
                offer = self._offer(ticket, agent, owner, now)
                agents.remove(agent)
                made += await self._claim(session, ticket, agent, offer, now)
            if made or overflowed:
                await session.flush()
                await bump(session)
            return made

    @staticmethod
    async def _claim(session: AsyncSession, ticket: TicketRow, agent: AgentRow, offer: OfferRow, now: datetime) -> bool:
        """Claim one pair. Where the database knows better that one of them is taken, the others go on."""
        try:
            async with session.begin_nested():
                if not await claim(session, ticket, agent, offer, now):
                    return False
                if not ticket.owner:  # else only the owner says that it lives: one who is dead makes no offers ring
                    await session.execute(
                        update(TicketRow).where(TicketRow.id == ticket.id).values(owner=offer.owner, owner_seen_at=now)
                    )
        except IntegrityError:
            return False
        return True

    async def _waiting(
        self, session: AsyncSession, now: datetime, mine: Collection[str], *, trusting: bool
    ) -> Sequence[TicketRow]:
        query = (
            select(TicketRow)
            .where(TicketRow.state == TicketState.WAITING.value, TicketRow.id.not_in(_offered()))
            .order_by(TicketRow.priority, TicketRow.entered_at, TicketRow.id)
        )
        return [
            ticket
            for ticket in (await session.execute(query)).scalars()
            if (ticket.not_before is None or ticket.not_before <= now)
            and (not ticket.owner or trusting or ticket.id in mine or now - ticket.owner_seen_at <= self._patience)
        ]

    async def _free_agents(self, session: AsyncSession, now: datetime) -> list[AgentRow]:
        busy = select(OfferRow.agent).where(OfferRow.ended_at.is_(None))
        query = (
            select(AgentRow)
            .where(AgentRow.state == AgentState.AVAILABLE.value, AgentRow.name.not_in(busy))
            .order_by(AgentRow.idle_since, AgentRow.name)
        )
        return [row for row in (await session.execute(query)).scalars() if is_seen(row, now, self._settings)]

    def _overflow(self, ticket: TicketRow, now: datetime) -> bool:
        """Open a call that has waited for long to a second queue's agents."""
        second = self._settings.overflow.get(ticket.queue) or self._settings.overflow.get("default", "")
        late = now - ticket.entered_at >= timedelta(seconds=self._settings.overflow_s)
        if not second or ticket.overflow or ticket.only_agent or not late or second == ticket.queue:
            return False
        ticket.overflow = second
        return True

    async def _best(
        self, session: AsyncSession, ticket: TicketRow, agents: Sequence[AgentRow], now: datetime
    ) -> AgentRow | None:
        """The agent who last spoke to this caller, if free; else whoever has been idle for longest, the queue's own
        people before those of the queue that it overflows to."""
        again = timedelta(seconds=self._settings.again_s)
        able = [row for row in agents if serves(row, ticket) and not tried_lately(ticket, row.name, now, again)]
        able.sort(key=lambda row: not is_skilled(row, ticket.queue))
        if len(able) < 2 or not ticket.caller:
            return able[0] if able else None
        query = (
            select(OfferRow.agent)
            .where(
                OfferRow.caller == ticket.caller,
                OfferRow.joined_at > now - timedelta(days=self._settings.sticky_days),
            )
            .order_by(OfferRow.joined_at.desc())
            .limit(1)
        )
        known = (await session.execute(query)).scalar_one_or_none()
        return next((row for row in able if row.name == known), able[0])

    @staticmethod
    def _offer(ticket: TicketRow, agent: AgentRow, owner: str, now: datetime) -> OfferRow:
        return OfferRow(
            id=new_id(),
            ticket_id=ticket.id,
            call_id=ticket.call_id,
            queue=ticket.queue,
            caller=ticket.caller,
            agent=agent.name,
            address=agent.address,
            owner=ticket.owner or owner,
            state=OfferState.OFFERED.value,
            accepted_by="",
            waited_s=(now - ticket.entered_at).total_seconds(),
            made_at=now,
            held=False,
            recording="",
            parties=[],
        )

    async def mend(self, mine: Collection[str] = ()) -> int:
        """Set right what processes that died have left; how much there was.

        A caller who waited is off the line: they are rung back at their old place if they agreed to it, else they are
        on the worklist. An agent is free of an offer that nobody rings for. An agent who was talking wraps up. An offer
        that has no answer for longer than any phone rings goes back into the queue, whatever it was that failed.
        """
        async with self._database.session(alone=True) as session:
            now = self._now()  # once this round has its turn, so that moments are in the order of what they tell
            dead = now - self._patience
            query = (
                select(TicketRow)
                .where(TicketRow.state.in_(_ON_LINE), TicketRow.owner != "", TicketRow.owner_seen_at < dead)
                .with_for_update()
            )
            mended = 0
            for ticket in (await session.execute(query)).scalars().all():
                if ticket.id not in mine:
                    await self._mend(session, ticket, now)
                    mended += 1
            mended += await self._end_forgotten(session, dead, now)
            mended += await self._end_overdue(session, now)
            mended += await self._set_right(session, now)
            mended += await self._sign_out_closed_pages(session, now)
            if mended:
                await session.flush()
                await bump(session)
            return mended

    async def _mend(self, session: AsyncSession, ticket: TicketRow, now: datetime) -> None:
        talking = ticket.state == TicketState.TALKING.value
        offers = select(OfferRow).where(OfferRow.ticket_id == ticket.id, OfferRow.ended_at.is_(None))
        for offer in (await session.execute(offers)).scalars().all():
            if offer.state == OfferState.JOINED.value:
                offer.state, offer.ended_at = OfferState.ENDED.value, now
                await begin_wrap_up(session, offer, now)
            else:
                await give_up(session, offer, OfferState.WITHDRAWN, now)
        await session.refresh(ticket)
        ticket.owner = ""
        if talking:
            ticket.state, ticket.ended_at, ticket.outcome = TicketState.DONE.value, now, CUT_OFF
        elif ticket.kind != TicketKind.CALLBACK.value:
            await drop(session, self._settings, ticket, now)
        else:
            ticket.state = TicketState.WAITING.value

    async def _end_forgotten(self, session: AsyncSession, dead: datetime, now: datetime) -> int:
        """Offers whose caller is long gone, because who should have closed them was stopped in between."""
        query = (
            select(OfferRow)
            .join(TicketRow, TicketRow.id == OfferRow.ticket_id)
            .where(OfferRow.ended_at.is_(None), TicketRow.ended_at < dead)
        )
        offers = (await session.execute(query)).scalars().all()
        for offer in offers:
            offer.state, offer.ended_at = OfferState.ENDED.value, now
            await begin_wrap_up(session, offer, now)
        return len(offers)

    async def _end_overdue(self, session: AsyncSession, now: datetime) -> int:
        """Offers that nobody has answered or joined in all the time that this may take."""
        longest = timedelta(seconds=self._settings.ring_s + self._settings.accept_s) + _SLACK
        late = and_(OfferRow.state == OfferState.OFFERED.value, OfferRow.made_at < now - longest)
        stuck = and_(OfferRow.state == OfferState.ACCEPTED.value, OfferRow.accepted_at < now - longest - _RINGING_BACK)
        query = select(OfferRow).where(OfferRow.ended_at.is_(None), or_(late, stuck))
        offers = (await session.execute(query)).scalars().all()
        for offer in offers:
            await give_up(session, offer, OfferState.TIMED_OUT, now)
        return len(offers)

    async def _set_right(self, session: AsyncSession, now: datetime) -> int:
        """Agents and callbacks that are bound to an offer that is over."""
        still_open = select(OfferRow.id).where(OfferRow.ended_at.is_(None))
        bound = AgentRow.state.in_((AgentState.OFFERED.value, AgentState.IN_CALL.value))
        query = select(AgentRow).where(bound, AgentRow.offer_id.not_in(still_open))
        agents = (await session.execute(query)).scalars().all()
        for agent in agents:
            await free(session, agent.name, agent.offer_id, now)
        nobodys = (TicketRow.state == TicketState.OFFERED.value) & (TicketRow.owner == "")
        waits = (
            update(TicketRow).where(nobodys, TicketRow.id.not_in(_offered())).values(state=TicketState.WAITING.value)
        )
        again = await changed(session, waits.execution_options(synchronize_session=False))
        return len(agents) + again

    async def _sign_out_closed_pages(self, session: AsyncSession, now: datetime) -> int:
        """Agents of whom nothing was heard for very long have gone home."""
        query = select(AgentRow).where(
            AgentRow.state.in_((AgentState.AVAILABLE.value, AgentState.AWAY.value, AgentState.WRAPPING_UP.value)),
            AgentRow.seen_at < now - timedelta(seconds=40 * self._settings.presence_s),
        )
        rows = (await session.execute(query)).scalars().all()
        for row in rows:
            row.state, row.reason, row.since, row.offer_id = AgentState.OFFLINE.value, "", now, ""
            row.next_state = row.next_reason = ""
        return len(rows)


async def begin_wrap_up(session: AsyncSession, offer: OfferRow, now: datetime) -> None:
    """The agent's call is over."""
    row = await session.get(AgentRow, offer.agent, with_for_update=True)
    if row is not None and row.offer_id == offer.id:
        row.state, row.since, row.idle_since, row.reason = AgentState.WRAPPING_UP.value, now, now, ""
    else:
        await free(session, offer.agent, offer.id, now)


async def drop(session: AsyncSession, settings: HandoffSettings, ticket: TicketRow, now: datetime) -> None:
    """A caller who waited is off the line through no wish of theirs: ring back if they agreed, else tell people."""
    if ticket.number:
        ticket.kind, ticket.state, ticket.owner = TicketKind.CALLBACK.value, TicketState.WAITING.value, ""
        return
    session.add(work_of_ticket(settings, new_id(), DROPPED, ticket, "Cut off while waiting", now))
    ticket.state, ticket.ended_at, ticket.outcome = TicketState.MOVED.value, now, DROPPED


async def hand_to_worklist(
    session: AsyncSession, settings: HandoffSettings, ticket: TicketRow, reason: str, now: datetime
) -> None:
    """A callback that can't be made by itself: people make it."""
    session.add(work_of_ticket(settings, new_id(), CALLBACK, ticket, reason, now))
    ticket.state, ticket.ended_at, ticket.outcome, ticket.owner = TicketState.MOVED.value, now, CALLBACK, ""
