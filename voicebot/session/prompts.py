"""The fixed sentences as audio, found by what they are for or by their words."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.frames import LEG_RATES
from voicebot.session.phrases import Phrase
from voicebot.tts.engine import VoiceEngine
from voicebot.tts.fixed import FixedPrompts
from voicebot.tts.spoken import Voice

_BY_TEXT = {str(phrase): phrase for phrase in Phrase}


class Prompts:
    """Every :class:`~voicebot.session.phrases.Phrase`, rendered before the first call."""

    def __init__(self, fixed: FixedPrompts) -> None:
        self._fixed = fixed

    @classmethod
    async def load(
        cls, voice: Voice, rate: int, folder: Path | None, *, last_resort: VoiceEngine | None = None
    ) -> "Prompts":
        """Render them with ``voice``; without it they come from ``folder`` (an earlier run) or ``last_resort``.

        ``rate`` is the one at which they are rendered: the highest that a leg may have, for the others are made of it.
        """
        fixed = FixedPrompts({phrase.name: str(phrase) for phrase in Phrase}, folder)
        await fixed.load(voice, (rate,), last_resort=last_resort)
        for phrase in Phrase:
            for other in LEG_RATES:
                fixed.get(phrase.name, other)
        return cls(fixed)

    def samples(self, phrase: Phrase, rate: int) -> NDArray[np.int16]:
        """A phrase at ``rate`` Hz; empty when it could never be rendered."""
        return self._fixed.get(phrase.name, rate)

    def find(self, text: str, rate: int) -> NDArray[np.int16] | None:
        """The audio of a fixed sentence by its words, or None when it is not one or has none."""
        phrase = _BY_TEXT.get(text)
        if phrase is None:
            return None
        samples = self.samples(phrase, rate)
        return samples if len(samples) else None
