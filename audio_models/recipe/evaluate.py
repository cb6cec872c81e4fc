"""Measures a model folder as calls use it: faster-whisper, A-law, silence cut, no 30 s padding."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer

from audio_models.recipe import channel, grammar, speech
from audio_models.recipe.channel import Audio

TEST_SEED = 990_001
"""Seed of the test sentences; no training run may use it."""

MARGINS = (0.2, 0.3)
"""Seconds of silence before and after the words, as the cut leaves them."""

SNR_DB = 30.0
"""Ratio of speech to noise of the test calls."""

NOTHING = -1.2
"""Mean log-probability a token under which there were no words."""

SETS = ("espeak_seen", "espeak_unseen", "flite_seen", "flite_unseen", "held_out_templates")
"""Test sets: kinds of voices, and seen voices with templates that training never used."""


@dataclass(frozen=True)
class Heard:
    """What a recogniser made of a clip: words, mean log-probability a token, seconds taken."""

    text: str
    score: float
    seconds: float


class Ear:
    """A model folder opened for short utterances.

    ``floor_frames`` is the shortest window in frames of 10 ms; shorter audio is
    padded with silence to it.
    """

    def __init__(self, folder: Path, *, floor_frames: int = 200, beam: int = 5) -> None:
        self._model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1)
        self._tokenizer = Tokenizer(self._model.hf_tokenizer, multilingual=False)
        self.floor_frames, self.beam = floor_frames, beam

    def hear(self, audio: Audio) -> Heard:
        """Recognise audio at 16,000 samples a second."""
        started = time.perf_counter()
        missing = self.floor_frames * 160 - len(audio)
        if missing > 0:
            audio = np.pad(audio, (0, missing))
        mel = self._model.feature_extractor(audio)[None, :, :3000]
        encoded = self._model.model.encode(ctranslate2.StorageView.from_array(np.ascontiguousarray(mel)))
        prompt = [*self._tokenizer.sot_sequence, self._tokenizer.no_timestamps]
        result = self._model.model.generate(encoded, [prompt], beam_size=self.beam, return_scores=True, max_length=200)[
            0
        ]
        text = self._tokenizer.decode(list(result.sequences_ids[0])).strip()
        score = float(result.scores[0])
        # Beam search never returns an empty text; what it makes up instead has a low score.
        return Heard(text if score > NOTHING else "", score, time.perf_counter() - started)

    def hear_stock(self, audio: Audio) -> str:
        """Recognise with stock settings: padded to 30 s, timestamps off."""
        segments, _ = self._model.transcribe(
            audio, language="en", beam_size=self.beam, temperature=0.0, without_timestamps=True
        )
        return " ".join(segment.text.strip() for segment in segments)


def word_errors(said: str, heard: str) -> int:
    """Return the least number of words to insert, delete or replace."""
    left, right = said.split(), heard.split()
    row = list(range(len(right) + 1))
    for number, word in enumerate(left, 1):
        before, row[0] = row[0], number
        for at, other in enumerate(right, 1):
            before, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, before + (word != other))
    return row[-1]


def clip(name: str, index: int) -> tuple[Audio, grammar.Sentence]:
    """Return test clip ``index`` of a set, at the recogniser's rate, and what was said."""
    rng = random.Random(f"{TEST_SEED}/{name}/{index}")
    said = grammar.sentence(TEST_SEED, index, held_out=name == "held_out_templates")
    unseen = name.endswith("_unseen")
    if name.startswith("flite"):
        voice = speech.flite_voice(rng, unseen=unseen)
    else:
        voice = speech.espeak_voice(rng, unseen=unseen)
    if not said.text:
        return channel.to_model(channel.nothing(rng.getrandbits(32))), said
    samples, rate = speech.say(said.speech, voice)
    line = channel.trim(channel.to_line(samples, rate))
    sent = channel.transmit(line, rng.getrandbits(32), strength=0.0, margins=MARGINS, snr_db=SNR_DB)
    return channel.to_model(sent), said


def measure(ear: Ear, name: str, count: int) -> dict[str, Any]:
    """Return figures of one set: word error rate, whole answers right, by kind, scores."""
    errors = total = right = spoken = false_words = empty = 0
    kinds: dict[str, list[int]] = {}
    scores: dict[str, list[float]] = {"right": [], "wrong": [], "nothing": []}
    seconds: list[float] = []
    examples: list[dict[str, str]] = []
    for index in range(count):
        audio, said = clip(name, index)
        heard = ear.hear(audio)
        seconds.append(heard.seconds)
        if not said.text:
            empty += 1
            false_words += bool(heard.text)
            scores["nothing"].append(heard.score)
            continue
        wrong = word_errors(said.text, heard.text)
        spoken += 1
        errors += wrong
        total += len(said.text.split())
        right += not wrong
        scores["wrong" if wrong else "right"].append(heard.score)
        tally = kinds.setdefault(said.kind, [0, 0, 0, 0])
        for place, value in enumerate((wrong, len(said.text.split()), not wrong, 1)):
            tally[place] += int(value)
        if wrong and len(examples) < 12:
            examples.append({"said": said.text, "heard": heard.text})
    return {
        "clips": count,
        "wer": round(errors / max(1, total), 4),
        "whole_right": round(right / max(1, spoken), 4),
        "kinds": {
            kind: {"wer": round(t[0] / max(1, t[1]), 3), "whole_right": round(t[2] / t[3], 3), "clips": t[3]}
            for kind, t in sorted(kinds.items())
        },
        "words_from_nothing": f"{false_words}/{empty}",
        "score_median": {key: round(statistics.median(v), 3) for key, v in scores.items() if v},
        "latency_ms": {
            "p50": round(1000 * statistics.median(seconds), 1),
            "p95": round(1000 * sorted(seconds)[int(0.95 * (len(seconds) - 1))], 1),
        },
        "wrong_examples": examples,
    }


def evaluate(
    folder: Path,
    *,
    count: int = 300,
    sets: Sequence[str] = SETS,
    floor_frames: int = 200,
    beam: int = 5,
) -> dict[str, Any]:
    """Return the figures of every set; those of flite are left out where it is missing."""
    ear = Ear(folder, floor_frames=floor_frames, beam=beam)
    figures: dict[str, Any] = {"beam": beam, "floor_frames": floor_frames, "snr_db": SNR_DB}
    for name in sets:
        if name.startswith("flite") and speech.flite() is None:
            continue
        figures[name] = measure(ear, name, count)
    stock_errors = stock_total = 0
    for index in range(min(count, 40)):
        audio, said = clip("espeak_seen", index)
        stock_errors += word_errors(said.text, ear.hear_stock(audio))
        stock_total += len(said.text.split())
    figures["stock_30_s_wer"] = round(stock_errors / max(1, stock_total), 4)
    return figures
