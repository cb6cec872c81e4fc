"""Every message of RFC 4475, as a datagram and in a stream: answered or dropped as the RFC says."""

import pytest

from tests.telephony.sip.sip_harness import core, messages, statuses, to_tag
from tests.telephony.sip.torture_messages import CALL, DROPPED, FOLDER, TORTURES, Torture, torture_message
from voicebot.telephony.leg import EndReason
from voicebot.telephony.sip.address import Address
from voicebot.telephony.sip.events import CallEnded, IncomingCall, Output, Peer, Send
from voicebot.telephony.sip.facts import inbound_facts
from voicebot.telephony.sip.fields import CSeq, Via
from voicebot.telephony.sip.framing import StreamFramer
from voicebot.telephony.sip.message import Request, Response, parse
from voicebot.telephony.sip.ua import UserAgent
from voicebot.telephony.sip.uac import Outgoing
from voicebot.telephony.sip.uri import Uri

UDP = Peer("UDP", "192.0.2.77", 5060)
STREAMS = [Peer("TCP", "192.0.2.77", 33000, 1), Peer("TLS", "192.0.2.77", 33000, 1)]

tortures = pytest.mark.parametrize("torture", TORTURES, ids=lambda torture: torture.name)


def _settle(ua: UserAgent) -> list[Output]:
    """Let time pass, refusing calls that wait for an answer; gives what came of it."""
    outputs = [output for call in ua.calls for output in ua.reject(call, 480, 0.0)]
    while (at := ua.next_timer()) is not None:
        outputs += ua.tick(at)
    return outputs


def _final(outputs: list[Output]) -> list[int]:
    """The final statuses among the outputs, and CALL for each call."""
    calls = [CALL for output in outputs if isinstance(output, IncomingCall)]
    return calls + [status for status in statuses(outputs) if status >= 200]


def test_there_are_all_of_them() -> None:
    assert len(TORTURES) == 49
    assert {torture.name for torture in TORTURES} == {path.stem for path in FOLDER.glob("*.txt")}


@tortures
def test_a_datagram(torture: Torture) -> None:
    ua = core()
    data = torture_message(torture.name)
    outputs = ua.receive(data, UDP, 0.0)
    assert _final(outputs) == ([] if torture.status == DROPPED else [torture.status])
    assert ua.dropped == (torture.status == DROPPED)
    for output in outputs:
        if isinstance(output, Send):
            assert output.peer.host == UDP.host, "no answer goes elsewhere than where the request came from"
    _settle(ua)
    assert ua.idle


@tortures
@pytest.mark.parametrize("peer", STREAMS, ids=lambda peer: peer.transport)
def test_a_stream(torture: Torture, peer: Peer) -> None:
    ua = core()
    framer = StreamFramer()
    outputs = [
        output for message in framer.feed(torture_message(torture.name)) for output in ua.receive(message, peer, 0.0)
    ]
    assert _final(outputs) == [status for status in torture.answers if status != DROPPED]
    assert framer.broken == torture.closed
    assert framer.waiting == torture.waits
    # The port is where a new connection would lead if this one were lost (RFC 3261 18.2.2).
    assert {(o.peer.host, o.peer.flow) for o in outputs if isinstance(o, Send)} <= {(peer.host, peer.flow)}
    _settle(ua)
    assert ua.idle


@tortures
def test_a_stream_byte_by_byte_is_no_different(torture: Torture) -> None:
    data = torture_message(torture.name)
    at_once, by_bytes = StreamFramer(), StreamFramer()
    whole = at_once.feed(data)
    assert [message for byte in data for message in by_bytes.feed(bytes([byte]))] == whole
    assert (at_once.broken, at_once.waiting) == (by_bytes.broken, by_bytes.waiting)


@tortures
def test_a_repetition_is_answered_alike_and_makes_no_second_call(torture: Torture) -> None:
    """RFC 3261 8.2.7 and 17.2: a repeated request gets the same answer, its tag included."""
    ua = core()
    data = torture_message(torture.name)
    first = ua.receive(data, UDP, 0.0)
    again = ua.receive(data, UDP, 0.1)
    assert not any(isinstance(output, IncomingCall) for output in again)
    if torture.status not in (DROPPED, CALL):
        assert messages(again)[-1] == messages(first)[-1]
    _settle(ua)
    assert ua.idle


def test_an_ack_of_a_refusal_without_transaction_is_dropped() -> None:
    """No retransmissions follow a 400 that was answered without a transaction."""
    ua = core()
    ua.receive(torture_message("quotbal"), UDP, 0.0)
    assert ua.next_timer() is None


