"""Calls in text, with a dialogue that says what the test wants, in memory."""

from pathlib import Path
from typing import Any

import pytest

from voicebot.dialogue.acts import Ask, BotAct, Hangup, Message, Say, Transfer, Turn, TurnReply
from voicebot.dialogue.client import Parsed
from voicebot.errors import DialogueUnavailable
from voicebot.safety.detector import SafetyNet
from voicebot.session.ledger import CallSummary, TurnEntry
from voicebot.session.nothing_kept import NothingKept
from voicebot.session.phrases import Phrase, TextPhrase
from voicebot.session.text_call import TextCall
from voicebot.session.watched import WatchedSink
from voicebot.settings import Settings
from voicebot.telephony.leg import CallFacts, Direction

FACTS = CallFacts("call-1", "text", Direction.INBOUND)
GREETING = Ask(slot="need", text="How can I help?")


class Script:
    """A mind that answers with what is next on its list; a missing line is a dead dialogue."""

    def __init__(self, *replies: tuple[BotAct, ...]) -> None:
        self.replies = list(replies)
        self.turns: list[Turn] = []
        self.parsed: list[str] = []
        self.service, self.queue = "waste", "waste_street"

    async def turn(self, turn: Turn) -> TurnReply:
        self.turns.append(turn)
        if not self.replies:
            raise DialogueUnavailable("the script is over")
        return TurnReply(acts=self.replies.pop(0), service=self.service, queue=self.queue)

    async def parse(self, text: str) -> Parsed:
        self.parsed.append(text)
        return Parsed(intent="council_tax_arrears", confidence=0.6, service="council_tax", queue="revenues")


class Reader:
    """Keeps what a page would show."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []
        self.reference = ""
        self.summary: CallSummary | None = None

    def begun(self, reference: str) -> None:
        self.reference = reference

    def turn(self, turn: TurnEntry) -> None:
        if (turn.who, turn.text) not in self.said[-1:]:
            self.said.append((turn.who, turn.text))

    def finished(self, summary: CallSummary) -> None:
        self.summary = summary


class Messages(NothingKept):
    """Records that keep the messages."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, str]] = []

    def message(self, call_id: str, queue: str, path: str, duration_s: float) -> None:
        self.kept.append((queue, path))


class World:
    def __init__(self, safety_net: SafetyNet, data: Path, *replies: tuple[BotAct, ...]) -> None:
        self.records, self.reader, self.mind = Messages(), Reader(), Script((GREETING,), *replies)
        sink = WatchedSink(self.records)
        sink.watch(FACTS.call_id, self.reader)
        self.settings = Settings(data=data)
        self.call = TextCall(FACTS, self.mind, safety_net, self.settings, sink)

    @property
    def bot(self) -> list[str]:
        return [text for who, text in self.reader.said if who == "bot"]


async def test_what_is_typed_is_answered_and_recorded(safety_net: SafetyNet, tmp_path: Path) -> None:
    world = World(safety_net, tmp_path, (Say(text="It is on Monday."), GREETING), (Say(text="Goodbye."), Hangup()))
    await world.call.start()
    await world.call.say("when is my bin collected")
    await world.call.say("nothing else")
    assert world.bot == ["How can I help?", "It is on Monday.", "How can I help?", "Goodbye."]
    assert world.reader.reference
    assert world.reader.summary is world.call.summary is not None
    assert world.call.summary.outcome == "answered"
    assert {turn.channel for turn in world.mind.turns} == {"text"}
    await world.call.say("too late")
    assert world.bot[-1] == "Goodbye."


