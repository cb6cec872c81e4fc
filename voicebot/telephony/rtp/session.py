"""One call's RTP and RTCP without a socket: datagrams in, 20 ms frames out; frames in, datagrams out.

The owner ticks it every 20 ms: :meth:`RtpSession.pull` for what is heard, :meth:`RtpSession.push` with what is
said. The peer's packets may have any length; ours have the length asked for, whatever the frames.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voicebot.audio import encodings
from voicebot.audio.encodings import PCMA, RTP_CLOCK, Decode, Encoding
from voicebot.audio.frames import AudioFrame
from voicebot.audio.jitter import JitterBuffer
from voicebot.errors import ProtocolError, TelephonyError
from voicebot.settings import Network
from voicebot.telephony.leg import KeyPress
from voicebot.telephony.quality import MediaQuality
from voicebot.telephony.rtp import packet as rtp
from voicebot.telephony.rtp.latch import Address, SymmetricLatch, permitted
from voicebot.telephony.rtp.measured import measured
from voicebot.telephony.rtp.receiver import NOTHING, Heard, RtpReceiver
from voicebot.telephony.rtp.reports import RtcpReporter, Sent
from voicebot.telephony.rtp.sender import RtpSender
from voicebot.telephony.rtp.srtp import SrtpContext, SrtpKeys

__all__ = ["Heard", "RtpSession", "SessionStats"]


@dataclass(slots=True)
class SessionStats:
    """Datagrams of one call: taken, sent, and thrown away for what reason. ``reports`` counts RTCP taken."""

    received: int = 0
    sent: int = 0
    reports: int = 0
    malformed: int = 0
    refused: int = 0
    ignored: int = 0
    forged: int = 0
    """Did not decrypt: forged, repeated, damaged, or under a key that is not agreed on."""


class RtpSession:
    """The media of one call. ``arrival`` and ``now`` of RTP are ticks of a steady 8000 Hz clock; ``at`` of RTCP is
    Unix time of a clock that does not jump.

    ``rate`` of the frames in and out is fixed by the first :meth:`configure` (that of the encoding) unless given, and
    then stays whatever is negotiated later.
    """

    def __init__(self, allowed: Sequence[Network], rate: int | None = None) -> None:
        self.stats = SessionStats()
        self.latch = SymmetricLatch(allowed, RTP_CLOCK)
        self.sender = RtpSender()
        self.receiver = RtpReceiver(rate or PCMA.rate)
        self.reporter = RtcpReporter(self.sender.ssrc)
        self.receiving = False
        self._rate_fixed = rate is not None
        self._allowed = tuple(allowed)
        self._encoding: Encoding | None = None
        self._payload_type = PCMA.payload_type
        self._decode_sent: Decode | None = None
        self._srtp: SrtpContext | None = None
        self._mux = False
        self._rtcp_signalled: Address | None = None
        self._rtcp_heard: Address | None = None
        self._reported_packets = 0

    @property
    def rate(self) -> int:
        """Rate of the frames in Hz."""
        return self.receiver.rate

    @property
    def position(self) -> int:
        """Samples pulled so far."""
        return self.receiver.position

    @property
    def jitter(self) -> JitterBuffer:
        """Where packets wait for their turn."""
        return self.receiver.jitter

    @property
    def sending(self) -> bool:
        """Whether the peer wants to hear us."""
        return self.sender.sending

    @property
    def encoding(self) -> Encoding | None:
        """What is spoken, or None before :meth:`configure`."""
        return self._encoding

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
        keys: SrtpKeys | None = None,
        rtcp_mux: bool = False,
        rtcp_port: int | None = None,
    ) -> None:
        """What signalling agreed on; may change during the call. ``rtcp_port`` None is the port after RTP's.

        Raises :class:`TelephonyError` for a remote outside the allowed networks (nothing is changed then) and
        :class:`ProtocolError` for an encoding that we don't speak.
        """
        if not permitted(remote[0], self._allowed):
            raise TelephonyError("the peer asks for media to an address outside the allowed networks")
        agreed = encodings.encoding(encoding)
        if not self._rate_fixed:
            self._rate_fixed = True
            if agreed.rate != self.receiver.rate:
                self.receiver = RtpReceiver(agreed.rate)
        if agreed is not self._encoding:
            self._decode_sent = None
        self._encoding, self._payload_type = agreed, payload_type
        self.receiver.configure(encoding=agreed, payload_type=payload_type, event_payload_type=event_payload_type)
        self.sender.configure(
            encoding=agreed,
            rate=self.rate,
            payload_type=payload_type,
            ptime_ms=ptime_ms,
            event_payload_type=event_payload_type,
            send=send,
        )
        if remote != self.latch.signalled:
            self._rtcp_heard = None
        self.latch.signal(remote)
        self._mux, self._rtcp_signalled = rtcp_mux, (remote[0], rtcp_port or remote[1] + 1)
        self.receiving = receive
        self._secure(keys)

    def _secure(self, keys: SrtpKeys | None) -> None:
        if keys is None:
            self._srtp = None
        elif self._srtp is None:
            self._srtp = SrtpContext(keys)
        elif self._srtp.keys != keys:
            self._srtp.rekey(keys)

    @property
    def target(self) -> Address | None:
        """Where to send, or None before :meth:`configure`."""
        return self.latch.target

    @property
    def rtcp_target(self) -> Address | None:
        """Where reports go: where RTP goes if they share its port, else where the peer's come from or should."""
        target = self.target
        if self._mux or target is None:
            return target
        if self._rtcp_heard is not None and self._rtcp_heard[0] == target[0]:
            return self._rtcp_heard
        if self._rtcp_signalled is not None and target == self.latch.signalled:
            return self._rtcp_signalled
        return target[0], target[1] + 1

    @property
    def rtcp_mux(self) -> bool:
        """Whether RTCP shares RTP's port (RFC 5761)."""
        return self._mux

    # in

    def receive(self, data: bytes, source: Address, arrival: int) -> Heard:
        """Take a datagram from the RTP port. Anything that does not belong is counted and otherwise without effect."""
        if self._srtp is not None:
            clear = self._srtp.unprotect(data)
            if clear is None:
                self.stats.forged += 1
                return NOTHING
            data = clear
        try:
            packet = rtp.parse(data)
        except ProtocolError:
            self.stats.malformed += 1
            return NOTHING
        receiver = self.receiver
        if not receiver.knows(packet.payload_type):
            self.stats.ignored += 1
            return NOTHING
        before = self.latch.latched
        if (
            not self.receiving
            or not self.latch.accept(source, packet.ssrc, arrival)
            or not receiver.belongs(packet.ssrc, arrival, moved=source != before)
        ):
            self.stats.refused += 1
            return NOTHING
        self.stats.received += 1
        malformed = receiver.malformed
        heard = receiver.receive(packet, arrival)
        self.stats.malformed += receiver.malformed - malformed
        return heard

    def receive_rtcp(self, data: bytes, source: Address, at: float) -> None:
        """Take a datagram of RTCP, from either port."""
        if not permitted(source[0], self._allowed) or self.target is None or source[0] != self.target[0]:
            self.stats.refused += 1
            return
        if self._srtp is not None:
            clear = self._srtp.unprotect_rtcp(data)
            if clear is None:
                self.stats.forged += 1
                return
            data = clear
        try:
            self.reporter.receive(data, at)
        except ProtocolError:
            self.stats.malformed += 1
            return
        self.stats.reports += 1
        self._rtcp_heard = source

    def pull(self, now: int) -> tuple[AudioFrame, tuple[KeyPress, ...]]:
        """The next 20 ms heard, and keys whose end was lost."""
        return self.receiver.pull(now)

    # out

    @property
    def keys_pending(self) -> bool:
        """Whether keys pressed by :meth:`press` are still being sent."""
        return self.sender.keys_pending

    def press(self, keys: str) -> None:
        """Send keys: as events when the peer takes them, else as tones in the audio. ValueError for a wrong one."""
        self.sender.press(keys)

    def push(self, samples: NDArray[np.int16] | None) -> list[bytes]:
        """Say one frame (None is silence); gives the packets to be sent now, still in clear: none, one or two."""
        packets = self.sender.push(samples)
        self.stats.sent += len(packets)
        return packets

    def seal(self, packet: bytes) -> bytes:
        """A packet of :meth:`push` as it goes on the wire."""
        return packet if self._srtp is None else self._srtp.protect(packet)

    def decode_sent(self, packet: bytes) -> NDArray[np.int16] | None:
        """The audio of a packet that :meth:`push` gave, each once and in order, or None for an event."""
        if self._encoding is None or packet[1] & 0x7F != self._payload_type:
            return None
        if self._decode_sent is None:
            self._decode_sent = self._encoding.decoder()
        return self._decode_sent(packet[rtp.HEADER :])

    def report(self, at: float) -> bytes | None:
        """The RTCP datagram that is due now, or None."""
        if not self.reporter.due(at) or self._encoding is None:
            return None
        sender, receiver = self.sender, self.receiver
        lately = sender.packets != self._reported_packets
        self._reported_packets = sender.packets
        sent = Sent(sender.timestamp, sender.packets, sender.octets, lately)
        return self._seal_rtcp(self.reporter.report(at, sent, receiver.ssrc, receiver.reception))

    def goodbye(self) -> bytes | None:
        """The RTCP datagram with which we leave; None when nothing was ever sent."""
        return self._seal_rtcp(self.reporter.goodbye()) if self.sender.packets else None

    def _seal_rtcp(self, data: bytes) -> bytes:
        return data if self._srtp is None else self._srtp.protect_rtcp(data)

    # how it went

    def quality(self) -> MediaQuality | None:
        """How well the line carried the call so far; None before any media."""
        receiver = self.receiver
        if self._encoding is None or not (self.stats.received or self.stats.sent):
            return None
        reception = receiver.reception
        counts = receiver.past.plus(receiver.jitter.stats)
        # Duplicates make up for losses in RFC 3550's count; a listener hears the loss all the same.
        lost = max(0, receiver.lost_before + (reception.lost if reception else 0) + counts.duplicate)
        return measured(
            self._encoding.name,
            self._srtp.keys.ours.suite if self._srtp is not None else "",
            sent=self.stats.sent,
            received=receiver.received_before + (reception.received if reception else 0),
            lost=lost,
            counts=counts,
            jitter_ms=(reception.jitter if reception else 0.0) * 1000 / RTP_CLOCK,
            buffer_ms=receiver.jitter.depth * 1000 / receiver.jitter.rate,
            packet_ms=self.sender.ptime_ms,
            reporter=self.reporter,
            first_sequence=self.sender.first_sequence,
            clock_rate=RTP_CLOCK,
        )
