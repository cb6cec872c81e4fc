"""One call's RTP without a socket: datagrams in, 20 ms frames out; frames in, datagrams out.

The owner ticks it every 20 ms: :meth:`RtpSession.pull` for what is heard, :meth:`RtpSession.push` with what is
said. The peer's packets may have any length; ours have the length asked for, whatever the frames.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voicebot.audio import g711, tones
from voicebot.audio.frames import FRAME_MS, AudioFrame, silence
from voicebot.audio.jitter import JitterBuffer
from voicebot.errors import ProtocolError, TelephonyError
from voicebot.settings import Network
from voicebot.telephony.leg import KeyPress
from voicebot.telephony.rtp import packet as rtp
from voicebot.telephony.rtp.events import EventReceiver, EventSender, ReceivedKey
from voicebot.telephony.rtp.latch import Address, SymmetricLatch, permitted

RATE = 8000
_COMFORT_NOISE = 13
_STATIC = {codec.payload_type: codec for codec in (g711.PCMA, g711.PCMU)}
_INBAND_FRAMES = (6, 4)  # a keypad tone of 120 ms, then 80 ms of quiet


@dataclass(slots=True)
class SessionStats:
    """Datagrams of one call: taken, sent, and thrown away for what reason."""

    received: int = 0
    sent: int = 0
    malformed: int = 0
    refused: int = 0
    ignored: int = 0


@dataclass(frozen=True, slots=True)
class Heard:
    """What a datagram brought: audio (decoded, as it came), keys whose press is over, or nothing."""

    audio: NDArray[np.int16] | None = None
    keys: tuple[KeyPress, ...] = ()


_NOTHING = Heard()


class RtpSession:
    """The media of one call. ``arrival`` and ``now`` arguments are in samples of one steady clock."""

    def __init__(self, allowed: Sequence[Network]) -> None:
        self.stats = SessionStats()
        self.position = 0
        self.jitter = JitterBuffer(RATE)
        self.latch = SymmetricLatch(allowed, RATE)
        self.receiving = False
        self.sending = False
        self._allowed = tuple(allowed)
        self._codec: g711.Codec | None = None
        self._last_arrival: int | None = None
        self._payload_type = 0
        self._event_type: int | None = None
        self._ptime = RATE * FRAME_MS // 1000
        self._events = EventReceiver(RATE)
        self._event_sender = EventSender()
        self._tones: list[NDArray[np.int16]] = []
        self._ssrc_in: int | None = None
        self._ssrc_new: int | None = None
        self._ssrc = secrets.randbits(32)
        self._sequence = secrets.randbits(15)
        self._timestamp = secrets.randbits(31)
        self._pending = bytearray()
        self._pending_from = 0
        self._marker = True

    def configure(
        self,
        *,
        remote: Address,
        payload_type: int,
        encoding: str,
        ptime_ms: int,
        event_payload_type: int | None,
        send: bool,
        receive: bool,
    ) -> None:
        """What signalling agreed on; may change during the call.

        Raises :class:`TelephonyError` for a remote outside the allowed networks (nothing is changed then) and
        :class:`ProtocolError` for an encoding other than PCMA and PCMU.
        """
        if not permitted(remote[0], self._allowed):
            raise TelephonyError("the peer asks for media to an address outside the allowed networks")
        codec = g711.codec(encoding)
        if codec is not self._codec:
            self._pending.clear()
        self.latch.signal(remote)
        self._codec, self._payload_type, self._event_type = codec, payload_type, event_payload_type
        self._ptime = RATE * min(60, max(10, ptime_ms)) // 1000
        self.sending = send
        self.receiving = receive

    @property
    def target(self) -> Address | None:
        """Where to send, or None before :meth:`configure`."""
        return self.latch.target

    # in

    def receive(self, data: bytes, source: Address, arrival: int) -> Heard:
        """Take a datagram. Anything that does not belong is counted and otherwise without effect."""
        if rtp.is_rtcp(data):
            return _NOTHING
        try:
            packet = rtp.parse(data)
        except ProtocolError:
            self.stats.malformed += 1
            return _NOTHING
        event = packet.payload_type == self._event_type
        codec = self._codec if packet.payload_type == self._payload_type else _STATIC.get(packet.payload_type)
        if codec is None and not event and packet.payload_type != _COMFORT_NOISE:
            self.stats.ignored += 1
            return _NOTHING
        if not self.receiving or not self._belongs(source, packet.ssrc, arrival):
            self.stats.refused += 1
            return _NOTHING
        self.stats.received += 1
        self._last_arrival = arrival
        if event:
            return self._event(packet, arrival)
        if codec is None:
            return _NOTHING
        samples = codec.decode(packet.payload)
        self.jitter.put(packet.sequence, packet.timestamp, samples, arrival)
        return Heard(audio=samples)

    def pull(self, now: int) -> tuple[AudioFrame, tuple[KeyPress, ...]]:
        """The next 20 ms heard, and keys whose end was lost."""
        keys = tuple(self._press(key) for key in self._events.tick(now))
        frame = self.jitter.get()
        heard = AudioFrame(frame.samples, RATE, self.position, frame.concealed)
        self.position += len(frame.samples)
        return heard, keys

    def _belongs(self, source: Address, ssrc: int, arrival: int) -> bool:
        before = self.latch.latched
        if not self.latch.accept(source, ssrc, arrival):
            return False
        if self._ssrc_in is None:
            self._ssrc_in = ssrc
        elif ssrc != self._ssrc_in:
            # A second stream from the same source takes over when the first has paused, or insists.
            paused = self._last_arrival is None or arrival - self._last_arrival > RATE * 3 // 50
            if not paused and source == before and self._ssrc_new != ssrc:
                self._ssrc_new = ssrc
                return False
            self._ssrc_in = ssrc
            self.jitter.reset()
            self._events.reset()
        self._ssrc_new = None
        return True

    def _event(self, packet: rtp.RtpPacket, arrival: int) -> Heard:
        try:
            keys = self._events.receive(packet.payload, packet.timestamp, arrival)
        except ProtocolError:
            self.stats.malformed += 1
            return _NOTHING
        return Heard(keys=tuple(self._press(key) for key in keys))

    def _press(self, key: ReceivedKey) -> KeyPress:
        offset = self.jitter.offset(key.timestamp)
        # Its sender has held back audio meanwhile, so the buffer may stand still: it began a duration ago at least.
        if offset is None or not -2 * RATE < offset < -key.duration:
            offset = -key.duration
        return KeyPress(key.key, max(0, self.position + offset), key.duration * 1000 // RATE)

    # out

    @property
    def keys_pending(self) -> bool:
        """Whether keys pressed by :meth:`press` are still being sent."""
        return self._event_sender.busy or bool(self._tones)

    def press(self, keys: str) -> None:
        """Send keys: as events when the peer takes them, else as tones in the audio. ValueError for a wrong one."""
        if self._event_type is not None:
            self._event_sender.press(keys)
            return
        sounds = [tones.keypad(key, _INBAND_FRAMES[0] * FRAME_MS, RATE) for key in keys]
        for sound in sounds:
            self._tones += np.split(sound, _INBAND_FRAMES[0])
            self._tones += [silence(RATE)] * _INBAND_FRAMES[1]

    def push(self, samples: NDArray[np.int16] | None) -> list[bytes]:
        """Say one frame (None is silence); gives the datagrams to be sent now: none, one or two."""
        timestamp = self._timestamp
        frame = RATE * FRAME_MS // 1000
        self._timestamp = (timestamp + frame) & 0xFFFFFFFF
        codec = self._codec
        if codec is None:
            return []
        if self._event_sender.busy:
            sounding = self._event_sender.sounding
            event = self._event_sender.frame(timestamp)
            if sounding:
                self._pending.clear()
                self._marker = True
                if event is None or not self.sending or self._event_type is None:
                    return []
                return [self._packet(self._event_type, event.timestamp, event.payload, event.marker)]
        if self._tones:
            samples = self._tones.pop(0)
        if not self.sending:
            self._pending.clear()
            return []
        payload = bytes((codec.silence,)) * frame if samples is None else codec.encode(samples)
        if not self._pending:
            if self._ptime == frame:
                return [self._audio(timestamp, payload)]
            self._pending_from = timestamp
        self._pending += payload
        packets = []
        while len(self._pending) >= self._ptime:
            packets.append(self._audio(self._pending_from, bytes(self._pending[: self._ptime])))
            del self._pending[: self._ptime]
            self._pending_from = (self._pending_from + self._ptime) & 0xFFFFFFFF
        return packets

    def _audio(self, timestamp: int, payload: bytes) -> bytes:
        marker, self._marker = self._marker, False
        return self._packet(self._payload_type, timestamp, payload, marker)

    def _packet(self, payload_type: int, timestamp: int, payload: bytes, marker: bool) -> bytes:
        sequence = self._sequence
        self._sequence = (sequence + 1) & 0xFFFF
        self.stats.sent += 1
        head = ((0x8000 | (marker << 7) | payload_type) << 80) | (sequence << 64) | (timestamp << 32) | self._ssrc
        return head.to_bytes(rtp.HEADER, "big") + payload

    def decode_sent(self, datagram: bytes) -> NDArray[np.int16] | None:
        """The audio of a datagram that :meth:`push` gave, or None for an event."""
        if self._codec is None or datagram[1] & 0x7F != self._payload_type:
            return None
        return self._codec.decode(datagram[rtp.HEADER :])
