"""REFER with its NOTIFYs, with the peer's messages written by hand, and through a bad network."""

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
from voicebot.errors import ConfigurationError, TelephonyError, TransferRefused
from voicebot.telephony.leg import EndReason
from voicebot.telephony.sip.events import (
    CallAnswered,
    CallConfirmed,
    CallEnded,
    CallReleased,
    IncomingCall,
    Output,
    TransferRequested,
    TransferSettled,
)
from voicebot.telephony.sip.message import Request
from voicebot.telephony.sip.targets import Targets
from voicebot.telephony.sip.uri import Uri

TARGET = "<sip:agent@10.0.0.5>"


def _notify(tag: str, number: int, status: str, *, event: str = "refer", state: str = "active", **fields: str) -> bytes:
    return request(
        "NOTIFY",
        branch=f"z9hG4bKn{number}",
        totag=tag,
        cseq=str(number),
        body=f"SIP/2.0 {status}\r\n",
        Event=event,
        Subscription_State=state,
        Contact="<sip:ann@10.0.0.9>",
        **{"Content_Type": "message/sipfrag;version=2.0", **fields},  # type: ignore[arg-type]
    )


# --- we send the peer on --------------------------------------------------------------------------


def test_a_referral_that_arrives() -> None:
    ua, call, tag = established()
    (refer,) = messages(ua.refer(call, TARGET, 1.0))
    assert isinstance(refer, Request)
    assert refer.method == "REFER"
    assert refer.headers.get("refer-to") == TARGET
    assert refer.headers.get("referred-by") == "<sip:voicebot@10.0.0.1:5060>"
    assert refer.headers.get("contact")
    assert ua.receive(reply(refer, 202), PEER, 1.1) == []
    assert statuses(ua.receive(_notify(tag, 2, "100 Trying"), PEER, 1.2)) == [200]
    assert statuses(ua.receive(_notify(tag, 3, "180 Ringing"), PEER, 1.3)) == [200]
    outputs = ua.receive(_notify(tag, 4, "200 OK", state="terminated;reason=noresource"), PEER, 2.0)
    assert statuses(outputs) == [200]
    assert outputs[1:] == [TransferSettled(call, 200)]
    assert call.answered, "hanging up is its user's part"
    assert statuses(ua.receive(_notify(tag, 5, "200 OK"), PEER, 2.1)) == [481]


def test_a_notify_that_overtakes_the_202() -> None:
    ua, call, tag = established()
    (refer,) = messages(ua.refer(call, TARGET, 1.0))
    assert statuses(ua.receive(_notify(tag, 2, "100 Trying", event="refer;id=1"), PEER, 1.05)) == [200]
    assert ua.receive(reply(refer, 202), PEER, 1.1) == []
    outputs = ua.receive(_notify(tag, 3, "200 OK", event=f"refer;id={refer.headers.get('cseq').split()[0]}"), PEER, 2.0)
    assert TransferSettled(call, 200) in outputs


@pytest.mark.parametrize("status", [403, 405, 501, 603])
def test_a_referral_that_is_refused(status: int) -> None:
    ua, call, _ = established()
    (refer,) = messages(ua.refer(call, TARGET, 1.0))
    assert ua.receive(reply(refer, status), PEER, 1.1) == [TransferSettled(call, status)]
    assert call.answered
    assert methods(ua.refer(call, TARGET, 2.0)) == ["REFER"], "it may be asked again"


@pytest.mark.parametrize(
    ("said", "state", "status"),
    [
        ("486 Busy Here", "terminated;reason=noresource", 486),
        ("603 Decline", "active", 603),
        ("100 Trying", "terminated;reason=timeout", 480),
        ("nonsense", "terminated", 480),
    ],
)
def test_a_referral_that_comes_to_nothing(said: str, state: str, status: int) -> None:
    ua, call, tag = established()
    (refer,) = messages(ua.refer(call, TARGET, 1.0))
    ua.receive(reply(refer, 202), PEER, 1.1)
    outputs = ua.receive(_notify(tag, 2, said, state=state), PEER, 1.2)
    assert statuses(outputs) == [200]
    assert TransferSettled(call, status) in outputs
    assert call.answered


def test_a_peer_that_never_says_what_became_of_it() -> None:
    ua, call, _ = established()
    (refer,) = messages(ua.refer(call, TARGET, 1.0))
    ua.receive(reply(refer, 202), PEER, 1.1)
    outputs: list[Output] = []
    while (at := ua.next_timer()) is not None and at <= 61.0:
        outputs += ua.tick(at)
    assert outputs[-1] == TransferSettled(call, 408)


def test_a_peer_that_does_not_answer_at_all() -> None:
    ua, call, _ = established()
    ua.refer(call, TARGET, 1.0)
    outputs: list[Output] = []
    while (at := ua.next_timer()) is not None and at <= 33.0:
        outputs += ua.tick(at)
    assert outputs[-1] == TransferSettled(call, 408)


