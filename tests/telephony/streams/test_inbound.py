"""Incoming audio: paced, in order, and never a word thrown away."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from voicebot.telephony.streams.inbound import MOST_MS, InboundAudio

LOUD = 5000


def piece(value: int, length: int = 160) -> NDArray[np.int16]:
    return np.full(length, value, np.int16)


def values(audio: InboundAudio, ticks: int) -> list[int]:
    """The first sample of each frame heard; -1 for one that did not come."""
    frames = [audio.get() for _ in range(ticks)]
    return [-1 if frame.concealed else int(frame.samples[0]) for frame in frames]


def test_it_begins_with_a_little_delay_and_marks_what_did_not_come() -> None:
    audio = InboundAudio(8000)
    assert values(audio, 2) == [-1, -1]
    audio.put(piece(1), 1)
    assert values(audio, 1) == [-1]
    audio.put(piece(2), 2)
    assert values(audio, 3) == [1, 2, -1]
    assert audio.position == 6 * 160


@pytest.mark.parametrize("length", [80, 160, 240, 480])
def test_pieces_of_any_length_become_frames(length: int) -> None:
    audio = InboundAudio(8000)
    for value in range(1, 1 + 2400 // length):
        audio.put(piece(value, length))
    heard = [audio.get() for _ in range(15)]
    assert {len(frame.samples) for frame in heard} == {160}
    assert not any(frame.concealed for frame in heard)
    said = np.repeat(np.arange(1, 1 + 2400 // length), length)
    assert (np.concatenate([frame.samples for frame in heard]) == said).all()


def test_pieces_out_of_order_and_twice_are_put_right() -> None:
    audio = InboundAudio(8000)
    for number in (1, 3, 2, 2, 4, 1):
        audio.put(piece(number), number)
    assert values(audio, 5) == [1, 2, 3, 4, -1]
    assert audio.stats.late == 2


def test_a_piece_that_never_comes_is_passed_over() -> None:
    audio = InboundAudio(8000)
    for number in (1, 2, 4, 5, 6, 7):
        audio.put(piece(number), number)
    assert values(audio, 6) == [1, 2, 4, 5, 6, 7]
    assert audio.stats.lost == 1


def test_numbers_that_jump_begin_anew() -> None:
    audio = InboundAudio(8000)
    for number in (1, 2, 1_000_000, 1_000_001, 3):
        audio.put(piece(number % 1000 + 1), number)
    assert values(audio, 5) == [2, 3, 1, 2, 4]


def test_after_a_stall_every_word_is_heard_and_the_delay_goes_in_the_next_pause() -> None:
    audio = InboundAudio(8000)
    said = 0

    def tick(*pieces: int) -> int:
        for value in pieces:
            audio.put(piece(value))
        return values(audio, 1)[0]

    heard = []
    for _ in range(20):
        said += 1
        heard.append(tick(LOUD + said))
    heard += [tick() for _ in range(25)]  # half a second of nothing
    burst = [LOUD + said + n for n in range(1, 26)]
    said += 25
    heard.append(tick(*burst))
    for _ in range(60):
        said += 1
        heard.append(tick(LOUD + said))
    delay = audio.waiting
    assert delay > 20 * 160
    heard += [tick(0) for _ in range(200)]
    words = [value for value in heard if value > LOUD]
    assert len(words) >= said - 8, "a few frames are faded into each other, none is left out"
    assert words == sorted(words)
    assert audio.waiting <= 3 * 160
    assert audio.stats.lost == audio.stats.overflowed_frames == 0


def test_a_pause_of_the_stream_is_a_new_beginning() -> None:
    audio = InboundAudio(8000)
    for _ in range(3):
        audio.put(piece(7))
    assert values(audio, 15) == [7, 7, 7] + [-1] * 12
    audio.put(piece(8))
    assert values(audio, 1) == [-1]
    audio.put(piece(9))
    assert values(audio, 2) == [8, 9]


def test_what_waits_is_bounded() -> None:
    audio = InboundAudio(8000)
    for _ in range(1000):
        audio.put(piece(LOUD))
    assert audio.waiting == 8 * MOST_MS
    assert audio.stats.overflowed_frames == 1000 - MOST_MS // 20


@given(
    st.lists(st.one_of(st.none(), st.tuples(st.integers(0, 50), st.integers(1, 900))), max_size=200),
    st.sampled_from([8000, 16000]),
)
def test_whatever_comes_frames_go_out(script: list[tuple[int, int] | None], rate: int) -> None:
    audio = InboundAudio(rate)
    ticks = 0
    for step in script:
        if step is None:
            frame = audio.get()
            assert len(frame.samples) == rate // 50
            assert frame.position == ticks * rate // 50
            ticks += 1
        else:
            audio.put(piece(LOUD, step[1]), step[0])
        assert 0 <= audio.waiting <= rate * MOST_MS // 1000


@given(st.integers(0, 12), st.data())
def test_ordinary_jitter_loses_nothing(most: int, data: st.DataObject) -> None:
    """Pieces late by up to so many frames, in order, as TCP delivers them."""
    audio = InboundAudio(8000)
    due: list[int] = []
    at = 0
    for number in range(100):
        at = max(at, number + data.draw(st.integers(0, most)))
        due.append(at)
    heard: list[int] = []
    number = 0
    for tick in range(200):
        while number < 100 and due[number] <= tick:
            audio.put(piece(LOUD + number), number)
            number += 1
        heard += values(audio, 1)
    words = [value for value in heard if value >= 0]
    assert words == sorted(words)
    assert len(words) + audio.stats.skipped_frames == 100
