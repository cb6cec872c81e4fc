"""Council housing: the register, rent and tenancies, with proof of who rings before anything personal."""

from typing import TYPE_CHECKING

import pytest

from tests.dialogue.service_calls import ends_answered, ends_reported, ends_with_a_person

if TYPE_CHECKING:
    from tests.dialogue.conftest import Caller, Running

pytestmark = pytest.mark.rasa

APPLICATION = ("four eight two nine one three", "the ninth of july nineteen eighty eight")
TENANCY = ("six one eight three five four two", "the fifteenth of march nineteen seventy five")

REPORTS: dict[str, tuple[str, ...]] = {
    "add someone": (
        "i want to make a change to my tenancy", "add my partner", "david smith", *TENANCY, "this number", "yes",
    ),
    "told at once": ("take my ex off the tenancy", "it's my ex paul brown", *TENANCY, "no number", "yes please"),
    "a new name": (
        "i've got married and need my name changed on the tenancy", "susan khan", *TENANCY, "this one", "yes",
    ),
    "by keys' words": ("report a tenancy change", "pass the tenancy on", "my son", *TENANCY, "no number", "yes"),
}  # fmt: skip

ANSWERS: dict[str, tuple[tuple[str, ...], str]] = {
    "register": (("how do i apply for a council house",), "register form"),
    "bidding": (("how do i bid for a council house",), "Thursday"),
    "banding": (("what do the housing bands mean",), "Band A"),
    "sheltered": (("i want a sheltered flat for my mum",), "over sixty"),
    "exchange": (("i want to swap my council flat with somebody",), "exchange form"),
    "paying rent": (("how do i pay my rent",), "direct debit"),
    "ending a tenancy": (("i want to give notice on my council flat",), "four weeks"),
    "permission": (("am i allowed a dog in my council flat",), "Ask us in writing"),
    "right to buy": (("can i buy my council house",), "three years"),
    "position": (("where am i on the housing list", *APPLICATION), "band B, number 14"),
    "position, not decided": (
        ("has my housing application been processed", "615274", "25 january 1961"), "still being looked at",
    ),
    "rent owed": (("how much rent do i owe", *TENANCY), "£142.75 behind"),
    "rent in credit": (("what's my rent balance", "7294318", "2 october 1949"), "£45 in credit"),
    "rent paid": (("am i up to date with my rent", "8351627", "20 may 1992"), "up to date"),
}  # fmt: skip

PEOPLE: dict[str, tuple[str, ...]] = {
    "arrears": ("i'm behind with my rent",),
    "possession": ("i've had a notice seeking possession of my council house",),
    "threats": ("the tenant next door keeps threatening me",),
    "anti-social behaviour": ("i want to report anti social behaviour on the estate",),
    "officer": ("i want to speak to my housing officer",),
}


@pytest.mark.parametrize("turns", REPORTS.values(), ids=REPORTS.keys())
async def test_changes_end_with_a_reference(caller: "Caller", dialogue: "Running", turns: tuple[str, ...]) -> None:
    await ends_reported(caller, dialogue, turns, "council_housing")


@pytest.mark.parametrize(("turns", "words"), ANSWERS.values(), ids=ANSWERS.keys())
async def test_questions_are_answered(caller: "Caller", turns: tuple[str, ...], words: str) -> None:
    await ends_answered(caller, turns, words, "council_housing")


@pytest.mark.parametrize("turns", PEOPLE.values(), ids=PEOPLE.keys())
async def test_what_needs_a_person_gets_one(caller: "Caller", turns: tuple[str, ...]) -> None:
    await ends_with_a_person(caller, turns, "housing", "council_housing")


@pytest.mark.parametrize("opening", ["where am i on the housing list", "how much rent do i owe"])
async def test_without_the_number_a_person_follows(caller: "Caller", opening: str) -> None:
    await caller.say(opening, "i don't know")

    assert caller.queue == "housing"


async def test_three_wrong_details_bring_a_person_and_tell_nothing(caller: "Caller") -> None:
    await caller.say("how much rent do i owe", TENANCY[0], "the first of may nineteen sixty")
    assert "don't match" in caller.words
    await caller.say("one two three four five six seven", TENANCY[1])
    assert "don't match" in caller.words
    await caller.say(TENANCY[0], "the second of may nineteen sixty")
    assert caller.queue == "housing"
    assert "£" not in caller.words


async def test_the_person_is_corrected_at_the_end(caller: "Caller") -> None:
    await caller.say("i want to make a change to my tenancy", "add someone", "david smith", *TENANCY, "no number")
    assert "add someone: David Smith" in caller.words
    await caller.say("no", "the name", "daniel smith")
    assert "add someone: Daniel Smith" in caller.words
    await caller.say("yes")
    assert caller.asked == "anything_else"
