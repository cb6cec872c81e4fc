"""The synchronous side of a voice: what engines implement, and how one is chosen from the settings."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
import structlog
from numpy.typing import NDArray

from voicebot.errors import SpeechUnavailable
from voicebot.tts.espeak import DEFAULT_VOICE, EspeakVoice
from voicebot.tts.spoken import SpokenAudio, SpokenText

_log = structlog.get_logger(__name__)


class VoiceEngine(Protocol):
    """A voice that blocks while it works. Safe to call from several threads."""

    @property
    def name(self) -> str:
        """Identifies the voice with everything that changes its sound; part of the cache key."""
        ...

    def render(self, spoken: SpokenText, rate: int) -> SpokenAudio:
        """Render at ``rate`` Hz. Raises :class:`~voicebot.errors.SpeechUnavailable`."""
        ...

    def stream(self, spoken: SpokenText, rate: int) -> Iterator[NDArray[np.int16]]:
        """Render piece by piece (a sentence each, where the engine can), at ``rate`` Hz."""
        ...


class FallbackVoice:
    """Speaks with ``first``, and with ``second`` whenever that fails: a robotic word is better than none."""

    def __init__(self, first: VoiceEngine, second: VoiceEngine) -> None:
        self._first = first
        self._second = second

    @property
    def name(self) -> str:
        """The first voice's."""
        return self._first.name

    def render(self, spoken: SpokenText, rate: int) -> SpokenAudio:
        """Render at ``rate`` Hz; ``voice`` of the result says who spoke. Raises as the second voice does."""
        try:
            return self._first.render(spoken, rate)
        except SpeechUnavailable as error:
            _log.warning("voice_failed", voice=self._first.name, error=type(error).__name__)
            return self._second.render(spoken, rate)

    def stream(self, spoken: SpokenText, rate: int) -> Iterator[NDArray[np.int16]]:
        """Piece by piece; after a failure the second voice begins anew only if nothing has been spoken yet."""
        pieces = 0
        try:
            for piece in self._first.stream(spoken, rate):
                pieces += 1
                yield piece
        except SpeechUnavailable as error:
            _log.warning("voice_failed", voice=self._first.name, error=type(error).__name__)
            if pieces:
                raise
            yield from self._second.stream(spoken, rate)


class Tongues:
    """Speaks with ``first``, and texts in another language with the voice of ``others`` that has it, if any."""

    def __init__(self, first: VoiceEngine, others: Mapping[str, VoiceEngine]) -> None:
        self._first = first
        self._others = others

    @property
    def name(self) -> str:
        """The first voice's."""
        return self._first.name

    def render(self, spoken: SpokenText, rate: int) -> SpokenAudio:
        """Render at ``rate`` Hz with the voice of the text's language. Raises as that voice does."""
        return self._of(spoken).render(spoken, rate)

    def stream(self, spoken: SpokenText, rate: int) -> Iterator[NDArray[np.int16]]:
        """Piece by piece, likewise."""
        return self._of(spoken).stream(spoken, rate)

    def _of(self, spoken: SpokenText) -> VoiceEngine:
        return self._others.get(spoken.language, self._first)


def open_voice(name: str, folder: Path | None = None) -> VoiceEngine:
    """The voice called ``name``: ``espeak``, ``espeak:en+f3``, or the Piper voice that lies in ``folder``.

    Which Piper voices there are is the business of :mod:`voicebot.models`; this only opens one. Raises
    :class:`~voicebot.errors.ConfigurationError`.
    """
    if folder is not None:
        # The runtime takes a second and much memory to load; a process that only wants espeak-ng goes without.
        from voicebot.tts.piper import PiperSpeaker

        return PiperSpeaker(folder, name=name)
    return EspeakVoice(name.partition(":")[2] or DEFAULT_VOICE)
