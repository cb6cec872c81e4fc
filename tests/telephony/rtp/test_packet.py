"""RTP packets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.errors import ProtocolError
from voicebot.telephony.rtp.packet import RtpPacket, is_rtcp, parse

packets = st.builds(
    RtpPacket,
    payload_type=st.integers(0, 127),
    sequence=st.integers(0, 65535),
    timestamp=st.integers(0, 2**32 - 1),
    ssrc=st.integers(0, 2**32 - 1),
    payload=st.binary(max_size=200),
    marker=st.booleans(),
    csrcs=st.lists(st.integers(0, 2**32 - 1), max_size=15).map(tuple),
    extension=st.none() | st.tuples(st.integers(0, 65535), st.binary(max_size=10).map(lambda b: b * 4)),
)


@given(packets)
def test_what_is_built_is_parsed(packet: RtpPacket) -> None:
    assert parse(packet.build()) == packet


@given(st.binary(max_size=60))
def test_any_octets_are_a_packet_or_a_protocol_error(data: bytes) -> None:
    try:
        packet = parse(data)
    except ProtocolError:
        return
    assert packet.payload in data


def test_a_packet_written_by_hand() -> None:
    data = bytes.fromhex("80 88 0102 00000003 deadbeef d5d5")
    packet = parse(data)
    assert (packet.payload_type, packet.marker, packet.sequence, packet.timestamp) == (8, True, 0x0102, 3)
    assert (packet.ssrc, packet.payload) == (0xDEADBEEF, b"\xd5\xd5")
    assert packet.build() == data


def test_padding_is_taken_off() -> None:
    assert parse(bytes.fromhex("a008 0000 00000000 00000001 aabb 000003")).payload == bytes.fromhex("aabb")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("80", "of 1 octets"),
        ("4008 0000 00000000 00000001", "version 1"),
        ("8208 0000 00000000 00000001 00000001", "CSRC"),
        ("9008 0000 00000000 00000001 0000", "extension"),
        ("9008 0000 00000000 00000001 00000002 00000000", "extension"),
        ("a008 0000 00000000 00000001 00", "padding of 0"),
        ("a008 0000 00000000 00000001 05", "padding of 5"),
    ],
)
def test_malformed_packets_are_named(data: str, says: str) -> None:
    with pytest.raises(ProtocolError, match=says):
        parse(bytes.fromhex(data))


def test_rtcp_on_the_same_port_is_told_apart() -> None:
    assert is_rtcp(bytes.fromhex("80c8000600000000"))
    assert not is_rtcp(bytes.fromhex("8088000600000000"))
    assert not is_rtcp(b"")
