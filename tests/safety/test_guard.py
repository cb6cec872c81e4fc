"""One call's safety: asking, answering, raising once."""

import pytest

from voicebot.safety.denial import is_denial
from voicebot.safety.detector import SafetyNet
from voicebot.safety.guard import Alarm, AskFirst, Clear, SafetyGuard

UNSURE = "I'm worried about the old man next door, he's confused"


@pytest.fixture
def guard(safety_net: SafetyNet) -> SafetyGuard:
    return SafetyGuard(safety_net)


def test_certain_raises_the_alarm_with_the_locked_script(guard: SafetyGuard, safety_net: SafetyNet) -> None:
    verdict = guard.hear("there is a really strong smell of gas in my kitchen")
    assert isinstance(verdict, Alarm)
    assert verdict.rule == "gas_or_co" and verdict.queue == "gas_emergency"
    assert verdict.script == safety_net.rules.by_id("gas_or_co").script
    assert "0800 111 999" in verdict.script and not verdict.asked_first


def test_the_same_alarm_is_raised_once_and_another_still_counts(guard: SafetyGuard) -> None:
    assert isinstance(guard.hear("I can smell gas in my kitchen"), Alarm)
    assert guard.hear("yes I told you I can smell gas") == Clear("yes I told you I can smell gas")
    assert isinstance(guard.hear("and now my husband has collapsed on the floor"), Alarm)


@pytest.mark.parametrize("answer", ["no", "No, nothing like that.", "nope", "no no he's fine", "of course not"])
def test_no_drops_it_and_hands_on_the_first_words(guard: SafetyGuard, answer: str) -> None:
    asked = guard.hear(UNSURE)
    assert isinstance(asked, AskFirst) and guard.pending == asked.rule
    verdict = guard.hear(answer)
    assert isinstance(verdict, Clear)
    assert verdict.text.startswith(UNSURE) and verdict.dropped == asked.rule
    assert isinstance(guard.hear(UNSURE), Clear)
    assert guard.no_answer() is None


def test_more_than_a_no_is_handed_on_with_the_first_words(guard: SafetyGuard) -> None:
    guard.hear(UNSURE)
    verdict = guard.hear("no I would like to arrange meals on wheels")
    assert verdict == Clear(f"{UNSURE}. no I would like to arrange meals on wheels", "abuse_adult")


@pytest.mark.parametrize("answer", ["yes", "aye", "I think so", "I don't know", "maybe", "what", "no I'm not safe", ""])
def test_yes_and_unclear_raise_the_alarm(guard: SafetyGuard, answer: str) -> None:
    guard.hear(UNSURE)
    verdict = guard.hear(answer)
    assert isinstance(verdict, Alarm) and verdict.asked_first


def test_silence_raises_the_alarm(guard: SafetyGuard) -> None:
    assert guard.no_answer() is None
    guard.hear(UNSURE)
    assert isinstance(guard.no_answer(), Alarm)
    assert guard.no_answer() is None


def test_keys_answer_only_a_pending_question(guard: SafetyGuard) -> None:
    assert guard.press("1") is None
    guard.hear(UNSURE)
    assert isinstance(guard.press("5"), AskFirst)
    assert guard.press("2") == Clear(UNSURE, "abuse_adult")
    guard.hear("there's some damp in the flat")
    assert isinstance(guard.press("1"), Alarm)


def test_a_denied_rule_is_still_raised_when_certain(guard: SafetyGuard) -> None:
    guard.hear(UNSURE)
    guard.hear("no")
    verdict = guard.hear("all right, his son hits him and takes his money")
    assert isinstance(verdict, Alarm) and verdict.rule == "abuse_adult"


def test_a_certain_answer_beats_the_question(guard: SafetyGuard) -> None:
    guard.hear(UNSURE)
    verdict = guard.hear("no but he's not breathing")
    assert isinstance(verdict, Alarm) and verdict.rule == "life_at_risk"


def test_partials_wait_for_what_follows(guard: SafetyGuard) -> None:
    assert isinstance(guard.hear("is there a fire", partial=True), Clear)
    assert isinstance(guard.hear("my husband will kill me", partial=True), Clear)
    assert isinstance(guard.hear(UNSURE, partial=True), Clear)
    assert guard.pending is None
    verdict = guard.hear("my husband's not breathing please come he's", partial=True)
    assert isinstance(verdict, Alarm) and verdict.rule == "life_at_risk"


def test_words_that_look_like_danger_are_told_at_once_and_change_nothing(guard: SafetyGuard) -> None:
    # not yet certain in a partial: what follows could turn it into something else
    assert isinstance(guard.hear("my husband is not breathing", partial=True), Clear)
    assert guard.alarming("my husband is not breathing") and not guard.unconcerned("my husband is not breathing")
    assert not guard.alarming("my bin was not collected")
    assert isinstance(guard.hear("my husband is not breathing"), Alarm)


def test_a_partial_does_not_answer(guard: SafetyGuard) -> None:
    guard.hear(UNSURE)
    assert isinstance(guard.hear("no", partial=True), Clear)
    assert guard.pending


def test_denials() -> None:
    assert is_denial("no thank you") and is_denial("it's fine") and is_denial("not really")
    assert not is_denial("no yes") and not is_denial("yes no") and not is_denial("well I")
