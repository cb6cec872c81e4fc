"""The speech inside an utterance: cut the silence around it, and tell when there is none.

Silence is not harmless: a small recogniser gets words wrong that it hears right without 0.8 s of quiet before them,
and a large one makes up words for it.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_FRAME_S = 0.010
_QUIETEST_SPEECH = 10 ** (-55 / 20)
"""RMS below which nobody speaks: A-law's own noise is at −70 dBFS, a faint caller at −45."""

_GAP_S = 0.25
"""Shorter gaps belong to the words."""

_ABOVE_NOISE = 10 ** (8 / 20)
_BELOW_PEAK = 10 ** (-32 / 20)


@dataclass(frozen=True, slots=True)
class Trimmed:
    """``samples`` without the silence around (and in) them; ``start`` is where they begin in the original, in samples.

    ``voiced_s`` is how long anything above the noise lasted, in seconds; 0 when nothing did, and then there are no
    samples.
    """

    samples: NDArray[np.float32]
    start: int
    voiced_s: float


def trim_silence(
    samples: NDArray[np.float32], rate: int, *, lead_s: float = 0.2, tail_s: float = 0.3, pause_s: float = math.inf
) -> Trimmed:
    """Keep ``lead_s`` before and ``tail_s`` after what is louder than the noise, and ``pause_s`` of each pause in it.

    When the noise is as loud as the speech nothing can be told apart, and everything is kept.
    """
    frame = int(rate * _FRAME_S)
    count = len(samples) // frame
    nothing = Trimmed(samples[:0], 0, 0.0)
    if count == 0:
        return nothing
    rms = np.sqrt(np.mean(samples[: count * frame].reshape(count, frame) ** 2, axis=1))
    # A click is one frame; speech lasts longer.
    loud = float(np.quantile(rms, 0.95)) if count >= 20 else float(rms.max())
    loudest = max(loud, float(np.convolve(rms, np.full(3, 1 / 3), mode="same").max()))
    if loudest < _QUIETEST_SPEECH:
        return nothing
    noise = float(np.quantile(rms, 0.1))
    threshold = max(_QUIETEST_SPEECH / 2, loudest * _BELOW_PEAK, min(noise * _ABOVE_NOISE, loudest * 0.5))
    voiced = np.flatnonzero(rms >= threshold)
    if len(voiced) == 0:
        return Trimmed(samples, 0, len(samples) / rate)
    start = max(0, int(voiced[0]) * frame - int(lead_s * rate))
    end = min(len(samples), (int(voiced[-1]) + 1) * frame + int(tail_s * rate))
    kept = _without_pauses(samples[start:end], voiced * frame - start, frame, pause_s * rate)
    return Trimmed(kept, start, len(voiced) * _FRAME_S)


def _without_pauses(
    samples: NDArray[np.float32], voiced: NDArray[np.intp], frame: int, kept: float
) -> NDArray[np.float32]:
    """``samples`` with all but ``kept`` samples of each pause cut out; ``voiced`` is where frames of sound begin."""
    parts: list[NDArray[np.float32]] = []
    begin = 0
    for index in np.flatnonzero(np.diff(voiced) > max(kept, frame * _GAP_S / _FRAME_S)):
        half = int(kept / 2)
        parts.append(samples[begin : int(voiced[index]) + frame + half])
        begin = int(voiced[index + 1]) - half
    return np.concatenate([*parts, samples[begin:]]) if parts else samples


def quietest_cut(samples: NDArray[np.float32], rate: int, earliest: int, latest: int) -> int:
    """The index between ``earliest`` and ``latest`` around which 100 ms are quietest: where long audio may be cut."""
    frame = rate // 20
    best, cut = float("inf"), latest
    for start in range(earliest, max(earliest + 1, latest - 2 * frame), frame):
        energy = float(np.sum(samples[start : start + 2 * frame] ** 2))
        if energy < best:
            best, cut = energy, start + frame
    return cut
