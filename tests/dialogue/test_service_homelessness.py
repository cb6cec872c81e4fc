"""Homelessness: what helps at once, whether everybody is safe, and always a person."""

from typing import TYPE_CHECKING

import pytest

from tests.dialogue.service_calls import ends_with_a_person

if TYPE_CHECKING:
    from tests.dialogue.conftest import Caller

pytestmark = pytest.mark.rasa

SAFE = ("yes", "yes")

CALLS: dict[str, tuple[tuple[str, ...], str]] = {
    "help to keep a home": (("i'm at risk of losing my home", *SAFE, "just me", "no"), "talk to your landlord"),
    "what to bring": (
        ("what do i need to bring to my homeless appointment", *SAFE, "me and my wife", "no", "no"),
        "proof of who you are",
    ),
    "notice": (("my landlord's given me notice", *SAFE, "me and my partner", "yes", "yes she is"), "Only a court"),
    "approach": (("i'm sofa surfing and need a place to live", *SAFE, "just me", "no"), "sorry to hear that"),
}  # fmt: skip

URGENT: dict[str, tuple[str, ...]] = {
    "not safe": ("i'm going to be homeless", "no i'm not safe"),
    "nowhere tonight": ("my landlord's given me notice", "yes i'm safe", "no i haven't"),
    "by keys' words": ("i need emergency housing", "1", "2"),
}


@pytest.mark.parametrize(("turns", "words"), CALLS.values(), ids=CALLS.keys())
async def test_it_says_what_helps_and_ends_at_a_person(caller: "Caller", turns: tuple[str, ...], words: str) -> None:
    await caller.say(turns[0])
    assert words in caller.words
    assert caller.asked == "homeless_safe"

    await caller.say(*turns[1:])

    assert caller.queue == "homelessness", caller.words
    assert {"homeless_safe", "homeless_tonight", "homeless_who", "homeless_pregnant"} <= caller.facts.keys()


@pytest.mark.parametrize("turns", URGENT.values(), ids=URGENT.keys())
async def test_whoever_is_unsafe_or_has_nowhere_tonight_goes_first(caller: "Caller", turns: tuple[str, ...]) -> None:
    await caller.say(*turns)

    assert caller.queue == "homelessness_urgent", caller.words


async def test_what_was_told_at_once_is_not_asked(caller: "Caller") -> None:
    await caller.say("my landlord wants me out and i'm pregnant it's me and my two kids", *SAFE)

    assert caller.queue == "homelessness", caller.words
    assert caller.facts["homeless_children"].value == "yes"
    assert caller.facts["homeless_pregnant"].value == "yes"


async def test_children_named_with_the_household_are_not_asked_for(caller: "Caller") -> None:
    await caller.say("i want to make a homeless application", *SAFE, "me and my three kids")

    assert caller.asked == "homeless_pregnant"


async def test_somebody_who_sleeps_rough_is_a_persons_matter(caller: "Caller") -> None:
    await ends_with_a_person(caller, ("there's a man sleeping in a doorway",), "homelessness", "homelessness")
    assert "street team" in caller.words


@pytest.mark.parametrize(
    ("safe", "tonight", "queue"),
    [
        ("no no we're fine here", "we don't have to leave until next month", "homelessness"),
        ("nobody's threatening me no", "yes i can stay till friday", "homelessness"),
        ("no we're at risk", "", "homelessness_urgent"),
        ("no it isn't safe", "", "homelessness_urgent"),
        ("yes", "no nothing until monday", "homelessness_urgent"),
        ("yes", "no not until next month", "homelessness_urgent"),
        ("yes", "no i've nowhere", "homelessness_urgent"),
        ("yes", "we don't have anywhere until friday", "homelessness_urgent"),
        ("no we're not all right", "", "homelessness_urgent"),
    ],
)
async def test_a_no_may_say_that_all_is_well_for_now(caller: "Caller", safe: str, tonight: str, queue: str) -> None:
    await caller.say("my landlord's given me notice", safe)
    if tonight:
        await caller.say(tonight)
    if queue == "homelessness":
        await caller.say("just me", "no")
    assert caller.queue == queue, caller.words
