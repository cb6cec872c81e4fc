"""What holds today in a call: notices once, the truth about opening, and no transfer into the void."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from voicebot.dialogue.acts import (
    Ask,
    BotAct,
    Callback,
    Emergency,
    Fact,
    FactSource,
    Hangup,
    Message,
    Say,
    Tell,
    TellAbout,
    Transfer,
    Turn,
    TurnEvent,
    TurnReply,
)
from voicebot.dialogue.client import Parsed
from voicebot.errors import DialogueUnavailable
from voicebot.facts.model import checked, load_defaults
from voicebot.facts.reader import FactsReader
from voicebot.safety.detector import SafetyNet
from voicebot.safety.guard import SafetyGuard
from voicebot.session import typed
from voicebot.session.bulletin import RING_BACK_SLOT
from voicebot.session.ledger import Ledger
from voicebot.session.nothing_kept import NothingKept
from voicebot.session.talk import Talk
from voicebot.settings import CallSettings
from voicebot.telephony.leg import CallFacts, Direction

PROJECT = Path(__file__).parents[2] / "dialogues"
NIGHT = datetime(2026, 11, 25, 20, 0, tzinfo=UTC)
DAY = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
GREETING = Ask(slot="need", text="Hello, you're through to the council. You can press 0. How can I help?")
ELSE = Ask(slot="anything_else", text="Is there anything else I can help with?")
LATE_BINS = {"text": "Bins are a day late this week.", "start": "2026-11-23", "end": "2026-11-27", "service": "waste"}
PUT_THROUGH = (
    Say(text="I'll put you through to a person now.", announces=True),
    Transfer(queue="revenues", reason="About a summons."),
)


class Script:
    """A dialogue that answers by a script."""

    def __init__(self, replies: Sequence[tuple[BotAct, ...]], service: str, intent: str) -> None:
        self.replies, self.service, self.intent = list(replies), service, intent
        self.facts: tuple[Fact, ...] = ()

    async def turn(self, turn: Turn) -> TurnReply:
        if not self.replies:
            raise DialogueUnavailable("the script is over")
        acts = self.replies.pop(0)
        if turn.event is TurnEvent.START:
            return TurnReply(acts=acts)
        queue = next((act.queue for act in acts if isinstance(act, Transfer)), "none")
        return TurnReply(
            acts=acts, service=self.service, need="answer", queue=queue, intent=self.intent, facts=self.facts
        )

    async def parse(self, text: str) -> Parsed:
        return Parsed(intent="fallback", confidence=0.0)


class Kept(NothingKept):
    def __init__(self) -> None:
        self.handoffs: list[tuple[str, str]] = []

    def handoff(self, call_id: str, queue: str, priority: str, reason: str, card: dict[str, Any]) -> None:
        self.handoffs.append((queue, reason))

    def callback(self, call_id: str, queue: str, reason: str, card: dict[str, Any]) -> None:
        self.handoffs.append((queue, reason))


@pytest.fixture(scope="module")
def net() -> SafetyNet:
    return SafetyNet.load(PROJECT)


class World:
    """A call in words at a moment, in a council whose council tax team goes home at five."""

    def __init__(
        self,
        net: SafetyNet,
        *replies: tuple[BotAct, ...],
        at: datetime = NIGHT,
        caller: str = "07700900123",
        notices: dict[str, dict[str, Any]] | None = None,
        service: str = "waste",
        intent: str = "waste_missed_bin",
        facts: tuple[Fact, ...] = (),
        out_of_hours: str = "callback",
    ) -> None:
        content = load_defaults(PROJECT).model_dump()
        content["queue"]["revenues"].update(
            timetable="office", out_of_hours=out_of_hours, out_of_hours_number="01632 960102"
        )
        content["notice"] = notices or {}
        self.records = Kept()
        self.ledger = Ledger(CallFacts("call-1", "text", Direction.INBOUND, caller=caller), "NV-12345", self.records)
        reader = FactsReader(checked(content), lambda: at)
        mind = Script(((GREETING,), *replies), service, intent)
        mind.facts = facts
        self.talk = Talk(self.ledger, mind, SafetyGuard(net), CallSettings(), holding=reader)

    async def say(self, text: str) -> tuple[BotAct, ...]:
        return await typed.said(self.talk, text)

    async def key(self, key: str) -> tuple[BotAct, ...]:
        return await typed.keyed(self.talk, key)


def words(acts: Sequence[BotAct]) -> str:
    return " ".join(act.text for act in acts if isinstance(act, Say | Ask))


async def test_a_notice_is_said_once_at_the_start_of_its_topic(net: SafetyNet) -> None:
    answer = (Say(text="Your bin is collected on Tuesday."), ELSE)
    world = World(net, answer, answer, notices={"late": LATE_BINS})
    assert words(await world.talk.start()) == GREETING.text, "not after the greeting"
    assert words(await world.say("when is my bin collected")).startswith("Bins are a day late this week. Your bin")
    assert "a day late" not in words(await world.say("and when again"))


@pytest.mark.parametrize(
    ("change", "intent"),
    [
        ({"service": "highways"}, "waste_missed_bin"),
        ({"topic": "bulky"}, "waste_missed_bin"),
        ({"start": "2026-11-26"}, "waste_missed_bin"),
        ({"end": "2026-11-24"}, "waste_missed_bin"),
    ],
)
async def test_a_notice_of_something_else_is_not_said(net: SafetyNet, change: dict[str, str], intent: str) -> None:
    world = World(net, (Say(text="On Tuesday."), ELSE), notices={"late": {**LATE_BINS, **change}}, intent=intent)
    await world.talk.start()
    assert "a day late" not in words(await world.say("when is my bin collected"))


async def test_a_notice_for_everybody_stands_between_greeting_and_question(net: SafetyNet) -> None:
    world = World(net, notices={"late": {**LATE_BINS, "greeting": True}})
    acts = await world.talk.start()
    assert [type(act) for act in acts] == [Say, Say, Ask]
    assert words(acts) == (
        "Hello, you're through to the council. You can press 0. Bins are a day late this week. How can I help?"
    )
    assert world.talk.asked is not None
    assert world.talk.asked.slot == "need"


async def test_opening_is_told_as_it_is_today(net: SafetyNet) -> None:
    tell = Tell(about=TellAbout.PLACE, name="Norbury Vale Town Hall")
    for at, told in (
        (DAY, "It's open until five today."),
        (NIGHT, "It's closed now. It opens again tomorrow at nine."),
    ):
        world = World(net, (Say(text="It's on Bridge Street."), tell, ELSE), at=at, service="corporate")
        await world.talk.start()
        assert told in words(await world.say("is the town hall open"))


async def test_numbers_and_queues_are_told_and_the_unknown_is_not(net: SafetyNet) -> None:
    acts = (
        Tell(about=TellAbout.QUEUE, name="revenues"),
        Tell(about=TellAbout.NUMBER, name="council_tax"),
        Tell(about=TellAbout.PLACE, name="the moon"),
        ELSE,
    )
    world = World(net, acts, at=DAY)
    await world.talk.start()
    assert words(await world.say("hello")) == (
        f"The council tax team is open until five today. The number is 01632 960102. {ELSE.text}"
    )


async def test_an_open_queue_takes_the_transfer_as_it_is(net: SafetyNet) -> None:
    world = World(net, PUT_THROUGH, at=DAY)
    await world.talk.start()
    assert await world.say("i got a summons") == PUT_THROUGH


async def test_a_closed_queue_offers_to_ring_back_and_does(net: SafetyNet) -> None:
    world = World(net, PUT_THROUGH)
    await world.talk.start()
    acts = await world.say("i got a summons")
    assert "put you through" not in words(acts)
    assert "The council tax team is closed now. It opens again tomorrow at nine." in words(acts)
    assert isinstance(acts[-1], Ask)
    assert acts[-1].slot == RING_BACK_SLOT
    assert "1 2 3" in acts[-1].text
    acts = await world.say("yes please")
    assert "They'll ring you back tomorrow at nine" in words(acts)
    assert acts[-1] == Hangup(outcome="callback")
    assert not any(isinstance(act, Callback) for act in acts)
    assert world.ledger.outcome == "callback"
    assert world.records.handoffs[0][0] == "revenues"


async def test_who_does_not_want_to_be_rung_back_leaves_a_message(net: SafetyNet) -> None:
    world = World(net, PUT_THROUGH)
    await world.talk.start()
    await world.say("i got a summons")
    assert (await world.key("2"))[-1] == Message(queue="revenues", text="About a summons.")


async def test_the_offer_is_made_once_and_then_a_message_is_taken(net: SafetyNet) -> None:
    world = World(net, PUT_THROUGH)
    await world.talk.start()
    await world.say("i got a summons")
    for _ in range(2):
        assert isinstance((await world.say("purple"))[-1], Ask)
    assert (await world.say("purple"))[-1].act == "message"


async def test_the_offer_does_not_keep_anybody_from_an_emergency(net: SafetyNet) -> None:
    world = World(net, PUT_THROUGH)
    await world.talk.start()
    await world.say("i got a summons")
    acts = await world.say("my kitchen is on fire")
    assert acts[-1].act == "transfer"
    assert world.ledger.emergency


async def test_a_withheld_number_leaves_a_message_and_a_given_one_is_rung(net: SafetyNet) -> None:
    world = World(net, PUT_THROUGH, caller="")
    await world.talk.start()
    assert (await world.say("i got a summons"))[-1].act == "message"
    given = Fact(name="phone", value="07700900814", source=FactSource.SAID)
    world = World(net, PUT_THROUGH, caller="", facts=(given,))
    await world.talk.start()
    acts = await world.say("i got a summons")
    assert isinstance(acts[-1], Ask)
    assert "8 1 4" in acts[-1].text


async def test_the_other_number_is_told_before_the_message(net: SafetyNet) -> None:
    world = World(net, PUT_THROUGH, out_of_hours="number")
    await world.talk.start()
    acts = await world.say("i got a summons")
    assert "If it can't wait, ring 01632 960102." in words(acts)
    assert acts[-1].act == "message"


async def test_key_0_tells_the_same_truth(net: SafetyNet) -> None:
    world = World(net, PUT_THROUGH, out_of_hours="message")
    await world.talk.start()
    world.ledger.queue = "revenues"  # what the call was about before
    acts = await world.key("0")
    assert "putting you through" not in words(acts)
    assert "closed now" in words(acts)
    assert acts[-1].act == "message"


async def test_an_emergency_goes_through_at_any_hour(net: SafetyNet) -> None:
    alarm = Emergency(rule="fire", script="Leave the house and ring 999.", queue="revenues")
    world = World(net, (alarm,), notices={"late": LATE_BINS})
    await world.talk.start()
    acts = await world.say("hello there")
    assert acts[0] == Say(text="Leave the house and ring 999.", interruptible=False), "no notice before it"
    assert acts[-1].act == "transfer"
