"""Calls that we make (RFC 3261 8.1, 9.1, 13.2)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from voicebot.errors import ProtocolError, TelephonyError
from voicebot.telephony.leg import Direction, EndReason
from voicebot.telephony.sip.address import tag_of
from voicebot.telephony.sip.call import Call, CallState
from voicebot.telephony.sip.dialog import Dialog
from voicebot.telephony.sip.endpoint import ACCEPT, ALLOW, USER_AGENT, Endpoint, required_description
from voicebot.telephony.sip.events import CallAnswered, CallProgress, Peer, Send
from voicebot.telephony.sip.message import Headers, Request, Response, canonical, is_token
from voicebot.telephony.sip.negotiation import Negotiation, NotAcceptable
from voicebot.telephony.sip.transaction import Failure
from voicebot.telephony.sip.uri import Uri

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
        for name, value in self.headers.items():
            if not is_token(name) or canonical(name) in _OURS or not value.isprintable():
                raise TelephonyError("a header for an INVITE has a wrong name or value")


class Outbound:
    """The client side of a user agent."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

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
                ("Contact", endpoint.contact(peer)),
                ("Allow", ALLOW),
                ("User-Agent", USER_AGENT),
                *wish.headers.items(),
                ("Content-Type", ACCEPT),
            ]
        )
        request = Request("INVITE", str(wish.target), headers, negotiation.offer())
        endpoint.authenticator.prepare(wish.account, request)
        call = Call(Direction.OUTBOUND, request, peer, CallState.CALLING, account=wish.account, negotiation=negotiation)
        endpoint.calls.add(call)
        call.client = endpoint.layer.start(
            request,
            peer,
            lambda response: self._response(call, response),
            lambda why: self._failed(call, why),
            account=wish.account,
            on_renewed=lambda renewed: self._renewed(call, renewed),
        )
        endpoint.timers.start(call, "dial", endpoint.layer.now + wish.timeout)
        return call

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
            call.client = None
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
        self._early(call, response)
        self._endpoint.outputs.append(CallProgress(call, response.status))

    def _early(self, call: Call, response: Response) -> None:
        try:
            tag = tag_of(response.headers.get("to"))
            if not tag or tag in call.early or len(call.early) >= 8:
                return
            dialog = Dialog.calling(call.invite, response, call.peer)
        except ProtocolError:
            return  # A provisional answer need not make a dialog.
        call.early[tag] = dialog
        self._endpoint.enter(call, dialog)

    def _success(self, call: Call, response: Response) -> None:
        endpoint = self._endpoint
        try:
            tag = tag_of(response.headers.get("to"))
            if tag in call.acks:
                data, peer = call.acks[tag]
                endpoint.outputs.append(Send(data, peer))
                return
            dialog = Dialog.calling(call.invite, response, call.peer)
        except ProtocolError:
            # Without tag or Contact no ACK can be addressed; the other side gives up by itself.
            call.client = None
            endpoint.end(call, EndReason.ERROR, detail="the answer makes no dialog")
            return
        call.client = None
        endpoint.send_ack(call, dialog, tag)
        if call.state is not CallState.CALLING:
            endpoint.bye(call, dialog)
            return
        call.dialog = dialog
        self._establish(call, dialog, response)

    def _establish(self, call: Call, dialog: Dialog, response: Response) -> None:
        endpoint = self._endpoint
        for key in [early.key for early in call.early.values()]:
            endpoint.dialogs.pop(key, None)
        call.early.clear()
        endpoint.enter(call, dialog)
        endpoint.timers.stop(call, "dial")
        try:
            if call.negotiation is not None:
                call.negotiation.accept(required_description(response))
        except (ProtocolError, NotAcceptable) as error:
            endpoint.bye(call, dialog)
            endpoint.end(call, EndReason.ERROR, 488, str(error))
            return
        call.state = CallState.ESTABLISHED
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
