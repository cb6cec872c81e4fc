"""What callers tell in their own order: pieces, second thoughts, two questions, and needs as likely as each other."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ruamel.yaml import YAML

from tests.dialogue.action_modules import load

if TYPE_CHECKING:
    from tests.dialogue.conftest import Caller

either, parsing, topics, wishes = load("either"), load("parsing"), load("topics"), load("wishes")


@pytest.mark.parametrize("said", ["can i no do that on a form", "can't i do it online", "could we do that by post"])
def test_who_would_rather_do_it_another_way(said: str) -> None:
    assert wishes.ONLINE.search(said)


@pytest.mark.parametrize("said", ["the bins online page", "can i do it on tuesday", "do i get one for my mum"])
def test_who_would_not(said: str) -> None:
    assert not wishes.ONLINE.search(said)


@pytest.mark.parametrize(
    ("said", "first"),
    [
        ("i don't know it there's a notice on the lamp post", True),
        ("er i haven't got it on me", True),
        ("i don't want to pay for it", False),
        ("who would know that", False),
    ],
)
def test_who_begins_with_not_knowing(said: str, first: bool) -> None:
    assert bool(wishes.DONT_KNOW.match(said)) is first


def test_the_number_of_examples_is_a_national_insurance_number() -> None:
    assert parsing.ni_number("q q one two three four five six c") == "QQ123456C"
    assert parsing.ni_number("q p 12 34 56 c") is None


@pytest.mark.rasa
async def test_of_a_house_number_alone_only_the_rest_is_asked_for_and_tries_are_counted(caller: "Caller") -> None:
    await caller.say("me black bin's not been emptied", "12")
    assert "name of the street" in caller.words

    await caller.say("12", "what street")
    assert caller.asked == "whole_postcode"
    await caller.say("mill lane")
    assert caller.asked == "address_ok"
    assert caller.facts["house_number"].value == "12"


@pytest.mark.rasa
async def test_the_rest_of_an_address_is_not_asked_for_for_ever(caller: "Caller") -> None:
    await caller.say("me black bin's not been emptied", "12", "purple", "purple", "purple")

    assert caller.queue == "waste_street"


@pytest.mark.rasa
async def test_a_house_number_before_its_road_is_kept(caller: "Caller") -> None:
    await caller.say("i want to report a pothole", "12", "mill lane")

    assert "Mill Lane, outside number 12" in caller.words
    assert caller.asked == "confirm"


@pytest.mark.rasa
@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("i need a new recycling bin no sorry not the recycling the food caddy ours has cracked", "food"),
        ("i need a new food caddy no i mean the brown bin it's cracked", "garden"),
    ],
)
async def test_of_a_first_sentence_that_corrects_itself_the_last_counts(
    caller: "Caller", said: str, known: str
) -> None:
    await caller.say(said)

    assert caller.facts["bin"].value == known


@pytest.mark.rasa
async def test_a_corrected_number_after_the_street_counts(caller: "Caller") -> None:
    await caller.say("i'm at nine belvoir close no nine a and me black bin's not been emptied")

    assert caller.facts["house_number"].value == "9A"


@pytest.mark.rasa
async def test_a_question_puts_nothing_right(caller: "Caller") -> None:
    await caller.say("can you take an old settee away", "oh hang on before that can a broken telly go in me black bin")
    assert "recycling centre" in caller.words
    assert caller.asked == "resume"

    await caller.say("yes")
    assert caller.facts["bulky_items"].value == "an old settee"
    assert caller.asked == "postcode"


@pytest.mark.rasa
async def test_where_a_place_ends_is_heard(caller: "Caller") -> None:
    await caller.say("there's a pothole outside number 40 station road that's done my tyre in and i want it filling")

    assert caller.facts["road_spot"].value == "outside number 40"


@pytest.mark.rasa
async def test_a_nationality_told_unasked_is_not_asked_for(caller: "Caller") -> None:
    await caller.say("i'm polish and i want to register to vote", "zb3 8lp", "nine", "yes", "susan khan", "3 june 1981")

    assert caller.asked == "ni_number"
    assert caller.facts["electoral_nationality"].value == "Polish"


@pytest.mark.rasa
async def test_two_questions_have_two_answers(caller: "Caller") -> None:
    await caller.say("how do i put in a freedom of information request and also do students pay council tax")

    assert "20 working days" in caller.words
    assert "full-time student" in caller.words
    assert caller.asked == "anything_else"


@pytest.mark.rasa
async def test_what_is_told_before_the_need_is_none(caller: "Caller") -> None:
    await caller.say("i've just moved here and i need to get on the electoral register")

    assert caller.reply is not None
    assert caller.reply.service == "electoral"


def _ranked(*confidences: tuple[str, float]) -> list[dict[str, object]]:
    return [{"name": name, "confidence": confidence} for name, confidence in (("nlu_fallback", 0.9), *confidences)]


def test_needs_as_likely_as_each_other_are_told_apart_by_their_titles() -> None:
    visit, hours = "waste_tip_visit", "corporate_opening_hours"
    assert either.alike(_ranked((visit, 0.43), (hours, 0.42))) == (visit, hours)
    assert either.alike(_ranked((visit, 0.43), (hours, 0.35))) is None
    assert either.alike(_ranked((visit, 0.21), (hours, 0.2))) is None
    # "Is it about the resident permit, or a parking permit?" would tell nobody anything.
    assert either.alike(_ranked(("parking_permit", 0.7), ("parking_permit_person", 0.69))) is None


@pytest.mark.parametrize(
    ("answer", "meant"),
    [
        ("the first one please", "waste_tip_visit"),
        ("the second", "corporate_opening_hours"),
        ("the recycling centre", "waste_tip_visit"),
        ("when are you open i mean the opening hours", "corporate_opening_hours"),
        ("yes", None),
        ("neither it's about my bin", None),
    ],
)
def test_an_answer_names_one_of_two(answer: str, meant: str | None) -> None:
    assert either.named(answer, "waste_tip_visit", "corporate_opening_hours") == meant


_MAY_BE_EITHER = (
    "where can i park with this blue card for disabled",
    "i'm the nan and i've got custody can i do the school form for her",
    "does a dropped kerb need planning and can i have a skip",
    "how long have you got to fix a window that won't shut",
    "tip opening times",
)
"""One of these is always as likely to be one thing as another, however the examples change."""


@pytest.mark.rasa
async def test_of_two_needs_as_likely_one_is_chosen(caller: "Caller") -> None:
    for said in _MAY_BE_EITHER:
        await caller.ring_anew()
        await caller.say(said)
        if caller.asked == "guess" and ", or " in caller.words:
            break
    else:
        pytest.skip("none of these sentences is as likely one need as another with today's examples")

    reply = await caller.say("the second one")
    assert caller.asked != "guess"
    assert "understand" not in caller.words
    assert reply.service != "none"


@pytest.mark.rasa
async def test_slower_repeats_what_was_said_before_it(caller: "Caller") -> None:
    await caller.say("what time does the library shut", "could you speak slower please")

    assert caller.words.count("more slowly") == 1
    assert caller.asked is not None


@pytest.mark.rasa
async def test_what_is_not_the_councils_is_told_in_a_form_that_knows_nothing_yet(caller: "Caller") -> None:
    await caller.say("i want to change my council tax direct debit", "my state pension hasn't been paid")

    assert "Department for Work and Pensions" in caller.words


def test_what_counts_as_alike_is_what_rasa_falls_back_for(project: Path) -> None:
    pipeline = YAML(typ="safe").load(project / "config.yml")["pipeline"]
    fallback = next(each for each in pipeline if each["name"] == "FallbackClassifier")

    assert fallback["ambiguity_threshold"] == either.NEAR
    assert fallback["threshold"] == topics.SURE


@pytest.mark.rasa
async def test_what_happened_may_be_told_on_at_any_question(caller: "Caller") -> None:
    await caller.say("i want to complain about a man at your reception he was very rude")
    assert caller.asked == "name"

    await caller.say("well he told me to shut up because i asked twice for a form")
    assert "I've added that" in caller.words
    assert caller.asked == "name"
    assert "very rude" in caller.facts["complaint_about"].value
    assert "told me to shut up" in caller.facts["complaint_about"].value

    await caller.say("i don't see why you need to know that at all")
    assert "I've added that" not in caller.words


@pytest.mark.rasa
@pytest.mark.parametrize("said", ["…", "?", "- -", "i"])
async def test_words_that_are_none_are_asked_for_again(caller: "Caller", said: str) -> None:
    await caller.say(said)

    assert caller.reply is not None
    assert caller.asked == "need"
