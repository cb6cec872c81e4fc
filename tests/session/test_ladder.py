"""Silence and misunderstanding end at a person, by way of other words."""

from voicebot.dialogue.acts import Ask, Say, Transfer
from voicebot.session.ladder import Ladder, reworded
from voicebot.settings import CallSettings

QUESTION = Ask(
    slot="postcode", text="What's your postcode?", retries=("Please say your postcode slowly.", "One last try.")
)


def test_each_silence_asks_in_other_words_then_a_person() -> None:
    ladder = Ladder(CallSettings())
    first, second, third = (ladder.no_input(QUESTION, "waste_street") for _ in range(3))
    assert isinstance(first[-1], Ask)
    assert first[-1].text == "Please say your postcode slowly."
    assert isinstance(second[-1], Ask)
    assert second[-1].text == "One last try."
    assert third[-1] == Transfer(queue="waste_street", reason="The caller could not be heard.")


def test_key_zero_is_offered_at_the_first_misunderstanding() -> None:
    acts = Ladder(CallSettings()).no_match(QUESTION, "waste_street")
    assert any(isinstance(act, Say) and "press 0" in act.text for act in acts)


def test_progress_starts_again() -> None:
    ladder = Ladder(CallSettings())
    for _ in range(5):
        ladder.no_match(QUESTION, "q")
        ladder.progress()
    assert isinstance(ladder.no_match(QUESTION, "q")[-1], Ask)


def test_silence_before_any_question_asks_how_to_help() -> None:
    acts = Ladder(CallSettings()).no_input(None, "customer_services")
    assert all(isinstance(act, Say) for act in acts)
    assert len(acts) == 2


def test_a_question_without_other_words_is_repeated() -> None:
    plain = Ask(slot="x", text="Which one?")
    assert reworded(plain, 3) is plain
    assert reworded(QUESTION, 9).text == "One last try."
