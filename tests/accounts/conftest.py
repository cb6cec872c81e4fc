"""Accounts on a real SQLite file, and again on a real PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.accounts_helpers import Clock, cheap_passwords
from tests.postgres_server import needs_server
from voicebot.accounts.passwords import Passwords
from voicebot.accounts.service import Accounts, open_accounts
from voicebot.records.database import Database
from voicebot.settings import Settings


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=needs_server)])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    postgres = request.param == "postgresql"
    url = request.getfixturevalue("server").url if postgres else f"sqlite+aiosqlite:///{tmp_path / 'voicebot.sqlite'}"
    database = Database(url)
    await database.upgrade()
    yield database
    if postgres:
        async with database.session() as session:
            await session.execute(text("TRUNCATE accounts, api_tokens, throttles, audit RESTART IDENTITY CASCADE"))
    await database.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def passwords() -> Passwords:
    return cheap_passwords()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "var")


@pytest.fixture
def accounts(settings: Settings, database: Database, clock: Clock, passwords: Passwords) -> Accounts:
    return open_accounts(settings, database, now=clock, passwords=passwords)
