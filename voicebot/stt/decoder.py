"""A loaded Whisper model that decodes windows of any length, several at once where they are alike.

Several windows in one pass cost the decoder little more than one, because reading its weights is what takes the time:
on a CPU with a model of base.en's size four together take half the time of four alone, and a GPU gains more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_ctranslate2_storage, get_suppressed_tokens
from numpy.typing import NDArray

from voicebot.errors import ConfigurationError, SpeechUnavailable
from voicebot.stt.confidence import looks_looped
from voicebot.stt.transcript import Word

RATE = 16000
"""Samples a second that the model takes."""

LONGEST_S = 30.0

_MAX_PROMPT_TOKENS = 60
MAX_NEW_TOKENS = 220
_NEEDED = ("model.bin", "config.json", "tokenizer.json")


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Audio (−1…1 at :data:`RATE`), the seconds that it is padded to, and the decoder's whole prompt."""

    audio: NDArray[np.float32]
    seconds: float
    prompt: tuple[int, ...]
    word_times: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """One decoding of one window. ``score`` is the mean log-probability a token; ``others`` are further readings with
    theirs, best first.
    """

    text: str
    score: float
    others: tuple[tuple[str, float], ...]
    no_speech: float
    looped: bool
    words: tuple[Word, ...] = ()


def _check_files(folder: Path) -> None:
    missing = [name for name in _NEEDED if not (folder / name).is_file()]
    if not list(folder.glob("vocabulary.*")):
        missing.append("vocabulary.json")
    if missing:
        raise ConfigurationError(f"the model in {folder} lacks {', '.join(missing)}")
    # CTranslate2 dereferences this list without looking whether it is there, and the process dies.
    if b'"suppress_ids_begin"' not in (folder / "config.json").read_bytes():
        raise ConfigurationError(f"{folder / 'config.json'} lacks suppress_ids_begin")


class WhisperDecoder:
    """The model in ``folder`` (CTranslate2's format), ``workers`` decodings at once of ``threads`` threads each.

    Raises :class:`~voicebot.errors.ConfigurationError` when it can't be loaded.
    """

    def __init__(
        self, folder: Path, *, device: str, compute_type: str, threads: int, workers: int, language: str
    ) -> None:
        _check_files(folder)
        try:
            self._model = WhisperModel(
                str(folder), device=device, compute_type=compute_type, cpu_threads=threads, num_workers=workers
            )
        except (RuntimeError, ValueError) as error:
            raise ConfigurationError(f"the model in {folder} can't be loaded: {error}") from error
        self._tokenizer = Tokenizer(
            self._model.hf_tokenizer, self._model.model.is_multilingual, task="transcribe", language=language
        )
        # Published English-only vocabularies have every special token; one of our own may lack some.
        self._suppressed = [t for t in get_suppressed_tokens(self._tokenizer, [-1]) if t is not None]
        self._start = (*self._tokenizer.sot_sequence, self._tokenizer.no_timestamps)

    def prompt(self, context: str = "") -> tuple[int, ...]:
        """The decoder's prompt, after ``context`` as if that had been said before; of a long one the end is kept."""
        if not context:
            return self._start
        tokens = self._tokenizer.encode(" " + context.strip())[-_MAX_PROMPT_TOKENS:]
        return (self._tokenizer.sot_prev, *tokens, *self._start)

    def _features(self, audio: NDArray[np.float32], seconds: float) -> NDArray[np.float32]:
        """Log-mel features (mels, frames) of ``audio`` padded with silence to ``seconds``."""
        padded = np.pad(audio, (0, max(0, int(seconds * RATE) - len(audio))))
        features: NDArray[np.float32] = self._model.feature_extractor(padded)[..., :3000].astype(np.float32)
        return features

    def decode(self, windows: Sequence[Window], *, beam_size: int, hypotheses: int) -> list[Reading]:
        """Read ``windows``, whose prompts are equally long, in one pass; each is padded to the longest.

        Raises :class:`~voicebot.errors.SpeechUnavailable`.
        """
        longest = max(window.seconds for window in windows)
        prompts = [list(window.prompt) for window in windows]
        most = min(MAX_NEW_TOKENS, int(20 + 16 * max(len(window.audio) for window in windows) / RATE))
        try:
            features = np.stack([self._features(window.audio, longest) for window in windows])
            encoded = self._model.model.encode(get_ctranslate2_storage(features))
            results = self._model.model.generate(
                encoded,
                prompts,
                beam_size=beam_size,
                num_hypotheses=hypotheses,
                # The limit counts the prompt, and only half of it may be new text.
                max_length=max(2 * most, len(prompts[0]) + most),
                return_scores=True,
                return_no_speech_prob=True,
                suppress_blank=True,
                suppress_tokens=self._suppressed,
            )
            readings = [self._reading(result, window) for result, window in zip(results, windows, strict=True)]
            if len(windows) == 1 and windows[0].word_times:
                words = self._words(encoded, results[0].sequences_ids[0], windows[0], features.shape[-1])
                return [_with_words(readings[0], words)]
        except (RuntimeError, ValueError) as error:
            raise SpeechUnavailable(f"the recogniser failed: {error}") from error
        return readings

    def _reading(self, result: "ctranslate2.models.WhisperGenerationResult", window: Window) -> Reading:
        found: dict[str, float] = {}
        for ids, score in zip(result.sequences_ids, result.scores, strict=True):
            # The decoder divides by the tokens of the text; the end token was scored as well.
            found.setdefault(self._tokenizer.decode(ids).strip(), float(score) * len(ids) / (len(ids) + 1))
        (text, score), *others = found.items()
        looped = looks_looped(text, len(window.audio) / RATE)
        return Reading(text, score, tuple((t, s) for t, s in others if t), float(result.no_speech_prob), looped)

    def _words(
        self, encoded: ctranslate2.StorageView, tokens: list[int], window: Window, frames: int
    ) -> tuple[Word, ...]:
        """Times of the words within the window's audio, in ms."""
        found = self._model.find_alignment(self._tokenizer, [tokens], encoded, frames)
        end_ms = len(window.audio) * 1000 / RATE
        return tuple(
            Word(
                word["word"].strip(),
                min(end_ms, float(word["start"]) * 1000),
                min(end_ms, float(word["end"]) * 1000),
                float(word["probability"]),
            )
            for word in (found[0] if found else ())
            if word["word"].strip()
        )


def _with_words(reading: Reading, words: tuple[Word, ...]) -> Reading:
    return Reading(reading.text, reading.score, reading.others, reading.no_speech, reading.looped, words)
