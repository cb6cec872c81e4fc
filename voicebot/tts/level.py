"""Finishing rendered speech for a telephone line: cut, level, resample, round to int16."""

import math

import numpy as np
import soxr
from numpy.typing import NDArray

Floats = NDArray[np.float32]

TARGET_DBFS = -20.0
"""RMS of the voiced parts after levelling. Peaks of speech lie some 15 dB above it and still fit."""

_FRAME_S = 0.005
_LEAD_S = 0.012
_TAIL_S = 0.060
_VOICED_DB = -30.0
"""A frame counts as voiced when it is no more than this far below the loudest one."""

_FADE_S = 0.003
_CEILING = 0.89
"""-1 dBFS: above this, peaks are bent smoothly rather than clipped."""


def _frame_rms(samples: Floats, frame: int) -> Floats:
    whole = len(samples) // frame * frame
    if whole == 0:
        whole = frame = len(samples)
    rms: Floats = np.sqrt(np.mean(samples[:whole].reshape(-1, frame) ** 2, axis=1)).astype(np.float32)
    return rms


def voiced_span(samples: Floats, rate: int) -> tuple[int, int] | None:
    """First and one-past-last voiced sample of ``samples`` (−1…1), to 5 ms; None when all is silence."""
    frame = max(1, int(rate * _FRAME_S))
    if len(samples) == 0:
        return None
    rms = _frame_rms(samples, frame)
    loudest = float(rms.max())
    if loudest < 1e-5:
        return None
    voiced = np.flatnonzero(rms >= loudest * 10 ** (_VOICED_DB / 20))
    return int(voiced[0]) * frame, min(len(samples), (int(voiced[-1]) + 1) * frame)


def trim(samples: Floats, rate: int) -> Floats:
    """Cut the silence around speech, keeping 12 ms before and 60 ms after, with 3 ms fades at the cuts.

    A caller hears leading silence as the bot being slow.
    """
    span = voiced_span(samples, rate)
    if span is None:
        return samples[:0]
    start = max(0, span[0] - int(_LEAD_S * rate))
    end = min(len(samples), span[1] + int(_TAIL_S * rate))
    cut = samples[start:end].copy()
    fade = min(int(_FADE_S * rate), len(cut) // 2)
    if fade:
        ramp = np.linspace(0.0, 1.0, fade, dtype=np.float32)
        cut[:fade] *= ramp
        cut[-fade:] *= ramp[::-1]
    return cut


def level(samples: Floats, rate: int, volume: float = 1.0) -> Floats:
    """Bring the voiced parts of ``samples`` to :data:`TARGET_DBFS` RMS, times ``volume``; peaks stay below 0 dBFS."""
    span = voiced_span(samples, rate)
    if span is None:
        return samples
    rms = _frame_rms(samples, max(1, int(rate * 0.02)))
    voiced = rms[rms >= float(rms.max()) * 10 ** (-25 / 20)]
    loudness = math.sqrt(float(np.mean(voiced**2)))
    gain = 10 ** (TARGET_DBFS / 20) * volume / max(loudness, 1e-6)
    louder = samples * np.float32(gain)
    over = np.abs(louder) > _CEILING
    if over.any():
        excess = (np.abs(louder[over]) - _CEILING) / (1 - _CEILING)
        louder[over] = np.sign(louder[over]) * (_CEILING + (1 - _CEILING) * np.tanh(excess))
    return louder


def resample(samples: Floats, from_rate: int, to_rate: int) -> Floats:
    """Change the sampling rate (soxr, no added delay)."""
    if from_rate == to_rate or len(samples) == 0:
        return samples
    changed: Floats = soxr.resample(samples, from_rate, to_rate, quality="HQ").astype(np.float32)
    return changed


def to_int16(samples: Floats) -> NDArray[np.int16]:
    """Floats in −1…1 to int16, clipped."""
    whole: NDArray[np.int16] = np.clip(np.rint(samples * 32767.0), -32768, 32767).astype(np.int16)
    return whole


def finish(samples: Floats, from_rate: int, to_rate: int, volume: float = 1.0) -> NDArray[np.int16]:
    """Everything above: speech as an engine gave it to speech as a line wants it.

    The level is set last, by what the line carries: a hiss above its band would count otherwise and not be heard.
    """
    return to_int16(level(resample(trim(samples, from_rate), from_rate, to_rate), to_rate, volume))
