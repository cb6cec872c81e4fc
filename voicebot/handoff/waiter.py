"""One caller who waits for a person, as the session that has them on the line sees it."""

import asyncio
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from voicebot.errors import RecordsUnavailable
from voicebot.handoff.desk_offer import DeskOffer, Step
from voicebot.handoff.desk_state import give_up
from voicebot.handoff.distribution import hand_to_worklist
from voicebot.handoff.living import take_back
from voicebot.handoff.models import OfferRow, OfferState, TicketKind, TicketRow, TicketState
from voicebot.handoff.overview import Place

if TYPE_CHECKING:
    from voicebot.handoff.waiting_room import WaitingRoom

_WAITS = (TicketState.WAITING, TicketState.OFFERED)


class Waiter:
    """A place in a queue. ``card`` is what agents are shown (JSON); ``number`` is where a callback is made, which is
    all that is left of a caller who is not ``on_line``."""

    def __init__(
        self, room: "WaitingRoom", ticket_id: str, card: dict[str, Any], *, number: str = "", on_line: bool = True
    ) -> None:
        self.id = ticket_id
        self.card = card
        self.number = number
        self.on_line = on_line
        self._room = room
        self._offers: asyncio.Queue[DeskOffer | None] = asyncio.Queue()
        self._last: DeskOffer | None = None
        self._state = TicketState.WAITING

    def offered(self, offer: DeskOffer) -> None:
        """An agent is offered this caller (the room says so)."""
        self._last = offer
        self._offers.put_nowait(offer)

    def unattended(self) -> None:
        """The room can't look after the queue (it says so): whoever waits for an offer is told."""
        if self._offers.empty():
            self._offers.put_nowait(None)

    async def next_offer(self) -> DeskOffer:
        """Wait until an agent is offered this caller. Raises :class:`RecordsUnavailable` when nobody can be."""
        offer = await self._offers.get()
        if offer is None:
            raise RecordsUnavailable("the queue can't be looked after")
        return offer

    async def place(self) -> Place | None:
        """Where the caller stands; None when that can't be told now."""
        try:
            return await self._room.place(self.id)
        except RecordsUnavailable:
            return None

    async def show(self, card: dict[str, Any]) -> None:
        """The card has grown."""
        self.card = card
        await self._room.set_ticket(self.id, *_WAITS, card=card)

    async def agree(self, number: str) -> None:
        """The caller wants to be rung back at ``number`` should they be cut off."""
        self.number = number
        await self._room.set_ticket(self.id, *_WAITS, number=number[:64])

    async def keep_place(self, number: str) -> bool:
        """The caller hangs up and is rung back when it is their turn. False when they are being joined already."""
        values = {"kind": TicketKind.CALLBACK.value, "number": number[:64], "owner": ""}
        self._room.gone(self)  # before the row says so, or it would be taken back
        kept = await self._room.set_ticket(self.id, TicketState.WAITING, **values)
        if not kept:
            self._room.here(self)
        return kept

    async def hurry(self, queue: str, card: dict[str, Any]) -> None:
        """The caller is in danger: another queue, before all who are not."""
        self.card = card
        values = {"queue": queue, "overflow": "", "only_agent": "", "priority": 0, "tried": {}, "card": card}
        await self._room.set_ticket(self.id, *_WAITS, **values)

    async def was_cut_off(self) -> None:
        """The caller, who has agreed to be rung back, is off the line: they keep their place, and an offer that is out
        is withdrawn."""
        self._room.gone(self)
        await self._step_aside(kind=TicketKind.CALLBACK.value, state=TicketState.WAITING.value, owner="")

    async def serve_elsewhere(self) -> None:
        """The caller is rung through to a desk phone now: agents are not offered the call meanwhile."""
        self._state = TicketState.OFFERED
        await self._step_aside(state=TicketState.OFFERED.value)

    async def _step_aside(self, **values: object) -> None:
        """Withdraw an offer that is out, and change the ticket unless it is being talked to."""
        room = self._room

        async def step(session: AsyncSession) -> None:
            open_one = select(OfferRow).where(OfferRow.ticket_id == self.id, OfferRow.ended_at.is_(None))
            offer = (await session.execute(open_one)).scalar_one_or_none()
            if offer is not None:
                await give_up(session, offer, OfferState.WITHDRAWN, room.now())
            await session.flush()
            waits = TicketRow.state.in_([state.value for state in _WAITS])
            await session.execute(update(TicketRow).where(TicketRow.id == self.id, waits).values(**values))

        await room.write(step)

    async def talks(self) -> None:
        """A desk phone took the call."""
        self._state = TicketState.TALKING
        await self._room.set_ticket(self.id, *_WAITS, state=TicketState.TALKING.value)

    async def anybody(self) -> None:
        """Whom the caller was handed to by name did not take them: the queue does."""
        await self._room.set_ticket(self.id, *_WAITS, only_agent="")

    async def end(self, state: TicketState, outcome: str) -> None:
        """The caller no longer waits: they left, were served, or left a message. An offer that is out is withdrawn."""
        self._room.gone(self)
        await self._room.write(self.ending(state, outcome))

    def ending(self, state: TicketState, outcome: str) -> Step:
        """What :meth:`end` writes."""
        room = self._room

        async def step(session: AsyncSession) -> None:
            now = room.now()
            open_one = select(OfferRow).where(OfferRow.ticket_id == self.id, OfferRow.ended_at.is_(None))
            offer = (await session.execute(open_one)).scalar_one_or_none()
            if offer is not None and offer.state != OfferState.JOINED.value:
                await give_up(session, offer, OfferState.WITHDRAWN, now)
            ticket = await session.get(TicketRow, self.id, with_for_update=True)
            if ticket is not None and ticket.ended_at is None:
                ticket.state, ticket.ended_at, ticket.outcome, ticket.owner = state.value, now, outcome, ""

        return step

    async def let_go(self) -> None:
        """A callback that no agent took: any process may offer it next, unless one has done so already."""
        room = self._room

        async def step(session: AsyncSession) -> None:
            offered = select(OfferRow.ticket_id).where(OfferRow.ended_at.is_(None))
            waits = TicketRow.state.in_([state.value for state in _WAITS])
            mine = (TicketRow.id == self.id) & (TicketRow.owner == room.name) & waits
            free = {"state": TicketState.WAITING.value, "owner": ""}
            await session.execute(update(TicketRow).where(mine, TicketRow.id.not_in(offered)).values(**free))

        room.gone(self)
        await room.write(step)

    async def take_back(self) -> None:
        """Others took this process for dead, and the caller for cut off: they are still here."""
        room, offer = self._room, self._last
        if offer is not None and offer.talking:
            room.follow(offer)
            await offer.joined(offer.joined_at or room.now(), offer.recording)
            return
        taken = [True]

        async def step(session: AsyncSession) -> None:
            if room.has(self):
                taken[0] = await take_back(session, self.id, room.name, self._state, room.now())

        await room.write(step)
        if not taken[0]:
            self.unattended()

    async def not_reached(self, reason: str) -> None:
        """A callback was made in vain: try again later, or put it on the worklist."""
        room = self._room

        async def step(session: AsyncSession) -> None:
            now = room.now()
            ticket = await session.get(TicketRow, self.id, with_for_update=True)
            if ticket is None or ticket.ended_at is not None or ticket.owner not in ("", room.name):
                return
            ticket.calls_back += 1
            if ticket.only_agent:  # an agent does this by hand, from the worklist, and sees that it was in vain
                ticket.state, ticket.ended_at, ticket.outcome = TicketState.MOVED.value, now, "not_reached"
                return
            if ticket.calls_back >= room.settings.callback_tries:
                await hand_to_worklist(session, room.settings, ticket, reason, now)
                return
            ticket.state, ticket.owner = TicketState.WAITING.value, ""
            ticket.not_before = now + room.again_after

        room.gone(self)
        await room.write(step)
