"""Who may use the browser phone, and that what its page says reaches the media process and comes back.

The web process and the media process's socket are real; behind the socket stands an echo.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest
import uvicorn
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.accounts_helpers import PASSWORD, ROOT
from tests.web.conftest import Browser
from voicebot.accounts.roles import Role
from voicebot.accounts.service import Accounts
from voicebot.errors import ConfigurationError
from voicebot.settings import Settings
from voicebot.telephony.webrtc.page_socket import LOST, PATH, PERSON, TAKES_CALLS, VERSION
from voicebot.web import phone
from voicebot.web.phone_links import PhoneLinks


@dataclass
class Echo:
    """The media process's side: says back who is there and what they say, and keeps the code they left with."""

    left: "asyncio.Queue[int]" = field(default_factory=asyncio.Queue)

    async def serve(self, socket: WebSocket) -> None:
        await socket.accept()
        person = {"person": socket.headers[PERSON], "takes_calls": socket.headers[TAKES_CALLS]}
        if socket.headers[VERSION]:
            person["version"] = socket.headers[VERSION]
        await socket.send_text(json.dumps(person))
        try:
            while True:
                await socket.send_text(await socket.receive_text())
        except WebSocketDisconnect as gone:
            self.left.put_nowait(gone.code)


@asynccontextmanager
async def serving(app: Starlette, **where: object) -> AsyncIterator[uvicorn.Server]:
    config = uvicorn.Config(app, log_config=None, lifespan="off", ws="websockets-sansio", **where)  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield server
    finally:
        server.should_exit = True
        await task


@dataclass
class World:
    """A running site and its media process."""

    address: str
    echo: Echo

    @asynccontextmanager
    async def page(self, cookies: str = "", origin: str = "", query: str = "") -> AsyncIterator[ClientConnection]:
        """The WebSocket of a page."""
        headers = {"Cookie": cookies, "Origin": origin or f"http://{self.address}"}
        async with connect(f"ws://{self.address}/phone/socket{query}", additional_headers=headers) as socket:
            yield socket


@pytest.fixture
async def world(site: Starlette, settings: Settings) -> AsyncIterator[World]:
    echo = Echo()
    settings.media_socket.parent.mkdir(parents=True, exist_ok=True)
    media = Starlette(routes=[WebSocketRoute(PATH, echo.serve)])
    async with (
        serving(media, uds=str(settings.media_socket)),
        serving(site, host="127.0.0.1", port=0) as web,
    ):
        port = web.servers[0].sockets[0].getsockname()[1]
        yield World(f"127.0.0.1:{port}", echo)


async def cookies_of(site: Starlette, accounts: Accounts, *roles: Role) -> str:
    """Those of somebody with these roles who has just signed in."""
    await accounts.people.add(ROOT, "jane", roles, password=PASSWORD)
    async with Browser(site) as browser:
        assert (await browser.sign_in("jane")).status_code == 303
        return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


async def test_the_page_is_for_who_is_signed_in_with_a_role(site: Starlette, accounts: Accounts) -> None:
    async with Browser(site) as browser:
        refused = await browser.get("/phone/")
        assert (refused.status_code, refused.headers["location"]) == (303, "/sign-in?next=%2Fphone%2F")
        await accounts.people.add(ROOT, "tom", (), password=PASSWORD)
        await browser.sign_in("tom")
        assert (await browser.get("/phone/")).status_code == 403
    async with Browser(site) as browser:
        await accounts.people.add(ROOT, "jane", [Role.AGENT], password=PASSWORD)
        await browser.sign_in("jane")
        shown = await browser.get("/phone/")
    assert shown.status_code == 200
    assert 'data-person="jane"' in shown.text
    assert 'data-takes-calls="yes"' in shown.text
    assert "<script>" not in shown.text and " style=" not in shown.text
    assert "microphone=(self)" in shown.headers["permissions-policy"]


async def test_a_link_lets_somebody_in_until_it_is_over(site: Starlette, settings: Settings) -> None:
    moment = 1_000_000.0
    links = PhoneLinks(settings, now=lambda: moment)
    assert links.good_until(links.make(1)) == moment + 3600
    good, over = PhoneLinks(settings).make(1), links.make(1)
    for carried in (over, good[:-1], good + "x", "", "a.b"):
        async with Browser(site) as browser:
            led = await browser.get("/phone/", params={"link": carried})
            assert (led.status_code, led.headers["location"]) == (303, "/phone/")
            assert (await browser.get("/phone/")).status_code == 303, "to the sign-in"
    async with Browser(site) as browser:
        led = await browser.get("/phone/", params={"link": good})
        assert "httponly" in led.headers["set-cookie"].lower()
        shown = await browser.get("/phone/")
    assert shown.status_code == 200
    assert 'data-person=""' in shown.text and 'data-takes-calls="no"' in shown.text


