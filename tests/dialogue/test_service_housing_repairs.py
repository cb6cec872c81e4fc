"""Council home repairs: visits are told and moved with proof, gas services booked, shared areas reported."""

from typing import TYPE_CHECKING

import pytest

from tests.dialogue.service_calls import ADDRESS, ends_answered, ends_reported, ends_with_a_person

if TYPE_CHECKING:
    from tests.dialogue.conftest import Caller, Running

pytestmark = pytest.mark.rasa

BOOKED = ("eight six three five seven two", "zb3 8lp")
"""A repair at 9 Quarry Close, booked for 2 December."""

REPORTS: dict[str, tuple[str, ...]] = {
    "gas service": ("i need to book my gas service", *ADDRESS, "the second", "no number", "yes"),
    "shared area": ("communal repair", "the lift is stuck on the third floor", *ADDRESS, "no number", "yes"),
}

PEOPLE: dict[str, tuple[tuple[str, ...], str]] = {
    "no reference": (("when are they coming to do my repair", "i don't know"), "repairs"),
    "repeat": (("nobody's turned up for the repair again",), "repairs"),
    "disrepair": (("my solicitor is dealing with the disrepair",), "repairs"),
}


@pytest.mark.parametrize("turns", REPORTS.values(), ids=REPORTS.keys())
async def test_what_is_asked_for_ends_with_a_reference(
    caller: "Caller", dialogue: "Running", turns: tuple[str, ...]
) -> None:
    await ends_reported(caller, dialogue, turns, "housing_repairs")


@pytest.mark.parametrize(("turns", "queue"), PEOPLE.values(), ids=PEOPLE.keys())
async def test_the_rest_is_a_persons_matter(caller: "Caller", turns: tuple[str, ...], queue: str) -> None:
    await ends_with_a_person(caller, turns, queue, "housing_repairs")


async def test_who_repairs_what(caller: "Caller") -> None:
    await ends_answered(caller, ("what repairs does the council do",), "decorating", "housing_repairs")


async def test_a_visit_is_not_told_without_the_postcode(caller: "Caller") -> None:
    await caller.say("when are they coming to do my repair", BOOKED[0], "zb1 2qp")
    assert "don't match" in caller.words and "December" not in caller.words


async def test_a_moved_visit_is_told_as_moved(caller: "Caller") -> None:
    await caller.say("i need to move my repair appointment", *BOOKED)
    assert caller.asked == "appointment", caller.words
    await caller.say("the third", "yes")
    assert "That's moved" in caller.words
    moved = caller.words.split("come on ")[1].split(".")[0]

    await caller.say("no it's something else", "when are they coming to do my repair", *BOOKED)
    assert moved in caller.words
