"""Whisper by faster-whisper and CTranslate2, decoding each utterance at its own length.

Whisper was trained on windows of 30 s and is commonly given nothing else, so that "yes" costs as much as a speech.
CTranslate2 encodes any length: what is padded here is only a floor of some seconds, which makes a short answer three
to eight times faster. Published weights never saw short windows in training; when their output looks stuck or
unsure, it is done again in a longer window, up to the 30 s they know. ``voicebot stt-check`` measures on a machine
with weights what each floor costs in accuracy.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ctranslate2
import numpy as np
import soxr
from numpy.typing import NDArray

from voicebot.stt.confidence import looks_invented
from voicebot.stt.decoder import LONGEST_S, RATE, Reading, WhisperDecoder, Window
from voicebot.stt.hotwords import Favour, WordLists
from voicebot.stt.recogniser import NO_HINTS, Request
from voicebot.stt.speechless import has_voice
from voicebot.stt.traits import ModelTraits, read_traits
from voicebot.stt.transcript import Hints, Transcript, Word
from voicebot.stt.trim import Trimmed, quietest_cut, trim_silence

_MIDDLE_S = 10.0
_NO_SPEECH = 0.6
_PROMPTED_HOTWORDS = 24
"""More phrases than these don't fit before the text; all of them count when readings are compared."""

_BEYOND_DOUBT = 0.6
"""Readings whose score is this near to 0, in shares of the sure score, are not asked for a voice behind them."""

_ALIKE = 1.5
"""Windows are decoded together when the longest is no longer than this times the shortest."""


@dataclass(frozen=True, slots=True, eq=False)
class _Heard:
    """A request whose silence is cut; ``audio_ms`` is the whole length, ``offset_ms`` what was cut before."""

    trimmed: Trimmed
    hints: Hints
    audio_ms: float
    offset_ms: float
    pieces: tuple[NDArray[np.float32], ...]