def test_a_tortuous_invite_is_understood() -> None:
    message = parse(torture_message("wsinv"))
    assert isinstance(message, Request)
    headers = message.headers
    assert Address.parse(headers.get("from")).display == 'J Rosenberg \\"'
    assert Address.parse(headers.get("from")).tag == "98asjd8"
    assert Address.parse(headers.get("to")).tag == "1918181833n"
    assert CSeq.parse(headers.get("cseq")) == CSeq(9, "INVITE")
    vias = [Via.parse(value) for value in headers.values("via")]
    assert [(via.transport, via.host, via.branch) for via in vias] == [
        ("UDP", "192.0.2.2", "390skdjuw"),
        ("TCP", "spindle.example.com", "z9hG4bK9ikj8"),
        ("UDP", "192.168.255.111", "z9hG4bK30239"),
    ]
    contact = Address.parse(headers.get("contact"))
    assert contact.display == 'Quoted string ""'
    assert contact.params == (("newparam", "newvalue"), ("secondparam", None), ("q", "0.33"))
    assert headers.get("unknownheaderwithunusualvalue") == ";;,,;;,;"
    assert headers.get("newfangledheader") == "newfangled value continued newfangled value"


def test_a_tortuous_invite_without_a_dialog_is_a_call() -> None:
    """Its To tag taken away, nothing stands in the way of it."""
    ua = core()
    outputs = ua.receive(torture_message("wsinv").replace(b" ;   tag    = 1918181833n", b""), UDP, 0.0)
    assert _final(outputs) == [CALL]


def test_a_wide_range_of_characters_is_echoed() -> None:
    data = torture_message("intmeth")
    answer = messages(core().receive(data, STREAMS[0], 0.0))[0]
    sent = parse(data)
    assert answer.headers.get("from") == sent.headers.get("from")
    assert answer.headers.get("to").startswith(sent.headers.get("to"))
    assert "\0" in answer.headers.get("to")
    assert answer.headers.get("call-id") == sent.headers.get("call-id")
    assert answer.headers.get("allow")


def test_escapes_are_undone_once() -> None:
    ua = core()
    call = next(
        output.call for output in ua.receive(torture_message("esc01"), UDP, 0.0) if isinstance(output, IncomingCall)
    )
    facts = inbound_facts(call.invite, "id")
    assert (facts.called, facts.caller) == ("sips:user@example.com", "I have spaces")
    assert dict(Address.parse(call.invite.headers.get("contact")).uri.params)["n%61me"] == "v%61lue%25%34%31"
    assert Uri.parse("sip:null-%00-null@example.com").number == "null-\0-null"


def test_our_requests_follow_an_old_peer_that_gave_no_contact() -> None:
    ua = core()
    call = next(o.call for o in ua.receive(torture_message("inv2543"), UDP, 0.0) if isinstance(o, IncomingCall))
    tag = to_tag(messages(ua.answer(call, ua.negotiation(UDP, 5000), 0.0))[0])
    lines = torture_message("inv2543").partition(b"Content-Type")[0].replace(b"INVITE", b"ACK")
    ua.receive(
        lines.replace(b"net;user=phone\r\nCall", f"net;user=phone;tag={tag}\r\nCall".encode()) + b"\r\n", UDP, 0.1
    )
    bye = messages(ua.hangup(call, 1.0))[0]
    assert isinstance(bye, Request)
    assert bye.uri == "sip:UserB@example.com;maddr=ss1.example.com", "a strict router, as its Record-Route has no lr"
    assert bye.headers.get("route") == "<sip:+13035551111@ift.client.example.net;user=phone>"


def test_an_answer_that_is_not_for_us_alone_is_discarded() -> None:
    """More than one Via means that somebody got it by mistake (RFC 3261 8.1.3.3), even where its branch is ours."""
    ua = core()
    wish = Outgoing(Uri("sip", "ann", UDP.host, UDP.port), "<sip:bot@a.test>")
    call, outputs = ua.invite(wish, UDP, ua.negotiation(UDP, 4000), 0.0)
    invite = messages(outputs)[0]
    answer = Response(486, "Busy Here", invite.headers.copy())
    answer.headers.add("Via", "SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23")
    assert ua.receive(answer.to_bytes(), UDP, 0.1) == []
    assert not call.ended
    answer.headers.set("Via", invite.headers.get("via"))
    ended = [output for output in ua.receive(answer.to_bytes(), UDP, 0.2) if isinstance(output, CallEnded)]
    assert [(end.reason, end.status) for end in ended] == [(EndReason.REJECTED, 486)]
