"""What calls ask of the outbox: whether a back office is late, and how a report stands there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from voicebot.errors import RecordsUnavailable
from voicebot.facts.wording import full_day
from voicebot.outbox.back_office import NAME
from voicebot.outbox.courier import WAITING
from voicebot.outbox.tables import BackOfficeRow, DeliveryRow
from voicebot.records.database import Database, RecordRejected
from voicebot.records.patience import within
from voicebot.settings import Settings

_EVERY_S = 2.0
_TIMEOUT_S = 0.7
"""A caller waits for it."""
_NOTES = 200


@dataclass(frozen=True, slots=True)
class Standing:
    """How a report stands in the system of the team that deals with it."""

    status: str
    notes: str = ""
    updated_on: date | None = None
    expected_on: date | None = None

    def sentence(self) -> str:
        """The same for the caller; empty when the system tells nothing that we don't know."""
        notes = f" They wrote: {self.notes[:_NOTES].rstrip(' .')}." if self.notes else ""
        if self.status == "closed":
            day = f" on {full_day(self.updated_on)}" if self.updated_on else ""
            return f"The team closed it{day}.{notes}"
        if self.expected_on:
            return f"The team has it, and expects to be done by {full_day(self.expected_on)}.{notes}"
        return f"The team has it.{notes}" if notes else ""


class BackOffices:
    """The back offices as calls see them. Without a database nothing is known and nothing is late."""

    def __init__(
        self,
        database: Database | None = None,
        kinds: frozenset[str] = frozenset(),
        *,
        timeout_s: float = _TIMEOUT_S,
    ) -> None:
        self._database = database
        self._timeout_s = timeout_s
        self._kinds = kinds
        self._late = False

    def is_late(self, kind: str) -> bool:
        """Whether reports of this kind wait for a system that does not answer."""
        return self._late and kind in self._kinds

    async def standing(self, reference: str) -> Standing | None:
        """How a report stands, if its team's system has told. Never waits long, never raises."""
        if self._database is None:
            return None
        try:
            row = await within(self._timeout_s, self._row(self._database, reference))
        except (RecordsUnavailable, RecordRejected, TimeoutError):
            return None
        return Standing(row.status, row.notes, row.updated_on, row.expected_on) if row is not None else None

    @staticmethod
    async def _row(database: Database, reference: str) -> BackOfficeRow | None:
        async with database.session() as session:
            return await session.get(BackOfficeRow, reference)

    async def refresh(self) -> None:
        """See whether anything waits that was tried and not taken."""
        if self._database is None:
            return
        waiting = (DeliveryRow.destination == NAME, DeliveryRow.state == WAITING, DeliveryRow.problem != "")
        with suppress(RecordsUnavailable, RecordRejected):
            async with self._database.session() as session:
                query = select(func.count()).select_from(DeliveryRow).where(*waiting)
                self._late = bool((await session.execute(query)).scalar())

    async def run(self, every_s: float = _EVERY_S) -> None:
        """Look until cancelled."""
        while True:
            await self.refresh()
            await asyncio.sleep(every_s)


@asynccontextmanager
async def open_back_offices(settings: Settings) -> AsyncIterator[BackOffices]:
    """The back offices for as long as the block lasts."""
    if not settings.open311.endpoint:
        yield BackOffices()
        return
    database = Database(settings.database, busy_timeout_ms=500)
    offices = BackOffices(database, frozenset(settings.open311.services))
    looking = asyncio.create_task(offices.run(), name="back-offices")
    try:
        yield offices
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking
        await database.close()
