"""Small media ports for tests: one that sings, one that answers with what it hears."""

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.frames import AudioFrame
from voicebot.telephony.leg import KeyPress, LegEnded


class TonePort:
    """Says a sine of ``hz``; remembers the keys, the loudest frame heard and the end."""

    def __init__(self, hz: float = 440.0) -> None:
        self.hz = hz
        self.keys: list[str] = []
        self.frames = 0
        self.loudest = 0.0
        self.end: LegEnded | None = None

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        """20 ms of the tone."""
        self.frames += 1
        if not heard.concealed:
            self.loudest = max(self.loudest, float(np.sqrt(np.mean(heard.samples.astype(np.float64) ** 2))))
        times = (heard.position + np.arange(len(heard.samples))) / heard.rate
        return (8000 * np.sin(2 * np.pi * self.hz * times)).astype(np.int16)

    def key(self, press: KeyPress) -> None:
        """Note a key."""
        self.keys.append(press.key)

    def ended(self, end: LegEnded) -> None:
        """Note the end."""
        self.end = end