def test_a_peer_that_will_not_notify_is_believed_at_once() -> None:
    """RFC 4488."""
    ua, call, _ = established()
    (refer,) = messages(ua.refer(call, TARGET, 1.0))
    assert ua.receive(reply(refer, 200, Refer_Sub="false"), PEER, 1.1) == [TransferSettled(call, 200)]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"event": "presence"}, 489),
        ({"event": "refer;id=99"}, 481),
        ({"Content_Type": "application/pidf+xml"}, 415),
    ],
)
def test_notifies_that_are_not_for_us(fields: dict[str, str], status: int) -> None:
    ua, call, tag = established()
    ua.refer(call, TARGET, 1.0)
    assert statuses(ua.receive(_notify(tag, 2, "200 OK", **fields), PEER, 1.1)) == [status]


def test_what_cannot_be_asked() -> None:
    ua = core()
    (call,) = (o.call for o in ua.receive(request("INVITE", body=OFFER), PEER, 0.0) if isinstance(o, IncomingCall))
    with pytest.raises(TransferRefused):
        ua.refer(call, TARGET, 0.1)
    ua, call, _ = established()
    ua.refer(call, TARGET, 1.0)
    with pytest.raises(TransferRefused):
        ua.refer(call, TARGET, 1.1)


def test_a_peer_that_says_it_takes_no_refer_is_not_asked() -> None:
    ua = core()
    data = request("INVITE", body=OFFER, Allow="INVITE, ACK, BYE")
    (call,) = (o.call for o in ua.receive(data, PEER, 0.0) if isinstance(o, IncomingCall))
    tag = to_tag(messages(ua.answer(call, ua.negotiation(PEER, 5000), 0.0))[0])
    ua.receive(request("ACK", branch="z9hG4bKack", totag=tag), PEER, 0.1)
    with pytest.raises(TransferRefused):
        ua.refer(call, TARGET, 1.0)


def test_a_bye_of_ours_may_say_something() -> None:
    """A contact centre that gets its call back learns what it is about (RFC 7433)."""
    ua, call, _ = established()
    (bye,) = messages(ua.hangup(call, 1.0, headers={"User-to-User": "cafe;encoding=hex"}))
    assert bye.headers.get("user-to-user") == "cafe;encoding=hex"
    with pytest.raises(TelephonyError):
        ua.hangup(call, 1.0, headers={"Via": "x"})


# --- the peer sends us on -------------------------------------------------------------------------


def _refer(tag: str, number: int = 2, to: str = TARGET, **fields: str) -> bytes:
    headers = {"Refer_To": to, "Contact": "<sip:ann@10.0.0.9>", **fields}
    return request("REFER", branch=f"z9hG4bKr{number}", totag=tag, cseq=str(number), **headers)  # type: ignore[arg-type]


def test_we_are_sent_on_and_say_how_it_goes() -> None:
    ua, call, tag = established(may_refer=lambda uri: uri.host == "10.0.0.5")
    to = "<sip:agent@10.0.0.5?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2&Subject=x&User-to-User=cafe>"
    outputs = ua.receive(_refer(tag, to=to, Referred_By="<sip:ann@10.0.0.9>"), PEER, 1.0)
    assert statuses(outputs) == [202]
    assert methods(outputs) == ["NOTIFY"]
    notify = messages(outputs)[1]
    assert notify.body == b"SIP/2.0 100 Trying\r\n"
    assert notify.headers.get("event") == "refer"
    assert notify.headers.get("subscription-state").startswith("active")
    assert notify.headers.get("content-type") == "message/sipfrag;version=2.0"
    assert TransferRequested(call) in outputs
    assert call.referred is not None
    assert str(call.referred.target) == "sip:agent@10.0.0.5"
    assert dict(call.referred.headers) == {"replaces": "a@b;to-tag=1;from-tag=2", "user-to-user": "cafe"}
    assert call.referred.referred_by == "<sip:ann@10.0.0.9>"
    (ringing,) = messages(ua.referral(call, 180, 1.5))
    assert ringing.body == b"SIP/2.0 180 Ringing\r\n"
    (done,) = messages(ua.referral(call, 200, 2.0))
    assert done.body == b"SIP/2.0 200 OK\r\n"
    assert done.headers.get("subscription-state") == "terminated;reason=noresource"
    assert ua.referral(call, 200, 2.1) == [], "said once"


def test_a_second_referral_is_told_apart_by_its_number() -> None:
    ua, call, tag = established(may_refer=lambda _: True)
    ua.receive(_refer(tag), PEER, 1.0)
    assert statuses(ua.receive(_refer(tag, 3), PEER, 1.1)) == [491], "one at a time"
    ua.referral(call, 486, 1.5)
    outputs = ua.receive(_refer(tag, 4), PEER, 2.0)
    assert messages(outputs)[1].headers.get("event") == "refer;id=4"


