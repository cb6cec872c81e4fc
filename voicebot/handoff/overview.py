"""The desk's rows as pages see them: who is there, who waits and why, and how long it will take."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from voicebot.handoff.desk_state import tried_lately
from voicebot.handoff.desk_views import PRIORITIES, OfferView, Presence, QueueView, Waiting, WrapUp
from voicebot.handoff.models import (
    AgentRow,
    AgentState,
    OfferRow,
    OfferState,
    TicketKind,
    TicketRow,
    TicketState,
    WrapUpRow,
)
from voicebot.handoff.opening import ClosedBecause, always_open
from voicebot.settings import HandoffSettings

ALL_QUEUES = "*"
_PHONE_PRESENCE = 20
"""A desk phone rings without a page, so its agent may be unheard of for that many times longer."""
_RECENT_CALLS = 20
_RECENT = timedelta(hours=2)
_FEWEST_CALLS = 3
_WORKING = (AgentState.AVAILABLE, AgentState.OFFERED, AgentState.IN_CALL, AgentState.WRAPPING_UP)


def is_seen(row: AgentRow, now: datetime, settings: HandoffSettings) -> bool:
    """Whether an agent's page was heard of lately enough for them to be offered a call."""
    patience = settings.presence_s * (1 if row.address.startswith("browser:") else _PHONE_PRESENCE)
    return now - row.seen_at <= timedelta(seconds=patience)


def serves(row: AgentRow, ticket: TicketRow) -> bool:
    """Whether an agent has the skill for a call, or was named for it."""
    if ticket.only_agent:
        return row.name == ticket.only_agent
    return is_skilled(row, ticket.queue) or bool(ticket.overflow and ticket.overflow in row.queues)


def is_skilled(row: AgentRow, queue: str) -> bool:
    """Whether an agent serves a queue itself, and not only what overflows from it."""
    return ALL_QUEUES in row.queues or queue in row.queues


def presence_view(row: AgentRow, now: datetime, settings: HandoffSettings) -> Presence:
    """An agent as shown."""
    return Presence(
        agent=row.name,
        display_name=row.display_name,
        state=AgentState(row.state),
        reason=row.reason,
        since=row.since,
        seen=is_seen(row, now, settings),
        address=row.address,
        queues=tuple(row.queues),
        next_state=row.next_state,
        next_reason=row.next_reason,
        offer_id=row.offer_id,
    )


def wrap_up_view(row: WrapUpRow | None) -> WrapUp:
    """A form as saved so far."""
    if row is None:
        return WrapUp()
    return WrapUp(row.outcome, row.notes, row.service, row.need, row.topic, row.repeated, row.text_sent, row.saved_at)


