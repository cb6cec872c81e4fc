"""What a voice is asked for, and what it gives back."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class SpokenText:
    """Text to be spoken. ``rate`` 1.0 is the voice's own speed, below is slower; ``volume`` likewise. ``language`` is
    empty for that of the voice, or the tag of another (``cy``)."""

    text: str
    rate: float = 1.0
    volume: float = 1.0
    language: str = ""


@dataclass(frozen=True, slots=True)
class SpokenAudio:
    """Speech as samples at ``rate`` Hz, and who spoke it; ``compute_ms`` is 0 when it came from the cache."""

    samples: NDArray[np.int16]
    rate: int
    voice: str
    compute_ms: float = 0.0
    cached: bool = False
    text: str = field(default="", compare=False)

    @property
    def duration_ms(self) -> float:
        """Length in ms."""
        return len(self.samples) * 1000 / self.rate


class Voice(Protocol):
    """Anything that turns text into audio."""

    async def speak(self, spoken: SpokenText, rate: int) -> SpokenAudio:
        """Render a sentence or two at ``rate`` Hz. Raises :class:`~voicebot.errors.SpeechUnavailable`."""
        ...
