"""The user agent core: messages and commands in, messages and events out; no sockets, no clock.

Every method that takes ``now`` (seconds on any steady clock) gives the outputs it caused, in order. Send the
:class:`~voicebot.telephony.sip.events.Send` ones; the rest are events. Call :meth:`UserAgent.tick` at
:meth:`UserAgent.next_timer`. Timestamps must not go back.
"""

from collections.abc import Mapping

from voicebot.errors import ProtocolError
from voicebot.telephony.leg import EndReason
from voicebot.telephony.sip.address import tag_of
from voicebot.telephony.sip.body import ACCEPT
from voicebot.telephony.sip.call import Call, CallState
from voicebot.telephony.sip.challenger import Verdict
from voicebot.telephony.sip.endpoint import SUPPORTED, Endpoint, UserAgentConfig, valid_target
from voicebot.telephony.sip.events import Output, Peer, RequestAnswered
from voicebot.telephony.sip.fields import CSeq, Via, mark_received
from voicebot.telephony.sip.layer import Client, Server, reply_peer
from voicebot.telephony.sip.message import MalformedRequest, Message, Request, Response, parse
from voicebot.telephony.sip.modification import Modification
from voicebot.telephony.sip.negotiation import Negotiation
from voicebot.telephony.sip.refer import Refer
from voicebot.telephony.sip.screening import fault_of
from voicebot.telephony.sip.session_timer import SessionTimers
from voicebot.telephony.sip.uac import Outbound, Outgoing, check_headers
from voicebot.telephony.sip.uas import Inbound, dialog_key

SERVED = frozenset({"INVITE", "CANCEL", "BYE", "OPTIONS", "UPDATE", "PRACK", "REFER", "NOTIFY"})
KNOWN = frozenset({"INFO", "SUBSCRIBE", "MESSAGE", "REGISTER", "PUBLISH"})
_SUPPORTED = frozenset(SUPPORTED.split(", "))


