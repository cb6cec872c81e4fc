"""Calls that we make, between two cores on a network that loses exactly what the test says."""

import pytest

from tests.telephony.sip.sip_harness import PEER, Network, Node, core, messages, methods
from voicebot.errors import TelephonyError
from voicebot.telephony.leg import EndReason
from voicebot.telephony.sip.events import CallEnded, CallProgress, CallReleased, IncomingCall, Output
from voicebot.telephony.sip.layer import make_response
from voicebot.telephony.sip.message import Message, Request, Response
from voicebot.telephony.sip.uac import Outgoing
from voicebot.telephony.sip.uri import Uri

ANSWER = b"v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n"


def _pair(on_event: str = "answer") -> tuple[Network, Node, Node]:
    network = Network(1)
    ann, bot = network.node("ann"), network.node("bot")

    def react(node: Node, event: Output) -> None:
        if isinstance(event, IncomingCall):
            if on_event in ("ring", "answer"):
                node.ring(event.call)
            if on_event == "answer":
                node.answer(event.call)
            if on_event == "reject":
                node.reject(event.call, 486)

    bot.on_event = react
    return network, ann, bot


def _answer(invite: Message, status: int, tag: str, *, body: bytes = b"", contact: bool = True) -> bytes:
    assert isinstance(invite, Request)
    response = make_response(invite, status, tag=tag)
    if contact:
        response.headers.add("Contact", f"<sip:{tag}@10.0.0.9>")
    if body:
        response.headers.add("Content-Type", "application/sdp")
        response.body = body
    return response.to_bytes()


def test_a_call_is_answered_and_hung_up() -> None:
    network, ann, bot = _pair()
    call = ann.invite(bot, headers={"User-to-User": "cafe;encoding=hex"})
    network.run(until=1.0)
    assert ann.established(call)
    assert CallProgress(call, 180) in ann.events
    assert bot.incoming[0].invite.headers.get("user-to-user") == "cafe;encoding=hex"
    ann.hangup(call)
    assert ann.ends(call) == [(EndReason.LOCAL_HANGUP, 0)]
    network.run()
    assert bot.ends(bot.incoming[0]) == [(EndReason.REMOTE_HANGUP, 0)]
    assert ann.ua.idle
    assert bot.ua.idle


def test_a_refusal_is_acknowledged_and_told() -> None:
    network, ann, bot = _pair("reject")
    call = ann.invite(bot)
    network.run()
    assert ann.ends(call) == [(EndReason.REJECTED, 486)]
    assert len(network.sent("ann", "ACK")) == 1
    assert ann.ua.idle


def test_cancel_while_it_rings() -> None:
    network, ann, bot = _pair("ring")
    call = ann.invite(bot)
    network.run(until=2.0)
    ann.hangup(call)
    network.run()
    assert ann.ends(call) == [(EndReason.LOCAL_HANGUP, 0)]
    assert bot.ends(bot.incoming[0]) == [(EndReason.CANCELLED, 487)]
    assert len(network.sent("ann", "CANCEL")) == 1
    assert ann.ua.idle
    assert bot.ua.idle


def test_cancel_waits_for_a_provisional_answer() -> None:
    network, ann, bot = _pair("ring")
    network.lose = lambda sender, message: sender == "bot" and network.now < 3.0
    call = ann.invite(bot)
    network.run(until=1.0)
    ann.hangup(call)
    network.run(until=2.9)
    assert network.sent("ann", "CANCEL") == []
    network.run()
    assert network.sent("ann", "CANCEL")
    assert bot.ends(bot.incoming[0]) == [(EndReason.CANCELLED, 487)]
    assert ann.ua.idle


def test_cancel_crosses_the_answer() -> None:
    network, ann, bot = _pair("ring")
    call = ann.invite(bot)
    network.run(until=1.0)
    ann.hangup(call)
    bot.answer(bot.incoming[0])
    network.run()
    assert ann.ends(call) == [(EndReason.LOCAL_HANGUP, 0)]
    assert bot.ends(bot.incoming[0]) == [(EndReason.REMOTE_HANGUP, 0)]
    assert len(network.sent("ann", "BYE")) == 1
    assert ann.ua.idle
    assert bot.ua.idle


