"""Calls to us, with the peer's messages written by hand: no time but what is given."""

import pytest

from tests.telephony.sip.sip_harness import OFFER, PEER, core, messages, methods, request, statuses, to_tag
from voicebot.errors import TelephonyError
from voicebot.telephony.leg import EndReason
from voicebot.telephony.sip.call import Call
from voicebot.telephony.sip.events import (
    CallConfirmed,
    CallEnded,
    CallReleased,
    IncomingCall,
    MediaChanged,
    Output,
    Peer,
    Send,
)
from voicebot.telephony.sip.facts import inbound_facts
from voicebot.telephony.sip.message import Request, Response
from voicebot.telephony.sip.ua import UserAgent


def _incoming(outputs: list[Output]) -> Call:
    calls = [output.call for output in outputs if isinstance(output, IncomingCall)]
    assert len(calls) == 1
    return calls[0]


def _established(ua: UserAgent) -> tuple[Call, str]:
    """A call answered and acknowledged at time 0; gives it with our tag."""
    call = _incoming(ua.receive(request("INVITE", body=OFFER), PEER, 0.0))
    ok = messages(ua.answer(call, ua.negotiation(PEER, 5000), 0.0))[0]
    tag = to_tag(ok)
    outputs = ua.receive(request("ACK", branch="z9hG4bKack", totag=tag), PEER, 0.1)
    assert [type(output) for output in outputs] == [CallConfirmed]
    return call, tag


def _settle(ua: UserAgent, now: float) -> list[Output]:
    outputs: list[Output] = []
    while (at := ua.next_timer()) is not None:
        now = max(now, at)
        outputs += ua.tick(now)
    return outputs


def test_a_call_from_ring_to_bye() -> None:
    ua = core()
    outputs = ua.receive(request("INVITE", body=OFFER, Record_Route="<sip:10.0.0.8;lr>, <sip:10.0.0.7;lr>"), PEER, 0.0)
    assert statuses(outputs) == [100]
    call = _incoming(outputs)
    ringing = messages(ua.ring(call, 0.1))[0]
    ok = messages(ua.answer(call, ua.negotiation(PEER, 5000), 0.2))[0]
    for answer, status in ((ringing, 180), (ok, 200)):
        assert isinstance(answer, Response)
        assert answer.status == status
        assert answer.headers.get("from") == '"Ann" <sip:0161@10.0.0.9>;tag=theirs'
        assert answer.headers.get("via") == "SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKone"
        assert answer.headers.get("record-route") == "<sip:10.0.0.8;lr>, <sip:10.0.0.7;lr>"
        assert answer.headers.get("contact") == "<sip:voicebot@10.0.0.1:5060>"
    assert to_tag(ringing) == to_tag(ok)
    assert b"m=audio 5000 RTP/AVP 8 101" in ok.body
    assert isinstance(ua.receive(request("ACK", branch="z9hG4bK2", totag=to_tag(ok)), PEER, 0.3)[0], CallConfirmed)
    outputs = ua.receive(request("BYE", branch="z9hG4bK3", totag=to_tag(ok), cseq="2"), PEER, 5.0)
    assert statuses(outputs) == [200]
    assert [type(output) for output in outputs[1:]] == [CallEnded, CallReleased]
    assert outputs[1] == CallEnded(call, EndReason.REMOTE_HANGUP)
    _settle(ua, 5.0)
    assert ua.idle


def test_our_bye_follows_the_record_route() -> None:
    ua = core(allowed_peer=lambda host: host in ("10.0.0.8", "10.0.0.9"))
    call = _incoming(ua.receive(request("INVITE", body=OFFER, Record_Route="<sip:10.0.0.8;lr>"), PEER, 0.0))
    tag = to_tag(messages(ua.answer(call, ua.negotiation(PEER, 5000), 0.0))[0])
    ua.receive(request("ACK", branch="z9hG4bKack", totag=tag), PEER, 0.1)
    outputs = ua.hangup(call, 1.0)
    bye = messages(outputs)[0]
    assert isinstance(bye, Request)
    assert bye.uri == "sip:ann@10.0.0.9:5060"
    assert bye.headers.get("route") == "<sip:10.0.0.8;lr>"
    assert bye.headers.get("to") == '"Ann" <sip:0161@10.0.0.9>;tag=theirs'
    assert isinstance(outputs[0], Send)
    assert outputs[0].peer == Peer("UDP", "10.0.0.8", 5060)


