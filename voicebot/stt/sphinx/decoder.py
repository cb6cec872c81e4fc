"""One PocketSphinx decoder with the language models of the states that were needed lately."""

import math
from collections import OrderedDict
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pocketsphinx
from numpy.typing import NDArray

from voicebot.errors import SpeechUnavailable
from voicebot.stt.sphinx.grammar import Weighted, vocabulary
from voicebot.stt.sphinx.ngram import write_model
from voicebot.stt.sphinx.pronunciation import dictionary_lines, pronounced

_MODEL = "en-us/en-us"
_FRAMES_A_S = 100
_NOISE = ("<s>", "</s>", "<sil>", "[NOISE]", "[SPEECH]")
_KEPT = 24
_LOOKED_AT = 40
_LEAST = 1e-300
_DOUBT = 2.0
"""What words that are no likelier than others take from the score."""


@dataclass(frozen=True, slots=True)
class SphinxReading:
    """What was read: ``words`` with their first and last frame (10 ms) and posterior probability; ``score`` is the mean
    acoustic log-probability of a frame against the best sound at that frame, less where other words would have done as
    well (by the posteriors); at most 0. ``others`` are further texts.
    """

    text: str
    score: float
    words: tuple[tuple[str, int, int, float], ...]
    others: tuple[str, ...]


class SphinxDecoder:
    """Decodes with any of several language models, which are kept by name. Not for two threads at once.

    ``folder`` is for files that the library reads. Raises :class:`~voicebot.errors.SpeechUnavailable`.
    """

    def __init__(self, folder: Path, words: set[str]) -> None:
        self._folder = folder
        dictionary = folder / "words.dict"
        dictionary.write_text("\n".join(dictionary_lines(sorted(words))) + "\n", encoding="utf-8")
        self._known = set(words)
        self._searches: OrderedDict[str, None] = OrderedDict()
        try:
            self._decoder = pocketsphinx.Decoder(
                hmm=pocketsphinx.get_model_path(_MODEL), dict=str(dictionary), lm=None, loglevel="FATAL"
            )
        except RuntimeError as error:
            raise SpeechUnavailable(f"PocketSphinx can't be loaded: {error}") from error

    def knows(self, word: str) -> bool:
        """Whether ``word`` is in some model."""
        return word in self._known

    def has(self, name: str) -> bool:
        """Whether the model ``name`` is loaded."""
        return name in self._searches

    def load(self, name: str, lines: Weighted) -> None:
        """Make the model of ``lines`` known as ``name``; the one that was not used for longest may go for it."""
        for word in sorted(vocabulary(lines) - self._known):
            self._known.add(word)
            for number, phones in enumerate(pronounced(word), start=1):
                self._decoder.add_word(word if number == 1 else f"{word}({number})", phones, False)
        path = self._folder / "model.arpa"
        try:
            write_model(lines, path)
            model = pocketsphinx.NGramModel(self._decoder.config, self._decoder.logmath, str(path))
            self._decoder.add_lm(name, model)
        except (OSError, RuntimeError, ValueError) as error:
            raise SpeechUnavailable(f"PocketSphinx can't take a language model: {error}") from error
        self._searches[name] = None
        while len(self._searches) > _KEPT:
            old, _ = self._searches.popitem(last=False)
            self._decoder.remove_search(old)

    def read(self, name: str, audio: NDArray[np.float32], alternatives: int) -> SphinxReading:
        """Read ``audio`` (−1…1, 16,000 samples a second) by the model ``name``, which is loaded."""
        self._searches.move_to_end(name)
        samples = np.clip(np.rint(audio * 32767), -32768, 32767).astype("<i2")
        try:
            self._decoder.activate_search(name)
            self._decoder.start_utt()
            self._decoder.process_raw(samples.tobytes(), full_utt=True)
            self._decoder.end_utt()
        except RuntimeError as error:
            raise SpeechUnavailable(f"PocketSphinx failed: {error}") from error
        best = self._decoder.hyp()
        text = best.hypstr.strip() if best is not None and best.hypstr else ""
        segments = list(self._decoder.seg() or ())
        spoken = [one for one in segments if one.word not in _NOISE]
        frames = sum(one.end_frame - one.start_frame + 1 for one in spoken)
        acoustic = sum(math.log(max(_LEAST, one.ascore)) for one in spoken)
        words = tuple((_bare(one.word), one.start_frame, one.end_frame, min(1.0, one.prob)) for one in spoken)
        others = self._others(text, alternatives) if text and alternatives else ()
        sure = sum(word[3] for word in words) / len(words) if words else 1.0
        return SphinxReading(text, (acoustic / frames if frames else 0.0) - _DOUBT * (1 - sure), words, others)

    def _others(self, text: str, count: int) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for one in islice(self._decoder.nbest() or (), _LOOKED_AT):
            if one is not None and one.hypstr and (other := one.hypstr.strip()) != text:
                found[other] = None
            if len(found) == count:
                break
        return tuple(found)


def frame_ms(frame: int) -> float:
    """When a frame begins, in ms."""
    return frame * 1000 / _FRAMES_A_S


def _bare(word: str) -> str:
    """A word without the number of its pronunciation."""
    return word.partition("(")[0]
