"""A peer that plays calls with a user agent and keeps to no rule: wrong order, wrong tags, forks, glare and silence."""

import contextlib
from dataclasses import dataclass, field
from random import Random

from tests.fuzz.choices import Choices
from tests.fuzz.mutate import mutated
from tests.fuzz.sip_messages import STREAM, WORDS
from tests.telephony.sip.sip_harness import OFFER, PEER
from voicebot.errors import ProtocolError, TelephonyError
from voicebot.telephony.sip.address import tag_of
from voicebot.telephony.sip.call import Call
from voicebot.telephony.sip.digest import Credentials
from voicebot.telephony.sip.endpoint import UserAgentConfig
from voicebot.telephony.sip.events import CallEnded, CallReleased, Event, Output, Peer, RequestAnswered, Send
from voicebot.telephony.sip.message import Message, Request, parse
from voicebot.telephony.sip.ua import UserAgent
from voicebot.telephony.sip.uac import Outgoing
from voicebot.telephony.sip.uri import Uri

_SDPS = (
    OFFER,
    "",
    OFFER + "a=sendonly\r\n",
    OFFER + "a=inactive\r\n",
    OFFER.replace("10.0.0.9\r\nt", "0.0.0.0\r\nt"),
    OFFER.replace("4000", "0"),
    OFFER.replace(" 8 0 101", " 18"),
    "v=0\r\n",
    OFFER.replace("IN IP4 10.0.0.9\r\nt", "IN IP6 ::1\r\nt"),
)
_WITHIN = ("BYE", "INVITE", "UPDATE", "PRACK", "REFER", "NOTIFY", "OPTIONS", "INFO", "ACK")
_STATUSES = (100, 180, 183, 199, 200, 202, 300, 302, 401, 403, 407, 408, 422, 481, 486, 487, 488, 491, 500, 503, 600)
_EXTRAS = (
    (),
    ("Supported: 100rel, timer, replaces",),
    ("Require: 100rel", "RSeq: 1"),
    ("Require: 100rel", "RSeq: 2"),
    ("RAck: 1 1 INVITE",),
    ("Session-Expires: 90;refresher=uac", "Supported: timer"),
    ("Session-Expires: 90;refresher=uas", "Require: timer"),
    ("Session-Expires: 1", "Supported: timer"),
    ("Session-Expires: 4", "Min-SE: x"),
    ("Min-SE: 3600",),
    ("Retry-After: 1",),
    ("Retry-After: \u00b2",),
    ("Refer-To: <sip:x@10.0.0.9>",),
    ("Refer-To: <sip:x@10.0.0.9>", "Refer-Sub: false"),
    ("Event: refer", "Subscription-State: active;expires=60", "Content-Type: message/sipfrag"),
    ("Event: refer", "Subscription-State: terminated;reason=noresource", "Content-Type: message/sipfrag"),
    ("Allow: INVITE, ACK, BYE",),
    ("Record-Route: <sip:10.0.0.9;lr>",),
    ("Record-Route: <sip:10.0.0.8>, <sip:proxy.example;lr>",),
    ('WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"',),
    ('Proxy-Authenticate: Digest realm="r", nonce="n2", stale=true, algorithm=SHA-256',),
)
_BODIES = ("SIP/2.0 100 Trying\r\n", "SIP/2.0 200 OK\r\n", "SIP/2.0 603 Decline\r\n", "nothing")
_TAGS = ("theirs", "fork1", "fork2")


