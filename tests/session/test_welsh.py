"""Welsh by keys: chosen at the greeting, kept on the card, with a person and the safety scripts within reach."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from voicebot.dialogue.acts import Ask, BotAct, Say, Transfer, Turn, TurnEvent, TurnReply
from voicebot.dialogue.client import Parsed
from voicebot.dialogue.welsh import WelshAnswer, WelshContent, load_welsh
from voicebot.errors import ConfigurationError
from voicebot.safety.detector import SafetyNet
from voicebot.safety.guard import SafetyGuard
from voicebot.safety.rules import load_rules
from voicebot.session import typed
from voicebot.session.ledger import Ledger
from voicebot.session.nothing_kept import NothingKept
from voicebot.session.talk import Talk
from voicebot.session.welsh import CODE, WELSH_SLOT, wishes_english, wishes_welsh
from voicebot.settings import CallSettings
from voicebot.stt.transcript import Transcript
from voicebot.telephony.leg import CallFacts, Direction
from voicebot.tts.engine import Tongues, open_voice
from voicebot.tts.spoken import SpokenText

PROJECT = Path(__file__).parents[2] / "dialogues"
GREETING = Ask(slot="need", text="Hello, you're through to the council. How can I help?")


class Dialogue:
    """Answers everything with the same, by default in English; knows for ``sure`` what words are about, or not."""

    def __init__(self, *answer: BotAct) -> None:
        self.turns: list[Turn] = []
        self.sure = False
        self._answer = answer or (Say(text="In English."), GREETING)

    async def turn(self, turn: Turn) -> TurnReply:
        self.turns.append(turn)
        return TurnReply(acts=(GREETING,) if turn.event is TurnEvent.START else self._answer)

    async def parse(self, text: str, asked: str | None = None) -> Parsed:
        if self.sure:
            return Parsed(intent="waste_missed_bin", confidence=0.9, service="waste")
        return Parsed(intent="nlu_fallback", confidence=0.0, ranking=())


@pytest.fixture(scope="module")
def net() -> SafetyNet:
    return SafetyNet.load(PROJECT)


@pytest.fixture(scope="module")
def content() -> WelshContent:
    content = load_welsh(PROJECT)
    assert content is not None
    return content


def call(net: SafetyNet, content: WelshContent, *, offered: bool = False, dialogue: Dialogue | None = None) -> Talk:
    ledger = Ledger(CallFacts("call-1", "text", Direction.INBOUND), "NV-12345", NothingKept())
    mind = dialogue or Dialogue()
    return Talk(ledger, mind, SafetyGuard(net), CallSettings(offer_welsh=offered), welsh=content)


def only_welsh(acts: Sequence[BotAct]) -> bool:
    return all(act.language == CODE for act in acts if isinstance(act, Say | Ask))


@pytest.mark.parametrize(
    ("said", "wished"),
    [
        ("cymraeg", True),
        ("Cymraeg os gwelwch yn dda", True),
        ("welsh please", True),
        ("in welsh", True),
        ("can i speak welsh", True),
        ("do you have anybody for welsh", True),
        ("my welsh dresser needs collecting", False),
        ("i live on welsh street", False),
        ("my bin was missed", False),
    ],
)
def test_what_asks_for_welsh(said: str, wished: bool) -> None:
    assert wishes_welsh(said) is wished


@pytest.mark.parametrize("how", ["key", "words"])
async def test_welsh_is_chosen_by_key_or_words_and_kept_on_the_card(
    net: SafetyNet, content: WelshContent, how: str
) -> None:
    talk = call(net, content)
    await talk.start()
    acts = await (typed.keyed(talk, "9") if how == "key" else typed.said(talk, "cymraeg"))
    assert only_welsh(acts)
    assert talk.asked is not None
    assert talk.asked.slot == WELSH_SLOT
    card = talk.ledger.card(queue="waste_street", priority="normal", reason="")
    assert "Welsh" in str(card.as_json())


async def test_waste_is_answered_by_keys(net: SafetyNet, content: WelshContent) -> None:
    talk = call(net, content)
    await talk.start()
    await typed.keyed(talk, "9")
    acts = await typed.keyed(talk, "2")
    assert only_welsh(acts)
    assert "bin glas" in str(acts)
    assert isinstance(acts[-1], Ask), "and asked for more"
    acts = await typed.keyed(talk, "3")
    assert acts[-1] == Transfer(queue="waste_street", reason="About waste, in Welsh. Wants to speak Welsh.")


@pytest.mark.parametrize("how", ["0", "words", "nothing"])
async def test_a_person_is_one_key_away_and_knows(net: SafetyNet, content: WelshContent, how: str) -> None:
    talk = call(net, content)
    await talk.start()
    await typed.keyed(talk, "9")
    if how == "0":
        acts = await typed.keyed(talk, "0")
    elif how == "words":
        acts = await typed.said(talk, "can i speak to a person please")
    else:
        for _ in range(3):
            acts = talk.silence(0.0)
    assert only_welsh(acts)
    assert isinstance(acts[-1], Transfer)
    assert acts[-1].reason.endswith("Wants to speak Welsh.")


async def test_words_that_the_recogniser_can_not_know_are_asked_for_by_keys(
    net: SafetyNet, content: WelshContent
) -> None:
    talk = call(net, content)
    await talk.start()
    await typed.keyed(talk, "9")
    acts = await typed.said(talk, "mine bin in heb I gasgly")
    assert acts[0] == Say(text=content.keys_only, language=CODE)


async def test_english_is_a_key_away(net: SafetyNet, content: WelshContent) -> None:
    talk = call(net, content)
    await talk.start()
    await typed.keyed(talk, "9")
    assert await typed.keyed(talk, "5") == (GREETING,)
    assert (await typed.said(talk, "when is my bin collected"))[0] == Say(text="In English.")


async def test_a_key_may_lead_on_into_the_dialogue_and_its_open_questions_lead_back(
    net: SafetyNet, content: WelshContent
) -> None:
    means = {**content.answers, "2": WelshAnswer(means="what can i recycle")}
    dialogue = Dialogue()
    talk = call(net, content.model_copy(update={"answers": means}), dialogue=dialogue)
    await talk.start()
    await typed.keyed(talk, "9")
    acts = await typed.keyed(talk, "2")
    assert [(turn.text, turn.language) for turn in dialogue.turns] == [("", "en-GB"), ("what can i recycle", CODE)]
    assert acts[0] == Say(text="In English."), "what is not written in Welsh is said as it is"
    assert talk.asked is not None
    assert (talk.asked.slot, talk.asked.text) == (WELSH_SLOT, content.menu_again)
    await typed.keyed(talk, "5")
    await typed.said(talk, "when is my bin collected")
    assert dialogue.turns[-1].language == "en-GB"


async def test_whom_the_dialogue_puts_through_in_welsh_is_known_to_want_it(
    net: SafetyNet, content: WelshContent
) -> None:
    dialogue = Dialogue(Say(text="I'll put you through."), Transfer(queue="housing", reason="Wants a person."))
    talk = call(net, content, dialogue=dialogue)
    await talk.start()
    await typed.keyed(talk, "9")
    dialogue.sure = True
    acts = await typed.said(talk, "council housing repairs")
    assert acts[-1] == Transfer(queue="housing", reason="Wants a person. Wants to speak Welsh.")


async def test_a_question_of_the_dialogue_in_welsh_is_asked_again_in_welsh(
    net: SafetyNet, content: WelshContent
) -> None:
    question = Ask(slot="bin", text="Pa fin yw e?", language=CODE, keypad={"1": "rubbish"}, retries=("Pwyswch 1.",))
    dialogue = Dialogue(question)
    dialogue.sure = True
    talk = call(net, content, dialogue=dialogue)
    await talk.start()
    await typed.keyed(talk, "9")
    assert (await typed.said(talk, "my bin"))[-1] == question
    again = talk.silence(0.0)
    assert only_welsh(again) and again[-1] == question.model_copy(update={"text": "Pwyswch 1."})
    assert only_welsh(talk.not_understood(0.0))
    acts = await typed.keyed(talk, "0")
    assert only_welsh(acts) and isinstance(acts[-1], Transfer)


async def test_words_that_were_heard_badly_are_not_taken_for_english(net: SafetyNet, content: WelshContent) -> None:
    dialogue = Dialogue()
    dialogue.sure = True
    talk = call(net, content, dialogue=dialogue)
    await talk.start()
    await typed.keyed(talk, "9")
    acts = await talk.said(Transcript("my gener boy em garden waste", 0.43), 0.0)
    assert acts[0] == Say(text=content.keys_only, language=CODE)
    await talk.said(Transcript("garden waste", 0.95), 0.0)
    assert dialogue.turns[-1].text == "garden waste"


@pytest.mark.parametrize(
    ("said", "wished"),
    [("english", True), ("in English please.", True), ("i need an english test", False), ("saesneg", False)],
)
def test_what_asks_for_english(said: str, wished: bool) -> None:
    assert wishes_english(said) is wished


async def test_an_emergency_is_told_in_welsh(net: SafetyNet, content: WelshContent) -> None:
    talk = call(net, content)
    await talk.start()
    await typed.keyed(talk, "9")
    acts = await typed.said(talk, "my kitchen is on fire")
    assert acts[0] == Say(text=content.scripts["life_at_risk"], interruptible=False, language=CODE)
    assert talk.ledger.emergency == "life_at_risk"
    talk = call(net, content)
    await talk.start()
    await typed.keyed(talk, "9")
    acts = await typed.keyed(talk, "4")
    assert "999" in str(acts[0])
    assert isinstance(acts[-1], Transfer)
    assert (acts[-1].queue, acts[-1].priority) == ("priority_human", "urgent")


async def test_it_is_offered_to_everybody_where_the_settings_say_so(net: SafetyNet, content: WelshContent) -> None:
    acts = await call(net, content, offered=True).start()
    assert [getattr(act, "language", "") for act in acts] == ["", CODE, ""]
    assert await call(net, content).start() == (GREETING,)


def test_every_safety_script_is_there_in_welsh_with_its_numbers(content: WelshContent) -> None:
    rules = load_rules(PROJECT / "safety" / "rules.yml").rules
    assert set(content.scripts) == {rule.id for rule in rules}
    for rule in rules:
        for number in ("999", "0800 111 999", "105", "116 123"):
            assert (number in rule.script) <= (number in content.scripts[rule.id]), (rule.id, number)


def test_a_welsh_that_lacks_something_is_named(tmp_path: Path) -> None:
    assert load_welsh(tmp_path) is None
    (tmp_path / "cy").mkdir()
    (tmp_path / "cy" / "welsh.yml").write_text("owner: x")
    with pytest.raises(ConfigurationError, match=r"welsh\.yml: .*menu"):
        load_welsh(tmp_path)
    whole = (PROJECT / "cy" / "welsh.yml").read_text("utf-8")
    both = whole.replace('    queue: ""', '    means: "what can i recycle"', 1)
    (tmp_path / "cy" / "welsh.yml").write_text(both, "utf-8")
    with pytest.raises(ConfigurationError, match=r"answers\.1: .*either a text"):
        load_welsh(tmp_path)


def test_the_right_voice_speaks_it() -> None:
    voice = Tongues(open_voice("espeak"), {CODE: open_voice("espeak:cy")})
    text = "Rydym yn casglu'r bin glas bob yn ail wythnos."
    welsh = voice.render(SpokenText(text, language=CODE), 8000).samples
    english = voice.render(SpokenText(text), 8000).samples
    assert len(welsh) > 8000
    assert len(welsh) != len(english) or not np.array_equal(welsh, english)
