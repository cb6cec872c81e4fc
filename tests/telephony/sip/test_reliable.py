"""Provisional answers with PRACK (RFC 3262), and early media with and without it."""

import pytest

from tests.telephony.sip.sip_harness import (
    OFFER,
    PEER,
    Network,
    Node,
    core,
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
from voicebot.telephony.sip.events import (
    CallAnswered,
    CallConfirmed,
    CallEnded,
    CallProgress,
    IncomingCall,
    MediaChanged,
    Output,
)
from voicebot.telephony.sip.message import Message, Request, Response
from voicebot.telephony.sip.ua import UserAgent
from voicebot.telephony.sip.uac import Outgoing
from voicebot.telephony.sip.uri import Uri

ANSWER = OFFER.replace(" 8 0 101", " 8 101")


def _rung(body: str = OFFER, **headers: str) -> tuple[UserAgent, Call]:
    ua = core()
    data = request("INVITE", body=body, **headers)  # type: ignore[arg-type]
    (call,) = (o.call for o in ua.receive(data, PEER, 0.0) if isinstance(o, IncomingCall))
    return ua, call


def _prack(answer: Message, *, body: str = "", number: int = 2, rack: str = "") -> bytes:
    return request(
        "PRACK",
        branch=f"z9hG4bKprack{number}",
        totag=to_tag(answer),
        cseq=str(number),
        body=body,
        RAck=rack or f"{answer.headers.get('rseq')} {answer.headers.get('cseq')}",
    )


# --- we are rung ----------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["Supported", "Require"])
def test_ringing_repeats_until_it_is_acknowledged(header: str) -> None:
    ua, call = _rung(**{header: "100rel"})
    (ringing,) = messages(ua.ring(call, 0.0))
    assert ringing.headers.get("require") == "100rel"
    assert ringing.headers.get("rseq").isdigit()
    assert ringing.headers.get("contact")
    times = []
    while (at := ua.next_timer()) is not None and at < 8.0:
        if 180 in statuses(ua.tick(at)):
            times.append(at)
    assert times == [0.5, 1.5, 3.5, 7.5]
    assert statuses(ua.receive(_prack(ringing), PEER, 8.0)) == [200]
    assert statuses(ua.tick(30.0)) == []
    assert call.state == "incoming"


def test_a_caller_that_does_not_know_it_gets_plain_ringing() -> None:
    ua, call = _rung()
    (ringing,) = messages(ua.ring(call, 0.0))
    assert "rseq" not in ringing.headers
    assert "require" not in ringing.headers


def test_a_caller_that_never_acknowledges_is_refused() -> None:
    ua, call = _rung(Require="100rel")
    ua.ring(call, 0.0)
    outputs: list[Output] = []
    while (at := ua.next_timer()) is not None and at <= 32.0:
        outputs += ua.tick(at)
    assert statuses(outputs)[-1] == 504
    assert CallEnded(call, EndReason.ERROR, 504) in outputs


def test_the_answer_need_not_wait_for_the_ringing_to_be_acknowledged() -> None:
    ua, call = _rung(Supported="100rel")
    (ringing,) = messages(ua.ring(call, 0.0))
    (ok,) = messages(ua.answer(call, ua.negotiation(PEER, 5000), 0.1))
    assert b"m=audio 5000" in ok.body
    assert statuses(ua.receive(_prack(ringing), PEER, 0.2)) == [200]
    assert ua.receive(request("ACK", branch="z9hG4bKa", totag=to_tag(ok)), PEER, 0.3) == [CallConfirmed(call)]


def test_the_answer_waits_for_a_description_to_be_acknowledged() -> None:
    """RFC 3262 3: and the 200 then says nothing more, for all is agreed."""
    ua, call = _rung(Supported="100rel")
    negotiation = ua.negotiation(PEER, 5000)
    (progress,) = messages(ua.progress(call, negotiation, 0.0))
    assert isinstance(progress, Response)
    assert progress.status == 183
    assert b"m=audio 5000" in progress.body
    assert ua.answer(call, negotiation, 0.1) == []
    outputs = ua.receive(_prack(progress), PEER, 0.2)
    assert statuses(outputs) == [200, 200]
    assert messages(outputs)[1].body == b""
    assert call.answered


def test_a_second_provisional_answer_waits_for_the_first() -> None:
    ua, call = _rung(Require="100rel")
    (first,) = messages(ua.ring(call, 0.0))
    assert ua.progress(call, ua.negotiation(PEER, 5000), 0.1) == []
    outputs = ua.receive(_prack(first), PEER, 0.2)
    assert statuses(outputs) == [200, 183]
    second = messages(outputs)[1]
    assert int(second.headers.get("rseq")) == int(first.headers.get("rseq")) + 1


@pytest.mark.parametrize("rack", ["1 1 INVITE", "9999999999 1 INVITE", "", "nonsense"])
def test_a_prack_of_nothing(rack: str) -> None:
    ua, call = _rung(Require="100rel")
    (ringing,) = messages(ua.ring(call, 0.0))
    assert statuses(ua.receive(_prack(ringing, rack=rack or "x"), PEER, 0.1)) == [481]
    assert statuses(ua.receive(_prack(ringing, number=3), PEER, 0.2)) == [200]
    assert statuses(ua.receive(_prack(ringing, number=4), PEER, 0.3)) == [481]


def test_without_an_offer_the_183_carries_ours_and_the_prack_answers() -> None:
    ua, call = _rung(body="", Supported="100rel")
    negotiation = ua.negotiation(PEER, 5000)
    (progress,) = messages(ua.progress(call, negotiation, 0.0))
    assert b"m=audio 5000 RTP/AVP 8 0 " in progress.body
    outputs = ua.receive(_prack(progress, body=ANSWER), PEER, 0.1)
    assert statuses(outputs) == [200]
    assert MediaChanged(call) in outputs
    assert negotiation.parameters is not None
    (ok,) = messages(ua.answer(call, negotiation, 0.2))
    assert ok.body == b""
    assert ua.receive(request("ACK", branch="z9hG4bKa", totag=to_tag(ok)), PEER, 0.3) == [CallConfirmed(call)]


def test_a_prack_without_the_answer_that_it_owes() -> None:
    ua, call = _rung(body="", Supported="100rel")
    (progress,) = messages(ua.progress(call, ua.negotiation(PEER, 5000), 0.0))
    outputs = ua.receive(_prack(progress), PEER, 0.1)
    assert statuses(outputs) == [400, 488]
    assert [e.reason for e in outputs if isinstance(e, CallEnded)] == [EndReason.ERROR]


def test_a_prack_may_offer_anew() -> None:
    ua, call = _rung(Supported="100rel")
    negotiation = ua.negotiation(PEER, 5000)
    (progress,) = messages(ua.progress(call, negotiation, 0.0))
    outputs = ua.receive(_prack(progress, body=OFFER.replace(" 8 0 101", " 0 101")), PEER, 0.1)
    assert b"m=audio 5000 RTP/AVP 0 101" in messages(outputs)[0].body
    assert MediaChanged(call) in outputs


def test_without_an_offer_nothing_rings_where_ringing_must_be_reliable() -> None:
    """The first reliable answer would have to carry our offer (RFC 3262 5)."""
    ua, call = _rung(body="", Require="100rel")
    assert ua.ring(call, 0.0) == []
    ua, call = _rung(body="", Supported="100rel")
    (ringing,) = messages(ua.ring(call, 0.0))
    assert "rseq" not in ringing.headers


def test_early_media_that_could_get_lost_is_said_again_in_the_answer() -> None:
    ua, call = _rung()
    negotiation = ua.negotiation(PEER, 5000)
    (progress,) = messages(ua.progress(call, negotiation, 0.0))
    (ok,) = messages(ua.answer(call, negotiation, 0.1))
    assert ok.body == progress.body != b""


def test_no_early_media_for_who_offers_nothing_and_acknowledges_nothing() -> None:
    ua, call = _rung(body="")
    with pytest.raises(TelephonyError):
        ua.progress(call, ua.negotiation(PEER, 5000), 0.0)
    assert statuses(ua.answer(call, ua.negotiation(PEER, 5000), 0.1)) == [200]


def test_update_while_it_rings() -> None:
    """The 183 is acknowledged, so the session may be changed before the answer (RFC 3311 5.1)."""
    ua, call = _rung(Supported="100rel")
    negotiation = ua.negotiation(PEER, 5000)
    (progress,) = messages(ua.progress(call, negotiation, 0.0))
    ua.receive(_prack(progress), PEER, 0.1)
    update = request(
        "UPDATE",
        branch="z9hG4bKu",
        totag=to_tag(progress),
        cseq="3",
        body=OFFER.replace("4000", "4440"),
        Contact="<sip:ann@10.0.0.9>",
    )
    assert statuses(ua.receive(update, PEER, 0.2)) == [200]
    assert negotiation.parameters is not None
    assert negotiation.parameters.remote == ("10.0.0.9", 4440)


# --- we ring --------------------------------------------------------------------------------------


def _ringing() -> tuple[UserAgent, Call, Message]:
    ua = core()
    wish = Outgoing(Uri.parse("sip:x@10.0.0.9"), "<sip:me@here.test>")
    call, outputs = ua.invite(wish, PEER, ua.negotiation(PEER, 5000), 0.0)
    return ua, call, messages(outputs)[0]


def test_we_say_that_we_can() -> None:
    _, _, invite = _ringing()
    assert "100rel" in invite.headers.get("supported").split(", ")


def test_reliable_answers_are_acknowledged_in_order() -> None:
    ua, call, invite = _ringing()
    first = ua.receive(reply(invite, 180, tag="a", Require="100rel", RSeq="7"), PEER, 0.1)
    assert methods(first) == ["PRACK"]
    (prack,) = messages(first)
    assert prack.headers.get("rack") == "7 1 INVITE"
    assert prack.headers.get("cseq") == "2 PRACK"
    assert CallProgress(call, 180) in first
    ua.receive(reply(prack, 200), PEER, 0.15)
    assert ua.receive(reply(invite, 180, tag="a", Require="100rel", RSeq="7"), PEER, 0.2) == [], "a repetition"
    assert ua.receive(reply(invite, 183, tag="a", Require="100rel", RSeq="9"), PEER, 0.3) == [], "one is missing"
    assert methods(ua.receive(reply(invite, 183, tag="a", Require="100rel", RSeq="8"), PEER, 0.4)) == ["PRACK"]
    (ok,) = [ua.receive(reply(invite, 200, tag="a", body=ANSWER), PEER, 0.5)]
    assert methods(ok) == ["ACK"]
    (bye,) = messages(ua.hangup(call, 1.0))
    assert bye.headers.get("cseq") == "4 BYE", "counted on from the PRACKs"


def test_an_answer_agreed_on_early_holds_though_the_200_says_nothing() -> None:
    ua, call, invite = _ringing()
    outputs = ua.receive(reply(invite, 183, tag="a", body=ANSWER, Require="100rel", RSeq="1"), PEER, 0.1)
    assert CallProgress(call, 183, early=True) in outputs
    assert call.negotiation is not None
    assert call.negotiation.parameters is not None
    outputs = ua.receive(reply(invite, 200, tag="a"), PEER, 0.5)
    assert CallAnswered(call) in outputs
    assert call.negotiation.parameters.remote == ("10.0.0.9", 4000)


def test_each_branch_of_a_fork_is_acknowledged_and_only_the_first_to_answer_wins() -> None:
    ua, call, invite = _ringing()
    for tag, port in (("a", "4440"), ("b", "4442")):
        body = ANSWER.replace("4000", port)
        outputs = ua.receive(reply(invite, 183, tag=tag, body=body, Require="100rel", RSeq="1"), PEER, 0.1)
        assert methods(outputs) == ["PRACK"]
        assert f"tag={tag}" in messages(outputs)[0].headers.get("to")
        assert call.negotiation is not None
        assert call.negotiation.parameters is not None
        assert call.negotiation.parameters.remote[1] == int(port), "the latest is heard"
    assert methods(ua.receive(reply(invite, 200, tag="a"), PEER, 0.5)) == ["ACK"]
    assert call.negotiation is not None
    assert call.negotiation.parameters is not None
    assert call.negotiation.parameters.remote[1] == 4440, "the winner's own answer counts"
    assert methods(ua.receive(reply(invite, 200, tag="b"), PEER, 0.6)) == ["ACK", "BYE"]


def test_an_update_of_who_is_rung_changes_early_media() -> None:
    ua, call, invite = _ringing()
    ua.receive(reply(invite, 183, tag="a", body=ANSWER, Require="100rel", RSeq="1"), PEER, 0.1)
    update = request(
        "UPDATE",
        branch="z9hG4bKu",
        From="<sip:x@10.0.0.9>;tag=a",
        To=invite.headers.get("from"),
        Call_ID=invite.headers.get("call-id"),
        Contact="<sip:x@10.0.0.9>",
        body=OFFER.replace("4000", "4440"),
    )
    outputs = ua.receive(update, PEER, 0.2)
    assert statuses(outputs) == [200]
    assert MediaChanged(call) in outputs
    assert call.negotiation is not None
    assert call.negotiation.parameters is not None
    assert call.negotiation.parameters.remote == ("10.0.0.9", 4440)


def test_an_update_whose_offer_crosses_ours_is_refused() -> None:
    ua, _, invite = _ringing()
    ua.receive(reply(invite, 180, tag="a", Require="100rel", RSeq="1"), PEER, 0.1)
    update = request(
        "UPDATE",
        branch="z9hG4bKu",
        From="<sip:x@10.0.0.9>;tag=a",
        To=invite.headers.get("from"),
        Call_ID=invite.headers.get("call-id"),
        Contact="<sip:x@10.0.0.9>",
        body=OFFER,
    )
    assert statuses(ua.receive(update, PEER, 0.2)) == [491]


@pytest.mark.parametrize("seed", range(25))
def test_early_media_through_a_bad_network(seed: int) -> None:
    """Two of ours at 15 % loss: 183 with media, acknowledged, then the answer; every call is up at last."""
    network = Network(seed, loss=0.15, double=0.1, jitter=0.3)
    ann, bot = network.node("ann"), network.node("bot")

    def react(node: Node, event: Output) -> None:
        if isinstance(event, IncomingCall):
            call = event.call
            negotiation = node.ua.negotiation(call.peer, 5000)
            node.do(node.ua.progress(call, negotiation, network.now))
            network.at(1.0, lambda: None if call.ended else node.do(node.ua.answer(call, negotiation, network.now)))

    bot.on_event = react
    calls = []
    for index in range(5):
        network.at(index * 0.3, lambda: calls.append(ann.invite(bot)))
    network.run(until=35.0)
    assert all(ann.established(call) for call in calls)
    assert all(bot.established(call) for call in bot.incoming)
    assert any(isinstance(e, CallProgress) and e.early for e in ann.events)
    assert any(isinstance(m, Request) and m.method == "PRACK" for _, _, m in network.seen)
    for call in calls:
        ann.hangup(call)
    network.run()
    assert ann.ua.idle
    assert bot.ua.idle


def test_an_update_after_media_that_could_get_lost_is_refused() -> None:
    """An answer in a 183 without PRACK is only a preview: our offer is open until the 200."""
    ua, _, invite = _ringing()
    ua.receive(reply(invite, 183, tag="a", body=ANSWER), PEER, 0.1)
    update = request(
        "UPDATE",
        branch="z9hG4bKu",
        From="<sip:x@10.0.0.9>;tag=a",
        To=invite.headers.get("from"),
        Call_ID=invite.headers.get("call-id"),
        Contact="<sip:x@10.0.0.9>",
        body=OFFER,
    )
    assert statuses(ua.receive(update, PEER, 0.2)) == [491]
