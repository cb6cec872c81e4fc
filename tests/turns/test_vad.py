"""Voice activity by itself: probability, gate, noise floor."""

import time

import numpy as np
import pytest

from tests.turns.espeak_voice import noise, over, quiet, speech
from voicebot.audio.frames import AudioFrame
from voicebot.turns.vad import VoiceActivity, level_dbfs, warm_up


def run(activity: VoiceActivity, samples: "np.typing.NDArray[np.int16]", position: int = 0) -> list[float]:
    size = activity.rate // 50
    return [
        activity.feed(AudioFrame(samples[start : start + size], activity.rate, position + start))
        for start in range(0, len(samples) - size + 1, size)
    ]


@pytest.mark.parametrize("rate", [8000, 16000, 48000])
def test_speech_is_told_from_silence_and_noise(rate: int) -> None:
    activity = VoiceActivity(rate)
    assert max(run(activity, quiet(500, rate))) == 0.0
    assert max(run(activity, noise(800, rate, -35))) < 0.2
    assert np.mean(np.array(run(activity, speech("my bin was not collected", rate))) > 0.5) > 0.7


def test_quiet_callers_are_heard() -> None:
    activity = VoiceActivity(8000)
    run(activity, noise(1000, dbfs=-66))
    assert np.mean(np.array(run(activity, speech("my bin was not collected", peak=0.02))) > 0.5) > 0.6


def test_the_floor_follows_the_line_and_not_the_caller() -> None:
    activity = VoiceActivity(8000)
    run(activity, noise(8000, dbfs=-50))
    assert activity.floor == pytest.approx(-50, abs=3)
    spoken = speech("this is quite a long sentence about a bin that nobody collected last week")
    run(activity, over(spoken, noise(len(spoken) / 8, dbfs=-50)))
    assert activity.floor == pytest.approx(-50, abs=4)


def test_comfort_noise_is_not_even_looked_at() -> None:
    activity = VoiceActivity(8000)
    spoken = speech("this is quite a long sentence about a bin")
    loud = [AudioFrame(spoken[at : at + 160], 8000, at, True, True) for at in range(0, len(spoken) - 160, 160)]
    assert max(activity.feed(frame) for frame in loud) == 0.0


def test_frames_at_another_rate_are_refused() -> None:
    with pytest.raises(ValueError, match="16000"):
        VoiceActivity(8000).feed(AudioFrame(np.zeros(320, np.int16), 16000, 0))


def test_levels() -> None:
    assert level_dbfs(np.full(160, 32767, np.int16)) == pytest.approx(0, abs=0.01)
    assert level_dbfs(np.zeros(160, np.int16)) == -96
    assert level_dbfs(np.zeros(0, np.int16)) == -96


def test_it_is_cheap() -> None:
    warm_up()
    activity = VoiceActivity(8000)
    spoken = np.concatenate([speech("this is quite a long sentence about a bin that nobody collected")] * 3)
    started = time.process_time()
    count = len(run(activity, spoken))
    # Generous for a shared machine: a 20 ms frame of speech takes about 0.1 ms on a free core.
    assert (time.process_time() - started) / count < 0.004
