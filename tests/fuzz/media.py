"""Session descriptions, and what arrives at a call's media ports: RTP, SRTP, RTCP, keys, and what is none of it."""

import math

import numpy as np

from tests.fuzz.choices import Choices
from tests.fuzz.mutate import mutated
from tests.telephony.sip.sip_harness import OFFER
from voicebot.errors import ProtocolError
from voicebot.settings import Network, SipSettings, SrtpMode
from voicebot.telephony.rtp import rtcp
from voicebot.telephony.rtp.events import KEYS, EventPayload, EventReceiver
from voicebot.telephony.rtp.packet import RtpPacket, is_rtcp
from voicebot.telephony.rtp.session import RtpSession
from voicebot.telephony.rtp.srtp import CryptoSuite, MasterKey, SrtpContext, SrtpKeys
from voicebot.telephony.sip import sdp
from voicebot.telephony.sip.negotiation import MediaPolicy, Negotiation, NotAcceptable

_CRYPTO = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
_SDPS = (
    OFFER,
    OFFER.replace("RTP/AVP", "RTP/SAVP") + _CRYPTO + "|2^20\r\n",
    OFFER
    + _CRYPTO
    + "|2^20|1:4\r\n"
    + _CRYPTO.replace("80", "32")
    + "\r\na=rtcp-mux\r\na=rtcp:4005 IN IP4 10.0.0.9\r\n",
    OFFER.replace("8 0 101", "9 8 96") + "a=rtpmap:96 telephone-event/8000\r\na=fmtp:96 0-15\r\na=maxptime:30\r\n",
    OFFER + "m=video 5000 RTP/AVP 31\r\na=sendonly\r\nm=image 0 udptl t38\r\n",
    OFFER.replace("IP4 10.0.0.9\r\nt", "IP6 ::1\r\nt"),
)
_SDP_WORDS = tuple(
    word.encode()
    for word in (
        *("v=0", "o=", "s=-", "c=IN IP4 ", "c=IN IP6 ", "t=0 0", "m=audio ", "m=", "a=", "b=AS:64", "k=", "a=rtpmap:"),
        *("a=fmtp:", "a=ptime:", "a=maxptime:0", "a=crypto:", "a=rtcp:", "a=rtcp-mux", "a=sendrecv", "a=inactive"),
        *(
            "0.0.0.0",
            "255.255.255.255",
            "::",
            "fe80::1%eth0",
            "10.0.0.9/127",
            "pbx.example",
            "65535",
            "65536",
            "0",
            "-1",
        ),
        *("RTP/AVP", "RTP/SAVP", "RTP/AVPF", "UDP/TLS/RTP/SAVPF", "PCMA/8000", "G722/8000", "telephone-event/8000"),
        *("127", "128", "99999999999", "20.5", "\u0661\u0662", "2^48", "inline:", "WSH=64", "UNENCRYPTED_SRTP", "/2"),
    )
)
_POLICIES = tuple(MediaPolicy(srtp=mode, keys_are_safe=safe) for mode in SrtpMode for safe in (True, False))


def session_descriptions(data: bytes) -> None:
    """A description as an offer, as an answer, and as a change; what we say to it can be read by the same parser."""
    choices = Choices(data)
    negotiation = Negotiation(address="10.0.0.1", port=5000, session_id=1, policy=choices.pick(_POLICIES))
    for _ in range(3):
        body = mutated(choices.pick(_SDPS).encode(), choices, _SDP_WORDS)
        try:
            description = sdp.parse(body)
        except ProtocolError:
            continue
        try:
            if choices.chance(2):
                negotiation.offer()
                negotiation.accept(description)
            else:
                answer = sdp.parse(negotiation.answer(description))
                assert len(answer.media) == len(description.media)
        except NotAcceptable:
            continue
        parameters = negotiation.parameters
        assert parameters is not None
        assert 0 < parameters.remote[1] < 65536
        assert parameters.rtcp_port is None or 0 < parameters.rtcp_port < 65536
        assert 10 <= parameters.ptime_ms <= 60


_NETWORKS: list[Network] = list(SipSettings().media_networks)
_SOURCES = (("127.0.0.1", 4000), ("127.0.0.1", 4001), ("127.0.0.1", 65535), ("192.0.2.1", 4000), ("::1", 4000))
_SSRCS = (1, 1, 1, 2, 0xFFFFFFFF)
_STUN = bytes.fromhex("000100002112a442") + bytes(12)
_DTLS = bytes.fromhex("16fefd0000000000000000") + bytes(20)
_RTP_WORDS = (
    b"\x80",
    b"\xb0",
    b"\xff",
    b"\x00",
    b"\x80\xc8",
    b"\x81\xc9",
    b"\xa0",
    b"\x90\xbe\xde\x00\x01",
    _STUN,
    _DTLS,
)


def _keys() -> tuple[SrtpKeys, SrtpKeys]:
    """Ours, and the same as the peer sees them."""
    suite = CryptoSuite.AES_CM_128_HMAC_SHA1_80
    ours, theirs = (MasterKey(suite, bytes((n,)) * suite.key_length) for n in (1, 2))
    return SrtpKeys(ours, theirs), SrtpKeys(theirs, ours)


