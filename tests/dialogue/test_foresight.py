"""Answers ahead of time change nothing: not the call, not the council's records."""

import hashlib
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from voicebot.dialogue.acts import Ask, Turn
from voicebot.dialogue.client import DialogueClient

if TYPE_CHECKING:
    from tests.dialogue.conftest import Caller, Running

pytestmark = pytest.mark.rasa

BIN = ("my bin wasn't collected", "ZB3 8LP", "twelve")
POTHOLE = ("i want to report a pothole", "station road", "outside the shop")


def records(dialogue: "Running") -> str:
    """Everything in the council's records, as a digest."""
    with closing(sqlite3.connect(dialogue.council)) as opened:
        return hashlib.sha256("\n".join(opened.iterdump()).encode()).hexdigest()


def turn(caller: "Caller", text: str) -> Turn:
    return Turn(sender=caller.sender, text=text, confidence=0.9, asked=caller.asked, caller="07700900123")


async def through(caller: "Caller", client: DialogueClient, dialogue: "Running") -> list[str]:
    """Report a pothole, with many answers foreseen on the way that then don't come."""
    said = []
    for text in (*POTHOLE, "yes"):
        before = records(dialogue)
        for other in ("no", text, "I want to speak to a person", "what are your opening hours", text):
            await client.predict(turn(caller, other))
        assert records(dialogue) == before
        await caller.say(text)
        said.append(caller.words)
    return said


def without_reference(said: list[str]) -> list[str]:
    return [" ".join(word for word in words.split() if not word.strip(".,").isdigit()) for words in said]


async def test_what_was_foreseen_and_did_not_come_leaves_no_trace(
    client: DialogueClient, dialogue: "Running", caller: "Caller"
) -> None:
    from tests.dialogue.conftest import Caller

    undisturbed = Caller(client)
    await undisturbed.ring()
    plain = []
    for text in (*POTHOLE, "yes"):
        await undisturbed.say(text)
        plain.append(undisturbed.words)
    disturbed = await through(caller, client, dialogue)
    assert "NVC" in disturbed[-1]
    assert without_reference(disturbed) == without_reference(plain)
    assert {name: fact.value for name, fact in caller.facts.items()} == {
        name: fact.value for name, fact in undisturbed.facts.items()
    }


async def test_a_turn_that_was_foreseen_is_the_same_and_is_not_worked_out_again(
    client: DialogueClient, caller: "Caller"
) -> None:
    from tests.dialogue.conftest import Caller

    foreseen = await client.predict(turn(caller, BIN[0]))
    assert foreseen is not None
    reply = await client.turn(turn(caller, BIN[0]).model_copy(update={"ahead": foreseen.token}))
    assert reply == foreseen.reply
    # It really happened: the call goes on from there.
    caller.reply = reply
    plain = Caller(client)
    await plain.ring()
    assert (await plain.say(BIN[0])).acts == reply.acts
    assert (await caller.say(BIN[1])).acts == (await plain.say(BIN[1])).acts
    # A token counts once.
    again = await client.turn(turn(caller, "twelve").model_copy(update={"ahead": foreseen.token}))
    assert again != foreseen.reply


async def test_a_stale_token_is_a_turn_like_any_other(client: DialogueClient, caller: "Caller") -> None:
    foreseen = await client.predict(turn(caller, BIN[0]))
    assert foreseen is not None
    await caller.say("I want to report a pothole")
    reply = await client.turn(turn(caller, "Mill Lane").model_copy(update={"ahead": foreseen.token}))
    assert reply.acts != foreseen.reply.acts


async def test_what_would_write_a_report_cannot_be_foreseen(
    client: DialogueClient, dialogue: "Running", caller: "Caller"
) -> None:
    await caller.say(*POTHOLE)
    assert caller.asked == "confirm"
    before = records(dialogue)
    assert await client.predict(turn(caller, "yes")) is None
    assert records(dialogue) == before
    reply = await caller.say("yes")
    assert reply.reference.startswith("NVC")
    assert records(dialogue) != before


async def test_what_was_heard_reaches_the_dialogue(client: DialogueClient, caller: "Caller") -> None:
    heard = turn(caller, BIN[0]).model_copy(update={"heard": "You have come through to"})
    assert any(isinstance(act, Ask) for act in (await client.turn(heard)).acts)
