"""Two media processes that do only what a test tells them, on one database of either engine."""

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from tests.handoff.hall import card_for
from voicebot.handoff.desk import Desk
from voicebot.handoff.desk_offer import DeskOffer
from voicebot.handoff.distribution import Distribution
from voicebot.handoff.models import AgentState, OfferState, TicketRow
from voicebot.handoff.waiter import Waiter
from voicebot.handoff.waiting_room import WaitingRoom
from voicebot.records.database import Database
from voicebot.settings import HandoffSettings

if TYPE_CHECKING:
    from tests.handoff.conftest import Clock

SETTINGS = HandoffSettings(queues={}, ring_s=20.0, accept_s=15.0, again_s=0.0, presence_s=1000.0)
PATIENCE = timedelta(seconds=10)


class Two:
    """Two media processes that do only what a test tells them, and a desk, on one database."""

    def __init__(self, database: Database, clock: "Clock") -> None:
        self.database = database
        self.clock = clock
        self.desk = Desk(database, SETTINGS, now=clock)
        self.first, self.second = (WaitingRoom(database, SETTINGS, now=clock) for _ in range(2))
        self.distribution = Distribution(database, SETTINGS, patience=PATIENCE, now=clock)

    async def agents(self, *names: str) -> None:
        """Agents who have signed in and are available, the first of them for longest."""
        for name in names:
            await self.desk.sign_in(name, name.capitalize())
            await self.desk.become_available(name)
            self.clock.forward(0.001)

    async def waits(self, call_id: str = "c1", *, room: WaitingRoom | None = None) -> Waiter:
        """A caller who waits at a process, by default the first."""
        self.clock.forward(0.001)  # who comes later is later
        return await (room or self.first).enter(card_for(call_id), "01632960001")

    async def offered(self, waiter: Waiter, *, room: WaitingRoom | None = None) -> DeskOffer:
        """The offer that a round makes of a caller, as the caller's process sees it."""
        room = room or self.first
        assert await self.distribution.round(room.name, callbacks=True) == 1
        await room._look()
        return await asyncio.wait_for(waiter.next_offer(), 10)

    async def begins_callbacks(self, room: WaitingRoom) -> list[tuple[DeskOffer, Waiter]]:
        """The callback that a round gives a process to carry out; those that it begins later are added to the list."""
        begun: list[tuple[DeskOffer, Waiter]] = []
        room.on_callback = lambda offer, waiter: begun.append((offer, waiter))
        assert await self.distribution.round(room.name, callbacks=True) == 1
        await room._look()
        return begun

    async def row(self, waiter: Waiter) -> TicketRow:
        """A caller's row as it is now."""
        async with self.database.session() as session:
            return (await session.execute(select(TicketRow).where(TicketRow.id == waiter.id))).scalar_one()

    async def state(self, offer: DeskOffer) -> OfferState:
        """An offer's state as it is now."""
        view = await self.desk.offer(offer.id)
        assert view is not None
        return view.state

    async def presence(self, agent: str) -> AgentState:
        """An agent's state as it is now."""
        presence = await self.desk.presence(agent)
        assert presence is not None
        return presence.state