@dataclass
class _Peer:
    """What the peer remembers: dialogs (Call-ID, its tag, our tag), our requests, and all that it sent."""

    at: Peer
    dialogs: list[tuple[str, str, str]] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)
    cseq: int = 1
    serial: int = 0

    def hear(self, message: Message) -> None:
        """Remember what came from us."""
        if isinstance(message, Request):
            if message.method != "ACK":
                self.asked.append(message)
                del self.asked[:-8]
            return
        if message.status > 100 and (tag := tag_of(message.headers.get("to"))):
            dialog = (message.headers.get("call-id"), tag_of(message.headers.get("from")), tag)
            if dialog not in self.dialogs:
                self.dialogs.append(dialog)
                del self.dialogs[:-8]

    def request(self, choices: Choices) -> bytes:
        """A request, out of a dialog or within one."""
        self.serial += 1
        self.cseq += choices.pick((1, 1, 1, 0, 2, 1000))
        dialog = None
        if self.dialogs and choices.number(0, 4):
            dialog = choices.pick(self.dialogs[::-1])
        method = choices.pick(_WITHIN) if dialog else choices.pick(("INVITE", "INVITE", "INVITE", "OPTIONS", "BYE"))
        call_id, ours, theirs = dialog or (f"call-{self.serial}", choices.pick(_TAGS), "")
        extras = [*choices.pick(_EXTRAS), *choices.pick(_EXTRAS)]
        if method == "INVITE" and self.dialogs and choices.chance(8):
            known = choices.pick(self.dialogs)
            extras.append(f"Replaces: {known[0]};to-tag={known[2]};from-tag={known[1]}")
        body = choices.pick(_SDPS) if method in ("INVITE", "UPDATE", "PRACK", "ACK") else choices.pick(("", *_BODIES))
        if body.startswith("v=") and not choices.chance(20):
            extras.append("Content-Type: application/sdp")
        return self._write(
            f"{method} sip:bot@10.0.0.1 SIP/2.0",
            f"Via: SIP/2.0/{self.at.transport} {self.at.host}:{self.at.port};rport;branch=z9hG4bK{self.serial}",
            f"From: <sip:ann@{self.at.host}>;tag={ours}",
            f"To: <sip:bot@10.0.0.1>{';tag=' + theirs if theirs else ''}",
            f"Call-ID: {call_id}",
            f"CSeq: {self.cseq} {method}",
            *(() if choices.chance(12) else (f"Contact: <sip:ann@{self.at.host}:{self.at.port}>",)),
            *extras,
            body=body,
        )

    def cancel(self, choices: Choices) -> bytes:
        """A CANCEL of some request that the peer sent, or its ACK as for a refusal."""
        method = choices.pick(("CANCEL", "ACK"))
        message = parse(choices.pick([data for data in self.sent[::-1] if data.startswith(b"INVITE")]))
        number = message.headers.get("cseq").split()[0]
        names = ("Via", "From", "To", "Call-ID")
        lines = [f"{name}: {message.headers.get(name)}" for name in names]
        return self._write(f"{method} sip:bot@10.0.0.1 SIP/2.0", *lines, f"CSeq: {number} {method}", body="")

    def answer(self, choices: Choices) -> bytes:
        """An answer to a request of ours."""
        asked = choices.pick(self.asked[::-1])
        status = choices.pick(_STATUSES)
        to = asked.headers.get("to")
        if not tag_of(to):
            tag = choices.pick(_TAGS)
            to = f"{to};tag={tag}"
            dialog = (asked.headers.get("call-id"), tag, tag_of(asked.headers.get("from")))
            if asked.method == "INVITE" and dialog not in self.dialogs:
                self.dialogs.append(dialog)
        body = choices.pick(_SDPS) if asked.method in ("INVITE", "UPDATE") else ""
        return self._write(
            f"SIP/2.0 {status} Whatever",
            f"Via: {asked.headers.get('via')}",
            f"From: {asked.headers.get('from')}",
            f"To: {to}",
            f"Call-ID: {asked.headers.get('call-id')}",
            f"CSeq: {asked.headers.get('cseq')}",
            *(() if choices.chance(12) else (f"Contact: <sip:ann@{self.at.host}:{self.at.port}>;q=0.5",)),
            *choices.pick(_EXTRAS),
            *(("Content-Type: application/sdp",) if body.startswith("v=") else ()),
            body=body,
        )

    @staticmethod
    def _write(*lines: str, body: str) -> bytes:
        text = "\r\n".join((*lines, f"Content-Length: {len(body)}")) + "\r\n\r\n" + body
        return text.encode("utf-8", "surrogateescape")


