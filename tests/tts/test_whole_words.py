"""The last word is whole: what the cut takes away behind it is nothing that can be heard."""

import numpy as np
import pytest

from voicebot.tts.espeak import DEFAULT_VOICE, DEFAULT_WORDS_PER_MINUTE, EspeakVoice, _library
from voicebot.tts.level import trim
from voicebot.tts.measure import ending_db
from voicebot.tts.spoken import SpokenText


@pytest.mark.parametrize(
    "text",
    [
        "Thank you for calling. Goodbye.",
        "Is there anything else I can help you with?",
        "Your report has been passed to the waste collections team, with thanks.",
        "What's your council tax account number?",
        "Six.",
        "What's your building control number?",
        "They'll tell you what the notice means and what you can do.",
    ],
)
def test_nothing_of_the_last_word_is_cut(text: str) -> None:
    raw, rate = _library.synthesise(text, DEFAULT_VOICE, DEFAULT_WORDS_PER_MINUTE, 50)
    kept = trim(raw, rate)
    tail = raw[int(-0.4 * rate) :]
    lost = float(np.sum(raw**2) - np.sum(kept**2))
    assert lost < 0.002 * float(np.sum(raw**2))
    assert lost < 0.02 * float(np.sum(tail**2)) + 0.001 * float(np.sum(raw**2))


@pytest.mark.parametrize(
    "text",
    [
        # Each outgrew a buffer of half a second by a little, and the library dropped what was over.
        "What's your building control number?",
        "They'll tell you what the notice means and what you can do.",
        "Can I take your full name?",
        "Send photos through our website, or bring the papers to the Town Hall.",
    ],
)
def test_a_sentence_dies_away(text: str) -> None:
    assert ending_db(EspeakVoice().render(SpokenText(text), 8000).samples, 8000) < -20
