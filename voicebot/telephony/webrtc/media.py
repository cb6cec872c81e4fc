"""A browser's RTP and RTCP without a socket: decrypted packets in, 20 ms frames out; frames in, packets out.

Line quality is simulated here, where it can be measured: packets are lost and delayed before the jitter buffer, and
what is heard and said passes a narrow, noisy line.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voicebot.audio import g711
from voicebot.audio.frames import FRAME_MS, AudioFrame, frame_samples, silence
from voicebot.audio.jitter import JitterBuffer
from voicebot.audio.line_quality import LineQuality, PacketFate, Wire
from voicebot.errors import ProtocolError
from voicebot.telephony.quality import MediaQuality
from voicebot.telephony.rtp import packet as rtp
from voicebot.telephony.rtp.measured import measured
from voicebot.telephony.rtp.reception import Reception
from voicebot.telephony.rtp.reports import RtcpReporter, Sent
from voicebot.telephony.webrtc import opus
from voicebot.telephony.webrtc.sdp import BrowserCodec

OPUS_RATE = 16000
PCMA_RATE = 8000


@dataclass(slots=True)
class MediaStats:
    """Packets of one call: taken, sent, thrown away because they were no audio of it, lost on purpose.

    ``reports`` counts RTCP taken, ``octets`` those of the payloads sent.
    """

    received: int = 0
    reports: int = 0
    octets: int = 0
    sent: int = 0
    malformed: int = 0
    dropped: int = 0


class BrowserMedia:
    """The audio of one call; :meth:`pull` and :meth:`push` make one tick of 20 ms.

    ``arrival`` and ``now`` are samples at the leg's rate of one steady clock.
    """

    def __init__(self, codec: BrowserCodec, payload_type: int, quality: LineQuality | None = None) -> None:
        opus_used = codec is BrowserCodec.OPUS
        self.codec = codec
        self.rate = OPUS_RATE if opus_used else PCMA_RATE
        self.position = 0
        self.stats = MediaStats()
        self.payload_type = payload_type
        self._step = opus.CLOCK // self.rate if opus_used else 1
        self._frame = frame_samples(self.rate)
        self.jitter = JitterBuffer(self.rate, clock_rate=self.rate * self._step)
        self._decode, self._encode = self._coders(codec)
        self._ssrc_in: int | None = None
        self._reception: Reception | None = None
        self._lost_before = self._received_before = 0
        self._ssrc = secrets.randbits(32)
        self.reporter = RtcpReporter(self._ssrc)
        self._sequence = self._first_sequence = secrets.randbits(15)
        self._reported = 0
        self._timestamp = secrets.randbits(31)
        self._marker = True
        self.simulate(quality or LineQuality())

    def _coders(self, codec: BrowserCodec) -> tuple[Callable[[bytes], NDArray[np.int16]], Callable[..., bytes]]:
        if codec is BrowserCodec.PCMA:
            return g711.decode_alaw, g711.encode_alaw
        return opus.OpusDecoder(self.rate).decode, opus.OpusEncoder(self.rate).encode

    def simulate(self, quality: LineQuality) -> None:
        """From now on the line is as good or bad as that."""
        self.quality = quality
        self._fate: PacketFate[tuple[rtp.RtpPacket, int]] = PacketFate(quality)
        self._heard_wire = Wire(quality, self.rate)
        self._said_wire = Wire(quality, self.rate)

    # in

    def receive(self, data: bytes, arrival: int) -> None:
        """Take an RTP packet. Whatever does not belong is counted and otherwise without effect."""
        try:
            packet = rtp.parse(data)
        except ProtocolError:
            self.stats.malformed += 1
            return
        if packet.payload_type != self.payload_type:
            self.stats.malformed += 1
            return
        self.stats.received += 1
        if not self._fate.arrives((packet, arrival)):
            self.stats.dropped += 1

    def receive_report(self, data: bytes, at: float) -> None:
        """Take an RTCP packet, at a Unix time."""
        try:
            self.reporter.receive(data, at)
        except ProtocolError:
            self.stats.malformed += 1
            return
        self.stats.reports += 1

    def pull(self, now: int) -> AudioFrame:
        """The next 20 ms heard."""
        for packet, arrival in self._fate.due():
            # what was held up on the simulated line arrives now
            self._take(packet, arrival if now - arrival <= 2 * self._frame else now)
        frame = self.jitter.get()
        samples = self._heard_wire.carry(frame.samples, noisy=True)
        heard = AudioFrame(samples, self.rate, self.position, frame.concealed, transit=self.jitter.transit(now))
        self.position += self._frame
        return heard

    def _take(self, packet: rtp.RtpPacket, arrival: int) -> None:
        if packet.ssrc != self._ssrc_in:
            # DTLS says who sends: another source is the same browser with another microphone
            if self._ssrc_in is not None:
                self.jitter.reset()
            self._account()
            self._ssrc_in, self._reception = packet.ssrc, Reception(packet.sequence)
        if self._reception is not None:
            self._reception.packet(packet.sequence, packet.timestamp, arrival * self._step)
        try:
            samples = self._decode(packet.payload)
        except ProtocolError:
            self.stats.malformed += 1
            return
        self.jitter.put(packet.sequence, packet.timestamp, samples, arrival)

    def _account(self) -> None:
        """The stream so far is over: keep its counts."""
        if self._reception is not None:
            self._received_before += self._reception.received
            self._lost_before += max(0, self._reception.lost)

    # how it went

    def quality_so_far(self) -> MediaQuality | None:
        """How well the line carried the call so far; None before any media."""
        reception = self._reception
        if reception is None:
            return None
        counts, clock_rate = self.jitter.stats, self.rate * self._step
        # Duplicates make up for losses in RFC 3550's count; a listener hears the loss all the same.
        lost = self._lost_before + max(0, reception.lost + counts.duplicate)
        return measured(
            self.codec.value,
            "DTLS-SRTP",
            sent=self.stats.sent,
            received=self._received_before + reception.received,
            lost=lost,
            counts=counts,
            jitter_ms=reception.jitter * 1000 / clock_rate,
            buffer_ms=self.jitter.depth * 1000 / self.rate,
            packet_ms=FRAME_MS,
            reporter=self.reporter,
            first_sequence=self._first_sequence,
            clock_rate=clock_rate,
        )

    # out

    def push(self, samples: NDArray[np.int16] | None) -> bytes | None:
        """Say one frame (None is silence); gives the packet to be sent, or None when the line loses it."""
        said = self._said_wire.carry(silence(self.rate) if samples is None else samples, noisy=False)
        payload = self._encode(said)
        packet = rtp.RtpPacket(self.payload_type, self._sequence, self._timestamp, self._ssrc, payload, self._marker)
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._timestamp = (self._timestamp + self._frame * self._step) & 0xFFFFFFFF
        self._marker = False
        if self._fate.lost():
            return None
        self.stats.sent += 1
        self.stats.octets += len(payload)
        return packet.build()

    def report(self, at: float) -> bytes | None:
        """The RTCP packet that is due at a Unix time, or None."""
        if not self.reporter.due(at):
            return None
        lately = self.stats.sent != self._reported
        self._reported = self.stats.sent
        sent = Sent(self._timestamp, self.stats.sent, self.stats.octets, lately)
        return self.reporter.report(at, sent, self._ssrc_in, self._reception)
