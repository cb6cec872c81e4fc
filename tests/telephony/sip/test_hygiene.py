"""Nothing that a peer sends, or stops sending, is kept for ever: calls, dialogs, transactions, timers and memory."""

import gc
import tracemalloc

import pytest

from tests.telephony.sip.sip_harness import (
    OFFER,
    PEER,
    Network,
    Node,
    core,
    messages,
    methods,
    request,
    statuses,
    to_tag,
)
from voicebot.telephony.leg import EndReason
from voicebot.telephony.sip.call import Call
from voicebot.telephony.sip.events import CallEnded, CallReleased, IncomingCall, Output, Replacing, Send
from voicebot.telephony.sip.message import Request, Response
from voicebot.telephony.sip.ua import UserAgent
from voicebot.telephony.sip.uac import Outgoing
from voicebot.telephony.sip.uri import Uri


def _settle(ua: UserAgent) -> list[Output]:
    """Let time pass until nothing is due any more."""
    outputs: list[Output] = []
    while (at := ua.next_timer()) is not None:
        outputs += ua.tick(at)
    return outputs


def _ring_out(ua: UserAgent) -> tuple[Call, Request]:
    """A call of ours at time 0, and its INVITE."""
    wish = Outgoing(Uri("sip", "ann", PEER.host), "<sip:bot@10.0.0.1>")
    call, outputs = ua.invite(wish, PEER, ua.negotiation(PEER, 4000), 0.0)
    invite = messages(outputs)[0]
    assert isinstance(invite, Request)
    return call, invite


def _answer(asked: Request, status: int) -> bytes:
    """The peer's answer to a request of ours, with its tag."""
    response = Response(status, "Whatever")
    for name in ("via", "from", "call-id", "cseq"):
        response.headers.add(name, asked.headers.get(name))
    to = asked.headers.get("to")
    response.headers.add("to", to if "tag=" in to else f"{to};tag=theirs")
    response.headers.add("contact", "<sip:ann@10.0.0.9:5060>")
    return response.to_bytes()


def _established(ua: UserAgent, invite: bytes = request("INVITE", body=OFFER)) -> tuple[Call, str]:
    """A call to us, answered and acknowledged at time 0; gives it with our tag."""
    outputs = ua.receive(invite, PEER, 0.0)
    call = next(output.call for output in outputs if isinstance(output, IncomingCall))
    tag = to_tag(messages(ua.answer(call, ua.negotiation(PEER, 5000), 0.0))[0])
    ua.receive(request("ACK", branch="z9hG4bKack", totag=tag), PEER, 0.0)
    return call, tag


def test_a_bye_from_who_is_only_rung_ends_the_call() -> None:
    """It may not do so (RFC 3261 15), and its INVITE was left without a timer."""
    ua = core()
    call, invite = _ring_out(ua)
    ua.receive(_answer(invite, 183), PEER, 0.1)
    bye = request(
        "BYE",
        From="<sip:ann@10.0.0.9>;tag=theirs",
        To=invite.headers.get("from"),
        Call_ID=invite.headers.get("call-id"),
    )
    outputs = ua.receive(bye, PEER, 0.2)
    assert statuses(outputs) == [200]
    assert methods(outputs) == ["CANCEL"]
    assert CallEnded(call, EndReason.REMOTE_HANGUP) in outputs
    assert CallReleased(call) in _settle(ua)
    assert ua.idle


def test_a_change_whose_answer_is_only_provisional_does_not_outlive_the_call() -> None:
    """We hang up while a re-INVITE of ours has no answer yet; a provisional one comes after that, and then nothing."""
    ua = core()
    call, _ = _established(ua)
    asked = messages(ua.hold(call, True, 1.0))[0]
    assert isinstance(asked, Request)
    ua.hangup(call, 1.1)
    ua.receive(_answer(asked, 180), PEER, 1.2)
    _settle(ua)
    assert ua.idle


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_a_change_that_cannot_be_read_is_answered_all_the_same(method: str) -> None:
    """Min-SE with no number in it."""
    ua = core()
    call, tag = _established(ua)
    contact = {"Contact": "<sip:ann@10.0.0.9:5060>", "Session_Expires": "1800", "Min_SE": "soon"}
    change = request(method, branch="z9hG4bKre", totag=tag, cseq="2", body=OFFER, drop=(), **contact)
    assert statuses(ua.receive(change, PEER, 1.0))[-1] == 400
    ua.hangup(call, 2.0)
    _settle(ua)
    assert ua.idle


