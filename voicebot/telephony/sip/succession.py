"""A call that takes another's place in a leg: the party changes, while the leg, its media port and its time go on.

It happens when a peer sends us on (REFER): we ring where we are sent, and whoever answers is the leg's party from then
on; until then, and if nobody answers, the leg stays with the old one. And it happens when somebody rings to replace a
call of ours (RFC 3891).
"""

from typing import TYPE_CHECKING

import structlog

from voicebot.errors import DialFailed, TelephonyError
from voicebot.telephony.sip.call import Call, Referral
from voicebot.telephony.sip.events import CallAnswered, CallEnded, CallProgress, Output
from voicebot.telephony.sip.wish import Wish

if TYPE_CHECKING:
    from voicebot.telephony.sip.leg import SipLeg
    from voicebot.telephony.sip.line import SipLine

RING_S = 30.0
"""How long we ring where a peer sends us."""

_log = structlog.get_logger(__name__)


class Successor:
    """Follows a REFER of a leg's peer: an outbound call over the leg's own media port."""

    def __init__(self, line: "SipLine", leg: "SipLeg", predecessor: Call) -> None:
        self.call: Call | None = None
        self._line = line
        self._leg = leg
        self._predecessor = predecessor
        leg.successor = self

    async def follow(self, referral: Referral) -> None:
        """Ring the target. The peer is told how it goes."""
        try:
            await self._ring(referral)
        except DialFailed as failure:
            self._failed(failure.status)
        except TelephonyError:
            self._failed(503)

    async def _ring(self, referral: Referral) -> None:
        leg, line = self._leg, self._line
        route = await line.router.route(str(referral.target))
        line.dialler.check_limits(route)
        peer = route.peers[0]
        if leg.stream is None or leg.end is not None or leg.successor is not self:
            raise DialFailed(487, "the leg has gone")
        headers = dict(referral.headers)
        if referral.referred_by.isprintable() and referral.referred_by:
            headers["Referred-By"] = referral.referred_by
        outgoing = line.outgoing(route, peer, Wish(headers=headers), RING_S)
        negotiation = line.ua.negotiation(peer, leg.stream.local_port)
        self.call = line.invite(self, outgoing, peer, negotiation)

    def tell(self, output: Output) -> None:
        """What happens to the new call."""
        match output:
            case CallProgress(_, status):
                self._line.command(lambda ua, now: ua.referral(self._predecessor, status, now))
            case CallAnswered(call) if self._leg.end is None and self._leg.successor is self:
                self._leg.successor = None
                self._line.succeed(self._leg, call)
                self._line.command(lambda ua, now: ua.referral(self._predecessor, 200, now))
                self._line.command(lambda ua, now: ua.hangup(self._predecessor, now))
                _log.info("call sent on by its peer", call_id=self._leg.facts.call_id)
            case CallAnswered(call):
                self._line.command(lambda ua, now: ua.hangup(call, now))
            case CallEnded(_, _, status):
                self._failed(status if status >= 300 else 487)
            case _:
                pass

    def give_up(self) -> None:
        """The leg is hung up: the new call is not wanted any more."""
        call = self.call
        if call is None:
            self._failed(487)
        else:
            self._line.command(lambda ua, now: ua.hangup(call, now))

    def _failed(self, status: int) -> None:
        self._line.command(lambda ua, now: ua.referral(self._predecessor, status, now))
        if self._leg.successor is self:
            self._leg.successor = None
            self._leg.remain()


def send_on(line: "SipLine", call: Call) -> None:
    """The peer of ``call`` sends us on, where that is allowed."""
    leg = line.leg_of(call)
    if leg is None or call.referred is None:
        line.command(lambda ua, now: ua.referral(call, 487, now))
    else:
        line.spawn(Successor(line, leg, call).follow(call.referred))


def take_place(line: "SipLine", call: Call) -> None:
    """An INVITE takes a call's place: its leg goes on with the new party over the same media port."""
    old = call.replaces
    leg = line.leg_of(old) if old is not None else None
    if old is None or leg is None or leg.end is not None or leg.stream is None:
        line.command(lambda ua, now: ua.reject(call, 481, now))
        return
    try:
        outputs = line.ua.answer(call, line.ua.negotiation(call.peer, leg.stream.local_port), line.now())
    except TelephonyError:
        line.command(lambda ua, now: ua.reject(call, 488, now))  # Unless it has been refused; all is as before.
        return
    line.succeed(leg, call)
    line.handle(outputs)
    line.command(lambda ua, now: ua.hangup(old, now))
    _log.info("call taken over by another", call_id=leg.facts.call_id)
