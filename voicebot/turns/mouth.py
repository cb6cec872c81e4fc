"""What the bot says into a call, and how much of it was really said: the player and its play-head.

It gives one frame at each tick of the leg and holds nothing beyond it, so stopping is exact. Cuts are ramped
over 5 ms: they don't click. Where the line behind the leg buffers audio (:class:`Downstream`), a stop empties that
buffer too, and what was in it counts as not heard.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.frames import frame_samples
from voicebot.audio.levels import SLICE_MS, voiced_slices

RAMP_MS = 5
_REMEMBERED = 64
_LONGEST_LEAD_MS = 500


@dataclass(frozen=True, slots=True, eq=False)
class SpokenPiece:
    """One thing to be said: ``samples`` (mono int16) at the mouth's rate. ``id`` is unique inside the call.

    ``question`` says that an answer may come before it is over.
    """

    id: str
    text: str
    samples: NDArray[np.int16]
    interruptible: bool = True
    question: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """How much of a piece was played: ``fraction`` 0–1 of its samples and the words that these amount to."""

    id: str
    text: str
    fraction: float

    @property
    def complete(self) -> bool:
        """Whether it was played to the end."""
        return self.fraction >= 1.0


@dataclass(frozen=True, slots=True)
class PieceStarted:
    """The first sample of a piece goes out; ``position`` counts samples said since the call's media began.

    ``sounds_at`` is where it begins to be heard, after the silence that it may begin with.
    """

    position: int
    id: str
    sounds_at: int


@dataclass(frozen=True, slots=True)
class PieceFinished:
    """A piece is over, played to its end or stopped; ``position`` is just after its last sample."""

    position: int
    id: str
    heard: Heard


MouthEvent = PieceStarted | PieceFinished


@runtime_checkable
class Downstream(Protocol):
    """What lies between the mouth and the caller's ear, where something does."""

    @property
    def unheard(self) -> int:
        """Samples given that the caller may not have heard yet."""
        ...

    def clear(self) -> None:
        """Throw them away."""
        ...


def words_heard(text: str, fraction: float) -> str:
    """The words of ``text`` that were said whole after ``fraction`` of its audio, longer words taking longer."""
    words = text.split()
    if fraction >= 1.0 or not words:
        return text if fraction >= 1.0 else ""
    weights = np.cumsum([len(word) + 1 for word in words])
    return " ".join(words[: int(np.searchsorted(weights, fraction * weights[-1] + 1e-9, side="right"))])


