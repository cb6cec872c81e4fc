"""The offer of a text with a report's reference: once, to a number that the caller knows of, and only after a yes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from voicebot.dialogue.acts import (
    Ask,
    BotAct,
    Fact,
    FactSource,
    Hangup,
    Reported,
    Say,
    Transfer,
    Turn,
    TurnEvent,
    TurnReply,
)
from voicebot.dialogue.client import Parsed
from voicebot.safety.detector import SafetyNet
from voicebot.safety.guard import SafetyGuard
from voicebot.session import typed
from voicebot.session.ledger import Ledger
from voicebot.session.nothing_kept import NothingKept
from voicebot.session.talk import Talk
from voicebot.session.text_offer import OFFER_SLOT, PHONE_OK_SLOT, PHONE_SLOT, mobile
from voicebot.settings import CallSettings
from voicebot.telephony.leg import CallFacts, Direction

ELSE = Ask(slot="anything_else", text="Is there anything else?")
GOODBYE = (Say(text="Goodbye."), Hangup(outcome="reported"))
LANDLINE, MOBILE = "01632960123", "07700900123"


def report(reference: str = "NVC 482 913") -> tuple[BotAct, ...]:
    made = Reported(reference=reference, kind="pothole", service="highways", place="Mill Lane")
    return made, Say(text=f"That's sent. Your reference is {reference}."), ELSE


class Script:
    """A dialogue that answers by a script, and keeps what it was asked."""

    def __init__(self, replies: Sequence[tuple[BotAct, ...]], phone: str) -> None:
        self.replies = list(replies)
        self.heard: list[tuple[str | None, str]] = []
        self.facts = (Fact(name="phone", value=phone, source=FactSource.SAID),) if phone else ()

    async def turn(self, turn: Turn) -> TurnReply:
        assert turn.event is not TurnEvent.START
        self.heard.append((turn.asked, turn.text))
        return TurnReply(acts=self.replies.pop(0), service="highways", need="report", facts=self.facts)

    async def parse(self, text: str) -> Parsed:
        return Parsed(intent="nlu_fallback", confidence=0.0)


class Kept(NothingKept):
    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.steps: list[str] = []

    def tell(self, call_id: str, kind: str, payload: dict[str, Any]) -> None:
        if kind == "send.sms":
            self.sent.append(payload)

    def step(self, call_id: str, kind: str, at_ms: float, data: dict[str, Any]) -> None:
        self.steps.append(kind)


class World:
    """A call in words whose first turn makes a report."""

    def __init__(
        self,
        net: SafetyNet,
        *replies: tuple[BotAct, ...],
        caller: str = LANDLINE,
        phone: str = "",
        texts: bool = True,
    ) -> None:
        self.records = Kept()
        self.mind = Script((report(), *replies), phone)
        ledger = Ledger(CallFacts("call-1", "text", Direction.INBOUND, caller=caller), "NV-12345", self.records)
        self.talk = Talk(ledger, self.mind, SafetyGuard(net), CallSettings(), sends=texts, texts=texts)

    async def say(self, *texts: str) -> str:
        said = ""
        for text in texts:
            said = words(await typed.said(self.talk, text))
        return said

    @property
    def asked(self) -> str:
        return self.talk.asked.slot if self.talk.asked else ""


def words(acts: Sequence[BotAct]) -> str:
    return " ".join(act.text for act in acts if isinstance(act, Say | Ask))


@pytest.fixture(scope="module")
def net() -> SafetyNet:
    return SafetyNet.load(Path(__file__).parents[2] / "dialogues")


async def test_nothing_is_offered_where_nothing_can_be_sent(net: SafetyNet) -> None:
    world = World(net, caller=MOBILE, texts=False)
    assert (await world.say("yes send it")).endswith(ELSE.text)
    assert world.asked == "anything_else"


async def test_the_number_of_the_line_is_named_and_a_yes_sends_the_reference_there(net: SafetyNet) -> None:
    world = World(net, GOODBYE, caller=f"sip:{MOBILE}@pbx.test")
    said = await world.say("yes send it")
    assert said.endswith("Shall I text you that reference to the number you're ringing from, ending in 1 2 3?")
    assert world.asked == OFFER_SLOT
    assert world.records.sent == [], "not before the answer"
    assert await world.say("yes please") == f"I'll text it to you now. {ELSE.text}"
    assert world.records.sent == [
        {"to": MOBILE, "template": "report_made", "values": {"reference": "NVC 482 913"}, "consent": True}
    ]
    assert "text_agreed" in world.records.steps
    await world.say("no that's everything thank you")
    assert world.mind.heard[-1] == ("anything_else", "no that's everything thank you")


async def test_the_number_that_was_given_is_read_back_whole(net: SafetyNet) -> None:
    world = World(net, caller=LANDLINE, phone="07700900814")
    assert "to 07700 900 814?" in await world.say("yes send it")
    await typed.keyed(world.talk, "1")
    assert world.records.sent[0]["to"] == "07700900814"


async def test_without_a_mobile_the_number_is_asked_for_and_read_back(net: SafetyNet) -> None:
    world = World(net)
    assert (await world.say("yes send it")).endswith("Shall I text you that reference?")
    assert await world.say("go on then") == "Which mobile number shall I text?"
    assert world.asked == PHONE_SLOT
    assert await world.say("oh double seven double oh, nine double oh, eight one four") == (
        "That's 07700 900 814. Is that right?"
    )
    assert world.asked == PHONE_OK_SLOT
    assert world.records.sent == []
    await world.say("no that's wrong")
    assert world.asked == PHONE_SLOT
    assert "900 815" in words(await typed.keyed(world.talk, "07700900815"))
    await world.say("yes")
    assert [sent["to"] for sent in world.records.sent] == ["07700900815"]


async def test_another_number_with_the_yes_is_read_back_first(net: SafetyNet) -> None:
    world = World(net, caller=MOBILE)
    await world.say("yes send it")
    assert "07700 900 814. Is that right?" in await world.say("yes but send it to 07700 900814")
    assert world.records.sent == []
    await world.say("that's right")
    assert world.records.sent[0]["to"] == "07700900814"


@pytest.mark.parametrize("answer", ["no", "no thanks", "no thank you"])
async def test_a_no_sends_nothing_and_is_not_asked_again(net: SafetyNet, answer: str) -> None:
    world = World(net, report("NVC 555 121"), caller=MOBILE)
    await world.say("yes send it")
    assert await world.say(answer) == f"All right, I won't send a text. {ELSE.text}"
    assert (await world.say("there's another one on swan street")).endswith(ELSE.text)
    assert world.asked == "anything_else"
    assert world.records.sent == []
    assert world.records.steps.count("text_declined") == 1


async def test_what_is_about_something_else_is_no_yes_and_goes_to_the_dialogue(net: SafetyNet) -> None:
    world = World(net, (Say(text="On Wednesday."), ELSE), caller=MOBILE)
    await world.say("yes send it")
    assert (await world.say("and when is my bin collected")).startswith("On Wednesday.")
    assert world.mind.heard[-1] == ("anything_else", "and when is my bin collected")
    assert world.records.sent == []


async def test_silence_is_no_yes(net: SafetyNet) -> None:
    world = World(net, caller=MOBILE)
    await world.say("yes send it")
    assert isinstance(world.talk.silence(0.0)[-1], Ask)
    assert world.asked == OFFER_SLOT
    assert words(world.talk.silence(0.0)) == f"All right, I won't send a text. {ELSE.text}"
    assert world.records.sent == []


async def test_numbers_that_cannot_be_texted_are_given_up(net: SafetyNet) -> None:
    world = World(net)
    await world.say("yes send it", "yes", "01632 960123")
    assert world.asked == PHONE_SLOT
    assert "won't send" in await world.say("01632 960123")
    assert world.records.sent == []


async def test_a_later_reference_goes_the_same_way_without_asking(net: SafetyNet) -> None:
    world = World(net, report("NVC 555 121"), caller=MOBILE)
    await world.say("yes send it", "yes please")
    assert "I'll text you that reference too." in await world.say("there's another one on swan street")
    assert [sent["values"]["reference"] for sent in world.records.sent] == ["NVC 482 913", "NVC 555 121"]


async def test_a_person_and_danger_come_before_the_text(net: SafetyNet) -> None:
    person = (Say(text="I'll put you through.", announces=True), Transfer(queue="highways"))
    world = World(net, person, caller=MOBILE)
    await world.say("yes send it")
    acts = await typed.said(world.talk, "can i speak to a person")
    assert isinstance(acts[-1], Transfer)
    world = World(net, caller=MOBILE)
    await world.say("yes send it")
    acts = await typed.said(world.talk, "the house is on fire")
    assert isinstance(acts[-1], Transfer) and acts[-1].priority == "urgent"
    assert world.records.sent == []


async def test_where_the_call_ends_at_once_nothing_is_offered(net: SafetyNet) -> None:
    world = World(net, caller=MOBILE)
    world.mind.replies = [(*report()[:-1], Transfer(queue="highways"))]
    await world.say("yes send it")
    assert world.asked == ""


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("07700 900123", MOBILE),
        ("+447700900123", MOBILE),
        ("0044 7700 900123", MOBILE),
        ("tel:+44-7700-900123", MOBILE),
        ("sip:+447700900123@provider.test:5060", MOBILE),
        ("01632 960123", ""),
        ("07012 345678", ""),
        ("anonymous", ""),
        ("not given", ""),
        ("+33612345678", ""),
        ("", ""),
    ],
)
def test_which_numbers_can_be_texted(number: str, told: str) -> None:
    assert mobile(number) == told