class _Stage:
    """The user agent, its user, who commands at random, and the peer."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.peer = _Peer(choices.pick((PEER, STREAM)))
        self.now = 0.0
        self.events: list[Event] = []
        self.calls: list[Call] = []
        self.sends = 0
        self.steps = 0
        self.ua = UserAgent(
            UserAgentConfig(
                local_address=lambda _: ("10.0.0.1", 5060),
                random=Random(choices.number(0, 255)),
                credentials=lambda account: Credentials("bot", "secret") if account else None,
                may_refer=lambda _: True,
                max_calls=6,
                calls_per_second=1000.0,
                session_expires=choices.pick((1800, 0, 90)),
            )
        )

    def take(self, outputs: list[Output]) -> None:
        """Note what came out."""
        for output in outputs:
            if isinstance(output, Send):
                self.sends += 1
                message = parse(output.data, stream=output.peer.reliable)
                with contextlib.suppress(ProtocolError):  # what we echo of a garbled address is no better than it was
                    self.peer.hear(message)
            elif not isinstance(output, RequestAnswered):
                self.events.append(output)
                if output.call not in self.calls:
                    self.calls.append(output.call)

    def receive(self, data: bytes) -> None:
        """The peer says something, perhaps garbled."""
        self.peer.sent.append(data)
        if self.choices.chance(10):
            data = mutated(data, self.choices, WORDS)
        self.take(self.ua.receive(data, self.peer.at, self.now))

    def command(self) -> None:
        """The user does something with some call; what it may not do is told to it."""
        choices, ua, now = self.choices, self.ua, self.now
        what = choices.number(0, 9)
        if what == 0 and len(self.calls) < 12:
            wish = Outgoing(
                Uri("sip", "ann", self.peer.at.host), "<sip:bot@10.0.0.1>", account=choices.pick(("", "trunk"))
            )
            call, outputs = ua.invite(wish, self.peer.at, ua.negotiation(self.peer.at, 4000), now)
            self.calls.append(call)
            self.take(outputs)
            return
        if not self.calls:
            return
        call = choices.pick(self.calls[::-1])
        try:
            match what:
                case 0 | 1 | 2:
                    self.take(ua.answer(call, call.negotiation or ua.negotiation(self.peer.at, 5000), now))
                case 3:
                    self.take(ua.ring(call, now))
                case 4:
                    self.take(ua.progress(call, ua.negotiation(self.peer.at, 5000), now))
                case 5:
                    self.take(ua.reject(call, choices.pick((486, 503, 302)), now))
                case 6:
                    self.take(ua.hangup(call, now))
                case 7:
                    self.take(ua.hold(call, choices.chance(2), now))
                case 8:
                    self.take(ua.refer(call, "<sip:agent@10.0.0.9>", now))
                case _:
                    self.take(ua.referral(call, choices.pick((180, 200, 603)), now))
        except TelephonyError:
            self.take(ua.tick(now))

    def pass_time(self, until: float) -> None:
        """Fire the timers."""
        for _ in range(20_000):
            at = self.ua.next_timer()
            if at is None or at > until:
                break
            self.now = max(self.now, at)
            self.take(self.ua.tick(self.now))
        else:
            raise AssertionError("the timers never end")
        if until != float("inf"):
            self.now = max(self.now, until)

    def step(self) -> None:
        """Something happens."""
        choices = self.choices
        self.steps += 1
        match choices.number(0, 9):
            case 0 | 1 | 2:
                self.receive(self.peer.request(choices))
            case 3 | 4 if self.peer.asked:
                self.receive(self.peer.answer(choices))
            case 5 if self.peer.sent:
                self.receive(choices.pick(self.peer.sent[::-1]))
            case 6 if any(data.startswith(b"INVITE") for data in self.peer.sent):
                self.receive(self.peer.cancel(choices))
            case 7:
                self.pass_time(self.now + choices.pick((0.1, 0.5, 4.0, 33.0, 100.0)))
            case 8 if choices.chance(4):
                self.take(self.ua.transport_failed(self.peer.at, self.now))
            case _:
                self.command()


def sip_calls(data: bytes) -> None:
    """Play; then the user leaves every call, the peer falls silent, and in the end nothing may be left."""
    choices = Choices(data)
    stage = _Stage(choices)
    while not choices.spent and stage.steps < 80:
        stage.step()
        assert len(stage.ua.calls) <= 80
    for call in stage.calls:
        stage.take(stage.ua.referral(call, 603, stage.now))
        stage.take(stage.ua.hangup(call, stage.now))
    stage.pass_time(float("inf"))
    assert stage.ua.idle
    for call in stage.calls:
        ends = [
            type(event) for event in stage.events if event.call is call and isinstance(event, CallEnded | CallReleased)
        ]
        assert ends == [CallEnded, CallReleased], f"a call ends once and is forgotten once: {ends}"
    assert stage.sends <= 60 * (stage.steps + 2 * len(stage.calls) + 1), "repetitions have an end"
