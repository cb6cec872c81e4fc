"""A party that sings a tone and tells which tones it hears."""

import asyncio

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.frames import AudioFrame
from voicebot.telephony.leg import KeyPress, LegEnded


class Singer:
    """Sings a tone and keeps what it hears."""

    def __init__(self, hz: float) -> None:
        self._hz = hz
        self._heard: list[NDArray[np.int16]] = []
        self._position = 0

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16]:
        """20 ms each way."""
        self._heard.append(heard.samples)
        times = (self._position + np.arange(len(heard.samples))) / heard.rate
        self._position += len(times)
        return (8000 * np.sin(2 * np.pi * self._hz * times)).astype(np.int16)

    def key(self, press: KeyPress) -> None:
        """Of no interest."""

    def ended(self, end: LegEnded) -> None:
        """Of no interest."""

    def heard(self, frames: int | None = None) -> NDArray[np.int16]:
        """The last so many frames, or all."""
        parts = self._heard if frames is None else self._heard[-frames:]
        return np.concatenate(parts) if parts else np.zeros(0, np.int16)

    def level(self, frames: int) -> float:
        """The mean level of the last so many frames (RMS, of 32768)."""
        return float(np.sqrt(np.mean(self.heard(frames).astype(np.float64) ** 2)))

    async def passes(self, frames: int) -> None:
        """Wait until so many more frames have been heard."""
        until = len(self._heard) + frames
        async with asyncio.timeout(20):
            while len(self._heard) < until:
                await asyncio.sleep(0.05)

    async def hears(self, hz: float) -> None:
        """Wait until half a second of what comes is nothing but a tone."""
        async with asyncio.timeout(20):
            while share(self.heard(25), hz) < 0.8:
                await asyncio.sleep(0.05)


def share(samples: NDArray[np.int16], hz: float, rate: int = 8000) -> float:
    """The share of the energy that lies within 20 Hz of a tone."""
    if len(samples) < rate // 4:
        return 0.0
    spectrum = np.abs(np.fft.rfft(samples.astype(np.float64))) ** 2
    frequencies = np.fft.rfftfreq(len(samples), 1 / rate)
    return float(spectrum[np.abs(frequencies - hz) < 20].sum() / (spectrum.sum() + 1e-9))
