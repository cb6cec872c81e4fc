"""Questions that name nothing are about what the call is about."""

from typing import TYPE_CHECKING

import pytest

from tests.dialogue.action_modules import load

if TYPE_CHECKING:
    from tests.dialogue.conftest import Caller

ellipsis = load("ellipsis")


@pytest.mark.parametrize(
    ("said", "nothing"),
    [
        ("how do I pay?", True),
        ("and what do i need to bring", True),
        ("ok so how long does it take then", True),
        ("What if I don\u2019t have one?", True),
        ("how do i pay my council tax", False),
        ("can i speak to someone", False),
        ("can you say that again", False),
        ("yes please", False),
        ("it's the first", False),
        ("how much is it going to be for me and my mum next year if", False),
        ("", False),
    ],
)
def test_what_names_nothing(said: str, nothing: bool) -> None:
    assert ellipsis.names_nothing(said) is nothing


@pytest.mark.rasa
@pytest.mark.parametrize(
    ("first", "question", "intent"),
    [
        ("i've got a parking ticket what happens now", "how do i pay", "parking_pcn_pay"),
        ("how does my mum get a care assessment", "and what does it cost", "adult_social_care"),
        ("do i need photo id to vote", "where do i get one", "electoral_photo_id"),
        ("when do the bins go at easter", "what about christmas", "waste_collection_day"),
        ("how do i apply for primary school", "when's the deadline", "school_admissions_primary"),
    ],
)
async def test_it_is_asked_about_what_was_spoken_of(caller: "Caller", first: str, question: str, intent: str) -> None:
    await caller.say(first)
    assert caller.reply is not None
    service = caller.reply.service
    assert intent.startswith(service)

    await caller.say(question)
    assert caller.reply.service == service
    assert caller.reply.intent.startswith(intent)


@pytest.mark.rasa
async def test_words_that_name_another_matter_are_about_that(caller: "Caller") -> None:
    await caller.say("i've got a parking ticket what happens now", "how do i pay my council tax")

    assert caller.reply is not None and caller.reply.intent == "council_tax_pay"
