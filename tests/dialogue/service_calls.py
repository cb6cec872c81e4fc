"""What the tests of the services' calls have in common: a call's turns, and what its last reply must be."""

import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.dialogue.conftest import Caller, Running

REFERENCE = re.compile(r"NVC \d{3} \d{3}")
ADDRESS = ("zb3 8lp", "nine", "yes")
"""Answers to the questions for an address: 9 Quarry Close, Little Harrow."""

Turns = tuple[str, ...]


async def ends_reported(caller: "Caller", dialogue: "Running", turns: Turns, service: str) -> None:
    """The last turn gives a reference, which is written down for the service; then the call ends well."""
    reply = await caller.say(*turns)

    found = REFERENCE.search(caller.words)
    assert found, caller.words
    assert reply.reference == found.group(0)
    assert caller.asked == "anything_else"
    with closing(sqlite3.connect(dialogue.council)) as council:
        row = council.execute("SELECT service, call FROM reports WHERE reference = ?", (reply.reference,)).fetchone()
    assert row == (service, caller.sender)
    await caller.say("no that's all thanks")
    assert caller.ended == "reported"


async def ends_answered(caller: "Caller", turns: Turns, words: str, service: str) -> None:
    """The last turn says the words, and the call ends well."""
    reply = await caller.say(*turns)

    assert words in caller.words
    assert reply.service == service
    assert caller.asked == "anything_else"
    await caller.say("no thank you")
    assert caller.ended == "answered"


async def ends_with_a_person(caller: "Caller", turns: Turns, queue: str, service: str) -> None:
    """The last turn hands the call to the queue, and nothing follows."""
    reply = await caller.say(*turns)

    assert caller.queue == queue, caller.words
    assert (reply.queue, reply.service, reply.need) == (queue, service, "human")
    assert reply.acts[-1].act == "transfer"
