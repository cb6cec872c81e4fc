"""Jitter buffer: packets in as they come, 20 ms frames out as the clock ticks.

Audio lies on one line of samples, indexed by the extended RTP timestamp, so that order, packet length,
duplicates and gaps need no care of their own: a packet writes its samples where they belong, and a tick reads the
next 20 ms. Only the reading point's lead over arrivals is regulated:

- nothing left to read: the reading point waits (the delay grows, up to the bound) and the frame is concealed;
- packets come late, again and again: one frame is inserted;
- for a second everything came more than a frame too early: one frame is dropped, in a pause if there is one,
  else cross-faded.

Missing samples are concealed (:mod:`voicebot.audio.concealment`). Pure: no clock, no socket. Times are in samples.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.concealment import Concealment
from voicebot.audio.frames import Transit, frame_samples

_WINDOW_TICKS = 50
_SEEN_MASK = (1 << 128) - 1
_FAR = 1 << 40  # a lead that no packet has
_QUIET_PEAK = 330  # about -40 dBFS


@dataclass(slots=True)
class JitterStats:
    """Counters of one stream. ``jitter`` is RFC 3550's estimate (section 6.4.1), in samples."""

    received: int = 0
    duplicate: int = 0
    late: int = 0
    concealed_frames: int = 0
    inserted_frames: int = 0
    dropped_frames: int = 0
    resets: int = 0
    concealed_ms: float = 0.0
    jitter: float = 0.0

    def plus(self, other: "JitterStats") -> "JitterStats":
        """The counts of both, with the other's jitter."""
        return JitterStats(
            self.received + other.received,
            self.duplicate + other.duplicate,
            self.late + other.late,
            self.concealed_frames + other.concealed_frames,
            self.inserted_frames + other.inserted_frames,
            self.dropped_frames + other.dropped_frames,
            self.resets + other.resets,
            self.concealed_ms + other.concealed_ms,
            other.jitter,
        )


class JitterFrame(NamedTuple):
    """20 ms read from the buffer; ``concealed`` when more than half of it did not arrive."""

    samples: NDArray[np.int16]
    concealed: bool


