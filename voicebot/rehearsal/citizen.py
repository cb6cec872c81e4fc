"""A scripted caller on an in-memory leg: hears the bot out, answers what it asked, in audio.

The leg's clock is driven from here. While the bot is working (recognising, thinking), the clock runs in real time,
so that its delay is what a caller would have waited; otherwise it runs as fast as the machine allows.
"""

import asyncio
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.frames import FRAME_MS, frame_samples
from voicebot.rehearsal.script import CallScript, Line, ScriptedCaller
from voicebot.session.call import Call
from voicebot.session.ledger import CallSummary
from voicebot.telephony.memory import MemoryLeg

_HEAR_OUT_MS = 500
"""A person answers about this long after the bot has fallen silent."""

_LONGEST_MS = 10 * 60 * 1000

Renderer = Callable[[str], NDArray[np.int16]]


class RehearsedCitizen:
    """Plays a script against one call and drives the time of both."""

    def __init__(self, script: CallScript, call: Call, leg: MemoryLeg, render: Renderer, room: NDArray[np.int16]) -> None:
        self._caller = ScriptedCaller(script)
        self._turns_left = script.max_turns
        self._call = call
        self._leg = leg
        self._render = render
        self._room = room
        self._frame = frame_samples(leg.rate)
        self._sending = np.zeros(0, dtype=np.int16)
        self._quiet_ms = 0
        self._ticked = 0

    async def run(self) -> CallSummary:
        """Hold the call to its end."""
        conversation = asyncio.ensure_future(self._call.run())
        try:
            while not conversation.done() and self._ticked * FRAME_MS < _LONGEST_MS:
                await self._let_it_work(conversation)
                self._tick()
                self._act()
            if not conversation.done():
                self._leg.remote_hangup()
            return await conversation
        finally:
            conversation.cancel()

    async def _let_it_work(self, conversation: "asyncio.Future[CallSummary]") -> None:
        """Give the call's tasks the processor; in real time while it works on something."""
        for _ in range(4):
            await asyncio.sleep(0)
        if not self._call.working or conversation.done():
            return
        deadline = time.perf_counter() + FRAME_MS / 1000
        while self._call.working and not conversation.done():
            left = deadline - time.perf_counter()
            if left <= 0:
                return
            await asyncio.sleep(min(left, 0.002))

    def _tick(self) -> None:
        if self._leg.end is not None:
            return
        part, self._sending = self._sending[: self._frame], self._sending[self._frame :]
        frame = np.pad(part, (0, self._frame - len(part)))
        at = (self._ticked * self._frame) % (len(self._room) - self._frame)
        heard = frame.astype(np.int32) + self._room[at : at + self._frame]
        self._leg.tick(heard.clip(-32768, 32767).astype(np.int16))
        self._ticked += 1

    def _act(self) -> None:
        """Answer once the bot has been silent for long enough and is waiting for us."""
        waiting = not self._call.working and self._call.listening and len(self._sending) == 0
        self._quiet_ms = self._quiet_ms + FRAME_MS if waiting else 0
        if self._quiet_ms < _HEAR_OUT_MS or self._leg.end is not None:
            return
        self._quiet_ms = 0
        if self._turns_left == 0:
            self._leg.remote_hangup()
            return
        self._turns_left -= 1
        self._do(self._caller.next_line(self._call.asked_slot))

    def _do(self, line: Line) -> None:
        if line.hangup:
            self._leg.remote_hangup()
        elif line.keys:
            for key in line.keys:
                self._leg.press(key)
        elif line.silence:
            self._sending = np.zeros(8 * self._leg.rate, dtype=np.int16)
        else:
            self._sending = self._render(line.say)
