"""Real piper-tts and onnxruntime with a voice of a few operations."""

import json
from pathlib import Path

import numpy as np
import pytest

from audio_models.voice_recipe.build import SAMPLES_A_PHONEME, build
from voicebot.errors import ConfigurationError, SpeechUnavailable
from voicebot.tts.engine import FallbackVoice, open_voice
from voicebot.tts.espeak import EspeakVoice
from voicebot.tts.piper import PiperSpeaker
from voicebot.tts.spoken import SpokenText

BEEP = Path(__file__).parents[2] / "audio_models" / "voices" / "beep"
THREE = "Hello there. How are you today? Good."


@pytest.fixture(scope="module")
def beep() -> PiperSpeaker:
    return PiperSpeaker(BEEP)


def test_a_sentence_at_a_time(beep: PiperSpeaker) -> None:
    pieces = list(beep.stream(SpokenText(THREE), 8000))
    whole = beep.render(SpokenText(THREE), 8000)
    assert len(pieces) == 3
    assert sum(map(len, pieces)) == len(whole.samples)
    assert whole.voice == "piper:beep"
    assert whole.rate == 8000


def test_half_the_rate_takes_twice_as_long(beep: PiperSpeaker) -> None:
    text = "Your bin will be emptied on Tuesday"
    normal = beep.render(SpokenText(text), 16000).duration_ms
    assert beep.render(SpokenText(text, rate=0.5), 16000).duration_ms == pytest.approx(2 * normal, rel=0.05)
    assert beep.render(SpokenText(text, rate=2.0), 16000).duration_ms == pytest.approx(normal / 2, rel=0.1)
    assert normal > SAMPLES_A_PHONEME / beep.native_rate * 1000 * 20


def test_level_and_leading_silence(beep: PiperSpeaker) -> None:
    samples = beep.render(SpokenText("Good morning"), 8000).samples.astype(float) / 32768
    assert np.flatnonzero(np.abs(samples) > 0.01)[0] < 8000 * 0.02
    assert -24 < 20 * np.log10(np.sqrt(np.mean(samples**2))) < -18


def test_nothing_to_say(beep: PiperSpeaker) -> None:
    assert len(beep.render(SpokenText("  "), 8000).samples) == 0


def test_the_recipe_gives_the_committed_voice(tmp_path: Path) -> None:
    folder = build(tmp_path / "beep")
    again = PiperSpeaker(folder).render(SpokenText("One two three"), 8000)
    committed = PiperSpeaker(BEEP).render(SpokenText("One two three"), 8000)
    assert np.array_equal(again.samples, committed.samples)


def test_broken_voices_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="holds 0"):
        PiperSpeaker(tmp_path)
    folder = build(tmp_path / "voice")
    config = folder / "voice.onnx.json"
    document = json.loads(config.read_text(encoding="utf-8"))
    del document["audio"]
    config.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="describe"):
        PiperSpeaker(folder)
    config.unlink()
    with pytest.raises(ConfigurationError, match="read"):
        PiperSpeaker(folder)
    build(folder)
    (folder / "voice.onnx").write_bytes(b"not a model")
    with pytest.raises(ConfigurationError, match="not a Piper voice"):
        PiperSpeaker(folder)


def test_a_voice_that_fails_is_stood_in_for(tmp_path: Path) -> None:
    folder = build(tmp_path / "odd")
    config = folder / "odd.onnx.json"
    document = json.loads(config.read_text(encoding="utf-8"))
    # The graph has no input for a speaker, so a voice that claims to have several fails when it speaks.
    document["num_speakers"] = 2
    config.write_text(json.dumps(document), encoding="utf-8")
    broken = PiperSpeaker(folder)
    with pytest.raises(SpeechUnavailable):
        broken.render(SpokenText("Hello"), 8000)
    voice = FallbackVoice(broken, EspeakVoice())
    audio = voice.render(SpokenText("Hello"), 8000)
    assert audio.voice.startswith("espeak:")
    assert audio.duration_ms > 200
    assert sum(map(len, voice.stream(SpokenText("Hello"), 8000))) > 1600


def test_voices_are_opened_by_name() -> None:
    assert open_voice("espeak").name == EspeakVoice().name
    assert open_voice("espeak:en+m3").name == EspeakVoice("en+m3").name
    assert open_voice("bell", BEEP).name == "piper:bell"
