"""Facts over a real SQLite database."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from voicebot.facts.defaults import round_the_clock
from voicebot.facts.model import CouncilFacts, load_defaults
from voicebot.facts.store import FactsStore
from voicebot.records.database import Database

PROJECT = Path(__file__).parents[2] / "dialogues"
NOW = datetime(2026, 11, 25, 20, 0, tzinfo=UTC)
"""A Wednesday evening."""


@pytest.fixture(scope="session")
def defaults() -> CouncilFacts:
    """The example council's facts, as they hold during a trial."""
    return round_the_clock(load_defaults(PROJECT))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """A database with its tables."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'voicebot.sqlite'}", busy_timeout_ms=50)
    await database.upgrade()
    yield database
    await database.close()


@pytest.fixture
def store(database: Database, defaults: CouncilFacts) -> FactsStore:
    """The facts in it."""
    return FactsStore(database, defaults, lambda: NOW)
