"""Calls to us: from the INVITE to our answer and its ACK, CANCEL and BYE (RFC 3261 8.2, 9.2, 13.3, 15.1.2)."""

from voicebot.errors import ProtocolError, TelephonyError
from voicebot.telephony.leg import Direction, EndReason
from voicebot.telephony.sip.address import tag_of
from voicebot.telephony.sip.body import ACCEPT, offer_of, required_description
from voicebot.telephony.sip.call import Call, CallState
from voicebot.telephony.sip.dialog import Dialog
from voicebot.telephony.sip.endpoint import Endpoint
from voicebot.telephony.sip.events import CallConfirmed, IncomingCall, MediaChanged, Replacing
from voicebot.telephony.sip.fields import CSeq
from voicebot.telephony.sip.layer import Server
from voicebot.telephony.sip.message import Request
from voicebot.telephony.sip.negotiation import Negotiation, NotAcceptable, choose
from voicebot.telephony.sip.reliable import Reliable, provisional
from voicebot.telephony.sip.replaces import replaced
from voicebot.telephony.sip.screening import accepts_sdp
from voicebot.telephony.sip.sdp import Description
from voicebot.telephony.sip.session_timer import SessionTimers


class Inbound:
    """The server side of a user agent."""

    def __init__(self, endpoint: Endpoint, sessions: SessionTimers) -> None:
        self._endpoint = endpoint
        self._sessions = sessions
        self.reliable = Reliable(endpoint, self.accept, self.reject)
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
        place = replaced(request.headers, endpoint.dialogs)
        if isinstance(place, int):
            endpoint.respond(server, place)
            return
        if place is None and sum(not call.ended for call in endpoint.calls) >= endpoint.config.max_calls:
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
        try:
            refused = self._sessions.refusal(request)
        except ProtocolError:
            endpoint.respond(server, 400)
            return
        if refused:
            endpoint.respond(server, 422, **refused)
            return
        call = Call(Direction.INBOUND, request, server.peer, CallState.INCOMING, offer, server=server, dialog=dialog)
        call.account = endpoint.config.account_of(request, server.peer)
        call.replaces = place
        endpoint.learn(call, request)
        endpoint.calls.add(call)
        endpoint.enter(call, dialog)
        endpoint.timers.start(call, "ring limit", endpoint.layer.now + endpoint.config.ring_limit)
        endpoint.outputs.append(Replacing(call) if place is not None else IncomingCall(call))

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
        if not accepts_sdp(server.request.headers):
            return 406
        try:
            offer = offer_of(server.request)
            if isinstance(offer, Description):
                choose(offer, self._endpoint.config.allowed_media, self._endpoint.config.media_policy(server.peer))
        except NotAcceptable:
            return 488
        except ProtocolError:
            return 400
        return offer

    # --- commands ---------------------------------------------------------------------------------

    def ring(self, call: Call) -> None:
        """Say that it rings, and say so again from time to time so that no proxy gives up (RFC 3261 13.3.1.1)."""
        if not provisional(call) or call.server is None:
            return
        if call.offer is None and call.negotiation is None and self.reliable.required(call):
            return  # The first reliable answer would have to carry our offer (RFC 3262 5): the 200 will.
        self.reliable.send(call, self._endpoint.within_dialog(call.server, 180))
        again = self._endpoint.layer.now + self._endpoint.config.ring_again
        self._endpoint.timers.start(call, "ring again", again)

    def progress(self, call: Call, negotiation: Negotiation) -> None:
        """Give the caller early media: 183 with our description. Raises TelephonyError as :meth:`answer` does."""
        if not provisional(call) or call.server is None or call.negotiation is not None:
            raise TelephonyError("the call has gone")
        offered = call.offer is None
        if offered and not self.reliable.possible(call):
            raise TelephonyError("the caller takes no early media")
        response = self._endpoint.within_dialog(call.server, 183)
        response.body = self._describe(call, negotiation)
        response.headers.add("Content-Type", ACCEPT)
        call.negotiation = negotiation
        call.early_body = response.body
        self.reliable.send(call, response, offered=offered)

    def answer(self, call: Call, negotiation: Negotiation) -> None:
        """Take the call; after early media with the same ``negotiation``.

        Raises TelephonyError when it is gone or its offer does not fit (it is refused then).
        """
        if not provisional(call) or call.server is None:
            raise TelephonyError("the call has gone")
        if call.negotiation is None:
            call.early_body = self._describe(call, negotiation)
            call.negotiation = negotiation
        call.answer_waiting = True
        if not self.reliable.keeps_back(call):
            self.accept(call)

    def _describe(self, call: Call, negotiation: Negotiation) -> bytes:
        try:
            return negotiation.offer() if call.offer is None else negotiation.answer(call.offer)
        except NotAcceptable:
            self.reject(call, 488, EndReason.ERROR)
            raise

    def accept(self, call: Call) -> None:
        """Send the 200 that was to be sent. Descriptions that a PRACK acknowledged are not said again."""
        if call.state is not CallState.INCOMING or call.server is None:
            return
        endpoint = self._endpoint
        call.answer_waiting = False
        agreed = call.described
        response = endpoint.ok(call.server, b"" if agreed else call.early_body)
        self._sessions.grant(call, call.invite, response)
        call.state = CallState.ESTABLISHED
        endpoint.timers.stop(call, "ring limit")
        endpoint.timers.stop(call, "ring again")
        self.reliable.settled(call)
        endpoint.accept_invite(call, call.server, response, offered=call.offer is None and not agreed, initial=True)

    def reject(self, call: Call, status: int, reason: EndReason = EndReason.REJECTED) -> None:
        """Refuse the call; harmless when it is not waiting for an answer."""
        if call.state is not CallState.INCOMING or call.server is None:
            return
        self.reliable.settled(call)
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

    def bye(self, server: Server, call: Call) -> None:
        self._endpoint.respond(server, 200)
        if call.server is not None and call.server.pending:
            self._endpoint.respond(call.server, 487)
        self._endpoint.acknowledged(call)
        call.bye_pending = False
        self._endpoint.end(call, EndReason.REMOTE_HANGUP)

    def ack(self, request: Request, call: Call) -> None:
        """The ACK of a 2xx of ours."""
        waiting = call.unacknowledged
        if waiting is None or waiting.cseq != CSeq.parse(request.headers.get("cseq")).number:
            return
        self._endpoint.acknowledged(call)
        if call.bye_pending:
            self._late_bye(call)
            return
        if call.ended:  # by a session timer, say: this ACK was all that it waited for
            self._endpoint.release(call)
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
            case "reliable again" | "reliable limit":
                self.reliable.fire(call, name)
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
