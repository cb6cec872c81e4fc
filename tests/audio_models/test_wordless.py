"""Clips without words, and what the small recogniser makes of them."""

from collections import Counter

import numpy as np
import pytest

from audio_models.recipe import wordless
from voicebot.models.store import shipped_stt
from voicebot.stt.speechless import has_voice
from voicebot.stt.whisper import WhisperRecogniser
from voicebot.tts.espeak import EspeakVoice
from voicebot.tts.spoken import SpokenText


def test_clips_are_the_same_every_time_and_of_every_kind() -> None:
    first = [wordless.clip(5, index) for index in range(8)]
    again = [wordless.clip(5, index) for index in range(8)]
    assert Counter(kind for kind, _ in first) == dict.fromkeys(wordless.KINDS, 2)
    for (_, one), (_, other) in zip(first, again, strict=True):
        assert np.array_equal(one, other)
        assert 0.3 * 8000 < len(one) < 7 * 8000
        assert float(np.abs(one).max()) <= 1.0


def test_a_voice_is_told_from_music_and_keys() -> None:
    spoken = EspeakVoice("en").render(SpokenText("My bin has not been collected."), 16000).samples
    assert has_voice((spoken / 32768.0).astype(np.float32))
    assert not has_voice(np.zeros(0, np.float32))
    for index in (2, 3, 6, 7):
        _, audio = wordless.clip(5, index)
        assert not has_voice(np.repeat(audio, 2).astype(np.float32))


@pytest.mark.skipif(shipped_stt() is None, reason="this copy has no shipped model")
def test_nothing_is_heard_where_nobody_speaks() -> None:
    folder = shipped_stt()
    assert folder is not None
    recogniser = WhisperRecogniser(folder)
    heard = [
        recogniser.recognise((audio * 32767).astype(np.int16), 8000).text
        for _, audio in (wordless.clip(9, index) for index in range(24))
    ]
    assert sum(bool(text) for text in heard) <= 1