def test_nobody_there() -> None:
    network, ann, bot = _pair()
    network.lose = lambda sender, message: True
    call = ann.invite(bot, timeout=120.0)
    network.run()
    assert ann.ends(call) == [(EndReason.ERROR, 408)]
    assert [at for at, _, _ in network.seen] == [0.0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert ann.ua.idle


def test_a_call_that_rings_too_long_is_cancelled() -> None:
    network, ann, bot = _pair("ring")
    call = ann.invite(bot, timeout=10.0)
    network.run(until=11.0)
    assert ann.ends(call) == [(EndReason.REJECTED, 408)]
    network.run()
    assert bot.ends(bot.incoming[0]) == [(EndReason.CANCELLED, 487)]
    assert ann.ua.idle


def test_a_peer_that_never_ends_its_cancelled_call() -> None:
    """It rings, takes the CANCEL, and is silent: after 64*T1 we forget it."""
    network, ann, bot = _pair("ring")
    network.lose = lambda sender, message: isinstance(message, Response) and message.status == 487
    call = ann.invite(bot)
    network.run(until=1.0)
    ann.hangup(call)
    network.run()
    assert ann.released(call)
    assert ann.ua.idle
    assert bot.ua.idle


def test_a_bye_that_nobody_answers() -> None:
    network, ann, bot = _pair()
    call = ann.invite(bot)
    network.run(until=1.0)
    network.lose = lambda sender, message: True
    ann.hangup(call)
    assert ann.ends(call) == [(EndReason.LOCAL_HANGUP, 0)]
    network.run(until=40.0)
    assert ann.released(call)
    assert len(network.sent("ann", "BYE")) == 11
    assert ann.ua.idle


def test_both_hang_up_at_once() -> None:
    network, ann, bot = _pair()
    call = ann.invite(bot)
    network.run(until=1.0)
    ann.hangup(call)
    bot.hangup(bot.incoming[0])
    network.run()
    assert ann.ends(call) == [(EndReason.LOCAL_HANGUP, 0)]
    assert bot.ends(bot.incoming[0]) == [(EndReason.LOCAL_HANGUP, 0)]
    assert ann.ua.idle
    assert bot.ua.idle


def test_a_lost_ack_is_repeated_with_the_answer() -> None:
    network, ann, bot = _pair()
    lost: list[Message] = []

    def lose(sender: str, message: Message) -> bool:
        if isinstance(message, Request) and message.method == "ACK" and len(lost) < 3:
            lost.append(message)
            return True
        return False

    network.lose = lose
    call = ann.invite(bot)
    network.run(until=10.0)
    acks = network.sent("ann", "ACK")
    assert len(acks) == 4
    assert len({message.to_bytes() for message in acks}) == 1
    assert bot.established(bot.incoming[0])
    ann.hangup(call)
    network.run()
    assert bot.ua.idle


def test_a_forked_second_answer_is_acknowledged_and_hung_up() -> None:
    ua = core()
    wish = Outgoing(Uri.parse("sip:x@10.0.0.9"), "<sip:me@here.test>")
    call, outputs = ua.invite(wish, PEER, ua.negotiation(PEER, 5000), 0.0)
    invite = messages(outputs)[0]
    ua.receive(_answer(invite, 180, "one"), PEER, 0.1)
    ua.receive(_answer(invite, 180, "two"), PEER, 0.1)
    assert methods(ua.receive(_answer(invite, 200, "two", body=ANSWER), PEER, 0.2)) == ["ACK"]
    extra = ua.receive(_answer(invite, 200, "one", body=ANSWER), PEER, 0.3)
    assert methods(extra) == ["ACK", "BYE"]
    assert all("tag=one" in message.headers.get("to") for message in messages(extra))
    assert methods(ua.receive(_answer(invite, 200, "one", body=ANSWER), PEER, 0.8)) == ["ACK"]
    assert call.answered
    assert not any(isinstance(output, CallEnded) for output in extra)


@pytest.mark.parametrize("status", [302, 401, 404, 407, 500, 603])
def test_every_failure_is_clean(status: int) -> None:
    ua = core()
    wish = Outgoing(Uri.parse("sip:x@10.0.0.9"), "<sip:me@here.test>")
    call, outputs = ua.invite(wish, PEER, ua.negotiation(PEER, 5000), 0.0)
    outputs = ua.receive(_answer(messages(outputs)[0], status, "t"), PEER, 0.1)
    assert methods(outputs) == ["ACK"]
    assert outputs[1:] == [CallEnded(call, EndReason.REJECTED, status), CallReleased(call)]


@pytest.mark.parametrize("body", [b"", ANSWER.replace(b"AVP 8", b"AVP 18"), b"garbage"])
def test_an_answer_without_usable_sdp_is_hung_up(body: bytes) -> None:
    ua = core()
    wish = Outgoing(Uri.parse("sip:x@10.0.0.9"), "<sip:me@here.test>")
    _, outputs = ua.invite(wish, PEER, ua.negotiation(PEER, 5000), 0.0)
    outputs = ua.receive(_answer(messages(outputs)[0], 200, "t", body=body), PEER, 0.1)
    assert methods(outputs) == ["ACK", "BYE"]
    assert [e.reason for e in outputs if isinstance(e, CallEnded)] == [EndReason.ERROR]


def test_an_answer_without_contact_ends_the_call() -> None:
    ua = core()
    wish = Outgoing(Uri.parse("sip:x@10.0.0.9"), "<sip:me@here.test>")
    call, outputs = ua.invite(wish, PEER, ua.negotiation(PEER, 5000), 0.0)
    outputs = ua.receive(_answer(messages(outputs)[0], 200, "t", body=ANSWER, contact=False), PEER, 0.1)
    assert CallReleased(call) in outputs


def test_a_transport_that_fails_ends_the_call() -> None:
    ua = core()
    wish = Outgoing(Uri.parse("sip:x@10.0.0.9"), "<sip:me@here.test>")
    call, _ = ua.invite(wish, PEER, ua.negotiation(PEER, 5000), 0.0)
    outputs = ua.transport_failed(PEER, 1.0)
    assert outputs == [CallEnded(call, EndReason.ERROR, 503, "transport"), CallReleased(call)]
    assert ua.idle


@pytest.mark.parametrize(
    "headers", [{"Via": "x"}, {"f": "x"}, {"Bad Name": "x"}, {"X-Note": "a\r\nVia: b"}, {"Content-Length": "5"}]
)
def test_headers_that_would_break_the_invite_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(TelephonyError):
        Outgoing(Uri.parse("sip:x@10.0.0.9"), "<sip:me@here.test>", headers=headers)
