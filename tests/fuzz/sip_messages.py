"""SIP messages of every kind at a user agent that knows nothing of them: as datagrams and in streams."""

from tests.fuzz.choices import Choices
from tests.fuzz.mutate import mutated
from tests.telephony.sip.sip_harness import OFFER, PEER, core, request
from tests.telephony.sip.torture_messages import TORTURES, torture_message
from voicebot.telephony.sip.challenger import Account, Challenger
from voicebot.telephony.sip.events import IncomingCall, Output, Peer, Replacing, Send
from voicebot.telephony.sip.facts import inbound_facts
from voicebot.telephony.sip.framing import StreamFramer
from voicebot.telephony.sip.message import parse
from voicebot.telephony.sip.ua import UserAgent

STREAM = Peer("TCP", PEER.host, 33000, 1)
METHODS = (
    *("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "UPDATE", "PRACK", "REFER", "NOTIFY"),
    *("INFO", "SUBSCRIBE", "MESSAGE", "REGISTER", "PUBLISH", "INVITE;x", "invite", "!"),
)
WORDS = tuple(
    word.encode()
    for word in (
        *METHODS,
        *(
            "SIP/2.0",
            "SIP/7.0",
            "sip:",
            "sips:",
            "tel:",
            "sip:a@[::1]:5060",
            "sip:x?Route=%3Csip:y%3E",
            "urn:service:sos",
        ),
        *("Via: ", "v: ", "From: ", "To: ", "Call-ID: ", "CSeq: ", "Contact: ", "Contact: *", "Max-Forwards: ", "l: "),
        *("Content-Length: 0", "Content-Length: -1", "Content-Length: 99999999999", "Content-Type: application/sdp"),
        *("Content-Type: multipart/mixed;boundary=b", "--b", "--b--", "Content-Encoding: gzip", "Accept: text/plain"),
        *("Require: 100rel", "Supported: timer, 100rel", "RSeq: 1", "RAck: 1 1 INVITE", "Session-Expires: 1"),
        *(
            "Session-Expires: x",
            "Min-SE: 99999999999",
            "Min-SE: x",
            "Replaces: call-1;to-tag=a;from-tag=b",
            "Refer-To: ",
        ),
        *("Refer-To: <sip:a@b?Replaces=x%3Bto-tag%3Da>", "Event: refer;id=1", "Subscription-State: terminated"),
        *(
            "Retry-After: \u00b2",
            'Authorization: Digest username="ann", realm="r", nonce="x", response="0", nc=00000001, qop=auth',
            "Record-Route: <sip:10.0.0.9;lr>",
            "Route: <sip:x>",
        ),
        *(
            "P-Asserted-Identity: ",
            "Privacy: id",
            "Diversion: <tel:1>",
            "History-Info: ",
            "User-to-User: ff;encoding=hex",
        ),
        *(
            ";tag=theirs",
            ";branch=z9hG4bK",
            ";branch=z9hG4bKone",
            ";rport",
            ";received=1.2.3.4",
            ";lr",
            ";maddr=x",
            ";;",
            ",,",
        ),
        *("0", "1", "2147483648", "4294967296", "18446744073709551616", "-1", "999", "INVITE INVITE", "\u00b2"),
    )
)

_GOOD = [
    *(request(method, body=OFFER if method in ("INVITE", "UPDATE") else "") for method in METHODS[:14]),
    request("INVITE", body=OFFER, Supported="timer, 100rel", Session_Expires="90", Min_SE="90", Require="100rel"),
    request("INVITE", body=OFFER, Replaces="call-1;to-tag=a;from-tag=b"),
    request("INVITE", body=OFFER, P_Asserted_Identity='"Ann" <tel:+44161>', Privacy="id", Diversion="<sip:1@x>"),
    request(
        "INVITE",
        body=OFFER,
        Authorization='Digest username="ann", realm="r", nonce="AAAA", uri="sip:bot@10.0.0.1", algorithm=MD5, '
        'response="6629fae49393a05397450978507c4ef1", cnonce="c", nc=00000001, qop=auth, opaque=""',
    ),
    *(torture_message(torture.name) for torture in TORTURES),
    b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKx\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
]


def sip_messages(data: bytes) -> None:
    """Some messages, good ones changed or plain noise, at one user agent; then nothing may be left."""
    choices = Choices(data)
    challenger = Challenger("r", [Account("ann", "secret")], key=b"k") if choices.chance(2) else None
    ua = core(max_calls=4, challenger=challenger)
    peer = choices.pick((PEER, STREAM))
    framer = StreamFramer()
    now = 0.0
    while not choices.spent:
        message = mutated(choices.pick(_GOOD), choices, WORDS) if choices.number(0, 9) else choices.octets(64)
        received = framer.feed(message) if peer.reliable else [message]
        for one in received:
            outputs = ua.receive(one, peer, now)
            check(outputs, peer)
            assert len(outputs) <= 4, "a message makes no storm"
        now += choices.number(0, 3)
        settle(ua, peer, until=now)
        if framer.broken:
            framer = StreamFramer()
    for call in ua.calls:
        check(ua.reject(call, 480, now), peer)
    settle(ua, peer)
    assert ua.idle


def check(outputs: list[Output], peer: Peer) -> None:
    """What we send can be read, goes to who wrote, and what a call says of itself can be kept as text."""
    for output in outputs:
        if isinstance(output, Send):
            parse(output.data, stream=output.peer.reliable)
            assert output.peer.host == peer.host
        elif isinstance(output, IncomingCall | Replacing):
            facts = inbound_facts(output.call.invite, "id")
            for text in (facts.caller, facts.called, facts.caller_name, *facts.headers.values()):
                text.encode()
                assert text.isprintable()


def settle(ua: UserAgent, peer: Peer, until: float = float("inf")) -> None:
    """Let time pass."""
    for _ in range(10_000):
        at = ua.next_timer()
        if at is None or at > until:
            return
        check(ua.tick(at), peer)
    raise AssertionError("the timers never end")
