"""The application on a real database, and a browser that keeps cookies and sends forms as a person's would."""

import asyncio
import re
import shutil
import socket
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from tests.accounts_helpers import PASSWORD, ROOT, Clock, cheap_passwords
from voicebot.accounts.account import Account
from voicebot.accounts.roles import Role
from voicebot.accounts.service import Accounts, open_accounts
from voicebot.records.store import RecordStore
from voicebot.settings import Settings
from voicebot.web.app import create_app
from voicebot.web.media_status import MediaStatus

PAGE = {"Accept": "text/html"}


class Line:
    """Media that is well."""

    async def status(self) -> MediaStatus | None:
        return MediaStatus(ready=True, calls=0, speech=True, dialogue=True)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "var", council="Norbury <Vale> Council")


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database in its newest state, made once: each test has a copy."""
    path = tmp_path_factory.mktemp("database") / "empty.sqlite"

    async def make() -> None:
        store = RecordStore(f"sqlite+aiosqlite:///{path}")
        await store.upgrade()
        await store.close()

    asyncio.run(make())
    return path


@pytest.fixture
async def store(settings: Settings, empty_database: Path) -> AsyncIterator[RecordStore]:
    settings.data.mkdir(parents=True, exist_ok=True)
    shutil.copy(empty_database, settings.data / "voicebot.sqlite")
    store = RecordStore(settings.database, busy_timeout_ms=50)
    yield store
    await store.close()


@pytest.fixture
def accounts(settings: Settings, store: RecordStore, clock: Clock) -> Accounts:
    return open_accounts(settings, store.database, now=clock, passwords=cheap_passwords())


@pytest.fixture
def site(settings: Settings, store: RecordStore, accounts: Accounts) -> Starlette:
    return create_app(settings, store, Line(), accounts)


class Browser(httpx.AsyncClient):
    """One person's browser: asks for pages, keeps cookies, does not follow redirects, raises what the site raises."""

    def __init__(self, site: Starlette, *, url: str = "http://web", address: str = "192.0.2.1") -> None:
        transport = httpx.ASGITransport(site, client=(address, 40000))
        super().__init__(transport=transport, base_url=url, headers=PAGE)

    async def token(self, path: str) -> str:
        """The CSRF token in the forms of a page."""
        return csrf_in((await self.get(path)).text)

    async def submit(
        self, path: str, data: dict[str, str | list[str]] | None = None, *, at: str = ""
    ) -> httpx.Response:
        """Send a form that stands on the page ``at`` (by default, on the page it is sent to)."""
        return await self.post(path, data={"csrf_token": await self.token(at or path), **(data or {})})

    async def sign_in(self, name: str, password: str = PASSWORD, **more: str) -> httpx.Response:
        return await self.submit("/sign-in", {"name": name, "password": password, **more})


def csrf_in(text: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]*)"', text)
    assert found is not None, "the page has no form"
    return unescape(found[1])


@pytest.fixture
async def browser(site: Starlette) -> AsyncIterator[Browser]:
    async with Browser(site) as browser:
        yield browser


@pytest.fixture
async def jane(accounts: Accounts) -> Account:
    """Somebody who may do nothing in particular."""
    return (await accounts.people.add(ROOT, "jane.burns", [Role.VIEWER], password=PASSWORD))[0]


@pytest.fixture
async def admin(accounts: Accounts) -> Account:
    """Somebody who manages accounts."""
    return (await accounts.people.add(ROOT, "ada", [Role.ADMIN], display_name="Ada Byrne", password=PASSWORD))[0]


@pytest.fixture
async def address(site: Starlette) -> AsyncIterator[str]:
    """Where the site is served, on a free port."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(site, log_config=None, lifespan="off", access_log=False, proxy_headers=False)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve([listener]))
    async with asyncio.timeout(10):
        while not server.started:
            await asyncio.sleep(0)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    await serving
