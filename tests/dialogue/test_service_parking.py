"""Parking: permits by zone, penalty charges told to whoever has the notice, disabled bays, badly parked cars."""

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.dialogue.service_calls import ADDRESS, REFERENCE, ends_answered, ends_reported, ends_with_a_person

if TYPE_CHECKING:
    from tests.dialogue.conftest import Caller, Running

pytestmark = pytest.mark.rasa

NO_ZONE = ("twelve mill lane", "yes")
PLATE = "k p one nine h j t"

REPORTS: dict[str, tuple[str, ...]] = {
    "resident permit": (
        "i need a residents parking permit", *ADDRESS, "a year", "a b one two c d e", "john smith", "no number", "yes",
    ),
    "resident permit by keys' words": (
        "i'd like a permit for my car", *ADDRESS, "six months please", "lm15 xyp", "amir hussain", "this number", "yes",
    ),
    "permit renewal": ("me parking permit's run out", PLATE, "margaret hughes", "the year", "yes"),
    "visitor permits": (
        "can i have a book of visitor permits for when my family come", *ADDRESS, "susan khan", "no number", "yes",
    ),
    "visitor permits, how many": (
        "i've run out of visitors permits", *ADDRESS, "twelve", "two", "susan khan", "no number", "yes",
    ),
    "disabled bay": (
        "can you paint a disabled bay outside", "yes", "no", *ADDRESS, "margaret jones", "07700 900456", "yes",
    ),
    "badly parked car": ("there's a van parked on the pavement", "station road", "outside number four", "yes"),
    "badly parked car, how": (
        "can you send a traffic warden out", "he's on the double yellows", "high street", "by the bank", "yes",
    ),
}  # fmt: skip

ANSWERS: dict[str, tuple[tuple[str, ...], str]] = {
    "what it is": (("what's a penalty charge notice",), "half that within 14 days"),
    "pay": (("how can i pay a parking fine",), "payment line"),
    "challenge": (("i want to appeal against a parking ticket",), "independent tribunal"),
    "status of a new notice": (
        ("can you check on a parking ticket for me", "two five eight one four nine three six", "a b one two c d e"),
        "70 pounds, or 35",
    ),
    "status of a challenge": (
        ("what's happening about my parking ticket", "n v four seven two five one eight six three", "ab12 cde"),
        "on hold",
    ),
    "price in a zone": (("how much does a residents permit cost", "zb3 8lp"), "30 pounds a year, or 18"),
    "price by street": (("how much is a parking permit on station road",), "60 pounds a year"),
    "price where none is needed": (("what does a parking permit cost", "mill lane"), "don't need a permit"),
    "permit where none is needed": (("i want to apply for a parking permit", *NO_ZONE), "don't need a permit"),
    "no bay without a badge": (("i'd like a disabled bay outside our house", "no"), "blue badge holder"),
    "no bay beside a drive": (("i'd like a disabled bay outside our house", "yes", "yes we've a drive"), "drive or"),
    "car parks": (("how much is it in the council car park",), "one pound an hour"),
    "new lines": (("can we have double yellow lines on our road",), "request in writing"),
}

PEOPLE: dict[str, tuple[tuple[str, ...], str]] = {
    "bailiff": (("the bailiffs have been about a parking ticket",), "parking"),
    "hardship": (("i can't afford to pay this parking fine",), "parking"),
    "changed car": (("i've got a new car and want to change my parking permit over",), "parking"),
    "notice without its number": (("has my parking ticket been paid", "i've lost it i don't know"), "parking"),
    "old notice": (
        ("can you look up my parking ticket", "three one seven four nine six two five", "l m one five x y p"),
        "parking",
    ),
}


@pytest.mark.parametrize("turns", REPORTS.values(), ids=REPORTS.keys())
async def test_reports_and_orders_end_with_a_reference(
    caller: "Caller", dialogue: "Running", turns: tuple[str, ...]
) -> None:
    await ends_reported(caller, dialogue, turns, "parking")


@pytest.mark.parametrize(("turns", "words"), ANSWERS.values(), ids=ANSWERS.keys())
async def test_questions_are_answered(caller: "Caller", turns: tuple[str, ...], words: str) -> None:
    await ends_answered(caller, turns, words, "parking")


@pytest.mark.parametrize(("turns", "queue"), PEOPLE.values(), ids=PEOPLE.keys())
async def test_needs_of_a_person_go_to_their_queue(caller: "Caller", turns: tuple[str, ...], queue: str) -> None:
    await ends_with_a_person(caller, turns, queue, "parking")


async def test_a_notice_is_told_of_only_with_the_car_that_it_is_for(caller: "Caller") -> None:
    said: list[str] = []
    await caller.say("can you check my parking ticket")
    for pcn, plate in (("25814936", "zz99 zzz"), ("99999999", "ab12 cde"), ("99999998", "zz99 zzz")):
        await caller.key(pcn)
        await caller.say(plate)
        said.append(caller.words)

    assert said[0] == said[1] and "don't match" in said[0]
    assert caller.queue == "parking"
    assert "verified" not in caller.facts


async def test_a_permit_is_renewed_for_its_holder_only(caller: "Caller") -> None:
    await caller.say("i want to renew my parking permit", PLATE, "john smith")
    assert "don't match" in caller.words

    await caller.say(PLATE, "margaret hughes")
    assert "zone A" in caller.words and "60 pounds a year, or 35" in caller.words
    assert caller.facts["verified"].value == "registration mark and name"
    await caller.say("six months")
    assert "35 pounds" in caller.words
    await caller.say("yes")
    assert "14 December 2026" in caller.words and REFERENCE.search(caller.words)


async def test_the_plate_and_the_length_are_corrected_at_the_end(caller: "Caller", dialogue: "Running") -> None:
    await caller.say("i need a residents permit", *ADDRESS, "six months", "ab12 cde", "john smith", "no number")
    assert "18 pounds" in caller.words

    await caller.say("no the registration is lm15 xyp")
    assert "LM15XYP" in caller.words
    await caller.say("no", "the length", "a year")
    assert "30 pounds" in caller.words
    await caller.say("yes")
    found = REFERENCE.search(caller.words)
    assert found
    with closing(sqlite3.connect(dialogue.council)) as council:
        row = council.execute("SELECT details FROM reports WHERE reference = ?", (found.group(0),)).fetchone()
    assert '"registration": "LM15XYP"' in row[0] and '"permit_price": 30' in row[0]


async def test_a_second_question_about_the_same_notice_asks_nothing_again(caller: "Caller") -> None:
    await caller.say("has my parking fine been paid", "25814936", "ab12 cde", "how do i challenge a parking ticket")

    assert "tribunal" in caller.words
    assert caller.asked == "anything_else"
