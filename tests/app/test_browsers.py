"""The media process's WebSocket for pages: calls in text over real sockets, lost and taken up again."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import uvicorn
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, unix_connect

from voicebot.app.browsers import Browsers
from voicebot.dialogue.acts import Ask, Turn, TurnReply
from voicebot.dialogue.client import Parsed
from voicebot.safety.detector import SafetyNet
from voicebot.session.ledger import CallSummary
from voicebot.session.nothing_kept import NothingKept
from voicebot.session.services import CallServices
from voicebot.session.watched import WatchedSink
from voicebot.settings import BrowserSettings, Settings
from voicebot.telephony.rtp.clock import MediaClock
from voicebot.telephony.webrtc.line import BrowserLine
from voicebot.telephony.webrtc.page_socket import LOST, PATH, PERSON, TAKES_CALLS

SETTINGS = BrowserSettings(udp_low=42200, udp_high=42299, grace_s=1.0, max_text_calls=1, calls_per_second=100)
HEADERS = {PERSON: "tom", TAKES_CALLS: "0"}


class Echo:
    """A mind that asks back what it heard."""

    async def turn(self, turn: Turn) -> TurnReply:
        return TurnReply(acts=(Ask(slot="need", text=f"You said: {turn.text}" if turn.text else "Hello?"),))

    async def parse(self, text: str) -> Parsed:
        return Parsed(intent="fallback", confidence=0.0)


class Ends(NothingKept):
    """Records that keep how calls end."""

    def __init__(self) -> None:
        self.outcomes: asyncio.Queue[str] = asyncio.Queue()

    def finish(self, call_id: str, summary: CallSummary) -> None:
        self.outcomes.put_nowait(summary.outcome)


@dataclass
class Media:
    """A media process that has only pages."""

    path: Path
    browsers: Browsers
    ends: Ends = field(default_factory=Ends)

    @asynccontextmanager
    async def page(self) -> AsyncIterator[ClientConnection]:
        async with unix_connect(str(self.path), f"ws://media{PATH}", additional_headers=HEADERS) as page:
            yield page


async def until(page: ClientConnection, kind: str) -> dict[str, Any]:
    """The next message of that type."""
    async with asyncio.timeout(5):
        while True:
            message: dict[str, Any] = json.loads(await page.recv())
            if message["type"] == kind:
                return message


async def say(page: ClientConnection, **message: str) -> None:
    await page.send(json.dumps(message))


@pytest.fixture
async def media(tmp_path: Path, safety_net: SafetyNet) -> AsyncIterator[Media]:
    ends = Ends()
    needed = SimpleNamespace(mind=Echo(), safety=safety_net, settings=Settings(data=tmp_path), titles=None, facts=None)
    line = BrowserLine(SETTINGS, MediaClock())
    browsers = Browsers(SETTINGS, line, WatchedSink(ends), lambda _version: nullcontext(cast(CallServices, needed)))
    path = tmp_path / "media.sock"
    app = Starlette(routes=[browsers.route()])
    server = uvicorn.Server(uvicorn.Config(app, uds=str(path), log_config=None, lifespan="off", ws="websockets-sansio"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield Media(path, browsers, ends)
    browsers.close()
    server.should_exit = True
    await serving
    await line.stop()


async def test_a_lost_conversation_is_taken_up_with_all_that_was_said(media: Media) -> None:
    async with media.page() as page:
        await say(page, type="text")
        token = (await until(page, "text_started"))["token"]
        assert (await until(page, "caption"))["text"] == "Hello?"
        await say(page, type="say", text="my bin")
        assert (await until(page, "caption"))["who"] == "caller"
        assert (await until(page, "caption"))["text"] == "You said: my bin"
        await page.close(LOST)
    async with media.page() as again:
        await say(again, type="resume", token=token)
        await until(again, "resumed")
        said = [(await until(again, "caption"))["text"] for _ in range(3)]
        assert said == ["Hello?", "my bin", "You said: my bin"]
        await say(again, type="say", text="it is blue")
        await until(again, "caption")
        assert (await until(again, "caption"))["text"] == "You said: it is blue"
        await say(again, type="hangup")
        ended = await until(again, "ended")
    assert ended["outcome"] == await media.ends.outcomes.get() == "abandoned"
    assert ended["reference"]
    assert media.browsers.text_calls == 0


@pytest.mark.parametrize("code", [1000, LOST])
async def test_who_does_not_come_back_has_a_closed_record(media: Media, code: int) -> None:
    async with media.page() as page:
        await say(page, type="text")
        await until(page, "caption")
        await page.close(code)
    assert await asyncio.wait_for(media.ends.outcomes.get(), 5) == "abandoned"
    assert media.browsers.text_calls == 0


async def test_conversations_are_capped_and_nonsense_costs_nothing(media: Media) -> None:
    async with media.page() as page, media.page() as other:
        for nonsense in ("", "{}", '{"type":"dial","to":"sip:0900@example.org"}'):
            await page.send(nonsense)
            assert (await until(page, "problem"))["code"] == "not_understood"
        await say(page, type="press", key="1")
        assert (await until(page, "problem"))["code"] == "no_call"
        await say(page, type="text")
        await until(page, "text_started")
        await say(other, type="text")
        assert (await until(other, "problem"))["code"] == "busy"
        await say(page, type="register")
        assert (await until(page, "problem"))["code"] == "not_understood"
        await say(page, type="press", key="0")
        while "can't take over in text yet" not in (await until(page, "caption"))["text"]:
            pass
