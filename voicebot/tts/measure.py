"""How speech sounds on the line, in figures: for tests and for checks of a new voice."""

import math

import numpy as np
from numpy.typing import NDArray

_FRAME_S = 0.02
_VOICED_DB = -25.0
_SILENT_DBFS = -96.0


def loudness_dbfs(samples: NDArray[np.int16], rate: int) -> float:
    """RMS of the voiced frames of 20 ms, relative to full scale."""
    frame = int(rate * _FRAME_S)
    if len(samples) < frame:
        return _SILENT_DBFS
    whole = samples[: len(samples) // frame * frame].astype(np.float64).reshape(-1, frame) / 32768.0
    power = np.mean(whole**2, axis=1)
    voiced = power[power >= power.max() * 10 ** (_VOICED_DB / 10)]
    return max(_SILENT_DBFS, 10 * math.log10(float(np.mean(voiced)) + 1e-12))


def edge_dbfs(samples: NDArray[np.int16]) -> float:
    """The larger of the first and the last sample: how loud a click at a join with silence is."""
    if not len(samples):
        return _SILENT_DBFS
    edge = max(abs(int(samples[0])), abs(int(samples[-1])))
    return max(_SILENT_DBFS, 20 * math.log10(edge / 32768.0 + 1e-9))


def ending_db(samples: NDArray[np.int16], rate: int) -> float:
    """Level of the last 20 ms against the voice, in dB: a word that was cut off ends loud."""
    frame = int(rate * _FRAME_S)
    if len(samples) < frame:
        return _SILENT_DBFS
    power = float(np.mean((samples[-frame:].astype(np.float64) / 32768.0) ** 2))
    return max(_SILENT_DBFS, 10 * math.log10(power + 1e-12) - loudness_dbfs(samples, rate))
