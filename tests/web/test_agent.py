"""The agent's page and its WebSocket: who may, what is shown, and what each request does at the desk."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.accounts_helpers import ROOT, cheap_passwords
from tests.web.conftest import Browser, Line
from tests.web.desk_world import CALLER, a_call, ended, joined, offer_row, offered
from tests.web.test_phone import cookies_of, serving
from voicebot.accounts.roles import Role
from voicebot.accounts.service import Accounts, open_accounts
from voicebot.handoff.desk import Desk
from voicebot.handoff.models import OfferState
from voicebot.outbox.tables import OutboxRow
from voicebot.records.entries import TurnEntry
from voicebot.records.store import RecordStore
from voicebot.settings import NotifySettings, Settings
from voicebot.web.agent_messages import WrapUpForm, read
from voicebot.web.app import create_app

WAIT_S = 15.0


@pytest.fixture
def accounts(settings: Settings, store: RecordStore) -> Accounts:
    """By the real clock, as the desk's."""
    return open_accounts(settings, store.database, passwords=cheap_passwords())


class Page:
    """An agent's page: what it was shown last, and answers to what it asks."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._number = 0
        self.desk: dict[str, Any] = {}
        self.transcript: list[dict[str, Any]] = []

    async def _next(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await asyncio.wait_for(self._socket.recv(), WAIT_S))
        if message["type"] == "desk":
            self.desk = message
        elif message["type"] == "transcript":
            self.transcript = message["lines"]
        return message

    async def shown(self, *path: str, value: object) -> None:
        """Wait until the desk shows this."""
        while True:
            found: Any = self.desk
            for name in path:
                found = found.get(name) if isinstance(found, dict) else None
            if found == value:
                return
            await self._next()

    async def heard(self, words: str) -> None:
        """Wait until somebody has said this."""
        while not any(words in line["text"] for line in self.transcript):
            await self._next()

    async def ask(self, do: str, **more: object) -> dict[str, Any]:
        """Ask for something; gives the answer."""
        self._number += 1
        await self._socket.send(json.dumps({"do": do, "id": self._number, **more}))
        while True:
            message = await self._next()
            if message["type"] in ("done", "failed") and message["id"] == self._number:
                return message


@asynccontextmanager
async def page_of(site: Starlette, cookies: str, origin: str = "") -> AsyncIterator[Page]:
    async with serving(site, host="127.0.0.1", port=0) as web:
        address = f"127.0.0.1:{web.servers[0].sockets[0].getsockname()[1]}"
        headers = {"Cookie": cookies, "Origin": origin or f"http://{address}"}
        async with connect(f"ws://{address}/agent/socket", additional_headers=headers) as socket:
            yield Page(socket)


@pytest.mark.parametrize(
    ("roles", "origin"), [((Role.SUPERVISOR, Role.ADMIN), ""), ((Role.AGENT,), "https://elsewhere.example")]
)
async def test_it_is_for_agents_on_our_own_page(
    site: Starlette, accounts: Accounts, roles: tuple[Role, ...], origin: str
) -> None:
    cookies = await cookies_of(site, accounts, *roles)
    async with page_of(site, cookies, origin) as page:
        with pytest.raises(ConnectionClosed) as closed:
            await page.ask("available")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4403


async def test_a_call_from_the_offer_to_the_form(
    site: Starlette, accounts: Accounts, store: RecordStore, settings: Settings
) -> None:
    cookies = await cookies_of(site, accounts, Role.AGENT)
    await a_call(store, "earlier", "NV-22222", ago=timedelta(days=3))
    await a_call(store, "stranger", "NV-33333", caller="07700900456", ago=timedelta(days=3))
    await a_call(store, "call", "NV-4F7K2", over=False)
    async with page_of(site, cookies) as page:
        await page.shown("presence", "state", value="away")
        assert (await page.ask("available"))["type"] == "done"
        await page.shown("presence", "state", value="available")
        offer = await offered(store, "jane", "call", "NV-4F7K2")
        await page.shown("in_hand", "id", value=offer)
        assert page.desk["in_hand"]["card"]["who"]["name"] == "Anna Price"
        await page.ask("shown", offer=offer)
        assert (await offer_row(store, offer)).seen_at is not None
        assert (await page.ask("hold", offer=offer))["message"] == "You have no such call in hand"
        await page.ask("accept", offer=offer)
        assert (await offer_row(store, offer)).accepted_by == "screen"
        await joined(store, offer)
        await page.shown("in_hand", "state", value="joined")
        await store.add_turn(TurnEntry(call_id="call", who="agent", text="Hello Anna", at_ms=40000))
        await page.heard("Hello Anna")
        earlier = (await page.ask("earlier", offer=offer))["result"]
        assert [call["reference"] for call in earlier] == ["NV-22222"], "of the same number alone"
        await page.ask("note", offer=offer, notes="Twice missed")
        await ended(store, offer)
        await page.shown("presence", "state", value="wrapping_up")
        wrong = await page.ask("wrap_up", offer=offer, outcome="nonsense")
        assert wrong["type"] == "failed"
        saved = await page.ask("wrap_up", offer=offer, outcome="resolved", notes="Twice missed", repeated=True)
        assert saved["result"] == {"free": True}
        await page.shown("presence", "state", value="available")
    ((_, written),) = await Desk(store.database, settings.handoff).wrap_ups("call")
    assert (written.outcome, written.notes, written.repeated) == ("resolved", "Twice missed", True)
    read = [(entry["action"], entry["target"]) for entry in await accounts.audit.entries()]
    assert ("calls.read", "call") in read, "who looks at earlier calls is in the audit"
    assert CALLER not in json.dumps(await accounts.audit.entries())


async def test_a_page_that_comes_back_is_shown_the_call_again(
    site: Starlette, accounts: Accounts, store: RecordStore
) -> None:
    cookies = await cookies_of(site, accounts, Role.AGENT)
    await a_call(store, "call", "NV-4F7K2", over=False)
    async with page_of(site, cookies) as page:
        await page.ask("available")
        offer = await offered(store, "jane", "call", "NV-4F7K2")
        await page.ask("accept", offer=offer)
        await joined(store, offer)
    async with page_of(site, cookies) as again:
        await again.shown("in_hand", "state", value="joined")
        assert again.desk["presence"]["state"] == "in_call"
        await again.heard("my recycling bin")


async def test_another_agents_call_is_not_theirs(site: Starlette, accounts: Accounts, store: RecordStore) -> None:
    cookies = await cookies_of(site, accounts, Role.AGENT)
    await a_call(store, "call", "NV-4F7K2", over=False)
    async with page_of(site, cookies) as page:
        await page.shown("presence", "state", value="away")
        desk = Desk(store.database, Settings().handoff)
        await desk.sign_in("tom", "Tom")
        await desk.become_available("tom")
        offer = await offered(store, "tom", "call", "NV-4F7K2")
        for do in ("accept", "decline", "hang_up", "earlier"):
            assert (await page.ask(do, offer=offer))["type"] == "failed", do
        assert (await page.ask("note", offer=offer, notes="x"))["type"] == "failed"
        assert (await page.ask("wrap_up", offer=offer, outcome="resolved"))["type"] == "failed"
        assert (await offer_row(store, offer)).state == OfferState.OFFERED.value


async def test_what_is_no_request_is_left_out(site: Starlette, accounts: Accounts) -> None:
    cookies = await cookies_of(site, accounts, Role.AGENT)
    async with page_of(site, cookies) as page:
        for text in ("", "{}", '{"do": "everything", "id": 1}', "[" * 1000, '{"do":"away","id":1,"reason":3}'):
            await page._socket.send(text)
        assert (await page.ask("away", reason="Lunch"))["type"] == "done"
        await page.shown("presence", "reason", value="Lunch")


async def test_a_text_goes_to_a_caller_who_agreed_once(
    settings: Settings, accounts: Accounts, store: RecordStore
) -> None:
    notify = NotifySettings(api_key=SecretStr("a key"), templates={"from_agent": "an id"})
    site = create_app(settings.model_copy(update={"notify": notify}), store, Line(), accounts)
    cookies = await cookies_of(site, accounts, Role.AGENT)
    await a_call(store, "call", "NV-4F7K2", over=False)
    async with page_of(site, cookies) as page:
        await page.ask("available")
        offer = await offered(store, "jane", "call", "NV-4F7K2")
        await page.ask("accept", offer=offer)
        await joined(store, offer)
        await ended(store, offer)
        form = {"offer": offer, "outcome": "resolved", "text": " Friday it is. ", "text_to": "07700 900456"}
        assert "agree" in (await page.ask("wrap_up", **form))["message"]
        wrong = await page.ask("wrap_up", **{**form, "text_to": "the usual one", "text_agreed": True})
        assert "phone number" in wrong["message"]
        for _ in range(2):
            assert (await page.ask("wrap_up", **form, text_agreed=True))["type"] == "done"
    async with store.database.session() as session:
        (row,) = (await session.execute(select(OutboxRow))).scalars().all()
    assert row.kind == "send.sms"
    assert row.payload == {
        "to": "+447700900456",
        "template": "from_agent",
        "values": {"text": "Friday it is."},
        "consent": True,
    }


async def test_no_text_is_promised_where_none_can_be_sent(
    site: Starlette, accounts: Accounts, store: RecordStore
) -> None:
    cookies = await cookies_of(site, accounts, Role.AGENT)
    async with page_of(site, cookies) as page:
        await page.ask("available")
        offer = await offered(store, "jane", "call", "NV-4F7K2")
        await page.ask("accept", offer=offer)
        answer = await page.ask("wrap_up", offer=offer, outcome="resolved", text="Hello", text_to="07700900456")
    assert answer["message"] == "No text messages can be sent: none are set up"


def test_a_form_is_read_as_the_page_sends_it() -> None:
    form = read('{"do":"wrap_up","id":7,"offer":"o","outcome":"resolved","call_back":"Friday","repeated":true}')
    assert isinstance(form, WrapUpForm)
    assert (form.call_back, form.repeated, form.topic) == ("Friday", True, "")


async def test_the_page_tells_what_the_script_needs(site: Starlette, accounts: Accounts) -> None:
    await accounts.people.add(
        ROOT, "jane", [Role.AGENT], display_name="Jane <Burns>", password="violet anchor teaspoon"
    )
    async with Browser(site) as browser:
        await browser.sign_in("jane")
        shown = await browser.get("/agent/")
    assert shown.status_code == 200
    assert "Jane &lt;Burns&gt;" in shown.text and "<Burns>" not in shown.text
    assert "microphone=(self)" in shown.headers["permissions-policy"]
