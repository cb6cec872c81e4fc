"""Where the words are in an utterance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from voicebot.stt.trim import quietest_cut, trim_silence
from voicebot.tts.espeak import EspeakVoice
from voicebot.tts.spoken import SpokenText

RATE = 16000
Floats = NDArray[np.float32]


@pytest.fixture(scope="module")
def words() -> Floats:
    audio = EspeakVoice("en").render(SpokenText("My bin has not been collected."), RATE)
    return audio.samples.astype(np.float32) / np.float32(32768)


def noise(seconds: float, dbfs: float, seed: int = 1) -> Floats:
    scale = 10 ** (dbfs / 20)
    return np.random.default_rng(seed).normal(0, scale, int(seconds * RATE)).astype(np.float32)


@pytest.mark.parametrize("lead_s", [0.0, 0.1, 0.8, 3.0])
@pytest.mark.parametrize("floor_dbfs", [-90.0, -65.0, -50.0])
def test_silence_around_the_words_is_cut(words: Floats, lead_s: float, floor_dbfs: float) -> None:
    audio = np.concatenate([np.zeros(int(lead_s * RATE), np.float32), words, np.zeros(RATE, np.float32)])
    audio += noise(len(audio) / RATE, floor_dbfs)[: len(audio)]
    got = trim_silence(audio, RATE)
    assert abs(got.start / RATE - max(0.0, lead_s - 0.2)) < 0.08
    assert len(words) / RATE - 0.1 < len(got.samples) / RATE < len(words) / RATE + 0.55
    assert 0.5 < got.voiced_s < len(words) / RATE + 0.1


@pytest.mark.parametrize("dbfs", [-70.0, -60.0])
def test_a_quiet_line_holds_nothing(dbfs: float) -> None:
    assert len(trim_silence(noise(2, dbfs), RATE).samples) == 0
    assert len(trim_silence(np.zeros(RATE, np.float32), RATE).samples) == 0
    assert len(trim_silence(np.zeros(0, np.float32), RATE).samples) == 0


def test_a_faint_caller_is_kept(words: Floats) -> None:
    faint = np.concatenate([np.zeros(RATE, np.float32), words * 0.04, np.zeros(RATE, np.float32)])
    got = trim_silence(faint + noise(len(faint) / RATE, -70)[: len(faint)], RATE)
    assert len(got.samples) > len(words) * 0.9


def test_words_in_as_loud_noise_are_kept(words: Floats) -> None:
    loud = words + noise(len(words) / RATE + 1, -22)[: len(words)]
    assert len(trim_silence(loud, RATE).samples) > len(words) * 0.9


@settings(max_examples=30)
@given(st.integers(0, 2000), st.floats(0.0, 1.0))
def test_it_is_always_a_part_of_the_whole(length: int, scale: float) -> None:
    audio = (np.sin(np.arange(length) * 0.5) * scale).astype(np.float32)
    got = trim_silence(audio, RATE)
    assert np.array_equal(got.samples, audio[got.start : got.start + len(got.samples)])


@pytest.mark.parametrize("gap_s", [0.3, 0.8, 2.0])
def test_of_a_pause_between_words_only_so_much_is_kept(words: Floats, gap_s: float) -> None:
    audio = np.concatenate([words, np.zeros(int(gap_s * RATE), np.float32), words])
    audio = audio + noise(len(audio) / RATE + 1, -65)[: len(audio)]
    whole, short = trim_silence(audio, RATE), trim_silence(audio, RATE, pause_s=0.1)
    assert (len(whole.samples) - len(short.samples)) / RATE == pytest.approx(gap_s - 0.1, abs=0.1)
    assert short.voiced_s == whole.voiced_s
    assert short.start == whole.start


def test_gaps_inside_words_stay(words: Floats) -> None:
    audio = words + noise(len(words) / RATE + 1, -65)[: len(words)]
    assert np.array_equal(trim_silence(audio, RATE, pause_s=0.1).samples, trim_silence(audio, RATE).samples)


def test_long_audio_is_cut_where_it_is_quiet() -> None:
    audio = noise(10, -20)
    audio[int(7.2 * RATE) : int(7.6 * RATE)] = 0
    cut = quietest_cut(audio, RATE, 6 * RATE, 9 * RATE)
    assert 7.2 < cut / RATE < 7.6
    assert 6 <= quietest_cut(audio[: 9 * RATE], RATE, 8 * RATE, 9 * RATE) / RATE <= 9
