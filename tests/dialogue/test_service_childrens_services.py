"""Children's services: information, a call back, and a person at once where a child may come to harm."""

from typing import TYPE_CHECKING

import pytest

from tests.dialogue.service_calls import ADDRESS, ends_answered, ends_reported, ends_with_a_person

if TYPE_CHECKING:
    from tests.dialogue.conftest import Caller, Running

pytestmark = pytest.mark.rasa

SERVICE = "childrens_services"

REPORTS: dict[str, tuple[str, ...]] = {
    "behaviour": (
        "can somebody from children's services ring me back", "no", "my son's behaviour", "seven", *ADDRESS,
        "susan khan", "this number", "afternoon", "yes",
    ),
    "fostering": (
        "get the fostering team to phone me", "no", "becoming a foster carer", "none", *ADDRESS, "john smith",
        "07700 900456", "any time", "yes please",
    ),
}  # fmt: skip

ANSWERS: dict[str, tuple[tuple[str, ...], str]] = {
    "early help": (("my teenager's out of control",), "early help team"),
    "fostering": (("i want to be a foster carer",), "spare room"),
    "adoption": (("how do i adopt a child",), "six months"),
    "family hubs": (("where's my nearest family hub",), "stay and play"),
    "childcare": (("how do i get thirty hours free childcare",), "thirty free hours"),
    "special needs": (("how do i get an e h c p",), "six weeks"),
}

PEOPLE: dict[str, tuple[tuple[str, ...], str]] = {
    "a worry": (("i'm worried about a child",), "safeguarding_children"),
    "neglect": (("the kids next door are always on their own",), "safeguarding_children"),
    "social worker": (("i want to speak to my kids' social worker",), SERVICE),
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


async def test_a_child_in_danger_ends_the_questions(caller: "Caller") -> None:
    await caller.say("can somebody from children's services ring me back", "yes")

    assert caller.queue == "safeguarding_children"


async def test_the_age_is_corrected_at_the_end(caller: "Caller", dialogue: "Running") -> None:
    await caller.say(
        "can somebody from children's services ring me back", "no", "my son's behaviour", "seven", *ADDRESS
    )
    await caller.say("susan khan", "this number", "afternoon", "no", "the age", "nine")
    assert caller.asked == "confirm"
    assert caller.facts["child_age"].value == "9"
    await caller.say("yes")
    assert caller.asked == "anything_else"