def media_ports(data: bytes) -> None:
    """Datagrams at a call's ports while its clock ticks: every tick gives its frame, and all we send is in order."""
    choices = Choices(data)
    session = RtpSession(_NETWORKS)
    ours, theirs = _keys()
    secured = choices.chance(3)
    peer = theirs if secured else None
    now = 0
    sequence, timestamp = choices.number(0, 0xFFFF), choices.number(0, 0xFFFFFFFF)
    for step in range(120):
        if choices.spent:
            break
        if step == 0 or choices.chance(25):
            session.configure(
                remote=choices.pick(_SOURCES[:3]),
                payload_type=choices.pick((8, 0, 9, 96)),
                encoding=choices.pick(("PCMA", "PCMU", "G722")),
                ptime_ms=choices.pick((20, 10, 30, 60)),
                event_payload_type=choices.pick((101, None, 8)),
                send=not choices.chance(6),
                receive=not choices.chance(6),
                keys=ours if secured else None,
                rtcp_mux=choices.chance(2),
            )
        sequence = (sequence + choices.pick((1, 1, 1, 0, -1, 5, 3000, 0x8000))) & 0xFFFF
        timestamp = (timestamp + choices.pick((160, 160, 160, 0, 80, 480, -160, 1 << 31))) & 0xFFFFFFFF
        datagram = _datagram(choices, sequence, timestamp, peer)
        source = choices.pick(_SOURCES)
        if is_rtcp(datagram):
            session.receive_rtcp(datagram, source, now / 8000)
        else:
            heard = session.receive(datagram, source, now)
            assert all(press.key in KEYS and press.position >= 0 for press in heard.keys)
        if choices.number(0, 3):
            now += choices.pick((160, 160, 480, 8000))
            _tick(session, now)
    quality = session.quality()
    if quality is not None:
        assert 1.0 <= quality.mos <= 4.5
        assert all(math.isfinite(value) for value in (quality.lost_percent, quality.jitter_ms, quality.delay_ms))


def _datagram(choices: Choices, sequence: int, timestamp: int, peer: SrtpKeys | None) -> bytes:
    """RTP or RTCP, secured as agreed on or not, then perhaps damaged."""
    ssrc = choices.pick(_SSRCS)
    kind = choices.number(0, 9)
    if kind < 7:
        payload_type = choices.pick((8, 0, 9, 101, 13, 96, 34))
        payload = choices.octets(choices.pick((4, 160, 80, 480, 0, 1, 1400)))
        if payload_type == 101:
            payload = EventPayload(
                choices.number(0, 20), choices.chance(3), choices.number(0, 63), choices.number(0, 0xFFFF)
            ).build()
        packet = RtpPacket(payload_type, sequence, timestamp, ssrc, payload, choices.chance(10)).build()
        datagram = SrtpContext(peer).protect(packet) if peer is not None and choices.number(0, 9) else packet
    elif kind == 7:
        block = rtcp.ReportBlock(choices.pick(_SSRCS), choices.number(0, 255), -1, 1, choices.number(0, 1 << 31), 1, 1)
        report = rtcp.SenderReport(ssrc, choices.number(0, 1 << 63), timestamp, 1, 160, (block,))
        leave = rtcp.Goodbye((ssrc,), b"so long")
        compound = rtcp.build((report, rtcp.SourceDescription(((ssrc, ((1, b"x"),)),)), leave))
        datagram = SrtpContext(peer).protect_rtcp(compound) if peer is not None and choices.number(0, 9) else compound
    else:
        datagram = choices.pick((_STUN, _DTLS, b"", b"\x80", bytes(2000)))
    return mutated(datagram, choices, _RTP_WORDS) if choices.chance(3) else datagram


def _tick(session: RtpSession, now: int) -> None:
    frame, keys = session.pull(now)
    assert frame.samples.dtype == np.int16
    assert len(frame.samples) == session.rate // 50
    assert all(press.key in KEYS for press in keys)
    assert session.jitter.depth <= 2 * session.jitter.rate
    for packet in session.push(None):
        assert len(session.seal(packet)) < 1500
    report = session.report(now / 8000)
    if report is not None and session.quality() is not None and not session.quality().encrypted:  # type: ignore[union-attr]
        assert rtcp.parse(report)


def rtcp_packets(data: bytes) -> None:
    """Compound packets: read or refused, and what was read can be written and read again."""
    choices = Choices(data)
    good = rtcp.build(
        (
            rtcp.ReceiverReport(1, (rtcp.ReportBlock(2, 3, -4, 5, 6, 7, 8),)),
            rtcp.SourceDescription(((1, ((1, b"name"), (2, b""))),)),
            rtcp.OtherPacket(204, 1, bytes(8)),
            rtcp.Goodbye((1, 2), b"bye"),
        )
    )
    octets = mutated(good, choices, _RTP_WORDS) if choices.number(0, 3) else choices.rest()
    try:
        packets = rtcp.parse(octets)
    except ProtocolError:
        return
    assert rtcp.parse(rtcp.build(packets)) == packets


def telephone_events(data: bytes) -> None:
    """Event packets in any order: no more keys than events, each one that exists and of a length that can be."""
    choices = Choices(data)
    receiver = EventReceiver()
    now = events = pressed = 0
    timestamp = choices.number(0, 0xFFFFFFFF)
    while not choices.spent:
        timestamp = (timestamp + choices.pick((0, 0, 0, 800, 0xFFFF, -160, 1 << 31))) & 0xFFFFFFFF
        now += choices.pick((160, 0, 800, 4000))
        payload = choices.octets(choices.pick((4, 4, 4, 3, 0, 9)))
        keys = receiver.tick(now)
        try:
            keys += receiver.receive(payload, timestamp, now)
            events += len(payload) // 4
        except ProtocolError:
            assert len(payload) < 4
        pressed += len(keys)
        assert all(key.key in KEYS and key.duration >= 0 for key in keys)
        assert pressed <= events
