"""Outgoing audio: how far ahead of the peer's ear it is, and what was heard."""

import numpy as np
import pytest
from numpy.typing import NDArray

from voicebot.telephony.streams.ahead import CUSHION_MS, MOST_MS, Play, PlayAhead, SetMark

LOUD = np.full(160, 5000, np.int16)
QUIET = np.zeros(160, np.int16)


class Peer:
    """Plays what it gets in real time and sends marks back, ``way_s`` after they were reached."""

    def __init__(self, ahead: PlayAhead, way_s: float = 0.05) -> None:
        self.ahead = ahead
        self.now = 100.0
        self.played = 0
        self._buffer = 0
        self._set: list[tuple[int, str]] = []
        self._coming: list[tuple[float, str]] = []
        self._way = way_s
        self._got = 0

    @property
    def buffered(self) -> int:
        return self._buffer

    def say(self, samples: NDArray[np.int16] | None, *, until_s: float = 0.02) -> None:
        """One tick of ours, then so much time of the peer's."""
        self.take(self.ahead.push(samples, self.now))
        self.pass_time(until_s)

    def take(self, items: list[Play | SetMark]) -> None:
        for item in items:
            if isinstance(item, Play):
                self._buffer += len(item.samples)
                self._got += len(item.samples)
            else:
                self._set.append((self._got, item.name))

    def pass_time(self, seconds: float) -> None:
        for _ in range(round(seconds * 1000)):
            self.now += 0.001
            step = min(8, self._buffer)
            self._buffer -= step
            self.played += step
            while self._set and self._set[0][0] <= self.played:
                self._coming.append((self.now + self._way, self._set.pop(0)[1]))
            while self._coming and self._coming[0][0] <= self.now:
                self.ahead.marked(self._coming.pop(0)[1], self.now)

    def clear(self) -> None:
        if self.ahead.clear(self.now):
            self._coming += [(self.now + self._way, name) for _, name in self._set]
            self._set.clear()
            self._got = self.played
            self._buffer = 0


def test_a_little_silence_goes_ahead_of_what_is_said_and_nothing_is_sent_in_between() -> None:
    ahead = PlayAhead(8000)
    first = ahead.push(LOUD, 0.0)
    assert [len(item.samples) for item in first if isinstance(item, Play)] == [CUSHION_MS * 8, 160]
    assert isinstance(first[0], Play)
    assert not first[0].samples.any()
    assert [type(item) for item in ahead.push(LOUD, 0.02)] == [Play]
    assert ahead.push(None, 0.04) == [SetMark("0-640")]
    assert ahead.push(None, 0.06) == []
    assert len(ahead.push(LOUD, 1.0)) == 2, "with silence again"


def test_marks_tell_what_was_heard() -> None:
    ahead = PlayAhead(8000)
    peer = Peer(ahead)
    for _ in range(50):
        peer.say(LOUD)
        really = peer.buffered
        assert really <= ahead.unheard(peer.now) <= really + 8 * 300, "never fewer than are still to be played"
    for _ in range(20):
        peer.say(None)
    assert ahead.unheard(peer.now) == 0
    assert ahead.played_out(peer.now)


def test_a_mark_that_comes_back_after_our_clear_was_not_heard() -> None:
    ahead = PlayAhead(8000)
    names = [item.name for n in range(20) for item in ahead.push(LOUD, n * 0.02) if isinstance(item, SetMark)]
    ahead.marked(names[0], 0.15)
    assert ahead.clear(0.4)
    assert not ahead.clear(0.4), "nothing is left"
    for name in names[1:]:
        ahead.marked(name, 0.45)
    ahead.push(LOUD, 1.0)
    assert ahead.unheard(1.0) >= 160, "the old marks did not move the play-head"
    ahead.marked("made up", 1.0)
    assert ahead.unheard(1.0) >= 160


def test_without_marks_the_clock_tells() -> None:
    ahead = PlayAhead(8000)
    for n in range(5):
        ahead.push(LOUD, n * 0.02)
    assert ahead.unheard(0.1) == CUSHION_MS * 8
    assert not ahead.played_out(0.1)
    assert ahead.played_out(0.2)
    assert ahead.unheard(0.2) == 0


def test_after_a_stall_of_ours_nothing_that_was_said_is_lost() -> None:
    ahead = PlayAhead(8000)
    peer = Peer(ahead)
    for _ in range(10):
        peer.say(LOUD)
    peer.pass_time(0.5)
    for _ in range(25):
        peer.say(LOUD, until_s=0.008)  # the clock makes up for what it missed
    for _ in range(50):
        peer.say(LOUD)
    assert ahead.left_out == 0


def test_what_is_ahead_is_bounded_and_quiet_goes_first() -> None:
    ahead = PlayAhead(8000)
    peer = Peer(ahead)
    for _ in range(100):
        peer.say(LOUD, until_s=0.0)
    assert ahead.lead_ms(peer.now) <= 2 * MOST_MS + 20
    assert ahead.left_out >= 50
    before = ahead.left_out
    while ahead.lead_ms(peer.now) > MOST_MS + 20:
        peer.say(LOUD)
        peer.say(QUIET)
    assert ahead.left_out > before


def test_a_network_that_stalls_shows_in_the_marks_and_is_caught_up_with() -> None:
    """Frames held up on their way pile up at the peer: only its marks tell."""
    ahead = PlayAhead(8000)
    peer = Peer(ahead)
    for _ in range(25):
        peer.say(LOUD)
    held: list[Play | SetMark] = []
    for _ in range(60):  # 1.2 s
        held += ahead.push(LOUD, peer.now)
        peer.pass_time(0.02)
    peer.take(held)
    assert peer.buffered > 8 * 1000
    for _ in range(40):
        peer.say(LOUD)
        peer.say(QUIET)
    assert peer.buffered < 8 * (MOST_MS + 400)


@pytest.mark.parametrize("way_s", [0.0, 0.02, 0.15, 0.4])
def test_a_clear_makes_the_peer_silent_and_the_count_right(way_s: float) -> None:
    ahead = PlayAhead(8000)
    peer = Peer(ahead, way_s)
    for _ in range(30):
        peer.say(LOUD)
    assert ahead.unheard(peer.now) >= peer.buffered
    peer.clear()
    assert (peer.buffered, ahead.unheard(peer.now)) == (0, 0)
    for _ in range(30):
        peer.say(LOUD)
        assert ahead.unheard(peer.now) >= peer.buffered
    for _ in range(40):
        peer.say(None)
    assert ahead.played_out(peer.now)
