"""A whole call in memory when neither speech nor dialogue nor anybody else is there, at either rate, and recorded."""

import asyncio
import wave
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from voicebot.audio import tones
from voicebot.audio.frames import LEG_RATES, AudioFrame
from voicebot.audio.levels import dbfs
from voicebot.audio.wav import read_wav
from voicebot.dialogue.client import DialogueClient
from voicebot.handoff.transfer import Transfer
from voicebot.recording.recorder import Recorder
from voicebot.safety.detector import SafetyNet
from voicebot.session.call import Call
from voicebot.session.ledger import CallSummary
from voicebot.session.nothing_kept import NothingKept
from voicebot.session.phrases import Phrase
from voicebot.session.prompts import Prompts
from voicebot.session.services import CallServices
from voicebot.settings import HandoffSettings, Settings
from voicebot.speech.client import SpeechClient
from voicebot.telephony.leg import CallLeg, KeyPress, LegEnded
from voicebot.telephony.memory import MemoryExchange, MemoryLine
from voicebot.tts.engine import open_voice

BOT = "sip:council@memory"


@dataclass
class Kept(NothingKept):
    """A record of which the recordings and messages are looked at."""

    recordings: list[tuple[str, float]] = field(default_factory=list)
    messages: list[tuple[str, float]] = field(default_factory=list)

    def recording(self, call_id: str, path: str, duration_s: float, at_ms: float) -> None:
        """Note it."""
        self.recordings.append((path, duration_s))

    def message(self, call_id: str, queue: str, path: str, duration_s: float) -> None:
        """Note it."""
        self.messages.append((path, duration_s))


class Caller:
    """Waits for the tone after which to speak, hums for two seconds, presses #."""

    def __init__(self, rate: int) -> None:
        self.heard: list[NDArray[np.int16]] = []
        self.hummed = 0
        self.end: LegEnded | None = None
        self._hum = tones.sine(300, 2000, rate, -12)
        self._beep = round(1000 * len(tones.beep(rate)) / rate)
        self._beeped_for = 0

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        self.heard.append(heard.samples)
        spectrum = np.abs(np.fft.rfft(heard.samples))
        at_1k = float(spectrum[20] / (spectrum.sum() + 1))
        self._beeped_for = self._beeped_for + 20 if at_1k > 0.5 else 0
        if self._beeped_for < 200 and not self.hummed:
            return None
        said = self._hum[self.hummed : self.hummed + len(heard.samples)]
        self.hummed += len(said)
        return said if len(said) == len(heard.samples) else None

    @property
    def done(self) -> bool:
        return self.hummed >= len(self._hum)

    def key(self, press: KeyPress) -> None:
        """The bot presses none."""

    def ended(self, end: LegEnded) -> None:
        self.end = end


@pytest.fixture
async def broken(tmp_path: Path, safety_net: SafetyNet) -> AsyncIterator[CallServices]:
    """Nothing works but what lies in this process; calls are recorded."""
    handoff = HandoffSettings(queues={"default": ()})
    settings = Settings(data=tmp_path, handoff=handoff)
    speech = SpeechClient(tmp_path / "none.sock", timeout_s=0.1)
    dialogue = DialogueClient("http://127.0.0.1:9", "x", timeout_s=0.1)
    prompts = await Prompts.load(speech, max(LEG_RATES), None, last_resort=open_voice("espeak"))
    people = Transfer(MemoryLine(MemoryExchange(), BOT), speech, handoff, np.zeros(0, np.int16))
    recorder = Recorder(settings.recordings)
    yield CallServices(settings, speech, speech, dialogue, safety_net, prompts, people, Kept(), recorder)
    recorder.close()
    await speech.close()
    await dialogue.close()


@pytest.mark.parametrize("rate", LEG_RATES)
async def test_the_caller_is_told_leaves_a_message_and_all_is_recorded(broken: CallServices, rate: int) -> None:
    exchange = MemoryExchange(rate)
    bot, phone = MemoryLine(exchange, BOT), MemoryLine(exchange, "sip:caller@memory")
    calls: list[Call] = []
    summaries: list[CallSummary] = []

    async def take(leg: CallLeg) -> None:
        calls.append(Call(leg, broken))
        summaries.append(await calls[0].run())

    await bot.start(take)
    leg = await phone.dial(BOT)
    caller = Caller(rate)
    leg.attach(caller)
    await exchange.run(lambda: caller.done or caller.end is not None, limit_s=120, settle=_settle)
    await leg.send_keys("#")
    await exchange.run(lambda: caller.end is not None, limit_s=60, settle=_settle)
    async with asyncio.timeout(10):
        while not summaries:
            await asyncio.sleep(0.01)
    assert summaries[0].outcome == "message"
    assert [turn.text for turn in calls[0].ledger.turns][:2] == [str(Phrase.RECORDED), str(Phrase.BROKEN)]
    assert calls[0].ledger.turns[0].heard == str(Phrase.RECORDED)
    kept = broken.sink
    assert isinstance(kept, Kept)
    ((message, length),) = kept.messages
    audio, written = read_wav(Path(message))
    assert written == rate
    assert length == pytest.approx(2.0, abs=0.5)
    assert dbfs(audio[rate // 2 : rate]) == pytest.approx(-15, abs=1)
    ((path, duration),) = kept.recordings
    with wave.open(path, "rb") as file:
        assert (file.getframerate(), file.getnchannels()) == (rate, 2)
        both = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2).astype(np.int16)
    assert len(both) / rate == pytest.approx(duration)
    heard = np.concatenate(caller.heard)
    assert len(both) == pytest.approx(len(heard), abs=rate // 10)
    at_start = both[: 2 * rate, 1]
    assert dbfs(at_start) > -35, "the notice is on the recording"
    assert np.isclose(
        dbfs(both[:, 0]), dbfs(np.append(caller._hum, np.zeros(len(both) - len(caller._hum), np.int16))), atol=1
    )


async def _settle() -> None:
    """Work that takes real time (a dead socket, a file) costs no audio time: let it go on."""
    await asyncio.sleep(0.0005)
