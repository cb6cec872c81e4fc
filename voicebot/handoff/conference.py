"""Two or more legs joined in the media server: each hears all others, but for who is held."""

import asyncio
from collections import deque

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.frames import AudioFrame, frame_samples
from voicebot.audio.resample import FrameResampler
from voicebot.audio.tones import Loop
from voicebot.recording.tap import Tap, no_tap
from voicebot.telephony.leg import CallLeg, KeyPress, LegEnded

_MAX_WAITING = 4
"""Frames that may wait for the other leg's clock: 80 ms. The clocks are one, so more is drift or a stall."""


class _Crossing:
    """Audio on its way from one leg to another, in 20 ms frames at the listener's rate."""

    def __init__(self, from_rate: int, to_rate: int) -> None:
        self._waiting: deque[NDArray[np.int16]] = deque(maxlen=_MAX_WAITING)
        self._resampler = FrameResampler(from_rate, to_rate)

    def put(self, samples: NDArray[np.int16]) -> None:
        self._waiting.append(self._resampler.process(samples))

    def take(self) -> NDArray[np.int16] | None:
        return self._waiting.popleft() if self._waiting else None


class _Member:
    """The MediaPort of one leg in a conference."""

    def __init__(self, conference: "Conference", leg: CallLeg, tap: Tap) -> None:
        self.leg = leg
        self.tap = tap
        self.held: Loop | None = None
        self.hears: dict[CallLeg, _Crossing] = {}
        self._conference = conference
        self._size = frame_samples(leg.rate)

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        if self.held is not None:
            return self.held.frame()
        self._conference.spread(self, heard.samples)
        frames = [frame for crossing in self.hears.values() if (frame := crossing.take()) is not None]
        if len(frames) < 2:
            return frames[0] if frames else None
        mixed = np.sum(np.stack(frames), axis=0, dtype=np.int32)
        return np.clip(mixed, -32768, 32767).astype(np.int16)

    def key(self, press: KeyPress) -> None:
        """Not passed on: the keys of one side are no business of the other's phone."""

    def ended(self, end: LegEnded) -> None:
        self._conference.left(self.leg)


class Conference:
    """Joins legs from their next frame on. Nothing here is for more than a handful of them."""

    def __init__(self) -> None:
        self._members: dict[CallLeg, _Member] = {}
        self._left: asyncio.Queue[CallLeg] = asyncio.Queue()

    @property
    def legs(self) -> tuple[CallLeg, ...]:
        """Who is in it."""
        return tuple(self._members)

    def add(self, leg: CallLeg, tap: Tap = no_tap) -> None:
        """Let ``leg`` in. ``tap`` may put something between it and the others."""
        member = _Member(self, leg, tap)
        for other in self._members.values():
            other.hears[leg] = _Crossing(leg.rate, other.leg.rate)
            member.hears[other.leg] = _Crossing(other.leg.rate, leg.rate)
        self._members[leg] = member
        leg.attach(tap(member))

    def remove(self, leg: CallLeg) -> None:
        """Let ``leg`` go: nothing is attached to it any more. Harmless twice."""
        if self._members.pop(leg, None) is None:
            return
        for other in self._members.values():
            other.hears.pop(leg, None)
        leg.attach(None)

    def hold(self, leg: CallLeg, sound: NDArray[np.int16]) -> None:
        """``leg`` hears ``sound`` (at its rate) over and over, and nobody hears it, until :meth:`resume`."""
        if leg in self._members:
            self._members[leg].held = Loop(sound, leg.rate)

    def resume(self, leg: CallLeg) -> None:
        """``leg`` is in the conversation again."""
        if leg in self._members:
            self._members[leg].held = None

    def spread(self, speaker: _Member, samples: NDArray[np.int16]) -> None:
        """Pass a frame on to all who hear the speaker."""
        for member in self._members.values():
            if member is not speaker and member.held is None:
                member.hears[speaker.leg].put(samples)

    def left(self, leg: CallLeg) -> None:
        """A leg has ended."""
        if leg in self._members:
            self._left.put_nowait(leg)

    async def next_left(self) -> CallLeg:
        """Wait until somebody has hung up; gives their leg, which is no longer in the conference."""
        leg = await self._left.get()
        self.remove(leg)
        return leg
