"""Planning: applications by number or street, comments and inspections to their references, and enforcement."""

from typing import TYPE_CHECKING

import pytest

from tests.dialogue.service_calls import ends_answered, ends_reported, ends_with_a_person

if TYPE_CHECKING:
    from tests.dialogue.conftest import Caller, Running

pytestmark = pytest.mark.rasa

FORMS: dict[str, tuple[str, ...]] = {
    "objection": (
        "i want to object to a planning application", "two six zero one four two", "there's far too much traffic now",
        "9 quarry close", "yes", "susan khan", "yes",
    ),
    "support": (
        "how do i comment on a planning application", "mill lane", "i support it", "we need more homes round here",
        "12", "zed bee one four dee enn", "yes", "john smith", "yes",
    ),
    "inspection": (
        "i need a building control inspection", "41275", "the drains", "the second", "john smith", "no number", "yes",
    ),
    "inspection told at once": (
        "can the inspector come tomorrow to see the footings", "four one two seven five", "the first", "john smith",
        "no number", "yes",
    ),
}  # fmt: skip

ANSWERS: dict[str, tuple[tuple[str, ...], str]] = {
    "permission": (("planning permission for a conservatory",), "conservation areas"),
    "process": (("how long does planning permission take",), "eight weeks"),
    "advice": (("can i get advice before i apply for planning",), "before you apply"),
    "protected": (("can i prune a protected tree",), "before any cutting"),
    "regulations": (("what are building regulations",), "about safety"),
    "status": (("check the progress of my planning application", "260142"), "a decision is due by"),
    "status by street": (("was the application on mill lane approved or refused",), "forty new homes on Mill Lane"),
    "view": (("where can i see plans for the new houses", "two six oh one four two"), "Comments are taken until"),
}

PEOPLE: dict[str, tuple[str, ...]] = {
    "enforcement": ("they're not building what the plans say",),
    "a planner": ("i want to speak to a planner",),
    "number and street not known": ("check the progress of my planning application", "i don't know it", "i don't know"),
    "no works on record": ("book a building inspector", "i don't have it"),
}


@pytest.mark.parametrize("turns", FORMS.values(), ids=FORMS.keys())
async def test_comments_and_visits_end_with_a_reference(
    caller: "Caller", dialogue: "Running", turns: tuple[str, ...]
) -> None:
    await ends_reported(caller, dialogue, turns, "planning")


@pytest.mark.parametrize(("turns", "words"), ANSWERS.values(), ids=ANSWERS.keys())
async def test_questions_are_answered(caller: "Caller", turns: tuple[str, ...], words: str) -> None:
    await ends_answered(caller, turns, words, "planning")


@pytest.mark.parametrize("turns", PEOPLE.values(), ids=PEOPLE.keys())
async def test_enforcement_and_what_is_not_found_go_to_a_person(caller: "Caller", turns: tuple[str, ...]) -> None:
    await ends_with_a_person(caller, turns, "planning", "planning")


async def test_a_number_that_is_nobodys_is_asked_for_again(caller: "Caller") -> None:
    await caller.say("check the progress of my planning application", "259999")
    assert "can't find" in caller.words
    assert caller.asked == "planning_ref"

    await caller.say("260142")
    assert "Mill Lane" in caller.words


async def test_the_comment_is_corrected_at_the_end(caller: "Caller") -> None:
    await caller.say(*FORMS["objection"][:-1])
    assert "is against application 26 0142" in caller.words

    await caller.say("no", "the comment", "it would take our light")
    assert "it would take our light" in caller.words
