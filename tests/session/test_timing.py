"""What an answer's time was spent on adds up."""

import pytest

from voicebot.session.timing import AnswerTimer
from voicebot.turns.last_sound import LastSound

STAGES = ("jitter_buffer", "end_of_turn", "stt", "dialogue", "tts", "transport")


def test_stages_sum_to_the_time_between_two_sounds_at_our_socket() -> None:
    timer = AnswerTimer(8000, LastSound(8000, 8000, 7840), 10_560, stt=5, dialogue=12)
    timer.rendered(3)
    timer.rendered(80)
    latency = timer.first_sound(10_720, origin=720)
    assert latency is not None
    assert latency.total == (10_880 - 7840) / 8
    assert sum(getattr(latency, name) for name in STAGES) == pytest.approx(latency.total)
    assert (latency.jitter_buffer, latency.end_of_turn, latency.tts) == (20, 320, 3)
    assert latency.transport == 40 - 5 - 12 - 3, "two frames later, less what was worked meanwhile"
    assert latency.at_ms == 1250
    assert timer.first_sound(20_000) is None


def test_the_silence_that_a_voice_begins_with_is_the_voice_s() -> None:
    timer = AnswerTimer(8000, LastSound(8000, 8000, 8000), 10_560)
    at_once = timer.first_sound(10_560, 10_600)
    late = AnswerTimer(8000, LastSound(8000, 8000, 8000), 10_560).first_sound(10_560, 10_560 + 200)
    assert at_once is not None
    assert late is not None
    assert (at_once.tts, late.tts) == (0, 20)
    assert late.total - at_once.total == 20
