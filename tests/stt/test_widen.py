"""Telephone speech made wide for a model of wide speech."""

import numpy as np
import pytest
from numpy.typing import NDArray

from voicebot.stt.sphinx.widen import RATE, widen


def _above(samples: NDArray[np.float32], hz: float) -> float:
    """Power above ``hz``, in dB of all power."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    edge = int(hz * len(samples) / RATE)
    return float(10 * np.log10(power[edge:].sum() / power.sum()))


def _band(low: float, high: float) -> NDArray[np.float32]:
    """Half a second of noise between two frequencies, at 8,000 samples a second."""
    spectrum = np.fft.rfft(np.random.default_rng(2).normal(0, 0.1, 4000))
    hz = np.fft.rfftfreq(4000, 1 / 8000)
    spectrum[(hz < low) | (hz > high)] = 0
    return np.fft.irfft(spectrum).astype(np.float32)


def test_a_hiss_is_heard_above_the_line_and_a_hum_hardly() -> None:
    hiss, hum = widen(_band(2400, 3400), 8000), widen(_band(300, 1500), 8000)
    assert _above(hiss, 3600) > -16
    assert _above(hum, 3600) < _above(hiss, 3600) - 10


@pytest.mark.parametrize("rate", [8000, 16000, 48000])
def test_length_and_what_was_there_are_kept(rate: int) -> None:
    time = np.arange(rate) / rate
    tone = (0.2 * np.sin(2 * np.pi * 700 * time)).astype(np.float32)
    wide = widen(tone, rate)
    assert len(wide) == pytest.approx(RATE, abs=2)
    assert float(np.sqrt(np.mean(wide**2))) == pytest.approx(0.2 / np.sqrt(2), rel=0.05)


def test_nothing_and_next_to_nothing() -> None:
    assert len(widen(np.zeros(0, np.float32), 8000)) == 0
    assert len(widen(np.zeros(3, np.float32), 8000)) == 6
    assert not widen(np.zeros(4000, np.float32), 8000).any()
