"""Barge-in, echo and play-head together, on real (synthesised) speech."""

import numpy as np
import pytest

from tests.turns.espeak_voice import Samples, burst, noise, over, quiet, speech
from voicebot.audio.frames import AudioFrame
from voicebot.dialogue.acts import Profile
from voicebot.turns.barge_in import BargeIn, BargeInAction, is_backchannel
from voicebot.turns.ear import NoInput, TurnEnded
from voicebot.turns.echo import EchoWatch
from voicebot.turns.floor import BargedIn, Floor, FloorEvent
from voicebot.turns.mouth import PieceFinished, SpokenPiece

RATE, MS = 8000, 8
PROMPT = speech(
    "You have come through to the council. I can help with bins, council tax, housing repairs and much more. "
    "Please tell me in a few words what you are calling about today, and I will do my best to help you with it.",
    voice="en+f2",
)


def talk(
    floor: Floor, caller: Samples, echo_gain: float = 0.0, echo_delay_ms: int = 120
) -> tuple[list[FloorEvent], Samples]:
    """Run a floor against a caller whose phone returns what it plays; gives the events and what was said."""
    line = noise(len(caller) / MS, dbfs=-60, seed=7)
    said = np.zeros(len(caller) + 160, np.int16)
    events: list[FloorEvent] = []
    delay = echo_delay_ms * MS
    for start in range(0, len(caller) - 159, 160):
        heard = over(caller[start : start + 160], line[start : start + 160])
        if echo_gain and start >= delay:
            heard = over(heard, (said[start - delay : start - delay + 160] * echo_gain).astype(np.int16))
        step, out = floor.step(AudioFrame(heard, RATE, start))
        events.extend(step)
        if out is not None:
            said[start : start + 160] = out
    return events, said[: len(caller)]


def prompted(interruptible: bool = True) -> Floor:
    floor = Floor(RATE)
    floor.mouth.say(SpokenPiece("welcome", "welcome words", PROMPT, interruptible))
    return floor


def silent_from(said: Samples) -> int:
    """Index of the last sample that was not silent, plus one."""
    return int(np.flatnonzero(said)[-1]) + 1


@pytest.mark.parametrize("words", ["my bin was not collected", "no, that is wrong", "can I speak to someone please"])
def test_real_speech_stops_the_bot_at_once(words: str) -> None:
    caller = np.concatenate([quiet(2000), speech(words), quiet(1500)])
    events, said = talk(prompted(), caller)
    (barged,) = [event for event in events if isinstance(event, BargedIn)]
    assert silent_from(said) - 2000 * MS <= 120 * MS
    assert 0 < barged.heard[0].fraction < 0.4
    assert any(isinstance(event, TurnEnded) for event in events)


def test_a_cough_does_not_stop_the_bot() -> None:
    caller = np.concatenate([quiet(1500), burst(300), quiet(len(PROMPT) / MS)])
    events, _ = talk(prompted(), caller)
    (finished,) = [event for event in events if isinstance(event, PieceFinished)]
    assert finished.heard.complete
    assert not any(isinstance(event, BargedIn) for event in events)


def test_a_short_mhm_pauses_and_the_bot_goes_on() -> None:
    caller = np.concatenate([quiet(1500), speech("mm")[: 180 * MS], quiet(len(PROMPT) / MS + 1000)])
    events, said = talk(prompted(), caller)
    (finished,) = [event for event in events if isinstance(event, PieceFinished)]
    assert finished.heard.complete
    assert np.count_nonzero(said) >= np.count_nonzero(PROMPT) * 0.95


def test_a_locked_prompt_is_not_interrupted() -> None:
    caller = np.concatenate([quiet(1500), speech("but wait a moment please"), quiet(len(PROMPT) / MS)])
    events, said = talk(prompted(interruptible=False), caller)
    assert np.array_equal(said[: len(PROMPT)], PROMPT)
    assert not any(isinstance(event, BargedIn) for event in events)
    assert any(isinstance(event, TurnEnded) for event in events)


