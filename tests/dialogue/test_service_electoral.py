"""Elections: registering and forms to their references, the register, the polling station, and answers."""

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.dialogue.service_calls import ADDRESS, ends_answered, ends_reported, ends_with_a_person

if TYPE_CHECKING:
    from tests.dialogue.conftest import Caller, Running

pytestmark = pytest.mark.rasa

FORMS: dict[str, tuple[str, ...]] = {
    "register": (
        "how do i get on the voting list", *ADDRESS, "susan khan", "3 june 1982", "i'm british", "i don't know",
        "no number", "yes",
    ),
    "postal vote": ("send me a postal vote form", *ADDRESS, "john smith", "1 may 1950", "no number", "yes"),
    "proxy vote": (
        "apply for a proxy vote", *ADDRESS, "john smith", "1 may 1950", "mary smith", "i'm in hospital", "no number",
        "yes",
    ),
}  # fmt: skip

ANSWERS: dict[str, tuple[tuple[str, ...], str]] = {
    "polling station": (("where's my polling station", *ADDRESS), "you vote at Little Harrow"),
    "not on the register": (("am i registered", *ADDRESS, "mary nobody"), "can't find Mary Nobody"),
    "too young": (("i want to register to vote", *ADDRESS, "tom khan", "3 june 2015"), "16"),
    "photo id": (("do i need photo i d to vote",), "passport"),
    "dates": (("when is the next election",), "sixth of May"),
    "poll card": (("my poll card hasn't come",), "don't need the card"),
    "canvass": (("do i have to fill in the canvass form",), "who lives at every address"),
    "open register": (("take me off the open register",), "come off it"),
    "candidates": (("who's standing in the election",), "four weeks"),
}

PEOPLE: dict[str, tuple[str, ...]] = {
    "missing postal vote": ("i've not received my postal vote",),
    "spoilt postal vote": ("i spoilt my postal vote and need another",),
    "fraud": ("someone else has voted in my name",),
    "asked in a form": ("send me a postal vote form", "can i speak to a person"),
}


@pytest.mark.parametrize("turns", FORMS.values(), ids=FORMS.keys())
async def test_applications_end_with_a_reference(caller: "Caller", dialogue: "Running", turns: tuple[str, ...]) -> None:
    await ends_reported(caller, dialogue, turns, "electoral")


@pytest.mark.parametrize(("turns", "words"), ANSWERS.values(), ids=ANSWERS.keys())
async def test_questions_are_answered(caller: "Caller", turns: tuple[str, ...], words: str) -> None:
    await ends_answered(caller, turns, words, "electoral")


@pytest.mark.parametrize("turns", PEOPLE.values(), ids=PEOPLE.keys())
async def test_votes_at_risk_go_to_a_person(caller: "Caller", turns: tuple[str, ...]) -> None:
    queue = "elections"
    if len(turns) > 1:
        await caller.say(*turns)
        assert caller.queue == queue
        return
    await ends_with_a_person(caller, turns, queue, "electoral")


async def test_an_elector_is_found_by_name_and_address(caller: "Caller", dialogue: "Running") -> None:
    with closing(sqlite3.connect(dialogue.council)) as council:
        name, number, postcode = council.execute(
            "SELECT name, number, postcode FROM electors JOIN addresses USING (uprn) WHERE number = '12' ORDER BY uprn"
        ).fetchone()

    await ends_answered(caller, ("am i registered", postcode, number, "yes", name), f"Yes, {name} is", "electoral")


async def test_the_name_is_corrected_at_the_end(caller: "Caller") -> None:
    await caller.say(*FORMS["postal vote"][:-1])
    assert "for John Smith" in caller.words

    await caller.say("no my name is joan smythe")
    assert "for Joan Smythe" in caller.words
