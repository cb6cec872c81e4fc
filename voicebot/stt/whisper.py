"""Whisper by faster-whisper and CTranslate2, decoding each utterance at its own length.

Whisper was trained on windows of 30 s and is commonly given nothing else, so that "yes" costs as much as a speech.
CTranslate2 encodes any length: what is padded here is only a floor of some seconds, which makes a short answer three
to eight times faster. Published weights never saw short windows in training; when their output looks stuck or
unsure, it is done again in a longer window, up to the 30 s they know. ``voicebot models check`` measures on a machine
with weights what each floor costs in accuracy.
"""

import time
from dataclasses import dataclass
from pathlib import Path

import ctranslate2
import numpy as np
import soxr
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_ctranslate2_storage, get_suppressed_tokens
from numpy.typing import NDArray

from voicebot.errors import ConfigurationError, SpeechUnavailable
from voicebot.stt.confidence import looks_invented, looks_looped
from voicebot.stt.recogniser import NO_HINTS
from voicebot.stt.traits import ModelTraits, read_traits
from voicebot.stt.transcript import Hints, Transcript
from voicebot.stt.trim import quietest_cut, trim_silence

_RATE = 16000
_WINDOW_S = 30.0
_MIDDLE_S = 10.0
_MAX_PROMPT_TOKENS = 60
_MAX_NEW_TOKENS = 220
_NO_SPEECH = 0.6

_NEEDED = ("model.bin", "config.json", "tokenizer.json")


@dataclass(frozen=True, slots=True)
class _Reading:
    """One decoding of one window. ``score`` is the mean log-probability a token."""

    text: str
    score: float
    others: tuple[str, ...]
    no_speech: float
    looped: bool


def _check_files(folder: Path) -> None:
    missing = [name for name in _NEEDED if not (folder / name).is_file()]
    if not list(folder.glob("vocabulary.*")):
        missing.append("vocabulary.json")
    if missing:
        raise ConfigurationError(f"the model in {folder} lacks {', '.join(missing)}")
    # CTranslate2 dereferences this list without looking whether it is there, and the process dies.
    if b'"suppress_ids_begin"' not in (folder / "config.json").read_bytes():
        raise ConfigurationError(f"{folder / 'config.json'} lacks suppress_ids_begin")