class UserAgent:
    """One SIP user agent."""

    def __init__(self, config: UserAgentConfig) -> None:
        self._endpoint = Endpoint(config)
        self._sessions = SessionTimers(self._endpoint)
        self._inbound = Inbound(self._endpoint, self._sessions)
        self._outbound = Outbound(self._endpoint, self._sessions, self._inbound.reliable)
        self._modification = Modification(self._endpoint, self._sessions, self._inbound.reliable)
        self._refer = Refer(self._endpoint)
        self.dropped = 0
        """Messages that were neither answered nor used."""

    # --- what it holds ----------------------------------------------------------------------------

    @property
    def calls(self) -> frozenset[Call]:
        """Calls not yet released."""
        return frozenset(self._endpoint.calls)

    @property
    def idle(self) -> bool:
        """Whether nothing is remembered: no call, dialog, transaction or timer."""
        endpoint = self._endpoint
        return not (endpoint.calls or endpoint.dialogs or len(endpoint.layer) or len(endpoint.timers))

    def next_timer(self) -> float | None:
        """When :meth:`tick` is to be called next, or None."""
        return self._endpoint.timers.next()

    def negotiation(self, peer: Peer, port: int, *, host: str = "") -> Negotiation:
        """A session whose audio we hear at that port of ours (``host``: another address of ours)."""
        return Negotiation(
            address=host or self._endpoint.config.local_address(peer)[0],
            port=port,
            session_id=self._endpoint.session_id(),
            allowed=self._endpoint.config.allowed_media,
            policy=self._endpoint.config.media_policy(peer),
        )

    # --- commands ---------------------------------------------------------------------------------

    def ring(self, call: Call, now: float) -> list[Output]:
        """Say that it rings (180)."""
        self._endpoint.layer.now = now
        self._inbound.ring(call)
        return self._take()

    def answer(self, call: Call, negotiation: Negotiation, now: float) -> list[Output]:
        """Take an inbound call. Raises TelephonyError when it has gone, or (then :meth:`tick` gives the refusal) when
        its offer does not fit.
        """
        self._endpoint.layer.now = now
        self._inbound.answer(call, negotiation)
        return self._take()

    def progress(self, call: Call, negotiation: Negotiation, now: float) -> list[Output]:
        """Give an inbound call early media (183); :meth:`answer` then takes the same negotiation.

        Raises TelephonyError when it has gone or cannot be given any.
        """
        self._endpoint.layer.now = now
        self._inbound.progress(call, negotiation)
        return self._take()

    def reject(self, call: Call, status: int, now: float, reason: EndReason = EndReason.REJECTED) -> list[Output]:
        """Refuse an inbound call with a status of 300–699."""
        self._endpoint.layer.now = now
        self._inbound.reject(call, status, reason)
        return self._take()

    def invite(self, wish: Outgoing, peer: Peer, negotiation: Negotiation, now: float) -> tuple[Call, list[Output]]:
        """Make a call to ``wish.target`` by way of ``peer``."""
        self._endpoint.layer.now = now
        call = self._outbound.invite(wish, peer, negotiation)
        return call, self._take()

    def request(self, request: Request, peer: Peer, now: float, *, account: str = "") -> tuple[Client, list[Output]]:
        """Send a request that belongs to no dialog; :class:`RequestAnswered` tells what came of it."""
        endpoint = self._endpoint
        endpoint.layer.now = now
        endpoint.authenticator.prepare(account, request)

        def answered(response: Response) -> None:
            if response.status >= 200:
                endpoint.outputs.append(RequestAnswered(client, response))

        client = endpoint.layer.start(
            endpoint.with_via(request, peer),
            peer,
            answered,
            lambda _: endpoint.outputs.append(RequestAnswered(client, None)),
            account=account,
        )
        return client, self._take()

    def abandon(self, client: Client) -> None:
        """Wait no more for the answer to a :meth:`request`."""
        self._endpoint.layer.abandon(client)

    def contact(self, peer: Peer, user: str) -> str:
        """A Contact value with that user part, as that peer can reach us."""
        return self._endpoint.contact(peer, user=user)

    def hold(self, call: Call, on: bool, now: float) -> list[Output]:
        """Hold the peer, or resume; ChangeSettled says what came of it. Raises TelephonyError when it is not up."""
        self._endpoint.layer.now = now
        self._modification.hold(call, on)
        return self._take()

    def refer(self, call: Call, target: str, now: float) -> list[Output]:
        """Send the peer on to ``target`` (a Refer-To value); TransferSettled says what came of it.

        Raises TransferRefused when it cannot be asked.
        """
        self._endpoint.layer.now = now
        self._refer.refer(call, target)
        return self._take()

    def referral(self, call: Call, status: int, now: float) -> list[Output]:
        """Tell the peer that sent us on how that fares; a status from 200 on ends it."""
        self._endpoint.layer.now = now
        self._refer.progress(call, status)
        return self._take()

    def hangup(
        self,
        call: Call,
        now: float,
        reason: EndReason = EndReason.LOCAL_HANGUP,
        headers: Mapping[str, str] | None = None,
    ) -> list[Output]:
        """End a call whatever its state: refuse, cancel or BYE. It is over for its user at once.

        ``headers`` go into the BYE. Raises TelephonyError for those that would break it.
        """
        endpoint = self._endpoint
        endpoint.layer.now = now
        if headers:
            check_headers(headers)
            call.farewell = headers
        match call.state:
            case CallState.INCOMING:
                self._inbound.reject(call, 480, reason)
            case CallState.CALLING:
                self._outbound.cancel(call, reason)
            case CallState.ESTABLISHED if call.dialog is not None:
                # A BYE may not overtake the ACK (RFC 3261 15).
                if call.unacknowledged is not None and call.unacknowledged.initial:
                    call.bye_pending = True
                else:
                    endpoint.acknowledged(call)
                    endpoint.bye(call, call.dialog)
                endpoint.end(call, reason)
        return self._take()

    def stop_accepting(self) -> None:
        """Refuse new calls (503) from now on."""
        self._inbound.stopping = True

    # --- what comes in ----------------------------------------------------------------------------

    def receive(self, data: bytes, source: Peer, now: float) -> list[Output]:
        """A message came: a datagram, or one cut out of a stream. What is no SIP message is dropped and counted."""
        if not data.strip(b"\r\n\x00"):
            return []
        try:
            message = parse(data, stream=source.reliable)
        except MalformedRequest as error:
            return self._receive(error.request, source, now, malformed=True)
        except ProtocolError:
            self.dropped += 1
            return []
        return self._receive(message, source, now)

    def _receive(self, message: Message, source: Peer, now: float, *, malformed: bool = False) -> list[Output]:
        self._endpoint.layer.now = now
        try:
            if isinstance(message, Request):
                self._request(message, source, malformed=malformed)
            elif len(message.headers.values("via")) > 1 or not self._endpoint.layer.receive_response(message):
                self.dropped += 1  # one that is not for us has more than one Via (RFC 3261 8.1.3.3)
        except ProtocolError:
            self.dropped += 1
        return self._take()

    def transport_failed(self, peer: Peer, now: float) -> list[Output]:
        """Nothing could be sent to that peer."""
        self._endpoint.layer.now = now
        self._endpoint.layer.transport_failed(peer)
        return self._take()

    def connection_lost(self, peer: Peer, now: float) -> list[Output]:
        """A connection that we opened is closed: what was sent on it and had no answer has come to nothing."""
        self._endpoint.layer.now = now
        self._endpoint.layer.transport_failed(peer, unanswered=True)
        return self._take()

    def tick(self, now: float) -> list[Output]:
        """Do what is due."""
        endpoint = self._endpoint
        for owner, name in endpoint.timers.due(now):
            endpoint.layer.now = now
            if isinstance(owner, Client | Server):
                endpoint.layer.fire(owner, name)
            elif isinstance(owner, Call):
                self._fire(owner, name)
        return self._take()

    def _fire(self, call: Call, name: str) -> None:
        match name:
            case "dial":
                self._outbound.fire(call, name)
            case "change" | "change again":
                self._modification.fire(call, name)
            case "session refresh" | "session expires":
                self._sessions.fire(call, name)
            case "refer limit":
                self._refer.fire(call)
            case _:
                self._inbound.fire(call, name)

    def _take(self) -> list[Output]:
        outputs = self._endpoint.outputs[:]
        self._endpoint.outputs.clear()
        return outputs

    # --- requests ---------------------------------------------------------------------------------

    def _request(self, request: Request, source: Peer, *, malformed: bool) -> None:
        endpoint = self._endpoint
        via = mark_received(request.headers, source.host, source.port)
        fault = fault_of(request, SERVED | KNOWN)
        if malformed and fault != 505:
            fault = 400
        if fault:
            if request.method != "ACK":
                endpoint.respond_statelessly(request, fault, reply_peer(via, source))
            return
        if request.method == "ACK":
            self._ack(request, via, source)
            return
        if not endpoint.layer.knows(request, via):
            if self._crowded(request):
                endpoint.respond_statelessly(request, 503, reply_peer(via, source))
                return
            if not self._proven(request, via, source):
                return
        server = endpoint.layer.accept(request, via, source, endpoint.token())
        if server is None:
            return
        try:
            self._serve(server, via, source)
        except ProtocolError:
            # A transaction that is never answered would be kept for ever.
            if not server.pending:
                raise
            endpoint.respond(server, 400)

    def _crowded(self, request: Request) -> bool:
        """Whether a flood has left no room for another transaction; calls in progress have twice the room."""
        limit = self._endpoint.config.max_transactions
        return len(self._endpoint.layer) >= (2 * limit if tag_of(request.headers.get("to")) else limit)

    def _serve(self, server: Server, via: Via, source: Peer) -> None:
        """Answer a request, or begin what will."""
        endpoint, request = self._endpoint, server.request
        if refusal := self._refusal(request, server):
            status, headers = refusal
            endpoint.respond(server, status, **headers)
        elif request.method == "CANCEL":
            self._inbound.cancel(server, endpoint.layer.invite_of(request, via))
        elif tag_of(request.headers.get("to")):
            call = endpoint.dialogs.get(dialog_key(request))
            if call is None:
                endpoint.respond(server, 481)
            else:
                self._within(server, call)
        elif request.method == "INVITE":
            self._inbound.invite(server)
        elif request.method == "OPTIONS":
            endpoint.respond(server, 503 if self._inbound.stopping else 200, Accept=ACCEPT, Supported=SUPPORTED)
        else:
            # Referrals are taken from who is in a call with us, never from outside (RFC 3515 allows both).
            endpoint.respond(server, 403 if request.method == "REFER" else 481)

    def _within(self, server: Server, call: Call) -> None:
        """A request other than ACK and CANCEL within a dialog (RFC 3261 12.2.2)."""
        endpoint, request = self._endpoint, server.request
        dialog = call.dialog_of(dialog_key(request))
        if dialog is None:
            endpoint.respond(server, 481)
            return
        if not dialog.accepts(CSeq.parse(request.headers.get("cseq")).number):
            endpoint.respond(server, 500, Retry_After="0")
            return
        dialog.peer = server.peer
        match request.method:
            case "BYE" if call.state is CallState.CALLING:
                # Who is rung may not do so (RFC 3261 15), but the call must not hang on an INVITE without an answer.
                endpoint.respond(server, 200)
                self._outbound.cancel(call, EndReason.REMOTE_HANGUP)
            case "BYE":
                self._inbound.bye(server, call)
            case "INVITE" | "UPDATE":
                self._modification.asked(server, call, dialog)
            case "PRACK":
                self._inbound.reliable.prack(server, call)
            case "REFER":
                self._refer.asked(server, call)
            case "NOTIFY":
                self._refer.notified(server, call)
            case _:
                endpoint.respond(server, 200, Accept=ACCEPT, Supported=SUPPORTED)

    def _ack(self, request: Request, via: Via, source: Peer) -> None:
        if self._endpoint.layer.acknowledge(request, via):
            return
        call = self._endpoint.dialogs.get(dialog_key(request))
        if call is None:
            self.dropped += 1
            return
        if call.dialog is not None:
            call.dialog.peer = source
        self._inbound.ack(request, call)
        self._modification.proceed(call)

    def _proven(self, request: Request, via: Via, source: Peer) -> bool:
        """Whether the sender need not prove who it is, or has done so; challenges it when not (RFC 3261 22.2).

        That is done without a transaction, so that strangers cost us no memory (RFC 3261 26.3.2.4).
        """
        endpoint, challenger = self._endpoint, self._endpoint.config.challenger
        exempt = request.method in ("CANCEL", "OPTIONS") or tag_of(request.headers.get("to"))
        if exempt or challenger is None or not challenger.wants(source.host):
            return True
        now = endpoint.layer.now
        match challenger.check(request, source.host, now):
            case Verdict.PROVEN:
                return True
            case Verdict.LOCKED:
                endpoint.respond_statelessly(request, 403, reply_peer(via, source))
            case verdict:
                challenges = challenger.challenges(now, stale=verdict is Verdict.STALE)
                fields = [("WWW-Authenticate", challenge) for challenge in challenges]
                endpoint.respond_statelessly(request, 401, reply_peer(via, source), fields)
        return False

    def _refusal(self, request: Request, server: Server) -> tuple[int, dict[str, str]] | None:
        """The checks of RFC 3261 8.2.1–8.2.3, in their order."""
        if request.method not in SERVED:
            return (405 if request.method in KNOWN else 501), {}
        if request.method != "CANCEL":
            if not valid_target(request.uri):
                return 416, {}
            if not tag_of(request.headers.get("to")) and self._endpoint.layer.merged(server):
                return 482, {}
            unknown = [tag for tag in request.headers.values("require") if tag.lower() not in _SUPPORTED]
            if unknown:
                return 420, {"Unsupported": ", ".join(unknown)}
        return None
