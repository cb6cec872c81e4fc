"""Two legs joined in the media server: what one hears, the other is told."""

import asyncio
from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.frames import AudioFrame
from voicebot.audio.resample import FrameResampler
from voicebot.telephony.leg import CallLeg, KeyPress, LegEnded, MediaPort

_MAX_WAITING = 4
"""Frames that may wait for the other leg's clock: 80 ms. The clocks are one, so more is drift or a stall."""


class _Crossing:
    """Audio on its way from one leg to the other, in 20 ms frames at the listener's rate."""

    def __init__(self, from_rate: int, to_rate: int) -> None:
        self._waiting: deque[NDArray[np.int16]] = deque(maxlen=_MAX_WAITING)
        self._resampler = FrameResampler(from_rate, to_rate)

    def put(self, samples: NDArray[np.int16]) -> None:
        self._waiting.append(self._resampler.process(samples))

    def take(self) -> NDArray[np.int16] | None:
        return self._waiting.popleft() if self._waiting else None


class _Side:
    """The MediaPort of one leg in a bridge."""

    def __init__(self, bridge: "Bridge", leg: CallLeg, out: _Crossing, back: _Crossing) -> None:
        self._bridge = bridge
        self._leg = leg
        self._out = out
        self._back = back

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        self._out.put(heard.samples)
        return self._back.take()

    def key(self, press: KeyPress) -> None:
        self._bridge.pressed(self._leg, press)

    def ended(self, end: LegEnded) -> None:
        self._bridge.left(self._leg)


class Bridge:
    """Joins ``first`` and ``second`` until either leaves; then :meth:`wait` tells which leg left first.

    ``tap`` may put something between ``first`` and its side of the bridge.
    """

    def __init__(
        self, first: CallLeg, second: CallLeg, *, tap: Callable[[MediaPort], MediaPort] = lambda port: port
    ) -> None:
        self._legs = (first, second)
        self._tap = tap
        self._left: asyncio.Future[CallLeg] = asyncio.get_running_loop().create_future()
        self.keys: list[tuple[CallLeg, KeyPress]] = []

    def join(self) -> None:
        """Cross the two legs from their next frames on."""
        first, second = self._legs
        there = _Crossing(first.rate, second.rate)
        back = _Crossing(second.rate, first.rate)
        first.attach(self._tap(_Side(self, first, there, back)))
        second.attach(_Side(self, second, back, there))

    def pressed(self, leg: CallLeg, press: KeyPress) -> None:
        """Keep a key pressed during the conversation (not passed on: neither side's phone acts on it)."""
        self.keys.append((leg, press))

    def left(self, leg: CallLeg) -> None:
        """A leg has ended."""
        if not self._left.done():
            self._left.set_result(leg)

    async def wait(self) -> CallLeg:
        """Wait until one of the two has left; gives that leg. The other is still there."""
        return await asyncio.shield(self._left)
