"""Ringing out: redirections followed where that is allowed, and other servers tried when one is not there."""

import asyncio
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from voicebot.errors import DialFailed, TelephonyError
from voicebot.settings import SipSettings
from voicebot.telephony.leg import CallFacts, Direction, EndReason
from voicebot.telephony.sip.events import Peer
from voicebot.telephony.sip.health import Health
from voicebot.telephony.sip.leg import SipLeg
from voicebot.telephony.sip.message import REASONS
from voicebot.telephony.sip.negotiation import NotAcceptable
from voicebot.telephony.sip.routing import Route
from voicebot.telephony.sip.targets import Targets
from voicebot.telephony.sip.wish import Wish

if TYPE_CHECKING:
    from voicebot.telephony.sip.line import SipLine

MAX_REDIRECTS = 4
"""Addresses tried at most for one dial, where answers send us on."""


class Dialler:
    """Makes the calls of a line."""

    def __init__(self, line: "SipLine", settings: SipSettings, targets: Targets, health: Health) -> None:
        self._line = line
        self._settings = settings
        self._targets = targets
        self._health = health

    async def dial(self, address: str, wish: Wish, *, timeout_s: float, call_id: str) -> SipLeg:
        """Ring an address; gives the answered leg. Raises :class:`DialFailed`."""
        deadline = self._line.now() + timeout_s
        for _ in range(MAX_REDIRECTS):
            leg = await self._by_way_of(await self._line.router.route(address), wish, deadline, call_id)
            if leg.was_answered:
                return leg
            elsewhere = next((uri for uri in leg.call.redirects if self._targets.allows(uri)), None)
            if elsewhere is None or deadline <= self._line.now():
                break
            address, call_id = str(replace(elsewhere, headers="")), ""
        status = leg.final_status or 408
        raise DialFailed(status, REASONS.get(status, "Failed"))

    async def _by_way_of(self, route: Route, wish: Wish, deadline: float, call_id: str) -> SipLeg:
        """Ring one address by its servers; gives the last leg when it is answered, refused or over."""
        for number, peer in enumerate(route.peers, 1):
            last = number == len(route.peers)
            patience = None if last else self._settings.failover_s
            leg = await self._ring(route, peer, wish, deadline - self._line.now(), call_id, patience)
            silent = leg.final_status in (0, 408) and not (leg.was_answered or leg.call.provisional)
            dead = silent or leg.final_status == 503
            if not dead:
                self._health.worked(peer)
            if leg.was_answered or last or not dead or deadline <= self._line.now():
                return leg
            self._health.failed(peer, self._line.now())
            call_id = ""  # A Call-ID is used once.
        raise AssertionError("a route has a server")

    def check_limits(self, route: Route) -> None:
        """Raises :class:`DialFailed` when we make as many calls as we may."""
        ours = [leg for leg in self._line.legs if leg.call.direction is Direction.OUTBOUND]
        if len(ours) >= self._settings.max_calls_out:
            raise DialFailed(503, "too many calls out")
        trunk = route.trunk
        if trunk is not None and trunk.settings.max_calls:
            by_it = sum(leg.call.account == trunk.name for leg in ours)
            if by_it >= trunk.settings.max_calls:
                raise DialFailed(503, "too many calls by the trunk")

    async def _ring(
        self, route: Route, peer: Peer, wish: Wish, timeout_s: float, call_id: str, patience: float | None
    ) -> SipLeg:
        """Ring one server; gives the leg when it is answered, refused or over, or after ``patience`` without a sign
        of life (its end is then still under way, and it has no final status)."""
        line = self._line
        try:
            line.hosts.local(peer.host)
        except TelephonyError as error:
            raise DialFailed(503, str(error)) from error
        outgoing = line.outgoing(route, peer, wish, timeout_s, call_id=call_id)
        try:
            stream = await line.media.open()
        except TelephonyError as error:
            raise DialFailed(503, "no media port is free") from error
        try:
            self.check_limits(route)  # Nothing is awaited from here until the leg counts.
            negotiation = line.ua.negotiation(peer, stream.local_port)
            call, outputs = line.ua.invite(outgoing, peer, negotiation, line.now())
        except NotAcceptable as error:
            stream.close()
            raise DialFailed(488, str(error)) from error
        except BaseException:
            stream.close()
            raise
        called = route.target.number or route.target.host
        trunk = route.trunk.name if route.trunk is not None else ""
        facts = CallFacts(
            uuid.uuid4().hex, "sip", Direction.OUTBOUND, wish.caller, called, wish.caller_name, trunk=trunk
        )
        leg = SipLeg(line, call, facts, stream)
        leg.on_progress, leg.on_early_media = wish.on_progress, wish.on_early_media
        line.take_in(leg)
        line.handle(outputs)
        try:
            if patience is not None:
                await asyncio.wait((leg.up,), timeout=patience)
                if not leg.up.done() and not call.provisional:
                    line.command(lambda ua, now: ua.hangup(call, now, EndReason.CANCELLED))
            await asyncio.shield(leg.up)
        except asyncio.CancelledError:
            line.command(lambda ua, now: ua.hangup(call, now, EndReason.CANCELLED))
            raise
        return leg
