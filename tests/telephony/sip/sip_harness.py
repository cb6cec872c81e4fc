"""What the SIP tests share: a virtual network of user agent cores with its own clock, and a media port that sings."""

import heapq
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from random import Random

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.frames import AudioFrame
from voicebot.telephony.leg import EndReason, KeyPress, LegEnded
from voicebot.telephony.sip.call import Call
from voicebot.telephony.sip.endpoint import UserAgentConfig
from voicebot.telephony.sip.events import (
    CallAnswered,
    CallConfirmed,
    CallEnded,
    CallReleased,
    IncomingCall,
    Output,
    Peer,
    Send,
)
from voicebot.telephony.sip.layer import make_response
from voicebot.telephony.sip.message import Message, Request, Response, parse
from voicebot.telephony.sip.ua import UserAgent
from voicebot.telephony.sip.uac import Outgoing
from voicebot.telephony.sip.uri import Uri

OFFER = (
    "v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\n"
    "m=audio 4000 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\n"
)
PEER = Peer("UDP", "10.0.0.9", 5060)


@dataclass
class Node:
    """One user agent on the network, what it said, and what to do when it is rung."""

    name: str
    peer: Peer
    ua: UserAgent
    network: "Network"
    events: list[Output] = field(default_factory=list)
    on_event: Callable[["Node", Output], None] = lambda node, event: None

    def do(self, outputs: list[Output]) -> None:
        """Carry out what the core gave."""
        for output in outputs:
            if isinstance(output, Send):
                self.network.post(self.peer, output)
            else:
                self.events.append(output)
                self.on_event(self, output)

    def invite(self, other: "Node", *, timeout: float = 30.0, headers: dict[str, str] | None = None) -> Call:
        """Ring another node."""
        wish = Outgoing(
            Uri("sip", "bot", other.peer.host, other.peer.port), "<sip:0161@a.test>", timeout, headers or {}
        )
        call, outputs = self.ua.invite(wish, other.peer, self.ua.negotiation(other.peer, 4000), self.network.now)
        self.do(outputs)
        return call

    def answer(self, call: Call) -> None:
        """Take a call."""
        self.do(self.ua.answer(call, self.ua.negotiation(call.peer, 5000), self.network.now))

    def ring(self, call: Call) -> None:
        """Let it ring."""
        self.do(self.ua.ring(call, self.network.now))

    def reject(self, call: Call, status: int = 486) -> None:
        """Refuse."""
        self.do(self.ua.reject(call, status, self.network.now))

    def hangup(self, call: Call) -> None:
        """Hang up."""
        self.do(self.ua.hangup(call, self.network.now))

    @property
    def incoming(self) -> list[Call]:
        """Calls that came in."""
        return [event.call for event in self.events if isinstance(event, IncomingCall)]

    def ends(self, call: Call) -> list[tuple[EndReason, int]]:
        """How a call ended (a list, to see when it is told twice)."""
        return [(e.reason, e.status) for e in self.events if isinstance(e, CallEnded) and e.call is call]

    def released(self, call: Call) -> bool:
        """Whether it was forgotten, once."""
        return sum(isinstance(e, CallReleased) and e.call is call for e in self.events) == 1

    def established(self, call: Call) -> bool:
        """Whether it was up, as far as this node knows."""
        return any(isinstance(e, CallAnswered | CallConfirmed) and e.call is call for e in self.events)


class Network:
    """Carries datagrams between nodes in virtual time; may lose, double and delay them.

    ``lose`` sees each message and decides; it comes before the dice.
    """

    def __init__(self, seed: int = 0, *, loss: float = 0.0, double: float = 0.0, jitter: float = 0.0) -> None:
        self.now = 0.0
        self.random = Random(seed)
        self.loss, self.double, self.jitter = loss, double, jitter
        self.nodes: dict[Peer, Node] = {}
        self.seen: list[tuple[float, str, Message]] = []
        self.lose: Callable[[str, Message], bool] = lambda sender, message: False
        self._queue: list[tuple[float, int, Callable[[], object]]] = []
        self._serial = count()

    def node(self, name: str, **settings: object) -> Node:
        """Add a user agent."""
        peer = Peer("UDP", f"10.0.0.{len(self.nodes) + 1}", 5060)
        config = UserAgentConfig(
            local_address=lambda _: (peer.host, peer.port), random=Random(self.random.random()), calls_per_second=1e6
        )
        for key, value in settings.items():
            setattr(config, key, value)
        self.nodes[peer] = Node(name, peer, UserAgent(config), self)
        return self.nodes[peer]

    def at(self, delay: float, what: Callable[[], object]) -> None:
        """Do something later."""
        heapq.heappush(self._queue, (self.now + delay, next(self._serial), what))

    def post(self, source: Peer, send: Send) -> None:
        """Take a datagram."""
        message = parse(send.data)
        sender = self.nodes[source].name
        self.seen.append((self.now, sender, message))
        target = self.nodes.get(Peer("UDP", send.peer.host, send.peer.port))
        if target is None or self.lose(sender, message) or self.random.random() < self.loss:
            return
        for _ in range(2 if self.random.random() < self.double else 1):
            delay = 0.01 + self.random.random() * self.jitter
            self.at(delay, lambda: target.do(target.ua.receive(send.data, source, self.now)))

    def run(self, until: float | None = None) -> None:
        """Let time pass until nothing is left to do, or until that time."""
        for _ in range(1_000_000):
            timers = [at for node in self.nodes.values() if (at := node.ua.next_timer()) is not None]
            at = min([*timers, *([self._queue[0][0]] if self._queue else [])], default=None)
            if at is None or (until is not None and at > until):
                break
            self.now = max(self.now, at)
            while self._queue and self._queue[0][0] <= self.now:
                heapq.heappop(self._queue)[2]()
            for node in self.nodes.values():
                node.do(node.ua.tick(self.now))
        else:
            raise AssertionError("the network never comes to rest")
        if until is not None:
            self.now = max(self.now, until)

    def sent(self, sender: str, what: str | int) -> list[Message]:
        """The requests of a method, or answers of a status, that a node sent."""
        return [
            message
            for _, name, message in self.seen
            if name == sender and what == (message.method if isinstance(message, Request) else message.status)
        ]


