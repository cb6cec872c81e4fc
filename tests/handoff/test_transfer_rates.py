"""A whisper is heard as it should be whatever the rate of the agent's line."""

import asyncio

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.handoff.test_card import make_card
from voicebot.audio import tones
from voicebot.audio.frames import LEG_RATES, AudioFrame
from voicebot.handoff.transfer import WHISPER_S, Transfer, render_whisper
from voicebot.settings import HandoffSettings
from voicebot.telephony.leg import CallLeg, KeyPress, LegEnded
from voicebot.telephony.memory import MemoryExchange, MemoryLine
from voicebot.tts.espeak import EspeakVoice
from voicebot.tts.spoken import SpokenAudio, SpokenText


class Humming:
    """A voice that says everything as one second of 1 kHz."""

    async def speak(self, spoken: SpokenText, rate: int) -> SpokenAudio:
        return SpokenAudio(tones.sine(1000, 1000, rate, -12), rate, "humming")


class Agent:
    """Listens."""

    def __init__(self) -> None:
        self.heard: list[NDArray[np.int16]] = []

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        self.heard.append(heard.samples)
        return None

    def key(self, press: KeyPress) -> None:
        """The bot presses no keys."""

    def ended(self, end: LegEnded) -> None:
        """Nothing to do."""


@pytest.mark.parametrize("rate", LEG_RATES)
async def test_the_whisper_has_the_rate_of_the_agents_leg(rate: int) -> None:
    exchange, agent = MemoryExchange(rate), Agent()
    legs: list[CallLeg] = []

    async def answer(leg: CallLeg) -> None:
        await leg.answer()
        leg.attach(agent)
        legs.append(leg)
        await leg.wait_ended()

    desk, bot = MemoryLine(exchange, "sip:agent@desk"), MemoryLine(exchange, "sip:bot@desk")
    await desk.start(answer)
    settings = HandoffSettings(queues={"default": ("sip:agent@desk",)})
    people = Transfer(bot, Humming(), settings, np.zeros(0, np.int16), rate=16000)
    finding = asyncio.create_task(people.find_person(make_card(), lambda attempt: None))
    await exchange.run(lambda: len(agent.heard) >= 70)
    await legs[0].send_keys("1")
    assert await finding is not None
    sound = np.concatenate(agent.heard)
    voiced = np.flatnonzero(np.abs(sound) > 100)
    assert (voiced[-1] - voiced[0]) / rate == pytest.approx(1.0, abs=0.02), "one second, not half or two"
    middle = sound[voiced[0] : voiced[0] + rate // 2].astype(float)
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert int(spectrum.argmax()) * 2 == pytest.approx(1000, abs=5)
    await exchange.close()


class Aloud:
    """espeak-ng, asked as the speech process is."""

    async def speak(self, spoken: SpokenText, rate: int) -> SpokenAudio:
        """Render it here."""
        return EspeakVoice("en+f3").render(spoken, rate)


@pytest.mark.parametrize("words", [5, 12, 17])
async def test_a_whisper_is_over_in_six_seconds(words: int) -> None:
    """However much there is to tell in the words that a card may give it."""
    text = " ".join(["Council.", "Recycling", "collection", "yesterday,"] * 5).split()[:words]
    sound = await render_whisper(Aloud(), " ".join(text), "Press 1.", 8000, np.zeros(0, np.int16))
    assert 8000 < len(sound) <= WHISPER_S * 8000
