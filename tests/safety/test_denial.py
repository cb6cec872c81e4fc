"""What is denied for good, and what only for now."""

from pathlib import Path

import pytest

from voicebot.safety.denial import is_denial, taken_back
from voicebot.safety.detector import Certainty, SafetyNet
from voicebot.safety.guard import Alarm, Clear, SafetyGuard
from voicebot.safety.rules import RULES_FILE, load_rules
from voicebot.safety.words import split

PROJECT = Path(__file__).parents[2] / "dialogues"
UNSURE = "I'm worried about the old man next door, he's confused"


@pytest.fixture(scope="module")
def patterns() -> SafetyNet:
    return SafetyNet(load_rules(PROJECT / RULES_FILE))


@pytest.mark.parametrize(
    "said",
    [
        "no, not today, but he does",
        "no he's out at the minute but he'll be back at six",
        "not now no, though he will when he's had a drink",
        "no nothing now but there was this morning",
        "not right now he's asleep only when he wakes up",
        "no it's stopped now and then it starts again",
    ],
)
def test_a_denial_that_is_taken_back_is_none(said: str) -> None:
    assert taken_back(split(said)) and not is_denial(said)


@pytest.mark.parametrize(
    "said",
    [
        "no not today thank you",
        "no but the boiler won't start",
        "no nobody's hurt but it's blocking the pavement",
        "no it's fine but it wants mending",
        "no, I only want my bin emptied",
        "no that was last year",
    ],
)
def test_a_denial_with_something_else_to_say_stays_one(said: str) -> None:
    assert is_denial(said)


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ("he isn't hitting me today but he does", "abuse_adult"),
        ("there's no smell of gas at the moment but it comes back", "gas_or_co"),
        ("they're not beating the kids tonight but they did last night", "abuse_child"),
    ],
)
def test_what_is_denied_for_now_is_asked_about(patterns: SafetyNet, said: str, rule: str) -> None:
    found = {one.rule.id: one for one in patterns.findings(said)}
    assert found[rule].certainty is Certainty.ASK and found[rule].denied_for_now


def test_what_is_denied_for_good_is_not(patterns: SafetyNet) -> None:
    assert patterns.check("he isn't hitting me and he never has") is None
    assert patterns.check("there's no smell of gas but the boiler won't start") is None


def test_who_says_not_now_but_later_is_not_let_go(safety_net: SafetyNet) -> None:
    guard = SafetyGuard(safety_net)
    guard.hear(UNSURE)
    verdict = guard.hear("no not now his son's gone out but he'll be back tonight")
    assert isinstance(verdict, Alarm) and verdict.asked_first


def test_who_says_no_and_goes_on_is_heard(safety_net: SafetyNet) -> None:
    guard = SafetyGuard(safety_net)
    guard.hear(UNSURE)
    assert isinstance(guard.hear("no but his bin wasn't emptied"), Clear)
