"""Jitter buffer: packets in as they come, 20 ms frames out as the clock ticks.

Audio lies on one line of samples, indexed by the extended RTP timestamp, so that order, packet length,
duplicates and gaps need no care of their own: a packet writes its samples where they belong, and a tick reads the
next 20 ms. Only the reading point's lead over arrivals is regulated:

- nothing left to read: the reading point waits (the delay grows, up to the bound) and the frame is concealed;
- packets come late, again and again: one frame is inserted;
- for a second everything came more than a frame too early: one frame is dropped, in a pause if there is one,
  else cross-faded.

Missing samples are concealed by repeating the last pitch period, decaying to silence within 60 ms. Pure: no
clock, no socket. Times are in samples.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.frames import frame_samples

_FADE_FRAMES = (1.0, 0.55, 0.2, 0.0)
"""Gain at the start of each concealed frame in a row; the last holds on."""

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
    jitter: float = 0.0


@dataclass(frozen=True, slots=True)
class JitterFrame:
    """20 ms read from the buffer; ``concealed`` when more than half of it did not arrive."""

    samples: NDArray[np.int16]
    concealed: bool


class JitterBuffer:
    """Orders and paces one RTP stream's audio.

    ``min_ms`` and ``max_ms`` bound the delay that is added on purpose; ``start_ms`` is the first guess.
    """

    def __init__(self, rate: int = 8000, *, min_ms: int = 10, start_ms: int = 30, max_ms: int = 240) -> None:
        self.rate = rate
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
        self._history = np.zeros(2 * self.frame, dtype=np.int16)
        self._last_seq: int | None = None
        self._last_ts = 0
        self._last_transit: int | None = None
        self._playing = False
        self._read = 0  # next sample to be read, extended timestamp
        self._end = 0  # one past the newest sample
        self._waited = 0  # samples for which the reading point has stood still
        self._lost_row = 0
        self._seen = 0  # bit n: the packet n before the newest has come
        self._period = np.zeros(1, dtype=np.float32)
        self._lead = _FAR  # least lead seen in the present window
        self._ticks = 0
        self._late_in_window = 0
        self._insert = False
        self._dry = 0

    @property
    def depth(self) -> int:
        """Samples between the reading point and the newest arrival."""
        return max(0, self._end - self._read) if self._playing else 0

    def offset(self, timestamp: int) -> int | None:
        """How many samples after the next frame's start an RTP timestamp will be heard; None when unknown."""
        if not self._playing:
            return None
        return self._extend(timestamp) - self._read

    def reset(self) -> None:
        """Forget the stream: the next packet starts a new one (SSRC change, re-INVITE)."""
        if self._last_seq is not None:
            self.stats.resets += 1
        self._valid[:] = False
        self._playing = False
        self._last_seq = self._last_transit = None

    def put(self, sequence: int, timestamp: int, samples: NDArray[np.int16], arrival: int) -> None:
        """Take a packet's decoded audio. ``arrival`` is when it came, in samples of any steady clock."""
        count = len(samples)
        if count == 0 or count > self._size // 4:
            return
        ts = self._place(sequence, timestamp)
        if ts is None:
            return
        self.stats.received += 1
        transit = arrival - ts
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
            if self._lost_row:
                samples = self._join(samples)
            self._lost_row = 0
            self._remember(samples)
            return JitterFrame(samples, False)
        return self._patch(samples, missing)

    # placing

    def _extend(self, timestamp: int) -> int:
        return self._last_ts + ((timestamp - self._last_ts + 0x80000000) & 0xFFFFFFFF) - 0x80000000

    def _place(self, sequence: int, timestamp: int) -> int | None:
        """Extended timestamp of a packet, or None when it is to be thrown away."""
        if self._last_seq is None:
            # Far from zero, so that packets older than the first have a place too.
            self._last_seq, self._last_ts, self._seen = sequence, timestamp + (1 << 33), 1
            return self._last_ts
        ahead = ((sequence - self._last_seq + 0x8000) & 0xFFFF) - 0x8000
        ts = self._extend(timestamp)
        if self._playing and not (self._read - self.rate <= ts <= self._end + self.rate):
            if -100 < ahead <= 0:  # an old packet, not a new start
                self.stats.late += 1
                return None
            self.stats.resets += 1
            self._valid[:] = False
            self._playing = False
            self._last_transit = None
            self._last_seq, self._last_ts, self._seen = sequence, ts, 1
            return ts
        if ahead > 0 or ahead <= -100:
            self._seen = ((self._seen << ahead) | 1) & _SEEN_MASK if 0 < ahead < 128 else 1
            self._last_seq, self._last_ts = sequence, ts
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

    def _remember(self, samples: NDArray[np.int16]) -> None:
        self._history[: self.frame] = self._history[self.frame :]
        self._history[self.frame :] = samples

    def _concealed(self) -> JitterFrame:
        self.stats.concealed_frames += 1
        samples = self._invent()
        self._lost_row += 1
        return JitterFrame(samples, True)

    def _patch(self, samples: NDArray[np.int16], missing: NDArray[np.bool_]) -> JitterFrame:
        """A frame of which a part is missing. What arrived stays; the rest is invented."""
        lost = int(np.count_nonzero(missing))
        if lost == self.frame:
            return self._concealed()
        concealed = lost * 2 > self.frame
        if concealed:
            self.stats.concealed_frames += 1
        patched = np.where(missing, self._invent(), samples)
        self._lost_row = 0
        self._remember(patched)
        return JitterFrame(patched, concealed)

    def _invent(self) -> NDArray[np.int16]:
        """One frame that continues the last one heard: its last pitch period, over and over, fading."""
        row = self._lost_row
        gain = _FADE_FRAMES[min(row, len(_FADE_FRAMES) - 1)]
        until = _FADE_FRAMES[min(row + 1, len(_FADE_FRAMES) - 1)]
        if gain == 0.0 or not self._history.any():
            return np.zeros(self.frame, dtype=np.int16)
        if row == 0:
            self._period = self._history[-self._pitch() :].astype(np.float32)
        start = row * self.frame
        index = (start + np.arange(self.frame)) % len(self._period)
        ramp = np.linspace(gain, until, self.frame, endpoint=False, dtype=np.float32)
        return (self._period[index] * ramp).astype(np.int16)

    def _pitch(self) -> int:
        """Lag (2.5 to 15 ms) at which the end of what was heard is most like itself."""
        heard = self._history.astype(np.float32)
        low, high, span = self.rate // 400, self.rate * 15 // 1000, self.frame
        recent = heard[-span:]
        past = np.lib.stride_tricks.sliding_window_view(heard[: len(heard) - low], span)[-(high - low + 1) :]
        score = past @ recent / np.sqrt(np.einsum("ij,ij->i", past, past) + 1.0)
        return low + len(score) - 1 - int(np.argmax(score))

    def _join(self, samples: NDArray[np.int16]) -> NDArray[np.int16]:
        """Fade from the invented audio into the real, over 4 ms."""
        tail = self._invent()
        edge = self.rate * 4 // 1000
        ramp = np.linspace(0.0, 1.0, edge, dtype=np.float32)
        joined = samples.copy()
        joined[:edge] = (tail[:edge] * (1 - ramp) + samples[:edge] * ramp).astype(np.int16)
        return joined
