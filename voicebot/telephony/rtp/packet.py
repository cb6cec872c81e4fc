"""RTP packets (RFC 3550 section 5.1)."""

from typing import NamedTuple

from voicebot.errors import ProtocolError

HEADER = 12
"""Octets of the fixed header."""


class RtpPacket(NamedTuple):
    """One RTP packet. ``extension`` is the header extension's profile and data, ``csrcs`` the mixed sources."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False
    csrcs: tuple[int, ...] = ()
    extension: tuple[int, bytes] | None = None

    def build(self) -> bytes:
        """The packet's octets."""
        head = bytearray(HEADER)
        head[0] = 0x80 | (0x10 if self.extension is not None else 0) | len(self.csrcs)
        head[1] = (0x80 if self.marker else 0) | self.payload_type
        head[2:4] = (self.sequence & 0xFFFF).to_bytes(2, "big")
        head[4:8] = (self.timestamp & 0xFFFFFFFF).to_bytes(4, "big")
        head[8:12] = self.ssrc.to_bytes(4, "big")
        for csrc in self.csrcs:
            head += csrc.to_bytes(4, "big")
        if self.extension is not None:
            profile, data = self.extension
            data += bytes(-len(data) % 4)
            head += profile.to_bytes(2, "big") + (len(data) // 4).to_bytes(2, "big") + data
        return bytes(head) + self.payload


def parse(data: bytes) -> RtpPacket:
    """Read a datagram. Padding is taken off. Raises :class:`ProtocolError` when it is not RTP of version 2."""
    if len(data) < HEADER:
        raise ProtocolError(f"RTP packet of {len(data)} octets")
    first, second = data[0], data[1]
    if first >> 6 != 2:
        raise ProtocolError(f"RTP version {first >> 6}")
    at, end = HEADER, len(data)
    csrcs: tuple[int, ...] = ()
    extension: tuple[int, bytes] | None = None
    if first & 0x3F:
        count = first & 0x0F
        if len(data) < at + 4 * count:
            raise ProtocolError("RTP packet ends inside its CSRC list")
        csrcs = tuple(int.from_bytes(data[at + 4 * n : at + 4 * n + 4], "big") for n in range(count))
        at += 4 * count
        if first & 0x10:
            if len(data) < at + 4:
                raise ProtocolError("RTP packet ends inside its header extension")
            profile = int.from_bytes(data[at : at + 2], "big")
            length = 4 * int.from_bytes(data[at + 2 : at + 4], "big")
            at += 4
            if len(data) < at + length:
                raise ProtocolError("RTP packet ends inside its header extension")
            extension = (profile, bytes(data[at : at + length]))
            at += length
        if first & 0x20:
            padding = data[-1]
            if padding == 0 or at + padding > end:
                raise ProtocolError(f"RTP padding of {padding} octets")
            end -= padding
    return RtpPacket(
        payload_type=second & 0x7F,
        sequence=int.from_bytes(data[2:4], "big"),
        timestamp=int.from_bytes(data[4:8], "big"),
        ssrc=int.from_bytes(data[8:12], "big"),
        payload=bytes(data[at:end]),
        marker=bool(second & 0x80),
        csrcs=csrcs,
        extension=extension,
    )


def is_rtcp(data: bytes) -> bool:
    """Whether a datagram on the RTP port is RTCP multiplexed there (RFC 5761 section 4)."""
    return len(data) >= 2 and 192 <= data[1] <= 223