@pytest.mark.parametrize("contact", ["<sip:ann@192.0.2.1>", "<sip:ann@pbx.example>"])
def test_requests_go_back_where_they_came_from_when_the_contact_cannot_be_used(contact: str) -> None:
    ua = core(allowed_peer=lambda host: host == "10.0.0.9")
    nat = Peer("UDP", "10.0.0.9", 33333)
    data = request("INVITE", body=OFFER, Contact=contact, Via="SIP/2.0/UDP 192.168.1.2;rport;branch=z9hG4bKn")
    outputs = ua.receive(data, nat, 0.0)
    trying = messages(outputs)[0]
    assert trying.headers.get("via") == "SIP/2.0/UDP 192.168.1.2;rport=33333;branch=z9hG4bKn;received=10.0.0.9"
    assert isinstance(outputs[0], Send)
    assert outputs[0].peer == nat
    call = _incoming(outputs)
    tag = to_tag(messages(ua.answer(call, ua.negotiation(PEER, 5000), 0.0))[0])
    ua.receive(request("ACK", branch="z9hG4bKack", totag=tag), nat, 0.1)
    bye = ua.hangup(call, 1.0)[0]
    assert isinstance(bye, Send)
    assert bye.peer == nat


def test_a_repeated_invite_is_absorbed_and_answered_again() -> None:
    ua = core()
    call = _incoming(ua.receive(request("INVITE", body=OFFER), PEER, 0.0))
    assert statuses(ua.receive(request("INVITE", body=OFFER), PEER, 0.5)) == [100]
    ua.ring(call, 0.6)
    again = ua.receive(request("INVITE", body=OFFER), PEER, 1.0)
    assert statuses(again) == [180]
    assert len(again) == 1
    ua.answer(call, ua.negotiation(PEER, 5000), 1.1)
    assert ua.receive(request("INVITE", body=OFFER), PEER, 1.2) == []


def test_the_same_request_by_two_paths_is_merged() -> None:
    ua = core()
    ua.receive(request("INVITE", body=OFFER), PEER, 0.0)
    assert statuses(ua.receive(request("INVITE", body=OFFER, branch="z9hG4bKtwo"), PEER, 0.1)) == [100, 482]


def test_without_an_ack_the_answer_repeats_and_then_we_hang_up() -> None:
    ua = core()
    call = _incoming(ua.receive(request("INVITE", body=OFFER), PEER, 0.0))
    ua.answer(call, ua.negotiation(PEER, 5000), 0.0)
    times = []
    while (at := ua.next_timer()) is not None and at < 31.9:
        if 200 in statuses(ua.tick(at)):
            times.append(at)
    assert times == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    outputs = ua.tick(32.0)
    assert methods(outputs) == ["BYE"]
    assert CallEnded(call, EndReason.ERROR, 0, "our answer was never acknowledged") in outputs
    assert CallReleased(call) in _settle(ua, 32.0)
    assert ua.idle


def test_a_bye_of_ours_waits_for_the_ack() -> None:
    ua = core()
    call = _incoming(ua.receive(request("INVITE", body=OFFER), PEER, 0.0))
    tag = to_tag(messages(ua.answer(call, ua.negotiation(PEER, 5000), 0.0))[0])
    outputs = ua.hangup(call, 0.1)
    assert outputs == [CallEnded(call, EndReason.LOCAL_HANGUP)], "its user need not wait"
    assert methods(ua.receive(request("ACK", branch="z9hG4bKack", totag=tag), PEER, 0.2)) == ["BYE"]


def test_cancel_before_the_answer() -> None:
    ua = core()
    call = _incoming(ua.receive(request("INVITE", body=OFFER), PEER, 0.0))
    outputs = ua.receive(request("CANCEL"), PEER, 0.5)
    assert statuses(outputs) == [200, 487]
    assert CallEnded(call, EndReason.CANCELLED, 487) in outputs
    with pytest.raises(TelephonyError):
        ua.answer(call, ua.negotiation(PEER, 5000), 0.6)
    assert ua.receive(request("ACK", totag="x"), PEER, 0.7) == []
    _settle(ua, 0.7)
    assert ua.idle


