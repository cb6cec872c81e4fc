"""Browsers in the media process: the WebSocket that pages reach through the web process, captions, calls in text."""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Literal

import structlog
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from voicebot.errors import ProtocolError
from voicebot.session.call import Call
from voicebot.session.identity import new_call_id
from voicebot.session.ledger import CallSummary, TurnEntry
from voicebot.session.services import CallServices
from voicebot.session.text_call import TextCall
from voicebot.session.watched import WatchedSink
from voicebot.settings import BrowserSettings
from voicebot.telephony.leg import CallFacts, CallLeg, Direction
from voicebot.telephony.webrtc import messages
from voicebot.telephony.webrtc.leg import BrowserLeg
from voicebot.telephony.webrtc.line import SCHEME, BrowserLine, Page
from voicebot.telephony.webrtc.page_socket import CLEAN, LOST, PATH, PERSON, TAKES_CALLS, VERSION

log = structlog.get_logger(__name__)

_LOOK_S = 0.1
"""How often the state of a call is looked at for its page."""
_MOST_WAITING = 1000

StateName = Literal["listening", "hearing", "thinking", "speaking", "transferring", "recording", "person"]


def state_of(call: Call) -> StateName:
    """What a call's bot does now, for the page."""
    floor = call.port.floor
    if call.joined:
        return "person"
    if call.port.recording:
        return "recording"
    if floor.mouth.speaking:
        return "speaking"
    if call.port.occupied:
        return "transferring"
    if floor.ear.speaking:
        return "hearing"
    return "listening" if call.listening else "thinking"


class Captions:
    """Watches one call for the page that shows it, and keeps what was said for one that comes back."""

    def __init__(self, send: Callable[[messages.ToPage], None]) -> None:
        self._send = send
        self._said: dict[int, messages.Caption] = {}
        self._state: messages.State | None = None
        self._reference = ""

    def repeat(self) -> None:
        """Tell everything again: another connection shows the call now."""
        for caption in self._said.values():
            self._send(caption)
        if self._state is not None:
            self._send(self._state)

    def state(self, name: StateName) -> None:
        """What the bot does now; told when it has changed."""
        state = messages.State(state=name)
        if state != self._state:
            self._state = state
            self._send(state)

    # Watcher

    def begun(self, reference: str) -> None:
        """The record has begun."""
        self._reference = reference

    def turn(self, turn: TurnEntry) -> None:
        """Somebody said something."""
        who = turn.who if turn.who in ("caller", "bot", "agent") else "bot"
        caption = messages.Caption(index=turn.index, who=who, text=turn.text)
        if self._said.get(turn.index) != caption:
            self._said[turn.index] = caption
            self._send(caption)

    def finished(self, summary: CallSummary) -> None:
        """The call is over."""
        self._send(messages.Ended(reason="over", outcome=summary.outcome, reference=self._reference))


class _TextLine:
    """One call in text and the page that shows it."""

    def __init__(self, page: Page) -> None:
        self.page: Page | None = page
        self.call: TextCall | None = None
        self.captions = Captions(self.send)
        self.loss: asyncio.TimerHandle | None = None
        self.held = ExitStack()
        """What the call holds on to until it is over: the version of the dialogue that it began with."""

    def send(self, message: messages.ToPage) -> None:
        if self.page is not None:
            self.page.send(message)


