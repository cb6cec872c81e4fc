"""Council tax: what is on an account is told and changed with proof alone; debt is a person's matter."""

from typing import TYPE_CHECKING

import pytest

from tests.dialogue.service_calls import REFERENCE, ends_answered, ends_reported, ends_with_a_person

if TYPE_CHECKING:
    from tests.dialogue.conftest import Caller, Running

pytestmark = pytest.mark.rasa

PROOF = ("six five nine five eight two two three", "meera stewart")
"""The account of 9 Quarry Close: up to date, paid by card, 172 pounds a part."""
BALANCE = "how much do i owe on my council tax"

REPORTS: dict[str, tuple[str, ...]] = {
    "refund": ("i want a refund on the council tax", *PROOF, "no number", "yes"),
    "direct debit": ("set up a direct debit for the council tax please", *PROOF, "this number", "yes"),
    "another day": ("change my payment date for council tax", *PROOF, "07700 900456", "yes"),
    "asked what": ("i want to change how i pay my council tax", "bank details", *PROOF, "07700 900456", "yes"),
    "new name": ("i need to change my name on the council tax", "my surname is now hill", *PROOF, "yes"),
}

ANSWERS: dict[str, tuple[tuple[str, ...], str]] = {
    "balance": ((BALANCE, *PROOF), "344 pounds left"),
    "next payment": ((BALANCE, *PROOF), "172 pounds, due on Tuesday 1 December"),
    "students": (("we're all students in this house",), "full-time student"),
    "disabled": (("disabled band reduction",), "one band"),
    "empty": (("council tax on an empty house",), "one year empty"),
    "care home": (("my mother's gone into a care home does she still pay council tax",), "in care"),
    "discounts": (("what council tax discounts do you have",), "quarter off"),
}

PEOPLE: dict[str, tuple[tuple[str, ...], str]] = {
    "no account number": ((BALANCE, "i don't know"), "revenues"),
    "behind": ((BALANCE, "three four six five seven eight eight six", "hassan cohen"), "revenues"),
    "summons": (("i've had a summons for council tax",), "revenues"),
    "bailiffs": (("the bailiffs have been round",), "revenues"),
    "hardship": (("i've lost my job and can't pay the council tax",), "revenues"),
    "the bill is wrong": (("there's a mistake on my bill",), "revenues"),
    "no number to ring": (("set up a direct debit for the council tax please", *PROOF, "no number"), "revenues"),
}


@pytest.mark.parametrize("turns", REPORTS.values(), ids=REPORTS.keys())
async def test_what_is_asked_for_ends_with_a_reference(
    caller: "Caller", dialogue: "Running", turns: tuple[str, ...]
) -> None:
    await ends_reported(caller, dialogue, turns, "council_tax")


@pytest.mark.parametrize(("turns", "words"), ANSWERS.values(), ids=ANSWERS.keys())
async def test_questions_are_answered(caller: "Caller", turns: tuple[str, ...], words: str) -> None:
    await ends_answered(caller, turns, words, "council_tax")


@pytest.mark.parametrize(("turns", "queue"), PEOPLE.values(), ids=PEOPLE.keys())
async def test_debt_and_what_cannot_be_proven_is_a_persons_matter(
    caller: "Caller", turns: tuple[str, ...], queue: str
) -> None:
    await ends_with_a_person(caller, turns, queue, "council_tax")


async def test_a_balance_is_kept_from_who_does_not_hold_the_account(caller: "Caller") -> None:
    await caller.say(BALANCE)
    for _ in range(2):
        await caller.say(PROOF[0], "zebedee quill")
        assert "don't match" in caller.words and "pounds" not in caller.words
    await caller.say(PROOF[0], "zebedee quill")
    assert caller.queue == "revenues"
    assert "pounds" not in caller.words


async def test_what_was_proven_once_serves_the_next_need(caller: "Caller") -> None:
    await caller.say(BALANCE, *PROOF)
    await caller.say("i want a refund on the council tax")
    assert caller.asked == "phone", caller.words


async def test_what_to_change_is_corrected_at_the_end(caller: "Caller") -> None:
    await caller.say("set up a direct debit for the council tax please", *PROOF, "this number")
    assert "to set up a direct debit" in caller.words
    await caller.say("no i want to pay on a different day")
    assert "to pay on another day" in caller.words
    await caller.say("yes")
    assert REFERENCE.search(caller.words)
