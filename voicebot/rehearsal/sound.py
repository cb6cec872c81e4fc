"""The caller's end of the line in a rehearsal: what is said, what is heard, and how long the bot took."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.frames import AudioFrame, frame_samples
from voicebot.audio.levels import ActivityMeter, voiced_slices
from voicebot.telephony.leg import KeyPress, LegEnded

Renderer = Callable[[str], NDArray[np.int16]]
"""Turns the caller's words into audio at the leg's rate."""

_RELEASE_MS = 400
_PATIENCE_S = 15.0
"""A caller who has had no answer for this long says something again."""


@dataclass(slots=True)
class Sound:
    """The caller's side of the line: says samples, notes when the bot was heard. All positions are the leg's.

    ``latencies_ms`` run from the last voiced sample said to the first voiced sample heard after it.
    """

    rate: int
    latencies_ms: list[float] = field(default_factory=list)
    heard: list[NDArray[np.int16]] = field(default_factory=list)
    position: int = 0
    gone: LegEnded | None = None
    _sending: NDArray[np.int16] = field(default_factory=lambda: np.zeros(0, dtype=np.int16))
    _last_said: int | None = None
    _said_until: int = 0
    _acted_at: int = -1
    _meter: ActivityMeter = field(init=False)

    def __post_init__(self) -> None:
        self._meter = ActivityMeter(self.rate, release_ms=_RELEASE_MS)

    @property
    def speaking(self) -> bool:
        """Whether there is something left to say."""
        return len(self._sending) > 0

    @property
    def quiet_s(self) -> float:
        """How long nobody has spoken, in seconds of audio."""
        return (self.position - max(self._meter.last_voiced, self._said_until)) / self.rate

    @property
    def answered(self) -> bool:
        """Whether the bot has spoken since the caller did something, or has had long enough to."""
        since = max(self._acted_at, self._said_until)
        return self._meter.last_voiced > since or self.position - since >= _PATIENCE_S * self.rate

    def acted(self) -> None:
        """The caller did something other than speak."""
        self._acted_at = self.position

    def say(self, samples: NDArray[np.int16]) -> None:
        """Say this, from the next frame on."""
        self._sending = samples
        self.acted()

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        """Take 20 ms from the bot, give 20 ms of the caller."""
        self.position = heard.position + len(heard.samples)
        self.heard.append(heard.samples)
        before = self._meter.began
        self._meter.feed(heard.samples, heard.position)
        began = self._meter.began
        if began is not None and before is None and self._last_said is not None and not self.speaking:
            self.latencies_ms.append((began - self._last_said) * 1000 / self.rate)
            self._last_said = None
        size = frame_samples(self.rate)
        part, self._sending = self._sending[:size], self._sending[size:]
        if len(part) == 0:
            return None
        slices = np.flatnonzero(voiced_slices(part, self.rate))
        if len(slices):
            self._last_said = self._said_until = self.position + int(slices[-1] + 1) * self.rate // 200
        return np.pad(part, (0, size - len(part)))

    def key(self, press: KeyPress) -> None:
        """Keys from the bot mean nothing to a caller."""

    def ended(self, end: LegEnded) -> None:
        """The bot hung up."""
        self.gone = end
