"""RTCP packets: read and build (RFC 3550 section 6)."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from voicebot.errors import ProtocolError

SENDER_REPORT, RECEIVER_REPORT, SOURCE_DESCRIPTION, GOODBYE = 200, 201, 202, 203
CNAME = 1
"""SDES item: the name that stays while a source's SSRC may change."""

_BLOCK = struct.Struct(">IIIIII")
_SENDER = struct.Struct(">IQIII")


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """What one receiver says about one source (section 6.4.1).

    ``fraction_lost`` is in 1/256; ``lost`` may be negative (duplicates); ``jitter`` is in ticks of the RTP clock;
    ``last_report`` (middle 32 bits of an NTP time) and ``delay`` (in 1/65536 s) serve for the round trip.
    """

    ssrc: int
    fraction_lost: int
    lost: int
    highest: int
    jitter: int
    last_report: int
    delay: int

    def build(self) -> bytes:
        """The 24 octets."""
        lost = max(-0x800000, min(self.lost, 0x7FFFFF)) & 0xFFFFFF
        second = (self.fraction_lost & 0xFF) << 24 | lost
        return _BLOCK.pack(self.ssrc, second, self.highest, self.jitter, self.last_report, self.delay)

    @classmethod
    def read(cls, data: bytes) -> "ReportBlock":
        """From 24 octets."""
        ssrc, second, highest, jitter, last_report, delay = _BLOCK.unpack(data)
        lost = second & 0xFFFFFF
        return cls(ssrc, second >> 24, lost - (lost >> 23 << 24), highest, jitter, last_report, delay)


@dataclass(frozen=True, slots=True)
class SenderReport:
    """From a source that sends: what it has sent until ``ntp`` (64-bit NTP time), and what it hears of others."""

    ssrc: int
    ntp: int
    timestamp: int
    packets: int
    octets: int
    blocks: tuple[ReportBlock, ...] = ()

    def build(self) -> bytes:
        """The packet's octets."""
        head = _SENDER.pack(self.ssrc, self.ntp, self.timestamp, self.packets, self.octets)
        return _packet(SENDER_REPORT, len(self.blocks), head + b"".join(block.build() for block in self.blocks))


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    """From a source that has not sent of late: what it hears of others."""

    ssrc: int
    blocks: tuple[ReportBlock, ...] = ()

    def build(self) -> bytes:
        """The packet's octets."""
        body = self.ssrc.to_bytes(4, "big") + b"".join(block.build() for block in self.blocks)
        return _packet(RECEIVER_REPORT, len(self.blocks), body)


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """For each source its items: pairs of type and text in octets."""

    chunks: tuple[tuple[int, tuple[tuple[int, bytes], ...]], ...]

    def build(self) -> bytes:
        """The packet's octets."""
        body = bytearray()
        for ssrc, items in self.chunks:
            body += ssrc.to_bytes(4, "big")
            for kind, text in items:
                body += bytes((kind, len(text))) + text
            body += bytes(4 - len(body) % 4)  # at least one zero octet ends the list
        return _packet(SOURCE_DESCRIPTION, len(self.chunks), bytes(body))


@dataclass(frozen=True, slots=True)
class Goodbye:
    """Sources leave."""

    ssrcs: tuple[int, ...]
    reason: bytes = b""

    def build(self) -> bytes:
        """The packet's octets."""
        body = b"".join(ssrc.to_bytes(4, "big") for ssrc in self.ssrcs)
        if self.reason:
            body += bytes((len(self.reason),)) + self.reason
            body += bytes(-len(body) % 4)
        return _packet(GOODBYE, len(self.ssrcs), body)


@dataclass(frozen=True, slots=True)
class OtherPacket:
    """A packet that we don't use: application defined, feedback, extended reports. Kept as it came."""

    kind: int
    count: int
    body: bytes

    def build(self) -> bytes:
        """The packet's octets."""
        return _packet(self.kind, self.count, self.body)


RtcpPacket = SenderReport | ReceiverReport | SourceDescription | Goodbye | OtherPacket


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return bytes((0x80 | count, kind)) + (len(body) // 4).to_bytes(2, "big") + body


def build(packets: Sequence[RtcpPacket]) -> bytes:
    """A compound packet."""
    return b"".join(packet.build() for packet in packets)


def parse(data: bytes) -> list[RtcpPacket]:
    """Read a compound packet. Raises :class:`ProtocolError` when it fails the checks of RFC 3550 appendix A.2.

    Which packet comes first is not checked: RFC 5506 lets any.
    """
    packets: list[RtcpPacket] = []
    at = 0
    while at < len(data):
        if len(data) - at < 4 or data[at] >> 6 != 2:
            raise ProtocolError("not an RTCP packet of version 2")
        end = at + 4 + 4 * int.from_bytes(data[at + 2 : at + 4], "big")
        if end > len(data):
            raise ProtocolError("an RTCP packet is cut short")
        body = data[at + 4 : end]
        if data[at] & 0x20:
            if end != len(data) or not body or not 0 < body[-1] <= len(body) or body[-1] % 4:
                raise ProtocolError("wrong RTCP padding")
            body = body[: -body[-1]]
        packets.append(_read(data[at + 1], data[at] & 0x1F, body))
        at = end
    if not packets:
        raise ProtocolError("an empty RTCP packet")
    return packets


def _read(kind: int, count: int, body: bytes) -> RtcpPacket:
    match kind:
        case 200:
            if len(body) < _SENDER.size:
                raise ProtocolError("a sender report is cut short")
            ssrc, ntp, timestamp, packets, octets = _SENDER.unpack_from(body)
            return SenderReport(ssrc, ntp, timestamp, packets, octets, _blocks(body[_SENDER.size :], count))
        case 201:
            if len(body) < 4:
                raise ProtocolError("a receiver report is cut short")
            return ReceiverReport(int.from_bytes(body[:4], "big"), _blocks(body[4:], count))
        case 202:
            return SourceDescription(_chunks(body, count))
        case 203:
            if len(body) < 4 * count:
                raise ProtocolError("a goodbye is cut short")
            rest = body[4 * count :]
            reason = rest[1 : 1 + rest[0]] if rest else b""
            return Goodbye(tuple(int.from_bytes(body[4 * n : 4 * n + 4], "big") for n in range(count)), reason)
    return OtherPacket(kind, count, body)


def _blocks(data: bytes, count: int) -> tuple[ReportBlock, ...]:
    if len(data) < _BLOCK.size * count:
        raise ProtocolError("a report is cut short")
    return tuple(ReportBlock.read(data[_BLOCK.size * n : _BLOCK.size * (n + 1)]) for n in range(count))


def _chunks(body: bytes, count: int) -> tuple[tuple[int, tuple[tuple[int, bytes], ...]], ...]:
    chunks = []
    at = 0
    for _ in range(count):
        if at + 4 > len(body):
            raise ProtocolError("a source description is cut short")
        ssrc = int.from_bytes(body[at : at + 4], "big")
        at += 4
        items = []
        while at < len(body) and body[at]:
            if at + 2 > len(body) or at + 2 + body[at + 1] > len(body):
                raise ProtocolError("a source description is cut short")
            items.append((body[at], body[at + 2 : at + 2 + body[at + 1]]))
            at += 2 + body[at + 1]
        if at >= len(body):
            raise ProtocolError("a source description has no end")
        at += 4 - at % 4
        chunks.append((ssrc, tuple(items)))
    return tuple(chunks)
