"""Sounds that are not speech: holding pattern, ringing, beep, keypad tones. All are synthesised."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.frames import frame_samples

_KEYPAD = {
    key: (row, column)
    for row, keys in ((697, "123A"), (770, "456B"), (852, "789C"), (941, "*0#D"))
    for key, column in zip(keys, (1209, 1336, 1477, 1633), strict=True)
}


def _shape(length: int, rate: int, edge_ms: float) -> NDArray[np.float64]:
    """An envelope of ones with raised-cosine edges, so that nothing clicks."""
    edge = min(int(rate * edge_ms / 1000), length // 2)
    envelope = np.ones(length)
    ramp = 0.5 - 0.5 * np.cos(np.pi * np.arange(edge) / max(edge, 1))
    envelope[:edge] = ramp
    envelope[length - edge :] = ramp[::-1]
    return envelope


def _pcm(wave: NDArray[np.float64], level_dbfs: float) -> NDArray[np.int16]:
    return np.round(wave * 32767 * 10 ** (level_dbfs / 20)).astype(np.int16)


def sine(frequency: float, duration_ms: int, rate: int, level_dbfs: float = -20.0) -> NDArray[np.int16]:
    """A sine of the given peak level with soft edges."""
    length = rate * duration_ms // 1000
    time = np.arange(length) / rate
    return _pcm(np.sin(2 * np.pi * frequency * time) * _shape(length, rate, 5), level_dbfs)


def beep(rate: int) -> NDArray[np.int16]:
    """ "Speak after the tone": 1 kHz for 300 ms."""
    return sine(1000.0, 300, rate, -16.0)


@lru_cache(maxsize=8)
def looking(rate: int) -> NDArray[np.int16]:
    """One period of the soft tone that says "I'm at it": two low notes, then 1.2 s of nothing, far below speech."""
    notes = [sine(frequency, 140, rate, -44.0) for frequency in (392.0, 494.0)]
    return np.concatenate([*notes, np.zeros(rate * 1200 // 1000, np.int16)])


def keypad(key: str, duration_ms: int, rate: int, level_dbfs: float = -14.0) -> NDArray[np.int16]:
    """The dual tone of ``0-9 * # A-D`` (ITU-T Q.23). Raises ValueError for another key."""
    if key.upper() not in _KEYPAD:
        raise ValueError(f"not a key: {key!r}")
    low, high = _KEYPAD[key.upper()]
    length = rate * duration_ms // 1000
    time = np.arange(length) / rate
    wave = np.sin(2 * np.pi * low * time) + np.sin(2 * np.pi * high * time)
    return _pcm(wave * _shape(length, rate, 3) / 2, level_dbfs)


@lru_cache(maxsize=8)
def ringback(rate: int) -> NDArray[np.int16]:
    """One 3 s period of the United Kingdom's ringing tone: 400 + 450 Hz, 0.4 s on, 0.2 off, 0.4 on, 2.0 off."""
    burst = rate * 400 // 1000
    time = np.arange(burst) / rate
    wave = (np.sin(2 * np.pi * 400 * time) + np.sin(2 * np.pi * 450 * time)) * _shape(burst, rate, 8) / 2
    period = np.zeros(rate * 3)
    period[:burst] = wave
    start = rate * 600 // 1000
    period[start : start + burst] = wave
    return _pcm(period, -22.0)


@lru_cache(maxsize=8)
def holding(rate: int) -> NDArray[np.int16]:
    """One 6 s period of the holding sound: four soft bell notes, then quiet, so that a voice is heard over it."""
    period = np.zeros(rate * 6)
    ring = rate * 1400 // 1000
    time = np.arange(ring) / rate
    attack = 1 - np.exp(-time / 0.012)
    for start_s, pitch in ((0.0, 392.0), (0.75, 493.88), (1.5, 587.33), (2.6, 440.0)):
        bell = np.sin(2 * np.pi * pitch * time) * np.exp(-time / 0.38)
        bell += 0.25 * np.sin(2 * np.pi * 2 * pitch * time) * np.exp(-time / 0.17)
        note = bell * attack * _shape(ring, rate, 60)
        start = int(start_s * rate)
        period[start : start + ring] += note
    return _pcm(period / 1.6, -22.0)


class Loop:
    """Gives a sound over and over, a frame at a time."""

    def __init__(self, sound: NDArray[np.int16], rate: int) -> None:
        self._size = frame_samples(rate)
        self._sound = np.concatenate([sound, sound[: self._size]])
        self._length = len(sound)
        self._at = 0

    def frame(self) -> NDArray[np.int16]:
        """The next 20 ms."""
        frame = self._sound[self._at : self._at + self._size]
        self._at = (self._at + self._size) % self._length
        return frame