@pytest.mark.parametrize("delay_ms", [40, 120, 250, 375])
@pytest.mark.parametrize("gain_db", [-10, -15, -25])
def test_the_bots_own_echo_does_not_stop_it(gain_db: int, delay_ms: int) -> None:
    floor = prompted()
    caller = quiet(len(PROMPT) / MS + 3000)
    events, _ = talk(floor, caller, 10 ** (gain_db / 20), delay_ms)
    assert not any(isinstance(event, BargedIn) for event in events)
    (finished,) = [event for event in events if isinstance(event, PieceFinished)]
    assert finished.heard.complete


def test_a_caller_is_heard_over_the_echo() -> None:
    floor = prompted()
    caller = np.concatenate([quiet(5000), speech("no, my bin was not collected"), quiet(1000)])
    events, said = talk(floor, caller, 10 ** (-20 / 20), 160)
    assert any(isinstance(event, BargedIn) for event in events)
    assert silent_from(said) - 5000 * MS <= 200 * MS


def test_no_input_waits_until_the_bot_has_spoken() -> None:
    floor = Floor(RATE)
    floor.mouth.say(SpokenPiece("q", "What is it about?", PROMPT[: 2000 * MS]))
    floor.ear.expect(Profile.NORMAL, no_input_ms=1500)
    events, _ = talk(floor, quiet(5000))
    (missing,) = [event for event in events if isinstance(event, NoInput)]
    assert missing.position == pytest.approx(3500 * MS, abs=320)


def test_echo_path_is_learned_and_forgotten() -> None:
    watch = EchoWatch()
    line = noise(20000, dbfs=-66)
    for start in range(0, len(PROMPT) - 160, 160):
        late = start - 200 * MS
        echo = (PROMPT[late : late + 160] * 0.1).astype(np.int16) if late >= 0 else quiet(20)
        watch.step(over(echo, line[start : start + 160]), PROMPT[start : start + 160])
    assert watch.path is not None
    assert watch.path[0] == pytest.approx(200, abs=20)
    assert watch.path[1] == pytest.approx(-20, abs=2)
    for start in range(0, len(PROMPT) - 160, 160):
        watch.step(line[start : start + 160], PROMPT[start : start + 160])
    assert watch.path is None


@pytest.mark.parametrize("voice", ["en+m3", "en+f2", "en+m1"])
def test_independent_speech_is_no_echo(voice: str) -> None:
    watch = EchoWatch()
    other = speech("hello I wanted to ask about my council tax bill because it is wrong", voice=voice, peak=0.1)
    for start in range(0, len(other) - 160, 160):
        assert not watch.step(other[start : start + 160], PROMPT[start : start + 160])


def test_partial_words_yield_at_once() -> None:
    barge_in = BargeIn()
    for _ in range(2):
        action = barge_in.feed(True, speaking=True, interruptible=True)
    assert action is BargeInAction.PAUSE
    barge_in.words("mhm")
    assert barge_in.feed(False, speaking=True, interruptible=True) is None
    barge_in.words("no wait")
    assert barge_in.feed(False, speaking=True, interruptible=True) is BargeInAction.YIELD
    assert not barge_in.holding


def test_a_pause_always_ends() -> None:
    barge_in = BargeIn()
    pattern = [True, True, *[False, False, True, False] * 20]
    actions = [barge_in.feed(voiced, speaking=True, interruptible=True) for voiced in pattern]
    first = actions.index(BargeInAction.PAUSE)
    assert any(action is not None for action in actions[first + 1 : first + 46])


@pytest.mark.parametrize(
    ("text", "expected"), [("mhm", True), ("Uh-huh.", True), ("yeah", True), ("no", False), ("right so no", False)]
)
def test_backchannels(text: str, expected: bool) -> None:
    assert is_backchannel(text) is expected
