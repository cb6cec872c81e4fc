"""What ``voicebot understand`` makes of a line, given what the dialogue and the safety net say."""

from voicebot.cli.understand import judge
from voicebot.dialogue.acts import TurnReply
from voicebot.safety.detector import SafetyNet

NOT_UNDERSTOOD = TurnReply(acts=(), need="out_of_scope")


def test_who_asks_for_a_moment_is_not_out_of_scope(safety_net: SafetyNet) -> None:
    judged = judge(safety_net, NOT_UNDERSTOOD, "hang on a minute love")

    assert (judged["service"], judged["need"], judged["queue"]) == ("none", "control", "none")


def test_a_moment_with_something_to_say_is_what_is_said(safety_net: SafetyNet) -> None:
    judged = judge(safety_net, NOT_UNDERSTOOD, "hang on i want to change my bin day")

    assert judged["need"] == "out_of_scope"


def test_danger_comes_before_a_moment(safety_net: SafetyNet) -> None:
    judged = judge(safety_net, NOT_UNDERSTOOD, "hang on the house is on fire")

    assert judged["need"] == "emergency"
