"""Environmental health: noise with its times, pests at a price and on a day, food, dogs, smoke, private landlords."""

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.dialogue.service_calls import ADDRESS, REFERENCE, ends_answered, ends_reported, ends_with_a_person

if TYPE_CHECKING:
    from tests.dialogue.conftest import Caller, Running

pytestmark = pytest.mark.rasa

CALLER = (*ADDRESS, "susan khan", "no number")

REPORTS: dict[str, tuple[str, ...]] = {
    "noise": (
        "i want to complain about noise", "loud music", "the flat above", "every night from eleven till two", *CALLER,
        "yes",
    ),
    "noise in one breath": ("next door's dog is barking all day", *CALLER, "yes"),
    "smoke": ("my neighbour keeps having bonfires", "number twelve", "most evenings", *CALLER, "yes"),
    "pests": ("i think we've got mice", *ADDRESS, "the second one", "no number", "yes"),
    "pests, which": ("i need pest control out", "bed bugs", *ADDRESS, "the first", "07700 900456", "yes"),
    "food": (
        "i've had food poisoning from a restaurant", "the golden fork on high street", "i was sick after the chicken",
        "amir hussain", "no number", "yes",
    ),
    "stray dog": (
        "there's a stray dog about", "a big brown dog with no collar", "mill lane", "by the bridge", "no", "no number",
        "yes",
    ),
    "stray dog that is held": (
        "i've found a dog and it's in my garden", "a small white terrier", "swan street", "number two", "no number",
        "yes",
    ),
    "private landlord": (
        "my private landlord won't sort the damp out", "yes i have", "no", *CALLER, "yes",
    ),
}  # fmt: skip

ANSWERS: dict[str, tuple[tuple[str, ...], str]] = {
    "diary": (("how do i keep a diary of the noise",), "for two weeks"),
    "prices": (("how much do you charge for getting rid of wasps",), "wasps 65"),
    "hygiene rating": (("what's the food hygiene rating of a restaurant",), "from 0 to 5"),
    "lost dog": (("my dog has gone missing",), "seven days"),
}

PEOPLE: dict[str, tuple[tuple[str, ...], str]] = {
    "repeated noise": (
        ("i've reported the noise from next door before and it's still going on",),
        "environmental_health",
    ),
    "no word of an officer": (("nobody has rung me back about my noise complaint",), "environmental_health"),
    "asked in a form": (("there's rats in my loft", "i'd rather speak to a person"), "environmental_health"),
}


@pytest.mark.parametrize("turns", REPORTS.values(), ids=REPORTS.keys())
async def test_reports_and_bookings_end_with_a_reference(
    caller: "Caller", dialogue: "Running", turns: tuple[str, ...]
) -> None:
    await ends_reported(caller, dialogue, turns, "environmental_health")


@pytest.mark.parametrize(("turns", "words"), ANSWERS.values(), ids=ANSWERS.keys())
async def test_questions_are_answered(caller: "Caller", turns: tuple[str, ...], words: str) -> None:
    await ends_answered(caller, turns, words, "environmental_health")


@pytest.mark.parametrize(("turns", "queue"), PEOPLE.values(), ids=PEOPLE.keys())
async def test_needs_of_a_person_go_to_their_queue(caller: "Caller", turns: tuple[str, ...], queue: str) -> None:
    await ends_with_a_person(caller, turns, queue, "environmental_health")


async def test_where_the_noise_comes_from_is_not_the_callers_address(caller: "Caller") -> None:
    await caller.say("there's loud music from fourteen mill lane every night")
    assert caller.asked == "postcode", caller.words
    assert "14 Mill Lane" in caller.facts["nuisance_from"].value

    await caller.say(*CALLER)
    assert "from 14 Mill Lane" in caller.words and "at 9 Quarry Close" in caller.words


async def test_a_treatment_is_offered_at_its_price_and_taken_off_the_calendar(
    caller: "Caller", dialogue: "Running"
) -> None:
    await caller.say("i've got a wasps nest in the roof", *ADDRESS)
    assert "wasps costs 65 pounds" in caller.words

    await caller.say("the third", "no number")
    await caller.say("no it's fleas")
    assert "fleas" in caller.words and "90 pounds" in caller.words
    await caller.say("yes")
    found = REFERENCE.search(caller.words)
    assert found
    with closing(sqlite3.connect(dialogue.council)) as council:
        kinds = council.execute("SELECT kind FROM bookings WHERE reference = ?", (found.group(0),)).fetchall()
    assert kinds == [("pests",)]


async def test_a_landlord_who_was_not_told_is_to_be_told_in_writing(caller: "Caller") -> None:
    await caller.say("i rent privately and there's mould in the bedroom", "no not yet", "my baby", *CALLER, "yes")

    assert "tell your landlord in writing" in caller.words and REFERENCE.search(caller.words)
