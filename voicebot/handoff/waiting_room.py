"""The media process's side of the desk: its callers who wait, what they are offered, what agents want done.

The desk's rows are looked at every 100 ms while somebody waits or talks here: one small read unless something changed.
Rows serve every host and outlive every process, which a socket between the two processes would not; the price is a
tenth of a second, and an agent's own key on the phone does not pay it.

While the database is away, what was to be written is owed and written later in its order; callers who wait are told by
:class:`~voicebot.errors.RecordsUnavailable` from :meth:`Waiter.next_offer` and go another way.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from voicebot.accounts.audit import Audit
from voicebot.accounts.keys import new_id, utc_now
from voicebot.errors import RecordsUnavailable
from voicebot.handoff.bypass import Bypass
from voicebot.handoff.card import Card
from voicebot.handoff.desk_offer import Command, DeskOffer, Step
from voicebot.handoff.desk_state import bump, changed
from voicebot.handoff.desk_views import priority_number
from voicebot.handoff.distribution import Distribution
from voicebot.handoff.living import say_alive
from voicebot.handoff.models import (
    CommandRow,
    OfferRow,
    OfferState,
    TicketKind,
    TicketRow,
    TicketState,
    VersionRow,
)
from voicebot.handoff.overview import Overview, Place
from voicebot.handoff.waiter import Waiter
from voicebot.handoff.worklist import Worklist
from voicebot.records.database import Database, RecordRejected
from voicebot.settings import HandoffSettings, Settings

log = structlog.get_logger(__name__)

LOOK_S = 0.1
# The rest is counted in looks.
_IDLE = 10
_ANYWAY = 5
"""Even where nothing has changed: time alone opens overflow queues and lets agents be tried again."""
_HEARTBEAT = 20
_MEND = 30
_PATIENCE = 100
"""A media process that has not been heard of for that long is dead, and its callers are off the line."""
_MOST_TRUST = 3
"""However often this process is held up, the dead are found after so many times that time."""
_ANSWER_S = 5.0
"""A database that takes longer for one statement is away, as far as people who wait on the line are concerned."""
_DOWN = 50
"""The database may be away that long before callers who wait go another way."""

CallbackHandler = Callable[[DeskOffer, "Waiter"], None]


class WaitingRoom:
    """One media process's part of the queues. ``name`` tells it from all others that there are or were."""

    def __init__(
        self,
        database: Database,
        settings: HandoffSettings,
        *,
        now: Callable[[], datetime] = utc_now,
        look_s: float = LOOK_S,
    ) -> None:
        self.name = new_id()
        self.now = now
        self.settings = settings
        self.bypassed = False
        """Whether every call goes straight to people, as of the last second in which the database answered."""
        self.on_callback: CallbackHandler | None = None
        """Called with each callback that an agent here is offered; the caller is to be rung after the acceptance."""
        self._database = database
        self._look_s = look_s
        patience = timedelta(seconds=_PATIENCE * look_s)
        self._distribution = Distribution(database, settings, now=now, patience=patience)
        self._worklist = Worklist(database, settings, now=now)
        self._overview = Overview(settings)
        self._bypass = Bypass(database, Audit(database, now), now=now)
        self._waiters: dict[str, Waiter] = {}
        self._offers: dict[str, DeskOffer] = {}
        self._owed: list[Step] = []
        self._writing = asyncio.Lock()
        """One writer of this process at a time: SQLite lets those who collide wait for longer than writing takes."""
        self._wake = asyncio.Event()
        self._version = -1
        self._down_since: float | None = None
        self._due = {"look": 0.0, "beat": 0.0, "mend": 0.0}
        self._ticked_at: datetime | None = None
        self._trusting_since: float | None = None
        self._trusting_until = 0.0
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    # life

    def start(self) -> None:
        """Begin to look after the queues."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="waiting-room")

    async def stop(self) -> None:
        """Stop looking; what waits here is mended by the next process."""
        if self._task is not None:
            self._stopping = True
            self._wake.set()
            await self._task
            self._task = None

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._stopping:
            self._wake.clear()
            try:
                await self._tick(loop.time())
                self._down_since = None
            except (RecordsUnavailable, RecordRejected) as error:
                self._is_down(loop.time(), error)
            except Exception:
                # A defect must not leave everybody who waits here unlooked after.
                log.exception("waiting_room.defect")
                self._is_down(loop.time(), None)
            wait = self._look_s if self._waiters or self._offers or self._owed else _IDLE * self._look_s
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._wake.wait()

    def _is_down(self, now: float, error: Exception | None) -> None:
        if self._down_since is None:
            self._down_since = now
            log.warning("waiting_room.database_away", error=type(error).__name__)
        self._due["beat"] = 0.0
        self._trusting_since = None  # of the time for which the database is away, none is theirs
        self._trust(now)
        if now - self._down_since >= _DOWN * self._look_s:
            for waiter in self._waiters.values():
                waiter.unattended()

    def _trust(self, now: float) -> None:
        """After an outage, or a time for which the whole machine stood still, all are given time to say that they live
        before any are taken for dead; not for ever, should it go on like that."""
        if self._trusting_since is None:
            self._trusting_since = now
        patience = _PATIENCE * self._look_s
        self._trusting_until = min(now + patience, self._trusting_since + _MOST_TRUST * patience)

    def _was_held_up(self) -> bool:
        """Whether it is so long ago that this process looked that all others may seem dead to it."""
        before, self._ticked_at = self._ticked_at, self.now()
        return before is not None and abs(self._ticked_at - before) > timedelta(seconds=_PATIENCE * self._look_s / 2)

    async def _tick(self, now: float) -> None:
        if self._was_held_up():
            self._trust(now)
        await self._pay()
        if now >= self._due["beat"]:
            self._due["beat"] = now + _HEARTBEAT * self._look_s
            await self._beat()
        trusting = now < self._trusting_until
        if now >= self._due["mend"] and not trusting:
            self._due["mend"] = now + _MEND * self._look_s
            self._trusting_since = None
            async with self._writing:
                await self._distribution.mend(self._waiters.keys())
                await self._worklist.take_over()
        async with self._database.session() as session:
            version = (await session.execute(select(VersionRow.version))).scalar_one()
        if version == self._version and now < self._due["look"]:
            return
        self._due["look"] = now + _ANYWAY * self._look_s
        async with self._writing:
            made = await self._distribution.round(
                self.name, mine=self._waiters.keys(), callbacks=self.on_callback is not None, trusting=trusting
            )
        version += 1 if made else 0
        self._version = version
        await self._look()
        self.bypassed = (await self._bypass.state()).on

    async def _beat(self) -> None:
        if not self._waiters:
            return
        # Alone, because others would lock so many rows in another order.
        async with self._writing, self._database.session(alone=True) as session:
            lost = await say_alive(session, self.name, tuple(self._waiters), self.now())
        for waiter in [self._waiters[each] for each in lost if each in self._waiters]:
            if waiter.on_line and self.has(waiter):
                await waiter.take_back()

    async def _look(self) -> None:
        """Tell callers and calls what agents have done."""
        async with self._database.session() as session:
            mine = (OfferRow.owner == self.name) & (OfferRow.ended_at.is_(None) | OfferRow.id.in_(self._offers))
            rows = (await session.execute(select(OfferRow).where(mine))).scalars().all()
            for row in rows:
                await self._learn(session, row)
            if self._offers:
                await self._take_commands(session)

    async def _learn(self, session: AsyncSession, row: OfferRow) -> None:
        offer = self._offers.get(row.id)
        if offer is None:
            if row.ended_at is not None:
                return
            waiter = self._waiters.get(row.ticket_id)
            if waiter is None or not waiter.on_line:  # each offer of a callback is a run of its own
                ticket = await session.get(TicketRow, row.ticket_id)
                if ticket is None or ticket.kind != TicketKind.CALLBACK.value or self.on_callback is None:
                    return  # somebody who has just hung up
                waiter = Waiter(self, ticket.id, ticket.card, number=ticket.number, on_line=False)
                self.here(waiter)
            offer = self._offers[row.id] = DeskOffer(row.id, row.ticket_id, row.agent, row.address, row.made_at, self)
            if not waiter.on_line and self.on_callback is not None:
                self.on_callback(offer, waiter)
            waiter.offered(offer)
        offer.learn(OfferState(row.state), seen=row.seen_at is not None, over=row.ended_at is not None)
        if row.ended_at is not None:
            del self._offers[row.id]

    async def _take_commands(self, session: AsyncSession) -> None:
        query = (
            select(CommandRow)
            .where(CommandRow.owner == self.name, CommandRow.taken_at.is_(None))
            .order_by(CommandRow.id)
        )
        for row in (await session.execute(query)).scalars().all():
            offer = self._offers.get(row.offer_id)
            row.taken_at = self.now()
            if offer is None:
                row.result = "The call is over"
            else:
                offer.commands.put_nowait(Command(row.id, row.kind, dict(row.args), row.by))

    # writing

    async def write(self, step: Step) -> bool:
        """Carry out a step on the rows now, or as soon as the database is back: False when it must wait."""
        self._owed.append(step)
        try:
            await self._pay()
        except RecordsUnavailable:
            return False
        finally:
            self._wake.set()
        return True

    async def _pay(self) -> None:
        async with self._writing:
            while self._owed:
                step = self._owed[0]
                try:
                    async with self._database.session(alone=True) as session:
                        await step(session)
                        await session.flush()
                        await bump(session)
                except RecordRejected as error:
                    log.error("waiting_room.rejected", error=str(error))
                self._owed.pop(0)

    async def ask(self, question: Callable[[AsyncSession], Awaitable[bool]]) -> bool:
        """A step that may be refused: True when it was carried out, also when the database can't be asked, because a
        caller and an agent who are both there are not kept apart for its sake."""
        try:
            await self._pay()
            async with self._writing, self._database.session(alone=True) as session:
                done = await question(session)
                await session.flush()
                await bump(session)
                return done
        except RecordsUnavailable:
            return True

    # callers

    async def enter(self, card: Card, caller: str, *, only_agent: str = "") -> Waiter:
        """Put a caller into their queue. Raises :class:`RecordsUnavailable`."""
        row = TicketRow(
            id=new_id(),
            call_id=card.call_id,
            reference=card.reference,
            kind=TicketKind.CALL.value,
            state=TicketState.WAITING.value,
            queue=card.queue,
            overflow="",
            priority=priority_number(card.priority),
            owner=self.name,
            caller=caller[:256],
            only_agent=only_agent,
            tried={},
            number="",
            calls_back=0,
            card=card.as_json(),
            outcome="",
        )
        waiter = Waiter(self, row.id, row.card)
        try:
            async with self._writing:
                before = tuple(self._waiters)
                self.here(waiter)  # at once: others may offer the caller before we hear that the row is kept
                async with self._database.session(alone=True) as session:
                    row.entered_at = row.owner_seen_at = self.now()
                    await say_alive(session, self.name, before, row.entered_at)
                    session.add(row)
                    await session.flush()
                    await bump(session)
        except BaseException:
            # Whoever would not wait for the answer, or got none, may have been entered all the same.
            self._owed.append(waiter.ending(TicketState.LEFT, "not_entered"))
            self.gone(waiter)
            raise
        finally:
            self._due["look"] = 0.0
            self._wake.set()
        return waiter

    @property
    def again_after(self) -> timedelta:
        """How long after a callback in vain the next one is made."""
        return timedelta(minutes=self.settings.callback_again_minutes)

    async def place(self, ticket_id: str) -> Place | None:
        """Where a ticket stands. Raises :class:`RecordsUnavailable`."""
        async with self._database.session() as session:
            ticket = await session.get(TicketRow, ticket_id)
            return await self._overview.place(session, ticket, self.now()) if ticket is not None else None

    def here(self, waiter: Waiter) -> None:
        """Somebody is looked after here from now on."""
        self._waiters[waiter.id] = waiter

    def has(self, waiter: Waiter) -> bool:
        """Whether they are still looked after here."""
        return self._waiters.get(waiter.id) is waiter

    def gone(self, waiter: Waiter) -> None:
        """They are not looked after here any more."""
        if self.has(waiter):
            del self._waiters[waiter.id]

    def follow(self, offer: DeskOffer) -> None:
        """An offer that the rows say is over goes on: what agents want done with the call is theirs to hear."""
        self._offers[offer.id] = offer

    async def set_ticket(self, ticket_id: str, *states: TicketState, **values: Any) -> bool:
        """Change a ticket in one of some states, now or as soon as the database is back."""
        result = [True]

        async def step(session: AsyncSession) -> None:
            wanted = (TicketRow.id == ticket_id) & TicketRow.state.in_([state.value for state in states])
            result[0] = await changed(session, update(TicketRow).where(wanted).values(**values))

        await self.write(step)
        return result[0]


@asynccontextmanager
async def open_room(settings: Settings) -> AsyncIterator[WaitingRoom]:
    """A waiting room on the service's database, looked after for as long as the block lasts."""
    database = Database(settings.database, answer_s=_ANSWER_S)
    room = WaitingRoom(database, settings.handoff)
    room.start()
    try:
        yield room
    finally:
        await room.stop()
        await database.close()
