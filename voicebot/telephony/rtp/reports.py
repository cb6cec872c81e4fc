"""RTCP of one call: when to report, what to say, and what the peer's reports tell (RFC 3550 section 6). Pure."""

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from voicebot.telephony.rtp.reception import Reception
from voicebot.telephony.rtp.rtcp import (
    CNAME,
    Goodbye,
    ReceiverReport,
    ReportBlock,
    RtcpPacket,
    SenderReport,
    SourceDescription,
    build,
    parse,
)

INTERVAL_S = 5.0
"""Least mean time between reports (section 6.2); two parties of 64 kbit/s never need more."""

_COMPENSATION = 1.21828  # e − 3/2, section 6.3.1
_NTP_EPOCH = 2208988800
_LONGEST_ROUND_TRIP_S = 30.0


def ntp_time(now: float) -> int:
    """64-bit NTP time of a Unix time."""
    return int((now + _NTP_EPOCH) * (1 << 32)) & 0xFFFFFFFFFFFFFFFF


@dataclass(frozen=True, slots=True)
class Sent:
    """What we have sent so far, and whether since the report before."""

    timestamp: int
    packets: int
    octets: int
    lately: bool


class RtcpReporter:
    """Times are Unix seconds of any clock that does not jump.

    The CNAME is random for each call (RFC 7022), so that it says nothing about anybody.
    """

    def __init__(self, ssrc: int, uniform: Callable[[], float] | None = None) -> None:
        self.ssrc = ssrc
        self.round_trip_s: float | None = None
        self.peer_fraction_lost: float | None = None
        self.peer_lost: int | None = None
        self.peer_highest: int | None = None
        self.peer_jitter: int | None = None
        """What the peer last said of our packets; the jitter in ticks of the RTP clock."""
        self._uniform = uniform or Random(secrets.randbits(64)).random
        self._cname = base64.b64encode(secrets.token_bytes(12))
        self._due: float | None = None
        self._last_sender_report = 0
        self._last_sender_report_at = 0.0

    def start(self, now: float) -> None:
        """Media begins: the first report comes after half an interval (section 6.3.2)."""
        if self._due is None:
            self._due = now + self._interval() / 2

    def _interval(self) -> float:
        return INTERVAL_S * (0.5 + self._uniform()) / _COMPENSATION

    def due(self, now: float) -> bool:
        """Whether a report is to be sent; the next one is then planned."""
        if self._due is None or now < self._due:
            return False
        self._due = now + self._interval()
        return True

    def report(self, now: float, sent: Sent, source: int | None, reception: Reception | None) -> bytes:
        """A compound packet: SR or RR, and who we are."""
        blocks: tuple[ReportBlock, ...] = ()
        if source is not None and reception is not None:
            blocks = (self._block(now, source, reception),)
        first: RtcpPacket = ReceiverReport(self.ssrc, blocks)
        if sent.lately:
            first = SenderReport(self.ssrc, ntp_time(now), sent.timestamp, sent.packets, sent.octets, blocks)
        return build((first, self._description()))

    def goodbye(self) -> bytes:
        """A compound packet that says that we leave (section 6.6)."""
        return build((ReceiverReport(self.ssrc), self._description(), Goodbye((self.ssrc,))))

    def _description(self) -> SourceDescription:
        return SourceDescription(((self.ssrc, ((CNAME, self._cname),)),))

    def _block(self, now: float, source: int, reception: Reception) -> ReportBlock:
        delay = 0
        if self._last_sender_report:
            delay = int((now - self._last_sender_report_at) * 65536) & 0xFFFFFFFF
        return ReportBlock(
            source,
            reception.fraction_lost(),
            reception.lost,
            reception.highest,
            int(reception.jitter),
            self._last_sender_report,
            delay,
        )

    def receive(self, data: bytes, now: float) -> None:
        """Take a compound packet of the peer's. Raises :class:`~voicebot.errors.ProtocolError`."""
        for packet in parse(data):
            if isinstance(packet, SenderReport):
                self._last_sender_report = packet.ntp >> 16 & 0xFFFFFFFF
                self._last_sender_report_at = now
            if isinstance(packet, SenderReport | ReceiverReport):
                for block in packet.blocks:
                    if block.ssrc == self.ssrc:
                        self._heard_of_us(block, now)

    def peer_lost_percent(self, first_sequence: int) -> float | None:
        """What the peer says it never got, of what was sent from ``first_sequence`` on; None without its reports."""
        if self.peer_lost is None or self.peer_highest is None:
            return None
        expected = max(1, self.peer_highest - first_sequence + 1)
        return round(min(100.0, 100 * max(0, self.peer_lost) / expected), 2)

    def peer_jitter_ms(self, clock_rate: int) -> float | None:
        """The jitter that the peer sees, with an RTP clock of ``clock_rate`` Hz; None without its reports."""
        return None if self.peer_jitter is None else round(self.peer_jitter * 1000 / clock_rate, 1)

    @property
    def round_trip_ms(self) -> float | None:
        """To the peer and back; None before it could be measured."""
        return None if self.round_trip_s is None else round(self.round_trip_s * 1000, 1)

    def _heard_of_us(self, block: ReportBlock, now: float) -> None:
        self.peer_fraction_lost = block.fraction_lost / 256
        self.peer_lost, self.peer_highest, self.peer_jitter = block.lost, block.highest, block.jitter
        if block.last_report:
            elapsed = (ntp_time(now) >> 16) - block.last_report - block.delay & 0xFFFFFFFF
            if elapsed < _LONGEST_ROUND_TRIP_S * 65536:  # else its clock or arithmetic is wrong
                self.round_trip_s = elapsed / 65536