@pytest.mark.parametrize("act", [Transfer(queue="waste_street"), Message(queue="waste_street")])
async def test_a_person_is_a_message_that_is_kept(safety_net: SafetyNet, tmp_path: Path, act: Any) -> None:
    world = World(safety_net, tmp_path, (Say(text=str(Phrase.TRANSFERRING)), act))
    await world.call.start()
    await world.call.say("it is about my neighbour's bin")
    assert world.bot[-1] == str(TextPhrase.NOBODY)
    assert str(Phrase.TRANSFERRING) not in world.bot, "nobody is put through"
    await world.call.press("0")
    await world.call.say("Write to me, card 4111 1111 1111 1111")
    assert world.call.summary is not None
    assert world.call.summary.outcome == "message"
    ((queue, path),) = world.records.kept
    assert queue == "waste_street"
    assert "4111" not in Path(path).read_text() and "Write to me" in Path(path).read_text()
    assert world.bot[-1] == str(TextPhrase.MESSAGE_KEPT)


async def test_a_message_that_cannot_be_kept_is_said_so(safety_net: SafetyNet, tmp_path: Path) -> None:
    (tmp_path / "messages").write_text("a file where the folder should be")
    world = World(safety_net, tmp_path, (Transfer(queue="waste_street"),))
    await world.call.start()
    await world.call.say("a person please")
    await world.call.say("ring me")
    assert world.bot[-1] == str(TextPhrase.MESSAGE_LOST)
    assert world.call.summary is not None
    assert world.call.summary.outcome == "failed"


async def test_zero_is_a_person_and_a_dead_dialogue_is_admitted(safety_net: SafetyNet, tmp_path: Path) -> None:
    keyed = World(safety_net, tmp_path)
    await keyed.call.start()
    await keyed.call.press("0")
    assert keyed.bot[-1] == str(TextPhrase.NOBODY)
    dead = World(safety_net, tmp_path)
    await dead.call.start()
    await dead.call.say("when is my bin collected")
    assert dead.bot[-2:] == [str(TextPhrase.BROKEN), str(TextPhrase.NOBODY)]


async def test_a_defect_of_ours_ends_in_a_message(safety_net: SafetyNet, tmp_path: Path) -> None:
    world = World(safety_net, tmp_path)
    await world.call.start()
    world.mind.turn = None  # type: ignore[assignment, method-assign]
    await world.call.say("when is my bin collected")
    assert world.bot[-2:] == [str(TextPhrase.BROKEN), str(TextPhrase.NOBODY)]


async def test_danger_is_met_before_all_else(safety_net: SafetyNet, tmp_path: Path) -> None:
    world = World(safety_net, tmp_path)
    await world.call.start()
    await world.call.say("there is a strong smell of gas in my kitchen")
    assert world.reader.summary is None
    assert any("gas" in text.lower() for text in world.bot[1:])
    world.call.leave()
    summary = world.call.summary
    assert summary is not None
    assert summary.outcome == "emergency"


async def test_who_leaves_has_a_record(safety_net: SafetyNet, tmp_path: Path) -> None:
    world = World(safety_net, tmp_path)
    await world.call.start()
    world.call.leave()
    world.call.leave()
    assert world.call.summary is not None
    assert world.call.summary.outcome == "abandoned"


async def test_whose_person_is_wanted_is_told_by_the_rest_of_the_words(safety_net: SafetyNet, tmp_path: Path) -> None:
    general = (Say(text=str(Phrase.TRANSFERRING)), Transfer(queue="customer_services"))
    world = World(safety_net, tmp_path, general)
    world.mind.service, world.mind.queue = "none", "customer_services"
    await world.call.start()
    await world.call.say("can i speak to somebody about my council tax i have got behind")
    assert world.mind.parsed == ["council tax i have got behind"]
    await world.call.say("please ring me on monday")
    assert [queue for queue, _ in world.records.kept] == ["revenues"]


async def test_a_person_for_what_the_call_is_about_already(safety_net: SafetyNet, tmp_path: Path) -> None:
    world = World(safety_net, tmp_path, (GREETING,), (Transfer(queue="waste_street"),))
    await world.call.start()
    await world.call.say("my bin was not emptied")
    await world.call.say("can i speak to somebody about my council tax i have got behind")
    assert world.mind.parsed == []
