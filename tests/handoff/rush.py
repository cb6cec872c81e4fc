"""A rush: many callers, fewer agents, all of them fickle, processes that die; and what must hold afterwards.

Run by a test for some seconds, and for ten minutes with the long measures.
"""

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice, pairwise
from pathlib import Path

from sqlalchemy import select

from tests.handoff.hall import Hall, card_for, open_hall, whisper
from tests.handoff.pages import KILLED, SETTINGS, WebProcess, show_pages
from voicebot.errors import RecordsUnavailable
from voicebot.handoff.agent_call import AgentCall
from voicebot.handoff.desk_offer import DeskOffer
from voicebot.handoff.models import OfferRow, OfferState, TicketKind, TicketRow, TicketState, WorkRow
from voicebot.handoff.overview import ALL_QUEUES
from voicebot.handoff.waiter import Waiter
from voicebot.records.database import Database
from voicebot.telephony.leg import CallLeg

QUEUES = ("waste", "revenues", "housing")
_MENDED_S = 15.0
_FORGOTTEN_S = 40.0
"""When for so long none of those who wait has come to anything, they are forgotten, however slow the machine is."""


async def _on_line(database: Database) -> bool:
    """Whether anybody is on the line, as far as the rows know."""
    on_line = (TicketState.WAITING.value, TicketState.OFFERED.value, TicketState.TALKING.value)
    query = select(TicketRow.id).where(TicketRow.kind == TicketKind.CALL.value, TicketRow.state.in_(on_line)).limit(1)
    async with database.session() as session:
        return (await session.execute(query)).first() is not None


@dataclass
class Result:
    """What a rush came to. Times are in seconds."""

    entered: int = 0
    joined: int = 0
    left: int = 0
    cut_off: int = 0
    rung_back: int = 0
    turned_away: int = 0
    """Told by the queue that it can't be looked after: the service takes them another way."""
    longest_wait: float = 0.0
    unaccounted: list[str] = field(default_factory=list)
    offered_twice: int = 0
    out_of_order: list[str] = field(default_factory=list)
    to_ring: list[float] = field(default_factory=list)
    to_join: list[float] = field(default_factory=list)


