"""What a call's record says that the caller wanted."""

import pytest

from voicebot.dialogue.acts import TurnReply
from voicebot.session.ledger import Ledger
from voicebot.session.nothing_kept import NothingKept
from voicebot.telephony.leg import CallFacts, Direction


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(CallFacts("call-1", "text", Direction.INBOUND), "NV-12345", NothingKept())


def _turn(ledger: Ledger, said: str, topic: str, need: str) -> str:
    ledger.said_by_caller(said, 0.0)
    service = "waste" if topic else "none"
    ledger.learned(TurnReply(acts=(), service=service, need=need, intent=f"{service}_{topic}"), 0.0, topic)
    ledger.said_by_bot("Well.", 0.0)
    return ledger.need


def test_a_price_that_is_asked_for_is_a_question_until_the_thing_is_ordered(ledger: Ledger) -> None:
    assert _turn(ledger, "how much is the garden bin", "garden", "transact") == "answer"
    assert _turn(ledger, "yes please", "garden", "transact") == "transact"


def test_what_was_wanted_stays_so_when_only_an_answer_was_given(ledger: Ledger) -> None:
    assert _turn(ledger, "i want to book a skip", "skips", "answer") == "transact"
    assert _turn(ledger, "and how is that done", "skips", "answer") == "transact"
    assert _turn(ledger, "thank you", "", "none") == "transact"
    assert _turn(ledger, "which day are the bins", "collection_day", "answer") == "answer"


def test_who_goes_to_a_person_needs_one(ledger: Ledger) -> None:
    _turn(ledger, "i want to book a skip", "skips", "answer")
    assert _turn(ledger, "i'd like a person", "skips", "human") == "human"
