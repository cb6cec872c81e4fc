"""Calls a second, with time as the test wants it."""

from hypothesis import given
from hypothesis import strategies as st

from voicebot.telephony.pace import CallPace


def test_a_second_brings_as_many_as_it_may() -> None:
    pace = CallPace(2.0, 100.0)
    assert [pace.admits(100.0) for _ in range(3)] == [True, True, False]
    assert [pace.admits(100.5), pace.admits(100.5)] == [True, False]
    assert sum(pace.admits(1000.0) for _ in range(9)) == 2


def test_less_than_one_a_second_still_lets_one_in() -> None:
    pace = CallPace(0.1, 0.0)
    assert pace.admits(0.0) and not pace.admits(5.0) and pace.admits(10.0)


@given(st.floats(0.1, 50), st.lists(st.floats(0, 2), min_size=1, max_size=60))
def test_no_more_than_the_pace_ever(rate: float, gaps: list[float]) -> None:
    pace, now, admitted = CallPace(rate, 0.0), 0.0, 0
    for gap in gaps:
        now += gap
        admitted += pace.admits(now)
    assert admitted <= max(rate, 1.0) + now * rate + 1e-6