class Rush:
    """One rush in a hall."""

    def __init__(self, hall: Hall, callers: int, agents: int, seed: int, web: WebProcess | None = None) -> None:
        self.hall = hall
        self.result = Result()
        self.random = random.Random(seed)
        self._web = web
        self._callers = callers
        self._agents = [f"agent{number:02}" for number in range(agents)]
        self._over = False
        self._number = 0
        self._talking: set[str] = set()
        self._callbacks: set[asyncio.Task[None]] = set()
        self._killed = asyncio.Event()

    async def run(self, length_s: float) -> Result:
        """Keep ``callers`` waiting or talking for that long, then let the last ones be served."""
        for number, name in enumerate(self._agents):
            await self.hall.phone(f"sip:{name}@memory", self._agent_phone)
            await self.hall.agent(name, ALL_QUEUES if number % 2 else QUEUES[number % len(QUEUES)])
        self.hall.on_callback = self.hall.room.on_callback = self._call_back
        pages = asyncio.create_task(self._pages())
        callers = [asyncio.create_task(self._caller_after_caller()) for _ in range(self._callers)]
        await asyncio.gather(asyncio.sleep(length_s), self._kill(length_s))
        self._over = True
        await self._served(callers)
        pages.cancel()
        for end in await asyncio.gather(pages, return_exceptions=True):
            if isinstance(end, Exception):
                self.result.unaccounted.append(f"an agent's page broke: {end!r}")
        await self._account()
        return self.result

    async def _served(self, callers: "list[asyncio.Task[None]]") -> None:
        """Wait until the last callers have come to something; whoever has not is accounted for as forgotten."""
        waiting: set[asyncio.Task[None]] = set(callers)
        while waiting:
            done, waiting = await asyncio.wait(waiting, timeout=_FORGOTTEN_S, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                self.result.unaccounted.append(f"{len(waiting)} callers still wait")
                break
        for task in waiting:
            task.cancel()
        for end in await asyncio.gather(*callers, return_exceptions=True):
            if isinstance(end, Exception):
                self.result.unaccounted.append(f"a caller's session broke: {end!r}")

    async def _kill(self, length_s: float) -> None:
        """The web process dies twice, the media process once."""
        for part in ("web", "media", "web"):
            await asyncio.sleep(length_s / 4)
            if part == "media":
                await self.hall.kill_media()
                self._killed.set()
                self._killed = asyncio.Event()
            elif self._web is None:
                self.hall.web()
            else:
                await self._kill_web(self._web)

    async def _kill_web(self, web: WebProcess) -> None:
        status = await web.kill()
        if status != KILLED:
            self.result.unaccounted.append(f"the web process ended by itself: {status}")
        await web.start()

    async def _pages(self) -> None:
        if self._web is None:
            await show_pages(self._agents, lambda: self.hall.desk, self.random)
        else:
            await self._web.start()

    # agents

    async def _agent_phone(self, leg: CallLeg) -> None:
        """Answer mostly, press 1 or 2 or nothing, hang up at any time."""
        dice = self.random.random()
        await leg.ringing()
        if dice < 0.05:
            await leg.reject(486)
            return
        if dice < 0.08:
            await asyncio.sleep(1.5)  # not answered in time
            return
        await asyncio.sleep(self.random.uniform(0, 0.1))
        await leg.answer()
        if dice < 0.15:
            await asyncio.sleep(0.1)
            await leg.hangup()
            return
        key = "2" if dice < 0.3 else "1"
        for _ in range(30):
            await asyncio.sleep(0.05)
            if leg.end is not None:
                return
            await leg.send_keys(key)
        await leg.wait_ended()

    # callers

    async def _caller_after_caller(self) -> None:
        while not self._over:
            self._number += 1
            await self._caller(f"c{self._number:05}")

    async def _caller(self, call_id: str) -> None:
        hall, killed = self.hall, self._killed
        card = card_for(call_id, self.random.choice(QUEUES), self.random.choice(("normal",) * 8 + ("high", "urgent")))
        try:
            waiter = await hall.room.enter(card, f"01632{call_id[1:]}")
        except RecordsUnavailable:
            self.result.turned_away += 1
            return
        began = asyncio.get_running_loop().time()
        self.result.entered += 1
        if self.random.random() < 0.5:
            await waiter.agree(f"01632{call_id[1:]}")
        serving = asyncio.ensure_future(hall.serve(waiter, card))
        dead = asyncio.ensure_future(killed.wait())
        patience = self.random.uniform(0.5, 3.0) if self.random.random() < 0.1 else None
        await asyncio.wait((serving, dead), timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        dead.cancel()
        if killed.is_set():  # the media process has gone, and the line with it
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
            self.result.cut_off += 1
            return
        if not serving.done():
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
            await waiter.end(TicketState.LEFT, "abandoned")
            self.result.left += 1
            return
        try:
            joined = serving.result()
        except RecordsUnavailable:
            self.result.turned_away += 1
            await waiter.end(TicketState.MOVED, "nobody")
            return
        self.result.joined += 1
        self.result.longest_wait = max(self.result.longest_wait, asyncio.get_running_loop().time() - began)
        if joined.agent in self._talking:
            self.result.offered_twice += 1
        self._talking.add(joined.agent)
        await asyncio.wait((asyncio.ensure_future(joined.leg.wait_ended()),), timeout=self.random.uniform(0.2, 1.0))
        self._talking.discard(joined.agent)
        await joined.leg.hangup()
        await joined.offer.ended()
        await waiter.end(TicketState.DONE, "talked")

    def _call_back(self, offer: DeskOffer, waiter: Waiter) -> None:
        task = asyncio.ensure_future(self._ring_back(offer, waiter))
        self._callbacks.add(task)
        task.add_done_callback(self._callbacks.discard)

    async def _ring_back(self, offer: DeskOffer, waiter: Waiter) -> None:
        """The agent is rung; whether the caller is reached is a matter of dice."""
        hall = self.hall
        ring = AgentCall(offer, hall.line, hall.settings, whisper(), 8000, hall.attempts.append)
        leg = await ring.run(caller="", caller_name="", headers={})
        if leg is None:
            await waiter.let_go()
            return
        if self.random.random() < 0.5:
            await offer.joined(hall.clock(), "")
            await asyncio.sleep(0.1)
            self.result.rung_back += 1
            await offer.ended()
            await waiter.end(TicketState.DONE, "talked")
        else:
            await offer.ended()
            await waiter.not_reached("Rung back in vain")
        await leg.hangup()

    # afterwards

    async def _account(self) -> None:
        """Every caller must have come to something, and every offer must have gone to who was first."""
        database = Database(self.hall.url)
        # Nobody is on the line any more: whoever the dead process had is found within its patience.
        with suppress(TimeoutError):
            async with asyncio.timeout(_MENDED_S):
                while await _on_line(database):
                    await asyncio.sleep(0.1)
        async with database.session(alone=True) as session:
            tickets = (await session.execute(select(TicketRow))).scalars().all()
            offers = (await session.execute(select(OfferRow).order_by(OfferRow.made_at))).scalars().all()
            work = {row.call_id for row in (await session.execute(select(WorkRow))).scalars()}
        await database.close()
        offered = {offer.ticket_id for offer in offers if offer.ended_at is None}
        for ticket in tickets:
            in_hand = ticket.state == TicketState.OFFERED.value and ticket.id in offered
            rung_back = ticket.kind == TicketKind.CALLBACK.value and bool(ticket.number)
            waits = rung_back and (in_hand or ticket.state in (TicketState.WAITING.value, TicketState.TALKING.value))
            closed = ticket.state in (TicketState.DONE.value, TicketState.LEFT.value) or ticket.outcome == "nobody"
            if not (waits or closed or ticket.call_id in work):
                self.result.unaccounted.append(f"{ticket.call_id} {ticket.state} {ticket.outcome}")
        self._check_order(tickets, offers)
        self.result.to_ring = [
            (offer.rang_at - offer.made_at).total_seconds() for offer in offers if offer.rang_at is not None
        ]
        self.result.to_join = [
            (offer.joined_at - offer.accepted_at).total_seconds()
            for offer in offers
            if offer.joined_at and offer.accepted_at and offer.accepted_by == "key"
        ]

    def _check_order(self, tickets: Sequence[TicketRow], offers: Sequence[OfferRow]) -> None:
        by_ticket: dict[str, list[OfferRow]] = {}
        for offer in offers:
            by_ticket.setdefault(offer.ticket_id, []).append(offer)
        of = {ticket.id: ticket for ticket in tickets}
        for mine in by_ticket.values():
            for one, next_one in pairwise(mine):
                if one.ended_at is None or one.ended_at > next_one.made_at:
                    self.result.offered_twice += 1
        # Of the thousands of a long rush only those that were there at the time of an offer are looked at.
        came: dict[str, list[TicketRow]] = {}
        for ticket in sorted(tickets, key=lambda one: one.entered_at):
            came.setdefault(ticket.queue, []).append(ticket)
        gone: dict[str, int] = {}
        for offer in offers:  # in the order in which they were made
            ticket = of[offer.ticket_id]
            queue, start = came[ticket.queue], gone.get(ticket.queue, 0)
            while start < len(queue) and (ended := queue[start].ended_at) is not None and ended <= offer.made_at:
                start += 1
            gone[ticket.queue] = start
            for other in islice(queue, start, None):
                if other.entered_at >= offer.made_at:
                    break
                first = (other.priority, other.entered_at) < (ticket.priority, ticket.entered_at)
                if first and self._waited(other, by_ticket, offer):
                    self.result.out_of_order.append(f"{other.call_id} before {ticket.call_id}")

    @staticmethod
    def _waited(other: TicketRow, by_ticket: dict[str, list[OfferRow]], offer: OfferRow) -> bool:
        """Whether another ticket could have had the offer's agent at the moment at which it was made."""
        at = offer.made_at
        if other.entered_at >= at or (other.ended_at is not None and other.ended_at <= at):
            return False
        if other.kind == TicketKind.CALLBACK.value:
            return False  # rung back: it was off the line for a time that its row does not tell
        for one in by_ticket.get(other.id, ()):
            if one.made_at <= at and (one.ended_at is None or one.ended_at >= at or one.joined_at is not None):
                return False
            lately = one.ended_at is not None and one.ended_at <= at and at - one.ended_at < timedelta(seconds=2)
            if one.agent == offer.agent and lately:
                return False
        return at - other.entered_at > timedelta(seconds=0.5) and other.state != TicketState.MOVED.value


async def rush(
    folder: Path,
    *,
    length_s: float,
    callers: int = 50,
    agents: int = 20,
    seed: int = 1,
    url: str = "",
    processes: bool = False,
) -> Result:
    """Run one on the database at ``url``, or a file in ``folder``. With ``processes`` the agents' pages are in a
    process of their own, and what is killed is that."""
    async with open_hall(folder, SETTINGS.model_copy(), url=url) as hall:
        web = WebProcess(hall.url, [f"agent{number:02}" for number in range(agents)]) if processes else None
        try:
            return await Rush(hall, callers, agents, seed, web).run(length_s)
        finally:
            if web is not None:
                await web.kill()


def percentile(values: list[float], share: float) -> float:
    """The value below which that share lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


__all__ = ["OfferState", "Result", "percentile", "rush"]
