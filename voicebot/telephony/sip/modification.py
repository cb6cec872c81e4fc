"""Changing a session that exists: re-INVITE (RFC 3261 14) and UPDATE (RFC 3311), asked by us or by the peer."""

from voicebot.errors import ProtocolError, TelephonyError
from voicebot.telephony.leg import Direction, EndReason
from voicebot.telephony.sip.address import tag_of
from voicebot.telephony.sip.body import ACCEPT, offer_of, required_description
from voicebot.telephony.sip.call import Call, CallState, Change, Early
from voicebot.telephony.sip.dialog import Dialog, contact_uri
from voicebot.telephony.sip.endpoint import Endpoint
from voicebot.telephony.sip.events import ChangeSettled, MediaChanged, Send
from voicebot.telephony.sip.layer import Server
from voicebot.telephony.sip.message import Request, Response
from voicebot.telephony.sip.negotiation import Negotiation, NotAcceptable
from voicebot.telephony.sip.reliable import Reliable
from voicebot.telephony.sip.session_timer import SessionTimers
from voicebot.telephony.sip.transaction import Failure

_TRIES = 6
"""Times a change is asked for at most, glare and all."""


class Modification:
    """Both sides of a change. At most one offer is open in a call, whoever made it (RFC 3264 4)."""

    def __init__(self, endpoint: Endpoint, timers: SessionTimers, reliable: Reliable) -> None:
        self._endpoint = endpoint
        self._timers = timers
        timers.refresh = self.refresh
        self._reliable = reliable

    # --- the peer asks ----------------------------------------------------------------------------

    def asked(self, server: Server, call: Call, dialog: Dialog) -> None:
        """A re-INVITE or an UPDATE came. If it is refused, all is as before."""
        endpoint, request = self._endpoint, server.request
        if call.ended:
            endpoint.respond(server, 481)
            return
        try:
            target = contact_uri(request.headers)
            refused = self._timers.refusal(request)
            offer = offer_of(request)
        except ProtocolError:
            endpoint.respond(server, 400)
            return
        if refused:
            endpoint.respond(server, 422, **refused)
            return
        if isinstance(offer, int):
            endpoint.respond(server, offer, **({"Accept": ACCEPT} if offer == 415 else {}))
            return
        update = request.method == "UPDATE"
        negotiation = self._negotiation(call, dialog)
        if (offer is not None or not update) and (status := self._busy(call, negotiation, update=update)):
            later = {"Retry_After": str(endpoint.config.random.randint(0, 10))} if status == 500 else {}
            endpoint.respond(server, status, **later)
            return
        body = b""
        try:
            if negotiation is not None and offer is not None:
                body = negotiation.answer(offer)
            elif negotiation is not None and not update:
                body = negotiation.offer()
        except NotAcceptable:
            endpoint.respond(server, 488)
            return
        dialog.target = target
        endpoint.learn(call, request)
        response = endpoint.ok(server, body)
        self._timers.grant(call, request, response)
        if update:
            endpoint.layer.respond(server, response)
        else:
            endpoint.accept_invite(call, server, response, offered=offer is None, initial=False)
        if offer is not None:
            if negotiation is not None and call.negotiation is not None:
                call.negotiation.parameters = negotiation.parameters  # Not the same while the dialog is an early one.
            endpoint.outputs.append(MediaChanged(call))

    @staticmethod
    def _negotiation(call: Call, dialog: Dialog) -> Negotiation | None:
        """The session of that dialog as far as it is agreed on."""
        if dialog is call.dialog:
            return call.negotiation
        return next((early.negotiation for early in call.early.values() if early.dialog is dialog), None)

    def _busy(self, call: Call, negotiation: Negotiation | None, *, update: bool) -> int:
        """The status for a change that comes while another is open, or 0 (RFC 3261 14.2, RFC 3311 5.2)."""
        change = call.changes[0] if call.changes else None
        if change is not None and change.client is not None:
            return 491
        if call.state is CallState.CALLING:
            # Ours is open until a reliable answer has come in that dialog; a re-INVITE must wait for the 2xx.
            agreed = any(early.agreed and early.negotiation is negotiation for early in call.early.values())
            return 0 if update and agreed else 491
        if call.state is CallState.INCOMING:
            open_offer = any(waiting.offered for waiting in call.provisionals)
            if open_offer:
                return 491
            return 0 if update and negotiation is not None else 500
        if call.unacknowledged is not None and (call.unacknowledged.offered or not update):
            return 491
        return 491 if negotiation is None else 0

    # --- we ask -----------------------------------------------------------------------------------

    def hold(self, call: Call, on: bool) -> None:
        """Ask the peer to stop sending, or to send again. Raises TelephonyError when the call is not up."""
        if not call.answered or call.negotiation is None:
            raise TelephonyError("the call is not up")
        call.changes.append(Change(hold=on))
        self.proceed(call)

    def refresh(self, call: Call) -> None:
        """Ask for a sign of life (RFC 4028 7.4); a change that is under way is one too."""
        if not call.changes:
            call.changes.append(Change(hold=None))
            self.proceed(call)

    def proceed(self, call: Call) -> None:
        """Begin the next change if nothing stands in its way."""
        change = call.changes[0] if call.changes else None
        dialog, negotiation = call.dialog, call.negotiation
        if change is None or change.client is not None or change.waiting or not call.answered:
            return
        if call.unacknowledged is not None or dialog is None or negotiation is None:
            return
        endpoint = self._endpoint
        change.tries += 1
        change.before = negotiation.hold
        update = change.hold is None and "UPDATE" in call.allow
        request = dialog.request("UPDATE" if update else "INVITE")
        endpoint.identify(request, dialog)
        self._timers.ask(call, request.headers)
        if not update:
            negotiation.hold = change.before if change.hold is None else change.hold
            request.headers.add("Content-Type", ACCEPT)
            request.body = negotiation.offer()
            endpoint.timers.start(call, "change", endpoint.layer.now + endpoint.config.timers.limit)
        change.provisional = Early(dialog, negotiation)
        change.request = request
        change.client = endpoint.request(
            call,
            dialog,
            request,
            lambda response: self._response(call, change, response),
            lambda why: self._failed(call, change, why),
            lambda renewed: change.renewed(renewed),
        )

    def _response(self, call: Call, change: Change, response: Response) -> None:
        request = change.request
        if request is None:
            return
        if response.status < 200:
            self._reliable.acknowledge(call, change.provisional, response)
            return
        if response.status < 300 and request.method == "INVITE" and not self._acknowledge(call, request, response):
            return
        if change not in call.changes or call.ended:
            return
        self._endpoint.timers.stop(call, "change")
        change.client = None
        match response.status:
            case status if status < 300:
                self._taken(call, request, response)
            case 408 | 481:
                self._gone(call, response.status)
            case 491:
                self._refused(call, change)
                self._again(call, change, self._glare_wait(call), response.status)
            case 422 if self._timers.too_small(call, response):
                self._refused(call, change)
                self._again(call, change, 0.0, response.status)
            case 500 | 503 if (wait := response.headers.get("retry-after").partition(";")[0].strip()).isdecimal():
                self._refused(call, change)
                self._again(call, change, min(float(wait), 32.0), response.status)
            case status:
                self._refused(call, change)
                self._settle(call, change, status)

    def _acknowledge(self, call: Call, request: Request, response: Response) -> bool:
        """ACK a 2xx; False when it is the repetition of one that was taken before."""
        endpoint, dialog = self._endpoint, call.dialog
        number = int(request.headers.get("cseq").split()[0])
        try:
            key = (tag_of(response.headers.get("to")), number)
        except ProtocolError:
            return False
        if key in call.acks:
            endpoint.outputs.append(Send(*call.acks[key]))
            return False
        if dialog is None:
            return False
        self._retarget(dialog, response)
        for old in [old for old in call.acks if old[1] < number]:
            del call.acks[old]
        endpoint.send_ack(call, dialog, key, request)
        return True

    @staticmethod
    def _retarget(dialog: Dialog, response: Response) -> None:
        try:
            dialog.target = contact_uri(response.headers)
        except ProtocolError:
            return  # Some leave Contact out of an answer within the dialog: the target stays.

    def _taken(self, call: Call, request: Request, response: Response) -> None:
        endpoint, change = self._endpoint, call.changes[0]
        endpoint.learn(call, response)
        self._timers.granted(call, response)
        if request.method == "INVITE" and call.negotiation is not None:
            try:
                call.negotiation.accept(required_description(response))
            except (ProtocolError, NotAcceptable) as error:
                self._over(call, 488, str(error))
                return
            endpoint.outputs.append(MediaChanged(call))
        elif call.dialog is not None:
            self._retarget(call.dialog, response)
        self._settle(call, change, 200)

    @staticmethod
    def _refused(call: Call, change: Change) -> None:
        if call.negotiation is not None:
            call.negotiation.hold = change.before

    def _settle(self, call: Call, change: Change, status: int) -> None:
        call.changes.remove(change)
        if change.hold is not None:
            self._endpoint.outputs.append(ChangeSettled(call, status))
        self.proceed(call)

    def _again(self, call: Call, change: Change, wait: float, status: int) -> None:
        if change.tries >= _TRIES:
            self._settle(call, change, status)
            return
        change.waiting = True
        self._endpoint.timers.start(call, "change again", self._endpoint.layer.now + wait)

    def _glare_wait(self, call: Call) -> float:
        """Who made the Call-ID waits longer (RFC 3261 14.1)."""
        random = self._endpoint.config.random
        if call.direction is Direction.OUTBOUND:
            return random.randint(210, 400) / 100
        return random.randint(0, 200) / 100

    def fire(self, call: Call, name: str) -> None:
        """It is time to ask again, or the peer keeps its answer for too long."""
        change = call.changes[0] if call.changes else None
        if change is None:
            return
        if name == "change again":
            change.waiting = False
            self.proceed(call)
        elif change.client is not None:
            self._gone(call, 408)

    def _failed(self, call: Call, change: Change, why: Failure) -> None:
        if change in call.changes and not call.ended:
            change.client = None
            self._gone(call, 408 if why is Failure.TIMEOUT else 503)

    def _gone(self, call: Call, status: int) -> None:
        """The peer knows the dialog no more, or does not answer (RFC 3261 12.2.1.2)."""
        self._over(call, status, "the peer no longer answers")

    def _over(self, call: Call, status: int, detail: str) -> None:
        if call.dialog is not None:
            self._endpoint.bye(call, call.dialog)
        self._endpoint.end(call, EndReason.ERROR, status, detail)
