"""Registrars: appointments to their references, what to bring, and what only a registrar can do."""

from typing import TYPE_CHECKING

import pytest

from tests.dialogue.service_calls import ADDRESS, ends_answered, ends_reported, ends_with_a_person

if TYPE_CHECKING:
    from tests.dialogue.conftest import Caller, Running

pytestmark = pytest.mark.rasa

FORMS: dict[str, tuple[str, ...]] = {
    "birth": (
        "i want to register my baby", "last monday", "in hospital", "the second", "john smith", "no number", "yes",
    ),
    "birth told in weeks": (
        "my baby is five weeks old and not registered yet", "at home", "the first", "john smith", "no number", "yes",
    ),
    "death": (
        "my wife died yesterday and i don't know what happens now", "at home", "no", "the first", "john smith",
        "07700 900123", "yes",
    ),
    "notice of marriage": (
        "i want to give notice of marriage", "the third of june", "no", "the third", "susan khan", "no number", "yes",
    ),
    "notice without a date": (
        "i want to give notice of marriage", "we haven't got a date i don't know", "no", "the third", "susan khan",
        "no number", "yes",
    ),
    "certificates": (
        "i've lost my birth certificate", "susan khan", "nineteen sixty two", "just the one", *ADDRESS, "no number",
        "yes",
    ),
}  # fmt: skip

ANSWERS: dict[str, tuple[str, str]] = {
    "for a birth": ("what do i bring to register a birth", "red book"),
    "for a death": ("what papers do i need to register my mum's death", "medical certificate"),
    "for a notice": ("which documents do we need for giving notice", "passport"),
    "weddings": ("which venues are licensed for weddings", "register office"),
    "citizenship": ("how do i book my citizenship ceremony", "Home Office"),
}

PEOPLE: dict[str, tuple[str, ...]] = {
    "urgent burial": ("we need to bury my father today",),
    "correction": ("there's a mistake on my dad's death certificate",),
    "stillbirth": ("my baby was stillborn",),
    "coroner": ("i need to register a death", "yesterday", "in hospital", "yes"),
    "visa": ("i want to give notice of marriage", "the third of june", "yes"),
    "too soon": ("i want to give notice of marriage", "the third of december"),
    "reference not known": ("i need a different day for the registrar", "i don't know it"),
}


@pytest.mark.parametrize("turns", FORMS.values(), ids=FORMS.keys())
async def test_appointments_and_orders_end_with_a_reference(
    caller: "Caller", dialogue: "Running", turns: tuple[str, ...]
) -> None:
    await ends_reported(caller, dialogue, turns, "registrars")


@pytest.mark.parametrize(("said", "words"), ANSWERS.values(), ids=ANSWERS.keys())
async def test_questions_are_answered(caller: "Caller", said: str, words: str) -> None:
    await ends_answered(caller, (said,), words, "registrars")


@pytest.mark.parametrize("turns", PEOPLE.values(), ids=PEOPLE.keys())
async def test_what_only_a_registrar_can_do_goes_to_one(caller: "Caller", turns: tuple[str, ...]) -> None:
    await ends_with_a_person(caller, turns, "registrars", "registrars")


async def test_an_appointment_that_was_made_can_be_cancelled_once(caller: "Caller") -> None:
    made = await caller.say(*FORMS["birth"])
    number = str(made.reference).removeprefix("NVC ")

    await caller.say("no wait i need to cancel my registrar appointment", number)
    assert caller.asked == "confirm"
    assert "cancelled" in caller.words
    await caller.say("yes")
    assert "That's cancelled" in caller.words

    await caller.say("i need a different day for the registrar", number)
    assert "don't match" in caller.words


async def test_an_appointment_of_somebody_else_is_not_changed(caller: "Caller") -> None:
    await caller.say("i need a different day for the registrar")
    for _ in range(3):
        assert caller.asked == "registrar_booking"
        await caller.say("614 283", "mark jones")

    assert caller.queue == "registrars"


async def test_the_copies_are_corrected_at_the_end(caller: "Caller") -> None:
    await caller.say(*FORMS["certificates"][:-1])
    assert "1 copy of the birth certificate of Susan Khan" in caller.words

    await caller.say("no", "the number of copies", "three")
    assert "3 copies of the birth certificate" in caller.words


async def test_who_would_cancel_may_still_choose_another_day(caller: "Caller") -> None:
    made = await caller.say(*FORMS["death"])
    await caller.say("cancel my registrar appointment", str(made.reference).removeprefix("NVC "))
    assert "your appointment is cancelled" in caller.words

    await caller.say("no i'd like a different day")
    assert caller.asked == "registrar_appointment"
    await caller.say("the third", "yes")
    assert "That's moved to" in caller.words