class Mouth:
    """Plays pieces in order, frame by frame; between them a hold sound, if one is set, or silence."""

    def __init__(self, rate: int, downstream: Downstream | None = None) -> None:
        self.rate = rate
        self._downstream = downstream
        self.position = 0
        self._frame = frame_samples(rate)
        self._ramp = np.linspace(0.0, 1.0, max(2, rate * RAMP_MS // 1000), dtype=np.float32)
        self._queue: deque[SpokenPiece] = deque()
        self._offset = 0
        self._paused = False
        self._fade_in = False
        self._tail: NDArray[np.int16] | None = None
        self._hold: NDArray[np.int16] | None = None
        self._hold_offset = 0
        self._heard: OrderedDict[str, Heard] = OrderedDict()
        self._events: list[MouthEvent] = []

    @property
    def speaking(self) -> bool:
        """Whether anything is left to be said (paused or not). The hold sound doesn't count."""
        return bool(self._queue)

    @property
    def audible(self) -> bool:
        """Whether the next frame holds speech."""
        return bool(self._queue) and not self._paused

    @property
    def paused(self) -> bool:
        """Whether it was paused and not yet resumed."""
        return self._paused

    @property
    def interruptible(self) -> bool:
        """Whether the piece at the front may be interrupted; True when there is none."""
        return not self._queue or self._queue[0].interruptible

    @property
    def asking(self) -> bool:
        """Whether a question is being said."""
        return bool(self._queue) and self._queue[0].question

    @property
    def remaining_ms(self) -> float:
        """Speech still to be played, in ms."""
        return (sum(len(piece.samples) for piece in self._queue) - self._offset) * 1000 / self.rate

    def say(self, piece: SpokenPiece) -> None:
        """Queue a piece behind what is being said."""
        if not self._queue and self._hold is not None and self._hold_offset and not self._paused:
            self._cut(self._looped(len(self._ramp)))
        self._queue.append(piece)
        self._heard[piece.id] = Heard(piece.id, "", 0.0)
        self._heard.move_to_end(piece.id)
        while len(self._heard) > max(_REMEMBERED, len(self._queue)):
            self._heard.popitem(last=False)

    def hold(self, sound: NDArray[np.int16] | None) -> None:
        """Loop ``sound`` while there is nothing to say (None: silence)."""
        if sound is None and self._hold is not None and not self._queue and self._hold_offset:
            self._cut(self._looped(len(self._ramp)))
        self._hold = sound if sound is not None and len(sound) else None
        self._hold_offset = 0
        self._fade_in = self._hold is not None

    def pause(self) -> None:
        """Fall silent at once and remember the place."""
        if not self._paused:
            self._paused = True
            self._fall_silent()

    def resume(self, rewind_ms: int = 0) -> None:
        """Go on where it paused, or ``rewind_ms`` before it inside the same piece."""
        if self._paused:
            self._paused = False
            self._offset = max(0, self._offset - rewind_ms * self.rate // 1000)
            self._fade_in = True

    def stop(self) -> list[Heard]:
        """Fall silent and forget what was to be said; tells how much of each piece had been heard."""
        if not self._paused:
            self._fall_silent()
        stopped = []
        for index, piece in enumerate(self._queue):
            heard = self._note(piece, self._offset if index == 0 else 0)
            stopped.append(heard)
            if index == 0 and self._offset:
                self._events.append(PieceFinished(self.position, piece.id, heard))
        self._queue.clear()
        self._offset = 0
        self._paused = self._fade_in = False
        return stopped

    def _fall_silent(self) -> None:
        """End the sound: by a ramp, or where some of it has not been heard yet, by taking that back."""
        if not (self._queue and self._offset):
            return
        unheard = self._downstream.unheard if self._downstream is not None else 0
        if self._downstream is None or not unheard:
            self._cut(self._queue[0].samples[self._offset : self._offset + len(self._ramp)])
            return
        self._downstream.clear()
        self._offset = max(1, self._offset - unheard)  # it has begun, so never at its start again

    def heard(self, piece_id: str) -> Heard:
        """How much of a piece has been played. Raises KeyError for one that was never queued, or long ago."""
        if self._queue and self._queue[0].id == piece_id:
            return self._note(self._queue[0], self._offset)
        return self._heard[piece_id]

    def take_events(self) -> tuple[MouthEvent, ...]:
        """What happened since the last call."""
        events, self._events = tuple(self._events), []
        return events

    def next_frame(self) -> NDArray[np.int16] | None:
        """The next 20 ms, or None when they are silent. Advances the play-head."""
        frame = np.zeros(self._frame, np.int16)
        filled = 0
        if self._tail is not None:
            frame[: len(self._tail)] = self._tail
        silent = self._tail is None
        if not self._paused:
            while filled < self._frame and self._queue:
                filled = self._fill(frame, filled)
            if filled < self._frame and self._hold is not None:
                frame[filled:] = self._looped(self._frame - filled)
                filled = self._frame
            if filled and self._fade_in:
                self._fade(frame)
            elif filled and self._tail is not None:
                # Something new begins in the very frame after a cut: the two are cross-faded.
                self._fade(frame)
            if filled and self._tail is not None:
                self._mix(frame, self._tail)
        self._tail = None
        self.position += self._frame
        return None if silent and not filled else frame

    def _fill(self, frame: NDArray[np.int16], filled: int) -> int:
        piece = self._queue[0]
        if self._offset == 0:
            at = self.position + filled
            self._events.append(PieceStarted(at, piece.id, at + self._lead(piece.samples)))
        count = min(self._frame - filled, len(piece.samples) - self._offset)
        frame[filled : filled + count] = piece.samples[self._offset : self._offset + count]
        self._offset += count
        filled += count
        if self._offset >= len(piece.samples):
            self._queue.popleft()
            self._offset = self._hold_offset = 0
            heard = self._note(piece, len(piece.samples))
            self._events.append(PieceFinished(self.position + filled, piece.id, heard))
        return filled

    def _lead(self, samples: NDArray[np.int16]) -> int:
        """Samples before the first sound of a piece; 0 where there is none near its beginning."""
        stands_out = voiced_slices(samples[: self.rate * _LONGEST_LEAD_MS // 1000], self.rate)
        return int(stands_out.argmax()) * SLICE_MS * self.rate // 1000 if len(stands_out) else 0

    def _note(self, piece: SpokenPiece, played: int) -> Heard:
        fraction = played / len(piece.samples) if len(piece.samples) else 1.0
        heard = Heard(piece.id, words_heard(piece.text, fraction), fraction)
        self._heard[piece.id] = heard
        return heard

    def _looped(self, count: int) -> NDArray[np.int16]:
        assert self._hold is not None
        indices = (self._hold_offset + np.arange(count)) % len(self._hold)
        self._hold_offset = int((self._hold_offset + count) % len(self._hold))
        return self._hold[indices]

    def _cut(self, rest: NDArray[np.int16]) -> None:
        """Let what was playing fade out over its next 5 ms, at the start of the next frame."""
        if len(rest):
            ramp = self._ramp[::-1][: len(rest)] if len(rest) == len(self._ramp) else np.linspace(1, 0, len(rest))
            self._tail = (rest * ramp).astype(np.int16)

    def _fade(self, frame: NDArray[np.int16]) -> None:
        count = len(self._ramp)
        frame[:count] = (frame[:count] * self._ramp).astype(np.int16)
        self._fade_in = False

    @staticmethod
    def _mix(frame: NDArray[np.int16], tail: NDArray[np.int16]) -> None:
        mixed = frame[: len(tail)].astype(np.int32) + tail
        frame[: len(tail)] = mixed.clip(-32768, 32767).astype(np.int16)