def test_an_ack_that_comes_after_the_session_has_expired_lets_the_call_go() -> None:
    """A re-INVITE asks for a session of two seconds and is acknowledged when that is over."""
    ua = core(min_se=1)
    call, tag = _established(ua)
    ua.receive(request("INVITE", branch="z9hG4bKre", totag=tag, cseq="2", body=OFFER, Session_Expires="2"), PEER, 1.0)
    outputs = ua.tick(3.0)
    bye = next(message for message in messages(outputs) if isinstance(message, Request))
    assert bye.method == "BYE"
    assert any(isinstance(output, CallEnded) for output in outputs)
    ua.receive(_answer(bye, 200), PEER, 3.1)
    late = ua.receive(request("ACK", branch="z9hG4bKa2", totag=tag, cseq="2"), PEER, 3.2)
    assert late == [CallReleased(call)]
    _settle(ua)
    assert ua.idle


@pytest.mark.parametrize("after", ["\u00b2", "\u0663", "9" * 5000, "soon", "-1"])
def test_a_wait_that_is_no_number_of_seconds_breaks_nothing(after: str) -> None:
    """A change is refused for now, with a superscript two, an Arabic three and worse for the seconds to wait."""
    ua = core()
    call, _ = _established(ua)
    asked = messages(ua.hold(call, True, 1.0))[0]
    assert isinstance(asked, Request)
    refusal = _answer(asked, 503).replace(b"contact", f"Retry-After: {after}\r\ncontact".encode())
    ua.receive(refusal, PEER, 1.1)
    ua.hangup(call, 2.0)
    _settle(ua)
    assert ua.idle


@pytest.mark.parametrize("method", ["OPTIONS", "INVITE", "MESSAGE", "DANCE"])
def test_a_flood_is_bounded(method: str) -> None:
    """Ten thousand requests in a second: no more than a bounded number is remembered, and each is answered."""
    ua = core(calls_per_second=20.0, max_calls=5)
    limit = ua._endpoint.config.max_transactions
    refused = 0
    for number in range(10_000):
        data = request(method, branch=f"z9hG4bK{number}", Call_ID=f"call-{number}", body=OFFER * (method == "INVITE"))
        outputs = ua.receive(data, PEER, number / 10_000)
        assert [status for status in statuses(outputs) if status >= 200] or ua.calls
        refused += 503 in statuses(outputs)
    assert len(ua._endpoint.layer) <= limit
    assert refused >= 10_000 - limit
    assert len(ua.calls) <= 5
    for call in ua.calls:
        ua.reject(call, 486, 2.0)
    _settle(ua)
    assert ua.idle
    answer = request("OPTIONS", branch="z9hG4bKafter")
    assert statuses(ua.receive(answer, PEER, 100.0)) == [200], "and then all is well again"


def test_a_call_in_progress_can_be_ended_during_a_flood() -> None:
    ua = core(calls_per_second=20.0)
    call, tag = _established(ua)
    for number in range(5_000):
        ua.receive(request("OPTIONS", branch=f"z9hG4bK{number}", Call_ID=f"call-{number}"), PEER, 1.0)
    assert statuses(ua.receive(request("BYE", branch="z9hG4bKb", totag=tag, cseq="2"), PEER, 1.0)) == [200]
    assert call.ended


def test_the_same_request_over_and_over_is_one() -> None:
    """Retransmissions, and the same request by many paths (merged)."""
    ua = core()
    for _ in range(1000):
        ua.receive(request("INVITE", body=OFFER), PEER, 0.0)
    for number in range(100):
        outputs = ua.receive(request("INVITE", body=OFFER, branch=f"z9hG4bK{number}"), PEER, 0.0)
        assert statuses(outputs)[-1] == 482
    assert len(ua.calls) == 1
    for call in ua.calls:
        ua.reject(call, 486, 0.0)
    _settle(ua)
    assert ua.idle


