"""A handful of sentences that can be spoken whatever has died.

They lie in this process's memory, so that a call is told what happens and handed to a person when the speech
process is gone; and on disk, so that they are there when it is gone at the start already.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import structlog
from numpy.typing import NDArray

from voicebot.errors import SpeechUnavailable
from voicebot.tts.cache import cache_key, pack, unpack, write_atomically
from voicebot.tts.engine import VoiceEngine
from voicebot.tts.level import resample, to_int16
from voicebot.tts.spoken import SpokenText, Voice

_log = structlog.get_logger(__name__)

_ANY_VOICE = "fixed"
"""On disk a prompt is found by its words alone: which voice spoke it last time doesn't matter in an emergency."""


class FixedPrompts:
    """Named sentences, rendered beforehand.

    ``texts`` maps a name to what is said; ``folder`` is where the audio is kept (None: memory only).
    """

    def __init__(self, texts: Mapping[str, str], folder: Path | None = None, *, speed: float = 1.0) -> None:
        self._texts = dict(texts)
        self._folder = folder
        self._speed = speed
        self._audio: dict[tuple[str, int], NDArray[np.int16]] = {}

    @property
    def texts(self) -> Mapping[str, str]:
        """What each name says."""
        return self._texts

    @property
    def missing(self) -> tuple[str, ...]:
        """Names that have no audio at any rate."""
        have = {name for name, _ in self._audio}
        return tuple(name for name in self._texts if name not in have)

    async def load(
        self, voice: Voice, rates: Iterable[int] = (8000,), *, last_resort: VoiceEngine | None = None
    ) -> tuple[str, ...]:
        """Render every prompt at every one of ``rates`` with ``voice``; gives the names that are :attr:`missing`.

        What the voice can't render now comes from the disk, and what was never rendered from ``last_resort``, an
        engine in this process (rendering blocks for some milliseconds a sentence: for start-up only). Never raises
        because of a dead speech process.
        """
        alive = True
        for rate in rates:
            for name, text in self._texts.items():
                spoken = SpokenText(text, rate=self._speed)
                if alive:
                    try:
                        audio = await voice.speak(spoken, rate)
                    except SpeechUnavailable as error:
                        _log.warning("fixed_prompts_without_speech", error=type(error).__name__)
                        alive = False
                    else:
                        self._keep(name, spoken, audio.samples, rate)
                        continue
                stored = self._read(spoken, rate)
                if stored is not None:
                    self._audio[name, rate] = stored
                elif last_resort is not None:
                    self._keep(name, spoken, last_resort.render(spoken, rate).samples, rate)
        if self.missing:
            _log.error("fixed_prompts_missing", names=self.missing)
        return self.missing

    def get(self, name: str, rate: int) -> NDArray[np.int16]:
        """Samples of a prompt at ``rate`` Hz; converted when it was only rendered at another rate.

        Empty when there is none: whoever speaks it goes on with what follows. Raises :class:`KeyError` for a name
        that was never given.
        """
        if name not in self._texts:
            raise KeyError(name)
        audio = self._audio.get((name, rate))
        if audio is not None:
            return audio
        for (other, other_rate), samples in self._audio.items():
            if other == name:
                converted = to_int16(resample(samples.astype(np.float32) / 32768.0, other_rate, rate))
                self._audio[name, rate] = converted
                return converted
        return np.zeros(0, dtype=np.int16)

    def _path(self, spoken: SpokenText, rate: int) -> Path | None:
        return None if self._folder is None else self._folder / f"{cache_key(_ANY_VOICE, spoken, rate)}.speech"

    def _keep(self, name: str, spoken: SpokenText, samples: NDArray[np.int16], rate: int) -> None:
        self._audio[name, rate] = samples
        path = self._path(spoken, rate)
        if path is None:
            return
        try:
            write_atomically(path, pack(samples, rate))
        except OSError as error:
            _log.warning("fixed_prompt_not_written", error=error.strerror or type(error).__name__)

    def _read(self, spoken: SpokenText, rate: int) -> NDArray[np.int16] | None:
        path = self._path(spoken, rate)
        if path is None:
            return None
        try:
            found = unpack(path.read_bytes())
        except OSError:
            return None
        return None if found is None or found[1] != rate else found[0]
