"""Adult social care: information, a call back, and a person at once where somebody may come to harm."""

from typing import TYPE_CHECKING

import pytest

from tests.dialogue.service_calls import ends_answered, ends_reported, ends_with_a_person

if TYPE_CHECKING:
    from tests.dialogue.conftest import Caller, Running

pytestmark = pytest.mark.rasa

SERVICE = "adult_social_care"

REPORTS: dict[str, tuple[str, ...]] = {
    "for a mother": (
        "can someone from social care ring me back", "my mother", "yes she knows", "washing and dressing", "susan khan",
        "this number", "morning", "yes",
    ),
    "for oneself": (
        "i'd like a call back about getting carers", "it's for me", "getting in and out of bed", "john smith",
        "07700 900456", "any time", "yes please",
    ),
}  # fmt: skip

ANSWERS: dict[str, tuple[tuple[str, ...], str]] = {
    "assessment": (("i need a care assessment",), "free care assessment"),
    "care at home": (("how do i get carers for my mum",), "Care workers"),
    "equipment": (("i need a grab rail for the bath",), "Grab rails"),
    "carers": (("i'm a carer and i need a break",), "carer's assessment"),
    "meals": (("how do i get meals on wheels",), "Hot meals"),
    "day centres": (("is there a day centre near me",), "Ashcombe and Thornwick"),
    "paying": (("how much does a care home cost",), "income and savings"),
    "alarm": (("i want a pendant alarm for my nan",), "button to wear"),
}

PEOPLE: dict[str, tuple[tuple[str, ...], str]] = {
    "missed visit": (("my dad's carers haven't turned up",), SERVICE),
    "safeguarding": (("i'm worried an old lady down our road is being taken advantage of",), "safeguarding_adults"),
    "money": (("i think my mum's carer is stealing from her",), "safeguarding_adults"),
    "social worker": (("i want to speak to my social worker",), SERVICE),
}


@pytest.mark.parametrize("turns", REPORTS.values(), ids=REPORTS.keys())
async def test_a_call_back_ends_with_a_reference(caller: "Caller", dialogue: "Running", turns: tuple[str, ...]) -> None:
    await ends_reported(caller, dialogue, turns, SERVICE)


@pytest.mark.parametrize(("turns", "words"), ANSWERS.values(), ids=ANSWERS.keys())
async def test_questions_are_answered(caller: "Caller", turns: tuple[str, ...], words: str) -> None:
    await ends_answered(caller, turns, words, SERVICE)


@pytest.mark.parametrize(("turns", "queue"), PEOPLE.values(), ids=PEOPLE.keys())
async def test_what_needs_a_person_gets_one(caller: "Caller", turns: tuple[str, ...], queue: str) -> None:
    await ends_with_a_person(caller, turns, queue, SERVICE)


async def test_a_call_back_without_a_number_is_a_person_now(caller: "Caller") -> None:
    await caller.say("can someone from social care ring me back", "for me", "i keep falling", "john smith", "no number")

    assert caller.queue == SERVICE


async def test_who_it_is_for_is_taken_from_the_first_sentence(caller: "Caller") -> None:
    await caller.say("i want somebody to ring me about my dad's care")
    assert caller.asked == "care_consent"
    assert caller.facts["care_who"].value == "my dad"


async def test_the_time_is_corrected_at_the_end(caller: "Caller") -> None:
    await caller.say(
        "can someone from social care ring me back", "for me", "i keep falling", "john smith", "this number", "morning"
    )
    assert "in the morning" in caller.words
    await caller.say("no", "the time", "afternoon")
    assert "in the afternoon" in caller.words
    await caller.say("yes")
    assert caller.asked == "anything_else"
