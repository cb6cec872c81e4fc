"""What training hears beside the grammar: the dialogue's callers, the bot, and words nobody says together."""

from collections import Counter

import pytest

from audio_models.recipe import corpus, tokens
from audio_models.recipe.corpus import spelled_out, training_sentence


def test_the_shares_sum_to_one_and_every_source_is_drawn() -> None:
    assert sum(corpus.SHARES.values()) == pytest.approx(1)
    kinds = Counter(training_sentence(5, index).kind for index in range(400))
    assert {"callers", "bot", "wild", "empty", "postcode"} <= set(kinds)
    assert 40 < kinds["bot"] < 110


def test_a_sentence_is_the_same_every_time() -> None:
    assert [training_sentence(5, index) for index in range(30)] == [training_sentence(5, index) for index in range(30)]


def test_transcripts_are_of_the_letters_that_are_learnt() -> None:
    for index in range(400):
        assert set(training_sentence(6, index).text) <= set(tokens.CHARACTERS)


def test_people_pause_between_groups_without_another_transcript() -> None:
    said = [training_sentence(7, index) for index in range(400)]
    paused = [one for one in said if one.kind == "postcode" and "," in one.speech]
    assert paused
    assert all("," not in one.text for one in said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("bed bugs 140", "bed bugs one hundred and forty"),
        ("the third of June 1952", "the third of June nineteen fifty two"),
        ("in May 2027", "in May twenty twenty seven"),
        ("press 0, ring 9 9 9", "press 0, ring 9 9 9"),
    ],
)
def test_long_numbers_are_spelled_out(text: str, said: str) -> None:
    assert spelled_out(text) == said
