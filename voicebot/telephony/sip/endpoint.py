"""What both sides of a call need: identity, next hops, requests within a dialog, ends."""

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2s
from random import Random, SystemRandom

from voicebot.errors import ProtocolError
from voicebot.telephony.leg import EndReason
from voicebot.telephony.sip.address import tag_of
from voicebot.telephony.sip.authenticator import Authenticator
from voicebot.telephony.sip.body import ACCEPT
from voicebot.telephony.sip.call import Call, CallState, Unacknowledged
from voicebot.telephony.sip.challenger import Challenger
from voicebot.telephony.sip.dialog import Dialog, DialogKey
from voicebot.telephony.sip.digest import Credentials
from voicebot.telephony.sip.events import CallEnded, CallReleased, Output, Peer, Send
from voicebot.telephony.sip.fields import MAGIC_COOKIE, CSeq
from voicebot.telephony.sip.layer import Client, Server, TransactionLayer, make_response
from voicebot.telephony.sip.message import Request, Response, extensions
from voicebot.telephony.sip.negotiation import MediaPolicy
from voicebot.telephony.sip.timers import Timers
from voicebot.telephony.sip.transaction import Failure, TimerValues
from voicebot.telephony.sip.uri import Uri, join_host_port

ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK, REFER, NOTIFY"
SUPPORTED = "100rel, timer, replaces, norefersub"
"""Extensions we know; a request that requires another is answered 420."""
USER_AGENT = "voicebot"
_WHILE_ALIVE = (
    *("ring limit", "ring again", "reliable again", "reliable limit", "dial"),
    *("change", "change again", "session refresh", "session expires", "refer limit"),
)
"""Timers that a call no longer needs once it is over for its user."""


@dataclass(slots=True)
class UserAgentConfig:
    """How a user agent behaves. Times are in seconds.

    ``local_address`` gives our (host, port) as that peer can reach it; ``allowed_peer`` and ``allowed_media`` say
    where signalling and media may go; ``media_policy`` what is spoken with that peer, and whether encrypted;
    ``credentials`` finds those of an account, and ``challenger`` makes callers prove who they are; ``account_of`` says
    to which account a call to us belongs. ``max_calls`` and ``calls_per_second`` bound what comes in.
    """

    local_address: Callable[[Peer], tuple[str, int]]
    allowed_peer: Callable[[str], bool] = lambda _: True
    allowed_media: Callable[[str], bool] = lambda _: True
    media_policy: Callable[[Peer], MediaPolicy] = lambda _: MediaPolicy()
    credentials: Callable[[str], Credentials | None] = lambda _: None
    challenger: Challenger | None = None
    account_of: Callable[[Request, Peer], str] = lambda request, peer: ""
    user: str = "voicebot"
    max_calls: int = 40
    calls_per_second: float = 20.0
    ring_limit: float = 180.0
    ring_again: float = 60.0
    reliable: bool = True
    """Ring reliably (100rel) whenever the caller can; when it must, we always do."""
    session_expires: int = 1800
    """Seconds after which a session must be refreshed (RFC 4028) if nobody wishes otherwise; 0 asks for none."""
    min_se: int = 90
    """The shortest interval of refreshes that we put up with, in seconds."""
    may_refer: Callable[[Uri], bool] = lambda _: False
    """Where a peer may send us on to."""
    refer_limit: float = 60.0
    """How long a peer may take to reach whom we refer it to."""
    timers: TimerValues = field(default_factory=TimerValues)
    random: Random = field(default_factory=SystemRandom)

    @property
    def max_transactions(self) -> float:
        """Transactions held at most: each lives 64*T1, and a call at the highest rate may take four."""
        return 1000 + 4 * self.timers.limit * self.calls_per_second


