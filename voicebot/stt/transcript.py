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
    """What the caller was asked, to help the recogniser.

    ``profile``, ``prompt`` and ``slot`` are the question's (the slot says what a whole answer looks like); ``hotwords``
    are likely words; ``word_times`` asks for the time of every word, which costs a pass of the decoder. ``goes_on``
    says that the turn does, so that it's only worth hearing while there is nothing else to hear.
    """

    profile: str = "normal"
    prompt: str = ""
    hotwords: tuple[str, ...] = ()
    word_times: bool = False
    slot: str = ""
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class Transcript:
    """One utterance in words.

    ``confidence`` is 0–1 and comparable over recognisers; ``alternatives`` are other readings, best first,
    without ``text`` itself, and ``alternative_confidences`` how sure each of them is. An empty ``text`` means that
    nothing was said. ``compute_ms`` is the time the recogniser worked, ``queue_ms`` the time the request waited for it.
    """

    text: str
    confidence: float
    alternatives: tuple[str, ...] = ()
    words: tuple[Word, ...] = ()
    audio_ms: float = 0.0
    compute_ms: float = 0.0
    queue_ms: float = 0.0
    engine: str = ""
    alternative_confidences: tuple[float, ...] = ()


class Transcriber(Protocol):
    """Anything that turns audio into words."""

    async def transcribe(
        self,
        samples: NDArray[np.int16],
        rate: int,
        *,
        hints: Hints = Hints(),
        call_id: str = "",
        speculative: bool = False,
    ) -> Transcript:
        """Hear ``samples`` (mono) at ``rate`` Hz.

        ``speculative`` marks a guess, which gives way to a newer request of its call and to anything that counts when
        there is much to do. Raises :class:`~voicebot.errors.SpeechUnavailable`.
        """
        ...
