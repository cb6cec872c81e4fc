"""The other systems as a server process, and a database whose outbox is emptied into them."""

import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from voicebot.records.database import Database

ROOT = Path(__file__).parents[2]


class Peers:
    """The running server process."""

    def __init__(self, url: str) -> None:
        self.url = url

    def play(self, **wanted: Any) -> None:
        """Say how they are to behave from now on."""
        httpx.post(f"{self.url}/_play", json=wanted, timeout=20).raise_for_status()

    def seen(self, peer: str) -> list[dict[str, Any]]:
        """What one of them got."""
        found: list[dict[str, Any]] = self._state()["seen"].get(peer, [])
        return found

    def sent(self) -> list[dict[str, Any]]:
        """What Notify took."""
        found: list[dict[str, Any]] = self._state()["sent"]
        return found

    def _state(self) -> dict[str, Any]:
        state: dict[str, Any] = httpx.get(f"{self.url}/_seen", timeout=20).json()
        return state


@pytest.fixture(scope="session")
def process() -> Iterator[str]:
    """Its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = subprocess.Popen([sys.executable, "-m", "tests.outbox.peers", str(port)], cwd=ROOT)
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and server.poll() is None:
            with suppress(httpx.HTTPError):
                httpx.get(f"{url}/_seen", timeout=5)
                break
            time.sleep(0.05)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=20)


@pytest.fixture
def peers(process: str) -> Peers:
    """The other systems, with nothing remembered."""
    peers = Peers(process)
    peers.play(forget=True)
    return peers


class Clock:
    """A clock that stands until it is moved on."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def on(self, **time: float) -> None:
        """Move it on."""
        self.now += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """A database with its tables."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'voicebot.sqlite'}")
    await database.upgrade()
    yield database
    await database.close()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(follow_redirects=False) as client:
        yield client
