"""Deadlines: order, replacement, and that those which were stopped hold nothing."""

import gc
import weakref

from hypothesis import given
from hypothesis import strategies as st

from voicebot.telephony.sip.timers import Timers


class _Owner:
    """Something that has deadlines."""


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xy"), st.integers(0, 9)), max_size=200))
def test_deadlines_come_in_order_and_the_last_setting_counts(settings: list[tuple[str, str, int]]) -> None:
    timers = Timers()
    expected: dict[tuple[str, str], int] = {}
    for owner, name, at in settings:
        if at == 0:
            timers.stop(owner, name)
            expected.pop((owner, name), None)
        else:
            timers.start(owner, name, at)
            expected[owner, name] = at
        assert len(timers) == len(expected)
        assert timers.next() == min(expected.values(), default=None)
    given_back = [(key, expected[key]) for key in timers.due(9.0)]  # type: ignore[index]
    assert [at for _, at in given_back] == sorted(expected.values())
    assert {key for key, _ in given_back} == set(expected)
    assert len(timers) == 0


def test_what_was_started_while_others_are_taken_counts_too() -> None:
    timers = Timers()
    timers.start("a", "x", 1.0)
    seen = []
    for owner, name in timers.due(3.0):
        seen.append((owner, name))
        if len(seen) < 3:
            timers.start("a", "x", 1.0 + len(seen))
    assert seen == [("a", "x")] * 3


def test_stopped_deadlines_do_not_hold_their_owners() -> None:
    """A thousand calls that end long before their ring limit."""
    timers = Timers()
    owners = []
    for _ in range(1000):
        owner = _Owner()
        owners.append(weakref.ref(owner))
        timers.start(owner, "ring limit", 180.0)
        timers.start(owner, "repeat", 0.5)
        timers.stop(owner, "repeat")
        timers.stop_all(owner)
        del owner
    gc.collect()
    assert sum(owner() is not None for owner in owners) <= 64
    assert len(timers) == 0