def test_cancel_after_the_answer_changes_nothing() -> None:
    ua = core()
    call = _incoming(ua.receive(request("INVITE", body=OFFER), PEER, 0.0))
    ua.answer(call, ua.negotiation(PEER, 5000), 0.1)
    assert statuses(ua.receive(request("CANCEL"), PEER, 0.2)) == [200]
    assert call.answered


def test_cancel_of_nothing() -> None:
    assert statuses(core().receive(request("CANCEL"), PEER, 0.0)) == [481]


def test_reject_repeats_until_acknowledged() -> None:
    ua = core()
    call = _incoming(ua.receive(request("INVITE", body=OFFER), PEER, 0.0))
    outputs = ua.reject(call, 486, 0.0)
    assert statuses(outputs) == [486]
    assert outputs[1:] == [CallEnded(call, EndReason.REJECTED, 486), CallReleased(call)]
    assert statuses(ua.tick(0.5)) == [486]
    assert statuses(ua.tick(1.5)) == [486]
    tag = to_tag(messages(outputs)[0])
    assert ua.receive(request("ACK", totag=tag), PEER, 1.6) == []
    assert ua.tick(3.5) == []
    _settle(ua, 3.5)
    assert ua.idle


def test_an_unanswered_call_rings_on_and_is_refused_at_last() -> None:
    ua = core(ring_limit=150.0)
    call = _incoming(ua.receive(request("INVITE", body=OFFER), PEER, 0.0))
    ua.ring(call, 0.0)
    assert statuses(ua.tick(60.0)) == [180]
    assert statuses(ua.tick(120.0)) == [180]
    outputs = ua.tick(150.0)
    assert statuses(outputs) == [480]
    assert CallEnded(call, EndReason.ERROR, 480) in outputs


def test_an_invite_without_offer_gets_ours_and_the_ack_answers() -> None:
    ua = core()
    call = _incoming(ua.receive(request("INVITE"), PEER, 0.0))
    assert call.offer is None
    ok = messages(ua.answer(call, ua.negotiation(PEER, 5000), 0.0))[0]
    assert b"m=audio 5000 RTP/AVP 8 0 9 101" in ok.body
    ack = request("ACK", branch="z9hG4bKack", totag=to_tag(ok), body=OFFER.replace(" 8 0 ", " 0 "))
    assert ua.receive(ack, PEER, 0.1) == [CallConfirmed(call)]
    assert call.negotiation is not None
    assert call.negotiation.parameters is not None
    assert (call.negotiation.parameters.encoding, call.negotiation.parameters.remote) == ("PCMU", ("10.0.0.9", 4000))


@pytest.mark.parametrize("body", ["", "v=0\r\nm=audio 0 RTP/AVP 8\r\n", "nonsense"])
def test_an_ack_without_a_usable_answer_ends_the_call(body: str) -> None:
    ua = core()
    call = _incoming(ua.receive(request("INVITE"), PEER, 0.0))
    tag = to_tag(messages(ua.answer(call, ua.negotiation(PEER, 5000), 0.0))[0])
    outputs = ua.receive(request("ACK", branch="z9hG4bKack", totag=tag, body=body), PEER, 0.1)
    assert methods(outputs) == ["BYE"]
    assert [e.reason for e in outputs if isinstance(e, CallEnded)] == [EndReason.ERROR]


def test_hold_and_resume() -> None:
    ua = core()
    call, tag = _established(ua)
    negotiation = call.negotiation
    assert negotiation is not None
    for number, (direction, expected, send, receive) in enumerate(
        [
            ("sendonly", b"a=recvonly", False, True),
            ("inactive", b"a=inactive", False, False),
            ("sendrecv", b"a=sendrecv", True, True),
        ],
        start=2,
    ):
        data = request(
            "INVITE", branch=f"z9hG4bKre{number}", totag=tag, cseq=str(number), body=OFFER + f"a={direction}\r\n"
        )
        outputs = ua.receive(data, PEER, number)
        assert statuses(outputs) == [100, 200]
        assert MediaChanged(call) in outputs
        assert expected in messages(outputs)[1].body
        assert negotiation.parameters is not None
        assert (negotiation.parameters.send, negotiation.parameters.receive) == (send, receive)
        ua.receive(request("ACK", branch=f"z9hG4bKa{number}", totag=tag, cseq=str(number)), PEER, number + 0.1)
    assert call.answered