class WhisperRecogniser:
    """A Whisper model in CTranslate2's format, with ``workers`` decodings at once of ``threads`` threads each.

    ``folder`` holds ``model.bin``, ``config.json``, ``tokenizer.json``, ``vocabulary.json`` (or ``.txt``), and may hold
    ``preprocessor_config.json`` and ``model.json`` (:class:`~voicebot.stt.traits.ModelTraits`). ``floor_s`` is the
    shortest window; unless ``model_floor`` is false the model's own wins where it is longer.
    ``beam_size`` None takes the model's; ``batch`` 0 is eight utterances at once on a GPU and four on a CPU. ``words``
    are the council's word lists. Raises :class:`~voicebot.errors.ConfigurationError` when the model can't be loaded.
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
        batch: int = 0,
        words: WordLists | None = None,
    ) -> None:
        path = Path(folder)
        self._traits = read_traits(path)
        if device == "auto":
            device = "cuda" if ctranslate2.get_cuda_device_count() else "cpu"
        if compute_type == "default":
            compute_type = "int8" if device == "cpu" else "float16"
        self._decoder = WhisperDecoder(
            path, device=device, compute_type=compute_type, threads=threads, workers=workers, language=language
        )
        self._floor_s = max(floor_s, self._traits.floor_s if model_floor else 0.0)
        self._beam_size = beam_size or self._traits.beam_size
        self._hypotheses = 1 + min(alternatives, self._beam_size - 1)
        self._workers = workers
        self._device = device
        self._batch = batch or (4 if device == "cpu" else 8)
        self._words = words or WordLists({})

    @property
    def name(self) -> str:
        """The model's name."""
        return self._traits.name

    @property
    def traits(self) -> ModelTraits:
        """What the model is good for, and how it wants to be used."""
        return self._traits

    @property
    def people(self) -> bool:
        """Whether it understands people, not only synthetic voices."""
        return self._traits.people

    @property
    def workers(self) -> int:
        """Decodings at once."""
        return self._workers

    @property
    def batch(self) -> int:
        """Utterances that one decoding takes."""
        return self._batch

    @property
    def device(self) -> str:
        """``cpu`` or ``cuda``."""
        return self._device

    def warm_up(self) -> None:
        """Decode a second of noise, so that the first caller doesn't pay for what is done once."""
        noise = np.random.default_rng(1).normal(0, 1500, RATE).astype(np.int16)
        self.recognise(noise, RATE)

    def recognise(self, samples: NDArray[np.int16], rate: int, hints: Hints = NO_HINTS) -> Transcript:
        """Hear mono ``samples`` at ``rate`` Hz.

        Near-silence gives an empty text with confidence 1: it is certain that nothing was said. Raises
        :class:`~voicebot.errors.SpeechUnavailable` when the decoder fails.
        """
        return self.recognise_all([Request(samples, rate, hints)])[0]

    def recognise_all(self, requests: Sequence[Request]) -> list[Transcript]:
        """Hear several utterances, decoding those together that are alike in length. Raises as :meth:`recognise`.

        ``compute_ms`` of each is the time that all of them took.
        """
        started = time.perf_counter()
        heard = [self._prepare(request) for request in requests]
        first = self._first_readings(heard)
        results = []
        for one, reading in zip(heard, first, strict=True):
            if reading is not None:
                readings = [self._longer(one.pieces[0], one.hints, reading)]
            else:
                readings = [self._decode(piece, one.hints) for piece in one.pieces]
            results.append(self._transcript(one, readings, started))
        return results

    def _prepare(self, request: Request) -> _Heard:
        rate, audio = request.rate, request.samples.astype(np.float32) / 32768.0
        audio_ms = len(audio) * 1000 / rate
        if rate > self._traits.line_rate and len(audio):
            audio = soxr.resample(audio, rate, self._traits.line_rate, quality="HQ").astype(np.float32)
            rate = self._traits.line_rate
        if rate != RATE and len(audio):
            audio = soxr.resample(audio, rate, RATE, quality="HQ").astype(np.float32)
        hints = self._words.expand(request.hints)
        # Times of words are those of the whole audio, pauses and all.
        pause_s = math.inf if hints.word_times else self._traits.pause_s
        trimmed = trim_silence(audio, RATE, lead_s=self._traits.lead_s, tail_s=self._traits.tail_s, pause_s=pause_s)
        return _Heard(trimmed, hints, audio_ms, trimmed.start * 1000 / RATE, _pieces(trimmed.samples))

    def _window(self, audio: NDArray[np.float32], hints: Hints, seconds: float = 0.0) -> Window:
        return Window(
            audio, max(len(audio) / RATE, self._floor_s, seconds), self._prompt(hints), word_times=hints.word_times
        )

    def _prompt(self, hints: Hints) -> tuple[int, ...]:
        if not self._traits.prompting:
            return self._decoder.prompt()
        hotwords = ", ".join(hints.hotwords[:_PROMPTED_HOTWORDS])
        return self._decoder.prompt(" ".join(part for part in (hotwords, hints.prompt) if part))

    def _first_readings(self, heard: Sequence[_Heard]) -> list[Reading | None]:
        """The first reading of each utterance of one piece, in as few passes as their lengths allow."""
        readings: list[Reading | None] = [None] * len(heard)
        windows = {
            index: self._window(one.pieces[0], one.hints) for index, one in enumerate(heard) if len(one.pieces) == 1
        }
        group: list[int] = []

        def flush() -> None:
            found = self._decoder.decode(
                [windows[index] for index in group], beam_size=self._beam_size, hypotheses=self._hypotheses
            )
            for index, reading in zip(group, found, strict=True):
                readings[index] = Favour(heard[index].hints.hotwords, heard[index].hints.slot).choose(reading)
            group.clear()

        for index in sorted(windows, key=lambda index: (len(windows[index].prompt), windows[index].seconds)):
            window = windows[index]
            if group and not _together(windows[group[0]], window):
                flush()
            group.append(index)
        if group:
            flush()
        return readings

    def _longer(self, audio: NDArray[np.float32], hints: Hints, reading: Reading) -> Reading:
        """``reading`` of the shortest window, or a better one of a longer window when it looks stuck or unsure."""
        own, best = max(len(audio) / RATE, self._floor_s), reading
        for seconds in (w for w in (_MIDDLE_S, LONGEST_S) if w > own * 1.4):
            unsure = self._traits.retry_low_scores and reading.score < self._traits.calibration.reject
            if not ((reading.looped and self._traits.retry_loops) or unsure):
                break
            reading = self._read(self._window(audio, hints, seconds), hints)
            if (best.looped, -best.score) > (reading.looped, -reading.score):
                best = reading
        return best

    def _decode(self, audio: NDArray[np.float32], hints: Hints) -> Reading:
        return self._longer(audio, hints, self._read(self._window(audio, hints), hints))

    def _read(self, window: Window, hints: Hints) -> Reading:
        found = self._decoder.decode([window], beam_size=self._beam_size, hypotheses=self._hypotheses)
        return Favour(hints.hotwords, hints.slot).choose(found[0])

    def _transcript(self, heard: _Heard, readings: Sequence[Reading], started: float) -> Transcript:
        spoken = [
            reading
            for piece, reading in zip(heard.pieces, readings, strict=True)
            if reading.text and not self._is_silence(reading, heard.trimmed.voiced_s, piece)
        ]
        calibration = self._traits.calibration
        if spoken:
            weights = [len(r.text) for r in spoken]
            confidence = calibration.confidence(
                sum(r.score * w for r, w in zip(spoken, weights, strict=True)) / sum(weights)
            )
            if any(r.looped for r in spoken):
                confidence = min(confidence, 0.1)
        else:
            # Nothing was said if nothing was loud; if something was, the decoder may have failed to hear it.
            confidence = calibration.confidence(readings[0].score) if readings else 1.0
        others = spoken[0].others if len(spoken) == 1 else ()
        return Transcript(
            text=" ".join(r.text for r in spoken),
            confidence=confidence,
            alternatives=tuple(text for text, _ in others),
            words=_shifted(readings[0].words, heard.offset_ms) if len(readings) == 1 and spoken else (),
            audio_ms=heard.audio_ms,
            compute_ms=(time.perf_counter() - started) * 1000,
            engine=self.name,
            alternative_confidences=tuple(calibration.confidence(score) for _, score in others),
        )

    def _is_silence(self, reading: Reading, voiced_s: float, audio: NDArray[np.float32]) -> bool:
        if not self._traits.no_speech:
            return False
        if looks_invented(reading.text, voiced_s):
            return True
        calibration = self._traits.calibration
        if reading.no_speech > _NO_SPEECH and reading.score < calibration.reject:
            return True
        return reading.score < calibration.sure * _BEYOND_DOUBT and not has_voice(audio)


def _together(first: Window, other: Window) -> bool:
    """Whether two windows fit one pass: the decoder needs equally long prompts, and padding costs time."""
    if first.word_times or other.word_times or len(first.prompt) != len(other.prompt):
        return False
    return other.seconds <= first.seconds * _ALIKE


def _shifted(words: Sequence[Word], by_ms: float) -> tuple[Word, ...]:
    return tuple(Word(w.text, w.start_ms + by_ms, w.end_ms + by_ms, w.confidence) for w in words)


def _pieces(audio: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
    """``audio`` in pieces of at most 30 s, cut where it is quiet."""
    longest = int(LONGEST_S * RATE)
    pieces = []
    while len(audio) > longest:
        cut = quietest_cut(audio, RATE, longest * 2 // 3, longest)
        pieces.append(audio[:cut])
        audio = audio[cut:]
    if len(audio):
        pieces.append(audio)
    return tuple(pieces)
