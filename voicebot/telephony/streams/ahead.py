"""Outgoing audio towards a peer who plays from a buffer of its own: how far ahead it is, and what was really heard.

A frame is sent at every tick; between two things said nothing is sent, so that the peer's buffer runs empty and its
delay never grows for good. The first frame after a pause gets a little silence before it, the cushion: with it in the
buffer, packets that come a little late are not heard. Marks sent along with the audio come back when it has been
played; they tell what was heard. A mark also comes back when a clear threw its audio away: those of the time before the
last clear say nothing. Pure: times are given, in seconds of any steady clock.
"""

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.frames import FRAME_MS, frame_samples

CUSHION_MS = 40
MARK_EVERY_MS = 100
MOST_MS = 400
"""How far ahead the audio may be before quiet frames are left out; at twice that, any frame is."""
_QUIET_PEAK = 330  # about -40 dBFS
_MARKS = 256


@dataclass(frozen=True, slots=True, eq=False)
class Play:
    """Audio to be sent."""

    samples: NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class SetMark:
    """A mark to be sent."""

    name: str


class PlayAhead:
    """The outgoing direction of one stream at ``rate`` Hz. ``left_out`` counts frames that were not sent."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.left_out = 0
        self._frame = frame_samples(rate)
        self._until = 0.0  # when the peer will have played everything, as far as we know
        self._sent = 0
        self._heard = 0
        self._heard_at = 0.0
        self._marks_come = False
        self._marked = 0  # samples sent before the last mark
        self._clears = 0
        self._marks: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._late = 0.0  # seconds by which marks come later than they should: their way, and what piles up at the peer
        self._way = float("inf")  # the least of these: their way alone

    def lead_ms(self, now: float) -> float:
        """How much the peer has still to play, as far as we know."""
        piled_up = max(0.0, self._late - self._way) if self._marks_come else 0.0
        return max(0.0, self._until + piled_up - now) * 1000

    @property
    def round_trip_ms(self) -> float | None:
        """How long a mark takes that waits for nothing, on its way there and back; None without marks."""
        return self._way * 1000 if self._marks_come else None

    def push(self, samples: NDArray[np.int16] | None, now: float) -> list[Play | SetMark]:
        """Say one frame (None: nothing); gives what is to be sent."""
        if samples is None:
            return [self._mark(now)] if self._marked < self._sent else []
        lead = self.lead_ms(now)
        if lead == 0:
            self._late = min(self._late, self._way)  # its buffer ran empty
            self._until = now + CUSHION_MS / 1000
            cushion = np.zeros(self.rate * CUSHION_MS // 1000, np.int16)
            self._sent += len(cushion)
            items: list[Play | SetMark] = [Play(cushion)]
        else:
            items = []
            if lead > MOST_MS and (lead > 2 * MOST_MS or int(np.abs(samples.astype(np.int32)).max()) < _QUIET_PEAK):
                self.left_out += 1
                self._late = max(self._way, self._late - FRAME_MS / 1000)
                return []
        self._until += FRAME_MS / 1000
        self._sent += self._frame
        items.append(Play(samples))
        if self._sent - self._marked >= self.rate * MARK_EVERY_MS // 1000:
            items.append(self._mark(now))
        return items

    def _mark(self, now: float) -> SetMark:
        self._marked = self._sent
        name = f"{self._clears}-{self._sent}"
        self._marks[name] = (self._sent, self._until)
        while len(self._marks) > _MARKS:
            self._marks.popitem(last=False)
        return SetMark(name)

    def marked(self, name: str, now: float) -> None:
        """A mark came back. One that we did not set, or set before the last clear, tells nothing."""
        found = self._marks.pop(name, None)
        if found is None:
            return
        sent, due = found
        if sent > self._heard:
            self._heard, self._heard_at = sent, now
        self._late = max(0.0, now - due)
        self._way = min(self._way, self._late)
        self._marks_come = True

    def unheard(self, now: float) -> int:
        """Samples sent that may not have been heard yet: more rather than fewer."""
        by_clock = round(max(0.0, self._until - now) * self.rate)
        if not self._marks_come:
            return by_clock
        since = min(round((now - self._heard_at) * self.rate), MARK_EVERY_MS * self.rate // 1000)
        return max(by_clock, self._sent - self._heard - max(0, since)) if self._heard < self._sent else 0

    def clear(self, now: float) -> bool:
        """What has not been heard need not be; whether there is anything to clear."""
        if not self.unheard(now):
            return False
        self._clears += 1
        self._marks.clear()
        self._marked = self._heard = self._sent
        self._until = now
        return True

    def played_out(self, now: float) -> bool:
        """Whether everything has been heard, by the marks where they come, else by the clock."""
        return self._heard >= self._sent if self._marks_come else now >= self._until
