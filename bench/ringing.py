"""One call of the voice-to-voice measure: to our service over SIP, or to Pipecat's over Twilio's Media Streams."""

import asyncio
import time
import uuid
from pathlib import Path
from typing import Any

import httpx
from websockets.client import ClientProtocol
from websockets.uri import parse_uri

from bench.conversation import RATE, Conversation
from voicebot.caller.call import watched
from voicebot.rehearsal.script import CallScript, ScriptedCaller
from voicebot.telephony.leg import CallFacts, Direction
from voicebot.telephony.rtp.clock import MediaClock
from voicebot.telephony.rtp.wire import WireWatch
from voicebot.telephony.sip.line import SipLine
from voicebot.telephony.streams.dialect import MAX_MESSAGE, Audio, ProviderEvent, Wire
from voicebot.telephony.streams.provider_leg import ProviderLeg
from voicebot.telephony.streams.twilio import TwilioProvider
from voicebot.telephony.streams.websocket import ClientConnection

_POLL_S = 0.1


class _OurCall:
    """What our service says of a call while it goes on."""

    def __init__(self, line_id: str, script: CallScript, client: httpx.AsyncClient, prompts: Path | None) -> None:
        self.call_id = ""
        self.conversation: Conversation | None = None
        self._line_id = line_id
        self._caller = ScriptedCaller(script)
        self._left = script.max_turns
        self._client = client
        self._prompts = prompts

    async def next_line(self) -> str | None:
        """What to say when the bot has asked; nothing once a person has the call, or it goes round in circles."""
        calls = (await self._client.get("/calls")).json()
        state = next((call for call in calls if call["line_id"] == self._line_id), None)
        if state is None or not state["listening"]:
            await asyncio.sleep(_POLL_S)
            return "" if state is not None and state["joined"] else None
        self.call_id = state["call_id"]
        if self._prompts is not None and self.conversation is not None:
            self.conversation.prompter = self._prompts / f"{self.call_id}.json"
        self._left -= 1
        return self._caller.next_line(state["asked"]).say if self._left >= 0 else ""


async def ring_ours(
    line: SipLine, address: str, script: CallScript, voice: str, client: httpx.AsyncClient, prompts: Path | None
) -> tuple[Conversation, str]:
    """Ring our service by ``line``; gives the call and its SIP Call-ID. ``client`` asks the media process what was
    asked, ``prompts`` is where a recogniser's words are put, if it needs them."""
    call_id = uuid.uuid4().hex
    leg = await line.dial(address, caller=script.caller, call_id=call_id)
    watch = watched(leg)
    call = _OurCall(call_id, script, client, prompts)
    call.conversation = Conversation(leg, watch, voice)
    await call.conversation.hold(call.next_line)
    return call.conversation, call_id


class _WatchedTwilio(TwilioProvider):
    """The provider's side of a stream, which notes what crosses it."""

    def __init__(self, call_id: str) -> None:
        super().__init__(f"MZ{call_id}", call_id, {})
        self.watch = WireWatch()

    def receive(self, message: Wire) -> tuple[ProviderEvent, ...]:
        """Something came."""
        events = super().receive(message)
        for event in events:
            if isinstance(event, Audio):
                self.watch.note_received(time.monotonic(), event.samples, RATE)
        return events

    def audio(self, samples: Any) -> str:
        """Something goes."""
        self.watch.note_sent(time.monotonic(), samples, RATE)
        return super().audio(samples)


async def ring_theirs(port: int, script: CallScript, voice: str, clock: MediaClock) -> tuple[Conversation, str]:
    """Ring Pipecat's service: all lines of the script in their order, since it asks for nothing. Gives the call and
    its name."""
    call_id = uuid.uuid4().hex
    target = parse_uri(f"ws://127.0.0.1:{port}/ws")
    connection = ClientConnection(ClientProtocol(target, max_size=MAX_MESSAGE), {})
    await asyncio.get_running_loop().create_connection(lambda: connection, target.host, target.port)
    await connection.opened
    leg = ProviderLeg(CallFacts(call_id, "twilio", Direction.OUTBOUND), clock, RATE)
    dialect = _WatchedTwilio(call_id)
    connection.on_message, connection.on_closed = leg.message, leg.stream_lost
    leg.stream(connection, dialect)
    conversation = Conversation(leg, dialect.watch, voice)
    left = iter([script.opening.say, *(line.say for lines in script.answers.values() for line in lines)])

    async def next_line() -> str:
        return next(left, "")

    await conversation.hold(next_line)
    return conversation, call_id
