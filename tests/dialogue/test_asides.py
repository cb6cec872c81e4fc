"""What callers say in a form that is no plain answer: questions, leaving it, an answer in pieces or in own words."""

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.dialogue.conftest import Caller

pytestmark = pytest.mark.rasa

REFERENCE = re.compile(r"NVC \d{3} \d{3}")
ADDRESS = ("zb3 8lp", "nine", "yes")


async def test_a_question_of_the_forms_own_service_is_answered_though_its_words_could_be_an_answer(
    caller: "Caller",
) -> None:
    await caller.say("i need to register a death", "what do i do first")

    assert caller.asked == "registrar_date"
    assert "registrar_date" not in caller.facts


async def test_opening_hours_in_a_form_about_something_else_are_told_rather_than_a_visit_booked(
    caller: "Caller",
) -> None:
    await caller.say("i need a new brown bin mine's split", "what time does the tip shut today")

    assert "open 8 to 6" in caller.words
    assert caller.asked == "resume"


@pytest.mark.parametrize(
    ("need", "told"),
    [("my kitchen tap won't stop dripping", "choose a day"), ("me black bin's not been emptied", "how long it takes")],
)
async def test_who_asks_how_long_it_takes_is_told_when_that_comes(caller: "Caller", need: str, told: str) -> None:
    await caller.say(need)
    asked = caller.asked
    await caller.say("how long will it take before someone comes out")

    assert told in caller.words
    assert caller.asked == asked


async def test_a_form_that_was_not_meant_is_left_and_what_is_meant_is_asked_for(caller: "Caller") -> None:
    await caller.say("me black bin's not been emptied", "no that's not what i'm ringing about")

    assert "I got that wrong" in caller.words
    assert caller.asked in ("guess", "need")

    await caller.say("there's a pothole on mill lane", "by the school", "yes")
    assert REFERENCE.search(caller.words)
    assert caller.asked == "anything_else"


async def test_a_form_left_for_good_is_not_gone_back_to(caller: "Caller") -> None:
    await caller.say("we've just moved house", "i only want to register to vote")
    await caller.say(*ADDRESS, "susan khan", "the third of june 1980", "british", "i don't know it", "no number", "yes")

    assert REFERENCE.search(caller.words)
    assert caller.asked == "anything_else"


async def test_an_answer_and_a_correction_in_one_breath_are_both_taken(caller: "Caller") -> None:
    await caller.say("my food caddy wasn't collected", *ADDRESS)
    assert caller.asked == "put_out"

    await caller.say("yes it was out, oh actually sorry it's the recycling not the food")
    assert caller.asked == "confirm"
    assert caller.facts["bin"].value == "recycling"
    assert caller.facts["put_out"].value == "yes"


async def test_an_address_is_taken_in_pieces(caller: "Caller") -> None:
    await caller.say("when is my bin day", "9")
    assert "Number 9" in caller.words
    assert caller.asked == "whole_postcode"

    await caller.say("zb3 8lp")
    assert "9 Quarry Close" in caller.words


async def test_the_rest_of_a_postcode_is_put_to_its_beginning(caller: "Caller") -> None:
    await caller.say("when is my bin day", "it's zb3 8")
    assert caller.asked == "whole_postcode"

    await caller.say("l p")
    assert "Quarry Close" in caller.words


async def test_who_has_no_claim_number_is_asked_for_the_other_one(caller: "Caller") -> None:
    await caller.say("has my housing benefit claim been decided", "i don't have the claim number")
    assert caller.asked == "ni_number"

    await caller.say("i don't know that either")
    assert caller.queue == "benefits"


async def test_words_that_fit_no_choice_are_kept_once_they_are_said_again(caller: "Caller") -> None:
    await caller.say("the street light's faulty", "i don't know", "high street", "by the church")
    assert caller.asked == "light_fault"

    await caller.say("it goes all fizzy", "it goes all fizzy")
    assert "it goes all fizzy" in caller.words
    assert caller.asked == "confirm"


@pytest.mark.parametrize("words", ["i'm still in the flat", "at my sister's", "i've got another two months"])
async def test_where_somebody_sleeps_tells_that_there_is_a_bed_tonight(caller: "Caller", words: str) -> None:
    await caller.say("my landlord's given me notice", "yes i'm safe", words)

    assert caller.asked == "homeless_who"


@pytest.mark.parametrize("words", ["in my car", "nowhere", "i can't stay at my mum's", "i've to be out tonight"])
async def test_where_somebody_sleeps_tells_that_there_is_none(caller: "Caller", words: str) -> None:
    await caller.say("my landlord's given me notice", "yes i'm safe", words)

    assert caller.queue == "homelessness_urgent", caller.words
