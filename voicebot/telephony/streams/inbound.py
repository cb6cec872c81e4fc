"""Incoming audio of a stream: pieces in as they come, 20 ms frames out as the clock ticks.

Under a stream lies TCP: nothing is lost, but after a stall everything comes at once. So unlike an RTP jitter buffer
this one throws no words away. It plays them later, and catches up in the caller's pauses, by leaving out quiet frames,
or, where there is no pause for long, by fading one frame in ten into the next. Pure: no clock, no socket.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.frames import AudioFrame, frame_samples

START_MS = 40
"""Delay added on purpose, so that ordinary jitter is not heard."""
MOST_MS = 8000
"""Audio that may wait; beyond it the oldest goes."""
_FORGET_MS = 200
_HURRY_MS = 400
_WINDOW = 25
_EVERY = 10
_REORDER = 3
_FAR = 1000
_QUIET_PEAK = 330  # about -40 dBFS


@dataclass(slots=True)
class InboundStats:
    """Counters of one stream, in pieces as they came and frames as they were played, from the first one on."""

    received: int = 0
    late: int = 0
    lost: int = 0
    concealed_frames: int = 0
    skipped_frames: int = 0
    overflowed_frames: int = 0


class InboundAudio:
    """Orders and paces one stream's audio at ``rate`` Hz."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.frame = frame_samples(rate)
        self.position = 0
        self.stats = InboundStats()
        self._pieces: deque[NDArray[np.int16]] = deque()
        self._ready = 0  # samples in them
        self._early: dict[int, NDArray[np.int16]] = {}
        self._next: int | None = None
        self._playing = self._begun = False
        self._dry = 0
        self._ticks = 0
        self._least = 0
        self._surplus = 0
        self._since_fade = 0

    @property
    def waiting(self) -> int:
        """Samples that have come and not been played."""
        return self._ready

    def put(self, samples: NDArray[np.int16], number: int | None = None) -> None:
        """Take a piece. Numbered pieces may come out of order and twice; a gap is waited for, then passed over."""
        self.stats.received += 1
        if number is None:
            self._append(samples)
            return
        if self._next is None or abs(number - self._next) > _FAR:
            self._next = number
            self._early.clear()
        if number < self._next:
            self.stats.late += 1
            return
        self._early[number] = samples
        if number > self._next and len(self._early) > _REORDER:
            first = min(self._early)
            self.stats.lost += first - self._next
            self._next = first
        while (piece := self._early.pop(self._next, None)) is not None:
            self._append(piece)
            self._next += 1

    def _append(self, samples: NDArray[np.int16]) -> None:
        self._pieces.append(samples)
        self._ready += len(samples)
        while self._ready > self.rate * MOST_MS // 1000:
            self._take()
            self.stats.overflowed_frames += 1

    def get(self) -> AudioFrame:
        """The next 20 ms: what came, or silence marked as concealed."""
        samples = self._next_frame()
        concealed = samples is None
        self.stats.concealed_frames += concealed and self._begun
        frame = AudioFrame(
            np.zeros(self.frame, np.int16) if samples is None else samples, self.rate, self.position, concealed
        )
        self.position += self.frame
        return frame

    def _next_frame(self) -> NDArray[np.int16] | None:
        if not self._playing:
            if self._ready < self.rate * START_MS // 1000:
                return None
            self._playing, self._begun, self._dry = True, True, 0
            self._new_window()
        if self._ready < self.frame:
            self._dry += self.frame
            self._surplus = 0
            if self._dry >= self.rate * _FORGET_MS // 1000:
                self._playing = False  # what comes next is a new beginning
                rest = self._ready
                return self._padded(rest) if rest else None
            return None
        self._dry = 0
        samples = self._take()
        self._watch()
        return self._hurry(samples)

    def _padded(self, count: int) -> NDArray[np.int16]:
        frame = np.zeros(self.frame, np.int16)
        frame[:count] = self._take(count)
        return frame

    def _take(self, count: int = 0) -> NDArray[np.int16]:
        count = count or self.frame
        self._ready -= count
        first = self._pieces[0]
        if len(first) == count:
            return self._pieces.popleft()
        if len(first) > count:
            self._pieces[0] = first[count:]
            return first[:count]
        parts: list[NDArray[np.int16]] = []
        while count:
            piece = self._pieces.popleft()
            if len(piece) > count:
                self._pieces.appendleft(piece[count:])
                piece = piece[:count]
            parts.append(piece)
            count -= len(piece)
        return np.concatenate(parts)

    # catching up

    def _new_window(self) -> None:
        self._ticks, self._least = 0, self._ready

    def _watch(self) -> None:
        """What was left over at every tick of half a second is not needed against jitter."""
        self._ticks += 1
        self._least = min(self._least, self._ready)
        if self._ticks >= _WINDOW:
            self._surplus = max(0, self._least - self.rate * START_MS // 1000)
            self._new_window()

    def _hurry(self, samples: NDArray[np.int16]) -> NDArray[np.int16]:
        self._since_fade += 1
        if self._surplus < self.frame or self._ready < self.frame:
            return samples
        quiet = int(np.abs(samples.astype(np.int32)).max()) < _QUIET_PEAK
        if not quiet and (self._surplus < self.rate * _HURRY_MS // 1000 or self._since_fade < _EVERY):
            return samples
        following = self._take()
        self._surplus -= self.frame
        self._least = min(self._least, self._ready)
        self.stats.skipped_frames += 1
        if quiet:
            return following
        self._since_fade = 0
        ramp = np.linspace(0.0, 1.0, self.frame, dtype=np.float32)
        return (samples * (1 - ramp) + following * ramp).astype(np.int16)