async def test_another_key_makes_links_void(settings: Settings) -> None:
    link = PhoneLinks(settings).make(1)
    other = settings.browser.model_copy(update={"link_key": SecretStr("another key, long enough")})
    assert PhoneLinks(settings.model_copy(update={"browser": other})).good_until(link) is None
    assert PhoneLinks(settings).good_until(link) is not None, "the kept key is the same at the next start"
    short = settings.browser.model_copy(update={"link_key": SecretStr("short")})
    with pytest.raises(ConfigurationError, match="VOICEBOT_BROWSER__LINK_KEY"):
        PhoneLinks(settings.model_copy(update={"browser": short}))


@pytest.mark.parametrize(("role", "takes_calls"), [(Role.VIEWER, "0"), (Role.AGENT, "1")])
async def test_what_a_page_says_reaches_the_media_process(
    world: World, site: Starlette, accounts: Accounts, role: Role, takes_calls: str
) -> None:
    cookies = await cookies_of(site, accounts, role)
    async with world.page(cookies) as page:
        assert json.loads(await page.recv()) == {"person": "jane", "takes_calls": takes_calls}
        await page.send('{"type":"text"}')
        assert await page.recv() == '{"type":"text"}'
    assert await asyncio.wait_for(world.echo.left.get(), 5) == 1000
    entry = (await accounts.audit.entries())[0]
    assert (entry["action"], entry["actor"]["name"], entry["actor"]["address"]) == ("phone.open", "jane", "127.0.0.1")


async def test_whoever_rings_by_link_is_in_the_audit_as_that(
    world: World, accounts: Accounts, settings: Settings
) -> None:
    async with world.page(f"{phone.LINK.name}={PhoneLinks(settings).make(1)}") as page:
        assert json.loads(await page.recv()) == {"person": "", "takes_calls": "0"}
    (entry,) = await accounts.audit.entries()
    assert (entry["action"], entry["actor"]["kind"], entry["actor"]["name"]) == ("phone.open", "nobody", "phone link")


@pytest.mark.parametrize(
    ("role", "query", "version"),
    [
        (Role.AUTHOR, "?version=abc-1", "abc-1"),
        (Role.AGENT, "?version=abc-1", None),
        (Role.PUBLISHER, "?version=..%2F..%0d%0aX:y", None),
        (Role.REVIEWER, "", None),
    ],
)
async def test_only_who_works_on_flows_rings_another_version(
    world: World, site: Starlette, accounts: Accounts, role: Role, query: str, version: str | None
) -> None:
    cookies = await cookies_of(site, accounts, role)
    async with world.page(cookies, query=query) as page:
        assert json.loads(await page.recv()).get("version") == version
    async with httpx.AsyncClient() as browser:
        shown = await browser.get(f"http://{world.address}/phone/{query}", headers={"Cookie": cookies})
    assert f'data-version="{version or ""}"' in shown.text


async def test_a_lost_connection_is_told_from_a_page_that_was_left(
    world: World, site: Starlette, accounts: Accounts
) -> None:
    cookies = await cookies_of(site, accounts, Role.VIEWER)
    async with world.page(cookies) as page:
        await page.recv()
        page.transport.abort()  # the network is gone: no close frame
    assert await asyncio.wait_for(world.echo.left.get(), 5) == LOST


@pytest.mark.parametrize("origin", ["http://example.org", "null"])
async def test_pages_of_other_sites_and_strangers_are_refused(
    world: World, site: Starlette, accounts: Accounts, origin: str
) -> None:
    cookies = await cookies_of(site, accounts, Role.VIEWER)
    for given, where in ((cookies, origin), ("", ""), ("voicebot-session=wrong", "")):
        async with world.page(given, where) as page:
            with pytest.raises(ConnectionClosed) as closed:
                await page.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4403


async def test_without_a_media_process_a_page_is_told_to_come_later(
    world: World, site: Starlette, accounts: Accounts, settings: Settings
) -> None:
    cookies = await cookies_of(site, accounts, Role.VIEWER)
    settings.media_socket.unlink()
    async with world.page(cookies) as page:
        with pytest.raises(ConnectionClosed) as closed:
            await page.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1013


async def test_whose_session_ends_is_let_go(
    world: World, site: Starlette, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phone, "_LOOK_AGAIN_S", 0.05)
    cookies = await cookies_of(site, accounts, Role.AGENT)
    async with world.page(cookies) as page:
        await page.recv()
        async with Browser(site) as browser:
            browser.headers["Cookie"] = cookies
            await browser.submit("/sign-out", at="/account")
        with pytest.raises(ConnectionClosed) as closed:
            await page.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401
    assert await asyncio.wait_for(world.echo.left.get(), 5) == LOST
