"""Telephone speech made wide: PocketSphinx's model was trained on speech up to 6,800 Hz, and a line ends at 3,400.

Without anything up there every S is heard as something else. How loud it would be up there is told by what is below, by
a linear rule that was fitted on wide speech sent through a line (``audio_models/recipe/widen.py``), and hisses are made
louder than that; what stands under the edge is copied upwards that loud. The model takes only the shape of the spectrum
over broad bands, so that no more is needed.
"""

from itertools import pairwise

import numpy as np
import soxr
from numpy.typing import NDArray

RATE = 16000
"""Samples a second that the model takes."""

LINE_RATE = 8000
WINDOW = 512
HOP = 128
LOW_HZ = (300, 500, 700, 900, 1200, 1500, 1800, 2200, 2600, 3000, 3400)
HIGH_HZ = (3400, 4200, 5000, 6000, 7000)
LEAST_DB = -45.0
"""Levels are counted against the mean of the utterance in the line's band; below this all is silence."""

_SOURCE_HZ = (2200, 3300)
_VOICE_HZ = (300, 2000, 3300)
_HISS_DB, _MOST_DB = 6.0, 12.0
"""A hiss is made up louder than what there is of it, by as much as the upper part of the line outweighs the lower and
this much more, up to the second.
"""

_RULE = np.array(
    (
        (0.01, 0.049, -0.118, 0.009, -0.061, 0.177, -0.101, 0.179, -0.182, 1.158, -0.488),
        (-0.194, 0.451, -0.35, -0.03, -0.115, 0.183, 0.055, -0.297, -0.218, 1.241, -16.473),
        (-0.24, 0.466, -0.411, 0.056, -0.009, 0.196, 0.177, -0.372, -0.407, 1.275, -16.156),
        (-0.163, 0.561, -1.083, 0.399, 0.159, 0.193, -0.044, -0.119, -0.443, 1.22, -18.244),
    )
)
"""Level in each band of :data:`HIGH_HZ`, in dB: weights of the levels in those of :data:`LOW_HZ`, and a constant."""


def spectra(samples: NDArray[np.float32]) -> NDArray[np.complex128]:
    """Spectra of overlapping windows of ``samples`` at :data:`RATE`, one a row."""
    padded = np.pad(samples, (WINDOW, WINDOW + -len(samples) % HOP))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP] * _SHAPE
    found: NDArray[np.complex128] = np.fft.rfft(frames, axis=1)
    return found


def powers(found: NDArray[np.complex128], edges: tuple[int, ...]) -> NDArray[np.float64]:
    """Mean power of the bins between each two of ``edges`` (Hz), for each row."""
    squared = np.abs(found) ** 2
    bins = [_bin(edge) for edge in edges]
    return np.stack([squared[:, low:high].mean(axis=1) for low, high in pairwise(bins)], axis=1)


def levels(low: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Powers in dB against their mean, and that mean."""
    mean = float(low.mean()) + 1e-12
    return np.maximum(10 * np.log10(low / mean + 1e-12), LEAST_DB), mean


def widen(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """Mono ``samples`` (−1…1) at ``rate`` Hz as wide speech at :data:`RATE`; what a line can't carry is made up.

    Speech that is wide already is cut to a line's band first: nobody says whether a line of 16,000 Hz carries more than
    a telephone does.
    """
    if not len(samples):
        return samples
    narrow = samples if rate == LINE_RATE else soxr.resample(samples, rate, LINE_RATE, quality="HQ")
    speech = soxr.resample(narrow, LINE_RATE, RATE, quality="HQ").astype(np.float32)
    found = spectra(speech)
    low, mean = levels(powers(found, LOW_HZ))
    wanted = mean * 10 ** ((low @ _RULE[:, :-1].T + _RULE[:, -1]) / 10)
    wanted = np.maximum(wanted, _hiss(found))
    first, last = (_bin(hz) for hz in _SOURCE_HZ)
    source = found[:, first:last]
    source = source / (np.sqrt((np.abs(source) ** 2).mean(axis=1, keepdims=True)) + 1e-9)
    there = powers(found, HIGH_HZ)
    for band, (start, end) in enumerate(pairwise(map(_bin, HIGH_HZ))):
        # A line that carries more than it should is believed.
        made = np.maximum(wanted[:, band] - there[:, band], 0.0)
        copy = np.resize(np.arange(last - first), end - start)
        found[:, start:end] += source[:, copy] * np.sqrt(made)[:, None]
    return _together(found, len(speech))


def _hiss(found: NDArray[np.complex128]) -> NDArray[np.float64]:
    """The least power in each band above the line, for each window.

    Much where the upper part of the line outweighs the lower, as in S, F and SH, of which a line carries the faint
    lower end. A rule for all sounds makes too little of them.
    """
    below, upper = powers(found, _VOICE_HZ).T
    gain_db = np.clip(10 * np.log10((upper + 1e-12) / (below + 1e-12)) + _HISS_DB, -60.0, _MOST_DB)
    least: NDArray[np.float64] = np.where(gain_db > 0, upper * 10 ** (gain_db / 10), 0.0)
    return np.tile(least[:, None], len(HIGH_HZ) - 1)


def _together(found: NDArray[np.complex128], count: int) -> NDArray[np.float32]:
    """Sound of overlapping spectra."""
    parts = np.fft.irfft(found, n=WINDOW, axis=1) * _SHAPE
    sound = np.zeros(HOP * (len(parts) - 1) + WINDOW)
    for index, part in enumerate(parts):
        sound[index * HOP : index * HOP + WINDOW] += part
    # Two Hann windows at a quarter's step add up to one and a half.
    whole: NDArray[np.float32] = (sound[WINDOW : WINDOW + count] / 1.5).astype(np.float32)
    return whole


def _bin(hz: int) -> int:
    return hz * WINDOW // RATE


_SHAPE = np.hanning(WINDOW + 1)[:WINDOW]
