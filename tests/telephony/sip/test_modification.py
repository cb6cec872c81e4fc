"""Changing a session: re-INVITE and UPDATE, asked by us or by the peer, and what happens when both ask at once."""

import re
from random import Random

import pytest

from tests.telephony.sip.sip_harness import (
    OFFER,
    PEER,
    Network,
    Node,
    core,
    established,
    messages,
    methods,
    reply,
    request,
    statuses,
    to_tag,
)
from voicebot.errors import TelephonyError
from voicebot.telephony.leg import EndReason
from voicebot.telephony.sip.call import Call
from voicebot.telephony.sip.events import CallEnded, ChangeSettled, IncomingCall, MediaChanged, Output
from voicebot.telephony.sip.message import Request, Response

ANSWER = OFFER.replace(" 8 0 101", " 8 101")


def _directions(call: Call) -> tuple[bool, bool]:
    assert call.negotiation is not None
    assert call.negotiation.parameters is not None
    return call.negotiation.parameters.send, call.negotiation.parameters.receive


def test_we_hold_and_resume() -> None:
    ua, call, tag = established()
    (invite,) = messages(ua.hold(call, True, 1.0))
    assert isinstance(invite, Request)
    assert invite.method == "INVITE"
    assert b"a=sendonly" in invite.body
    assert f"tag={tag}" in invite.headers.get("from")
    assert invite.headers.get("contact") == "<sip:voicebot@10.0.0.1:5060>"
    outputs = ua.receive(reply(invite, 200, body=ANSWER + "a=recvonly\r\n"), PEER, 1.1)
    assert methods(outputs) == ["ACK"]
    assert messages(outputs)[0].headers.get("cseq") == f"{invite.headers.get('cseq').split()[0]} ACK"
    assert outputs[1:] == [MediaChanged(call), ChangeSettled(call, 200)]
    assert _directions(call) == (True, False)
    (again,) = messages(ua.hold(call, False, 2.0))
    assert b"a=sendrecv" in again.body
    first, second = (int(re.findall(rb"o=- \d+ (\d+) ", message.body)[0]) for message in (invite, again))
    assert second == first + 1, "another version of the same session (RFC 3264 8)"
    ua.receive(reply(again, 200, body=ANSWER), PEER, 2.1)
    assert _directions(call) == (True, True)


def test_a_repeated_answer_is_acknowledged_again() -> None:
    ua, call, _ = established()
    (invite,) = messages(ua.hold(call, True, 1.0))
    ok = reply(invite, 200, body=ANSWER + "a=recvonly\r\n")
    (ack,) = messages(ua.receive(ok, PEER, 1.1))[:1]
    (again,) = ua.receive(ok, PEER, 1.6)
    assert messages([again])[0].to_bytes() == ack.to_bytes()


def test_while_we_hold_the_peer_may_change_its_address() -> None:
    ua, call, tag = established()
    (invite,) = messages(ua.hold(call, True, 1.0))
    ua.receive(reply(invite, 200, body=ANSWER + "a=recvonly\r\n"), PEER, 1.1)
    moved = OFFER.replace("4000", "4440")
    outputs = ua.receive(request("INVITE", branch="z9hG4bKre", totag=tag, cseq="2", body=moved), PEER, 2.0)
    assert b"a=sendonly" in messages(outputs)[1].body
    assert _directions(call) == (True, False)


@pytest.mark.parametrize("status", [488, 403, 606])
def test_a_hold_that_is_refused_leaves_the_session_as_it_was(status: int) -> None:
    ua, call, tag = established()
    assert call.negotiation is not None
    before = call.negotiation.parameters
    (invite,) = messages(ua.hold(call, True, 1.0))
    outputs = ua.receive(reply(invite, status), PEER, 1.1)
    assert methods(outputs) == ["ACK"]
    assert outputs[1:] == [ChangeSettled(call, status)]
    assert call.answered
    assert call.negotiation.parameters is before
    changed = ua.receive(request("INVITE", branch="z9hG4bKre", totag=tag, cseq="2", body=OFFER), PEER, 2.0)
    assert b"a=sendrecv" in messages(changed)[1].body


def test_changes_are_asked_for_one_after_another() -> None:
    ua, call, _ = established()
    (invite,) = messages(ua.hold(call, True, 1.0))
    assert ua.hold(call, False, 1.0) == []
    outputs = ua.receive(reply(invite, 200, body=ANSWER + "a=recvonly\r\n"), PEER, 1.1)
    assert methods(outputs) == ["ACK", "INVITE"]
    assert b"a=sendrecv" in messages(outputs)[1].body


@pytest.mark.parametrize("status", [481, 408])
def test_a_peer_that_knows_the_call_no_more_ends_it(status: int) -> None:
    ua, call, _ = established()
    (invite,) = messages(ua.hold(call, True, 1.0))
    outputs = ua.receive(reply(invite, status), PEER, 1.1)
    assert methods(outputs) == ["ACK", "BYE"]
    assert CallEnded(call, EndReason.ERROR, status, "the peer no longer answers") in outputs


