"""Calls that we make (RFC 3261 8.1, 9.1, 13.2)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from voicebot.errors import ProtocolError, TelephonyError
from voicebot.telephony.leg import Direction, EndReason
from voicebot.telephony.sip.address import Address, tag_of
from voicebot.telephony.sip.body import ACCEPT, description_of, required_description
from voicebot.telephony.sip.call import Call, CallState, Early
from voicebot.telephony.sip.dialog import Dialog
from voicebot.telephony.sip.endpoint import ALLOW, SUPPORTED, USER_AGENT, Endpoint
from voicebot.telephony.sip.events import CallAnswered, CallProgress, Peer, Send
from voicebot.telephony.sip.message import Headers, Request, Response, canonical, is_token
from voicebot.telephony.sip.negotiation import Negotiation, NotAcceptable
from voicebot.telephony.sip.reliable import Reliable
from voicebot.telephony.sip.session_timer import SessionTimers
from voicebot.telephony.sip.transaction import Failure
from voicebot.telephony.sip.uri import Uri, param

_OURS = frozenset({"allow", "call-id", "contact", "content-length", "content-type", "cseq", "from"}) | frozenset(
    {"max-forwards", "require", "route", "to", "via"}
)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A call to be made. ``caller`` is the From value without tag; ``timeout`` is in seconds from the INVITE.

    ``account`` names the credentials for whoever challenges; ``routes`` are Route values to be sent by.
    ``call_id`` is the Call-ID, which must be new; empty for one of our making.
    """

    target: Uri
    caller: str
    timeout: float = 30.0
    headers: Mapping[str, str] = field(default_factory=dict)
    account: str = ""
    routes: tuple[str, ...] = ()
    call_id: str = ""

    def __post_init__(self) -> None:
        if self.call_id and not is_token(self.call_id):
            raise TelephonyError("a Call-ID for an INVITE is no token")
        check_headers(self.headers)


def check_headers(headers: Mapping[str, str]) -> None:
    """Raises TelephonyError for headers that would break a request, or that are ours to write."""
    for name, value in headers.items():
        if not is_token(name) or canonical(name) in _OURS or not value.isprintable():
            raise TelephonyError("a header for a request has a wrong name or value")


