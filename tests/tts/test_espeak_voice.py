"""espeak-ng for real: levels, silence, speed, threads."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from audio_models.recipe import speech
from voicebot.errors import ConfigurationError
from voicebot.tts.espeak import EspeakVoice
from voicebot.tts.level import TARGET_DBFS, finish, level, trim, voiced_span
from voicebot.tts.spoken import SpokenText

SENTENCES = (
    "Hello, you're through to the council. How can I help you today?",
    "Yes.",
    "Your reference is N V, four two seven.",
    "Please say that again.",
)


def first_loud_ms(samples: np.ndarray, rate: int) -> float:
    """Where 5 ms first come within 30 dB of the loudest 5 ms."""
    frame = rate // 200
    rms = np.sqrt(np.mean((samples[: len(samples) // frame * frame].astype(float)).reshape(-1, frame) ** 2, axis=1))
    return float(np.flatnonzero(rms >= rms.max() * 10 ** (-30 / 20))[0]) * 5


@pytest.mark.parametrize("rate", [8000, 16000, 48000])
@pytest.mark.parametrize("text", SENTENCES)
def test_speech_begins_at_once_and_at_the_right_level(text: str, rate: int) -> None:
    audio = EspeakVoice().render(SpokenText(text), rate)
    assert audio.rate == rate
    assert audio.samples.dtype == np.int16
    assert first_loud_ms(audio.samples, rate) <= 20
    frames = audio.samples[: len(audio.samples) // (rate // 50) * (rate // 50)].astype(float).reshape(-1, rate // 50)
    rms = np.sqrt(np.mean((frames / 32768) ** 2, axis=1))
    voiced = rms[rms > rms.max() * 10 ** (-25 / 20)]
    loudness = 20 * np.log10(np.sqrt(np.mean(voiced**2)))
    assert abs(loudness - TARGET_DBFS) < 2.5
    assert np.abs(audio.samples.astype(int)).max() < 32767


def test_slower_is_longer_and_louder_is_louder() -> None:
    voice = EspeakVoice()
    normal = voice.render(SpokenText(SENTENCES[0]), 8000)
    slow = voice.render(SpokenText(SENTENCES[0], rate=0.7), 8000)
    soft = voice.render(SpokenText(SENTENCES[0], volume=0.5), 8000)
    assert slow.duration_ms > normal.duration_ms * 1.25
    ratio = np.sqrt(np.mean(soft.samples.astype(float) ** 2) / np.mean(normal.samples.astype(float) ** 2))
    assert 0.45 < ratio < 0.55


def test_the_same_text_sounds_the_same() -> None:
    """The library isn't bit-exact, so the lengths may differ by some milliseconds."""
    durations = [EspeakVoice("en+f2").render(SpokenText(SENTENCES[2]), 8000).duration_ms for _ in range(4)]
    assert max(durations) - min(durations) < 40


def test_voices_are_mixed_from_many_threads() -> None:
    alone = {v: EspeakVoice(v).render(SpokenText(SENTENCES[0]), 8000).duration_ms for v in ("en", "en+f3", "en-us+m3")}

    def speak(voice: str) -> tuple[str, float]:
        return voice, EspeakVoice(voice).render(SpokenText(SENTENCES[0]), 8000).duration_ms

    with ThreadPoolExecutor(4) as threads:
        for voice, duration in threads.map(speak, list(alone) * 6):
            assert abs(duration - alone[voice]) < 60


@pytest.mark.parametrize("text", ["", "   ", "\n", "…", "?!"])
def test_nothing_to_say_is_nearly_no_audio(text: str) -> None:
    assert EspeakVoice().render(SpokenText(text), 8000).duration_ms < 1500


@pytest.mark.parametrize(
    "text", ["<speak>hello</speak>", "[[h@'lou]]", "a\0b", "£5.20 & more — “quoted” 🙂", "x" * 3000]
)
def test_odd_text_is_spoken_without_harm(text: str) -> None:
    assert EspeakVoice().render(SpokenText(text), 8000).duration_ms > 100


@pytest.mark.parametrize("name", ["en-gb", "nobody", "", "../en"])
def test_an_unknown_voice_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError):
        EspeakVoice(name)
    assert EspeakVoice("en").render(SpokenText("Still here."), 8000).duration_ms > 300


def test_names_tell_voices_apart() -> None:
    names = {EspeakVoice("en").name, EspeakVoice("en+f2").name, EspeakVoice("en", words_per_minute=120).name}
    assert len(names | {EspeakVoice("en", pitch=30).name}) == 4


def test_trim_keeps_the_words_only() -> None:
    rate = 8000
    tone = np.sin(np.arange(rate) * 0.3).astype(np.float32) * 0.3
    padded = np.concatenate([np.zeros(4000, np.float32), tone, np.zeros(6000, np.float32)])
    span = voiced_span(padded, rate)
    assert span is not None
    assert abs(span[0] - 4000) <= 40
    assert abs(span[1] - 12000) <= 40
    assert len(tone) < len(trim(padded, rate)) < len(tone) + 0.09 * rate
    assert len(trim(np.zeros(800, np.float32), rate)) == 0


@pytest.mark.parametrize("length", [0, 1, 7, 40, 161])
def test_short_audio_does_no_harm(length: int) -> None:
    samples = np.full(length, 0.1, np.float32)
    assert len(finish(samples, 22050, 8000)) <= length
    assert np.all(np.abs(level(samples * 100, 22050)) <= 1.0)


def test_a_voice_stays_itself_when_other_code_of_the_process_speaks() -> None:
    voice, text = EspeakVoice("en+f3"), "Is there anything else I can help you with?"
    alone = len(voice.render(SpokenText(text), 8000).samples)
    speech.say(text, speech.Voice("espeak", "en+m3", 240, 30))
    after = len(voice.render(SpokenText(text), 8000).samples)
    assert abs(after - alone) < 0.03 * alone
