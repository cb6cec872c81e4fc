"""Schools: applications to their references, catchments and dates, and children who need a person's help."""

from typing import TYPE_CHECKING

import pytest

from tests.dialogue.service_calls import ADDRESS, ends_answered, ends_reported, ends_with_a_person

if TYPE_CHECKING:
    from tests.dialogue.conftest import Caller, Running

pytestmark = pytest.mark.rasa

CHILD = ("adam khan", "3 june 2015")
PARENT = ("susan khan", "no number", "yes")

FORMS: dict[str, tuple[str, ...]] = {
    "in year": ("in year transfer", *CHILD, "thornwick primary", *ADDRESS, *PARENT),
    "in year elsewhere": ("can my child change schools", *CHILD, "saint mary's", *ADDRESS, *PARENT),
    "free meals": (
        "put my son down for free school meals", *CHILD, "ashcombe primary school", "susan khan", "1 may 1985",
        "i don't know it", "no number", "yes",
    ),
    "bus pass": ("apply for a school bus pass", *CHILD, "market selby academy", *ADDRESS, *PARENT),
}  # fmt: skip

ANSWERS: dict[str, tuple[tuple[str, ...], str]] = {
    "primary": (("when's the deadline for primary school",), "fifteenth of January"),
    "secondary": (("how do i apply for secondary school",), "thirty-first of October"),
    "catchment": (("which schools are near me", *ADDRESS), "Little Harrow Primary School"),
    "free meals": (("who can get free school meals",), "year two"),
    "transport": (("do i qualify for school transport",), "two miles"),
    "uniform": (("school uniform grant",), "60 pounds"),
    "term dates": (("when do the kids break up for summer",), "eighteenth of December"),
    "closures": (("is the school closed because of snow",), "radio"),
    "appeals": (("how do i appeal for a school place",), "twenty school days"),
    "waiting list": (("how do i get on the waiting list",), "waiting list"),
}

PEOPLE: dict[str, str] = {
    "exclusion": "my daughter's been excluded",
    "no place": "there's no place for my child anywhere",
    "special needs": "education health and care plan",
    "anything else": "i've been fined for taking my child on holiday",
}


@pytest.mark.parametrize("turns", FORMS.values(), ids=FORMS.keys())
async def test_applications_end_with_a_reference(caller: "Caller", dialogue: "Running", turns: tuple[str, ...]) -> None:
    await ends_reported(caller, dialogue, turns, "school_admissions")


@pytest.mark.parametrize(("turns", "words"), ANSWERS.values(), ids=ANSWERS.keys())
async def test_questions_are_answered(caller: "Caller", turns: tuple[str, ...], words: str) -> None:
    await ends_answered(caller, turns, words, "school_admissions")


@pytest.mark.parametrize("said", PEOPLE.values(), ids=PEOPLE.keys())
async def test_children_in_need_of_help_go_to_a_person(caller: "Caller", said: str) -> None:
    await ends_with_a_person(caller, (said,), "schools", "school_admissions")


async def test_the_school_is_corrected_at_the_end(caller: "Caller") -> None:
    await caller.say(*FORMS["in year"][:-1])
    assert "at Thornwick Primary School" in caller.words

    await caller.say("no it's westerdale school")
    assert "at Westerdale School" in caller.words