def test_a_change_that_does_not_fit_leaves_the_session_as_it_was() -> None:
    ua = core(allowed_media=lambda host: host == "10.0.0.9")
    call, tag = _established(ua)
    assert call.negotiation is not None
    before = call.negotiation.parameters
    elsewhere = OFFER.replace("c=IN IP4 10.0.0.9", "c=IN IP4 203.0.113.5")
    outputs = ua.receive(request("INVITE", branch="z9hG4bKre", totag=tag, cseq="2", body=elsewhere), PEER, 1.0)
    assert statuses(outputs) == [100, 488]
    assert call.negotiation.parameters is before
    assert call.answered


def test_a_change_before_our_answer_is_acknowledged_must_wait() -> None:
    ua = core()
    call = _incoming(ua.receive(request("INVITE", body=OFFER), PEER, 0.0))
    tag = to_tag(messages(ua.answer(call, ua.negotiation(PEER, 5000), 0.0))[0])
    data = request("INVITE", branch="z9hG4bKre", totag=tag, cseq="2", body=OFFER)
    assert statuses(ua.receive(data, PEER, 0.1)) == [100, 491]


def test_an_offerless_change_gets_our_offer() -> None:
    ua = core()
    call, tag = _established(ua)
    outputs = ua.receive(request("INVITE", branch="z9hG4bKre", totag=tag, cseq="2"), PEER, 1.0)
    assert b"m=audio 5000 RTP/AVP 8 0 9 101" in messages(outputs)[1].body
    answer = OFFER.replace("4000", "4444")
    ack = request("ACK", branch="z9hG4bKa2", totag=tag, cseq="2", body=answer)
    assert ua.receive(ack, PEER, 1.1) == [MediaChanged(call)]
    assert call.negotiation is not None
    assert call.negotiation.parameters is not None
    assert call.negotiation.parameters.remote == ("10.0.0.9", 4444)


def test_an_old_request_within_a_call_is_refused() -> None:
    ua = core()
    _, tag = _established(ua)
    assert statuses(ua.receive(request("OPTIONS", branch="z9hG4bKo", totag=tag, cseq="5"), PEER, 1.0)) == [200]
    assert statuses(ua.receive(request("BYE", branch="z9hG4bKb", totag=tag, cseq="4"), PEER, 1.1)) == [500]


def test_options_says_what_we_can() -> None:
    answer = messages(core().receive(request("OPTIONS"), PEER, 0.0))[0]
    assert isinstance(answer, Response)
    assert answer.status == 200
    assert answer.headers.get("allow") == "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK, REFER, NOTIFY"
    assert answer.headers.get("accept") == "application/sdp"
    assert answer.headers.get("supported") == "100rel, timer, replaces, norefersub"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (request("UPDATE"), 481),
        (request("REGISTER"), 405),
        (request("DANCE"), 501),
        (request("BYE", totag="nobody"), 481),
        (request("BYE"), 481),
        (request("OPTIONS", totag="nobody"), 481),
        (request("INVITE", totag="nobody", body=OFFER), 481),
        (request("REFER", Refer_To="<sip:x@y.test>"), 403),
        (request("INVITE", Require="timer, precondition, gruu", body=OFFER), 420),
        (request("OPTIONS", uri="urn:service:sos"), 416),
        (request("OPTIONS", Max_Forwards="many"), 400),
        (request("OPTIONS", drop=("Call-ID",)), 400),
        (request("OPTIONS", CSeq="1 INVITE"), 400),
        (request("OPTIONS", CSeq="2147483648 OPTIONS"), 400),
        (request("OPTIONS", From="nobody at all"), 400),
        (request("OPTIONS").replace(b"SIP/2.0\r\n", b"SIP/7.0\r\n", 1), 505),
        (request("INVITE", body="hello", Content_Type="text/plain"), 415),
        (request("INVITE", body=OFFER, Content_Encoding="gzip"), 415),
        (request("INVITE", body="v=1\r\n"), 400),
        (request("INVITE", body=OFFER, drop=("Contact",)), 400),
        (request("INVITE", body=OFFER.replace(" 8 0 ", " 18 ")), 488),
        (request("INVITE", body=OFFER.replace("RTP/AVP", "RTP/SAVP")), 488),
        (request("INVITE", body=OFFER.replace("4000", "0")), 488),
    ],
)
def test_what_cannot_be_done_is_refused(data: bytes, status: int) -> None:
    ua = core()
    outputs = ua.receive(data, PEER, 0.0)
    assert [s for s in statuses(outputs) if s != 100] == [status]
    refusal = messages(outputs)[-1]
    if status in (405, 501):
        assert refusal.headers.get("allow")
    if status == 420:
        assert refusal.headers.get("unsupported") == "precondition, gruu"
    if status == 415:
        assert refusal.headers.get("accept") == "application/sdp"
    assert not ua.calls
    _settle(ua, 0.0)
    assert ua.idle