class JitterBuffer:
    """Orders and paces one RTP stream's audio.

    ``rate`` is that of the samples and ``clock_rate`` that of the RTP timestamps (the same where not given; G.722 has
    16000 and 8000). ``min_ms`` and ``max_ms`` bound the delay that is added on purpose; ``start_ms`` is the first
    guess.
    """

    def __init__(
        self,
        rate: int = 8000,
        *,
        clock_rate: int | None = None,
        min_ms: int = 10,
        start_ms: int = 30,
        max_ms: int = 240,
    ) -> None:
        self.rate = rate
        self.clock_rate = clock_rate or rate
        self.frame = frame_samples(rate)
        self.stats = JitterStats()
        self._min = rate * min_ms // 1000
        self._start = rate * start_ms // 1000
        self._max = rate * max_ms // 1000
        size = 1
        while size < 4 * rate:  # four seconds of line: two may lie ahead
            size *= 2
        self._size, self._mask = size, size - 1
        self._line = np.zeros(size, dtype=np.int16)
        self._valid = np.zeros(size, dtype=np.bool_)
        self._concealment = Concealment(rate)
        self._last_seq: int | None = None
        self._last_ts = 0
        self._last_transit: int | None = None
        self._playing = False
        self._read = 0  # next sample to be read, extended timestamp
        self._end = 0  # one past the newest sample
        self._arrival = 0  # of the packet that brought it
        self._packet = 0  # its length
        self._waited = 0  # samples for which the reading point has stood still
        self._seen = 0  # bit n: the packet n before the newest has come
        self._lead = _FAR  # least lead seen in the present window
        self._ticks = 0
        self._late_in_window = 0
        self._insert = False
        self._dry = 0

    @property
    def depth(self) -> int:
        """Samples between the reading point and the newest arrival."""
        return max(0, self._end - self._read) if self._playing else 0

    def transit(self, now: int) -> Transit | None:
        """How the frame read last had come, ``now`` being on the clock of arrivals; None when nothing is played."""
        if not self._playing or not self._packet:
            return None
        ms = 1000 / self.rate
        return Transit((now - self._arrival) * ms, (self._end - self._read) * ms, self._packet * ms)

    def offset(self, timestamp: int) -> int | None:
        """How many samples after the next frame's start an RTP timestamp will be heard; None when unknown."""
        if not self._playing:
            return None
        return self._samples(self._extend(timestamp)) - self._read

    def reset(self) -> None:
        """Forget the stream: the next packet starts a new one (SSRC change, re-INVITE)."""
        if self._last_seq is not None:
            self.stats.resets += 1
        self._valid[:] = False
        self._playing = False
        self._last_seq = self._last_transit = None
        self._concealment.forget()

    def seen(self, sequence: int) -> bool:
        """Whether the packet of that sequence number has come already, so that it needs no decoding."""
        if self._last_seq is None:
            return False
        behind = (self._last_seq - sequence) & 0xFFFF
        return behind < 128 and bool(self._seen >> behind & 1)

    def put(self, sequence: int, timestamp: int, samples: NDArray[np.int16], arrival: int) -> None:
        """Take a packet's decoded audio. ``arrival`` is when it came, in samples of any steady clock."""
        count = len(samples)
        if count == 0 or count > self._size // 4:
            return
        ts = self._place(sequence, timestamp)
        if ts is None:
            return
        self.stats.received += 1
        transit = arrival - ts  # in samples; a change of it is the network's doing
        if self._last_transit is not None:
            self.stats.jitter += (abs(transit - self._last_transit) - self.stats.jitter) / 16
        self._last_transit = transit
        if not self._playing:
            self._begin(ts)
        lead = ts - self._read
        if ts + count > self._end:  # only what is new says how early the stream runs
            self._lead = min(self._lead, lead)
        if lead < 0:
            self._late_in_window += 1
            if lead <= -count:
                self.stats.late += 1
                return
            samples = samples[-lead:]
            ts, count = self._read, len(samples)
        if ts + count - self._read > self._size // 2:
            self._begin(ts)
        self._write(ts, samples)
        if ts + count > self._end:
            self._end = ts + count
            self._arrival, self._packet = arrival, count
        self._dry = 0
        if self._end - self._read > self._max + count + self.frame:
            self._skip_to(self._end - count - self._start)

    def get(self) -> JitterFrame:
        """The next 20 ms."""
        self._window()
        if not self._playing:
            return self._concealed()
        if self._end <= self._read:
            return self._stand_still()
        if self._insert:
            self._insert = False
            if self._end - self._read < self._max:
                self.stats.inserted_frames += 1
                return self._concealed()
        self._catch_up()
        samples, missing = self._take()
        if self._too_early() and self._end - self._read >= self.frame:
            samples, missing = self._drop(samples, missing)
        if missing is None:
            if self._concealment.going_on:
                samples = self._concealment.join(samples)
            self._concealment.remember(samples)
            return JitterFrame(samples, False)
        return self._patch(samples, missing)

    # placing

    def _extend(self, timestamp: int) -> int:
        return self._last_ts + ((timestamp - self._last_ts + 0x80000000) & 0xFFFFFFFF) - 0x80000000

    def _samples(self, extended: int) -> int:
        """The place of an extended timestamp on the line of samples."""
        return extended * self.rate // self.clock_rate

    def _place(self, sequence: int, timestamp: int) -> int | None:
        """Where a packet's first sample belongs, or None when it is to be thrown away."""
        if self._last_seq is None:
            # Far from zero, so that packets older than the first have a place too.
            self._last_seq, self._last_ts, self._seen = sequence, timestamp + (1 << 33), 1
            return self._samples(self._last_ts)
        ahead = ((sequence - self._last_seq + 0x8000) & 0xFFFF) - 0x8000
        extended = self._extend(timestamp)
        ts = self._samples(extended)
        if self._playing and not (self._read - self.rate <= ts <= self._end + self.rate):
            if -100 < ahead <= 0:  # an old packet, not a new start
                self.stats.late += 1
                return None
            self.stats.resets += 1
            self._valid[:] = False
            self._playing = False
            self._last_transit = None
            self._last_seq, self._last_ts, self._seen = sequence, extended, 1
            return ts
        if ahead > 0 or ahead <= -100:
            self._seen = ((self._seen << ahead) | 1) & _SEEN_MASK if 0 < ahead < 128 else 1
            self._last_seq, self._last_ts = sequence, extended
        elif self._seen >> -ahead & 1:
            self.stats.duplicate += 1
            return None
        else:
            self._seen |= 1 << -ahead
        return ts

    def _begin(self, ts: int) -> None:
        self._valid[:] = False
        self._playing = True
        self._read = ts - self._start
        self._end = ts
        # Before the first packet there is nothing to hear: mark it as arrived silence, so it isn't concealed.
        self._write(self._read, np.zeros(self._start, dtype=np.int16))
        self._waited = self._dry = 0
        self._new_window()

    def _write(self, ts: int, samples: NDArray[np.int16]) -> None:
        at = ts & self._mask
        room = self._size - at
        if len(samples) <= room:
            self._line[at : at + len(samples)] = samples
            self._valid[at : at + len(samples)] = True
        else:
            self._line[at:] = samples[:room]
            self._valid[at:] = True
            self._line[: len(samples) - room] = samples[room:]
            self._valid[: len(samples) - room] = True

    # pacing

    def _new_window(self) -> None:
        self._ticks = 0
        self._late_in_window = 0
        self._lead = _FAR

    def _window(self) -> None:
        self._ticks += 1
        if self._late_in_window >= 2:
            self._insert = True
            self._new_window()
        elif self._ticks > 3 * _WINDOW_TICKS:
            self._new_window()

    def _too_early(self) -> bool:
        """Whether every packet of the last second came at least a frame earlier than it had to."""
        return self._ticks >= _WINDOW_TICKS and self._min + self.frame <= self._lead < _FAR

    def _stand_still(self) -> JitterFrame:
        """Nothing to read: wait for it, unless the stream has stopped altogether."""
        self._dry += self.frame
        self._waited += self.frame
        if self._dry > self._max:
            self._playing = False  # a pause of the sender (silence suppression, hold): start afresh after it
        return self._concealed()

    def _catch_up(self) -> None:
        """After waiting, a gap at the reading point has been heard already as concealment: pass over it."""
        while self._waited >= self.frame and self._end - self._read > self.frame:
            if self._valid[(self._read + np.arange(self.frame)) & self._mask].any():
                self._waited = 0
                return
            self._read += self.frame
            self._waited -= self.frame
        if self._waited:
            self._waited = 0

    def _skip_to(self, target: int) -> None:
        while self._read < target:
            self._take()
            self.stats.dropped_frames += 1
            # Time that was waited is made up for so, and not once more.
            self._waited = max(0, self._waited - self.frame)
        self._new_window()

    def _drop(
        self, samples: NDArray[np.int16], missing: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.int16], NDArray[np.bool_] | None]:
        """Take one frame too many: throw away a quiet one, or after a while fade one into the next."""
        quiet = int(np.abs(samples.astype(np.int32)).max()) < _QUIET_PEAK
        if not quiet and self._ticks < 2 * _WINDOW_TICKS:
            return samples, missing
        following, gaps = self._take()
        self.stats.dropped_frames += 1
        self._lead -= self.frame
        if self._lead < self._min + self.frame:
            self._new_window()
        if quiet or missing is not None or gaps is not None:
            return following, gaps
        ramp = np.linspace(0.0, 1.0, self.frame, dtype=np.float32)
        return (samples * (1 - ramp) + following * ramp).astype(np.int16), None

    # reading

    def _take(self) -> tuple[NDArray[np.int16], NDArray[np.bool_] | None]:
        """The frame at the reading point, and which of its samples did not arrive (None when all did)."""
        at = self._read & self._mask
        self._read += self.frame
        window: slice | NDArray[np.int64] = slice(at, at + self.frame)
        if at + self.frame > self._size:
            window = np.arange(at, at + self.frame) & self._mask
        valid = self._valid[window].copy()
        samples = self._line[window].copy()
        self._valid[window] = False
        return samples, None if valid.all() else ~valid

    def _concealed(self) -> JitterFrame:
        self.stats.concealed_frames += 1
        self.stats.concealed_ms += self.frame * 1000 / self.rate
        return JitterFrame(self._concealment.frame(), True)

    def _patch(self, samples: NDArray[np.int16], missing: NDArray[np.bool_]) -> JitterFrame:
        """A frame of which a part is missing. What arrived stays; the rest is invented."""
        lost = int(np.count_nonzero(missing))
        if lost == self.frame:
            return self._concealed()
        concealed = lost * 2 > self.frame
        self.stats.concealed_ms += lost * 1000 / self.rate
        if concealed:
            self.stats.concealed_frames += 1
        patched = np.where(missing, self._concealment.frame(), samples)
        self._concealment.remember(patched)
        return JitterFrame(patched, concealed)
