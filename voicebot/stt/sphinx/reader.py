"""Reads utterances in the state that a call is in: first as an answer to what was asked, then as anything at all."""

import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from voicebot.stt.confidence import Calibration
from voicebot.stt.hotwords import WordLists
from voicebot.stt.sphinx.decoder import SphinxDecoder, SphinxReading
from voicebot.stt.sphinx.grammar import Grammar, vocabulary
from voicebot.stt.sphinx.sayings import read_sayings
from voicebot.stt.sphinx.widen import widen
from voicebot.stt.transcript import Hints

CALIBRATION = Calibration(reject=-4.4, sure=-2.9)
"""A person's answers that are right score from −2.4 to −4, sentences that are wrong −4 to −5, synthesisers −5 to −7."""

_ENOUGH = 0.6
_SURER_BY = 0.15
"""More words always fit the sound a little better; that alone is no reason to believe them."""

_OPEN = "anything"


class SphinxReader:
    """The language of the dialogue project in ``project``, with the word lists in ``words``, and a decoder for it.

    Takes a second to make. Raises :class:`~voicebot.errors.ConfigurationError` for a project that can't be read, and
    :class:`~voicebot.errors.SpeechUnavailable`. Not for two threads at once; close it, or use it as a context.
    """

    def __init__(self, project: Path, words: Path | None) -> None:
        self._grammar = Grammar(read_sayings(project), WordLists.load(words))
        everything = self._grammar.everything()
        self._folder = tempfile.TemporaryDirectory(prefix="voicebot-sphinx-")
        self._decoder = SphinxDecoder(Path(self._folder.name), vocabulary(everything))
        self._decoder.load(_OPEN, everything)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove its files."""
        self._folder.cleanup()

    def knows(self, word: str) -> bool:
        """Whether callers are expected to say ``word``."""
        return self._decoder.knows(word)

    def read(
        self, samples: NDArray[np.float32], rate: int, hints: Hints, alternatives: int = 4
    ) -> tuple[SphinxReading, float]:
        """The reading of ``samples`` (−1…1 at ``rate`` Hz) that fits them best, and the confidence in it (0–1)."""
        audio = widen(samples, rate)
        if self._grammar.is_open(hints):
            return _sure(self._decoder.read(_OPEN, audio, alternatives))
        state = f"{hints.slot}/{hints.profile}/{','.join(hints.hotwords)}"
        if not self._decoder.has(state):
            self._decoder.load(state, self._grammar.answers(hints))
        found = _sure(self._decoder.read(state, audio, alternatives))
        if found[1] >= _ENOUGH:
            return found
        # It doesn't sound like an answer: callers ask back, and tell something else.
        other = _sure(self._decoder.read(_OPEN, audio, alternatives))
        return other if other[1] > found[1] + _SURER_BY else found


def _sure(reading: SphinxReading) -> tuple[SphinxReading, float]:
    return reading, CALIBRATION.confidence(reading.score) if reading.text else 0.0
