"""The media process: the lines, the calls on them, and nothing that could make either wait."""

import asyncio
import gc
import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from voicebot.app.browsers import Browsers
from voicebot.app.minds import Minds
from voicebot.app.prepare import DIALOGUE_TOKEN
from voicebot.app.records_sink import open_sink
from voicebot.app.set_up import NOT_SET_UP, SetUp
from voicebot.app.stop_signals import StopSignals
from voicebot.audio.frames import LEG_RATES
from voicebot.dialogue.welsh import load_welsh
from voicebot.errors import ConfigurationError, ServiceUnavailable
from voicebot.facts.reader import open_facts
from voicebot.handoff.titles import Titles
from voicebot.handoff.transfer import Transfer
from voicebot.handoff.waiting_room import open_room
from voicebot.models.store import ESPEAK
from voicebot.outbox.state import open_back_offices
from voicebot.recording.recorder import Recorder
from voicebot.records.earlier import open_earlier
from voicebot.safety.training import safety_net
from voicebot.session.call import Call
from voicebot.session.phrases import Phrase
from voicebot.session.prompts import Prompts
from voicebot.session.ringing_back import RingsBack
from voicebot.session.services import CallServices
from voicebot.session.watched import WatchedSink
from voicebot.settings import Settings
from voicebot.speech.client import SpeechClient
from voicebot.speech.health import Health
from voicebot.spoken.finished import SentenceEnds
from voicebot.telephony.leg import CallLeg, Line, ServedLine
from voicebot.telephony.router import LineRouter
from voicebot.telephony.sip.line import SCHEMES as SIP_SCHEMES
from voicebot.telephony.sip.line import SipLine
from voicebot.telephony.streams.line import StreamLine
from voicebot.telephony.webrtc.line import SCHEME, BrowserLine
from voicebot.telephony.webrtc.messages import MAX_MESSAGE
from voicebot.telephony.webrtc.page_socket import VERSION
from voicebot.tts.engine import open_voice
from voicebot.turns.vad import warm_up
from voicebot.web.server import SignalFreeServer

log = structlog.get_logger(__name__)

_RATE = max(LEG_RATES)
_PROMPTS_S = 30.0
_DRAIN_S = 5.0
_LOOK_S = 0.1


