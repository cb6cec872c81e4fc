"""SDP, and what offers and answers come to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.errors import ProtocolError
from voicebot.telephony.sip.negotiation import Negotiation, NotAcceptable
from voicebot.telephony.sip.sdp import MAX_SDP, parse


def _sdp(*media: str, session: str = "c=IN IP4 192.0.2.9\r\n") -> bytes:
    return ("v=0\r\no=x 1 1 IN IP4 h\r\ns=-\r\n" + session + "t=0 0\r\n" + "".join(f"{m}\r\n" for m in media)).encode()


def _ours() -> Negotiation:
    return Negotiation(address="10.0.0.1", port=5000, session_id=7)


@pytest.mark.parametrize(
    ("lines", "encoding", "number", "event", "ptime"),
    [
        (["m=audio 4000 RTP/AVP 8 0 101", "a=rtpmap:101 telephone-event/8000"], "PCMA", 8, 101, 20),
        (["m=audio 4000 RTP/AVP 0 8"], "PCMA", 8, None, 20),
        (["m=audio 4000 RTP/AVP 0", "a=ptime:30"], "PCMU", 0, None, 30),
        (["m=audio 4000 RTP/AVP 96 97", "a=rtpmap:96 opus/48000/2", "a=rtpmap:97 pcma/8000/1"], "PCMA", 97, None, 20),
        (["m=audio 4000 RTP/AVP 8", "a=ptime:40", "a=maxptime:20"], "PCMA", 8, None, 20),
        (["m=audio 4000 RTP/AVP 8", "a=ptime:200"], "PCMA", 8, None, 60),
        (["m=audio 4000 RTP/AVP 8 96", "a=rtpmap:96 telephone-event/16000"], "PCMA", 8, None, 20),
        (["m=audio 4000 RTP/AVP 9 8 96", "a=rtpmap:96 telephone-event/8000", "a=ptime:x"], "PCMA", 8, 96, 20),
    ],
)
def test_offers(lines: list[str], encoding: str, number: int, event: int | None, ptime: int) -> None:
    negotiation = _ours()
    answer = parse(negotiation.answer(parse(_sdp(*lines))))
    agreed = negotiation.parameters
    assert agreed is not None
    assert (agreed.encoding, agreed.payload_type, agreed.event_payload_type, agreed.ptime_ms) == (
        encoding,
        number,
        event,
        ptime,
    )
    assert agreed.remote == ("192.0.2.9", 4000)
    audio = answer.audio
    assert audio is not None
    assert audio.address == "10.0.0.1"
    assert audio.formats == ((str(number),) if event is None else (str(number), str(event)))


@pytest.mark.parametrize(
    ("theirs", "ours", "send", "receive"),
    [
        ("sendrecv", "sendrecv", True, True),
        ("sendonly", "recvonly", False, True),
        ("recvonly", "sendonly", True, False),
        ("inactive", "inactive", False, False),
    ],
)
@pytest.mark.parametrize("at_session", [True, False])
def test_directions(theirs: str, ours: str, send: bool, receive: bool, at_session: bool) -> None:
    session = "c=IN IP4 192.0.2.9\r\n" + (f"a={theirs}\r\n" if at_session else "")
    offer = _sdp("m=audio 4000 RTP/AVP 8", *([] if at_session else [f"a={theirs}"]), session=session)
    negotiation = _ours()
    answer = parse(negotiation.answer(parse(offer)))
    assert answer.media[0].direction == ours
    assert negotiation.parameters is not None
    assert (negotiation.parameters.send, negotiation.parameters.receive) == (send, receive)


def test_the_old_way_to_hold() -> None:
    negotiation = _ours()
    negotiation.answer(parse(_sdp("m=audio 4000 RTP/AVP 8", session="c=IN IP4 0.0.0.0\r\n")))
    assert negotiation.parameters is not None
    assert (negotiation.parameters.send, negotiation.parameters.receive) == (False, False)


def test_a_connection_of_the_media_line_wins_and_other_media_are_refused() -> None:
    offer = _sdp("m=video 6000 RTP/AVP 96", "m=audio 4000 RTP/AVP 8", "c=IN IP6 2001:db8::5", "m=audio 4002 RTP/AVP 0")
    negotiation = _ours()
    answer = parse(negotiation.answer(parse(offer)))
    assert [(m.kind, m.port) for m in answer.media] == [("video", 0), ("audio", 5000), ("audio", 0)]
    assert negotiation.parameters is not None
    assert negotiation.parameters.remote == ("2001:db8::5", 4000)


@pytest.mark.parametrize(
    "offer",
    [
        _sdp("m=audio 4000 RTP/AVP 18"),
        _sdp("m=audio 0 RTP/AVP 8"),
        _sdp("m=audio 4000 RTP/SAVP 8"),
        _sdp("m=video 4000 RTP/AVP 8"),
        _sdp("m=audio 4000 RTP/AVP 8", session=""),
        _sdp("m=audio 4000 RTP/AVP 8", "a=rtpmap:8 PCMA/16000"),
    ],
)
def test_nothing_fits(offer: bytes) -> None:
    with pytest.raises(NotAcceptable):
        _ours().answer(parse(offer))


def test_our_version_moves_only_when_we_say_something_new() -> None:
    negotiation = _ours()
    offer = parse(_sdp("m=audio 4000 RTP/AVP 8"))
    first = negotiation.answer(offer)
    assert negotiation.answer(offer) == first
    held = negotiation.answer(parse(_sdp("m=audio 4000 RTP/AVP 8", "a=sendonly")))
    assert parse(first).origin.split()[2] == "1"
    assert parse(held).origin.split()[2] == "2"


def test_our_offer_is_answered_by_ourselves() -> None:
    caller, called = _ours(), Negotiation(address="10.0.0.2", port=6000, session_id=8)
    agreed = caller.accept(parse(called.answer(parse(caller.offer()))))
    assert (agreed.encoding, agreed.event_payload_type, agreed.remote) == ("PCMA", 101, ("10.0.0.2", 6000))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"v=1\r\n",
        b"v=0\r\n",
        b"v=0\r\nm=audio\r\n",
        b"v=0\r\nm=audio 99999 RTP/AVP 8\r\n",
        b"v=0\r\nc=IN IP4 pbx.example\r\nm=audio 1 RTP/AVP 8\r\n",
        b"v=0\r\nnonsense\r\n",
        b"v=0\r\n" + b"a=x\r\n" * MAX_SDP,
    ],
)
def test_what_is_no_sdp(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse(body)


@given(st.binary(max_size=200))
def test_noise_is_refused_or_harmless(noise: bytes) -> None:
    base = _sdp("m=audio 4000 RTP/AVP 8 101", "a=rtpmap:101 telephone-event/8000")
    try:
        description = parse(base + noise)
        _ours().answer(description)
    except (ProtocolError, NotAcceptable):
        return
    assert description.audio is not None
