"""How soon callers are taken: the queues of the safety rules first, then what a need says."""

import pytest

from voicebot.dialogue.acts import Priority, Say, Transfer
from voicebot.facts.model import NEVER_CLOSE
from voicebot.session.duty import in_order


@pytest.mark.parametrize("queue", sorted(NEVER_CLOSE))
def test_whoever_goes_to_a_duty_queue_goes_first(queue: str) -> None:
    assert in_order(Transfer(queue=queue)) == Transfer(queue=queue, priority="urgent")


@pytest.mark.parametrize(
    ("least", "priority", "made"),
    [
        ("normal", "normal", "normal"),
        ("high", "normal", "high"),
        ("normal", "high", "high"),
        ("high", "urgent", "urgent"),
        ("urgent", "normal", "high"),  # the queue may be closed, and only an urgent call rings it then
    ],
)
def test_a_need_that_presses_is_never_taken_later_than_it_says(
    least: Priority, priority: Priority, made: Priority
) -> None:
    assert in_order(Transfer(queue="benefits", priority=priority), least) == Transfer(queue="benefits", priority=made)


def test_other_acts_stay_as_they_are() -> None:
    assert in_order(Say(text="Hello."), "urgent") == Say(text="Hello.")