def offer_view(offer: OfferRow, ticket: TicketRow, written: WrapUpRow | None) -> OfferView:
    """An offer as shown."""
    return OfferView(
        id=offer.id,
        ticket=ticket.id,
        call_id=offer.call_id,
        reference=ticket.reference,
        kind=TicketKind(ticket.kind),
        queue=offer.queue,
        priority=PRIORITIES[ticket.priority],
        agent=offer.agent,
        state=OfferState(offer.state),
        accepted_by=offer.accepted_by,
        made_at=offer.made_at,
        seen_at=offer.seen_at,
        rang_at=offer.rang_at,
        accepted_at=offer.accepted_at,
        joined_at=offer.joined_at,
        ended_at=offer.ended_at,
        waited_s=offer.waited_s,
        held=offer.held,
        recording=offer.recording,
        parties=tuple(offer.parties),
        card=ticket.card,
        wrap_up=wrap_up_view(written),
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody stands: ``place`` counts from 1; ``expected_s`` is None when there is too little to tell by."""

    place: int
    expected_s: float | None
    agents: int
    """How many who serve the queue are at work."""


class Overview:
    """Reads the whole of the desk."""

    def __init__(self, settings: HandoffSettings, closed: ClosedBecause = always_open) -> None:
        self._settings = settings
        self._closed = closed

    async def place(self, session: AsyncSession, ticket: TicketRow, now: datetime) -> Place:
        """Where a ticket stands in its queue."""
        tickets = await waiting_tickets(session)
        agents = await self._agents(session)
        before = [each.id for each in tickets if each.queue == ticket.queue]
        place = before.index(ticket.id) + 1 if ticket.id in before else 1
        working = [row for row in agents if self._works(row, now) and serves(row, ticket)]
        length = await self._usual_length(session, ticket.queue, now)
        return Place(place, _expected(place, working, length), len(working))

    async def queues(self, session: AsyncSession, now: datetime) -> list[QueueView]:
        """Every queue that is configured, served or waited in."""
        tickets = await waiting_tickets(session)
        agents = await self._agents(session)
        names = {name for name in self._settings.queues if name != "default"} | {each.queue for each in tickets}
        names |= {name for row in agents for name in row.queues if name != ALL_QUEUES}
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        joined = await _count(session, TicketState.DONE, TicketState.TALKING, since=midnight)
        left = await _count(session, TicketState.LEFT, since=midnight)
        views = []
        for name in sorted(names | joined.keys() | left.keys()):
            here = [each for each in tickets if each.queue == name]
            on_line = [each for each in here if each.kind == TicketKind.CALL.value]
            staff = [row for row in agents if ALL_QUEUES in row.queues or name in row.queues]
            working = [row for row in staff if self._works(row, now)]
            available = sum(row.state == AgentState.AVAILABLE.value for row in working)
            length = await self._usual_length(session, name, now)
            views.append(
                QueueView(
                    queue=name,
                    waiting=len(on_line),
                    callbacks=len(here) - len(on_line),
                    longest_s=max(((now - each.entered_at).total_seconds() for each in on_line), default=0.0),
                    expected_s=_expected(len(here) + 1, working, length),
                    available=available,
                    busy=len(working) - available,
                    away=len(staff) - len(working),
                    closed=self._closed(name, now),
                    joined_today=joined.get(name, 0),
                    left_today=left.get(name, 0),
                )
            )
        return views

    async def waiting(self, session: AsyncSession, now: datetime) -> list[Waiting]:
        """Everybody who waits, in the order of offering."""
        agents = await self._agents(session)
        offered = {row.offer_id: row.name for row in agents if row.offer_id}
        found = await session.execute(select(OfferRow.ticket_id, OfferRow.id).where(OfferRow.ended_at.is_(None)))
        to = {ticket: offered.get(offer, "") for ticket, offer in found}
        places: dict[str, int] = {}
        views = []
        for ticket in await waiting_tickets(session):
            places[ticket.queue] = places.get(ticket.queue, 0) + 1
            views.append(
                Waiting(
                    ticket=ticket.id,
                    call_id=ticket.call_id,
                    reference=ticket.reference,
                    kind=TicketKind(ticket.kind),
                    queue=ticket.queue,
                    overflow=ticket.overflow,
                    priority=PRIORITIES[ticket.priority],
                    entered_at=ticket.entered_at,
                    waits_s=(now - ticket.entered_at).total_seconds(),
                    place=places[ticket.queue],
                    why=self._why(ticket, agents, now),
                    offered_to=to.get(ticket.id, ""),
                    need=str(ticket.card.get("need", "")),
                )
            )
        return views

    def _why(self, ticket: TicketRow, agents: Iterable[AgentRow], now: datetime) -> str:
        if ticket.state == TicketState.OFFERED.value:
            return "offered"
        if ticket.not_before is not None and ticket.not_before > now:
            return "later"
        working = [row for row in agents if self._works(row, now) and serves(row, ticket)]
        if not working:
            return "nobody"
        again = timedelta(seconds=self._settings.again_s)
        free = [row for row in working if row.state == AgentState.AVAILABLE.value]
        return "declined" if free and all(tried_lately(ticket, row.name, now, again) for row in free) else "busy"

    def _works(self, row: AgentRow, now: datetime) -> bool:
        return row.state in _WORKING and (row.state != AgentState.AVAILABLE or is_seen(row, now, self._settings))

    @staticmethod
    async def _agents(session: AsyncSession) -> Sequence[AgentRow]:
        query = select(AgentRow).where(AgentRow.state != AgentState.OFFLINE.value)
        return (await session.execute(query)).scalars().all()

    @staticmethod
    async def _usual_length(session: AsyncSession, queue: str, now: datetime) -> float | None:
        """How many seconds an agent is busy with a call of a queue, by the last ones; None when they are too few."""
        query = (
            select(OfferRow.made_at, OfferRow.ended_at)
            .where(OfferRow.queue == queue, OfferRow.state == OfferState.ENDED.value, OfferRow.made_at > now - _RECENT)
            .order_by(OfferRow.made_at.desc())
            .limit(_RECENT_CALLS)
        )
        taken = [(end - begin).total_seconds() for begin, end in (await session.execute(query)) if end]
        return sum(taken) / len(taken) if len(taken) >= _FEWEST_CALLS else None


def _expected(place: int, working: Sequence[AgentRow], length: float | None) -> float | None:
    """A caller is taken when as many calls have ended as stand before them, by all who work on them together."""
    free = sum(row.state == AgentState.AVAILABLE.value for row in working)
    if free >= place:
        return 0.0
    if length is None or not working:
        return None
    return (place - free) * length / len(working)


async def waiting_tickets(session: AsyncSession) -> Sequence[TicketRow]:
    """All who wait or are being offered, in their order."""
    query = (
        select(TicketRow)
        .where(TicketRow.state.in_((TicketState.WAITING.value, TicketState.OFFERED.value)))
        .order_by(TicketRow.priority, TicketRow.entered_at, TicketRow.id)
    )
    return (await session.execute(query)).scalars().all()


async def _count(session: AsyncSession, *states: TicketState, since: datetime) -> dict[str, int]:
    query = (
        select(TicketRow.queue, func.count())
        .where(TicketRow.state.in_([state.value for state in states]), TicketRow.entered_at >= since)
        .group_by(TicketRow.queue)
    )
    return dict((await session.execute(query)).all())