def test_a_peer_that_never_answers_ends_it() -> None:
    """It says 100 and no more: the transaction itself has no end."""
    ua, call, _ = established()
    (invite,) = messages(ua.hold(call, True, 1.0))
    ua.receive(reply(invite, 100), PEER, 1.1)
    outputs: list[Output] = []
    while (at := ua.next_timer()) is not None:
        outputs += ua.tick(at)
    assert CallEnded(call, EndReason.ERROR, 408, "the peer no longer answers") in outputs
    assert ua.idle


def test_an_answer_that_fits_nothing_ends_the_call() -> None:
    ua, call, _ = established()
    (invite,) = messages(ua.hold(call, True, 1.0))
    outputs = ua.receive(reply(invite, 200), PEER, 1.1)
    assert methods(outputs) == ["ACK", "BYE"]
    assert [e.reason for e in outputs if isinstance(e, CallEnded)] == [EndReason.ERROR]


def test_a_call_that_is_not_up_cannot_be_held() -> None:
    ua = core()
    (call,) = (o.call for o in ua.receive(request("INVITE", body=OFFER), PEER, 0.0) if isinstance(o, IncomingCall))
    with pytest.raises(TelephonyError):
        ua.hold(call, True, 0.1)


# --- glare ----------------------------------------------------------------------------------------


def test_a_change_of_the_peer_while_ours_is_open_is_refused() -> None:
    ua, call, tag = established()
    (invite,) = messages(ua.hold(call, True, 1.0))
    theirs = request("INVITE", branch="z9hG4bKre", totag=tag, cseq="2", body=OFFER)
    assert statuses(ua.receive(theirs, PEER, 1.05)) == [100, 491]
    update = request("UPDATE", branch="z9hG4bKup", totag=tag, cseq="3", body=OFFER, Contact="<sip:ann@10.0.0.9>")
    assert statuses(ua.receive(update, PEER, 1.06)) == [491]
    ua.receive(reply(invite, 200, body=ANSWER + "a=recvonly\r\n"), PEER, 1.1)
    later = request("INVITE", branch="z9hG4bKre2", totag=tag, cseq="4", body=OFFER)
    assert statuses(ua.receive(later, PEER, 1.2)) == [100, 200]


@pytest.mark.parametrize("seed", range(8))
def test_after_glare_who_was_rung_asks_again_within_two_seconds(seed: int) -> None:
    """RFC 3261 14.1: 0 to 2 seconds in steps of 10 ms for the one who did not make the Call-ID."""
    ua, call, _ = established(random=Random(seed))
    (invite,) = messages(ua.hold(call, True, 1.0))
    assert methods(ua.receive(reply(invite, 491), PEER, 1.0)) == ["ACK"]
    at = ua.next_timer()
    assert at is not None
    assert at <= 3.0 + 1e-9
    while (at := ua.next_timer()) is not None and "INVITE" not in methods(outputs := ua.tick(at)):
        pass
    (again,) = (m for m in messages(outputs) if isinstance(m, Request) and m.method == "INVITE")
    assert b"a=sendonly" in again.body
    outputs = ua.receive(reply(again, 200, body=ANSWER + "a=recvonly\r\n"), PEER, at or 0.0)
    assert ChangeSettled(call, 200) in outputs


def _pair(**settings: object) -> tuple[Network, Node, Node]:
    network = Network(5)
    ann, bot = network.node("ann", **settings), network.node("bot", **settings)

    def react(node: Node, event: Output) -> None:
        if isinstance(event, IncomingCall):
            node.answer(event.call)

    bot.on_event = react
    return network, ann, bot


@pytest.mark.parametrize("seed", range(20))
def test_both_hold_at_once_and_both_get_it(seed: int) -> None:
    network, ann, bot = _pair()
    network.random.seed(seed)
    mine = ann.invite(bot)
    network.run(until=1.0)
    theirs = bot.incoming[0]
    ann.do(ann.ua.hold(mine, True, network.now))
    bot.do(bot.ua.hold(theirs, True, network.now))
    network.run(until=1.9)
    assert len(network.sent("ann", 491)) == len(network.sent("bot", 491)) == 1
    assert not [e for e in ann.events if isinstance(e, ChangeSettled)]
    network.run(until=30.0)
    assert [e for e in ann.events if isinstance(e, ChangeSettled)] == [ChangeSettled(mine, 200)]
    assert [e for e in bot.events if isinstance(e, ChangeSettled)] == [ChangeSettled(theirs, 200)]
    assert _directions(mine) == _directions(theirs) == (False, False)
    ours = [at for at, sender, m in network.seen if sender == "ann" and isinstance(m, Request) and m.method == "INVITE"]
    assert ours[-1] - 1.0 >= 2.1, "who made the Call-ID waits 2.1 to 4 seconds"


def test_a_peer_that_asks_us_to_come_back_later_is_asked_again() -> None:
    ua, call, _ = established()
    (invite,) = messages(ua.hold(call, True, 1.0))
    ua.receive(reply(invite, 500, Retry_After="3"), PEER, 1.0)
    outputs: list[Output] = []
    times = []
    while (at := ua.next_timer()) is not None and at < 10.0:
        outputs = ua.tick(at)
        if "INVITE" in methods(outputs):
            times.append(at)
            break
    assert times == [4.0]