class MediaProcess:
    """Composes the media process and answers questions about it on ``settings.media_socket``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._speech = SpeechClient(settings.speech_socket, timeout_s=settings.speech.timeout_s)
        token = os.environ.get(DIALOGUE_TOKEN, "")
        if not token:
            raise ConfigurationError(f"set {DIALOGUE_TOKEN} to the token that the dialogue process expects")
        url = os.environ.get("VOICEBOT_DIALOGUE_URL", f"http://127.0.0.1:{settings.dialogue.port}")
        self._minds = Minds(settings, url, token)
        self._line = SipLine.from_settings(settings)
        self._lines: dict[str, ServedLine] = {"sip": self._line}
        if settings.streams.enabled:
            self._lines["streams"] = StreamLine(settings.streams, settings.handoff, self._line.media.clock)
        self._outgoing: dict[str, Line] = dict.fromkeys(SIP_SCHEMES, self._line)
        self._browser_line: BrowserLine | None = None
        if settings.browser.enabled:
            self._browser_line = BrowserLine(settings.browser, self._line.media.clock)
            self._lines[SCHEME] = self._outgoing[SCHEME] = self._browser_line
        self._browsers: Browsers | None = None
        self._calls: dict[str, Call] = {}
        self._services: CallServices | None = None
        self._listening = False
        self._set_up = SetUp(settings)

    async def run(self) -> None:
        """Take calls until SIGINT, or until SIGTERM and the end of the calls in progress.

        Raises ConfigurationError when the line can't be opened.
        """
        safety = safety_net(self._settings)
        async with (
            open_sink(self._settings) as records,
            open_facts(self._settings) as facts,
            open_room(self._settings) as room,
            open_back_offices(self._settings) as offices,
            open_earlier(self._settings) as earlier,
        ):
            sink = WatchedSink(records)
            await self._speech_there()
            voice = open_voice(ESPEAK)
            prompts = await Prompts.load(self._speech, _RATE, self._settings.data / "prompts", last_resort=voice)
            whisper = prompts.samples(Phrase.AGENT_WHISPER, _RATE)
            people = Transfer(LineRouter(self._outgoing), self._speech, self._settings.handoff, whisper, rate=_RATE)
            recorder = Recorder(self._settings.recordings) if self._settings.calls.record else None
            titles = Titles.load(self._settings.dialogue.project, {rule.id: rule.title for rule in safety.rules.rules})
            self._services = CallServices(
                self._settings,
                self._speech,
                self._speech,
                self._minds.now(),
                safety,
                prompts,
                people,
                sink,
                recorder,
                titles,
                facts,
                offices,
                earlier,
                load_welsh(self._settings.dialogue.project),
                room=room,
                ends=SentenceEnds.load(self._settings.dialogue.project),
            )
            if self._browser_line is not None:
                self._browsers = Browsers(self._settings.browser, self._browser_line, sink, self._call_services)
            ringing_back = RingsBack(self._services)
            room.on_callback = ringing_back
            await self._set_up.look()
            work = [asyncio.create_task(self._serve_status()), asyncio.create_task(self._set_up.follow())]
            warm_up()
            try:
                for line in self._lines.values():
                    await line.start(self._take)
                settle_memory()
                self._listening = True
                log.info("media.ready", port=self._settings.sip_port, lines=list(self._lines))
                signals = StopSignals()
                if await signals.next() is signal.SIGTERM:
                    room.on_callback = None
                    await signals.unless(self._let_end(ringing_back))
            finally:
                self._listening = False
                await ringing_back.stop()
                # the lines that only receive stop first: the SIP line's clock and its agents serve them all
                for line in reversed(self._lines.values()):
                    await line.stop()
                if self._browsers is not None:
                    self._browsers.close()
                await self._drained()
                if recorder is not None:
                    await asyncio.to_thread(recorder.close)
                for task in work:
                    task.cancel()
                await asyncio.gather(*work, return_exceptions=True)
                await self._speech.close()
                await self._minds.close()

    async def _speech_there(self) -> None:
        """Give the speech process time to load, so that the prompts are in its voice; go on without it after that."""
        deadline = asyncio.get_running_loop().time() + _PROMPTS_S
        while asyncio.get_running_loop().time() < deadline:
            if await _well(self._speech.health()):
                return
            await asyncio.sleep(0.2)
        log.warning("media.without_speech")

    @contextmanager
    def _call_services(self, version: str = "") -> Iterator[CallServices]:
        """What a call that begins now needs, for as long as it lasts: it talks to its end to the dialogue that is live
        now (or ``version``), and hears the safety scripts of that version."""
        assert self._services is not None
        with self._minds.pinned(version) as pinned:
            safety = self._services.safety.saying(pinned.safety)
            yield replace(self._services, mind=pinned.mind, safety=safety)

    async def _take(self, leg: CallLeg) -> None:
        if self._set_up.left and leg.facts.line != SCHEME:
            # Browsers ring for those who set it up.
            log.warning("call.refused", call_id=leg.facts.call_id, reason="example_left")
            await leg.reject(NOT_SET_UP)
            return
        if self._browsers is not None:
            self._browsers.watch(leg)
        # Only our own web process names a version, and only for people who work on flows.
        version = leg.facts.headers.get(VERSION, "") if leg.facts.line == SCHEME else ""
        with self._call_services(version) as services:
            await self._hold(leg, services)

    async def _hold(self, leg: CallLeg, services: CallServices) -> None:
        call = Call(leg, services)
        self._calls[leg.facts.call_id] = call
        if self._browsers is not None:
            self._browsers.follow(call)
        log.info("call.begins", call_id=leg.facts.call_id, line=leg.facts.line)
        try:
            summary = await call.run()
            log.info("call.ended", call_id=leg.facts.call_id, outcome=summary.outcome, service=summary.service)
        finally:
            del self._calls[leg.facts.call_id]
            if self._browsers is not None:
                self._browsers.forget(leg)

    async def _let_end(self, ringing_back: RingsBack) -> None:
        """Take no new calls, and wait until those in progress are over, or as long as they are given."""
        self._listening = False
        for line in self._lines.values():
            line.stop_accepting()
        log.info("media.draining", calls=len(self._calls))
        deadline = asyncio.get_running_loop().time() + self._settings.calls.drain_s
        while self._calls or ringing_back.busy or (self._browsers is not None and self._browsers.text_calls):
            if asyncio.get_running_loop().time() > deadline:
                log.warning("media.cut_off", calls=len(self._calls))
                return
            await asyncio.sleep(_LOOK_S)

    async def _drained(self) -> None:
        """Let the calls that were hung up finish their records."""
        deadline = asyncio.get_running_loop().time() + _DRAIN_S
        while self._calls and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.05)

    async def _serve_status(self) -> None:
        path = self._settings.media_socket
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        routes: list[BaseRoute] = [Route("/status", self._status), Route("/calls", self._call_list)]
        if self._browsers is not None:
            routes.append(self._browsers.route())
        config = uvicorn.Config(
            Starlette(routes=routes),
            uds=str(path),
            log_config=None,
            lifespan="off",
            ws="websockets-sansio",
            ws_max_size=MAX_MESSAGE,
        )
        await SignalFreeServer(config).serve()

    async def _status(self, request: Request) -> JSONResponse:
        hearing, dialogue = await asyncio.gather(_hearing(self._speech), _well(self._minds.now().health()))
        # New calls are not heard while hearing is behind.
        speech = hearing is not None and hearing.admitting
        ready = self._listening and speech and dialogue and not self._set_up.left
        calls = Counter(call.leg.facts.line for call in self._calls.values())
        state = {
            "ready": ready,
            "calls": len(self._calls),
            "speech": speech,
            "dialogue": dialogue,
            "trunks": [asdict(trunk.status()) for trunk in self._line.router.trunks],
            "certificate_ends": self._line.tls.expires,
            "recogniser": hearing.model if hearing else "",
            "recogniser_note": hearing.note if hearing else "",
            "understands_people": hearing.people if hearing else True,
            "lines": dict.fromkeys(self._lines, self._listening),
            "calls_by_line": dict(calls),
            "dialogues": dict(self._minds.calls),
            "example_left": len(self._set_up.left),
        }
        return JSONResponse(state, 200 if ready else 503)

    async def _call_list(self, request: Request) -> JSONResponse:
        """The calls in progress: what was asked last and whether the bot listens. Holds nothing that was said."""
        return JSONResponse([_describe(call) for call in self._calls.values()])


def _describe(call: Call) -> dict[str, Any]:
    return {
        "call_id": call.leg.facts.call_id,
        "line_id": call.leg.facts.headers.get("call-id", ""),
        "reference": call.ledger.reference,
        "asked": call.asked_slot,
        "listening": call.listening,
        "joined": call.joined,
        "recording": call.port.recording,
        "turns": len(call.ledger.turns),
    }


def settle_memory() -> None:
    """Keep the collector off what lives as long as the process: looking through it takes tens of ms, heard in calls."""
    gc.collect()
    gc.freeze()


async def _well(question: Any) -> bool:
    try:
        await question
    except ServiceUnavailable:
        return False
    return True


async def _hearing(speech: SpeechClient) -> Health | None:
    """How the speech process is doing; None when it isn't there."""
    try:
        return await speech.health()
    except ServiceUnavailable:
        return None


async def run(settings: Settings) -> None:
    """Be the media process."""
    settings.run_dir.mkdir(parents=True, exist_ok=True)
    Path(settings.data).mkdir(parents=True, exist_ok=True)
    await MediaProcess(settings).run()
