"""SRTP keys and codecs in offers and answers."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.audio.encodings import G722_64, PCMA, Encoding
from voicebot.settings import SrtpMode
from voicebot.telephony.rtp.srtp import CryptoSuite, SrtpKeys
from voicebot.telephony.sip.negotiation import MediaPolicy, Negotiation, NotAcceptable
from voicebot.telephony.sip.sdes import Crypto, first_usable, parse_crypto
from voicebot.telephony.sip.sdp import parse

KEY_80 = base64.b64encode(bytes(range(30))).decode()
KEY_GCM = base64.b64encode(bytes(range(28))).decode()


def offer(*attributes: str, protocol: str = "RTP/SAVP", formats: str = "8") -> bytes:
    lines = [f"m=audio 4000 {protocol} {formats}", *(f"a={attribute}" for attribute in attributes)]
    return ("v=0\r\no=x 1 1 IN IP4 h\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n" + "\r\n".join(lines) + "\r\n").encode()


def crypto(tag: int = 1, suite: str = "AES_CM_128_HMAC_SHA1_80", rest: str = f"inline:{KEY_80}") -> str:
    return f"crypto:{tag} {suite} {rest}"


def ours(srtp: SrtpMode = SrtpMode.OPTIONAL, *, safe: bool = True, port: int = 5000) -> Negotiation:
    policy = MediaPolicy(srtp=srtp, keys_are_safe=safe)
    return Negotiation(address="10.0.0.1", port=port, session_id=7, policy=policy)


def keys(negotiation: Negotiation) -> SrtpKeys:
    assert negotiation.parameters is not None
    assert negotiation.parameters.keys is not None
    return negotiation.parameters.keys


@pytest.mark.parametrize("srtp", [SrtpMode.OPTIONAL, SrtpMode.REQUIRED])
@pytest.mark.parametrize("protocol", ["RTP/SAVP", "RTP/AVP"])
def test_an_offered_key_is_taken_and_answered_under_its_tag(srtp: SrtpMode, protocol: str) -> None:
    negotiation = ours(srtp)
    answer = parse(negotiation.answer(parse(offer(crypto(7), protocol=protocol))))
    assert keys(negotiation).theirs.octets == bytes(range(30))
    line = answer.media[0]
    assert line.protocol == protocol
    assert first_usable(line.all_of("crypto")) == Crypto(7, keys(negotiation).ours)


@pytest.mark.parametrize(
    ("srtp", "safe", "protocol", "attributes", "encrypted"),
    [
        (SrtpMode.OFF, True, "RTP/AVP", [crypto()], False),
        (SrtpMode.OFF, True, "RTP/SAVP", [crypto()], None),
        (SrtpMode.OPTIONAL, True, "RTP/AVP", [], False),
        (SrtpMode.OPTIONAL, True, "RTP/SAVP", [], None),
        (SrtpMode.OPTIONAL, True, "RTP/SAVP", [crypto(suite="F8_128_HMAC_SHA1_80")], None),
        (SrtpMode.OPTIONAL, True, "RTP/AVP", [crypto(suite="F8_128_HMAC_SHA1_80")], False),
        (SrtpMode.OPTIONAL, False, "RTP/AVP", [crypto()], False),
        (SrtpMode.OPTIONAL, False, "RTP/SAVP", [crypto()], None),
        (SrtpMode.REQUIRED, True, "RTP/AVP", [], None),
        (SrtpMode.REQUIRED, True, "RTP/AVP", [crypto()], True),
        (SrtpMode.REQUIRED, False, "RTP/SAVP", [crypto()], None),
        (SrtpMode.REQUIRED, False, "RTP/AVP", [], None),
    ],
)
def test_what_each_setting_takes(
    srtp: SrtpMode, safe: bool, protocol: str, attributes: list[str], encrypted: bool | None
) -> None:
    negotiation = ours(srtp, safe=safe)
    description = parse(offer(*attributes, protocol=protocol))
    if encrypted is None:
        with pytest.raises(NotAcceptable):
            negotiation.answer(description)
        assert negotiation.parameters is None
        return
    answer = parse(negotiation.answer(description))
    assert negotiation.parameters is not None
    assert (negotiation.parameters.keys is not None) is encrypted
    assert bool(answer.media[0].all_of("crypto")) is encrypted


def test_keys_do_not_go_out_where_signalling_can_be_read() -> None:
    assert b"crypto" not in ours(SrtpMode.OPTIONAL, safe=False).offer()
    with pytest.raises(NotAcceptable):
        ours(SrtpMode.REQUIRED, safe=False).offer()


@pytest.mark.parametrize(
    ("caller", "called", "encrypted"),
    [
        (SrtpMode.OPTIONAL, SrtpMode.OPTIONAL, True),
        (SrtpMode.REQUIRED, SrtpMode.OPTIONAL, True),
        (SrtpMode.OPTIONAL, SrtpMode.REQUIRED, True),
        (SrtpMode.OPTIONAL, SrtpMode.OFF, False),
        (SrtpMode.OFF, SrtpMode.OPTIONAL, False),
    ],
)
def test_two_of_us_find_each_other(caller: SrtpMode, called: SrtpMode, encrypted: bool) -> None:
    one, two = ours(caller), ours(called, port=6000)
    agreed = one.accept(parse(two.answer(parse(one.offer()))))
    assert (agreed.keys is not None) is encrypted
    if encrypted:
        assert keys(one).ours == keys(two).theirs
        assert keys(one).theirs == keys(two).ours
        assert keys(one).ours.suite is CryptoSuite.AEAD_AES_128_GCM
    assert agreed.rtcp_mux


def test_a_line_without_encryption_behind_one_with_is_taken_when_the_first_cannot_be() -> None:
    both = offer(crypto(suite="F8_128_HMAC_SHA1_80")) + b"m=audio 4002 RTP/AVP 0\r\n"
    negotiation = ours()
    answer = parse(negotiation.answer(parse(both)))
    assert [media.port for media in answer.media] == [0, 5000]
    assert negotiation.parameters is not None
    assert negotiation.parameters.remote[1] == 4002


def test_keys_stay_over_a_hold_and_change_with_the_peers() -> None:
    negotiation = ours()
    negotiation.answer(parse(offer(crypto())))
    first = keys(negotiation)
    negotiation.answer(parse(offer(crypto(), "sendonly")))
    assert keys(negotiation) == first
    other = base64.b64encode(bytes(30)).decode()
    negotiation.answer(parse(offer(crypto(rest=f"inline:{other}"))))
    assert keys(negotiation).theirs.octets == bytes(30)
    assert keys(negotiation).ours != first.ours
    again = keys(negotiation)
    with pytest.raises(NotAcceptable):
        negotiation.answer(parse(offer()))
    assert keys(negotiation) == again


def test_an_answer_under_a_tag_that_was_not_offered_is_refused() -> None:
    negotiation = ours(SrtpMode.REQUIRED)
    negotiation.offer()
    for wrong in (crypto(9), crypto(1)):  # no such tag; tag of another suite
        with pytest.raises(NotAcceptable, match="no key that we offered"):
            negotiation.accept(parse(offer(wrong)))


@pytest.mark.parametrize(
    ("value", "usable"),
    [
        (f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_80}", True),
        (f"1 AES_CM_128_HMAC_SHA1_32 inline:{KEY_80}|2^20", True),
        (f"1 aes_cm_128_hmac_sha1_80 inline:{KEY_80}|1048576 WSH=128", True),
        (f"1 AEAD_AES_128_GCM inline:{KEY_GCM}", True),
        (f"1 AEAD_AES_128_GCM inline:{KEY_GCM.rstrip('=')}", True),
        (f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_80}|2^20|1:4", False),
        (f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_80}|1:4", False),
        (f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_80}|2^20|1:4;inline:{KEY_80}|2^20|2:4", False),
        (f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_80} UNENCRYPTED_SRTP", False),
        (f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_80} KDR=1", False),
        (f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_GCM}", False),
        ("1 AES_CM_128_HMAC_SHA1_80 inline:!!!", False),
        (f"1 AES_CM_128_HMAC_SHA1_80 uri:{KEY_80}", False),
        (f"x AES_CM_128_HMAC_SHA1_80 inline:{KEY_80}", False),
        ("", False),
    ],
)
def test_which_attributes_can_be_used(value: str, usable: bool) -> None:
    assert (parse_crypto(value) is not None) is usable


@given(st.text(max_size=120) | st.from_regex(r"\d{1,3} AES_CM_128_HMAC_SHA1_80 inline:\S{0,50}( \S+)?", fullmatch=True))
def test_no_attribute_breaks_it(value: str) -> None:
    found = parse_crypto(value)
    assert found is None or parse_crypto(str(found)) == found


def test_a_key_shows_in_no_log() -> None:
    made = Crypto.make(1, CryptoSuite.AES_CM_128_HMAC_SHA1_80)
    assert str(made.key.octets) not in repr(SrtpKeys(made.key, made.key))


@pytest.mark.parametrize(
    ("encodings", "encoding"), [((PCMA, G722_64), "PCMA"), ((G722_64, PCMA), "G722"), ((G722_64,), "G722")]
)
def test_the_first_codec_of_ours_that_they_speak(encodings: tuple[Encoding, ...], encoding: str) -> None:
    negotiation = Negotiation(address="10.0.0.1", port=5000, session_id=7, policy=MediaPolicy(encodings))
    body = negotiation.answer(parse(offer(protocol="RTP/AVP", formats="0 8 9")))
    assert negotiation.parameters is not None
    assert negotiation.parameters.encoding == encoding
    if encoding == "G722":
        assert b"a=rtpmap:9 G722/8000\r\n" in body


@pytest.mark.parametrize(
    ("attributes", "mux", "port"),
    [([], False, 4001), (["rtcp-mux"], True, 4001), (["rtcp:53020"], False, 53020), (["rtcp:0"], False, 4001)],
)
def test_where_reports_go(attributes: list[str], mux: bool, port: int) -> None:
    negotiation = ours()
    answer = parse(negotiation.answer(parse(offer(*attributes, protocol="RTP/AVP"))))
    assert negotiation.parameters is not None
    assert (negotiation.parameters.rtcp_mux, negotiation.parameters.rtcp_port) == (mux, port)
    assert answer.media[0].rtcp_mux is mux
