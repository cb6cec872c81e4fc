"""Training samples: sentence, synthetic voice, telephone line, mel frames, batches."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soxr
from faster_whisper.feature_extractor import FeatureExtractor
from tokenizers import Tokenizer

from audio_models.recipe import channel, corpus, speech, tokens
from audio_models.recipe.channel import Audio

Mel = npt.NDArray[np.float32]

BATCH_FRAMES = 4800
"""Frames of 10 ms in a batch, padding included: 48 s of audio, what one core learns from at a time."""

GPU_BATCH_FRAMES = 32_000
"""Frames of a batch on a GPU."""

POOL = 320
"""Samples that are sorted by length together before they are cut into batches; more for larger batches."""

LONG_SHARE = 0.03
"""Share of batches padded with zeros up to 30 s, as stock decoders do."""

IGNORE = -100
"""Target of positions without loss."""


def cache_folder() -> Path:
    """Return the folder of the training's state, outside the work tree."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "voicebot" / "stt-training"


@dataclass(frozen=True)
class Batch:
    """Arrays of one training step.

    ``mel`` is ``samples × 80 × frames`` in float16; ``ids`` are the decoder's
    input, ``targets`` what it should say next; ``frames`` are each sample's real
    frames; ``letters`` and ``counts`` are the concatenated character targets.
    """

    mel: npt.NDArray[np.float16]
    ids: npt.NDArray[np.int64]
    targets: npt.NDArray[np.int64]
    frames: npt.NDArray[np.int64]
    letters: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Stage:
    """How hard the samples are: longest words in seconds, line 0–1, all voices or the core."""

    seconds: float
    strength: float
    flite: float

    @classmethod
    def at(cls, step: int) -> Stage:
        """Return the stage of a training step: short and clean first."""
        return cls(
            seconds=1.5 + step / 180,
            strength=min(1.0, step / 2500),
            flite=0.0 if step < 600 else 0.12 if step < 5500 else 0.18,
        )


class Clips:
    """A pool of flite clips on disk, because flite is slow; int16 at the line's rate."""

    def __init__(self, folder: Path, seed: int, maker: int = 0) -> None:
        part = f"-{maker}" if maker else ""
        self._audio = folder / f"flite-{seed}{part}.i16"
        self._index = folder / f"flite-{seed}{part}.tsv"
        self._clips: list[tuple[int, int, str]] = []
        self.seed, self._first = seed + 7, maker * 1_000_000

    def make(self, count: int) -> int:
        """Synthesise clips until there are ``count``; returns how many there are."""
        done = len(self._index.read_text().splitlines()) if self._index.exists() else 0
        if speech.flite() is None:
            return done
        self._audio.parent.mkdir(parents=True, exist_ok=True)
        with self._audio.open("ab") as audio, self._index.open("a", encoding="utf-8") as index:
            for number in range(done, count):
                rng = random.Random(f"flite/{self.seed}/{self._first + number}")
                said = corpus.training_sentence(self.seed, self._first + number)
                if said.text:
                    samples, rate = speech.say(said.speech, speech.flite_voice(rng))
                    line = channel.to_line(samples, rate)
                else:
                    line = np.zeros(0, np.float32)
                raw = (line * 32767).clip(-32768, 32767).astype(np.int16)
                start = audio.tell() // 2
                audio.write(raw.tobytes())
                audio.flush()
                index.write(f"{start}\t{len(raw)}\t{said.text}\n")
                index.flush()
        return count

    def draw(self, rng: random.Random) -> tuple[Audio, str] | None:
        """Return a random clip and its transcript, or ``None`` while there is none."""
        if len(self._clips) < 1000 or rng.random() < 0.0005:
            self._clips = []
            if self._index.exists():
                for line in self._index.read_text(encoding="utf-8").splitlines():
                    parts = line.split("\t")
                    if len(parts) == 3 and parts[2]:
                        self._clips.append((int(parts[0]), int(parts[1]), parts[2]))
        if not self._clips:
            return None
        start, count, text = rng.choice(self._clips)
        raw = np.memmap(self._audio, dtype=np.int16, mode="r", offset=2 * start, shape=(count,))
        return raw.astype(np.float32) / 32768.0, text


def sample(
    seed: int, index: int, stage: Stage, clips: Sequence[Clips], flite: float | None = None
) -> tuple[Audio, str] | None:
    """Make one sample: audio at the line's rate and its transcript.

    ``flite`` is the share of flite clips, the stage's own if left out. ``None``
    when the words are longer than the stage allows.
    """
    rng = random.Random(f"{seed}/{index}/audio")
    said = corpus.training_sentence(seed, index)
    number = rng.getrandbits(32)
    if not said.text:
        return channel.nothing(number), ""
    text = said.text
    share = stage.flite if flite is None else flite
    clip = rng.choice(clips).draw(rng) if clips and rng.random() < share else None
    if clip is not None:
        line, text = clip
        if stage.strength > 0.3 and rng.random() < 0.75:
            # Three speakers only: faster and higher, or slower and lower, they become many.
            line = soxr.resample(line, channel.LINE_RATE * rng.uniform(0.84, 1.18), channel.LINE_RATE, quality="MQ")
    else:
        if len(text) > 20 * stage.seconds + 5:
            return None
        samples, rate = speech.say(said.speech, speech.espeak_voice(rng, wide=rng.random() < 0.4 * stage.strength))
        pace = rng.uniform(0.86, 1.16) if rng.random() < 0.6 * stage.strength else 1.0
        line = channel.to_line(samples, rate, pace)
    line = channel.trim(line)
    if len(line) > stage.seconds * channel.LINE_RATE or len(line) > 25 * channel.LINE_RATE:
        return None
    if stage.strength < 0.3:
        margins = (rng.uniform(0.05, 0.3), rng.uniform(0.1, 0.4))
        return channel.transmit(line, number, strength=stage.strength, margins=margins), text
    return channel.transmit(line, number, strength=stage.strength), text


