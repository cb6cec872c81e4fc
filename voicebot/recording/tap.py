"""The tap on a caller's line: what the caller said on the left, what they heard on the right."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.frames import FRAME_MS, AudioFrame, silence
from voicebot.recording.recorder import Recorder, Track
from voicebot.telephony.leg import KeyPress, LegEnded, MediaPort

_FRAMES = 1000 // FRAME_MS
"""Audio is handed to the disk a second at a time."""

Tap = Callable[[MediaPort], MediaPort]
"""Puts something between a leg and the port that is attached to it."""


def no_tap(port: MediaPort) -> MediaPort:
    """Nothing in between."""
    return port


class CallRecording:
    """Records one call through whatever ports its leg has, one after another: wrap each with :meth:`over`.

    While :meth:`paused <pause>` (for a card number told to a person, say) silence is recorded, so that times in the
    file stay those of the call.
    """

    def __init__(self, recorder: Recorder, call_id: str, rate: int) -> None:
        self.paused = False
        self._recorder = recorder
        self._track = recorder.begin(call_id, rate)
        self._silence = silence(rate)
        self._heard: list[NDArray[np.int16]] = []
        self._said: list[NDArray[np.int16]] = []

    @property
    def track(self) -> Track:
        """Where it is written."""
        return self._track

    def pause(self) -> None:
        """Record silence from the next frame on."""
        self.paused = True

    def resume(self) -> None:
        """Record again."""
        self.paused = False

    def over(self, port: MediaPort) -> MediaPort:
        """``port``, with everything that passes through it recorded."""
        return _Tapped(port, self)

    def passed(self, heard: NDArray[np.int16], said: NDArray[np.int16] | None) -> None:
        """A frame each way went by. Called in the media loop."""
        self._heard.append(self._silence if self.paused else heard)
        self._said.append(self._silence if self.paused or said is None else said)
        if len(self._heard) >= _FRAMES:
            self._hand_over()

    def _hand_over(self) -> None:
        if self._heard:
            self._track.put(np.concatenate(self._heard), np.concatenate(self._said))
            self._heard, self._said = [], []

    async def finish(self) -> Track | None:
        """The call is over: gives the recording once it is whole, or None when there is none."""
        self._hand_over()
        await self._recorder.finish(self._track)
        return self._track if self._track.samples and not self._track.failed else None


class _Tapped:
    """A port with a tap on it."""

    def __init__(self, port: MediaPort, recording: CallRecording) -> None:
        self._port = port
        self._recording = recording

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        """20 ms each way."""
        said = self._port.exchange(heard)
        self._recording.passed(heard.samples, said)
        return said

    def key(self, press: KeyPress) -> None:
        """Not recorded."""
        self._port.key(press)

    def ended(self, end: LegEnded) -> None:
        """The leg is over."""
        self._port.ended(end)
