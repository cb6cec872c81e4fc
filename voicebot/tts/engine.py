"""The synchronous side of a voice: what engines implement, and how one is chosen from the settings."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from voicebot.tts.espeak import DEFAULT_VOICE, EspeakVoice
from voicebot.tts.piper import PiperSpeaker
from voicebot.tts.spoken import SpokenAudio, SpokenText


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


def open_voice(name: str, folder: Path | None = None) -> VoiceEngine:
    """The voice called ``name``: ``espeak``, ``espeak:en+f3``, or the Piper voice that lies in ``folder``.

    Which Piper voices there are is the business of :mod:`voicebot.models`; this only opens one. Raises
    :class:`~voicebot.errors.ConfigurationError`.
    """
    if folder is not None:
        return PiperSpeaker(folder, name=name)
    return EspeakVoice(name.partition(":")[2] or DEFAULT_VOICE)
