"""Words while the caller still speaks: the turn so far is transcribed again and again, and what two successive readings
agree on counts as said.

A reading of unfinished audio is least sure of its last words. Those that the next, longer window reads alike
(LocalAgreement) are kept; the rest is tentative. Who talks for long without a pause is heard of an emergency by the
stable words, and sees all of them as captions; the end of a turn is none of this, since its words come with its pause.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from voicebot.errors import SpeechUnavailable
from voicebot.stt.transcript import Hints, Transcriber, Transcript

_LAGGING_MS = 150.0
_SLOWEST = 8


@dataclass(frozen=True, slots=True)
class Partial:
    """What has been heard of a turn that goes on.

    ``stable`` are the words that will not change any more, ``text`` is the last reading whole; ``confidence`` (0–1) is
    that reading's, ``audio_ms`` how much of the turn it covers, ``compute_ms`` what it cost.
    """

    stable: str
    text: str
    confidence: float
    audio_ms: float
    compute_ms: float = 0.0

    @property
    def tentative(self) -> str:
        """The words of the last reading after the stable ones."""
        return " ".join(self.text.split()[len(self.stable.split()) :])


def _bare(word: str) -> str:
    return "".join(c for c in word.lower() if c.isalnum())


def agreed(before: Sequence[str], after: Sequence[str]) -> int:
    """How many leading words are the same in both, whatever their case and punctuation."""
    count = 0
    for one, other in zip(before, after, strict=False):
        if _bare(one) != _bare(other):
            break
        count += 1
    return count


class LocalAgreement:
    """Successive readings of one growing turn in, partials out. Stable words only become more."""

    def __init__(self) -> None:
        self._stable: list[str] = []
        self._last: list[str] = []

    def update(self, reading: Transcript) -> Partial:
        """Take the reading of a longer window."""
        words = reading.text.split()
        count = agreed(self._last, words)
        if count > len(self._stable):
            self._stable = words[:count]
        self._last = words
        return Partial(" ".join(self._stable), reading.text, reading.confidence, reading.audio_ms, reading.compute_ms)


class Follower:
    """Follows the caller's turns of one call, with at most one transcription under way.

    ``heard`` is called in the event loop with every new partial of the turn that goes on. Give the turn so far to
    :meth:`offer` whenever :meth:`due` says so, and call :meth:`reset` when the turn is over or void. The speech process
    reads them only while it has nothing else to hear, and when it refuses, or is slow, they become rare by
    themselves. They never raise.
    """

    def __init__(
        self, transcriber: Transcriber, call_id: str, heard: Callable[[Partial], None], *, every_ms: float = 400.0
    ) -> None:
        self._transcriber = transcriber
        self._call_id = call_id
        self._heard = heard
        self._every_ms = every_ms
        self._slower = 1
        self._agreement = LocalAgreement()
        self._offered_ms = 0.0
        self._task: asyncio.Task[None] | None = None
        self.latest: Partial | None = None
        """The newest partial of the turn that goes on; None before the first."""

    def due(self, audio_ms: float) -> bool:
        """Whether a turn that is ``audio_ms`` long by now is worth another reading. Cheap enough for every frame.

        One that is shorter than what was read is another turn.
        """
        if audio_ms < self._offered_ms:
            self.reset()
        if self._task is not None and not self._task.done():
            return False
        return audio_ms - self._offered_ms >= self._every_ms * self._slower

    def offer(self, samples: NDArray[np.int16], rate: int, hints: Hints) -> None:
        """Begin to read the turn so far, from its first sample on; returns at once."""
        self._offered_ms = len(samples) * 1000 / rate
        self._task = asyncio.get_running_loop().create_task(self._read(samples, rate, hints))

    def reset(self) -> None:
        """The turn is over: forget its partials, and take back the reading under way."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._agreement = LocalAgreement()
        self._offered_ms = 0.0
        self.latest = None

    async def _read(self, samples: NDArray[np.int16], rate: int, hints: Hints) -> None:
        agreement = self._agreement
        try:
            reading = await self._transcriber.transcribe(
                samples, rate, hints=replace(hints, goes_on=True), call_id=self._call_id, speculative=True
            )
        except SpeechUnavailable:
            self._slower = min(_SLOWEST, self._slower * 2)
            return
        self._slower = min(_SLOWEST, self._slower * 2) if reading.queue_ms > _LAGGING_MS else 1
        if agreement is self._agreement:
            self.latest = agreement.update(reading)
            self._heard(self.latest)
