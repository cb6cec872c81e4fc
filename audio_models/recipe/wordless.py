"""What a telephone carries when nobody speaks: silence, noise, music on hold, keys. For tests only."""

from __future__ import annotations

import random

import numpy as np

from audio_models.recipe import channel
from audio_models.recipe.channel import LINE_RATE, Audio

KINDS = ("silence", "noise", "music", "keys")

_LOW, _HIGH = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
_CHORDS = ((0, 4, 7), (5, 9, 12), (7, 11, 14), (9, 12, 16), (2, 5, 9))


def _silence(rng: random.Random, noise: np.random.Generator) -> Audio:
    count = int(rng.uniform(0.5, 5) * LINE_RATE)
    return (channel.noise(count, noise) * 10 ** (rng.uniform(-90, -60) / 20)).astype(np.float32)


def _noise(rng: random.Random, noise: np.random.Generator) -> Audio:
    count = int(rng.uniform(0.5, 5) * LINE_RATE)
    return (channel.noise(count, noise) * 10 ** (rng.uniform(-50, -18) / 20)).astype(np.float32)


def _note(pitch: float, seconds: float, decay: float) -> Audio:
    time = np.arange(int(seconds * LINE_RATE)) / LINE_RATE
    frequency = 220 * 2 ** (pitch / 12)
    waves = sum(np.sin(2 * np.pi * frequency * k * time) / k**1.5 for k in (1, 2, 3, 4))
    attack = np.minimum(1.0, time / 0.02)
    return np.asarray(waves * attack * np.exp(-time * decay), np.float32)


def _music(rng: random.Random, noise: np.random.Generator) -> Audio:
    """Broken chords with a melody on top, as hold music goes; never two clips alike."""
    beat, key, decay = rng.uniform(0.2, 0.5), rng.randint(-5, 6), rng.uniform(0.5, 6)
    audio = np.zeros(int(rng.uniform(1.5, 6) * LINE_RATE), np.float32)
    at = 0.0
    while at * LINE_RATE < len(audio):
        chord = rng.choice(_CHORDS)
        for step, tone in enumerate((*chord, chord[1] + 12)):
            for pitch, level in ((tone + key, 0.5), (rng.choice(chord) + key + 12, 1.0)):
                start = int((at + step * beat) * LINE_RATE)
                note = _note(pitch, min(3 * beat, 1.5), decay)[: max(0, len(audio) - start)]
                audio[start : start + len(note)] += note * level
        at += 4 * beat
    audio += channel.noise(len(audio), noise) * 0.003
    return audio * np.float32(10 ** (rng.uniform(-30, -14) / 20) / (np.sqrt(np.mean(audio**2)) + 1e-9))


def _keys(rng: random.Random, noise: np.random.Generator) -> Audio:
    parts: list[Audio] = [np.zeros(int(rng.uniform(0.1, 0.5) * LINE_RATE), np.float32)]
    for _ in range(rng.randint(1, 6)):
        time = np.arange(int(rng.uniform(0.06, 0.3) * LINE_RATE)) / LINE_RATE
        tone = np.sin(2 * np.pi * rng.choice(_LOW) * time) + np.sin(2 * np.pi * rng.choice(_HIGH) * time)
        parts += [tone.astype(np.float32), np.zeros(int(rng.uniform(0.05, 0.4) * LINE_RATE), np.float32)]
    audio = np.concatenate(parts) * np.float32(10 ** (rng.uniform(-24, -10) / 20))
    return audio + (channel.noise(len(audio), noise) * 0.001).astype(np.float32)


def clip(seed: int, index: int) -> tuple[str, Audio]:
    """Clip number ``index`` of a seed: its kind and audio at the line's rate after G.711. Kinds take turns."""
    rng, kind = random.Random(f"{seed}/{index}/wordless"), KINDS[index % len(KINDS)]
    noise = np.random.default_rng(rng.getrandbits(32))
    make = {"silence": _silence, "noise": _noise, "music": _music, "keys": _keys}[kind]
    return kind, channel.g711(channel.band(make(rng, noise)), "alaw")
