"""A scripted caller on a real SIP call, in real time: rings, listens, answers what was asked, measures on the wire.

What the bot asked is read from the media process's own socket when it is on this machine; otherwise the
script's ``otherwise`` answers every question.
"""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray

from voicebot.caller.answers import Answer, answers
from voicebot.caller.answers import Line as Said
from voicebot.caller.call import watched
from voicebot.rehearsal.script import CallScript, Line, ScriptedCaller
from voicebot.rehearsal.sound import Renderer, Sound
from voicebot.telephony.leg import CallLeg
from voicebot.telephony.leg import Line as TelephoneLine

_HEAR_OUT_S = 0.5
_POLL_S = 0.1
_LONGEST_S = 300.0
_PACKET_S = 0.1
"""At most so long after a line's last frame its last packet leaves."""


async def _bot_state(media_socket: Path | None) -> dict[str, Any] | None:
    """The newest call in progress as the media process describes it, or None when it can't be asked."""
    if media_socket is None or not media_socket.exists():
        return None
    transport = httpx.AsyncHTTPTransport(uds=str(media_socket))
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://media", timeout=1.0) as client:
            calls = (await client.get("/calls")).json()
    except (httpx.HTTPError, ValueError):
        return None
    return calls[-1] if calls else None


@dataclass(frozen=True, slots=True)
class WireResult:
    """One call as its caller saw it. ``answers`` are as seen at the socket, where the line is a SIP line; ``began_s``
    is when the call's audio began, in monotonic seconds."""

    call_id: str
    latencies_ms: tuple[float, ...]
    duration_s: float
    ended_by_bot: bool
    answers: tuple[Answer, ...] = ()
    began_s: float = 0.0


class WireCitizen:
    """Holds one scripted call over ``line``."""

    def __init__(
        self,
        script: CallScript,
        line: TelephoneLine,
        address: str,
        render: Renderer,
        media_socket: Path | None,
    ) -> None:
        self._script = script
        self._line = line
        self._address = address
        self._render = render
        self._socket = media_socket
        self._caller = ScriptedCaller(script)
        self._turns_left = script.max_turns
        self._call_id = ""
        self._said: list[Said] = []
        self._sounds: dict[str, NDArray[np.int16]] = {}

    @property
    def call_id(self) -> str:
        """The call's id in the bot's records, once known."""
        return self._call_id

    async def run(self) -> WireResult:
        """Ring, talk to the end, hang up. Raises :class:`~voicebot.errors.DialFailed`."""
        # Said from memory: whoever makes up words on the line sends packets late meanwhile.
        sounds = await asyncio.to_thread(lambda: {words: self._render(words) for words in sorted(self._script.words())})
        self._sounds.update(sounds)
        began = time.monotonic()
        leg = await self._line.dial(self._address, caller=self._script.caller)
        watch = watched(leg)
        audio_began = time.monotonic() - leg.position / leg.rate
        sound = Sound(leg.rate)
        leg.attach(sound)
        try:
            async with asyncio.timeout(_LONGEST_S):
                await self._talk(leg, sound)
        except TimeoutError:
            pass
        finally:
            by_bot = leg.end is not None
            await leg.hangup()
        return WireResult(
            self._call_id,
            tuple(sound.latencies_ms),
            time.monotonic() - began,
            by_bot,
            tuple(answers(watch, self._said)),
            audio_began,
        )

    async def _talk(self, leg: CallLeg, sound: Sound) -> None:
        while leg.end is None:
            await asyncio.sleep(_POLL_S)
            state = await _bot_state(self._socket)
            if state is not None and not self._call_id:
                self._call_id = str(state["call_id"])
            if sound.speaking or sound.quiet_s < _HEAR_OUT_S or not sound.answered:
                continue
            if state is not None and not state["listening"]:
                if state.get("joined") and sound.quiet_s > 4.0:
                    return
                if not (state.get("recording") and sound.quiet_s > 1.0):
                    continue
            if state is None and sound.quiet_s < 2.5:
                continue
            if self._turns_left == 0:
                return
            self._turns_left -= 1
            await self._do(self._next_line(state), leg, sound)

    def _next_line(self, state: dict[str, Any] | None) -> Line:
        """The caller's next line; a message that is being recorded is not a question."""
        if state is not None and state.get("recording"):
            return self._script.otherwise
        return self._caller.next_line(state["asked"] if state else None)

    async def _do(self, line: Line, leg: CallLeg, sound: Sound) -> None:
        if line.hangup:
            await leg.hangup()
        elif line.keys:
            self._said.append(Said("", time.monotonic(), time.monotonic()))
            sound.acted()
            await leg.send_keys(line.keys)
            await asyncio.sleep(_HEAR_OUT_S)
        elif line.silence:
            sound.say(np.zeros(8 * leg.rate, dtype=np.int16))
        else:
            samples = self._sounds[line.say]
            now = time.monotonic()
            self._said.append(Said(line.say, now, now + len(samples) / leg.rate + _PACKET_S))
            sound.say(samples)
