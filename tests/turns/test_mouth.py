"""The player: order, play-head, cuts without clicks, hold sound."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from voicebot.turns.mouth import Heard, Mouth, PieceFinished, PieceStarted, SpokenPiece, words_heard

RATE = 8000


def tone(ms: int, amplitude: int = 8000, hertz: float = 200) -> NDArray[np.int16]:
    phase = 2 * np.pi * hertz * np.arange(ms * RATE // 1000) / RATE
    return (amplitude * np.cos(phase)).astype(np.int16)


def play(mouth: Mouth, ms: int) -> NDArray[np.int16]:
    frames = [mouth.next_frame() for _ in range(ms // 20)]
    return np.concatenate([np.zeros(160, np.int16) if frame is None else frame for frame in frames])


def steepest(samples: NDArray[np.int16]) -> int:
    return int(np.abs(np.diff(samples.astype(np.int32))).max())


SMOOTH = steepest(tone(100))


def test_pieces_follow_each_other_without_a_gap() -> None:
    mouth = Mouth(RATE)
    first, second = tone(50), tone(70, hertz=300)
    mouth.say(SpokenPiece("a", "one", first))
    mouth.say(SpokenPiece("b", "two", second))
    assert mouth.remaining_ms == 120
    out = play(mouth, 140)
    assert np.array_equal(out[:960], np.concatenate([first, second]))
    assert not out[960:].any()
    assert mouth.take_events() == (
        PieceStarted(0, "a", 0),
        PieceFinished(400, "a", Heard("a", "one", 1.0)),
        PieceStarted(400, "b", 400),
        PieceFinished(960, "b", Heard("b", "two", 1.0)),
    )
    assert mouth.take_events() == ()
    assert mouth.next_frame() is None
    assert mouth.position == 8 * 160
    assert not mouth.speaking


def test_pause_is_immediate_smooth_and_resumes_in_place() -> None:
    mouth = Mouth(RATE)
    piece = tone(400)
    mouth.say(SpokenPiece("a", "one two", piece))
    before = play(mouth, 100)
    mouth.pause()
    fading = play(mouth, 20)
    assert fading[:40].any()
    assert not fading[40:].any()
    assert mouth.next_frame() is None
    assert mouth.speaking
    assert not mouth.audible
    assert mouth.heard("a").fraction == 0.25
    mouth.resume()
    after = play(mouth, 340)
    assert steepest(np.concatenate([before, fading, np.zeros(160, np.int16), after[: 280 * 8]])) <= SMOOTH * 2
    assert np.array_equal(after[40 : 300 * 8], piece[100 * 8 + 40 :])
    assert mouth.heard("a").complete


def test_resume_may_rewind() -> None:
    mouth = Mouth(RATE)
    mouth.say(SpokenPiece("a", "one two", tone(400)))
    play(mouth, 100)
    mouth.pause()
    mouth.resume(rewind_ms=60)
    assert mouth.heard("a").fraction == pytest.approx(0.1)


def test_stop_tells_what_was_heard_and_does_not_click() -> None:
    mouth = Mouth(RATE)
    mouth.say(SpokenPiece("a", "Your bin is collected on Tuesday", tone(1000)))
    mouth.say(SpokenPiece("b", "Goodbye", tone(300)))
    before = play(mouth, 500)
    assert mouth.stop() == [Heard("a", "Your bin is", 0.5), Heard("b", "", 0.0)]
    assert steepest(np.concatenate([before, play(mouth, 40)])) <= SMOOTH * 2
    assert not mouth.speaking
    assert mouth.take_events()[-1] == PieceFinished(4000, "a", Heard("a", "Your bin is", 0.5))
    assert mouth.heard("a").text == "Your bin is"
    with pytest.raises(KeyError):
        mouth.heard("never")


def test_saying_something_new_right_after_a_stop_is_smooth() -> None:
    mouth = Mouth(RATE)
    mouth.say(SpokenPiece("a", "one", tone(1000)))
    before = play(mouth, 100)
    mouth.stop()
    mouth.say(SpokenPiece("b", "two", tone(300)))
    assert steepest(np.concatenate([before, play(mouth, 100)])) <= SMOOTH * 2


def test_hold_sound_loops_between_pieces() -> None:
    mouth = Mouth(RATE)
    sound = tone(50, 2000)
    mouth.hold(sound)
    looped = play(mouth, 200)
    assert np.array_equal(looped[400:800], sound)
    assert not mouth.speaking
    mouth.say(SpokenPiece("a", "one", tone(100)))
    spoken = play(mouth, 100)
    assert np.array_equal(spoken[40:800], tone(100)[40:])
    mouth.hold(None)
    assert mouth.next_frame() is None


def test_interruptible_is_that_of_the_piece_in_front() -> None:
    mouth = Mouth(RATE)
    states = [mouth.interruptible]
    mouth.say(SpokenPiece("a", "Leave the house now", tone(40), interruptible=False))
    mouth.say(SpokenPiece("b", "Anything else?", tone(40)))
    for _ in range(2):
        states.append(mouth.interruptible)
        play(mouth, 40)
    assert states == [True, False, True]


@pytest.mark.parametrize(
    ("text", "fraction", "heard"),
    [
        ("one two three", 0.0, ""),
        ("one two three", 0.3, "one"),
        ("one two three", 0.6, "one two"),
        ("one two three", 0.99, "one two"),
        ("one two three", 1.0, "one two three"),
        ("", 0.5, ""),
    ],
)
def test_words_heard(text: str, fraction: float, heard: str) -> None:
    assert words_heard(text, fraction) == heard


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from(["say", "empty", "pause", "resume", "stop", "hold", "quiet", "play"]), max_size=60))
def test_any_use_keeps_the_books(actions: list[str]) -> None:
    mouth = Mouth(RATE)
    open_piece: str | None = None
    last = 0
    for index, action in enumerate(actions):
        match action:
            case "say":
                mouth.say(SpokenPiece(str(index), "some words here", tone(30)))
            case "empty":
                mouth.say(SpokenPiece(str(index), "", tone(0)))
            case "pause":
                mouth.pause()
            case "resume":
                mouth.resume(10)
            case "stop":
                mouth.stop()
            case "hold":
                mouth.hold(tone(25))
            case "quiet":
                mouth.hold(None)
            case _:
                frame = mouth.next_frame()
                assert frame is None or (len(frame) == 160 and frame.dtype == np.int16)
        for event in mouth.take_events():
            assert event.position >= last
            last = event.position
            if isinstance(event, PieceStarted):
                assert open_piece is None
                open_piece = event.id
            else:
                assert open_piece == event.id
                assert 0.0 <= event.heard.fraction <= 1.0
                open_piece = None


class Buffer:
    """A line that has not played the last samples of what it was given."""

    def __init__(self, unheard: int) -> None:
        self.unheard = unheard
        self.cleared = 0

    def clear(self) -> None:
        self.cleared += 1
        self.unheard = 0


def test_what_the_line_has_not_played_was_not_heard_and_is_thrown_away_at_a_stop() -> None:
    line = Buffer(800)
    mouth = Mouth(RATE, line)
    mouth.say(SpokenPiece("a", "one two three four five six seven eight", tone(400)))
    play(mouth, 200)
    (heard,) = mouth.stop()
    assert heard.fraction == 0.25
    assert heard.text == "one two"
    assert line.cleared == 1
    assert mouth.next_frame() is None, "no ramp after what was cut off elsewhere"


def test_a_pause_takes_back_what_was_not_heard_and_a_resume_says_it_again() -> None:
    line = Buffer(800)
    mouth = Mouth(RATE, line)
    piece = tone(400)
    mouth.say(SpokenPiece("a", "one two", piece))
    play(mouth, 200)
    mouth.pause()
    assert not play(mouth, 100).any()
    mouth.resume()
    again = play(mouth, 300)
    assert np.array_equal(again[40:2400], piece[840:3200])
    assert [type(event) for event in mouth.take_events()] == [PieceStarted, PieceFinished]
    assert line.cleared == 1


def test_a_pause_before_anything_was_heard_does_not_begin_the_piece_twice() -> None:
    mouth = Mouth(RATE, Buffer(4000))
    mouth.say(SpokenPiece("a", "one two", tone(400)))
    play(mouth, 60)
    mouth.pause()
    mouth.resume()
    play(mouth, 400)
    assert [type(event) for event in mouth.take_events()] == [PieceStarted, PieceFinished]


def test_a_line_that_has_played_everything_is_not_cleared() -> None:
    line = Buffer(0)
    mouth = Mouth(RATE, line)
    mouth.say(SpokenPiece("a", "one two", tone(400)))
    play(mouth, 100)
    mouth.stop()
    assert line.cleared == 0
    assert play(mouth, 20).any(), "the ramp"
    mouth.stop()
    assert line.cleared == 0
