"""Who is served when hearing falls behind. Times are given, none is waited for."""

from voicebot.speech.admission import Admission


def test_everybody_is_served_while_there_is_no_lag() -> None:
    admission = Admission(1500)
    assert admission.admits("a", 0, 0.0, speculative=True)
    assert admission.admits("b", 300, 1.0, speculative=True)
    assert not admission.behind(0, 1.0)


def test_guesses_go_first() -> None:
    admission = Admission(1500)
    assert not admission.admits("a", 400, 0.0, speculative=True)
    assert admission.admits("a", 400, 0.0, speculative=False)
    assert admission.admits("new", 1400, 0.0, speculative=False)


def test_a_measured_lag_refuses_new_calls_and_keeps_those_in_progress() -> None:
    admission = Admission(1500)
    assert admission.admits("old", 0, 0.0, speculative=False)
    admission.waited(1600, 1.0)
    assert admission.behind(0, 1.0)
    assert not admission.admits("new", 0, 1.0, speculative=False)
    assert admission.admits("old", 0, 1.0, speculative=False)
    assert not admission.admits("old", 0, 1.0, speculative=True)


def test_new_calls_come_back_when_the_lag_is_well_below_the_limit() -> None:
    admission = Admission(1500)
    admission.waited(1600, 1.0)
    assert admission.behind(0, 2.0)
    admission.waited(1000, 12.0)
    assert admission.behind(0, 12.0), "below the limit, but not below half of it"
    assert admission.lag_ms(12.0) == 1000
    assert not admission.behind(0, 23.0)
    assert admission.admits("new", 0, 23.0, speculative=False)


def test_an_expected_wait_counts_before_anybody_has_waited() -> None:
    admission = Admission(1500)
    assert not admission.admits("new", 2000, 0.0, speculative=False)


def test_a_call_that_was_silent_for_long_is_new_again() -> None:
    admission = Admission(1500)
    assert admission.admits("a", 0, 0.0, speculative=False)
    admission.waited(2000, 400.0)
    assert not admission.admits("a", 0, 401.0, speculative=False)