class Browsers:
    """Everything that pages are served with.

    ``services`` gives what a call needs, with the version of the dialogue that it names, until the call is over.
    """

    def __init__(
        self,
        settings: BrowserSettings,
        line: BrowserLine,
        sink: WatchedSink,
        services: Callable[[str], AbstractContextManager[CallServices]],
    ) -> None:
        self._settings = settings
        self._line = line
        self._sink = sink
        self._services = services
        self._captions: dict[BrowserLeg, Captions] = {}
        self._last_page: dict[BrowserLeg, Page] = {}
        self._texts: dict[str, _TextLine] = {}
        self._looking: set[asyncio.Task[None]] = set()
        line.on_ended = self._ended

    @property
    def text_calls(self) -> int:
        """Calls in text that go on now."""
        return len(self._texts)

    def route(self) -> WebSocketRoute:
        """The WebSocket, for the app on the media process's socket. Who connects there is trusted: only the web process
        can, and it has checked the page."""
        return WebSocketRoute(PATH, self._serve)

    # calls

    def watch(self, leg: CallLeg) -> None:
        """A browser's call is about to begin: show it on its page."""
        if isinstance(leg, BrowserLeg):
            captions = Captions(lambda message: self._send(leg, message))
            self._captions[leg] = captions
            self._sink.watch(leg.facts.call_id, captions)

    def follow(self, call: Call) -> None:
        """Show what the bot does, for as long as the call lasts."""
        leg = call.leg
        if isinstance(leg, BrowserLeg) and leg in self._captions:
            task = asyncio.get_running_loop().create_task(self._look(call, self._captions[leg]))
            self._looking.add(task)
            task.add_done_callback(self._looking.discard)

    def forget(self, leg: CallLeg) -> None:
        """The call and its record are over."""
        if isinstance(leg, BrowserLeg):
            self._captions.pop(leg, None)
            self._last_page.pop(leg, None)

    async def _look(self, call: Call, captions: Captions) -> None:
        while call.leg.end is None:
            if call.leg.position:
                captions.state(state_of(call))
            await asyncio.sleep(_LOOK_S)

    def _send(self, leg: BrowserLeg, message: messages.ToPage) -> None:
        page = self._line.page_of(leg) or self._last_page.get(leg)
        if page is not None:
            page.send(message)

    def _ended(self, leg: BrowserLeg, page: Page | None) -> None:
        if page is None:
            return
        if leg in self._captions:  # the end is told with the outcome, once the record is closed
            self._last_page[leg] = page
        else:
            page.send(messages.Ended(reason=leg.end.reason if leg.end is not None else "over"))

    # pages

    async def _serve(self, socket: WebSocket) -> None:
        await socket.accept()
        outgoing: asyncio.Queue[messages.ToPage] = asyncio.Queue()

        def send(message: messages.ToPage) -> None:
            if outgoing.qsize() < _MOST_WAITING:
                outgoing.put_nowait(message)

        page = self._line.connected(
            socket.headers.get(PERSON, ""),
            may_take_calls=socket.headers.get(TAKES_CALLS) == "1",
            send=send,
            version=socket.headers.get(VERSION, ""),
        )
        sending = asyncio.create_task(_send_all(socket, outgoing))
        code = LOST
        try:
            while True:
                await self._receive(page, await socket.receive_text())
        except WebSocketDisconnect as gone:
            code = gone.code
        finally:
            sending.cancel()
            self._line.disconnected(page, cleanly=code in CLEAN)
            self._text_lost(page, cleanly=code in CLEAN)

    async def _receive(self, page: Page, text: str) -> None:
        try:
            message = messages.read(text)
        except ProtocolError as error:
            log.info("browsers.message_refused", reason=str(error))
            page.send(messages.Problem(code="not_understood"))
            return
        if isinstance(message, messages.StartText):
            await self._start_text(page)
            return
        if isinstance(message, messages.Resume) and message.token in self._texts:
            self._resume_text(page, message.token)
            return
        line = self._text_of(page)
        if line is not None and line.call is not None:
            await self._to_text(line.call, page, message)
            return
        await self._line.receive(page, message)
        if isinstance(message, messages.Resume) and page.leg in self._captions:
            assert page.leg is not None
            self._captions[page.leg].repeat()

    # calls in text

    def _text_of(self, page: Page) -> _TextLine | None:
        return next((line for line in self._texts.values() if line.page is page), None)

    def close(self) -> None:
        """No more: close the records of the calls in text that go on."""
        for token in tuple(self._texts):
            self._text_left(token)

    async def _start_text(self, page: Page) -> None:
        full = len(self._texts) >= self._settings.max_text_calls
        if page.leg is not None or self._text_of(page) is not None or full or not self._line.may_begin():
            page.send(messages.Problem(code="busy"))
            return
        token = secrets.token_urlsafe(24)
        line = _TextLine(page)
        self._texts[token] = line
        services = line.held.enter_context(self._services(page.version))
        name = f"{SCHEME}:{page.name}" if page.name else ""
        facts = CallFacts(new_call_id(), "text", Direction.INBOUND, caller=name)
        self._sink.watch(facts.call_id, line.captions)
        line.call = TextCall(
            facts, services.mind, services.safety, services.settings, self._sink, services.titles, services.facts
        )
        page.send(messages.TextStarted(token=token))
        line.captions.state("thinking")
        await line.call.start()
        self._after_text(token, line)

    async def _to_text(self, call: TextCall, page: Page, message: messages.FromPage) -> None:
        token, line = next((token, line) for token, line in self._texts.items() if line.page is page)
        match message:
            case messages.Say(text=text):
                line.captions.state("thinking")
                await call.say(text)
            case messages.Press(key=key):
                await call.press(key)
            case messages.HangUp():
                call.leave()
            case _:
                page.send(messages.Problem(code="not_understood"))
        self._after_text(token, line)

    def _after_text(self, token: str, line: _TextLine) -> None:
        assert line.call is not None
        if line.call.summary is not None:
            self._forget_text(token)
        else:
            line.captions.state("listening")

    def _resume_text(self, page: Page, token: str) -> None:
        line = self._texts[token]
        line.page = page
        if line.loss is not None:
            line.loss.cancel()
            line.loss = None
        page.send(messages.Resumed())
        line.captions.repeat()

    def _text_lost(self, page: Page, *, cleanly: bool) -> None:
        for token, line in tuple(self._texts.items()):
            if line.page is not page:
                continue
            line.page = None
            wait = 0.0 if cleanly else self._settings.grace_s
            line.loss = asyncio.get_running_loop().call_later(wait, self._text_left, token)

    def _text_left(self, token: str) -> None:
        line = self._forget_text(token)
        if line is not None and line.call is not None:
            line.call.leave()

    def _forget_text(self, token: str) -> _TextLine | None:
        line = self._texts.pop(token, None)
        if line is not None:
            line.held.close()
        return line


async def _send_all(socket: WebSocket, outgoing: "asyncio.Queue[messages.ToPage]") -> None:
    while True:
        message = await outgoing.get()
        await socket.send_text(message.model_dump_json())
