"""Wishes about the call, told by their words alone, and what a call is about."""

import pytest

from tests.dialogue.action_modules import load

wishes, topics = load("wishes"), load("topics")


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        ("agent", "PERSON"), ("just give me a human please", "PERSON"), ("can i speak to someone", "PERSON"),
        ("no that's not what i want", "NOT_THIS"), ("i'm not ringing about that", "NOT_THIS"),
        ("you've got the wrong end of the stick", "NOT_THIS"), ("i didn't ask for that", "NOT_THIS"),
        ("how long will it take like", "HOW_LONG"), ("when will someone come out", "HOW_LONG"),
        ("i told the letting agent", ""), ("there's a person asleep in the doorway", ""),
        ("that's not what i said", ""),
        ("i don't want to give my name", ""), ("how long is the queue of cars", "HOW_LONG"), ("the third", ""),
    ],
)  # fmt: skip
def test_wishes_are_told_by_their_words(said: str, wish: str) -> None:
    found = [name for name in ("PERSON", "NOT_THIS", "HOW_LONG") if getattr(wishes, name).search(said)]
    assert found == ([wish] if wish else [])


@pytest.mark.parametrize(
    ("said", "asks"),
    [
        ("what do you need that for", True), ("why do you need my phone number", True), ("what's that for", True),
        ("do i have to give you that", True), ("why", True), ("because it's broken that's why", False),
        ("what time do you shut", False),
    ],
)  # fmt: skip
def test_who_asks_what_a_question_is_for(said: str, asks: bool) -> None:
    assert (wishes.WHY.fullmatch(said) is not None) is asks


@pytest.mark.parametrize(
    ("said", "cancels"),
    [
        ("cancel that", True), ("oh forget it i'll do it online", True), ("leave it for now thanks", True),
        ("leave it by the gate", False), ("never mind the black one it's the blue", False),
    ],
)  # fmt: skip
def test_who_gives_up(said: str, cancels: bool) -> None:
    assert (wishes.CANCEL.search(said) is not None) is cancels


def test_a_guess_that_was_taken_is_what_the_call_is_about() -> None:
    said = {"event": "user", "parse_data": {"intent": {"name": "nlu_fallback", "confidence": 0.25}}}
    agreed = {"event": "user", "parse_data": {"intent": {"name": "affirm", "confidence": 0.9}}}
    taken = {"event": "slot", "name": "taken_for", "value": "council_tax_bands"}

    assert topics.current([said, agreed]).service == "none"
    assert topics.current([said, agreed, taken]).service == "council_tax"
    assert topics.current(
        [said, agreed, taken, {"event": "slot", "name": "taken_for", "value": None}]
    ) == topics.current([said, agreed, taken])


def test_what_else_the_words_may_have_meant_is_what_is_asked_about() -> None:
    ranking = [
        {"name": "waste_missed_bin", "confidence": 0.4},
        {"name": "waste_new_container", "confidence": 0.2},
        {"name": "affirm", "confidence": 0.15},
        {"name": "parking_permit", "confidence": 0.05},
    ]
    said = {"event": "user", "parse_data": {"intent": ranking[0], "intent_ranking": ranking}}

    assert topics.likely_needs([said], "waste_missed_bin") == ["waste_new_container"]
    assert topics.likely_needs([said], "highways_pothole") == []
