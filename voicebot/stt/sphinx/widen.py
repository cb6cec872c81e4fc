"""Telephone speech made wide: PocketSphinx's model was trained on speech up to 6,800 Hz, and a line ends at 3,400.

Without anything up there every S is heard as something else. What stands between 2,000 and 3,300 Hz is copied upwards,
strong where it outweighs the band below it (as in S, F, SH) and faint where it doesn't (as in vowels). The model takes
only the shape of the spectrum over broad bands, so that no more is needed.
"""

import numpy as np
import soxr
from numpy.typing import NDArray

RATE = 16000
"""Samples a second that the model takes."""

_LINE_RATE = 8000
_WINDOW = 512
_HOP = 128
_LOW_HZ, _FROM_HZ, _EDGE_HZ, _TOP_HZ = 300, 2000, 3300, 7000
_SLOPE = 1.0
"""How much the copy rises, in dB, for each dB that the upper band gains on the lower one."""

_OFFSET_DB = 9.0
_FAINTEST_DB, _LOUDEST_DB = -15.0, 15.0


def widen(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """Mono ``samples`` (−1…1) at ``rate`` Hz as wide speech at :data:`RATE`; what a line can't carry is made up.

    Speech that is wide already is cut to a line's band first: nobody says whether a line of 16,000 Hz carries more than
    a telephone does.
    """
    if not len(samples):
        return samples
    narrow = samples if rate == _LINE_RATE else soxr.resample(samples, rate, _LINE_RATE, quality="HQ")
    speech = soxr.resample(narrow, _LINE_RATE, RATE, quality="HQ").astype(np.float32)
    padded = np.pad(speech, (_WINDOW, _WINDOW + -len(speech) % _HOP))
    shape = np.hanning(_WINDOW + 1)[:_WINDOW].astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP] * shape
    spectra = np.fft.rfft(frames, axis=1)
    low, source, edge, top = (hz * _WINDOW // RATE for hz in (_LOW_HZ, _FROM_HZ, _EDGE_HZ, _TOP_HZ))
    powers = np.abs(spectra) ** 2
    ratio = (powers[:, source:edge].sum(axis=1) + 1e-9) / (powers[:, low:source].sum(axis=1) + 1e-9)
    gain_db = np.clip(_OFFSET_DB + _SLOPE * 10 * np.log10(ratio), _FAINTEST_DB, _LOUDEST_DB)
    copy = spectra[:, source:edge] * 10 ** (gain_db / 20)[:, None]
    for start in range(edge, top, edge - source):
        spectra[:, start : start + edge - source] = copy
    parts = np.fft.irfft(spectra, n=_WINDOW, axis=1) * shape
    wide = np.zeros(len(padded))
    for index, part in enumerate(parts):
        wide[index * _HOP : index * _HOP + _WINDOW] += part
    # Two Hann windows at a quarter's step add up to one and a half.
    whole: NDArray[np.float32] = (wide[_WINDOW : _WINDOW + len(speech)] / 1.5).astype(np.float32)
    return whole
