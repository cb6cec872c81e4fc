"""The media of one stream, without I/O: a dialect, the incoming and the outgoing direction, and what a peer may do.

:meth:`StreamSession.receive` takes messages as they come, :meth:`~StreamSession.pull` and
:meth:`~StreamSession.push` are called by the media clock every 20 ms.
"""

import numpy as np
from numpy.typing import NDArray

from voicebot.audio import tones
from voicebot.audio.frames import FRAME_MS, AudioFrame, silence
from voicebot.errors import ProtocolError
from voicebot.telephony.quality import MediaQuality, estimate_mos
from voicebot.telephony.streams.ahead import Play, PlayAhead
from voicebot.telephony.streams.dialect import Audio, Dialect, Marked, Started, StreamEvent, Wire
from voicebot.telephony.streams.inbound import START_MS, InboundAudio

MESSAGES_PER_S = 200.0
"""A stream says 50 pieces of audio a second, and marks; a peer who goes on above this is not one."""
MESSAGES_AT_ONCE = 1000.0
"""Messages that may come at once, after a stall."""
_KEY_FRAMES = (5, 3)  # frames of tone and of silence after it


class StreamSession:
    """One connection's media. Audio can be pulled and pushed once :attr:`started`."""

    def __init__(self, dialect: Dialect, now: float) -> None:
        self.dialect = dialect
        self.started: Started | None = None
        self.heard_at = now
        """When audio last came."""
        self._allowance = MESSAGES_AT_ONCE
        self._counted_at = now
        self._inbound = InboundAudio(dialect.rate)
        self._ahead = PlayAhead(dialect.rate)
        self._tones: list[NDArray[np.int16]] = []
        self._sent = 0
        self._samples_in = 0
        self._transit: float | None = None
        self._jitter = 0.0

    @property
    def inbound(self) -> InboundAudio:
        """The incoming direction."""
        return self._inbound

    @property
    def ahead(self) -> PlayAhead:
        """The outgoing direction."""
        return self._ahead

    def receive(self, message: Wire, now: float) -> tuple[StreamEvent, ...]:
        """Take a message; gives what is not media. Raises :class:`ProtocolError`."""
        self._allowance = min(MESSAGES_AT_ONCE, self._allowance + (now - self._counted_at) * MESSAGES_PER_S) - 1.0
        self._counted_at = now
        if self._allowance < 0:
            raise ProtocolError("more messages than a call has")
        events: list[StreamEvent] = []
        for event in self.dialect.receive(message):
            match event:
                case Audio(samples, number):
                    self.heard_at = now
                    self._inbound.put(samples, number)
                    self._note_arrival(len(samples), now)
                case Marked(name):
                    self._ahead.marked(name, now)
                case Started():
                    self.started = event
                    self.heard_at = now
                    if self.dialect.rate != self._inbound.rate:
                        self._inbound, self._ahead = InboundAudio(self.dialect.rate), PlayAhead(self.dialect.rate)
                    events.append(event)
                case _:
                    events.append(event)
        return tuple(events)

    def pull(self) -> AudioFrame:
        """The next 20 ms heard."""
        return self._inbound.get()

    def push(self, samples: NDArray[np.int16] | None, now: float) -> list[Wire]:
        """Say one frame (None is silence); gives the messages to be sent."""
        if self._tones:
            samples = self._tones.pop(0)
        self._sent += samples is not None
        if not self.dialect.buffers:
            return [self.dialect.audio(silence(self.dialect.rate) if samples is None else samples)]
        return [
            self.dialect.audio(item.samples) if isinstance(item, Play) else self.dialect.mark(item.name)
            for item in self._ahead.push(samples, now)
        ]

    def clear(self, now: float) -> list[Wire]:
        """Let the peer forget what it has not played; gives the message, if there is anything to forget."""
        return [self.dialect.clear()] if self.dialect.buffers and self._ahead.clear(now) else []

    def unheard(self, now: float) -> int:
        """Samples said that may not have been heard yet."""
        return self._ahead.unheard(now) if self.dialect.buffers else 0

    def played_out(self, now: float) -> bool:
        """Whether everything said has been heard."""
        return not self._tones and (not self.dialect.buffers or self._ahead.played_out(now))

    def _note_arrival(self, count: int, now: float) -> None:
        """RFC 3550's estimate of jitter (section 6.4.1), in seconds, with the audio itself as the sender's clock."""
        transit = now - self._samples_in / self.dialect.rate
        if self._transit is not None:
            self._jitter += (abs(transit - self._transit) - self._jitter) / 16
        self._transit = transit
        self._samples_in += count

    def quality(self) -> MediaQuality | None:
        """How well the stream carried the call so far; None before any media."""
        stats = self._inbound.stats
        if not stats.received:
            return None
        lost_percent = 100 * stats.lost / (stats.received + stats.lost)
        round_trip = self._ahead.round_trip_ms
        waiting = max(START_MS, self._inbound.waiting * 1000 / self.dialect.rate)
        delay = FRAME_MS + waiting + (round_trip or 0.0) / 2
        return MediaQuality(
            encoding=self.dialect.encoding,
            encrypted="",
            sent=self._sent,
            received=stats.received,
            lost=stats.lost,
            late=stats.late,
            duplicates=0,
            concealed_ms=stats.concealed_frames * FRAME_MS,
            lost_percent=lost_percent,
            jitter_ms=self._jitter * 1000,
            delay_ms=delay,
            mos=estimate_mos(lost_percent, delay),
            round_trip_ms=round_trip,
        )

    def press(self, keys: str) -> None:
        """Press keys towards the peer, as tones: no dialect has a message for it. ValueError for a wrong key."""
        rate = self.dialect.rate
        sounds = [tones.keypad(key, _KEY_FRAMES[0] * FRAME_MS, rate) for key in keys]
        for sound in sounds:
            self._tones += [*np.split(sound, _KEY_FRAMES[0]), *[silence(rate)] * _KEY_FRAMES[1]]

    @property
    def keys_pending(self) -> bool:
        """Whether keys pressed by :meth:`press` are still being sent."""
        return bool(self._tones)
