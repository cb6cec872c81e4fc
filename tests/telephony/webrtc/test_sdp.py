"""Offers of browsers, and our answers to them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.errors import ProtocolError
from voicebot.telephony.sip.sdp import parse
from voicebot.telephony.webrtc.ice import Credentials
from voicebot.telephony.webrtc.sdp import BrowserCodec, Fingerprint, answer, read_offer

PRINT = ":".join(f"{n:02X}" for n in range(32))
AUDIO = [
    "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 8 110",
    "c=IN IP4 0.0.0.0",
    "a=ice-ufrag:Wq1z",
    "a=ice-pwd:0123456789abcdefghijkl",
    f"a=fingerprint:sha-256 {PRINT}",
    "a=setup:actpass",
    "a=mid:0",
    "a=sendrecv",
    "a=rtcp-mux",
    "a=rtpmap:111 opus/48000/2",
    "a=fmtp:111 minptime=10;useinbandfec=1",
    "a=rtpmap:63 red/48000/2",
    "a=rtpmap:8 PCMA/8000",
    "a=rtpmap:110 telephone-event/48000",
]
CHROMIUM = "\r\n".join(["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0", *AUDIO]) + "\r\n"
OURS = Credentials("abcdefgh", "0123456789abcdefghijklmn")
CERTIFICATE = Fingerprint("sha-256", PRINT)


def without(line: str) -> str:
    assert line in CHROMIUM
    return CHROMIUM.replace(line + "\r\n", "")


def test_what_chromium_offers_is_taken() -> None:
    offer = read_offer(CHROMIUM)
    assert (offer.codec, offer.payload_type, offer.ufrag, offer.mid) == (BrowserCodec.OPUS, 111, "Wq1z", "0")
    assert offer.fingerprints == (CERTIFICATE,)
    assert read_offer(CHROMIUM, (BrowserCodec.PCMA,)).payload_type == 8


def test_what_firefox_says_for_the_whole_session_counts_too() -> None:
    session = f"a=fingerprint:sha-256 {PRINT}"
    firefox = without(session).replace("a=group:BUNDLE 0", f"a=group:BUNDLE 0\r\n{session}")
    assert read_offer(firefox).fingerprints == (CERTIFICATE,)


def test_the_answer_says_where_we_are_and_refuses_the_rest() -> None:
    data = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=sctp-port:5000\r\n"
    offer = read_offer(CHROMIUM + data)
    text = answer(offer, ours=OURS, fingerprint=CERTIFICATE, hosts=("192.0.2.1", "2001:db8::1"), port=40000)
    described = parse(text.encode())
    assert ("ice-lite", "") in described.attributes
    assert ("group", "BUNDLE 0") in described.attributes
    audio, refused = described.media
    assert (audio.port, audio.attribute("ice-ufrag"), audio.attribute("setup")) == (40000, OURS.ufrag, "active")
    assert [value.split()[4] for key, value in audio.attributes if key == "candidate"] == ["192.0.2.1", "2001:db8::1"]
    assert [each.encoding for each in audio.audio_formats()] == ["OPUS"]
    assert (refused.port, refused.protocol, refused.attribute("mid")) == (0, "UDP/DTLS/SCTP", "1")


@pytest.mark.parametrize(
    "offer",
    [
        "",
        "v=0",
        without("a=rtcp-mux"),
        without("a=mid:0"),
        without("a=ice-ufrag:Wq1z"),
        without(f"a=fingerprint:sha-256 {PRINT}"),
        without("a=setup:actpass"),
        CHROMIUM.replace("a=setup:actpass", "a=setup:active"),
        CHROMIUM.replace("a=sendrecv", "a=recvonly"),
        CHROMIUM.replace("UDP/TLS/RTP/SAVPF", "RTP/AVP"),
        CHROMIUM.replace("m=audio 9", "m=audio 0"),
        CHROMIUM.replace("m=audio", "m=video"),
        CHROMIUM.replace("sha-256", "sha-1"),
        CHROMIUM.replace("opus/48000/2", "opus/16000").replace("PCMA/8000", "PCMA/16000"),
        CHROMIUM.replace("a=mid:0", "a=mid:" + "0" * 300),
        CHROMIUM + "a=x:" + "x" * 20000,
    ],
)
def test_what_is_no_usable_offer_is_refused(offer: str) -> None:
    with pytest.raises(ProtocolError):
        read_offer(offer)


lines = st.lists(st.sampled_from(CHROMIUM.split("\r\n")) | st.text(max_size=60), max_size=30)


@given(lines)
def test_no_offer_escapes(given_lines: list[str]) -> None:
    text = "\r\n".join(["v=0", *given_lines])
    try:
        offer = read_offer(text)
    except ProtocolError:
        return
    made = answer(offer, ours=OURS, fingerprint=CERTIFICATE, hosts=("192.0.2.1",), port=40000)
    assert parse(made.encode()).media[offer.index].kind == "audio"
