"""The council itself: what became of a report, told to who has the reference or proves the home, and to nobody else."""

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.dialogue.service_calls import ADDRESS, REFERENCE, ends_answered, ends_with_a_person

if TYPE_CHECKING:
    from tests.dialogue.conftest import Caller, Running

pytestmark = pytest.mark.rasa

ASK = "what happened to my report"
PHONE = "07700 900814"

ANSWERS: dict[str, tuple[tuple[str, ...], str]] = {
    "done": ((ASK, "n v c four eight two nine one three"), "finished on Friday 20 November"),
    "planned": ((ASK, "three one five two six four"), "a street light"),
    "nothing found": ((ASK, "it's nvc 794 138"), "found nothing"),
    "in one breath": (("my reference is n v c four eight two nine one three",), "a pothole"),
    "a booked repair": ((ASK, "eight six three five seven two", "zb3 8lp"), "booked for"),
    "by phone and postcode": ((ASK, "i don't know", PHONE, "zed bee three eight ell pea"), "help with the bins"),
    "a phone number instead of the reference": ((ASK, PHONE, "zb3 8lp"), "by Monday 30 November"),
    "a wrong reference first": ((ASK, "one one two two three three", "482 913"), "a pothole"),
    "holidays": (("what time does the town hall shut",), "next one is Friday 25 December"),
    "jobs": (("have you got any vacancies",), "jobs"),
    "records": (("i want to see what information you hold about me",), "within one month"),
}  # fmt: skip

PEOPLE: dict[str, tuple[tuple[str, ...], str]] = {
    "no reference and no number": ((ASK, "i don't know", "no number"), "customer_services"),
    "asked in the form": ((ASK, "can i speak to a person"), "customer_services"),
    "past its day": ((ASK, "five two six four one seven"), "highways"),
}  # fmt: skip


@pytest.mark.parametrize(("turns", "words"), ANSWERS.values(), ids=ANSWERS.keys())
async def test_questions_are_answered(caller: "Caller", turns: tuple[str, ...], words: str) -> None:
    await ends_answered(caller, turns, words, "corporate")


@pytest.mark.parametrize(("turns", "queue"), PEOPLE.values(), ids=PEOPLE.keys())
async def test_the_rest_is_a_persons_matter(caller: "Caller", turns: tuple[str, ...], queue: str) -> None:
    await ends_with_a_person(caller, turns, queue, "corporate")


async def test_the_reference_is_keyed(caller: "Caller") -> None:
    await caller.say(ASK)
    await caller.key("482913")

    assert "a pothole" in caller.words


async def test_nothing_of_a_home_is_told_without_its_postcode(caller: "Caller") -> None:
    await caller.say(ASK)
    for _ in range(2):
        await caller.say("eight six three five seven two", "zb1 2qp")
        assert "a repair" not in caller.words
        assert "don't match" in caller.words
    await caller.say("eight six three five seven two", "zb1 2qp")
    assert caller.queue == "customer_services"
    assert "a repair" not in caller.words


async def test_what_was_reported_by_phone_is_found_again(caller: "Caller", dialogue: "Running") -> None:
    await caller.say("i want to report a pothole", "station road", "outside the shop", "yes")
    found = REFERENCE.search(caller.words)
    assert found
    with closing(sqlite3.connect(dialogue.council)) as council:
        assert council.execute("SELECT count(*) FROM reports WHERE reference = ?", (found.group(0),)).fetchone() == (1,)

    await caller.say("no it's something else", ASK, found.group(0))

    assert "a pothole" in caller.words
    assert "We aim to deal with it by" in caller.words


async def test_a_missed_bin_needs_the_postcode_of_the_home_which_is_not_asked_for_twice(caller: "Caller") -> None:
    await caller.say("my bin wasn't collected", *ADDRESS, "the black one", "yes", "yes")
    found = REFERENCE.search(caller.words)
    assert found

    await caller.say("what happened to my report", found.group(0))
    assert "a missed bin" in caller.words

    await caller.ring_anew()
    await caller.say("what happened to my report", found.group(0))
    assert caller.asked == "report_postcode"
    await caller.say("zb3 8lp")
    assert "a missed bin" in caller.words