def test_a_multipart_body_is_searched_for_its_sdp() -> None:
    isup, sdp = (f"--b1\r\nContent-Type: application/{kind}\r\n\r\n" for kind in ("isup", "sdp"))
    body = f"{isup}xx\r\n{sdp}{OFFER}\r\n--b1--\r\n"
    data = request("INVITE", body=body, Content_Type='multipart/mixed;boundary="b1"')
    assert _incoming(core().receive(data, PEER, 0.0)).offer is not None


def test_more_calls_than_we_carry_are_refused() -> None:
    ua = core(max_calls=1)
    first = _incoming(ua.receive(request("INVITE", body=OFFER), PEER, 0.0))
    second = request("INVITE", body=OFFER, branch="z9hG4bKtwo", Call_ID="call-2")
    outputs = ua.receive(second, PEER, 0.0)
    assert statuses(outputs) == [100, 503]
    assert "retry-after" not in messages(outputs)[1].headers
    ua.reject(first, 486, 0.1)
    third = request("INVITE", body=OFFER, branch="z9hG4bKthree", Call_ID="call-3")
    _incoming(ua.receive(third, PEER, 0.2))


def test_calls_come_no_faster_than_allowed() -> None:
    ua = core(calls_per_second=2.0)
    answers = []
    for index in range(4):
        data = request("INVITE", body=OFFER, branch=f"z9hG4bK{index}", Call_ID=f"call-{index}")
        answers.append(statuses(ua.receive(data, PEER, 100.0)))
    assert answers == [[100], [100], [100, 503], [100, 503]]
    late = request("INVITE", body=OFFER, branch="z9hG4bKlate", Call_ID="call-late")
    assert statuses(ua.receive(late, PEER, 100.5)) == [100]


def test_when_stopping_new_calls_are_sent_elsewhere() -> None:
    ua = core()
    ua.stop_accepting()
    refusal = messages(ua.receive(request("INVITE", body=OFFER), PEER, 0.0))[1]
    assert isinstance(refusal, Response)
    assert (refusal.status, refusal.headers.get("retry-after")) == (503, "30")
    assert statuses(ua.receive(request("OPTIONS", branch="z9hG4bKo", Call_ID="o"), PEER, 0.0)) == [503]


def test_facts_of_a_call() -> None:
    data = request(
        "INVITE",
        body=OFFER,
        uri="sip:+441612345678@10.0.0.1;user=phone",
        P_Asserted_Identity='"Ann Lee" <sip:+447700900123@trunk.example>',
        Diversion="<sip:+441610000000@trunk.example>;reason=no-answer",
        User_to_User="48656c6c6f;encoding=hex",
    )
    call = _incoming(core().receive(data, PEER, 0.0))
    facts = inbound_facts(call.invite, "id")
    assert (facts.caller, facts.caller_name, facts.called) == ("+447700900123", "Ann Lee", "+441612345678")
    assert facts.headers["diversion"] == "<sip:+441610000000@trunk.example>;reason=no-answer"
    assert facts.headers["user-to-user"] == "48656c6c6f;encoding=hex"


@pytest.mark.parametrize(
    "fields",
    [
        {"Privacy": "id", "P_Asserted_Identity": "<tel:+447700900123>"},
        {"From": '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=x'},
        {"From": "<sip:anonymous@10.0.0.9>;tag=x"},
    ],
)
def test_a_withheld_number_stays_withheld(fields: dict[str, str]) -> None:
    call = _incoming(core().receive(request("INVITE", body=OFFER, **fields), PEER, 0.0))  # type: ignore[arg-type]
    facts = inbound_facts(call.invite, "id")
    assert facts.caller == ""
    assert facts.caller_name == ""
    assert "p-asserted-identity" not in facts.headers
