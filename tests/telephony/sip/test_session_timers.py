"""Session timers (RFC 4028): agreed on, kept, and what happens when a peer is no more."""

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
from voicebot.telephony.leg import EndReason
from voicebot.telephony.sip.call import Call
from voicebot.telephony.sip.events import CallEnded, IncomingCall, Output
from voicebot.telephony.sip.message import Message, Request
from voicebot.telephony.sip.ua import UserAgent
from voicebot.telephony.sip.uac import Outgoing
from voicebot.telephony.sip.uri import Uri

ANSWER = OFFER.replace(" 8 0 101", " 8 101")


def _answered(*, settings: dict[str, object] | None = None, **headers: str) -> tuple[UserAgent, Call, Message]:
    """A call to us with those headers, answered at time 0 and acknowledged; gives our 200 too."""
    ua = core(**(settings or {}))
    data = request("INVITE", body=OFFER, **headers)  # type: ignore[arg-type]
    (call,) = (o.call for o in ua.receive(data, PEER, 0.0) if isinstance(o, IncomingCall))
    (ok,) = messages(ua.answer(call, ua.negotiation(PEER, 5000), 0.0))
    ua.receive(request("ACK", branch="z9hG4bKack", totag=to_tag(ok)), PEER, 0.0)
    return ua, call, ok


def _until(ua: UserAgent, what: str, limit: float = 4000.0) -> tuple[float, list[Output]]:
    """Let time pass until a request of that method goes out; gives when, and what came with it."""
    while (at := ua.next_timer()) is not None and at <= limit:
        outputs = ua.tick(at)
        if what in methods(outputs):
            return at, outputs
    return -1.0, []


@pytest.mark.parametrize(
    ("headers", "granted", "required"),
    [
        ({}, "", ""),
        ({"Supported": "timer"}, "1800;refresher=uas", ""),
        ({"Supported": "timer", "Session_Expires": "600"}, "600;refresher=uas", ""),
        ({"Supported": "timer", "Session_Expires": "600;refresher=uac"}, "600;refresher=uac", "timer"),
        ({"Supported": "timer", "Session_Expires": "7200;refresher=uas"}, "1800;refresher=uas", ""),
        ({"Supported": "timer", "x": "7200", "Min_SE": "3600"}, "3600;refresher=uas", ""),
        ({"Session_Expires": "600;refresher=uac"}, "600;refresher=uas", ""),
    ],
)
def test_what_we_grant(headers: dict[str, str], granted: str, required: str) -> None:
    """Who does not know timers is not asked to refresh; nobody is asked more often than it can (Min-SE)."""
    _, _, ok = _answered(**headers)  # type: ignore[arg-type]
    assert ok.headers.get("session-expires") == granted
    assert ok.headers.get("require") == required


def test_too_short_an_interval_is_refused_with_ours() -> None:
    ua = core()
    data = request("INVITE", body=OFFER, Supported="timer", Session_Expires="60")
    outputs = ua.receive(data, PEER, 0.0)
    assert statuses(outputs) == [100, 422]
    assert messages(outputs)[1].headers.get("min-se") == "90"
    assert not ua.calls


@pytest.mark.parametrize("headers", [{"Session_Expires": "soon"}, {"Supported": "timer", "Min_SE": "-1"}])
def test_nonsense_is_refused(headers: dict[str, str]) -> None:
    assert statuses(core().receive(request("INVITE", body=OFFER, **headers), PEER, 0.0)) == [100, 400]  # type: ignore[arg-type]


def test_a_peer_that_has_to_refresh_and_does_not_is_hung_up() -> None:
    """A little before the end, so that both agree that it was in time: 90 - 90/3."""
    ua, call, _ = _answered(Supported="timer", Session_Expires="90;refresher=uac")
    at, outputs = _until(ua, "BYE")
    assert at == 60.0
    assert CallEnded(call, EndReason.ERROR, 408, "the session was not refreshed") in outputs


@pytest.mark.parametrize("method", ["UPDATE", "INVITE"])
def test_a_refresh_gives_the_session_more_time(method: str) -> None:
    ua, call, ok = _answered(Supported="timer", Session_Expires="90;refresher=uac")
    data = request(
        method,
        branch="z9hG4bKre",
        totag=to_tag(ok),
        cseq="2",
        body=OFFER if method == "INVITE" else "",
        Contact="<sip:ann@10.0.0.9>",
        Supported="timer",
        Session_Expires="90;refresher=uac",
    )
    outputs = ua.receive(data, PEER, 50.0)
    assert messages(outputs)[-1].headers.get("session-expires") == "90;refresher=uac"
    ua.receive(request("ACK", branch="z9hG4bKa2", totag=to_tag(ok), cseq="2"), PEER, 50.0)
    at, _ = _until(ua, "BYE")
    assert at == 110.0
    assert call.ended


def test_we_refresh_by_update_where_the_peer_takes_it() -> None:
    ua, call, _ = _answered(Supported="timer", Session_Expires="90", Allow="INVITE, ACK, BYE, UPDATE")
    at, outputs = _until(ua, "UPDATE")
    assert at == 45.0
    (update,) = messages(outputs)
    assert update.headers.get("session-expires") == "90;refresher=uac"
    assert update.body == b""
    ua.receive(reply(update, 200, Session_Expires="90;refresher=uac"), PEER, 45.1)
    at, outputs = _until(ua, "UPDATE")
    assert at == pytest.approx(90.1)
    assert call.answered


