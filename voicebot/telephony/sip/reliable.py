"""Provisional answers that cannot get lost: 100rel and PRACK (RFC 3262), as server and as client."""

from collections.abc import Callable

from voicebot.errors import ProtocolError
from voicebot.telephony.leg import EndReason
from voicebot.telephony.sip.body import ACCEPT, description_of, required_description
from voicebot.telephony.sip.call import Call, CallState, Early, Provisional
from voicebot.telephony.sip.endpoint import Endpoint
from voicebot.telephony.sip.events import MediaChanged
from voicebot.telephony.sip.layer import Server
from voicebot.telephony.sip.message import Response, extensions
from voicebot.telephony.sip.negotiation import NotAcceptable


class Reliable:
    """Both sides of 100rel. ``proceed`` is called when nothing keeps a waiting 200 back any more; ``give_up`` when the
    caller never acknowledged.
    """

    def __init__(
        self, endpoint: Endpoint, proceed: Callable[[Call], None], give_up: Callable[[Call, int, EndReason], None]
    ) -> None:
        self._endpoint = endpoint
        self._proceed = proceed
        self._give_up = give_up

    # --- as server --------------------------------------------------------------------------------

    @staticmethod
    def possible(call: Call) -> bool:
        """Whether our provisional answers to this INVITE can be sent reliably."""
        return "100rel" in extensions(call.invite.headers)

    @staticmethod
    def required(call: Call) -> bool:
        """Whether they must be."""
        return "100rel" in (tag.lower() for tag in call.invite.headers.values("require"))

    def _wanted(self, call: Call, response: Response) -> bool:
        if self.required(call) or not self.possible(call):
            return self.required(call)
        # An INVITE without offer wants ours in the first reliable answer (5), and a 180 carries none.
        return bool(response.body) or (self._endpoint.config.reliable and call.offer is not None)

    def send(self, call: Call, response: Response, *, offered: bool = False) -> None:
        """Send a provisional answer, reliably where the caller requires it, or takes it and it matters (3)."""
        if call.server is None:
            return
        if not self._wanted(call, response):
            self._endpoint.layer.respond(call.server, response)
            return
        call.rseq = call.rseq + 1 if call.rseq else self._endpoint.config.random.randint(1, 1 << 30)
        response.headers.add("Require", "100rel")
        response.headers.add("RSeq", str(call.rseq))
        call.provisionals.append(Provisional(response, call.rseq, self._endpoint.config.timers.t1, offered))
        if len(call.provisionals) == 1:
            self._transmit(call)

    def _transmit(self, call: Call) -> None:
        waiting, now = call.provisionals[0], self._endpoint.layer.now
        if call.server is None or not call.server.pending:
            return
        self._endpoint.layer.respond(call.server, waiting.response)
        self._endpoint.timers.start(call, "reliable again", now + waiting.interval)
        self._endpoint.timers.start(call, "reliable limit", now + self._endpoint.config.timers.limit)

    def fire(self, call: Call, name: str) -> None:
        """Say it again, or give the call up: nobody acknowledges (3)."""
        if not call.provisionals or call.server is None or not call.server.pending:
            return
        if name == "reliable limit":
            call.provisionals.clear()
            self._endpoint.timers.stop(call, "reliable again")
            self._give_up(call, 504, EndReason.ERROR)
            return
        waiting = call.provisionals[0]
        self._endpoint.layer.respond(call.server, waiting.response)
        waiting.interval *= 2
        self._endpoint.timers.start(call, "reliable again", self._endpoint.layer.now + waiting.interval)

    def settled(self, call: Call) -> None:
        """A final answer goes out: nothing provisional is repeated any more; a PRACK on its way is still answered."""
        del call.provisionals[1:]
        self._endpoint.timers.stop(call, "reliable again")
        self._endpoint.timers.stop(call, "reliable limit")

    def keeps_back(self, call: Call) -> bool:
        """Whether a 200 must wait: a description of ours has not been acknowledged (3)."""
        return any(waiting.response.body for waiting in call.provisionals)

    def prack(self, server: Server, call: Call) -> None:
        """A PRACK came (3, 5)."""
        endpoint, request = self._endpoint, server.request
        waiting = call.provisionals[0] if call.provisionals else None
        invite = call.invite.headers.get("cseq").split()
        if waiting is None or request.headers.get("rack").split() != [str(waiting.rseq), *invite]:
            endpoint.respond(server, 481)
            return
        call.provisionals.pop(0)
        endpoint.timers.stop(call, "reliable again")
        endpoint.timers.stop(call, "reliable limit")
        response = endpoint.ok(server)
        try:
            changed = self._described(call, server, waiting, response)
        except (ProtocolError, NotAcceptable) as error:
            endpoint.respond(server, 488 if isinstance(error, NotAcceptable) else 400)
            if waiting.offered:  # without an answer there is no session to go on with
                self._give_up(call, 488, EndReason.ERROR)
                return
        else:
            call.described = call.described or bool(waiting.response.body)
            endpoint.layer.respond(server, response)
            if changed:
                endpoint.outputs.append(MediaChanged(call))
        if call.provisionals:
            self._transmit(call)
        if call.answer_waiting and not self.keeps_back(call):
            self._proceed(call)

    def _described(self, call: Call, server: Server, waiting: Provisional, response: Response) -> bool:
        """Take the answer or the offer of a PRACK; whether there was one."""
        if call.negotiation is None or call.ended:
            return False
        if waiting.offered:
            call.negotiation.accept(required_description(server.request))
            return True
        offer = description_of(server.request)
        if offer is None:
            return False
        response.headers.add("Content-Type", ACCEPT)
        response.body = call.negotiation.answer(offer)
        return True

    # --- as client --------------------------------------------------------------------------------

    def acknowledge(self, call: Call, early: Early | None, response: Response) -> bool:
        """Acknowledge a provisional answer that wants it (4); False when it is out of turn and to be ignored."""
        required = "100rel" in (tag.lower() for tag in response.headers.values("require"))
        number = response.headers.get("rseq")
        if not required or response.status == 100:
            return True
        if early is None or not number.isascii() or not number.isdigit() or len(number) > 10:
            return False
        if early.rseq and int(number) != early.rseq + 1:
            return False
        early.rseq = int(number)
        request = early.dialog.request("PRACK")
        request.headers.add("RAck", f"{number} {response.headers.get('cseq')}")
        self._endpoint.request(call, early.dialog, request, lambda _: None, lambda _: None)
        return True


def provisional(call: Call) -> bool:
    """Whether the call still waits for our final answer."""
    return call.state is CallState.INCOMING and call.server is not None and not call.answer_waiting
