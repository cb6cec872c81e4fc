"""A hall of agents with phones in memory, callers who wait for them, and a desk on a real database.

The callers' side is the real waiting room, the real offers and real calls to agents' phones; only the talking between
bot and caller is left out.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voicebot.accounts.keys import utc_now
from voicebot.dialogue.acts import Fact
from voicebot.handoff.agent_call import AgentCall
from voicebot.handoff.card import Card, build_card
from voicebot.handoff.desk import Desk
from voicebot.handoff.desk_offer import DeskOffer
from voicebot.handoff.transfer import Attempt
from voicebot.handoff.waiter import Waiter
from voicebot.handoff.waiting_room import CallbackHandler, WaitingRoom
from voicebot.records.database import Database
from voicebot.records.store import RecordStore
from voicebot.settings import HandoffSettings
from voicebot.telephony.leg import CallLeg
from voicebot.telephony.memory import MemoryExchange, MemoryLine

WHISPER = np.full(800, 500, dtype=np.int16)


def card_for(call_id: str, queue: str = "waste", priority: str = "normal", facts: tuple[Fact, ...] = ()) -> Card:
    """A card with nothing but what routing looks at."""
    return build_card(
        call_id=call_id,
        reference=f"NV-{call_id}",
        queue=queue,
        priority=priority,
        reason="asked for a person",
        service="waste",
        need="human",
        topic="",
        facts=facts,
        caller="",
        emergency=None,
        references=(),
        answered=(),
        failures=(),
        transcript=(),
    )


def whisper() -> "asyncio.Future[NDArray[np.int16]]":
    """A whisper of a tenth of a second, rendered already."""
    made: asyncio.Future[NDArray[np.int16]] = asyncio.get_running_loop().create_future()
    made.set_result(WHISPER)
    return made


@dataclass
class Joined:
    """An agent has the caller."""

    leg: CallLeg
    agent: str
    offer: DeskOffer


@dataclass
class Hall:
    """Everything, on one database file. :meth:`web` and :meth:`media` may be made anew while calls go on."""

    url: str
    settings: HandoffSettings
    clock: Callable[[], datetime]
    look_s: float
    exchange: MemoryExchange = field(default_factory=MemoryExchange)
    attempts: list[Attempt] = field(default_factory=list)
    on_callback: CallbackHandler | None = None

    def __post_init__(self) -> None:
        self.line = MemoryLine(self.exchange, "sip:bot@memory")
        self._tasks: set[asyncio.Task[object]] = set()
        self._databases: list[Database] = []
        self.web()
        self.media()

    def _database(self) -> Database:
        database = Database(self.url)
        self._databases.append(database)
        return database

    def web(self) -> Desk:
        """Another web process's desk in place of the one before."""
        self.desk = Desk(self._database(), self.settings, now=self.clock)
        return self.desk

    def media(self) -> WaitingRoom:
        """Another media process's waiting room; the one before is left as it is."""
        self.room = WaitingRoom(self._database(), self.settings, now=self.clock, look_s=self.look_s)
        self.room.on_callback = self.on_callback
        self.room.start()
        return self.room

    async def kill_media(self) -> None:
        """The media process dies: nothing of it cleans up, and the next one begins."""
        await self.room.stop()
        self.media()

    async def tick(self) -> None:
        """The clock of all phones, four times as fast as it is."""
        while True:
            self.exchange.tick()
            await asyncio.sleep(0.005)

    async def close(self) -> None:
        """Let go of everything."""
        await self.room.stop()
        for task in tuple(self._tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        for database in self._databases:
            await database.close()

    async def phone(self, address: str, take: Callable[[CallLeg], object]) -> MemoryLine:
        """An agent's phone, answered by ``take``."""
        line = MemoryLine(self.exchange, address)
        await line.start(take)  # type: ignore[arg-type]
        return line

    async def agent(self, name: str, *queues: str, address: str = "") -> None:
        """An agent who has signed in and is available."""
        await self.desk.sign_in(name, name.capitalize())
        await self.desk.ring_at(name, address or f"sip:{name}@memory")
        if queues:
            await self.desk.serve(name, queues)
        await self.desk.become_available(name)

    async def serve(self, waiter: Waiter, card: Card) -> Joined:
        """Carry out offers until an agent has the caller. Raises RecordsUnavailable when the room gives up."""
        while True:
            offer = await waiter.next_offer()
            ring = AgentCall(offer, self.line, self.settings, whisper(), 8000, self.attempts.append)
            leg = await ring.run(caller="", caller_name="", headers={"User-to-User": card.user_to_user()})
            if leg is not None:
                await offer.joined(self.clock(), "")
                return Joined(leg, offer.agent, offer)


@asynccontextmanager
async def open_hall(folder: Path, settings: HandoffSettings | None = None, *, url: str = "") -> AsyncIterator[Hall]:
    """A hall on the database at ``url``, or a file in ``folder``, its phones ticking."""
    url = url or f"sqlite+aiosqlite:///{folder / 'hall.sqlite'}"
    store = RecordStore(url)
    await store.upgrade()
    await store.close()
    settings = settings or HandoffSettings(queues={}, ring_s=2.0, accept_s=2.0)
    hall = Hall(url, settings, utc_now, 0.02)
    ticking = asyncio.create_task(hall.tick())
    try:
        yield hall
    finally:
        ticking.cancel()
        with suppress(asyncio.CancelledError):
            await ticking
        await hall.close()
