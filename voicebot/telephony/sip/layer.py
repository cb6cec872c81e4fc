"""The transaction layer: matches messages to transactions and runs their timers (RFC 3261 17.1.3, 17.2.3)."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from voicebot.errors import ProtocolError
from voicebot.telephony.sip.address import tag_of
from voicebot.telephony.sip.authenticator import Realm
from voicebot.telephony.sip.events import Output, Peer, Send
from voicebot.telephony.sip.fields import MAGIC_COOKIE, CSeq, Via, top_via
from voicebot.telephony.sip.message import REASONS, Headers, Request, Response
from voicebot.telephony.sip.timers import Timers
from voicebot.telephony.sip.transaction import (
    Deliver,
    Effect,
    Failed,
    Failure,
    InviteClient,
    InviteServer,
    NonInviteClient,
    NonInviteServer,
    StartTimer,
    State,
    StopTimer,
    Terminated,
    TimerValues,
    Transmit,
)
from voicebot.telephony.sip.uri import param

Key = tuple[str, ...]

MAX_RENEWALS = 5
"""Most times a request is sent again with other credentials: proxies on the way, and stale nonces."""


@dataclass(eq=False, slots=True)
class Client:
    """A request of ours under way. It stays the same when the request is sent again with credentials.

    ``account`` names the credentials it may be sent with. ``on_renewed`` is given the request that takes its place
    and says whether it is still wanted. ``tried`` and ``renewals`` keep that from going on for ever.
    """

    machine: InviteClient | NonInviteClient
    peer: Peer
    key: Key
    on_response: Callable[[Response], None]
    on_failure: Callable[[Failure], None]
    account: str = ""
    on_renewed: Callable[[Request], bool] | None = None
    tried: set[Realm] = field(default_factory=set)
    renewals: int = 0

    @property
    def request(self) -> Request:
        """What was asked last: another request than at first once it was sent again with credentials."""
        return self.machine.request


@dataclass(eq=False, slots=True)
class Server:
    """A request that we owe an answer. ``local_tag`` goes into the To of every answer."""

    machine: InviteServer | NonInviteServer
    peer: Peer
    key: Key
    merge_key: Key
    local_tag: str
    on_failure: Callable[[Failure], None] | None = None

    @property
    def request(self) -> Request:
        """What is asked."""
        return self.machine.request

    @property
    def pending(self) -> bool:
        """Whether no final answer has been given."""
        return self.machine.state in (State.TRYING, State.PROCEEDING)


def reply_peer(via: Via, source: Peer) -> Peer:
    """Where answers go: back on the connection while there is one, else as RFC 3261 18.2.2 and RFC 3581 4 say."""
    if source.reliable:
        return replace(source, port=via.port or (5061 if source.transport == "TLS" else 5060))
    if param(via.params, "rport") is not None:
        return source
    return Peer("UDP", source.host, via.port or 5060)


def make_response(request: Request, status: int, *, tag: str = "", reason: str = "") -> Response:
    """An answer with the headers that every answer has (RFC 3261 8.2.6.2), all of them verbatim."""
    headers = Headers([("Via", line) for line in request.headers.lines("via")])
    to = request.headers.get("to")
    if tag and status > 100 and not _has_tag(to):
        to = f"{to};tag={tag}"
    fields = (("From", request.headers.get("from")), ("To", to))
    for name, value in (*fields, *((n, request.headers.get(n)) for n in ("Call-ID", "CSeq"))):
        if value:
            headers.add(name, value)
    return Response(status, reason or REASONS.get(status, "Unknown"), headers)


def _client_key(request: Request) -> Key:
    return (top_via(request.headers).branch, request.method)


def _has_tag(value: str) -> bool:
    try:
        return bool(tag_of(value))
    except ProtocolError:
        return False


class TransactionLayer:
    """All transactions of one user agent. ``now`` is set by the user agent before it calls in."""

    def __init__(self, timers: Timers, outputs: list[Output], values: TimerValues) -> None:
        self.now = 0.0
        self.values = values
        self.renew: Callable[[Client, Response], Request | None] = lambda client, response: None
        """Makes the request with which to answer a 401 or 407, or None when it can't be answered."""
        self._timers = timers
        self._outputs = outputs
        self._clients: dict[Key, Client] = {}
        self._servers: dict[Key, Server] = {}
        self._merge: dict[Key, Key] = {}

    def __len__(self) -> int:
        return len(self._clients) + len(self._servers)

    # --- ours -------------------------------------------------------------------------------------

    def start(
        self,
        request: Request,
        peer: Peer,
        on_response: Callable[[Response], None],
        on_failure: Callable[[Failure], None],
        *,
        account: str = "",
        on_renewed: Callable[[Request], bool] | None = None,
    ) -> Client:
        """Send a request (its top Via must hold a fresh branch) and hear what becomes of it.

        A 401 or 407 is heard only when it can't be answered; else the request goes out again with credentials.
        """
        client = Client(self._machine(request, peer), peer, _client_key(request), on_response, on_failure)
        client.account, client.on_renewed = account, on_renewed
        self._clients[client.key] = client
        self._run(client, client.machine.start())
        return client

    def _machine(self, request: Request, peer: Peer) -> InviteClient | NonInviteClient:
        if request.method == "INVITE":
            return InviteClient(request, reliable=peer.reliable, timers=self.values)
        return NonInviteClient(request, reliable=peer.reliable, timers=self.values)

    def _challenged(self, client: Client, response: Response) -> Client | None:
        """Answer a 401 or 407: the client goes on with a new transaction; gives the one that keeps the old."""
        if client.renewals >= MAX_RENEWALS:
            return None
        request = self.renew(client, response)
        if request is None or (client.on_renewed is not None and not client.on_renewed(request)):
            return None
        old = Client(client.machine, client.peer, client.key, lambda _: None, lambda _: None)
        self._clients[old.key] = old
        client.renewals += 1
        client.machine, client.key = self._machine(request, client.peer), _client_key(request)
        self._clients[client.key] = client
        self._run(client, client.machine.start())
        return old

    def abandon(self, client: Client) -> None:
        """Nobody waits for this request any more: send it no more, and drop what comes back."""
        if self._clients.get(client.key) is client:
            self._forget(client)

    def cancelled(self, client: Client) -> None:
        """A CANCEL went after this INVITE."""
        if isinstance(client.machine, InviteClient):
            self._run(client, client.machine.cancelled())

    def receive_response(self, response: Response) -> bool:
        """A response came; False when it belongs to nothing. Raises :class:`ProtocolError`."""
        method = CSeq.parse(response.headers.get("cseq")).method
        client = self._clients.get((top_via(response.headers).branch, method))
        if client is None:
            return False
        self._run(client, client.machine.receive(response))
        return True

    # --- theirs -----------------------------------------------------------------------------------

    def accept(self, request: Request, via: Via, peer: Peer, local_tag: str) -> Server | None:
        """Open a transaction for a request other than ACK; None when it is a repetition, which is dealt with here."""
        key = self._server_key(request, via, request.method)
        known = self._servers.get(key)
        if known is not None:
            self._run(known, known.machine.repeated())
            return None
        reply = reply_peer(via, peer)
        machine: InviteServer | NonInviteServer
        if request.method == "INVITE":
            machine = InviteServer(request, reliable=peer.reliable, timers=self.values)
        else:
            machine = NonInviteServer(request, reliable=peer.reliable, timers=self.values)
        headers = request.headers
        merge_key = (headers.get("call-id"), tag_of(headers.get("from")), headers.get("cseq"))
        server = Server(machine, reply, key, merge_key, local_tag)
        self._servers[key] = server
        self._merge.setdefault(merge_key, key)
        if request.method == "INVITE":
            self.respond(server, make_response(request, 100))
        return server

    def knows(self, request: Request, via: Via) -> bool:
        """Whether a request is the repetition of one that has a transaction."""
        return self._server_key(request, via, request.method) in self._servers

    def merged(self, server: Server) -> bool:
        """Whether the same request came before by another path (RFC 3261 8.2.2.2)."""
        return self._merge.get(server.merge_key) != server.key

    def acknowledge(self, request: Request, via: Via) -> bool:
        """An ACK came; True when it belongs to a refused INVITE and so is of no further interest."""
        server = self._servers.get(self._server_key(request, via, "INVITE"))
        if server is None or not isinstance(server.machine, InviteServer) or server.machine.state is State.ACCEPTED:
            return False
        self._run(server, server.machine.acknowledged())
        return True

    def invite_of(self, cancel: Request, via: Via) -> Server | None:
        """The INVITE transaction that a CANCEL means (RFC 3261 9.2)."""
        return self._servers.get(self._server_key(cancel, via, "INVITE"))

    def respond(self, server: Server, response: Response) -> None:
        """Answer."""
        self._run(server, server.machine.respond(response))

    @staticmethod
    def _server_key(request: Request, via: Via, method: str) -> Key:
        # The cookie alone identifies nothing (RFC 4475 3.2.1).
        if via.branch.lower().startswith(MAGIC_COOKIE.lower()) and len(via.branch) > len(MAGIC_COOKIE):
            return (via.branch, via.sent_by, method)
        headers = request.headers
        number = headers.get("cseq").split()[0]
        return (method, headers.get("call-id"), number, tag_of(headers.get("from")), via.sent_by, via.branch)

    # --- both -------------------------------------------------------------------------------------

    def fire(self, owner: Client | Server, name: str) -> None:
        """A timer of a transaction is due."""
        self._run(owner, owner.machine.timer(name))

    def transport_failed(self, peer: Peer, *, unanswered: bool = False) -> None:
        """Nothing can be sent to that peer: what waits for an answer from there fails now.

        ``unanswered``: only what has had no answer at all, since others may come by another connection.
        """
        states = (State.CALLING, State.TRYING) if unanswered else (State.CALLING, State.TRYING, State.PROCEEDING)
        address = (peer.transport, peer.host, peer.port)
        for client in list(self._clients.values()):
            to = client.peer
            if client.machine.state in states and (to.transport, to.host, to.port) == address:
                self._run(client, client.machine.transport_failed())

    def _run(self, owner: Client | Server, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Transmit(message):
                    self._outputs.append(Send(message.to_bytes(), owner.peer))
                case StartTimer(name, delay):
                    self._timers.start(owner, name, self.now + delay)
                case StopTimer(name):
                    self._timers.stop(owner, name)
                case Deliver(response) if isinstance(owner, Client):
                    challenged = response.status in (401, 407)
                    if challenged and (old := self._challenged(owner, response)) is not None:
                        owner = old  # What is left to do belongs to the transaction that was refused.
                    else:
                        owner.on_response(response)
                case Failed(why):
                    if owner.on_failure is not None:
                        owner.on_failure(why)
                case Terminated():
                    self._forget(owner)

    def _forget(self, owner: Client | Server) -> None:
        self._timers.stop_all(owner)
        if isinstance(owner, Client):
            self._clients.pop(owner.key, None)
        else:
            self._servers.pop(owner.key, None)
            if self._merge.get(owner.merge_key) == owner.key:
                del self._merge[owner.merge_key]