def floor_of(mel: Mel) -> float:
    """Return the value that digital silence has in a clip's mel frames."""
    return max(float(mel.max()) - 2.0, -1.5)


def collate(items: list[tuple[Mel, str]], width: int, tokenizer: Tokenizer, rng: random.Random) -> Batch:
    """Pad samples to ``width`` frames and build the decoder's inputs and targets."""
    start = tokens.number(tokenizer, "<|startoftranscript|>")
    plain = tokens.number(tokenizer, "<|notimestamps|>")
    end = tokens.number(tokenizer, "<|endoftext|>")
    nothing = tokens.number(tokenizer, "<|nospeech|>")
    rows = [tokens.encode(tokenizer, text) for _, text in items]
    longest = max(len(row) for row in rows) + 2
    ids = np.full((len(items), longest), end, np.int64)
    targets = np.full((len(items), longest), IGNORE, np.int64)
    mel = np.zeros((len(items), 80, width), np.float16)
    zeros = width >= 3000 or rng.random() < 0.3
    letters: list[int] = []
    counts = []
    for number, ((features, text), row) in enumerate(zip(items, rows, strict=True)):
        ids[number, : len(row) + 2] = [start, plain, *row]
        # Decoders read the probability of silence at the first place.
        targets[number, 0] = plain if text else nothing
        targets[number, 1 : len(row) + 2] = [*row, end]
        mel[number, :, : features.shape[1]] = features
        if not zeros:
            mel[number, :, features.shape[1] :] = floor_of(features)
        numbers = tokens.characters(text)
        letters.extend(numbers)
        counts.append(len(numbers))
    return Batch(
        mel=mel,
        ids=ids,
        targets=targets,
        frames=np.array([features.shape[1] for features, _ in items], np.int64),
        letters=np.array(letters, np.int64),
        counts=np.array(counts, np.int64),
    )


def mask(mel: Mel, rng: random.Random) -> Mel:
    """Blank a few mel bands or a short time, at random, in place."""
    quiet = floor_of(mel)
    if rng.random() < 0.3:
        low = rng.randint(0, 70)
        mel[low : low + rng.randint(2, 9)] = quiet
    if rng.random() < 0.2 and mel.shape[1] > 60:
        begin = rng.randint(0, mel.shape[1] - 10)
        mel[:, begin : begin + rng.randint(2, 7)] = quiet
    return mel


@dataclass(frozen=True)
class Share:
    """Which batches of a run one process makes: ``number`` of ``of``, each of ``frames`` frames."""

    number: int = 0
    of: int = 1
    frames: int = BATCH_FRAMES


def batches(
    seed: int,
    step: int,
    tokenizer: Tokenizer,
    clips: Sequence[Clips],
    flite: float | None = None,
    share: Share | None = None,
) -> Iterator[Batch]:
    """Yield batches for ever, beginning with those of training step ``step``.

    ``flite`` is the share of flite clips, that of the stage if left out; ``share``
    is what this process makes of them, all if left out.
    """
    part = share or Share()
    extract = FeatureExtractor()
    size = max(POOL, POOL * part.frames // BATCH_FRAMES // 2)
    index = step * max(60, part.frames // 80) + part.number
    while True:
        stage = Stage.at(step)
        rng = random.Random(f"{seed}/{step}/{part.number}/batch")
        pool: list[tuple[Mel, str]] = []
        while len(pool) < size:
            made = sample(seed, index, stage, clips, flite)
            index += part.of
            if made is None:
                continue
            mel = extract(channel.to_model(made[0]))[:, :2999]
            if stage.strength > 0.5:
                mel = mask(mel, rng)
            pool.append((mel, made[1]))
        for items, width in _cut(pool, part.frames, stage.strength, rng):
            if rng.random() < LONG_SHARE:
                few = max(2, part.frames // 3000 // 2)
                yield collate(rng.sample(items, min(few, len(items))), 3000, tokenizer, rng)
            else:
                yield collate(items, min(3000, width + width % 2), tokenizer, rng)
            step += part.of


def _cut(
    pool: list[tuple[Mel, str]], frames: int, strength: float, rng: random.Random
) -> list[tuple[list[tuple[Mel, str]], int]]:
    """Cut a pool into batches of clips of like length; returns each with its width, in any order."""
    pool.sort(key=lambda item: (item[0].shape[1], item[1]))
    cuts: list[tuple[list[tuple[Mel, str]], int]] = []
    current: list[tuple[Mel, str]] = []
    extra = 0
    for item in pool:
        wide = item[0].shape[1] + extra
        if current and wide * (len(current) + 1) > frames:
            cuts.append((current, current[-1][0].shape[1] + extra))
            current = []
            extra = rng.randint(20, 250) if rng.random() < 0.2 * strength else 0
        current.append(item)
    cuts.append((current, current[-1][0].shape[1]))
    rng.shuffle(cuts)
    return cuts
