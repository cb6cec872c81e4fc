"""Who asks for a moment, and who says more than that."""

import pytest

from voicebot.spoken.pause import asks_to_wait


@pytest.mark.parametrize(
    "said",
    [
        "hang on",
        "Hang on a minute, love.",
        "just a second please",
        "one moment",
        "bear with me i'm looking for it",
        "hold on i'll just get my glasses",
        "hang on there's somebody at the door",
        "let me find the letter",
        "give me a minute",
        "wait",
        "yes just a minute i'll have to go and look in the kitchen",
        "two ticks",
        "i'm just looking for it",
    ],
)
def test_a_moment_is_all_that_is_asked_for(said: str) -> None:
    assert asks_to_wait(said)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "hang on that's wrong",
        "wait it's number nine",
        "hold on i want to speak to someone",
        "hang on right it's six five nine five",
        "hang on how much is it",
        "i've been waiting a month",
        "let me speak to a person",
        "hang on i can smell gas",
        "a minute ago there was a bang",
        "wait times are ridiculous",
        "i'll be there all day",
    ],
)
def test_more_is_said_than_that(said: str) -> None:
    assert not asks_to_wait(said)
