"""PocketSphinx as a recogniser among others."""

import queue
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from voicebot.stt.decoder import RATE
from voicebot.stt.recogniser import NO_HINTS, Request
from voicebot.stt.speechless import has_voice
from voicebot.stt.sphinx.child import SphinxChild, Task
from voicebot.stt.sphinx.decoder import frame_ms
from voicebot.stt.transcript import Hints, Transcript, Word
from voicebot.stt.trim import trim_silence

_LEAD_S = 0.2
_TAIL_S = 0.3


class SphinxRecogniser:
    """Hears with language models made from the dialogue ``project``, one for each question, in ``workers`` processes.

    ``words`` is the folder of the council's word lists. The processes load in the background;
    :meth:`warm_up` waits for them.
    """

    name = "pocketsphinx"
    batch = 1
    people = False
    """Not well enough to serve them."""

    def __init__(self, project: Path, words: Path | None = None, *, workers: int = 1, alternatives: int = 4) -> None:
        self._children = [SphinxChild(project, words) for _ in range(workers)]
        self._free: queue.SimpleQueue[SphinxChild] = queue.SimpleQueue()
        for child in self._children:
            self._free.put(child)
        self._alternatives = alternatives

    @property
    def workers(self) -> int:
        """Utterances at once."""
        return len(self._children)

    @property
    def processes(self) -> list[int]:
        """The numbers of its processes."""
        return [child.pid for child in self._children if child.pid is not None]

    def warm_up(self) -> None:
        """Wait until it can hear. Raises :class:`~voicebot.errors.SpeechUnavailable` when it can't."""
        for child in self._children:
            child.wait_loaded()

    def close(self) -> None:
        """End its processes."""
        for child in self._children:
            child.close()

    def recognise(self, samples: NDArray[np.int16], rate: int, hints: Hints = NO_HINTS) -> Transcript:
        """Hear mono ``samples`` at ``rate`` Hz; what holds no voice gives an empty text.

        Raises :class:`~voicebot.errors.SpeechUnavailable`.
        """
        started = time.perf_counter()
        audio = samples.astype(np.float32) / 32768.0
        trimmed = trim_silence(audio, rate, lead_s=_LEAD_S, tail_s=_TAIL_S)
        text, confidence = "", 1.0
        words: tuple[Word, ...] = ()
        others: tuple[str, ...] = ()
        if len(trimmed.samples) and has_voice(_wide(trimmed.samples, rate)):
            child = self._free.get()
            try:
                found = child.read(Task(trimmed.samples, rate, hints, self._alternatives))
            finally:
                self._free.put(child)
            before_ms = trimmed.start * 1000 / rate
            text, confidence, others = found.reading.text, found.confidence, found.reading.others
            words = tuple(
                Word(word, before_ms + frame_ms(first), before_ms + frame_ms(last + 1), sure)
                for word, first, last, sure in found.reading.words
            )
        return Transcript(
            text=text,
            confidence=confidence,
            alternatives=others,
            words=words if hints.word_times else (),
            audio_ms=len(samples) * 1000 / rate,
            compute_ms=(time.perf_counter() - started) * 1000,
            engine=self.name,
        )

    def recognise_all(self, requests: Sequence[Request]) -> list[Transcript]:
        """Hear several utterances, one after another. Raises as :meth:`recognise`."""
        return [self.recognise(one.samples, one.rate, one.hints) for one in requests]


def _wide(audio: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    return audio if rate == RATE else soxr.resample(audio, rate, RATE, quality="HQ").astype(np.float32)