def test_we_refresh_by_reinvite_where_it_does_not() -> None:
    ua, call, _ = _answered(Supported="timer", Session_Expires="90", Allow="INVITE, ACK, BYE")
    at, outputs = _until(ua, "INVITE")
    assert at == 45.0
    (invite,) = messages(outputs)
    assert invite.headers.get("session-expires") == "90;refresher=uac"
    assert b"a=sendrecv" in invite.body
    outputs = ua.receive(reply(invite, 200, body=ANSWER, Session_Expires="90;refresher=uac"), PEER, 45.1)
    assert methods(outputs) == ["ACK"]
    at, _ = _until(ua, "INVITE")
    assert at == pytest.approx(90.1)
    assert call.answered


def test_a_refresh_that_nobody_answers_ends_the_call() -> None:
    ua, call, _ = _answered(Supported="timer", Session_Expires="90", Allow="INVITE, ACK, BYE, UPDATE")
    _, outputs = _until(ua, "BYE")
    assert [e.status for e in outputs if isinstance(e, CallEnded) and e.call is call] == [408]


def test_a_refresh_whose_interval_is_too_short_is_asked_again() -> None:
    ua, call, _ = _answered(Supported="timer", Session_Expires="90", Allow="UPDATE")
    _, outputs = _until(ua, "UPDATE")
    (update,) = messages(outputs)
    ua.receive(reply(update, 422, Min_SE="300"), PEER, 45.1)
    _, outputs = _until(ua, "UPDATE")
    (again,) = (m for m in messages(outputs) if isinstance(m, Request) and m.method == "UPDATE")
    assert again.headers.get("session-expires") == "300;refresher=uac"
    assert again.headers.get("min-se") == "300"
    assert call.answered


# --- calls that we make ---------------------------------------------------------------------------


def _invited(**settings: object) -> tuple[UserAgent, Call, Message]:
    ua = core(**settings)
    wish = Outgoing(Uri.parse("sip:x@10.0.0.9"), "<sip:me@here.test>")
    call, outputs = ua.invite(wish, PEER, ua.negotiation(PEER, 5000), 0.0)
    return ua, call, messages(outputs)[0]


def test_what_we_ask_for() -> None:
    _, _, invite = _invited()
    assert invite.headers.get("session-expires") == "1800"
    assert invite.headers.get("min-se") == "90"
    assert "timer" in invite.headers.get("supported").split(", ")
    _, _, invite = _invited(session_expires=0)
    assert "session-expires" not in invite.headers


def test_a_peer_that_wants_a_longer_interval_gets_it() -> None:
    ua, call, invite = _invited(session_expires=600)
    outputs = ua.receive(reply(invite, 422, tag="t", Min_SE="3600"), PEER, 0.1)
    assert methods(outputs) == ["ACK", "INVITE"]
    again = messages(outputs)[1]
    assert again.headers.get("session-expires") == "3600"
    assert again.headers.get("min-se") == "3600"
    assert again.headers.get("cseq") == "2 INVITE"
    for name in ("call-id", "from", "to"):
        assert again.headers.get(name) == invite.headers.get(name)
    assert again.headers.get("via") != invite.headers.get("via")
    outputs = ua.receive(reply(again, 200, tag="u", body=ANSWER, Session_Expires="3600;refresher=uac"), PEER, 0.2)
    assert methods(outputs) == ["ACK"]
    assert call.answered
    assert call.expiry is not None
    assert (call.expiry.interval, call.expiry.ours) == (3600, True)


@pytest.mark.parametrize("least", ["", "many", "600"])
def test_a_peer_that_is_never_content_is_given_up(least: str) -> None:
    ua, call, invite = _invited(session_expires=600)
    outputs = ua.receive(reply(invite, 422, tag="t", Min_SE=least), PEER, 0.1)
    assert methods(outputs) == ["ACK"]
    assert CallEnded(call, EndReason.REJECTED, 422) in outputs


@pytest.mark.parametrize(("refresher", "first"), [("uac", "INVITE"), ("uas", "BYE")])
def test_who_refreshes_is_as_the_answer_says(refresher: str, first: str) -> None:
    ua, _, invite = _invited()
    ua.receive(reply(invite, 200, tag="t", body=ANSWER, Session_Expires=f"90;refresher={refresher}"), PEER, 0.0)
    at, _ = _until(ua, first)
    assert at == (45.0 if refresher == "uac" else 60.0)


def test_an_answer_without_it_means_no_end() -> None:
    ua, call, invite = _invited()
    ua.receive(reply(invite, 200, tag="t", body=ANSWER), PEER, 0.0)
    assert call.expiry is None
    assert _until(ua, "BYE") == (-1.0, [])


@pytest.mark.parametrize("seed", range(10))
def test_two_of_ours_keep_a_call_up_through_a_bad_network(seed: int) -> None:
    network = Network(seed, loss=0.1, jitter=0.1)
    ann, bot = network.node("ann", session_expires=90), network.node("bot", session_expires=90)

    def react(node: Node, event: Output) -> None:
        if isinstance(event, IncomingCall):
            node.answer(event.call)

    bot.on_event = react
    call = ann.invite(bot)
    network.run(until=600.0)
    assert ann.ends(call) == []
    assert bot.ends(bot.incoming[0]) == []
    assert len([m for _, _, m in network.seen if isinstance(m, Request) and m.method == "UPDATE"]) >= 12
    network.loss = 1.0
    network.run()
    assert [reason for reason, _ in ann.ends(call)] == [EndReason.ERROR]
    assert ann.ua.idle
    assert bot.ua.idle
