"""Requests that come to us: calls in, and everything within a dialog.

RFC 3261 sections 8.2, 9.2, 12.2.2, 13.3, 14.2 and 15.1.2.
"""

from voicebot.errors import ProtocolError, TelephonyError
from voicebot.telephony.leg import Direction, EndReason
from voicebot.telephony.sip.address import tag_of
from voicebot.telephony.sip.call import Call, CallState
from voicebot.telephony.sip.dialog import Dialog, contact_uri
from voicebot.telephony.sip.endpoint import ACCEPT, Endpoint, description_of, required_description
from voicebot.telephony.sip.events import CallConfirmed, IncomingCall, MediaChanged
from voicebot.telephony.sip.fields import CSeq
from voicebot.telephony.sip.layer import Server, make_response
from voicebot.telephony.sip.message import Request
from voicebot.telephony.sip.negotiation import Negotiation, NotAcceptable, choose
from voicebot.telephony.sip.screening import accepts_sdp
from voicebot.telephony.sip.sdp import Description


class Inbound:
    """The server side of a user agent."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._tokens = max(endpoint.config.calls_per_second, 1.0)
        self._tokens_at = 0.0
        self.stopping = False

    # --- a new call -------------------------------------------------------------------------------

    def invite(self, server: Server) -> None:
        """An INVITE outside a dialog."""
        endpoint, request = self._endpoint, server.request
        if self.stopping:
            endpoint.respond(server, 503, Retry_After="30")
            return
        if not self._within_rate():
            endpoint.respond(server, 503, Retry_After="1")
            return
        if sum(not call.ended for call in endpoint.calls) >= endpoint.config.max_calls:
            # No Retry-After: a proxy should try our neighbour, not stop ringing us when a call ends in a second.
            endpoint.respond(server, 503)
            return
        try:
            dialog = Dialog.answering(request, server.local_tag, server.peer)
        except ProtocolError:
            endpoint.respond(server, 400)
            return
        offer = self._offer(server)
        if isinstance(offer, int):
            endpoint.respond(server, offer, **({"Accept": ACCEPT} if offer == 415 else {}))
            return
        call = Call(Direction.INBOUND, request, server.peer, CallState.INCOMING, offer, server=server, dialog=dialog)
        endpoint.calls.add(call)
        endpoint.enter(call, dialog)
        endpoint.timers.start(call, "ring limit", endpoint.layer.now + endpoint.config.ring_limit)
        endpoint.outputs.append(IncomingCall(call))

    def _within_rate(self) -> bool:
        rate, now = self._endpoint.config.calls_per_second, self._endpoint.layer.now
        self._tokens = min(max(rate, 1.0), self._tokens + (now - self._tokens_at) * rate)
        self._tokens_at = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True

    def _offer(self, server: Server) -> Description | int | None:
        """The offer, None when there is none, or the status with which to refuse it."""
        request = server.request
        if not accepts_sdp(request.headers):
            return 406
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            return 415
        kind = request.headers.get("content-type").partition(";")[0].strip().lower()
        if request.body.strip() and kind not in (ACCEPT, "multipart/mixed", ""):
            return 415
        try:
            offer = description_of(request)
            if offer is not None:
                choose(offer, self._endpoint.config.allowed_media)
        except NotAcceptable:
            return 488
        except ProtocolError:
            return 400
        return offer

    # --- commands ---------------------------------------------------------------------------------

    def ring(self, call: Call) -> None:
        """Say that it rings, and say so again from time to time so that no proxy gives up (RFC 3261 13.3.1.1)."""
        if call.state is not CallState.INCOMING or call.server is None:
            return
        response = make_response(call.invite, 180, tag=call.server.local_tag)
        for route in call.invite.headers.lines("record-route"):
            response.headers.add("Record-Route", route)
        response.headers.add("Contact", self._endpoint.contact(call.peer))
        self._endpoint.layer.respond(call.server, response)
        again = self._endpoint.layer.now + self._endpoint.config.ring_again
        self._endpoint.timers.start(call, "ring again", again)

    def answer(self, call: Call, negotiation: Negotiation) -> None:
        """Take the call. Raises TelephonyError when it is gone or its offer does not fit (it is refused then)."""
        if call.state is not CallState.INCOMING or call.server is None:
            raise TelephonyError("the call has gone")
        try:
            body = negotiation.offer() if call.offer is None else negotiation.answer(call.offer)
        except NotAcceptable:
            self.reject(call, 488, EndReason.ERROR)
            raise
        call.negotiation = negotiation
        call.state = CallState.ESTABLISHED
        self._endpoint.timers.stop(call, "ring limit")
        self._endpoint.timers.stop(call, "ring again")
        self._endpoint.accept_invite(call, call.server, body, offered=call.offer is None, initial=True)

    def reject(self, call: Call, status: int, reason: EndReason = EndReason.REJECTED) -> None:
        """Refuse the call; harmless when it is not waiting for an answer."""
        if call.state is not CallState.INCOMING or call.server is None:
            return
        if status == 503:
            self._endpoint.respond(call.server, status, Retry_After="5")
        else:
            self._endpoint.respond(call.server, status)
        self._endpoint.end(call, reason, status)

    # --- within a call ----------------------------------------------------------------------------

    def cancel(self, server: Server, invite: Server | None) -> None:
        """A CANCEL came (RFC 3261 9.2)."""
        if invite is None:
            self._endpoint.respond(server, 481)
            return
        server.local_tag = invite.local_tag
        self._endpoint.respond(server, 200)
        if not invite.pending:
            return
        self._endpoint.respond(invite, 487)
        for call in self._endpoint.calls:
            if call.server is invite:
                self._endpoint.end(call, EndReason.CANCELLED, 487)
                break

    def within(self, server: Server, call: Call) -> None:
        """A request other than ACK and CANCEL within a dialog."""
        endpoint, request = self._endpoint, server.request
        dialog = call.dialog
        if dialog is None or dialog.call_id != request.headers.get("call-id"):
            endpoint.respond(server, 481)
            return
        if not dialog.accepts(CSeq.parse(request.headers.get("cseq")).number):
            endpoint.respond(server, 500, Retry_After="0")
            return
        dialog.peer = server.peer
        match request.method:
            case "BYE":
                self._bye(server, call)
            case "INVITE":
                self._change(server, call, dialog)
            case _:
                endpoint.respond(server, 200, Accept=ACCEPT)

    def _bye(self, server: Server, call: Call) -> None:
        self._endpoint.respond(server, 200)
        if call.server is not None and call.server.pending:
            self._endpoint.respond(call.server, 487)
        self._endpoint.acknowledged(call)
        call.bye_pending = False
        self._endpoint.end(call, EndReason.REMOTE_HANGUP)

    def _change(self, server: Server, call: Call, dialog: Dialog) -> None:
        endpoint = self._endpoint
        if call.ended:
            endpoint.respond(server, 481)
            return
        if call.state is not CallState.ESTABLISHED:
            endpoint.respond(server, 500, Retry_After=str(endpoint.config.random.randint(0, 10)))
            return
        if call.unacknowledged is not None or call.negotiation is None:
            endpoint.respond(server, 491)
            return
        try:
            target = contact_uri(server.request.headers)
            offer = self._offer(server)
            if isinstance(offer, int):
                endpoint.respond(server, offer, **({"Accept": ACCEPT} if offer == 415 else {}))
                return
            body = call.negotiation.offer() if offer is None else call.negotiation.answer(offer)
        except NotAcceptable:
            endpoint.respond(server, 488)
            return
        except ProtocolError:
            endpoint.respond(server, 400)
            return
        dialog.target = target
        endpoint.accept_invite(call, server, body, offered=offer is None, initial=False)
        if offer is not None:
            endpoint.outputs.append(MediaChanged(call))

    def ack(self, request: Request, call: Call) -> None:
        """The ACK of a 2xx of ours."""
        waiting = call.unacknowledged
        if waiting is None or waiting.cseq != CSeq.parse(request.headers.get("cseq")).number:
            return
        self._endpoint.acknowledged(call)
        if call.bye_pending:
            self._late_bye(call)
            return
        if waiting.offered and call.negotiation is not None:
            try:
                call.negotiation.accept(required_description(request))
            except (ProtocolError, NotAcceptable) as error:
                self._give_up(call, str(error))
                return
        self._endpoint.outputs.append(CallConfirmed(call) if waiting.initial else MediaChanged(call))

    def _give_up(self, call: Call, detail: str) -> None:
        if call.dialog is not None:
            self._endpoint.bye(call, call.dialog)
        self._endpoint.end(call, EndReason.ERROR, detail=detail)

    def _late_bye(self, call: Call) -> None:
        call.bye_pending = False
        if call.dialog is not None:
            self._endpoint.bye(call, call.dialog)
        self._endpoint.release(call)

    # --- timers -----------------------------------------------------------------------------------

    def fire(self, call: Call, name: str) -> None:
        """A timer of an inbound call, or of an answer of ours, is due."""
        endpoint = self._endpoint
        waiting = call.unacknowledged
        match name:
            case "ring again":
                self.ring(call)
            case "ring limit":
                self.reject(call, 480, EndReason.ERROR)
            case "repeat" if waiting is not None:
                endpoint.layer.respond(waiting.server, waiting.response)
                waiting.interval = min(waiting.interval * 2, endpoint.config.timers.t2)
                endpoint.timers.start(call, "repeat", endpoint.layer.now + waiting.interval)
            case "unacknowledged" if waiting is not None:
                endpoint.acknowledged(call)
                if call.bye_pending:
                    self._late_bye(call)
                else:
                    self._give_up(call, "our answer was never acknowledged")


def dialog_key(request: Request) -> tuple[str, str, str]:
    """How a request from the peer names its dialog. Raises :class:`ProtocolError`."""
    headers = request.headers
    return (headers.get("call-id"), tag_of(headers.get("to")), tag_of(headers.get("from")))
