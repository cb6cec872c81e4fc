"""A store on a real SQLite file."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from voicebot.records.store import RecordStore


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'db' / 'voicebot.sqlite'}"


@pytest.fixture
async def store(database: str) -> AsyncIterator[RecordStore]:
    store = RecordStore(database, busy_timeout_ms=50)
    await store.upgrade()
    yield store
    await store.close()
