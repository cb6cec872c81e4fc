"""A desk on a real SQLite file, and a clock that tests set."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete

from tests.handoff.two import Two
from tests.postgres_server import needs_server
from voicebot.handoff.desk import Desk
from voicebot.handoff.models import AgentRow, OfferRow, TicketRow, WorkRow
from voicebot.records.database import Database
from voicebot.records.store import RecordStore
from voicebot.settings import HandoffSettings


class Clock:
    """Wall-clock time that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The moment."""
        return self.at

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[RecordStore]:
    made = RecordStore(f"sqlite+aiosqlite:///{tmp_path / 'voicebot.sqlite'}")
    await made.upgrade()
    yield made
    await made.close()


@pytest.fixture
def handoff() -> HandoffSettings:
    return HandoffSettings(queues={"default": ("sip:desk@127.0.0.1:5070",)})


@pytest.fixture
def desk(store: RecordStore, handoff: HandoffSettings, clock: Clock) -> Desk:
    return Desk(store.database, handoff, now=clock)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=needs_server)])
async def database(request: pytest.FixtureRequest, store: RecordStore) -> AsyncIterator[Database]:
    """A desk's database without any rows, on either engine."""
    if request.param == "sqlite":
        yield store.database
        return
    on_server = RecordStore(request.getfixturevalue("server").url)
    await on_server.upgrade()
    async with on_server.database.session() as session:
        for table in (AgentRow, OfferRow, TicketRow, WorkRow):
            await session.execute(delete(table))
    yield on_server.database
    await on_server.close()


@pytest.fixture
def two(database: Database, clock: Clock) -> Two:
    return Two(database, clock)
