"""A caller who needs a moment is waited for: nothing is counted against them, and the dialogue hears nothing of it."""

from pathlib import Path

import pytest

from voicebot.dialogue.acts import Ask, Profile, Say, Turn, TurnEvent, TurnReply
from voicebot.dialogue.client import Parsed
from voicebot.safety.detector import SafetyNet
from voicebot.safety.guard import SafetyGuard
from voicebot.session import typed
from voicebot.session.ledger import Ledger
from voicebot.session.nothing_kept import NothingKept
from voicebot.session.phrases import Phrase
from voicebot.session.talk import Talk
from voicebot.settings import CallSettings
from voicebot.telephony.leg import CallFacts, Direction

POSTCODE = Ask(slot="postcode", text="Here we go. What's the postcode?", profile=Profile.SPELLING, retries=("Again?",))
ALONE = "What's the postcode?"


class Dialogue:
    """Asks for a postcode, and then for nothing."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def turn(self, turn: Turn) -> TurnReply:
        if turn.event is TurnEvent.START:
            return TurnReply(acts=(POSTCODE,))
        self.heard.append(turn.text)
        return TurnReply(acts=(Ask(slot="anything_else", text="Anything else?"),), service="waste")

    async def parse(self, text: str, asked: str | None = None) -> Parsed:
        return Parsed(intent="nlu_fallback", confidence=0.0, ranking=())


@pytest.fixture(scope="module")
def net() -> SafetyNet:
    return SafetyNet.load(Path(__file__).parents[2] / "dialogues")


async def test_the_question_stays_open_for_as_long_as_it_takes(net: SafetyNet) -> None:
    dialogue = Dialogue()
    ledger = Ledger(CallFacts("call-1", "text", Direction.INBOUND), "NV-1", NothingKept())
    talk = Talk(ledger, dialogue, SafetyGuard(net), CallSettings())
    await talk.start()

    for said in ("hang on a minute", "bear with me, I'm looking for it", "one moment", "just a second", "wait"):
        acts = await typed.said(talk, said)
        assert acts[0] == Say(text=str(Phrase.NO_HURRY))
        assert isinstance(acts[1], Ask)
        assert (acts[1].text, acts[1].slot, acts[1].profile) == (ALONE, "postcode", Profile.PATIENT)

    assert dialogue.heard == []
    acts = await typed.said(talk, "zed bee three, eight ell pea")
    assert dialogue.heard == ["ZB3 8LP"]
    assert acts[-1].act == "ask"


async def test_asking_again_repeats_the_question_as_it_was(net: SafetyNet) -> None:
    dialogue = Dialogue()
    ledger = Ledger(CallFacts("call-1", "text", Direction.INBOUND), "NV-1", NothingKept())
    talk = Talk(ledger, dialogue, SafetyGuard(net), CallSettings())
    await talk.start()
    await typed.said(talk, "hang on")

    assert await typed.said(talk, "sorry, say that again") == (POSTCODE,)
