"""Blue badges and bus passes: rules, lost and stolen ones with proof, passes by age, and what a person explains."""

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.dialogue.service_calls import ADDRESS, REFERENCE, ends_answered, ends_reported, ends_with_a_person

if TYPE_CHECKING:
    from tests.dialogue.conftest import Caller, Running

pytestmark = pytest.mark.rasa

HOLDER = ("margaret hughes", "the third of june nineteen forty eight")
APPLICANT = ("susan khan", "twelfth of march nineteen fifty one")

REPORTS: dict[str, tuple[str, ...]] = {
    "lost badge": ("i've lost me blue badge", *HOLDER, "yes"),
    "stolen badge": ("my blue badge has been stolen", *HOLDER, "four seven one one two six", "yes"),
    "stolen badge without a crime number": ("someone's nicked my blue badge", *HOLDER, "i don't know", "yes"),
    "damaged badge": ("i need a replacement blue badge", "it's faded", *HOLDER, "yes"),
    "bus pass at pension age": (
        "i've turned sixty six can i apply for a bus pass", "an older person's", "john smith", "2 5 1955", *ADDRESS,
        "no number", "yes",
    ),
    "bus pass for a disability": (
        "i want to apply for a disabled person's bus pass", "amir hussain", "first of may nineteen ninety", *ADDRESS,
        "no number", "yes",
    ),
    "bus pass renewal": ("my bus pass is running out can you renew it", *HOLDER, "yes"),
    "lost bus pass": ("i can't find my bus pass", *HOLDER, "yes"),
    "bus pass that does not work": ("the bus won't read my bus pass", *HOLDER, "yes"),
}  # fmt: skip

ANSWERS: dict[str, tuple[tuple[str, ...], str]] = {
    "eligibility": (("would i qualify for a blue badge",), "can't walk far"),
    "apply": (("how do i apply for a blue badge",), "10 pounds"),
    "renew": (("my blue badge is about to run out",), "12 weeks before it ends"),
    "use": (("can i park on yellow lines with a blue badge",), "three hours"),
    "progress": (("what's happening with my blue badge application", *APPLICANT), "being assessed"),
    "bus pass age": (("what age can you get a bus pass",), "State Pension age"),
    "too young for a pass": (
        ("i want to apply for a bus pass", "older person's", "john smith", "the first of may nineteen sixty two"),
        "1 May 2029",
    ),
}

PEOPLE: dict[str, tuple[tuple[str, ...], str]] = {
    "refused": (("i've been turned down for a blue badge",), "customer_services"),
    "help with the form": (("can someone help me fill in the blue badge form",), "customer_services"),
    "misuse": (("i want to report someone misusing a blue badge",), "customer_services"),
}


@pytest.mark.parametrize("turns", REPORTS.values(), ids=REPORTS.keys())
async def test_what_is_ordered_ends_with_a_reference(
    caller: "Caller", dialogue: "Running", turns: tuple[str, ...]
) -> None:
    await ends_reported(caller, dialogue, turns, "blue_badge")


@pytest.mark.parametrize(("turns", "words"), ANSWERS.values(), ids=ANSWERS.keys())
async def test_questions_are_answered(caller: "Caller", turns: tuple[str, ...], words: str) -> None:
    await ends_answered(caller, turns, words, "blue_badge")


@pytest.mark.parametrize(("turns", "queue"), PEOPLE.values(), ids=PEOPLE.keys())
async def test_needs_of_a_person_go_to_their_queue(caller: "Caller", turns: tuple[str, ...], queue: str) -> None:
    await ends_with_a_person(caller, turns, queue, "blue_badge")


async def test_a_badge_is_replaced_only_for_who_has_it(caller: "Caller") -> None:
    said: list[str] = []
    await caller.say("i've lost my blue badge")
    for name, born in (("john smith", HOLDER[1]), (HOLDER[0], "01011950"), ("john smith", "01011950")):
        await caller.say(name, born)
        said.append(caller.words)

    assert said[0] == said[1] and "don't match" in said[0]
    assert caller.queue == "customer_services"
    assert "verified" not in caller.facts


async def test_a_second_try_may_fit(caller: "Caller") -> None:
    await caller.say("i've lost my blue badge", HOLDER[0], "the third of june nineteen fifty", *HOLDER)

    assert "that matches" in caller.words
    assert caller.facts["verified"].value == "name and date of birth"


async def test_who_was_proven_once_is_not_asked_again(caller: "Caller") -> None:
    await caller.say("i've lost my blue badge", *HOLDER, "yes")
    assert REFERENCE.search(caller.words)

    await caller.say("i've lost my bus pass as well")
    assert caller.asked == "confirm", caller.words


async def test_a_decision_is_a_persons_to_explain(caller: "Caller", dialogue: "Running") -> None:
    with closing(sqlite3.connect(dialogue.council)) as council:
        name, born = council.execute(
            "SELECT name, born FROM badge_applications WHERE stage = 'decided' ORDER BY number"
        ).fetchone()
    year, month, day = str(born).split("-")
    await caller.say("has my blue badge been approved", str(name).lower())
    await caller.key(f"{day}{month}{year}")

    assert "There's a decision" in caller.words
    assert caller.queue == "customer_services"