class Outbound:
    """The client side of a user agent."""

    def __init__(self, endpoint: Endpoint, sessions: SessionTimers, reliable: Reliable) -> None:
        self._endpoint = endpoint
        self._sessions = sessions
        self._reliable = reliable

    def invite(self, wish: Outgoing, peer: Peer, negotiation: Negotiation) -> Call:
        """Send an INVITE with our offer."""
        endpoint = self._endpoint
        headers = Headers(
            [
                ("Via", endpoint.via(peer)),
                ("Max-Forwards", "70"),
                *(("Route", route) for route in wish.routes),
                ("From", f"{wish.caller};tag={endpoint.token()}"),
                ("To", f"<{wish.target}>"),
                ("Call-ID", wish.call_id or endpoint.token()),
                ("CSeq", "1 INVITE"),
                ("Contact", endpoint.contact(peer, str(wish.target))),
                ("Allow", ALLOW),
                ("Supported", SUPPORTED),
                ("User-Agent", USER_AGENT),
                *wish.headers.items(),
                ("Content-Type", ACCEPT),
            ]
        )
        request = Request("INVITE", str(wish.target), headers, negotiation.offer())
        endpoint.authenticator.prepare(wish.account, request)
        call = Call(Direction.OUTBOUND, request, peer, CallState.CALLING, account=wish.account, negotiation=negotiation)
        self._sessions.ask(call, headers)
        endpoint.calls.add(call)
        self._send(call)
        endpoint.timers.start(call, "dial", endpoint.layer.now + wish.timeout)
        return call

    def _send(self, call: Call) -> None:
        call.client = self._endpoint.layer.start(
            call.invite,
            call.peer,
            lambda response: self._response(call, response),
            lambda why: self._failed(call, why),
            account=call.account,
            on_renewed=lambda renewed: self._renewed(call, renewed),
        )

    def again(self, call: Call, headers: Headers) -> None:
        """Send the INVITE anew after a refusal that tells how, with these headers (its Via and CSeq are made here)."""
        number = int(call.invite.headers.get("cseq").split()[0]) + 1
        headers.set("Via", self._endpoint.via(call.peer))
        headers.set("CSeq", f"{number} INVITE")
        call.invite = Request("INVITE", call.invite.uri, headers, call.invite.body)
        for early in call.early.values():
            self._endpoint.dialogs.pop(early.dialog.key, None)
        call.early.clear()
        call.provisional = False
        self._send(call)

    def cancel(self, call: Call, reason: EndReason, status: int = 0) -> None:
        """Give up an unanswered call. The CANCEL waits until a provisional answer has come (RFC 3261 9.1)."""
        call.cancel_wanted = True
        if call.provisional:
            self._send_cancel(call)
        self._endpoint.end(call, reason, status)

    def fire(self, call: Call, name: str) -> None:
        """A timer of an outbound call is due."""
        if name == "dial" and call.state is CallState.CALLING:
            self.cancel(call, EndReason.REJECTED, 408)

    # --- answers ----------------------------------------------------------------------------------

    def _response(self, call: Call, response: Response) -> None:
        if response.status < 200:
            self._provisional(call, response)
        elif response.status < 300:
            self._success(call, response)
        else:
            self._refused(call, response)

    def _refused(self, call: Call, response: Response) -> None:
        call.client = None
        if call.state is CallState.CALLING and response.status == 422 and self._sessions.too_small(call, response):
            headers = call.invite.headers.copy()
            self._sessions.ask(call, headers)
            self.again(call, headers)
            return
        if 300 <= response.status < 400:
            call.redirects = _contacts(response)
        cancelled = response.status == 487 and call.cancel_wanted
        self._endpoint.end(call, EndReason.CANCELLED if cancelled else EndReason.REJECTED, response.status)

    def _renewed(self, call: Call, invite: Request) -> bool:
        """The INVITE goes out again with credentials, unless the call was given up meanwhile."""
        if call.cancel_wanted:
            return False
        call.invite = invite
        call.provisional = False
        return True

    def _provisional(self, call: Call, response: Response) -> None:
        call.provisional = True
        if call.cancel_wanted:
            self._send_cancel(call)
            return
        if response.status == 100:
            return
        early = self._early(call, response)
        if not self._reliable.acknowledge(call, early, response):
            return
        self._endpoint.learn(call, response)
        media = early is not None and self._early_media(call, early, response)
        self._endpoint.outputs.append(CallProgress(call, response.status, media))

    def _early(self, call: Call, response: Response) -> Early | None:
        """The early dialog that a provisional answer belongs to, made where it is new."""
        try:
            tag = tag_of(response.headers.get("to"))
            if tag in call.early:
                return call.early[tag]
            if not tag or len(call.early) >= 8:
                return None
            dialog = Dialog.calling(call.invite, response, call.peer)
        except ProtocolError:
            return None  # A provisional answer need not make a dialog.
        early = call.early[tag] = Early(dialog, call.negotiation.fork() if call.negotiation is not None else None)
        self._endpoint.enter(call, dialog)
        return early

    @staticmethod
    def _early_media(call: Call, early: Early, response: Response) -> bool:
        """Take the answer that a provisional answer carries; the latest branch that has one is heard."""
        if early.negotiation is None or early.agreed:
            return False
        try:
            answer = description_of(response)
            if answer is None:
                return False
            early.negotiation.accept(answer)
        except (ProtocolError, NotAcceptable):
            return False  # The 200 decides; till then there is nothing to hear.
        early.agreed = "rseq" in response.headers
        if call.negotiation is not None:
            call.negotiation.parameters = early.negotiation.parameters
        return True

    def _success(self, call: Call, response: Response) -> None:
        endpoint = self._endpoint
        try:
            key = (tag_of(response.headers.get("to")), int(call.invite.headers.get("cseq").split()[0]))
            if key in call.acks:
                endpoint.outputs.append(Send(*call.acks[key]))
                return
            dialog = Dialog.calling(call.invite, response, call.peer)
        except ProtocolError:
            # Without tag or Contact no ACK can be addressed; the other side gives up by itself.
            call.client = None
            endpoint.end(call, EndReason.ERROR, detail="the answer makes no dialog")
            return
        call.client = None
        early = call.early.get(key[0])
        if early is not None:
            dialog.local_cseq = max(dialog.local_cseq, early.dialog.local_cseq)
            dialog.remote_cseq = early.dialog.remote_cseq
        endpoint.send_ack(call, dialog, key, call.invite)
        if call.state is not CallState.CALLING:
            endpoint.bye(call, dialog)
            return
        call.dialog = dialog
        self._establish(call, dialog, early, response)

    def _establish(self, call: Call, dialog: Dialog, early: Early | None, response: Response) -> None:
        endpoint = self._endpoint
        for other in call.early.values():
            endpoint.dialogs.pop(other.dialog.key, None)
        call.early.clear()
        endpoint.enter(call, dialog)
        endpoint.timers.stop(call, "dial")
        try:
            if early is not None and (early.agreed or _said_only_before(early, response)):
                call.negotiation = early.negotiation  # What else the 200 says does not count (RFC 3261 13.2.1).
            elif call.negotiation is not None:
                call.negotiation.accept(required_description(response))
        except (ProtocolError, NotAcceptable) as error:
            endpoint.bye(call, dialog)
            endpoint.end(call, EndReason.ERROR, 488, str(error))
            return
        endpoint.learn(call, response)
        call.state = CallState.ESTABLISHED
        self._sessions.granted(call, response)
        endpoint.outputs.append(CallAnswered(call))

    def _failed(self, call: Call, why: Failure) -> None:
        call.client = None
        status = 408 if why is Failure.TIMEOUT else 503
        self._endpoint.end(call, EndReason.ERROR, status, why)

    # --- CANCEL -----------------------------------------------------------------------------------

    def _send_cancel(self, call: Call) -> None:
        client = call.client
        if call.cancel_sent or client is None:
            return
        call.cancel_sent = True
        invite = call.invite.headers
        headers = Headers([("Via", invite.get("via")), ("Max-Forwards", "70")])
        for route in invite.lines("route"):
            headers.add("Route", route)
        for name in ("From", "To", "Call-ID"):
            headers.add(name, invite.get(name))
        headers.add("CSeq", f"{invite.get('cseq').split()[0]} CANCEL")
        request = Request("CANCEL", call.invite.uri, headers)
        self._endpoint.layer.start(request, call.peer, lambda _: None, lambda _: None)
        self._endpoint.layer.cancelled(client)


def _said_only_before(early: Early, response: Response) -> bool:
    """Whether the answer came in a 183 that could have been lost, and is not said again in the 200 as it must be."""
    return early.negotiation is not None and early.negotiation.parameters is not None and not response.body.strip()


def _contacts(response: Response) -> tuple[Uri, ...]:
    """Where a 3xx sends us, best first (RFC 3261 8.1.3.4); what cannot be read is left out."""
    found: list[tuple[float, Uri]] = []
    for value in response.headers.values("contact"):
        try:
            address = Address.parse(value)
            weight = float(param(address.params, "q") or 1.0)
        except (ProtocolError, ValueError):
            continue
        found.append((weight, address.uri))
    return tuple(uri for _, uri in sorted(found, key=lambda pair: -pair[0]))
