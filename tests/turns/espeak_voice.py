"""Real speech for the tests: espeak-ng by ctypes, and the noises that are no speech."""

import ctypes
from functools import lru_cache
from pathlib import Path

import espeakng_loader
import numpy as np
import soxr
from numpy.typing import NDArray

Samples = NDArray[np.int16]

_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
_RETRIEVAL, _UTF8, _PITCH, _RATE = 1, 1, 3, 1


class _Espeak:
    """One espeak-ng in this process; the library itself is global."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = str(Path(espeakng_loader.get_data_path()).parent)
        self.rate = int(self._library.espeak_Initialize(_RETRIEVAL, 0, data.encode(), 0))
        self._chunks: list[Samples] = []
        self._callback = _CALLBACK(self._take)
        self._library.espeak_SetSynthCallback(self._callback)

    def _take(self, wav: "ctypes._Pointer[ctypes.c_short]", count: int, _events: object) -> int:
        if count > 0:
            self._chunks.append(np.ctypeslib.as_array(wav, shape=(count,)).copy())
        return 0

    def speak(self, text: str, voice: str, words_per_minute: int) -> Samples:
        self._library.espeak_SetVoiceByName(voice.encode())
        self._library.espeak_SetParameter(_RATE, words_per_minute, 0)
        self._chunks.clear()
        encoded = text.encode()
        self._library.espeak_Synth(encoded, len(encoded) + 1, 0, 1, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        return np.concatenate(self._chunks) if self._chunks else np.zeros(0, np.int16)


@lru_cache(maxsize=1)
def _espeak() -> _Espeak:
    return _Espeak()


@lru_cache(maxsize=256)
def speech(
    text: str, rate: int = 8000, voice: str = "en+m3", words_per_minute: int = 160, peak: float = 0.3
) -> Samples:
    """``text`` spoken, trimmed of leading and trailing silence, its peak at ``peak`` of full scale."""
    raw = _espeak().speak(text, voice, words_per_minute).astype(np.float32)
    loud = np.flatnonzero(np.abs(raw) > 0.02 * np.abs(raw).max())
    raw = raw[loud[0] : loud[-1] + 1]
    resampled = soxr.resample(raw, _espeak().rate, rate)
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