def test_nobody_is_asked_for_ever() -> None:
    ua, call, _ = established()
    now, outputs = 1.0, ua.hold(call, True, 1.0)
    asked = 0
    while any(isinstance(m, Request) and m.method == "INVITE" for m in messages(outputs)):
        asked += 1
        (invite,) = (m for m in messages(outputs) if isinstance(m, Request) and m.method == "INVITE")
        outputs = ua.receive(reply(invite, 491), PEER, now)
        if ChangeSettled(call, 491) in outputs:
            break
        while (at := ua.next_timer()) is not None:
            now = at
            outputs = ua.tick(at)
            if "INVITE" in methods(outputs):
                break
    assert asked == 6
    assert call.answered


# --- UPDATE ---------------------------------------------------------------------------------------


def _update(tag: str, number: int, body: str = "", **headers: str) -> bytes:
    headers = {"Contact": "<sip:ann@10.0.0.9:5060>", **headers}
    return request("UPDATE", branch=f"z9hG4bKu{number}", totag=tag, cseq=str(number), body=body, **headers)  # type: ignore[arg-type]


def test_update_changes_codec_and_address() -> None:
    ua, call, tag = established()
    body = OFFER.replace(" 8 0 101", " 0 101").replace("4000", "4440")
    outputs = ua.receive(_update(tag, 2, body, Contact="<sip:ann@10.0.0.9:5070>"), PEER, 1.0)
    assert statuses(outputs) == [200]
    assert MediaChanged(call) in outputs
    assert b"m=audio 5000 RTP/AVP 0 101" in messages(outputs)[0].body
    assert call.negotiation is not None
    assert call.negotiation.parameters is not None
    assert call.negotiation.parameters.remote == ("10.0.0.9", 4440)
    assert call.negotiation.parameters.encoding == "PCMU"
    (bye,) = messages(ua.hangup(call, 2.0))
    assert isinstance(bye, Request)
    assert bye.uri == "sip:ann@10.0.0.9:5070", "the target is refreshed too"


def test_update_without_an_offer_is_a_sign_of_life() -> None:
    ua, _, tag = established()
    outputs = ua.receive(_update(tag, 2), PEER, 1.0)
    assert statuses(outputs) == [200]
    assert messages(outputs)[0].body == b""
    assert len(outputs) == 1


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (OFFER.replace(" 8 0 ", " 18 "), {}, 488),
        ("v=1\r\n", {}, 400),
        ("hello", {"Content_Type": "text/plain"}, 415),
        (OFFER, {"Contact": "nowhere at all"}, 400),
    ],
)
def test_an_update_that_cannot_be_is_refused_and_changes_nothing(
    body: str, headers: dict[str, str], status: int
) -> None:
    ua, call, tag = established()
    assert call.negotiation is not None
    before = call.negotiation.parameters
    assert statuses(ua.receive(_update(tag, 2, body, **headers), PEER, 1.0)) == [status]
    assert call.negotiation.parameters is before
    assert call.answered


def test_update_before_our_answer_must_come_back() -> None:
    """Its offer is not answered yet: 500 with Retry-After (RFC 3311 5.2)."""
    ua = core()
    (call,) = (o.call for o in ua.receive(request("INVITE", body=OFFER), PEER, 0.0) if isinstance(o, IncomingCall))
    tag = to_tag(messages(ua.ring(call, 0.1))[0])
    (refusal,) = messages(ua.receive(_update(tag, 2, OFFER), PEER, 0.2))
    assert isinstance(refusal, Response)
    assert refusal.status == 500
    assert 0 <= int(refusal.headers.get("retry-after")) <= 10


def test_a_second_invite_before_our_answer_must_come_back() -> None:
    ua = core()
    (call,) = (o.call for o in ua.receive(request("INVITE", body=OFFER), PEER, 0.0) if isinstance(o, IncomingCall))
    tag = to_tag(messages(ua.ring(call, 0.1))[0])
    refusal = messages(ua.receive(request("INVITE", branch="z9hG4bKb", totag=tag, cseq="2", body=OFFER), PEER, 0.2))[-1]
    assert isinstance(refusal, Response)
    assert refusal.status == 500
    assert "retry-after" in refusal.headers


def test_lines_that_the_session_has_stay_in_our_offer() -> None:
    ua = core()
    video = OFFER + "m=video 4002 RTP/AVP 96\r\n"
    (call,) = (o.call for o in ua.receive(request("INVITE", body=video), PEER, 0.0) if isinstance(o, IncomingCall))
    tag = to_tag(messages(ua.answer(call, ua.negotiation(PEER, 5000), 0.0))[0])
    ua.receive(request("ACK", branch="z9hG4bKack", totag=tag), PEER, 0.1)
    (invite,) = messages(ua.hold(call, True, 1.0))
    lines = re.findall(rb"m=\w+ \d+", invite.body)
    assert lines == [b"m=audio 5000", b"m=video 0"]
