"""Every queue of the example council out of hours, in text calls at fixed moments: each goes its own way."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from voicebot.dialogue.acts import Ask, BotAct, Message, Say, Transfer, Turn, TurnReply
from voicebot.dialogue.client import Parsed
from voicebot.facts.model import NEVER_CLOSE, CouncilFacts, load_defaults
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
SATURDAY_NIGHT = datetime(2026, 11, 28, 22, 0, tzinfo=UTC)
CHRISTMAS = datetime(2026, 12, 25, 10, 0, tzinfo=UTC)
WEDNESDAY = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)

CALLBACK, MESSAGE = "callback", "message"
ROUTES = {
    "customer_services": (CALLBACK, "on Monday at eight"),
    "complaints": (CALLBACK, "on Monday at nine"),
    "waste_street": (MESSAGE, "on Monday at half past seven"),
    "revenues": (CALLBACK, "on Monday at nine"),
    "benefits": (CALLBACK, "on Monday at nine"),
    "repairs": (MESSAGE, "ring 01632 960199"),
    "housing": (CALLBACK, "say: nowhere to sleep tonight"),
    "homelessness": (CALLBACK, "say: nowhere to sleep tonight"),
    "adult_social_care": (MESSAGE, "ring 01632 960188"),
    "childrens_services": (MESSAGE, "ring 01632 960187"),
    "parking": (MESSAGE, "on Monday at eight"),
    "highways": (MESSAGE, "say: the road is dangerous"),
    "registrars": (MESSAGE, "ring 01632 960177"),
    "elections": (CALLBACK, "on Monday at nine"),
    "planning": (CALLBACK, "say: a building is falling down"),
    "schools": (CALLBACK, "on Monday at nine"),
    "environmental_health": (MESSAGE, "ring 01632 960166"),
}
"""What a caller of each queue is offered on a Saturday night, and what they are told."""


class ToPeople:
    """A dialogue that hands every call to one queue."""

    def __init__(self, queue: str) -> None:
        self._transfer = Transfer(queue=queue, reason="A person is needed.")

    async def turn(self, turn: Turn) -> TurnReply:
        acts = (Say(text="I'll put you through to a person now.", announces=True), self._transfer)
        return TurnReply(acts=acts, queue=self._transfer.queue)

    async def parse(self, text: str) -> Parsed:
        return Parsed(intent="nlu_fallback", confidence=0.0)


@pytest.fixture(scope="module")
def net() -> SafetyNet:
    return SafetyNet.load(PROJECT)


@pytest.fixture(scope="module")
def facts() -> CouncilFacts:
    return load_defaults(PROJECT)


async def put_through(net: SafetyNet, facts: CouncilFacts, queue: str, at: datetime) -> tuple[Talk, Sequence[BotAct]]:
    """A call whose need goes to ``queue`` at a moment."""
    ledger = Ledger(CallFacts("call-1", "text", Direction.INBOUND, caller="07700900123"), "NV-1", NothingKept())
    talk = Talk(ledger, ToPeople(queue), SafetyGuard(net), CallSettings(), holding=FactsReader(facts, lambda: at))
    return talk, await typed.said(talk, "can you sort it out please")


def words(acts: Sequence[BotAct]) -> str:
    return " ".join(act.text for act in acts if isinstance(act, Say | Ask))


def test_every_queue_has_its_way(facts: CouncilFacts) -> None:
    assert facts.queue.keys() == ROUTES.keys() | NEVER_CLOSE


@pytest.mark.parametrize("queue", ROUTES)
async def test_a_closed_queue_goes_its_own_way(net: SafetyNet, facts: CouncilFacts, queue: str) -> None:
    talk, acts = await put_through(net, facts, queue, SATURDAY_NIGHT)
    way, told = ROUTES[queue]
    assert "is closed now" in words(acts) and told in words(acts)
    assert "put you through" not in words(acts)
    if way == MESSAGE:
        assert acts[-1] == Message(queue=queue, text="A person is needed.")
        return
    assert talk.asked is not None and talk.asked.slot == RING_BACK_SLOT
    assert "ring you back on Monday" in words(await typed.said(talk, "yes please"))
    assert talk.ledger.outcome == "callback"


@pytest.mark.parametrize("queue", ROUTES)
async def test_by_day_the_same_call_reaches_people_and_on_christmas_day_it_does_not(
    net: SafetyNet, facts: CouncilFacts, queue: str
) -> None:
    _, by_day = await put_through(net, facts, queue, WEDNESDAY)
    _, at_christmas = await put_through(net, facts, queue, CHRISTMAS)
    assert isinstance(by_day[-1], Transfer)
    assert not isinstance(at_christmas[-1], Transfer) and "closed for Christmas Day" in words(at_christmas)


@pytest.mark.parametrize("queue", sorted(NEVER_CLOSE))
@pytest.mark.parametrize("at", [SATURDAY_NIGHT, CHRISTMAS])
async def test_duty_officers_are_reached_at_any_hour_and_at_once(
    net: SafetyNet, facts: CouncilFacts, queue: str, at: datetime
) -> None:
    _, acts = await put_through(net, facts, queue, at)
    assert isinstance(acts[-1], Transfer)
    assert (acts[-1].queue, acts[-1].priority) == (queue, "urgent")