class WhisperRecogniser:
    """A Whisper model in CTranslate2's format, with ``workers`` decodings at once of ``threads`` threads each.

    ``folder`` holds ``model.bin``, ``config.json``, ``tokenizer.json``, ``vocabulary.json`` (or ``.txt``), and may hold
    ``preprocessor_config.json`` and ``model.json`` (:class:`~voicebot.stt.traits.ModelTraits`). ``floor_s`` is the
    shortest window; unless ``model_floor`` is false the model's own wins where it is longer.
    ``beam_size`` None takes the model's. Raises :class:`~voicebot.errors.ConfigurationError` when the model can't be
    loaded.
    """

    def __init__(
        self,
        folder: Path | str,
        *,
        device: str = "auto",
        compute_type: str = "default",
        threads: int = 1,
        workers: int = 2,
        floor_s: float = 1.0,
        model_floor: bool = True,
        beam_size: int | None = None,
        alternatives: int = 4,
        language: str = "en",
    ) -> None:
        path = Path(folder)
        _check_files(path)
        self._traits = read_traits(path)
        if device == "auto":
            device = "cuda" if ctranslate2.get_cuda_device_count() else "cpu"
        if compute_type == "default":
            compute_type = "int8" if device == "cpu" else "float16"
        try:
            self._model = WhisperModel(
                str(path), device=device, compute_type=compute_type, cpu_threads=threads, num_workers=workers
            )
        except (RuntimeError, ValueError) as error:
            raise ConfigurationError(f"the model in {path} can't be loaded: {error}") from error
        self._tokenizer = Tokenizer(
            self._model.hf_tokenizer, self._model.model.is_multilingual, task="transcribe", language=language
        )
        # Published English-only vocabularies have every special token; one of our own may lack some.
        self._suppressed = [t for t in get_suppressed_tokens(self._tokenizer, [-1]) if t is not None]
        self._start = [*self._tokenizer.sot_sequence, self._tokenizer.no_timestamps]
        self._floor_s = max(floor_s, self._traits.floor_s if model_floor else 0.0)
        self._beam_size = beam_size or self._traits.beam_size
        self._alternatives = min(alternatives, self._beam_size - 1)
        self._workers = workers
        self._device = device

    @property
    def name(self) -> str:
        """The model's name."""
        return self._traits.name

    @property
    def traits(self) -> ModelTraits:
        """What the model is good for, and how it wants to be used."""
        return self._traits

    @property
    def workers(self) -> int:
        """Decodings at once."""
        return self._workers

    @property
    def device(self) -> str:
        """``cpu`` or ``cuda``."""
        return self._device

    def warm_up(self) -> None:
        """Decode a second of noise, so that the first caller doesn't pay for what is done once."""
        noise = np.random.default_rng(1).normal(0, 1500, _RATE).astype(np.int16)
        self.recognise(noise, _RATE)

    def recognise(self, samples: NDArray[np.int16], rate: int, hints: Hints = NO_HINTS) -> Transcript:
        """Hear mono ``samples`` at ``rate`` Hz.

        Near-silence gives an empty text with confidence 1: it is certain that nothing was said. Raises
        :class:`~voicebot.errors.SpeechUnavailable` when the decoder fails.
        """
        started = time.perf_counter()
        audio_ms = len(samples) * 1000 / rate
        audio = samples.astype(np.float32) / 32768.0
        if rate > self._traits.line_rate and len(audio):
            audio = soxr.resample(audio, rate, self._traits.line_rate, quality="HQ").astype(np.float32)
            rate = self._traits.line_rate
        if rate != _RATE and len(audio):
            audio = soxr.resample(audio, rate, _RATE, quality="HQ").astype(np.float32)
        trimmed = trim_silence(audio, _RATE, lead_s=self._traits.lead_s, tail_s=self._traits.tail_s)
        readings = [self._decode(piece, hints) for piece in self._pieces(trimmed.samples)]
        spoken = [r for r in readings if r.text and not self._is_silence(r, trimmed.voiced_s)]
        text = " ".join(r.text for r in spoken)
        if spoken:
            weights = [len(r.text) for r in spoken]
            score = sum(r.score * w for r, w in zip(spoken, weights, strict=True)) / sum(weights)
            confidence = self._traits.calibration.confidence(score)
            if any(r.looped for r in spoken):
                confidence = min(confidence, 0.1)
        else:
            # Nothing was said if nothing was loud; if something was, the decoder may have failed to hear it.
            confidence = self._traits.calibration.confidence(readings[0].score) if readings else 1.0
        return Transcript(
            text=text,
            confidence=confidence,
            alternatives=spoken[0].others if len(spoken) == 1 else (),
            audio_ms=audio_ms,
            compute_ms=(time.perf_counter() - started) * 1000,
            engine=self.name,
        )

    def _pieces(self, audio: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """``audio`` in pieces of at most 30 s, cut where it is quiet."""
        longest = int(_WINDOW_S * _RATE)
        pieces = []
        while len(audio) > longest:
            cut = quietest_cut(audio, _RATE, longest * 2 // 3, longest)
            pieces.append(audio[:cut])
            audio = audio[cut:]
        if len(audio):
            pieces.append(audio)
        return pieces

    def _is_silence(self, reading: _Reading, voiced_s: float) -> bool:
        if not self._traits.no_speech:
            return False
        if looks_invented(reading.text, voiced_s):
            return True
        return reading.no_speech > _NO_SPEECH and reading.score < self._traits.calibration.reject

    def _decode(self, audio: NDArray[np.float32], hints: Hints) -> _Reading:
        seconds = len(audio) / _RATE
        own = max(seconds, self._floor_s)
        best: _Reading | None = None
        for window in (own, *(w for w in (_MIDDLE_S, _WINDOW_S) if w > own * 1.4)):
            reading = self._decode_window(audio, window, hints)
            if best is None or (best.looped, -best.score) > (reading.looped, -reading.score):
                best = reading
            unsure = self._traits.retry_low_scores and reading.score < self._traits.calibration.reject
            if not (reading.looped or unsure):
                break
        assert best is not None
        return best

    def _prompt(self, hints: Hints) -> list[int]:
        if not self._traits.prompting or not (hints.prompt or hints.hotwords):
            return self._start
        words = " ".join(part for part in (", ".join(hints.hotwords), hints.prompt) if part)
        tokens = self._tokenizer.encode(" " + words.strip())[-_MAX_PROMPT_TOKENS:]
        return [self._tokenizer.sot_prev, *tokens, *self._start]

    def _features(self, audio: NDArray[np.float32], window_s: float) -> NDArray[np.float32]:
        """Log-mel features (mels, frames) of ``audio`` padded with silence to ``window_s`` seconds."""
        padded = np.pad(audio, (0, max(0, int(window_s * _RATE) - len(audio))))
        features: NDArray[np.float32] = self._model.feature_extractor(padded)[..., :3000].astype(np.float32)
        return features

    def _decode_window(self, audio: NDArray[np.float32], window_s: float, hints: Hints) -> _Reading:
        seconds = len(audio) / _RATE
        prompt = self._prompt(hints)
        most = min(_MAX_NEW_TOKENS, int(20 + 16 * seconds))
        try:
            features = get_ctranslate2_storage(self._features(audio, window_s)[np.newaxis])
            encoded = self._model.model.encode(features)
            result = self._model.model.generate(
                encoded,
                [prompt],
                beam_size=self._beam_size,
                num_hypotheses=1 + self._alternatives,
                # The limit counts the prompt, and only half of it may be new text.
                max_length=max(2 * most, len(prompt) + most),
                return_scores=True,
                return_no_speech_prob=True,
                suppress_blank=True,
                suppress_tokens=self._suppressed,
            )[0]
        except (RuntimeError, ValueError) as error:
            raise SpeechUnavailable(f"the recogniser failed: {error}") from error
        texts = [self._tokenizer.decode(ids).strip() for ids in result.sequences_ids]
        length = len(result.sequences_ids[0])
        # The decoder divides by the tokens of the text; the end token was scored as well.
        score = result.scores[0] * length / (length + 1)
        others = tuple(dict.fromkeys(t for t in texts[1:] if t and t != texts[0]))
        return _Reading(texts[0], float(score), others, float(result.no_speech_prob), looks_looped(texts[0], seconds))
