"""Empties the outbox: every destination gets what it wants, at least once, tried again for as long as it takes.

What is due is claimed in a transaction of its own before it is sent: of several couriers one sends it, and if that one
dies the claim runs out and another does. A receiver that got it then gets it again, with the same id.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select, update

from voicebot.accounts.keys import utc_now
from voicebot.errors import RecordsUnavailable
from voicebot.outbox.destination import Destination, NotNow, Refused, Told
from voicebot.outbox.tables import DeliveryRow, OutboxRow
from voicebot.records.database import Database

log = structlog.get_logger(__name__)

WAITING, SENT, GIVEN_UP = "waiting", "sent", "given_up"

_BATCH = 20
_CLAIM = timedelta(minutes=2)
"""Longer than any delivery may take."""
_FIRST_WAIT_S = 5.0
_LONGEST_WAIT_S = 3600.0
_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class _Claimed:
    delivery: int
    told: Told


def wait_after(attempts: int, chance: float) -> float:
    """Seconds until the next attempt: doubled each time up to an hour, spread by ``chance`` (0 to 1) over a fifth."""
    return float(min(_FIRST_WAIT_S * 2 ** (attempts - 1), _LONGEST_WAIT_S) * (1 + chance / 5))


class Courier:
    """Delivers to ``destinations``; gives up on what is older than ``give_up`` and says so in the log."""

    def __init__(
        self,
        database: Database,
        destinations: Sequence[Destination],
        *,
        give_up: timedelta = timedelta(days=7),
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._destinations = {destination.name: destination for destination in destinations}
        self._give_up = give_up
        self._now = now

    async def run(self, every_s: float = _EVERY_S) -> None:
        """Deliver until cancelled. A database that is away is tried again."""
        while True:
            try:
                busy = await self.round()
            except RecordsUnavailable as error:
                log.debug("outbox.database_away", error=type(error).__name__)
                busy = 0
            if not busy:
                await asyncio.sleep(every_s)

    async def round(self) -> int:
        """Deliver what is due now, to all destinations at once; how many attempts that were."""
        await self._spread()
        done = await asyncio.gather(*(self._deliver(each) for each in self._destinations.values()))
        return sum(done)

    async def _spread(self) -> None:
        """Give every destination its own row of what it wants to know."""
        async with self._database.session(alone=True) as session:
            query = select(OutboxRow).where(OutboxRow.spread.is_(False)).order_by(OutboxRow.id).limit(_BATCH * 5)
            for row in (await session.execute(query.with_for_update(skip_locked=True))).scalars():
                row.spread = True
                for destination in self._destinations.values():
                    if destination.wants(row.kind, row.payload):
                        session.add(
                            DeliveryRow(
                                outbox_id=row.id,
                                destination=destination.name,
                                state=WAITING,
                                attempts=0,
                                due_at=row.at,
                                problem="",
                                answer={},
                            )
                        )

    async def _deliver(self, destination: Destination) -> int:
        claimed = await self._claim(destination.name)
        for number, each in enumerate(claimed):
            try:
                answer = await destination.deliver(each.told)
            except Refused as refusal:
                log.warning("outbox.refused", destination=destination.name, kind=each.told.kind, id=each.told.uid)
                await self._end(each.delivery, GIVEN_UP, str(refusal))
            except NotNow as problem:
                await self._later(each, problem)
                # The receiver is down: the others wait as long, and are not counted as tried.
                await self._release([other.delivery for other in claimed[number + 1 :]])
                return number + 1
            else:
                await self._end(each.delivery, SENT, "", answer)
        return len(claimed)

    async def _claim(self, name: str) -> list[_Claimed]:
        now = self._now()
        async with self._database.session(alone=True) as session:
            query = (
                select(DeliveryRow, OutboxRow)
                .join(OutboxRow, OutboxRow.id == DeliveryRow.outbox_id)
                .where(DeliveryRow.destination == name, DeliveryRow.state == WAITING, DeliveryRow.due_at <= now)
                .order_by(DeliveryRow.outbox_id)
                .limit(_BATCH)
                .with_for_update(skip_locked=True, of=DeliveryRow)
            )
            claimed = []
            for delivery, row in await session.execute(query):
                delivery.due_at = now + _CLAIM
                delivery.attempts += 1
                told = Told(row.uid, row.kind, row.payload, row.call_id, row.at, delivery.attempts)
                claimed.append(_Claimed(delivery.id, told))
            return claimed

    async def _later(self, claimed: _Claimed, problem: NotNow) -> None:
        now = self._now()
        if now - claimed.told.at > self._give_up:
            log.error("outbox.given_up", kind=claimed.told.kind, id=claimed.told.uid, problem=str(problem))
            await self._end(claimed.delivery, GIVEN_UP, str(problem))
            return
        wait = max(wait_after(claimed.told.attempt, random.random()), problem.wait_s)
        await self._set(claimed.delivery, due_at=now + timedelta(seconds=wait), problem=str(problem)[:200])

    async def _release(self, deliveries: Sequence[int]) -> None:
        due = self._now() + timedelta(seconds=_FIRST_WAIT_S)
        async with self._database.session() as session:
            await session.execute(
                update(DeliveryRow)
                .where(DeliveryRow.id.in_(deliveries))
                .values(due_at=due, attempts=DeliveryRow.attempts - 1)
            )

    async def _end(self, delivery: int, state: str, problem: str, answer: object = None) -> None:
        await self._set(delivery, state=state, done_at=self._now(), problem=problem[:200], answer=answer or {})

    async def _set(self, delivery: int, **values: object) -> None:
        async with self._database.session() as session:
            await session.execute(update(DeliveryRow).where(DeliveryRow.id == delivery).values(**values))