def core(**settings: object) -> UserAgent:
    """A user agent at 10.0.0.1:5060 for tests that write the peer's messages themselves."""
    return Network().node("bot", **settings).ua


def request(method: str, *, body: str = "", drop: tuple[str, ...] = (), **fields: str) -> bytes:
    """A request from :data:`PEER`. ``uri``, ``branch``, ``cseq``, ``totag`` and headers (``_`` for ``-``) by name."""
    uri = fields.pop("uri", "sip:bot@10.0.0.1")
    branch = fields.pop("branch", "z9hG4bKone")
    totag = fields.pop("totag", "")
    number = fields.pop("cseq", "1")
    headers = {
        "Via": f"SIP/2.0/UDP 10.0.0.9:5060;branch={branch}",
        "Max-Forwards": "70",
        "From": '"Ann" <sip:0161@10.0.0.9>;tag=theirs',
        "To": "<sip:bot@10.0.0.1>" + (f";tag={totag}" if totag else ""),
        "Call-ID": "call-1",
        "CSeq": f"{number} {method}",
    }
    if method == "INVITE":
        headers["Contact"] = "<sip:ann@10.0.0.9:5060>"
    if body:
        headers["Content-Type"] = "application/sdp"
    headers |= {name.replace("_", "-"): value for name, value in fields.items()}
    lines = [f"{name}: {value}" for name, value in headers.items() if name not in drop]
    head = [f"{method} {uri} SIP/2.0", *lines, f"Content-Length: {len(body)}"]
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode()


def messages(outputs: list[Output]) -> list[Message]:
    """The messages among the outputs."""
    return [parse(output.data) for output in outputs if isinstance(output, Send)]


def statuses(outputs: list[Output]) -> list[int]:
    """The statuses of the answers among the outputs."""
    return [message.status for message in messages(outputs) if isinstance(message, Response)]


def methods(outputs: list[Output]) -> list[str]:
    """The methods of the requests among the outputs."""
    return [message.method for message in messages(outputs) if isinstance(message, Request)]


def reply(asked: Message, status: int, *, tag: str = "", body: str = "", **headers: str) -> bytes:
    """The peer's answer to a request of ours, with a Contact; headers by name (``_`` for ``-``)."""
    assert isinstance(asked, Request)
    response = make_response(asked, status, tag=tag)
    for name, value in {"Contact": "<sip:ann@10.0.0.9:5060>", **headers}.items():
        response.headers.add(name.replace("_", "-"), value)
    if body:
        response.headers.add("Content-Type", "application/sdp")
        response.body = body.encode()
    return response.to_bytes()


def established(**settings: object) -> tuple[UserAgent, Call, str]:
    """A call to us, answered and acknowledged at time 0; gives it with our tag."""
    ua = core(**settings)
    (call,) = (o.call for o in ua.receive(request("INVITE", body=OFFER), PEER, 0.0) if isinstance(o, IncomingCall))
    tag = to_tag(messages(ua.answer(call, ua.negotiation(PEER, 5000), 0.0))[0])
    ua.receive(request("ACK", branch="z9hG4bKack", totag=tag), PEER, 0.1)
    return ua, call, tag


def to_tag(message: Message) -> str:
    """The tag of its To."""
    match = re.search(r";tag=([^;]+)", message.headers.get("to"))
    assert match is not None
    return match[1]


class TonePort:
    """Says a sine of ``hz``; remembers the keys, the loudest frame heard and the end."""

    def __init__(self, hz: float = 440.0) -> None:
        self.hz = hz
        self.keys: list[str] = []
        self.frames = 0
        self.loudest = 0.0
        self.end: LegEnded | None = None

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        """20 ms of the tone."""
        self.frames += 1
        if not heard.concealed:
            self.loudest = max(self.loudest, float(np.sqrt(np.mean(heard.samples.astype(np.float64) ** 2))))
        times = (heard.position + np.arange(len(heard.samples))) / heard.rate
        return (8000 * np.sin(2 * np.pi * self.hz * times)).astype(np.int16)

    def key(self, press: KeyPress) -> None:
        """Note a key."""
        self.keys.append(press.key)

    def ended(self, end: LegEnded) -> None:
        """Note the end."""
        self.end = end
