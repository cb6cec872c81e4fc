"""What counts as asking a caller twice, over the words and facts of calls, and in a call whose dialogue forgets."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from voicebot.dialogue.acts import Ask, Fact, FactSource, Hangup, Say, Turn, TurnReply
from voicebot.dialogue.client import Parsed
from voicebot.measure.calls import hold
from voicebot.rehearsal.asked_twice import AskedTwice, Remembering, lasting_facts, said_before_asking_again
from voicebot.rehearsal.script import CallScript
from voicebot.rehearsal.verdict import judge
from voicebot.safety.detector import SafetyNet
from voicebot.session.ledger import TurnEntry
from voicebot.session.nothing_kept import NothingKept
from voicebot.settings import DialogueSettings, Settings
from voicebot.telephony.leg import CallFacts, Direction

PROJECT = Path(__file__).parents[2] / "dialogues"
AGAIN = "those details don't match"
HOME = {"postcode": "ZB3 8LP", "street": "Quarry Close", "house_number": "9"}

Step = tuple[str, str, dict[str, str]]
"""The question, the answer, and what is known after it."""


def repeats(*steps: Step, said: dict[int, str] | None = None) -> list[str]:
    call = AskedTwice({"name", "phone", "postcode", "street", "house_number"}, (AGAIN,))
    for number, (asked, text, known) in enumerate(steps):
        call.caller(text, asked)
        call.knows(known)
        call.bot((said or {}).get(number, "Thank you."))
    return call.repeats


def test_a_question_for_what_is_known_is_one_too_many() -> None:
    known = {"name": "Ann Smith"}
    assert repeats(("need", "it's ann smith about my bin", known), ("name", "ann smith", known)) == ["name"]


def test_so_is_one_for_what_got_lost() -> None:
    steps: list[Step] = [
        ("name", "ann smith", {"name": "Ann Smith"}),
        ("phone", "07700 900123", {"phone": "07700900123"}),
        ("name", "i said ann smith", {"name": "Ann Smith", "phone": "07700900123"}),
    ]
    assert repeats(*steps) == ["name"]


def test_a_question_that_was_not_answered_may_be_asked_again() -> None:
    assert repeats(("name", "hang on", {}), ("name", "ann smith", {"name": "Ann Smith"})) == []


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("address_ok", "no"),
        ("address_ok", "that's next door"),
        ("confirm", "no it's the other one"),
        ("what_to_change", "the house number"),
        ("phone", "sorry i gave you the wrong number"),
        ("phone", "no hang on it's number eleven"),
        ("phone", "can we go back"),
        ("phone", "can we start again"),
    ],
)
def test_who_takes_a_fact_back_is_asked_again(asked: str, text: str) -> None:
    assert repeats(("house_number", "nine", HOME), (asked, text, {}), ("house_number", "eleven", HOME)) == []


@pytest.mark.parametrize("text", ["yes", "that's right", "yes please"])
def test_who_agrees_takes_nothing_back(text: str) -> None:
    steps: list[Step] = [("house_number", "nine", HOME), ("address_ok", text, {}), ("house_number", "nine", HOME)]
    assert repeats(*steps) == ["house_number"]


def test_a_house_number_falls_with_its_street() -> None:
    elsewhere = {"street": "Mill Lane"}
    moved: list[Step] = [("house_number", "nine", HOME), ("phone", "at mill lane", elsewhere)]
    assert repeats(*moved, ("house_number", "nine", elsewhere)) == []


def test_details_that_do_not_fit_are_asked_for_once_more_when_the_bot_says_so() -> None:
    steps: list[Step] = [
        ("account_ref", "12345678", {"account_ref": "12345678"}),
        ("name", "ann smith", {}),
        ("account_ref", "12345678", {"account_ref": "12345678"}),
    ]
    assert repeats(*steps, said={1: f"I'm sorry, {AGAIN} what we hold."}) == []
    assert repeats(*steps) == ["account_ref"]


def test_the_next_report_is_about_another_thing_but_of_the_same_person() -> None:
    steps: list[Step] = [
        ("bin", "blue", {"bin": "blue", "phone": "07700900123"}),
        ("anything_else", "yes my other bin", {}),
        ("bin", "black", {"bin": "black"}),
    ]
    assert repeats(*steps) == []
    assert repeats(*steps, ("phone", "07700 900123", {})) == ["phone"]


def test_a_fact_by_another_name_is_the_same_fact() -> None:
    assert repeats(("postcode", "zb3 8lp", HOME), ("report_postcode", "zb3 8lp", HOME)) == ["report_postcode"]


def test_the_project_says_what_lasts_and_what_is_said_before_asking_again() -> None:
    assert {"name", "phone", "postcode", "address", "date_of_birth"} <= lasting_facts(PROJECT)
    assert any("don't match" in text for text in said_before_asking_again(PROJECT))


def test_a_turn_that_is_told_again_is_the_same_turn() -> None:
    sink = Remembering(NothingKept(), PROJECT)
    sink.begin(CallFacts("call-1", "text", Direction.INBOUND), "NV-1", datetime(2026, 11, 25, tzinfo=UTC))
    answer = TurnEntry(0, "caller", "ann smith", 0.0, "ann smith", asked="name")
    sink.turn("call-1", answer)
    sink.facts("call-1", [Fact(name="name", value="Ann Smith", source=FactSource.SAID)])
    sink.turn("call-1", answer)
    assert sink.asked_twice("call-1") == ()
    assert sink.asked_twice("another") == ()


class Forgetful:
    """A dialogue that learns a name, loses it, and asks again."""

    def __init__(self) -> None:
        self.turns = 0

    async def turn(self, turn: Turn) -> TurnReply:
        self.turns += 1
        name = Ask(slot="name", text="What's your name?")
        phone = Ask(slot="phone", text="What's your number?")
        known = (Fact(name="name", value="Ann Smith", source=FactSource.SAID),)
        match self.turns:
            case 1:
                return TurnReply(acts=(name,))
            case 2:
                return TurnReply(acts=(phone,), facts=known, service="waste")
            case 3:
                return TurnReply(acts=(name,), service="waste")
            case _:
                return TurnReply(acts=(Say(text="Goodbye."), Hangup(outcome="answered")), facts=known, service="waste")

    async def parse(self, text: str) -> Parsed:
        return Parsed(intent="nlu_fallback", confidence=0.0)


async def test_a_rehearsed_call_fails_by_it() -> None:
    script = CallScript.model_validate(
        {
            "name": "forgotten",
            "opening": "ann smith",
            "answers": {"name": "ann smith", "phone": "07700 900123"},
            "expect": {"outcome": "answered"},
        }
    )
    settings = Settings(dialogue=DialogueSettings(project=PROJECT))
    verdict = judge(script, "text", await hold(script, Forgetful(), SafetyNet.load(PROJECT), settings))
    assert verdict.problems == ("the bot asked for name, which it had been told",)
