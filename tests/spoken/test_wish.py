"""Whether callers ask to know something or want it done."""

import pytest

from voicebot.spoken.wish import wish


@pytest.mark.parametrize(
    "said",
    [
        "how much is it to have the garden bin emptied",
        "do i need a permit for a motorbike",
        "can somebody else sign the form for my mum",
        "what's the notice period for a wedding",
        "are there any spaces for tuesday",
        "opening hours of the tip",
    ],
)
def test_a_question_about_what_can_be_done_by_phone_is_a_question(said: str) -> None:
    assert wish(said, "transact") == "answer"


@pytest.mark.parametrize(
    "said",
    [
        "i want to book a room at the town hall",
        "I'd like to put in an appeal",
        "we need to give our notice",
        "can i pay my rent",
        "i'm ringing to renew my badge",
        "please cancel it",
        "i want to make a freedom of information request",
    ],
)
def test_who_wants_something_done_wishes_it_though_only_an_answer_can_be_given(said: str) -> None:
    assert wish(said, "answer") == "transact"


@pytest.mark.parametrize(
    ("said", "need"),
    [
        ("i'd like to know how much it costs to register", "answer"),
        ("how do i apply", "answer"),
        ("i want to order one and how much is it", "transact"),
        ("where's my new bin how long does it take", "transact"),
        ("my new bin never came", "transact"),
        ("what day do you come", "answer"),
        ("", "transact"),
    ],
)
def test_what_is_plainly_neither_or_both_stays_what_the_matter_is_by_rule(said: str, need: str) -> None:
    assert wish(said, need) == need


@pytest.mark.parametrize("need", ["report", "human", "emergency", "out_of_scope", "smalltalk", "control", "none"])
def test_other_needs_are_told_by_the_matter_alone(need: str) -> None:
    assert wish("how much is it, i want to pay", need) == need
