"""What a recogniser gives back, and what it may be told beforehand."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its time inside the utterance, in ms, and its probability (0–1)."""

    text: str
    start_ms: float
    end_ms: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Hints:
    """What the caller was asked, to help the recogniser: the question's profile and likely words."""

    profile: str = "normal"
    prompt: str = ""
    hotwords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Transcript:
    """One utterance in words.

    ``confidence`` is 0–1 and comparable over recognisers; ``alternatives`` are other readings, best first,
    without ``text`` itself; an empty ``text`` means that nothing was said. ``compute_ms`` is the time the
    recogniser worked, ``queue_ms`` the time the request waited for it.
    """

    text: str
    confidence: float
    alternatives: tuple[str, ...] = ()
    words: tuple[Word, ...] = ()
    audio_ms: float = 0.0
    compute_ms: float = 0.0
    queue_ms: float = 0.0
    engine: str = ""


class Transcriber(Protocol):
    """Anything that turns audio into words."""

    async def transcribe(
        self, samples: NDArray[np.int16], rate: int, *, hints: Hints = Hints(), call_id: str = ""
    ) -> Transcript:
        """Hear ``samples`` (mono) at ``rate`` Hz. Raises :class:`~voicebot.errors.SpeechUnavailable`."""
        ...
