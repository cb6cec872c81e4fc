"""PocketSphinx for real, in its own process, on what a person recorded where that is installed."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.prove import telephone_prompts
from voicebot.errors import SpeechUnavailable
from voicebot.stt.sphinx.recogniser import SphinxRecogniser
from voicebot.stt.transcript import Hints

DIALOGUES = Path(__file__).parents[2] / "dialogues"
YES_NO = Hints("yes_no", "Is that right?", slot="confirm")

needs_prompts = pytest.mark.skipif(
    not telephone_prompts.installed(), reason=f"needs Debian's {telephone_prompts.PACKAGE}"
)


@pytest.fixture(scope="module")
def recogniser() -> Iterator[SphinxRecogniser]:
    made = SphinxRecogniser(DIALOGUES, DIALOGUES / "words")
    made.warm_up()
    yield made
    made.close()


def _no() -> NDArray[np.int16]:
    return telephone_prompts.samples("vm-no")


@needs_prompts
def test_a_person_is_understood_who_answers_what_was_asked(recogniser: SphinxRecogniser) -> None:
    heard = recogniser.recognise(_no(), 8000, YES_NO)
    assert heard.text == "no"
    assert heard.confidence > 0.5
    assert heard.engine == "pocketsphinx"
    assert heard.text not in heard.alternatives
    assert heard.compute_ms > 0
    when = Hints(slot="move_date")
    assert recogniser.recognise(telephone_prompts.samples("digits/mon-10"), 8000, when).text == "november"


@needs_prompts
def test_words_have_their_times(recogniser: SphinxRecogniser) -> None:
    late = np.concatenate([np.zeros(8000, np.int16), _no()])
    word = recogniser.recognise(late, 8000, Hints("yes_no", slot="confirm", word_times=True)).words[0]
    assert word.text == "no"
    assert 1000 < word.start_ms < word.end_ms < len(late) / 8


@pytest.mark.parametrize("rate", [8000, 16000, 48000])
def test_what_holds_no_voice_holds_no_words(recogniser: SphinxRecogniser, rate: int) -> None:
    hiss = np.random.default_rng(4).normal(0, 900, rate).astype(np.int16)
    for samples in (hiss, np.zeros(rate, np.int16), hiss[:0], hiss[:5]):
        heard = recogniser.recognise(samples, rate)
        assert heard.text == ""
        assert heard.audio_ms == pytest.approx(len(samples) * 1000 / rate)


@needs_prompts
def test_a_process_that_dies_is_started_again() -> None:
    made = SphinxRecogniser(DIALOGUES, DIALOGUES / "words")
    try:
        with pytest.raises(SpeechUnavailable, match="loading"):
            made.recognise(_no(), 8000)
        made.warm_up()
        os.kill(made.processes[0], signal.SIGKILL)
        with pytest.raises(SpeechUnavailable, match="died"):
            made.recognise(_no(), 8000)
        made.warm_up()
        assert made.recognise(_no(), 8000, YES_NO).text == "no"
        (process,) = made.processes
    finally:
        made.close()
    assert not made.processes
    # It was waited for: nothing is left of it, not even a zombie.
    assert not Path(f"/proc/{process}").exists()


def test_a_project_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "domain.yml").write_text("responses: [")
    made = SphinxRecogniser(tmp_path)
    with pytest.raises(SpeechUnavailable, match=r"domain\.yml"):
        made.warm_up()
    made.close()