def test_who_wants_no_notifies_gets_none() -> None:
    ua, call, tag = established(may_refer=lambda _: True)
    outputs = ua.receive(_refer(tag, Refer_Sub="false", Require="norefersub"), PEER, 1.0)
    assert methods(outputs) == []
    assert messages(outputs)[0].headers.get("refer-sub") == "false"
    assert ua.referral(call, 200, 2.0) == []
    assert call.referred is None


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 403),
        ({"to": "<sip:agent@10.0.0.5;method=BYE>"}, 603),
        ({"to": "<sip:a@10.0.0.5>, <sip:b@10.0.0.5>"}, 400),
        ({"to": "<http://example.test>"}, 400),
        ({"to": ""}, 400),
    ],
)
def test_referrals_that_are_refused(fields: dict[str, str], status: int) -> None:
    """By default peers may send us nowhere."""
    ua, call, tag = established()
    outputs = ua.receive(_refer(tag, **fields), PEER, 1.0)  # type: ignore[arg-type]
    assert statuses(outputs) == [status]
    assert len(outputs) == 1
    assert call.referred is None


def test_a_call_is_kept_until_its_referral_is_over_though_the_peer_has_left() -> None:
    """RFC 5057: the BYE ends the call, not the subscription."""
    ua, call, tag = established(may_refer=lambda _: True)
    (_, notify) = messages(ua.receive(_refer(tag), PEER, 1.0))
    ua.receive(reply(notify, 200), PEER, 1.1)
    outputs = ua.receive(request("BYE", branch="z9hG4bKb", totag=tag, cseq="3"), PEER, 1.5)
    assert CallEnded(call, EndReason.REMOTE_HANGUP) in outputs
    assert CallReleased(call) not in outputs
    (last,) = messages(ua.referral(call, 200, 3.0))
    assert isinstance(last, Request)
    assert last.method == "NOTIFY"
    assert CallReleased(call) in ua.receive(reply(last, 481), PEER, 3.1)


@pytest.mark.parametrize(
    ("target", "allowed"),
    [
        ("sip:01614960000@pbx.example", True),
        ("sip:01614960000@PBX.example:5080", True),
        ("sips:0161@pbx.example", True),
        ("sip:0900@pbx.example", False),
        ("sip:0161@pbx.example.evil.test", False),
        ("sip:0161@evil.test", False),
        ("sip:agent@10.0.0.5:5070", True),
        ("sip:agent@10.0.0.5", False),
        ("sip:agent@10.0.0.5:5071", False),
        ("tel:+441614960000", True),
        ("tel:+449001234", False),
        ("sip:+441614960000@anywhere.test", False),
        ("sip:01619@pbx.example;trunk=provider", False),
        ("tel:+441619;trunk=provider", False),
        ("tel:+33161;trunk=provider", True),
        ("tel:+33161", False),
    ],
)
def test_where_we_may_be_sent(target: str, allowed: bool) -> None:
    targets = Targets(["sip:0161*@pbx.example", "sip:agent@10.0.0.5:5070", "tel:+44161*", "tel:+33*;trunk=provider"])
    assert targets.allows(Uri.parse(target)) is allowed
    assert not Targets([]).allows(Uri.parse(target))


def test_an_address_that_is_none_is_named() -> None:
    with pytest.raises(ConfigurationError, match="anywhere"):
        Targets(["anywhere"])


# --- over a bad network ---------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(25))
def test_referrals_through_a_bad_network(seed: int) -> None:
    """The bot sends ann to bob at 15 % loss; she tells how it goes; all are told, and nothing stays behind."""
    network = Network(seed, loss=0.15, double=0.1, jitter=0.3)
    ann = network.node("ann", may_refer=lambda _: True)
    bot, bob = network.node("bot"), network.node("bob")

    def follow(node: Node, event: Output) -> None:
        if isinstance(event, TransferRequested):
            old, new = event.call, node.invite(bob)

            def watch(node: Node, event: Output) -> None:
                if isinstance(event, CallAnswered) and event.call is new:
                    node.do(node.ua.referral(old, 200, network.now))
                if isinstance(event, CallEnded) and event.call is new:
                    node.do(node.ua.referral(old, event.status or 487, network.now))

            node.on_event = watch

    def answer(node: Node, event: Output) -> None:
        match event:
            case IncomingCall(call):
                node.ring(call)
                network.at(0.5, lambda: None if call.ended else node.answer(call))
            case CallConfirmed(call) if node is bot:
                node.do(node.ua.refer(call, "<sip:bob@10.0.0.3>", network.now))
            case TransferSettled(call):
                node.hangup(call)

    ann.on_event, bot.on_event, bob.on_event = follow, answer, answer
    ann.invite(bot)
    network.run(until=40.0)
    assert [e.status for e in bot.events if isinstance(e, TransferSettled)] == [200]
    assert len(bob.incoming) == 1
    assert bob.established(bob.incoming[0])
    bob.hangup(bob.incoming[0])
    network.run()
    assert ann.ua.idle
    assert bot.ua.idle
    assert bob.ua.idle
