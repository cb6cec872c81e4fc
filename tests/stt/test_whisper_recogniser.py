"""faster-whisper and CTranslate2 for real, with untrained weights and with the shipped model where it is there."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from voicebot.errors import ConfigurationError
from voicebot.models.blank import build_blank_whisper
from voicebot.models.check import word_errors
from voicebot.models.store import shipped_stt
from voicebot.stt.recogniser import Request
from voicebot.stt.traits import read_traits
from voicebot.stt.transcript import Hints
from voicebot.stt.whisper import WhisperRecogniser
from voicebot.tts.espeak import EspeakVoice
from voicebot.tts.spoken import SpokenText


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_blank_whisper(tmp_path_factory.mktemp("stt") / "blank")


@pytest.fixture(scope="module")
def recogniser(blank: Path) -> WhisperRecogniser:
    return WhisperRecogniser(blank)


@pytest.fixture(scope="module")
def words() -> NDArray[np.int16]:
    return EspeakVoice("en").render(SpokenText("My bin has not been collected."), 8000).samples


def test_what_comes_back(recogniser: WhisperRecogniser, words: NDArray[np.int16]) -> None:
    heard = recogniser.recognise(words, 8000)
    assert heard.text
    assert heard.text not in heard.alternatives
    assert len(set(heard.alternatives)) == len(heard.alternatives) <= 4
    assert 0 <= heard.confidence <= 1
    assert heard.audio_ms == pytest.approx(len(words) / 8)
    assert heard.compute_ms > 0
    assert heard.engine == "blank"
    assert recogniser.recognise(words, 8000).text == heard.text


@pytest.mark.parametrize("rate", [8000, 16000, 48000])
def test_rates_and_lengths(recogniser: WhisperRecogniser, rate: int) -> None:
    words = EspeakVoice("en").render(SpokenText("Yes please."), rate).samples
    assert recogniser.recognise(words, rate).audio_ms == pytest.approx(len(words) * 1000 / rate)
    for count in (0, 1, 100, rate // 50):
        assert recogniser.recognise(words[:count], rate).audio_ms == pytest.approx(count * 1000 / rate)


def test_silence_is_nothing_for_sure(recogniser: WhisperRecogniser) -> None:
    faint = np.random.default_rng(3).normal(0, 8, 16000).astype(np.int16)
    for samples in (np.zeros(8000, np.int16), np.zeros(0, np.int16), faint):
        heard = recogniser.recognise(samples, 8000)
        assert (heard.text, heard.confidence, heard.alternatives) == ("", 1.0, ())


def test_a_long_speech_is_heard_in_pieces(recogniser: WhisperRecogniser) -> None:
    words = EspeakVoice("en").render(SpokenText("I would like to tell you the whole story. " * 22), 8000).samples
    assert len(words) > 40 * 8000
    heard = recogniser.recognise(words, 8000)
    assert heard.audio_ms > 40_000
    assert heard.alternatives == ()


def test_hints_reach_a_model_that_takes_them(recogniser: WhisperRecogniser, words: NDArray[np.int16]) -> None:
    hinted = recogniser.recognise(words, 8000, Hints("normal", "bin collection " * 60, ("Mill Lane", "Norbury")))
    assert hinted.text != recogniser.recognise(words, 8000).text


def test_a_model_without_prompting_ignores_hints(blank: Path, tmp_path: Path, words: NDArray[np.int16]) -> None:
    folder = build_blank_whisper(tmp_path / "plain")
    card = {"name": "plain", "not_for": ["people"]}
    (folder / "model.json").write_text(json.dumps(card), encoding="utf-8")
    plain = WhisperRecogniser(folder)
    assert not plain.traits.people
    assert not plain.traits.prompting
    hinted = plain.recognise(words, 8000, Hints("normal", "bin", ("lane",)))
    assert hinted.text == plain.recognise(words, 8000).text


def test_two_threads_at_once(recogniser: WhisperRecogniser, words: NDArray[np.int16]) -> None:
    alone = recogniser.recognise(words, 8000).text
    with ThreadPoolExecutor(4) as threads:
        heard = list(threads.map(lambda _: recogniser.recognise(words, 8000).text, range(8)))
    assert set(heard) == {alone}


def test_a_lone_stuck_text_has_no_confidence(blank: Path, words: NDArray[np.int16]) -> None:
    stuck = WhisperRecogniser(blank, floor_s=2.0, beam_size=1)
    heard = stuck.recognise(words, 8000)
    assert heard.confidence <= 0.1
    assert heard.alternatives == ()


@pytest.mark.parametrize("name", ["model.bin", "config.json", "tokenizer.json", "vocabulary.json"])
def test_a_missing_file_is_named(name: str, tmp_path: Path) -> None:
    folder = build_blank_whisper(tmp_path / "model")
    (folder / name).unlink()
    with pytest.raises(ConfigurationError, match=name):
        WhisperRecogniser(folder)


def test_files_that_would_kill_the_process_are_refused(tmp_path: Path) -> None:
    folder = build_blank_whisper(tmp_path / "model")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    del config["suppress_ids_begin"]
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="suppress_ids_begin"):
        WhisperRecogniser(folder)


def test_broken_files_are_refused(tmp_path: Path) -> None:
    folder = build_blank_whisper(tmp_path / "model")
    (folder / "model.json").write_text('{"floor_s": "long"}', encoding="utf-8")
    with pytest.raises(ConfigurationError, match="is wrong"):
        WhisperRecogniser(folder)
    (folder / "model.json").unlink()
    whole = (folder / "model.bin").read_bytes()
    (folder / "model.bin").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ConfigurationError, match="loaded"):
        WhisperRecogniser(folder)


def test_published_weights_get_a_longer_floor(tmp_path: Path) -> None:
    folder = tmp_path / "base.en"
    folder.mkdir()
    traits = read_traits(folder)
    assert traits.name == "base.en"
    assert traits.floor_s == 5.0
    assert traits.people
    assert traits.prompting


SENTENCES = (
    "my bin has not been collected",
    "i want to pay my council tax",
    "can i speak to somebody please",
    "there is a broken street light outside my house",
    "yes",
    "no",
)


@pytest.mark.skipif(shipped_stt() is None, reason="this copy has no shipped model")
@pytest.mark.parametrize("rate", [8000, 16000])
def test_the_shipped_model_understands_synthetic_callers(rate: int) -> None:
    """In wide band too, although it was trained on telephone lines alone."""
    folder = shipped_stt()
    assert folder is not None
    recogniser = WhisperRecogniser(folder)
    wrong = total = 0
    for voice in ("en", "en+f2"):
        for sentence in SENTENCES:
            heard = recogniser.recognise(EspeakVoice(voice).render(SpokenText(sentence), rate).samples, rate)
            errors, count = word_errors(sentence, heard.text)
            wrong, total = wrong + errors, total + count
    assert wrong / total < 0.25
    assert not recogniser.traits.people


def test_several_utterances_in_one_pass_read_as_each_alone(recogniser: WhisperRecogniser) -> None:
    voice = EspeakVoice("en")
    texts = ("Yes please.", "No thank you.", "I would like to book a bulky waste collection.", "")
    samples = [voice.render(SpokenText(text), 8000).samples for text in texts]
    together = recogniser.recognise_all([Request(one, 8000) for one in samples])
    assert [one.audio_ms for one in together] == [len(one) / 8 for one in samples]
    assert together[-1].text == ""
    assert all(one.text for one in together[:-1])
    assert together[2].text == recogniser.recognise(samples[2], 8000).text


def test_alternatives_have_their_confidence(recogniser: WhisperRecogniser, words: NDArray[np.int16]) -> None:
    heard = recogniser.recognise(words, 8000)
    assert len(heard.alternatives) == len(heard.alternative_confidences)
    assert all(0 <= confidence <= 1 for confidence in heard.alternative_confidences)
    assert list(heard.alternative_confidences) == sorted(heard.alternative_confidences, reverse=True)


@pytest.mark.skipif(shipped_stt() is None, reason="this copy has no shipped model")
def test_word_times_lie_in_order_within_the_utterance() -> None:
    folder = shipped_stt()
    assert folder is not None
    shipped = WhisperRecogniser(folder)
    spoken = EspeakVoice("en").render(SpokenText("My bin has not been collected."), 8000).samples
    late = np.concatenate([np.zeros(8000, np.int16), spoken])
    heard = shipped.recognise(late, 8000, Hints(word_times=True))
    assert " ".join(word.text for word in heard.words) == heard.text
    starts = [word.start_ms for word in heard.words]
    assert starts == sorted(starts)
    assert starts[0] >= 700, "the second of silence before the words counts"
    assert all(word.start_ms <= word.end_ms <= heard.audio_ms + 200 for word in heard.words)
    assert not shipped.recognise(late, 8000).words
