"""The incoming half of one call's RTP: packets in, frames of 20 ms and keys out. Pure.

Times are in ticks of the RTP clock (8000 Hz), of any steady clock's zero.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.encodings import G722_64, PCMA, PCMU, RTP_CLOCK, Decode, Encoding
from voicebot.audio.frames import AudioFrame
from voicebot.audio.jitter import JitterBuffer, JitterStats
from voicebot.audio.noise import ComfortNoise
from voicebot.audio.resample import FrameResampler
from voicebot.errors import ProtocolError
from voicebot.telephony.leg import KeyPress
from voicebot.telephony.rtp.events import EventReceiver, ReceivedKey
from voicebot.telephony.rtp.packet import RtpPacket
from voicebot.telephony.rtp.reception import Reception

COMFORT_NOISE = 13
"""Static payload type of RFC 3389."""

_STATIC = {encoding.payload_type: encoding for encoding in (PCMA, PCMU, G722_64)}
_TAKEOVER_TICKS = RTP_CLOCK * 60 // 1000


class Heard(NamedTuple):
    """What a packet brought: audio (decoded, as it came, at ``rate`` Hz), keys whose press is over, or nothing."""

    audio: NDArray[np.int16] | None = None
    rate: int = RTP_CLOCK
    keys: tuple[KeyPress, ...] = ()


NOTHING = Heard()


class RtpReceiver:
    """Hears one peer. ``rate`` is that of the frames which :meth:`pull` gives, whatever the encoding's."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.position = 0
        self.malformed = 0
        self.ssrc: int | None = None
        self.reception: Reception | None = None
        self.past = JitterStats()
        """Counts of the buffers that other encodings had before."""
        self.received_before = self.lost_before = 0
        """Packets of sources that another has taken over from."""
        self._encoding = PCMA
        self._payload_type = PCMA.payload_type
        self._event_type: int | None = None
        self._decode: Decode = PCMA.decoder()
        self._resampler: FrameResampler | None = None
        self.jitter = JitterBuffer(PCMA.rate, clock_rate=RTP_CLOCK)
        self._events = EventReceiver(RTP_CLOCK)
        self._noise: ComfortNoise | None = None
        self._noise_sequence = 0
        self._last_arrival: int | None = None
        self._ssrc_new: int | None = None
        self._hear(PCMA)

    def configure(self, *, encoding: Encoding, payload_type: int, event_payload_type: int | None) -> None:
        """What signalling agreed on; may change during the call."""
        self._payload_type, self._event_type = payload_type, event_payload_type
        if encoding is not self._encoding:
            self._encoding = encoding
            self._hear(encoding)

    def knows(self, payload_type: int) -> bool:
        """Whether packets of that type can be understood."""
        return payload_type in (self._event_type, COMFORT_NOISE) or self._encoding_of(payload_type) is not None

    def _encoding_of(self, payload_type: int) -> Encoding | None:
        return self._encoding if payload_type == self._payload_type else _STATIC.get(payload_type)

    def _hear(self, encoding: Encoding) -> None:
        """From now on packets are of that encoding (agreed on, or the peer's whim)."""
        self._heard = encoding
        self._decode = encoding.decoder()
        if self.jitter.rate != encoding.rate:
            self.past = self.past.plus(self.jitter.stats)
            self.jitter = JitterBuffer(encoding.rate, clock_rate=RTP_CLOCK)
        self._resampler = None if encoding.rate == self.rate else FrameResampler(encoding.rate, self.rate)

    def belongs(self, ssrc: int, arrival: int, *, moved: bool) -> bool:
        """Whether a packet of that source is to be heard; ``moved`` says that it came from a new address."""
        if ssrc != self.ssrc:
            if self.ssrc is not None:
                # A second stream from the same source takes over when the first has paused, or insists.
                paused = self._last_arrival is None or arrival - self._last_arrival > _TAKEOVER_TICKS
                if not paused and not moved and self._ssrc_new != ssrc:
                    self._ssrc_new = ssrc
                    return False
                self._start_anew()
            self.ssrc = ssrc
        self._ssrc_new = None
        return True

    def _start_anew(self) -> None:
        if self.reception is not None:
            self.received_before += self.reception.received
            self.lost_before += self.reception.lost
        self.reception = None
        self.jitter.reset()
        self._events.reset()
        self._decode = self._heard.decoder()
        self._noise = None

    def receive(self, packet: RtpPacket, arrival: int) -> Heard:
        """Take a packet that belongs to the call."""
        self._last_arrival = arrival
        if self.reception is None:
            self.reception = Reception(packet.sequence)
        if packet.payload_type == self._event_type:
            # Events have timestamps of their own (all packets of a key the same), so they say nothing of jitter.
            self.reception.packet(packet.sequence, arrival, arrival)
            return self._event(packet, arrival)
        self.reception.packet(packet.sequence, packet.timestamp, arrival)
        if packet.payload_type == COMFORT_NOISE:
            self._noise, self._noise_sequence = ComfortNoise(self.rate, packet.payload), packet.sequence
            return NOTHING
        encoding = self._encoding_of(packet.payload_type)
        if encoding is None:
            return NOTHING
        if encoding is not self._heard:
            self._hear(encoding)
        jitter = self.jitter
        if jitter.seen(packet.sequence):
            jitter.stats.duplicate += 1
            return NOTHING
        samples = self._decode(packet.payload)
        if self._noise is not None and (packet.sequence - self._noise_sequence) & 0xFFFF < 0x8000:
            self._noise = None
        jitter.put(packet.sequence, packet.timestamp, samples, arrival * jitter.rate // RTP_CLOCK)
        return Heard(samples, encoding.rate)

    def pull(self, now: int) -> tuple[AudioFrame, tuple[KeyPress, ...]]:
        """The next 20 ms heard, and keys whose end was lost."""
        keys = tuple(self._press(key) for key in self._events.tick(now))
        frame = self.jitter.get()
        samples, noise = frame.samples, False
        if self._resampler is not None:
            samples = self._resampler.process(samples)
        if frame.concealed and self._noise is not None:
            samples, noise = self._noise.under(samples), True
        transit = self.jitter.transit(now * self.jitter.rate // RTP_CLOCK)
        heard = AudioFrame(samples, self.rate, self.position, frame.concealed, noise, transit)
        self.position += len(samples)
        return heard, keys

    def _event(self, packet: RtpPacket, arrival: int) -> Heard:
        try:
            keys = self._events.receive(packet.payload, packet.timestamp, arrival)
        except ProtocolError:
            self.malformed += 1
            return NOTHING
        return Heard(keys=tuple(self._press(key) for key in keys))

    def _press(self, key: ReceivedKey) -> KeyPress:
        offset = self.jitter.offset(key.timestamp)
        ticks = None if offset is None else offset * RTP_CLOCK // self.jitter.rate
        # Its sender has held back audio meanwhile, so the buffer may stand still: it began a duration ago at least.
        if ticks is None or not -2 * RTP_CLOCK < ticks < -key.duration:
            ticks = -key.duration
        position = max(0, self.position + ticks * self.rate // RTP_CLOCK)
        return KeyPress(key.key, position, key.duration * 1000 // RTP_CLOCK)
