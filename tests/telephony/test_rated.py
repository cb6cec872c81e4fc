"""Audio across rates: listeners of one rate on legs of another, bridges, whispers."""

import numpy as np
import pytest
from numpy.typing import NDArray

from voicebot.audio import tones
from voicebot.audio.frames import LEG_RATES, AudioFrame, frame_samples
from voicebot.handoff.conference import Conference
from voicebot.telephony.leg import CallFacts, Direction, EndReason, KeyPress, LegEnded
from voicebot.telephony.memory import MemoryLeg
from voicebot.telephony.rated import at_rate


class Recorder:
    """Says a sound at its own rate and keeps what it hears."""

    def __init__(self, rate: int, sound: NDArray[np.int16]) -> None:
        self.rate = rate
        self.heard: list[NDArray[np.int16]] = []
        self.keys: list[KeyPress] = []
        self.end: LegEnded | None = None
        self._sound = sound
        self._at = 0

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        assert (heard.rate, len(heard.samples), heard.position) == (self.rate, frame_samples(self.rate), self._at)
        self.heard.append(heard.samples)
        said = self._sound[self._at : self._at + len(heard.samples)]
        self._at += len(heard.samples)
        return said if len(said) == len(heard.samples) else None

    def key(self, press: KeyPress) -> None:
        self.keys.append(press)

    def ended(self, end: LegEnded) -> None:
        self.end = end


def leg(rate: int) -> MemoryLeg:
    made = MemoryLeg(CallFacts("1", "memory", Direction.INBOUND), rate)
    made.up = True
    return made


def level(samples: NDArray[np.int16], rate: int, hz: float) -> float:
    """dBFS of a sine's peak at ``hz``."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) / len(samples) * 4
    return float(20 * np.log10(spectrum[round(hz * len(samples) / rate)] / 32768 + 1e-9))


@pytest.mark.parametrize("port_rate", LEG_RATES)
@pytest.mark.parametrize("leg_rate", LEG_RATES)
def test_a_listener_sits_on_a_leg_of_any_rate(port_rate: int, leg_rate: int) -> None:
    recorder = Recorder(port_rate, tones.sine(600, 2000, port_rate, -12))
    sound = tones.sine(900, 2000, leg_rate, -12)
    made = leg(leg_rate)
    made.attach(at_rate(recorder, port_rate, leg_rate))
    step = frame_samples(leg_rate)
    said = np.concatenate([made.tick(sound[n * step : (n + 1) * step]) for n in range(90)])
    assert level(said[leg_rate // 2 :], leg_rate, 600) == pytest.approx(-12, abs=0.5)
    assert level(np.concatenate(recorder.heard)[port_rate // 2 :], port_rate, 900) == pytest.approx(-12, abs=0.5)
    made.press("5")
    assert [(key.key, key.position) for key in recorder.keys] == [("5", 90 * frame_samples(port_rate))]
    made.finish(LegEnded(EndReason.REMOTE_HANGUP))
    assert recorder.end is not None


@pytest.mark.parametrize("first", LEG_RATES)
@pytest.mark.parametrize("second", LEG_RATES)
async def test_legs_of_any_rates_are_bridged_without_lumps(first: int, second: int) -> None:
    one, two = leg(first), leg(second)
    conference = Conference()
    conference.add(one)
    conference.add(two)
    here, there = tones.sine(600, 2000, first, -12), tones.sine(900, 2000, second, -12)
    heard_one, heard_two = [], []
    for n in range(90):
        heard_one.append(one.tick(here[n * first // 50 : (n + 1) * first // 50]))
        heard_two.append(two.tick(there[n * second // 50 : (n + 1) * second // 50]))
    assert all(frame.any() for frame in heard_one[2:]), "no frame is missing"
    assert all(frame.any() for frame in heard_two[2:])
    assert level(np.concatenate(heard_one)[first // 2 :], first, 900) == pytest.approx(-12, abs=0.5)
    assert level(np.concatenate(heard_two)[second // 2 :], second, 600) == pytest.approx(-12, abs=0.5)


def test_what_a_narrow_leg_cannot_carry_does_not_come_back_as_something_else() -> None:
    recorder = Recorder(16000, tones.sine(6000, 2000, 16000, -12))
    made = leg(8000)
    made.attach(at_rate(recorder, 16000, 8000))
    said = np.concatenate([made.tick() for _ in range(90)])
    assert level(said[4000:], 8000, 2000) < -60, "6 kHz would fold down to 2 kHz"