class Endpoint:
    """The parts of a user agent that inbound and outbound calls share."""

    def __init__(self, config: UserAgentConfig) -> None:
        self.config = config
        self.outputs: list[Output] = []
        self.timers = Timers()
        self.layer = TransactionLayer(self.timers, self.outputs, config.timers)
        self.layer.renew = self._renew
        self.authenticator = Authenticator(config.credentials, config.random)
        self.calls: set[Call] = set()
        self.dialogs: dict[DialogKey, Call] = {}
        self._secret = config.random.randbytes(16)

    # --- identity ---------------------------------------------------------------------------------

    def token(self) -> str:
        """A fresh tag or Call-ID: 64 random bits."""
        return f"{self.config.random.getrandbits(64):016x}"

    def session_id(self) -> int:
        """A number for an SDP origin line."""
        return self.config.random.getrandbits(31)

    def contact(self, peer: Peer, uri: str = "", user: str = "") -> str:
        """Our Contact as that peer can reach it; secure when ``uri``, which was or is called, is (RFC 3261 12.1.1)."""
        host, port = self.config.local_address(peer)
        transport = f";transport={peer.transport.lower()}" if peer.reliable else ""
        scheme = "sips" if uri[:5].lower() == "sips:" else "sip"
        return f"<{scheme}:{user or self.config.user}@{join_host_port(host, port)}{transport}>"

    def via(self, peer: Peer, branch: str = "") -> str:
        """A Via for a request to that peer, with a fresh branch unless one is given."""
        host, port = self.config.local_address(peer)
        branch = branch or f"{MAGIC_COOKIE}{self.token()}"
        return f"SIP/2.0/{peer.transport} {join_host_port(host, port)};rport;branch={branch}"

    def with_via(self, request: Request, peer: Peer) -> Request:
        """The request with a Via on top."""
        headers = request.headers
        request.headers = type(headers)([("Via", self.via(peer)), *headers])
        return request

    # --- credentials ------------------------------------------------------------------------------

    def _dialog_of(self, request: Request) -> tuple[Call, Dialog] | None:
        """The call and dialog that a request of ours belongs to, or None."""
        headers = request.headers
        key = (headers.get("call-id"), tag_of(headers.get("from")), tag_of(headers.get("to")))
        call = self.dialogs.get(key)
        if call is None:
            return None
        dialog = call.dialog_of(key)
        return None if dialog is None else (call, dialog)

    def _renew(self, client: Client, response: Response) -> Request | None:
        """The request that answers a challenge: a new branch, the next CSeq, and credentials (RFC 3261 22.2)."""
        old = client.request
        if old.method in ("ACK", "CANCEL"):
            return None
        within = self._dialog_of(old)
        account = client.account or (within[0].account if within else "")
        request = Request(old.method, old.uri, old.headers.copy(), old.body)
        if not self.authenticator.answer(account, request, response, client.tried):
            return None
        number = CSeq.parse(old.headers.get("cseq")).number + 1
        if within is not None:
            _, dialog = within
            dialog.local_cseq = number = max(number, dialog.local_cseq + 1)
        request.headers.replace_first("via", self.via(client.peer))
        request.headers.set("CSeq", str(CSeq(number, request.method)))
        return request

    # --- sending ----------------------------------------------------------------------------------

    def next_hop(self, dialog: Dialog) -> Peer:
        """Where a request within the dialog goes.

        The route or Contact is followed when it is an address of an allowed peer; otherwise the request goes where
        the dialog's messages come from, which is right behind NAT and for names we cannot resolve.
        """
        uri = dialog.next_hop()
        try:
            host = str(ipaddress.ip_address(uri.host))
        except ValueError:
            return dialog.peer
        if not self.config.allowed_peer(host):
            return dialog.peer
        transport = uri.transport if uri.transport in ("UDP", "TCP", "TLS") else dialog.peer.transport
        flow = dialog.peer.flow if (transport, host) == (dialog.peer.transport, dialog.peer.host) else 0
        port = uri.port or (5061 if transport == "TLS" else 5060)
        return Peer(transport, host, port, flow, dialog.peer.name if transport == "TLS" else "")

    def respond(self, server: Server, status: int, **headers: str) -> None:
        """Answer without a body; ``Retry_After="1"`` adds that header."""
        response = make_response(server.request, status, tag=server.local_tag)
        for name, value in headers.items():
            response.headers.add(name.replace("_", "-"), value)
        if status in (200, 405, 501) and "allow" not in response.headers:
            response.headers.add("Allow", ALLOW)
        self.layer.respond(server, response)

    def respond_statelessly(
        self, request: Request, status: int, peer: Peer, fields: Sequence[tuple[str, str]] = ()
    ) -> None:
        """Answer without a transaction. A repetition gets the same tag, as RFC 3261 8.2.7 asks."""
        seen = "\0".join((request.headers.get("via"), request.headers.get("call-id"), request.headers.get("cseq")))
        tag = blake2s(seen.encode("utf-8", "surrogateescape"), key=self._secret, digest_size=8).hexdigest()
        response = make_response(request, status, tag=tag)
        if status in (405, 501):
            response.headers.add("Allow", ALLOW)
        for name, value in fields:
            response.headers.add(name, value)
        self.outputs.append(Send(response.to_bytes(), peer))

    def ok(self, server: Server, body: bytes = b"") -> Response:
        """A 200 that makes or keeps a dialog (RFC 3261 12.1.1), not yet sent."""
        response = self.within_dialog(server, 200)
        response.headers.add("Allow", ALLOW)
        response.headers.add("Supported", SUPPORTED)
        if body:
            response.headers.add("Content-Type", ACCEPT)
            response.body = body
        return response

    def within_dialog(self, server: Server, status: int) -> Response:
        """An answer with what a dialog needs: the route as it came, and our Contact."""
        response = make_response(server.request, status, tag=server.local_tag)
        for route in server.request.headers.lines("record-route"):
            response.headers.add("Record-Route", route)
        response.headers.add("Contact", self.contact(server.peer, server.request.uri))
        return response

    def accept_invite(self, call: Call, server: Server, response: Response, *, offered: bool, initial: bool) -> None:
        """Answer an INVITE with a 2xx and repeat it until the ACK comes."""
        cseq = int(server.request.headers.get("cseq").split()[0])
        t1 = self.config.timers.t1
        call.unacknowledged = Unacknowledged(server, response, cseq, t1, offered, initial)
        self.layer.respond(server, response)
        self.timers.start(call, "repeat", self.layer.now + t1)
        self.timers.start(call, "unacknowledged", self.layer.now + self.config.timers.limit)

    def acknowledged(self, call: Call) -> None:
        """Nobody waits for the ACK any more."""
        call.unacknowledged = None
        self.timers.stop(call, "repeat")
        self.timers.stop(call, "unacknowledged")

    def request(
        self,
        call: Call,
        dialog: Dialog,
        request: Request,
        on_response: Callable[[Response], None],
        on_failure: Callable[[Failure], None],
        on_renewed: Callable[[Request], bool] | None = None,
    ) -> Client:
        """Send a request within a dialog (made by :meth:`Dialog.request`) and hear what becomes of it."""
        peer = self.next_hop(dialog)
        request = self.with_via(request, peer)
        return self.layer.start(request, peer, on_response, on_failure, account=call.account, on_renewed=on_renewed)

    def identify(self, request: Request, dialog: Dialog) -> None:
        """Say who we are and what we can: Contact, Allow and Supported."""
        request.headers.add("Contact", self.contact(self.next_hop(dialog)))
        request.headers.add("Allow", ALLOW)
        request.headers.add("Supported", SUPPORTED)

    def last_words(self, call: Call, dialog: Dialog, request: Request) -> None:
        """Send a request whose answer changes nothing, but which the call must outlive."""
        call.byes += 1

        def done(_: object) -> None:
            call.byes -= 1
            self.release(call)

        def response(answer: Response) -> None:
            if answer.status >= 200:
                done(answer)

        self.request(call, dialog, request, response, done)

    def bye(self, call: Call, dialog: Dialog) -> None:
        """Send BYE in a dialog of the call; whatever comes back ends the matter."""
        request = dialog.request("BYE")
        for name, value in call.farewell.items():
            request.headers.add(name, value)
        self.last_words(call, dialog, request)

    # --- book-keeping -----------------------------------------------------------------------------

    def enter(self, call: Call, dialog: Dialog) -> None:
        """Make the dialog findable."""
        self.dialogs[dialog.key] = call

    def end(self, call: Call, reason: EndReason, status: int = 0, detail: str = "") -> None:
        """Tell the end, once, and forget the call as soon as nothing is owed or awaited."""
        if not call.ended:
            call.state = CallState.ENDED
            for name in _WHILE_ALIVE:
                self.timers.stop(call, name)
            for change in call.changes:
                if change.client is not None:
                    self.layer.cancelled(change.client)
            call.changes.clear()
            self.outputs.append(CallEnded(call, reason, status, detail))
        self.release(call)

    def release(self, call: Call) -> None:
        """Forget the call if it is over and nothing is owed or awaited."""
        awaited = call.byes or call.bye_pending or call.unacknowledged is not None or call.client is not None
        if call.state is not CallState.ENDED or awaited or call.referred is not None:
            return
        call.state = CallState.RELEASED
        call.replaces = None  # or a chain of calls, each taken over by the next, would be kept by the last
        self.timers.stop_all(call)
        self.calls.discard(call)
        dialogs = [early.dialog for early in call.early.values()] + ([call.dialog] if call.dialog else [])
        for dialog in dialogs:
            self.dialogs.pop(dialog.key, None)
        self.outputs.append(CallReleased(call))

    def send_ack(self, call: Call, dialog: Dialog, key: tuple[str, int], invite: Request) -> None:
        """Acknowledge a 2xx of that INVITE (``key``: its tag and CSeq number); keep the ACK for its repetitions."""
        peer = self.next_hop(dialog)
        ack = self.with_via(dialog.request("ACK", cseq=key[1]), peer)
        for name in ("Authorization", "Proxy-Authorization"):
            # An ACK can't be challenged: it carries what its INVITE did (RFC 3261 22.1).
            for value in invite.headers.lines(name):
                ack.headers.add(name, value)
        data = ack.to_bytes()
        call.acks[key] = (data, peer)
        self.outputs.append(Send(data, peer))

    @staticmethod
    def learn(call: Call, message: Request | Response) -> None:
        """Remember what the peer says that it can."""
        if "allow" in message.headers:
            call.allow = frozenset(method.upper() for method in message.headers.values("allow"))
        if "supported" in message.headers:
            call.supported = extensions(message.headers)


def valid_target(uri: str) -> bool:
    """Whether a Request-URI has a scheme that we serve."""
    try:
        Uri.parse(uri)
    except ProtocolError:
        return False
    return True
