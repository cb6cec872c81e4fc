"""What caller and agent say to each other, in words, for the agent's screen and the record.

A tap on the caller's line hears both: what the caller says, and what they are told. It comes after everything that a
caller of the assistant waits for: its turns give way when there is much to hear, and what gives way is left out.
"""

import asyncio
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.frames import AudioFrame, silence
from voicebot.errors import SpeechUnavailable
from voicebot.safety.card import check
from voicebot.session.ledger import Ledger
from voicebot.settings import TurnSettings
from voicebot.stt.transcript import Transcriber
from voicebot.telephony.leg import KeyPress, LegEnded, MediaPort
from voicebot.turns.ear import Ear, TurnEnded, Utterance

_MOST_WAITING = 4
"""Turns of one party that may wait to be heard; older ones are let go."""
_LAST_WORDS_S = 3.0


class _Party:
    """One side's turns, transcribed one after another."""

    def __init__(
        self,
        who: str,
        ear: Ear,
        write: Callable[[str, Utterance, float], "asyncio.Future[None]"],
        at_ms: Callable[[], float],
    ) -> None:
        self.who = who
        self.ear = ear
        self._write = write
        self._at_ms = at_ms
        self._waiting: list[tuple[Utterance, float]] = []
        self.task: asyncio.Future[None] | None = None

    def hear(self, frame: AudioFrame) -> None:
        """The next 20 ms."""
        for event in self.ear.feed(frame):
            if isinstance(event, TurnEnded):
                ago_ms = (event.position - event.utterance.onset) * 1000 / frame.rate
                turn = (event.utterance, max(0.0, self._at_ms() - ago_ms))
                self._waiting = [*self._waiting[1 - _MOST_WAITING :], turn]
                self._next()

    def _next(self) -> None:
        if self._waiting and (self.task is None or self.task.done()):
            self.task = self._write(self.who, *self._waiting.pop(0))
            self.task.add_done_callback(lambda _: self._next())


class Minutes:
    """Takes down one talk: put it over the caller's port with :meth:`over`, and :meth:`close` it at the end.

    ``at_ms`` is the time of the call; while ``paused`` says so (a card number is told, say) nothing is heard.
    """

    def __init__(
        self,
        ledger: Ledger,
        transcriber: Transcriber,
        turns: TurnSettings,
        rate: int,
        at_ms: Callable[[], float],
        paused: Callable[[], bool],
        *,
        ears: tuple[Ear, Ear] | None = None,
    ) -> None:
        self._ledger = ledger
        self._transcriber = transcriber
        self._paused = paused
        self._silence = silence(rate)
        caller, agent = ears or (Ear(rate, turns), Ear(rate, turns))
        self._parties = (_Party("caller", caller, self._start, at_ms), _Party("agent", agent, self._start, at_ms))
        self._open = True

    def over(self, port: MediaPort) -> MediaPort:
        """``port``, with everything that passes through it heard."""
        return _Heard(port, self)

    def passed(self, heard: AudioFrame, said: NDArray[np.int16] | None) -> None:
        """20 ms went by each way. Called in the media loop."""
        if not self._open:
            return
        hush = self._paused()
        for party, samples in zip(self._parties, (heard.samples, said), strict=True):
            audible = self._silence if hush or samples is None else samples
            party.hear(AudioFrame(audible, heard.rate, heard.position))

    async def close(self) -> None:
        """Wait a little for the last words."""
        self._open = False
        last = [party.task for party in self._parties if party.task is not None and not party.task.done()]
        if last:
            _, late = await asyncio.wait(last, timeout=_LAST_WORDS_S)
            for task in late:
                task.cancel()

    def _start(self, who: str, utterance: Utterance, at_ms: float) -> "asyncio.Future[None]":
        return asyncio.ensure_future(self._take_down(who, utterance, at_ms))

    async def _take_down(self, who: str, utterance: Utterance, at_ms: float) -> None:
        try:
            transcript = await self._transcriber.transcribe(
                utterance.samples,
                utterance.rate,
                # of its own name: a turn of the one party must not take the place of the other's
                call_id=f"{self._ledger.call.call_id}/{who}",
                speculative=True,
            )
        except SpeechUnavailable:
            return
        words = check(transcript.text).text
        if not words:
            return
        if who == "agent":
            self._ledger.said_by_agent(words, at_ms, confidence=transcript.confidence)
        else:
            self._ledger.said_by_caller(words, at_ms, confidence=transcript.confidence)


class _Heard:
    """A port that is listened to."""

    def __init__(self, port: MediaPort, minutes: Minutes) -> None:
        self._port = port
        self._minutes = minutes

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        """20 ms each way."""
        said = self._port.exchange(heard)
        self._minutes.passed(heard, said)
        return said

    def key(self, press: KeyPress) -> None:
        """Not heard."""
        self._port.key(press)

    def ended(self, end: LegEnded) -> None:
        """The leg is over."""
        self._port.ended(end)
