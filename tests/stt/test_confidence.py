"""Scores to confidence, and texts that no one said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.settings import SpeechSettings
from voicebot.stt.confidence import (
    OWN_MODEL,
    REJECT_CONFIDENCE,
    WHISPER,
    Calibration,
    looks_invented,
    looks_looped,
)


@pytest.mark.parametrize("calibration", [OWN_MODEL, WHISPER])
def test_the_landmarks_hold(calibration: Calibration) -> None:
    assert calibration.confidence(calibration.reject) == pytest.approx(REJECT_CONFIDENCE)
    assert calibration.confidence(calibration.sure) == pytest.approx(0.9)
    assert SpeechSettings().min_confidence == REJECT_CONFIDENCE


def test_the_measured_scores_fall_on_the_right_side() -> None:
    assert OWN_MODEL.confidence(-0.09) > 0.85
    assert 0.6 < OWN_MODEL.confidence(-0.19) < 0.85
    assert OWN_MODEL.confidence(-0.6) < 0.1
    assert OWN_MODEL.confidence(-2.0) < 0.001


@given(st.floats(-100, 0), st.floats(-100, 0))
def test_confidence_grows_with_the_score(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 <= OWN_MODEL.confidence(low) <= OWN_MODEL.confidence(high) <= 1


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("the the the the the the the the", 2.0),
        ("i want to i want to i want to i want to i want to", 5.0),
        ("thank you " * 30, 20.0),
        ("one two three four five six seven eight nine ten eleven twelve", 1.0),
    ],
)
def test_a_stuck_decoder_is_noticed(text: str, seconds: float) -> None:
    assert looks_looped(text.strip(), seconds)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", 1.0),
        ("no no no no no", 2.0),
        ("yes", 0.3),
        ("double oh seven double oh seven", 2.5),
        ("zero zero zero zero one two", 2.0),
        ("my bin was not collected on tuesday and the one next door was not either", 4.0),
        ("can you hear me can you hear me", 2.5),
    ],
)
def test_people_repeat_themselves(text: str, seconds: float) -> None:
    assert not looks_looped(text, seconds)


def test_inventions_of_published_weights() -> None:
    assert looks_invented("Thanks for watching!", 3.0)
    assert looks_invented("Thank you.", 0.05)
    assert not looks_invented("Thank you.", 0.6)
    assert not looks_invented("Yes, on Tuesday.", 0.05)
