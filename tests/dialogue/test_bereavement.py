"""A death that a caller tells of: we are sorry once, the day is taken as an answer, and the way on is offered."""

from typing import TYPE_CHECKING

import pytest

from tests.dialogue.action_modules import load

if TYPE_CHECKING:
    from tests.dialogue.conftest import Caller

bereavement = load("bereavement")
SORRY = "I'm sorry for your loss."
SINGLE = ("i live on my own now and want the discount", "zb3 8lp", "nine", "yes")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("he died on the third of march", True),
        ("my wife's just passed away", True),
        ("she's died", True),
        ("i lost my husband last month", True),
        ("my phone died", False),
        ("the street light has died", False),
        ("my dad's car died on the main road", False),
        ("i've lost my bus pass", False),
    ],
)
def test_a_death_is_told_from_other_losses(said: str, told: bool) -> None:
    assert bereavement.tells_of_death(said) is told


def test_we_are_sorry_the_first_time_only() -> None:
    assert bereavement.first_told(["hello", "my mum died"])
    assert not bereavement.first_told(["my mum died", "she died on sunday"])


@pytest.mark.rasa
async def test_a_death_told_as_the_day_of_living_alone_is_taken_in_kindly_and_the_way_on_offered(
    caller: "Caller",
) -> None:
    await caller.say(*SINGLE, "he died on the third of march")
    assert SORRY in caller.words
    assert caller.facts["move_date"].value == "Tuesday 3 March"
    assert caller.asked == "name"

    await caller.say("susan khan", "01632 960111", "yes")
    assert "after a death" in caller.words
    assert caller.asked == "anything_else"

    await caller.say("yes what else do i have to do after a death")
    assert "Tell Us Once" in caller.words


@pytest.mark.rasa
async def test_a_death_told_at_the_confirmation_puts_the_day_right(caller: "Caller") -> None:
    await caller.say(*SINGLE, "since march", "susan khan", "01632 960111", "he died on the third of march")

    assert SORRY in caller.words
    assert caller.asked == "confirm"
    assert "Tuesday 3 March" in caller.words


@pytest.mark.rasa
async def test_an_answer_outside_forms_is_no_colder(caller: "Caller") -> None:
    await caller.say("my mum's died and we need to hand her council flat back")
    assert caller.words.startswith(SORRY)
    assert "after a death" in caller.words

    await caller.say("what does it cost to have a sofa taken away")
    assert "after a death" not in caller.words


@pytest.mark.rasa
async def test_who_registers_the_death_is_offered_nothing_besides(caller: "Caller") -> None:
    await caller.say("i need to register a death", "last sunday", "in hospital", "no", "the first", "susan khan")
    await caller.say("01632 960111", "yes")

    assert caller.asked == "anything_else"
    assert "just ask me" not in caller.words
