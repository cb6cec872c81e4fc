"""Requests within a call that the peer challenges: sent again with credentials, in order, and still understood."""

import pytest

from tests.telephony.sip.sip_harness import OFFER, PEER, core, messages, methods, reply, request, statuses
from voicebot.telephony.sip.call import Call
from voicebot.telephony.sip.digest import Credentials
from voicebot.telephony.sip.events import CallAnswered, CallProgress, ChangeSettled, TransferSettled
from voicebot.telephony.sip.message import Message, Request
from voicebot.telephony.sip.ua import UserAgent
from voicebot.telephony.sip.uac import Outgoing
from voicebot.telephony.sip.uri import Uri

CHALLENGE = 'Digest realm="provider", nonce="{}", algorithm=SHA-256, qop="auth"'
ANSWER = OFFER.replace(" 8 0 101", " 8 101")


def _invited() -> tuple[UserAgent, Call, Message]:
    ua = core(credentials=lambda account: Credentials("council", "hush") if account == "trunk" else None)
    wish = Outgoing(Uri.parse("sip:x@10.0.0.9"), "<sip:me@here.test>", account="trunk")
    call, outputs = ua.invite(wish, PEER, ua.negotiation(PEER, 5000), 0.0)
    return ua, call, messages(outputs)[0]


def _up() -> tuple[UserAgent, Call, Message]:
    ua, call, invite = _invited()
    outputs = ua.receive(reply(invite, 200, tag="t", body=ANSWER), PEER, 0.1)
    assert CallAnswered(call) in outputs
    return ua, call, invite


def _challenged(ua: UserAgent, sent: Message, nonce: str, status: int = 401) -> Message:
    """Challenge a request; gives the one that comes instead."""
    name = "WWW-Authenticate" if status == 401 else "Proxy-Authenticate"
    outputs = ua.receive(reply(sent, status, **{name: CHALLENGE.format(nonce)}), PEER, 1.0)
    again = messages(outputs)[-1]
    assert isinstance(again, Request)
    assert isinstance(sent, Request)
    assert again.method == sent.method
    assert f'nonce="{nonce}"' in again.headers.get("authorization" if status == 401 else "proxy-authorization")
    before, after = (int(message.headers.get("cseq").split()[0]) for message in (sent, again))
    assert after > before
    assert again.body == sent.body
    return again


def test_a_hold() -> None:
    ua, call, _ = _up()
    (invite,) = messages(ua.hold(call, True, 1.0))
    again = _challenged(ua, invite, "n1", 407)
    outputs = ua.receive(reply(again, 200, body=ANSWER + "a=recvonly\r\n"), PEER, 1.1)
    (ack,) = messages(outputs)
    assert ack.headers.get("cseq").split()[0] == again.headers.get("cseq").split()[0]
    assert ack.headers.get("proxy-authorization") == again.headers.get("proxy-authorization"), "RFC 3261 22.1"
    assert ChangeSettled(call, 200) in outputs


@pytest.mark.parametrize("named", [True, False])
def test_a_referral(named: bool) -> None:
    """NOTIFYs may name the REFER by its number: that of the one that was taken."""
    ua, call, invite = _up()
    (refer,) = messages(ua.refer(call, "<sip:agent@10.0.0.5>", 1.0))
    again = _challenged(ua, refer, "n1")
    number = again.headers.get("cseq").split()[0]
    ua.receive(reply(again, 202), PEER, 1.1)
    notify = request(
        "NOTIFY",
        branch="z9hG4bKn",
        From="<sip:x@10.0.0.9>;tag=t",
        To=invite.headers.get("from"),
        Call_ID=invite.headers.get("call-id"),
        Contact="<sip:x@10.0.0.9>",
        Event=f"refer;id={number}" if named else "refer",
        Subscription_State="terminated;reason=noresource",
        body="SIP/2.0 200 OK\r\n",
        Content_Type="message/sipfrag",
    )
    outputs = ua.receive(notify, PEER, 2.0)
    assert statuses(outputs) == [200]
    assert TransferSettled(call, 200) in outputs


def test_an_acknowledgement_of_ringing() -> None:
    ua, call, invite = _invited()
    ringing = reply(invite, 180, tag="t", Require="100rel", RSeq="5")
    outputs = ua.receive(ringing, PEER, 0.1)
    assert CallProgress(call, 180) in outputs
    again = _challenged(ua, messages(outputs)[0], "n1")
    assert again.headers.get("rack") == "5 1 INVITE"
    ua.receive(reply(again, 200), PEER, 1.1)
    assert methods(ua.receive(reply(invite, 200, tag="t", body=ANSWER), PEER, 1.2)) == ["ACK"]
    (bye,) = messages(ua.hangup(call, 2.0))
    assert int(bye.headers.get("cseq").split()[0]) > int(again.headers.get("cseq").split()[0])


def test_a_longer_session_after_a_challenge() -> None:
    """401, then 422: each is answered by an INVITE of its own, and the last one counts."""
    ua, call, invite = _invited()
    second = _challenged(ua, invite, "n1")
    outputs = ua.receive(reply(second, 422, tag="t", Min_SE="3600"), PEER, 1.1)
    assert methods(outputs) == ["ACK", "INVITE"]
    third = messages(outputs)[1]
    assert third.headers.get("session-expires") == "3600"
    assert third.headers.get("cseq") == "3 INVITE"
    outputs = ua.receive(reply(third, 200, tag="u", body=ANSWER), PEER, 1.2)
    assert CallAnswered(call) in outputs
    assert messages(outputs)[0].headers.get("cseq") == "3 ACK"


def test_a_challenge_that_cannot_be_answered_leaves_the_session_as_it_was() -> None:
    ua, call, _ = _up()
    (invite,) = messages(ua.hold(call, True, 1.0))
    other = 'Digest realm="elsewhere", nonce="n", algorithm=UNKNOWN'
    outputs = ua.receive(reply(invite, 401, WWW_Authenticate=other), PEER, 1.1)
    assert methods(outputs) == ["ACK"]
    assert outputs[1:] == [ChangeSettled(call, 401)]
    assert call.answered
