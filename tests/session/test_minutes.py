"""A talk between caller and agent is taken down in words: both sides, nothing while paused, at nobody else's cost."""

import asyncio
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tests.turns.espeak_voice import speech
from voicebot.audio.frames import AudioFrame, frame_samples
from voicebot.errors import SpeechUnavailable
from voicebot.session.ledger import Ledger
from voicebot.session.minutes import Minutes
from voicebot.session.nothing_kept import NothingKept
from voicebot.settings import TurnSettings
from voicebot.stt.transcript import Hints, Transcript
from voicebot.telephony.leg import CallFacts, Direction, KeyPress, LegEnded

RATE = 8000
FRAME = frame_samples(RATE)
NO_HINTS = Hints()
CALLER, AGENT = speech("my bin has not been emptied", RATE), speech("i will send somebody on friday", RATE)


@dataclass
class Recogniser:
    """Says how long what it heard was, and keeps in which way it was asked."""

    busy: bool = False
    asked: list[tuple[str, bool]] = field(default_factory=list)

    async def transcribe(
        self,
        samples: NDArray[np.int16],
        rate: int,
        *,
        hints: Hints = NO_HINTS,
        call_id: str = "",
        speculative: bool = False,
    ) -> Transcript:
        self.asked.append((call_id, speculative))
        if self.busy:
            raise SpeechUnavailable("too much to hear")
        if call_id.endswith("/agent"):
            return Transcript("my card is 4539 1488 0343 6467", 0.9)
        return Transcript("the caller's words", 0.8)


class Talk:
    """The port between the two: tells the caller what the agent says."""

    def __init__(self, agent: NDArray[np.int16]) -> None:
        self._agent = agent
        self._at = 0

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        part = self._agent[self._at : self._at + FRAME]
        self._at += FRAME
        return np.pad(part, (0, FRAME - len(part))) if len(part) else None

    def key(self, press: KeyPress) -> None:
        raise AssertionError("no key is pressed")

    def ended(self, end: LegEnded) -> None:
        raise AssertionError("the call goes on")


async def taken_down(recogniser: Recogniser, *, paused: bool = False) -> Ledger:
    """The caller speaks, then the agent, in four seconds or so of silence each."""
    ledger = Ledger(CallFacts("call-1", "sip", Direction.INBOUND), "NV-1", NothingKept())
    quiet = np.zeros(3 * RATE, dtype=np.int16)
    caller = np.concatenate((quiet[:RATE], CALLER, quiet, quiet))
    agent = np.concatenate((quiet, quiet[: len(CALLER)], AGENT, quiet))
    position = 0
    minutes = Minutes(ledger, recogniser, TurnSettings(), RATE, lambda: position * 1000 / RATE, lambda: paused)
    port = minutes.over(Talk(agent))
    for at in range(0, len(caller) - FRAME, FRAME):
        position = at + FRAME
        port.exchange(AudioFrame(caller[at : at + FRAME], RATE, at))
        await asyncio.sleep(0)
    await minutes.close()
    return ledger


async def test_both_sides_are_in_the_record_at_their_moments() -> None:
    recogniser = Recogniser()
    ledger = await taken_down(recogniser)
    (caller, agent) = ledger.turns
    assert (caller.who, caller.text) == ("caller", "the caller's words")
    assert agent.who == "agent" and "4539" not in agent.text, "no card number is kept"
    assert 700 <= caller.at_ms <= 1300
    assert agent.at_ms > caller.at_ms + 1500
    assert sorted(recogniser.asked) == [("call-1/agent", True), ("call-1/caller", True)], "it gives way to callers"
    assert ledger.facts == (), "nobody is asked anything"


async def test_nothing_is_heard_while_the_recording_is_paused() -> None:
    recogniser = Recogniser()
    assert (await taken_down(recogniser, paused=True)).turns == []
    assert recogniser.asked == []


async def test_what_can_not_be_heard_is_left_out() -> None:
    recogniser = Recogniser(busy=True)
    assert (await taken_down(recogniser)).turns == []
    assert len(recogniser.asked) == 2
