"""No stage of an answer is waited for without end, whatever its client promises.

Each wrapper is the service that it wraps, with a limit: what takes longer is cancelled and raises what the service
raises when it is not there, for which the call has an answer.
"""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from voicebot.dialogue.acts import Prediction, Turn, TurnReply
from voicebot.dialogue.client import Parsed
from voicebot.errors import DialogueUnavailable, ServiceUnavailable, SpeechUnavailable
from voicebot.session.foresight import Foreseeing
from voicebot.session.mind import Mind
from voicebot.stt.transcript import Hints, Transcriber, Transcript
from voicebot.tts.spoken import SpokenAudio, SpokenText, Voice

_T = TypeVar("_T")

_NO_HINTS = Hints()
GRACE_S = 0.5
"""A client's own limit comes first: its error says more."""

PREDICT_S = 1.0
"""An answer ahead of time that takes longer is not worth waiting for: the turn itself is asked instead."""


async def within(seconds: float, work: Awaitable[_T], otherwise: type[ServiceUnavailable]) -> _T:
    """The outcome of ``work``; raises ``otherwise`` when it takes longer than ``seconds``."""
    try:
        async with asyncio.timeout(seconds):
            return await work
    except TimeoutError as late:
        raise otherwise(f"no answer within {seconds:g} s") from late


class TimelyTranscriber:
    """A transcriber that answers within ``seconds``."""

    def __init__(self, transcriber: Transcriber, seconds: float) -> None:
        self._transcriber = transcriber
        self._limit_s = seconds + GRACE_S

    async def transcribe(
        self,
        samples: NDArray[np.int16],
        rate: int,
        *,
        hints: Hints = _NO_HINTS,
        call_id: str = "",
        speculative: bool = False,
    ) -> Transcript:
        """Hear ``samples``."""
        work = self._transcriber.transcribe(samples, rate, hints=hints, call_id=call_id, speculative=speculative)
        return await within(self._limit_s, work, SpeechUnavailable)


class TimelyVoice:
    """A voice that answers within ``seconds``."""

    def __init__(self, voice: Voice, seconds: float) -> None:
        self._voice = voice
        self._limit_s = seconds + GRACE_S

    async def speak(self, spoken: SpokenText, rate: int) -> SpokenAudio:
        """Render."""
        return await within(self._limit_s, self._voice.speak(spoken, rate), SpeechUnavailable)


class TimelyMind:
    """A mind that answers within ``seconds``."""

    def __init__(self, mind: Mind, seconds: float) -> None:
        self._mind = mind
        self._limit_s = seconds + GRACE_S

    async def turn(self, turn: Turn) -> TurnReply:
        """Answer a turn."""
        return await within(self._limit_s, self._mind.turn(turn), DialogueUnavailable)

    async def parse(self, text: str) -> Parsed:
        """What a text alone would be taken for."""
        return await within(self._limit_s, self._mind.parse(text), DialogueUnavailable)

    async def predict(self, turn: Turn) -> Prediction | None:
        """What the answer would be, if the mind can tell."""
        if not isinstance(self._mind, Foreseeing):
            return None
        return await within(PREDICT_S, self._mind.predict(turn), DialogueUnavailable)
