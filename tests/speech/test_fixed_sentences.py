"""The sentences that never change, and how they sound: of one loudness, whole, without clicks, slower when asked."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from voicebot.errors import ConfigurationError
from voicebot.session.phrases import Phrase
from voicebot.speech.fixed_sentences import fixed_sentences
from voicebot.tts.espeak import EspeakVoice
from voicebot.tts.measure import edge_dbfs, loudness_dbfs
from voicebot.tts.spoken import SpokenText

DIALOGUES = Path(__file__).parents[2] / "dialogues"


def test_answers_questions_and_retries_are_found_without_those_that_change(tmp_path: Path) -> None:
    (tmp_path / "domain.yml").write_text(
        """
responses:
  utter_fee:
    - text: "It costs £40. You pay it once."
  utter_ask_street:
    - text: "Which street, {name}?"
      custom: {ask: {slot: street, retries: ["Say the street."]}}
  utter_done:
    - text: "Your reference is {reference}. Goodbye."
      custom: {say: {spoken: "That's done."}}
"""
    )
    assert fixed_sentences(tmp_path) == (
        "It costs 40 pounds.",
        "You pay it once.",
        "Say the street.",
        "Goodbye.",
        "That's done.",
    )


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "domain.yml").write_text("responses: [")
    with pytest.raises(ConfigurationError, match="domain"):
        fixed_sentences(tmp_path)


@pytest.fixture(scope="module")
def sample() -> list[tuple[NDArray[np.int16], NDArray[np.int16]]]:
    """Every tenth fixed sentence and every phrase of our own, as spoken and slower."""
    voice = EspeakVoice()
    texts = [*fixed_sentences(DIALOGUES)[::10], *map(str, Phrase)]
    return [
        (voice.render(SpokenText(text), 8000).samples, voice.render(SpokenText(text, rate=0.8), 8000).samples)
        for text in texts
    ]


def test_all_are_equally_loud(sample: list[tuple[NDArray[np.int16], NDArray[np.int16]]]) -> None:
    for spoken, slower in sample:
        assert loudness_dbfs(spoken, 8000) == pytest.approx(-20, abs=1)
        assert loudness_dbfs(slower, 8000) == pytest.approx(-20, abs=1)


def test_none_begins_or_ends_with_a_click(sample: list[tuple[NDArray[np.int16], NDArray[np.int16]]]) -> None:
    assert max(edge_dbfs(samples) for pair in sample for samples in pair) < -40


def test_slower_is_slower(sample: list[tuple[NDArray[np.int16], NDArray[np.int16]]]) -> None:
    assert min(len(slower) / len(spoken) for spoken, slower in sample) > 1.1
    total = sum(len(slower) for _, slower in sample) / sum(len(spoken) for spoken, _ in sample)
    assert 1.15 < total < 1.4