def test_cancel_and_answer_cross() -> None:
    """The CANCEL comes when the 200 is on its way: the call is up, and the caller's BYE ends it."""
    ua = core()
    outputs = ua.receive(request("INVITE", body=OFFER), PEER, 0.0)
    call = next(output.call for output in outputs if isinstance(output, IncomingCall))
    tag = to_tag(messages(ua.answer(call, ua.negotiation(PEER, 5000), 0.1))[0])
    assert statuses(ua.receive(request("CANCEL"), PEER, 0.1)) == [200]
    ua.receive(request("ACK", branch="z9hG4bKa", totag=tag), PEER, 0.2)
    ua.receive(request("BYE", branch="z9hG4bKb", totag=tag, cseq="2"), PEER, 0.3)
    _settle(ua)
    assert call.ended
    assert ua.idle


@pytest.mark.parametrize("state", ["ringing", "answered", "acknowledged", "refused", "ours", "ours ringing"])
def test_a_peer_that_falls_silent_leaves_nothing(state: str) -> None:
    """From then on nothing comes any more; our user hangs up a minute later."""
    ua = core()
    if state.startswith("ours"):
        call, invite = _ring_out(ua)
        if state == "ours ringing":
            ua.receive(_answer(invite, 180), PEER, 0.1)
    elif state == "acknowledged":
        call, _ = _established(ua)
    else:
        outputs = ua.receive(request("INVITE", body=OFFER), PEER, 0.0)
        call = next(output.call for output in outputs if isinstance(output, IncomingCall))
        ua.ring(call, 0.0)
        if state == "answered":
            ua.answer(call, ua.negotiation(PEER, 5000), 0.0)
        elif state == "refused":
            ua.reject(call, 486, 0.0)
    while (at := ua.next_timer()) is not None and at < 60.0:
        ua.tick(at)
    outputs = ua.hangup(call, 60.0)
    outputs += _settle(ua)
    assert ua.idle
    assert call.ended
    assert sum(isinstance(output, Send) for output in outputs) < 20


def _exchange(network: Network, ann: Node, bot: Node, calls: int) -> None:
    """Short calls one after another: refused, cancelled and talked through in turn."""
    for number in range(calls):
        call = ann.invite(bot)
        network.run(until=network.now + 0.1)
        theirs = bot.incoming[-1]
        if number % 3 == 0:
            bot.reject(theirs)
        elif number % 3 == 1:
            bot.answer(theirs)
            network.run(until=network.now + 0.2)
            bot.hangup(theirs)
        else:
            bot.ring(theirs)
            network.run(until=network.now + 0.1)
            ann.hangup(call)
        network.run(until=network.now + 0.4)
        for node in (ann, bot):
            node.events.clear()
        network.seen.clear()
    network.run()


def test_a_thousand_calls_leave_memory_where_it_was() -> None:
    """After a first lot has filled the caches, nine hundred calls more add nothing that lasts.

    A call takes some kilobytes. What is allowed are the interpreter's own free lists.
    """
    network = Network(1)
    ann, bot = network.node("ann"), network.node("bot")
    _exchange(network, ann, bot, 100)
    gc.collect()
    tracemalloc.start()
    try:
        _exchange(network, ann, bot, 900)
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert ann.ua.idle
    assert bot.ua.idle
    assert kept < 900 * 256


def test_calls_that_replace_one_another_do_not_hold_those_before() -> None:
    """A call is taken over thirty times; the last remembers none but the one before it."""
    ua = core(calls_per_second=1000.0)
    call, tag = _established(ua)
    dialog = ("call-1", tag, "theirs")
    for number in range(30):
        replaces = f"{dialog[0]};to-tag={dialog[1]};from-tag={dialog[2]}"
        call_id, branch = f"call-r{number}", f"z9hG4bKr{number}"
        outputs = ua.receive(
            request("INVITE", body=OFFER, branch=branch, Call_ID=call_id, Replaces=replaces), PEER, number
        )
        taking = next(output.call for output in outputs if isinstance(output, Replacing))
        tag = to_tag(messages(ua.answer(taking, ua.negotiation(PEER, 5000), number))[0])
        ua.receive(request("ACK", branch=f"{branch}a", Call_ID=call_id, totag=tag), PEER, number)
        bye = messages(ua.hangup(call, number))[0]
        assert isinstance(bye, Request)
        ua.receive(_answer(bye, 200), PEER, number)
        call, dialog = taking, (call_id, tag, "theirs")
    assert ua.calls == {call}
    held: Call | None = call
    remembered = 0
    while held is not None:
        held, remembered = held.replaces, remembered + 1
    assert remembered <= 2
