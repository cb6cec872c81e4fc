"""INVITE with Replaces (RFC 3891): who may take a call's place, with the peer's messages written by hand."""

import pytest

from tests.telephony.sip.sip_harness import (
    OFFER,
    PEER,
    core,
    established,
    messages,
    methods,
    reply,
    request,
    statuses,
    to_tag,
)
from voicebot.telephony.sip.call import Call
from voicebot.telephony.sip.events import (
    IncomingCall,
    Replacing,
)
from voicebot.telephony.sip.ua import UserAgent
from voicebot.telephony.sip.uac import Outgoing
from voicebot.telephony.sip.uri import Uri


def _replacing(value: str, **fields: str) -> bytes:
    headers = {"Call_ID": "call-2", "From": "<sip:bob@10.0.0.9>;tag=bob", "Replaces": value, **fields}
    return request("INVITE", branch="z9hG4bKtwo", body=OFFER, **headers)  # type: ignore[arg-type]


def test_an_invite_takes_the_place_of_a_call() -> None:
    ua, call, tag = established(max_calls=1)
    outputs = ua.receive(_replacing(f"call-1;to-tag={tag};from-tag=theirs", Require="replaces"), PEER, 1.0)
    (new,) = (o.call for o in outputs if isinstance(o, Replacing))
    assert new.replaces is call
    assert not any(isinstance(o, IncomingCall) for o in outputs)
    assert statuses(ua.answer(new, ua.negotiation(PEER, 5000), 1.1)) == [200]
    assert methods(ua.hangup(call, 1.1)) == ["BYE"]


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("call-9;to-tag={tag};from-tag=theirs", 481),
        ("call-1;to-tag={tag};from-tag=other", 481),
        ("call-1;from-tag={tag};to-tag=theirs", 481),
        ("call-1;to-tag={tag};from-tag=theirs;early-only", 486),
        ("call-1;to-tag={tag}", 400),
        (";to-tag={tag};from-tag=theirs", 400),
    ],
)
def test_replaces_that_is_refused(value: str, status: int) -> None:
    ua, call, tag = established()
    assert statuses(ua.receive(_replacing(value.format(tag=tag)), PEER, 1.0)) == [100, status]
    assert call.answered, "the call that was to be replaced is as it was"


def test_two_replaces_are_one_too_many() -> None:
    ua, _, tag = established()
    data = _replacing(f"call-1;to-tag={tag};from-tag=theirs").replace(
        b"Replaces:", b"Replaces: a;to-tag=1;from-tag=2\r\nReplaces:"
    )
    assert statuses(ua.receive(data, PEER, 1.0)) == [100, 400]


def test_a_call_that_has_ended_is_not_replaced() -> None:
    """While its BYE is unanswered it is known that it was there: 603 (RFC 3891 3)."""
    ua, call, tag = established()
    ua.hangup(call, 1.0)
    assert statuses(ua.receive(_replacing(f"call-1;to-tag={tag};from-tag=theirs"), PEER, 1.1)) == [100, 603]


def test_a_call_that_still_rings_here_is_not_replaced() -> None:
    ua = core()
    (call,) = (o.call for o in ua.receive(request("INVITE", body=OFFER), PEER, 0.0) if isinstance(o, IncomingCall))
    tag = to_tag(messages(ua.ring(call, 0.1))[0])
    assert statuses(ua.receive(_replacing(f"call-1;to-tag={tag};from-tag=theirs"), PEER, 0.2)) == [100, 481]


def _calling() -> tuple[UserAgent, Call, str]:
    ua = core()
    wish = Outgoing(Uri.parse("sip:x@10.0.0.9"), "<sip:me@here.test>")
    call, outputs = ua.invite(wish, PEER, ua.negotiation(PEER, 5000), 0.0)
    invite = messages(outputs)[0]
    ua.receive(reply(invite, 180, tag="a"), PEER, 0.1)
    ours = invite.headers.get("from").partition(";tag=")[2]
    return ua, call, f"{invite.headers.get('call-id')};to-tag={ours};from-tag=a"


@pytest.mark.parametrize("early", ["", ";early-only"])
def test_a_call_that_we_are_making_may_be_taken_over(early: str) -> None:
    """The phone that rings gives the call to another (call pickup)."""
    ua, call, value = _calling()
    outputs = ua.receive(_replacing(value + early), PEER, 0.2)
    (new,) = (o.call for o in outputs if isinstance(o, Replacing))
    assert new.replaces is call
    ua.answer(new, ua.negotiation(PEER, 5000), 0.3)
    assert methods(ua.hangup(call, 0.3)) == ["CANCEL"]
