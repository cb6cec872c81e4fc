"""What is made up in place of lost audio."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from voicebot.audio.concealment import Concealment
from voicebot.audio.frames import LEG_RATES, frame_samples


def voiced(rate: int, pitch_hz: float, frames: int) -> NDArray[np.int16]:
    """A steady vowel: harmonics of a pitch."""
    time = np.arange(frames * frame_samples(rate)) / rate
    wave = sum(np.sin(2 * np.pi * n * pitch_hz * time + n) / n for n in range(1, 12))
    return np.round(np.asarray(wave) * 5000).astype(np.int16)


def heard(rate: int, sound: NDArray[np.int16]) -> Concealment:
    made = Concealment(rate)
    for frame in np.split(sound, len(sound) // frame_samples(rate)):
        made.remember(frame)
    return made


@pytest.mark.parametrize("rate", LEG_RATES)
@pytest.mark.parametrize("pitch_hz", [80.0, 120.0, 210.0, 300.0])
def test_a_vowel_goes_on_as_it_would_have(rate: int, pitch_hz: float) -> None:
    size = frame_samples(rate)
    sound = voiced(rate, pitch_hz, 12)
    made = heard(rate, sound[: 10 * size])
    invented, missed = made.frame().astype(float), sound[10 * size : 11 * size].astype(float)
    first_half = slice(0, size // 2)
    assert np.corrcoef(invented[first_half], missed[first_half])[0, 1] > 0.95
    assert np.corrcoef(invented, missed)[0, 1] > 0.9


@pytest.mark.parametrize("rate", LEG_RATES)
def test_it_fades_to_silence_at_60_ms(rate: int) -> None:
    made = heard(rate, voiced(rate, 120.0, 5))
    frames = [made.frame() for _ in range(5)]
    levels = [float(np.abs(frame.astype(float)).mean()) for frame in frames]
    assert levels[0] > levels[1] > levels[2] > 0
    assert levels[3] == levels[4] == 0


def test_there_is_no_click_at_either_end() -> None:
    rate, size = 8000, 160
    sound = voiced(rate, 130.0, 12)
    steepest = int(np.abs(np.diff(sound.astype(int))).max())
    made = heard(rate, sound[: 10 * size])
    invented = made.frame()
    after = made.join(sound[11 * size :])
    joined = np.concatenate((sound[9 * size : 10 * size], invented, after)).astype(int)
    assert int(np.abs(np.diff(joined)).max()) < 1.6 * steepest


@given(st.lists(st.integers(-32768, 32767), min_size=160, max_size=480), st.sampled_from(LEG_RATES))
@settings(max_examples=60, deadline=None)
def test_whatever_was_heard_nothing_is_louder_than_it(values: list[int], rate: int) -> None:
    size = frame_samples(rate)
    sound = np.resize(np.array(values, dtype=np.int16), size * 3)
    made = heard(rate, sound)
    loudest = int(np.abs(sound.astype(int)).max())
    for _ in range(4):
        frame = made.frame()
        assert len(frame) == size
        assert int(np.abs(frame.astype(int)).max()) <= loudest + 1
    assert len(made.join(sound[:size])) == size


def test_silence_stays_silence_and_another_source_is_forgotten() -> None:
    made = heard(8000, np.zeros(480, np.int16))
    assert not made.frame().any()
    made = heard(8000, voiced(8000, 120.0, 3))
    made.forget()
    assert not made.frame().any()
