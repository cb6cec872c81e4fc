"""Who was cut off and rings again within the hour goes on where the call was, if they want to."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from voicebot.dialogue.acts import Ask, BotAct, Fact, FactSource, Say, Turn, TurnEvent, TurnReply
from voicebot.dialogue.client import Parsed
from voicebot.records.earlier import CARRIED_ON, EarlierCalls
from voicebot.records.entries import CallEnd, CallStart, FactsEntry, StepEntry
from voicebot.records.store import RecordStore
from voicebot.safety.detector import SafetyNet
from voicebot.safety.guard import SafetyGuard
from voicebot.session import typed
from voicebot.session.carry_on import CARRY_ON_SLOT
from voicebot.session.ledger import Ledger
from voicebot.session.nothing_kept import NothingKept
from voicebot.session.talk import Talk
from voicebot.settings import CallSettings
from voicebot.telephony.leg import CallFacts, Direction

NUMBER = "07700900123"
NOW = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
GREETING = Ask(slot="need", text="Hello, you're through to the council. How can I help?")
WHICH_BIN = Ask(slot="bin", text="Which bin was it?")
KNOWN = Fact(name="address", value="9 Quarry Close", source=FactSource.SAID)


class Dialogue:
    """Conversations by their id: the first call's is in the middle of a form."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []

    async def turn(self, turn: Turn) -> TurnReply:
        self.turns.append(turn)
        if turn.event is TurnEvent.START:
            return TurnReply(acts=(GREETING,))
        if turn.sender == "call-1":
            return TurnReply(acts=(WHICH_BIN,), facts=(KNOWN,), service="waste", need="report", queue="waste_street")
        return TurnReply(acts=(Say(text="A pothole."), WHICH_BIN), service="highways", need="report")

    async def parse(self, text: str, asked: str | None = None) -> Parsed:
        return Parsed(intent="nlu_fallback", confidence=0.0, ranking=())


@pytest.fixture(scope="module")
def net() -> SafetyNet:
    return SafetyNet.load(Path(__file__).parents[2] / "dialogues")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[RecordStore]:
    store = RecordStore(f"sqlite+aiosqlite:///{tmp_path / 'voicebot.sqlite'}")
    await store.upgrade()
    yield store
    await store.close()


async def keep(
    store: RecordStore,
    call_id: str = "call-1",
    *,
    minutes_ago: float = 5,
    outcome: str = "abandoned",
    service: str = "waste",
    caller: str = NUMBER,
) -> None:
    at = NOW - timedelta(minutes=minutes_ago)
    await store.apply(
        [
            CallStart(call_id=call_id, caller=caller, started_at=at - timedelta(minutes=1)),
            CallEnd(call_id=call_id, outcome=outcome, service=service, ended_at=at),
        ]
    )


async def ring(net: SafetyNet, store: RecordStore, caller: str = NUMBER) -> tuple[Talk, Dialogue, tuple[BotAct, ...]]:
    dialogue = Dialogue()
    ledger = Ledger(CallFacts("call-2", "sip", Direction.INBOUND, caller=caller), "NV-12345", NothingKept())
    earlier = EarlierCalls(store.database, lambda: NOW, timeout_s=60)
    talk = Talk(ledger, dialogue, SafetyGuard(net), CallSettings(), earlier=earlier)
    return talk, dialogue, await talk.start()


async def test_the_call_goes_on_with_all_that_was_known(net: SafetyNet, store: RecordStore) -> None:
    await keep(store)
    talk, dialogue, acts = await ring(net, store)
    assert acts[0] == Say(text="Hello, you're through to the council.")
    assert isinstance(acts[-1], Ask)
    assert acts[-1].slot == CARRY_ON_SLOT
    acts = await typed.said(talk, "yes please")
    assert acts == (WHICH_BIN,)
    assert talk.ledger.facts[0].value == "9 Quarry Close"
    await typed.said(talk, "the blue one")
    assert [turn.sender for turn in dialogue.turns] == ["call-2", "call-1", "call-1"]


async def test_no_begins_anew(net: SafetyNet, store: RecordStore) -> None:
    await keep(store)
    talk, dialogue, _ = await ring(net, store)
    acts = await typed.keyed(talk, "2")
    assert acts == (GREETING.model_copy(update={"text": "How can I help?"}),)
    await typed.said(talk, "there is a pothole")
    assert {turn.sender for turn in dialogue.turns} == {"call-2"}


async def test_who_says_at_once_what_it_is_about_is_heard(net: SafetyNet, store: RecordStore) -> None:
    await keep(store)
    talk, dialogue, _ = await ring(net, store)
    await typed.said(talk, "i want to report a pothole on station road")
    assert dialogue.turns[-1].text == "i want to report a pothole on station road"
    assert (dialogue.turns[-1].sender, dialogue.turns[-1].asked) == ("call-2", "need")


async def test_a_third_call_finds_the_first_conversation(net: SafetyNet, store: RecordStore) -> None:
    await keep(store, minutes_ago=20)
    await keep(store, "call-b", minutes_ago=5)
    await store.apply([StepEntry(call_id="call-b", kind=CARRIED_ON, at_ms=0, data={"conversation": "call-1"})])
    assert await EarlierCalls(store.database, lambda: NOW, timeout_s=60).dropped(NUMBER) == "call-1"


@pytest.mark.parametrize(
    "last",
    [
        {"minutes_ago": 61},
        {"outcome": "reported"},
        {"outcome": "emergency"},
        {"service": "none"},
        {"caller": "07700900124"},
    ],
)
async def test_nothing_is_offered_that_was_not_dropped(
    net: SafetyNet, store: RecordStore, last: dict[str, object]
) -> None:
    await keep(store, **last)  # type: ignore[arg-type]
    _, _, acts = await ring(net, store)
    assert acts == (GREETING,)


async def test_a_later_call_that_came_right_ends_it(net: SafetyNet, store: RecordStore) -> None:
    await keep(store, minutes_ago=20)
    await keep(store, "call-b", minutes_ago=5, outcome="transferred")
    _, _, acts = await ring(net, store)
    assert acts == (GREETING,)


@pytest.mark.parametrize("caller", ["", "sip:anonymous@anonymous.invalid", "sip:phone@127.0.0.1"])
async def test_a_withheld_number_finds_nothing(net: SafetyNet, store: RecordStore, caller: str) -> None:
    await keep(store, caller=caller)
    _, _, acts = await ring(net, store, caller)
    assert acts == (GREETING,)


async def test_what_was_proven_is_told_to_nobody_who_only_rings_from_there(net: SafetyNet, store: RecordStore) -> None:
    await keep(store)
    proof = Fact(name="verified", value="council tax account and name", source=FactSource.LOOKED_UP)
    await store.apply([FactsEntry(call_id="call-1", facts=(KNOWN, proof))])
    _, _, acts = await ring(net, store)
    assert acts == (GREETING,)


async def test_records_that_are_away_greet_as_ever(net: SafetyNet) -> None:
    away = RecordStore("sqlite+aiosqlite:////nonexistent/voicebot.sqlite")
    _, _, acts = await ring(net, away)
    assert acts == (GREETING,)
    await away.close()
