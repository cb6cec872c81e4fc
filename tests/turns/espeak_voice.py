"""Real speech for the tests: espeak-ng, and the noises that are no speech."""

from functools import lru_cache

import numpy as np
import soxr
from numpy.typing import NDArray

from voicebot.tts.espeak import EspeakVoice
from voicebot.tts.spoken import SpokenText

Samples = NDArray[np.int16]

_RATE = 22050


@lru_cache(maxsize=256)
def speech(
    text: str, rate: int = 8000, voice: str = "en+m3", words_per_minute: int = 160, peak: float = 0.3
) -> Samples:
    """``text`` spoken, trimmed of leading and trailing silence, its peak at ``peak`` of full scale."""
    spoken = EspeakVoice(voice, words_per_minute=words_per_minute).render(SpokenText(text), _RATE)
    raw = spoken.samples.astype(np.float32)
    loud = np.flatnonzero(np.abs(raw) > 0.02 * np.abs(raw).max())
    raw = raw[loud[0] : loud[-1] + 1]
    resampled = soxr.resample(raw, _RATE, rate)
    scaled: Samples = (resampled / np.abs(resampled).max() * peak * 32767).astype(np.int16)
    return scaled


def quiet(ms: float, rate: int = 8000) -> Samples:
    """Digital silence."""
    return np.zeros(round(ms * rate / 1000), np.int16)


def noise(ms: float, rate: int = 8000, dbfs: float = -55.0, seed: int = 1) -> Samples:
    """White line noise at ``dbfs`` RMS."""
    wave = np.random.default_rng(seed).standard_normal(round(ms * rate / 1000))
    return (wave * 32767 * 10 ** (dbfs / 20)).clip(-32768, 32767).astype(np.int16)


def burst(ms: float, rate: int = 8000, dbfs: float = -15.0, seed: int = 2) -> Samples:
    """A cough-like burst: loud noise, low-passed, that rises at once and decays."""
    count = round(ms * rate / 1000)
    wave = np.random.default_rng(seed).standard_normal(count + 4)
    wave = np.convolve(wave, np.ones(5) / 5, mode="valid")[:count]
    wave *= np.exp(-np.arange(count) / (0.4 * count))
    wave /= np.sqrt(np.mean(wave**2))
    return (wave * 32767 * 10 ** (dbfs / 20)).clip(-32768, 32767).astype(np.int16)


def over(base: Samples, *added: Samples) -> Samples:
    """Sounds mixed sample by sample, as long as ``base``."""
    mixed = base.astype(np.int32)
    for sound in added:
        count = min(len(mixed), len(sound))
        mixed[:count] += sound[:count]
    return mixed.clip(-32768, 32767).astype(np.int16)
