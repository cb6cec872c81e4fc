"""The trained artefact: checksums, loading, and that it understands synthetic callers."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from audio_models.recipe import channel, speech
from audio_models.recipe.evaluate import Ear, word_errors
from audio_models.recipe.speech import Voice

FOLDER = Path(__file__).parents[2] / "audio_models" / "voicebot-tiny-en"

SAID = (
    ("yes", "yes"),
    ("no", "no"),
    ("yes please", "yes please"),
    ("speak to a person", "speak to a person"),
    ("i want to report a pothole on station road", "i want to report a pothole on station road"),
    ("zed bee three eight ell pee", "z b three eight l p"),
    ("i can smell gas in my kitchen", "i can smell gas in my kitchen"),
    ("my bin has not been collected this week", "my bin has not been collected this week"),
    ("forty two mill lane", "forty two mill lane"),
    ("my name is priya patel", "my name is priya patel"),
)


@pytest.fixture(scope="module")
def ear() -> Ear:
    return Ear(FOLDER)


def _line(words: str, voice: Voice) -> channel.Audio:
    line = channel.trim(channel.to_line(*speech.say(words, voice)))
    return channel.to_model(channel.transmit(line, 1, strength=0.0, margins=(0.2, 0.3), snr_db=30.0))


def test_checksums_match() -> None:
    card = json.loads((FOLDER / "model.json").read_text(encoding="utf-8"))
    assert card["name"] == "voicebot-tiny-en"
    assert "people" in card["not_for"]
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in FOLDER.iterdir()
        if path.name != "model.json"
    }
    assert card["files"] == found
    assert {"model.bin", "vocabulary.json", "config.json", "tokenizer.json"} <= set(found)


def test_it_is_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 15_000_000


@pytest.mark.parametrize("name", ["en", "en+f3", "en+m3", "en+f4", "en-gb-scotland"])
def test_it_understands_synthetic_callers(ear: Ear, name: str) -> None:
    voice = Voice("espeak", name, 170, 50)
    heard = [(said, ear.hear(_line(words, voice)).text) for words, said in SAID]
    wrong = [pair for pair in heard if word_errors(*pair)]
    assert len(wrong) <= 1, wrong


def test_short_answers_are_right_by_most_voices(ear: Ear) -> None:
    answers = {
        "yes": "yes",
        "no": "no",
        "yes that's right": "yes that's right",
        "no thank you": "no thank you",
        "forty two": "forty two",
        "zed bee three eight ell pee": "z b three eight l p",
        "speak to a person": "speak to a person",
        "goodbye": "goodbye",
    }
    voices = [Voice("espeak", f"en+{name}", 160, 50) for name in ("f1", "f2", "f5", "m1", "m2", "m7")]
    wrong = [
        (voice.name, said, heard)
        for voice in voices
        for words, said in answers.items()
        if (heard := ear.hear(_line(words, voice)).text) != said
    ]
    assert len(wrong) <= 4, wrong


@pytest.mark.parametrize("seed", range(6))
def test_silence_and_noise_give_no_words(ear: Ear, seed: int) -> None:
    assert ear.hear(channel.to_model(channel.nothing(seed))).text == ""


def test_stock_decoding_with_thirty_seconds_works_too(ear: Ear) -> None:
    text = ear.hear_stock(_line("i want to report a pothole on station road", Voice("espeak", "en", 170, 50)))
    assert word_errors("i want to report a pothole on station road", text) <= 3


@pytest.mark.parametrize(
    ("said", "heard", "errors"),
    [("a b c", "a b c", 0), ("a b c", "a c", 1), ("", "a b", 2), ("a b", "b a", 2), ("a", "", 1)],
)
def test_word_errors(said: str, heard: str, errors: int) -> None:
    assert word_errors(said, heard) == errors
