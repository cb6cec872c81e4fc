"""Keys as RTP events (RFC 4733), received and sent. Pure: time is counted in samples."""

from collections import deque
from dataclasses import dataclass

from voicebot.errors import ProtocolError

KEYS = "0123456789*#ABCD"
"""Event code is the index (RFC 4733 section 3.2)."""

_END = 0x80
_LONGEST_SEGMENT = 0xFFFF
_MOST_EVENTS = 16
"""Events of one packet that are read."""


@dataclass(frozen=True, slots=True)
class EventPayload:
    """A telephone-event payload; ``duration`` in samples since the packet's timestamp, ``volume`` in -dBm0."""

    event: int
    end: bool
    volume: int
    duration: int

    def build(self) -> bytes:
        """The four octets."""
        return bytes((self.event, (_END if self.end else 0) | (self.volume & 0x3F))) + self.duration.to_bytes(2, "big")


def parse_event(payload: bytes) -> EventPayload:
    """Read a payload (the first event of it). Raises :class:`ProtocolError` when it is too short."""
    if len(payload) < 4:
        raise ProtocolError(f"telephone-event of {len(payload)} octets")
    return EventPayload(payload[0], bool(payload[1] & _END), payload[1] & 0x3F, int.from_bytes(payload[2:4], "big"))


@dataclass(frozen=True, slots=True)
class ReceivedKey:
    """One key pressed: where it began (RTP timestamp) and how long it was known to last, in samples."""

    key: str
    timestamp: int
    duration: int


class EventReceiver:
    """Makes one :class:`ReceivedKey` of each event's many packets.

    A key is reported when its end arrives, when no more of it has arrived for ``lost_ms`` (the end was lost), when
    another event begins, or once it has been held for ``held_ms``, whichever is first; the rest of its packets are
    ignored.
    """

    def __init__(self, rate: int = 8000, *, lost_ms: int = 100, held_ms: int = 300) -> None:
        self._lost = rate * lost_ms // 1000
        self._held = rate * held_ms // 1000
        self._event = -1
        self._timestamp: int | None = None
        self._started = 0
        self._duration = 0
        self._earlier = 0  # duration of this event's segments before the present one
        self._heard_at = 0
        self._reported = True

    def receive(self, payload: bytes, timestamp: int, now: int) -> list[ReceivedKey]:
        """Take a packet that came at ``now`` (samples of any steady clock). Raises :class:`ProtocolError`.

        It may hold several events, each of which begins where the one before ends (section 2.5.1.5).
        """
        keys = self._take(parse_event(payload), timestamp, now)
        for at in range(4, min(len(payload) // 4, _MOST_EVENTS) * 4, 4):
            timestamp = (timestamp + parse_event(payload[at - 4 :]).duration) & 0xFFFFFFFF
            keys += self._take(parse_event(payload[at:]), timestamp, now)
        return keys

    def _take(self, packet: EventPayload, timestamp: int, now: int) -> list[ReceivedKey]:
        if packet.event >= len(KEYS):
            return []
        keys: list[ReceivedKey] = []
        if self._timestamp is not None:
            ahead = ((timestamp - self._timestamp + 0x80000000) & 0xFFFFFFFF) - 0x80000000
            if ahead < 0 and ahead > -0x10000 * 4:
                return []  # a late packet of an earlier event
            if ahead > 0 and packet.event == self._event and self._duration and ahead == _LONGEST_SEGMENT:
                # Section 2.5.2.3: an event longer than the field goes on in a new segment.
                self._earlier += ahead
                self._timestamp = timestamp
                self._duration = 0
                ahead = 0
            if ahead != 0 or packet.event != self._event:
                keys += self._report()
                self._begin(packet.event, timestamp)
        else:
            self._begin(packet.event, timestamp)
        self._duration = max(self._duration, packet.duration)
        self._heard_at = now
        if packet.end or self._earlier + self._duration >= self._held:
            keys += self._report()
        return keys

    def tick(self, now: int) -> list[ReceivedKey]:
        """Time passes: report a key whose end must have been lost."""
        if self._reported or now - self._heard_at < self._lost:
            return []
        return self._report()

    def reset(self) -> None:
        """Another stream begins: its timestamps say nothing about the events so far."""
        self._timestamp = None
        self._reported = True

    def _begin(self, event: int, timestamp: int) -> None:
        self._event, self._timestamp, self._started = event, timestamp, timestamp
        self._duration = self._earlier = 0
        self._reported = False

    def _report(self) -> list[ReceivedKey]:
        if self._reported:
            return []
        self._reported = True
        return [ReceivedKey(KEYS[self._event], self._started, self._earlier + self._duration)]


@dataclass(frozen=True, slots=True)
class OutgoingEvent:
    """One packet to be sent: all packets of an event share its first ``timestamp`` (section 2.5.1.2)."""

    payload: bytes
    marker: bool
    timestamp: int


class EventSender:
    """Turns keys into packet series, one packet a frame: tone, then its end three times, then a gap."""

    def __init__(self, *, frame: int = 160, tone_frames: int = 5, gap_frames: int = 3, volume: int = 10) -> None:
        self._frame = frame
        self._tone = tone_frames
        self._gap = gap_frames
        self._volume = volume
        self._waiting: deque[str] = deque()
        self._step = 0
        self._began = 0

    @property
    def busy(self) -> bool:
        """Whether anything is still to be sent (the gap after a key included)."""
        return bool(self._waiting)

    @property
    def sounding(self) -> bool:
        """Whether the next frame belongs to a key, so that no audio is sent in it."""
        return bool(self._waiting) and self._step < self._tone + 2

    def press(self, keys: str) -> None:
        """Queue keys. Raises ValueError for one that is not ``0-9 * # A-D``."""
        for key in keys:
            if key.upper() not in KEYS:
                raise ValueError(f"not a key: {key!r}")
        self._waiting.extend(keys.upper())

    def frame(self, timestamp: int) -> OutgoingEvent | None:
        """The packet for the frame that starts at ``timestamp``, or None in the gap or when idle."""
        if not self._waiting:
            return None
        step = self._step
        if step == 0:
            self._began = timestamp
        self._step += 1
        last = self._tone - 1
        if self._step >= self._tone + 2 + self._gap:
            self._step = 0
            code = self._waiting.popleft()
        else:
            code = self._waiting[0]
        if step > last + 2:
            return None
        duration = min(step + 1, self._tone) * self._frame
        payload = EventPayload(KEYS.index(code), step >= last, self._volume, duration)
        return OutgoingEvent(payload.build(), step == 0, self._began)
