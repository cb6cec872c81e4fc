"""The SIP line: sockets, clock and media around the user agent core."""

import asyncio
import ipaddress
import socket
import uuid
from collections.abc import Callable, Coroutine, Mapping
from functools import lru_cache
from typing import Any

import structlog

from voicebot.errors import DialFailed, ProtocolError, TelephonyError
from voicebot.settings import Settings, SipSettings
from voicebot.telephony.leg import CallFacts, CallLeg, Direction, EndReason, IncomingHandler
from voicebot.telephony.rtp.stream import MediaEngine
from voicebot.telephony.sip.address import Address
from voicebot.telephony.sip.call import Call
from voicebot.telephony.sip.endpoint import UserAgentConfig
from voicebot.telephony.sip.events import (
    CallAnswered,
    CallConfirmed,
    CallEnded,
    CallProgress,
    CallReleased,
    IncomingCall,
    MediaChanged,
    Output,
    Peer,
    Send,
)
from voicebot.telephony.sip.facts import inbound_facts
from voicebot.telephony.sip.leg import SipLeg
from voicebot.telephony.sip.message import REASONS
from voicebot.telephony.sip.transport import SipSockets, plain_host
from voicebot.telephony.sip.ua import UserAgent
from voicebot.telephony.sip.uac import Outgoing
from voicebot.telephony.sip.uri import Uri, escape_user

STOP_S = 3.0
"""How long :meth:`SipLine.stop` waits for peers to acknowledge their BYEs."""

_log = structlog.get_logger(__name__)


def _is_ours(host: str) -> bool:
    """Whether an IP address is one of this machine's."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, 0))
        except OSError:
            return False
    return True


class SipLine:
    """A SIP line on UDP and TCP. ``port`` 0 takes a free one (see :attr:`port` after :meth:`start`).

    ``media`` may be shared with other lines; the line makes its own when none is given.
    """

    def __init__(self, settings: SipSettings, port: int, media: MediaEngine | None = None) -> None:
        self._settings = settings
        self._own_media = media is None
        self.media = media or MediaEngine(
            bind=settings.bind,
            low=settings.rtp_low,
            high=settings.rtp_high,
            allowed=settings.media_networks,
            media_timeout_s=settings.media_timeout_s,
        )

        @lru_cache(maxsize=1024)
        def allowed_peer(host: str) -> bool:
            return any(ipaddress.ip_address(host) in network for network in settings.peers)

        @lru_cache(maxsize=1024)
        def allowed_media(host: str) -> bool:
            return any(ipaddress.ip_address(host) in network for network in settings.media_networks)

        @lru_cache(maxsize=1024)
        def media_host(host: str) -> str:
            loopback = "::1" if ":" in host else "127.0.0.1"
            if not allowed_media(host) and allowed_media(loopback) and _is_ours(host):
                return loopback
            return host

        self._allowed_peer = allowed_peer
        self.media_host = media_host
        """Where audio for an SDP address goes: there, or over loopback when it is this machine's own and only that is
        allowed (softphones on the same machine write the network's address)."""
        self._local_host = lru_cache(maxsize=1024)(self._find_local_host)
        self.ua = UserAgent(
            UserAgentConfig(
                local_address=lambda peer: (self._local_host(peer.host), self.port),
                allowed_peer=allowed_peer,
                allowed_media=lambda host: allowed_media(media_host(host)),
                max_calls=settings.max_calls,
                calls_per_second=settings.calls_per_second,
            )
        )
        self.sockets = SipSockets(
            bind=settings.bind,
            port=port,
            allowed=allowed_peer,
            on_message=lambda data, peer: self.command(lambda ua, now: ua.receive(data, peer, now)),
            on_failed=lambda peer: self.command(lambda ua, now: ua.transport_failed(peer, now)),
        )
        self._incoming: IncomingHandler | None = None
        self._legs: dict[Call, SipLeg] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0

    @classmethod
    def from_settings(cls, settings: Settings, media: MediaEngine | None = None) -> "SipLine":
        """The line that the settings describe."""
        return cls(settings.sip, settings.sip_port, media)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.sockets.port

    @property
    def legs(self) -> tuple[SipLeg, ...]:
        """Legs that have not ended."""
        return tuple(leg for leg in self._legs.values() if leg.end is None)

    # --- Line -----------------------------------------------------------------------------------------

    async def start(self, incoming: IncomingHandler) -> None:
        """Listen. Raises ConfigurationError when the port is taken."""
        self._incoming = incoming
        self._loop = asyncio.get_running_loop()
        await self.sockets.start()
        if self._own_media:
            await self.media.start()

    async def dial(
        self,
        address: str,
        *,
        caller: str = "",
        caller_name: str = "",
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 30.0,
        on_progress: Callable[[int], None] | None = None,
        call_id: str = "",
    ) -> CallLeg:
        """Ring a ``sip:`` address and give the answered leg. Raises :class:`DialFailed`."""
        target, peer = await self._route(address)
        host = self._local_host(peer.host)
        sender = Address(Uri("sip", escape_user(caller) or "voicebot", host), caller_name)
        wish = Outgoing(target, str(sender), timeout_s, headers or {}, call_id=call_id)
        try:
            stream = await self.media.open()
        except TelephonyError as error:
            raise DialFailed(503, "no media port is free") from error
        try:
            negotiation = self.ua.negotiation(peer, stream.local_port)
            call, outputs = self.ua.invite(wish, peer, negotiation, self._now())
        except BaseException:
            stream.close()
            raise
        called = target.number or target.host
        facts = CallFacts(uuid.uuid4().hex, "sip", Direction.OUTBOUND, caller, called, caller_name)
        leg = SipLeg(self, call, facts, stream)
        leg.on_progress = on_progress
        self._legs[call] = leg
        self._handle(outputs)
        try:
            await asyncio.shield(leg.up)
        except asyncio.CancelledError:
            self.command(lambda ua, now: ua.hangup(call, now, EndReason.CANCELLED))
            raise
        if not leg.was_answered:
            status = leg.final_status or 487
            raise DialFailed(status, REASONS.get(status, "Failed"))
        return leg

    async def stop(self) -> None:
        """Refuse new calls, hang up all others, wait a little for the peers' answers, and close."""
        self.ua.stop_accepting()
        legs = list(self._legs.values())
        for leg in legs:
            self.command(lambda ua, now, call=leg.call: ua.hangup(call, now))  # type: ignore[misc]
        try:
            async with asyncio.timeout(STOP_S):
                for leg in legs:
                    await leg.wait_released()
        except TimeoutError:
            _log.info("some peers did not acknowledge the hang-up", calls=len(self._legs))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._timer is not None:
            self._timer.cancel()
        await self.sockets.stop()
        if self._own_media:
            await self.media.stop()
        self._loop = None

    # --- used by legs -----------------------------------------------------------------------------------

    def command(self, what: Callable[[UserAgent, float], list[Output]]) -> None:
        """Let the core do something and carry out what comes of it."""
        if self._loop is not None:
            self._handle(what(self.ua, self._now()))

    def answer(self, leg: SipLeg, port: int) -> None:
        """Answer an inbound call with audio at that port. Raises TelephonyError after refusing or ending it."""
        call = leg.call
        try:
            outputs = self.ua.answer(call, self.ua.negotiation(call.peer, port), self._now())
        except TelephonyError:
            self.command(lambda ua, now: ua.tick(now))
            raise
        try:
            leg.apply_media()
        except TelephonyError:
            self._handle(outputs)
            self.command(lambda ua, now: ua.hangup(call, now, EndReason.ERROR))
            raise
        self._handle(outputs)

    # --- outputs ----------------------------------------------------------------------------------------

    def _handle(self, outputs: list[Output]) -> None:
        for output in outputs:
            match output:
                case Send(data, peer):
                    self.sockets.send(data, peer)
                case IncomingCall(call):
                    self._ring(call)
                case _ if (leg := self._legs.get(output.call)) is not None:
                    self._tell(leg, output)
        self._schedule()

    def _tell(self, leg: SipLeg, output: Output) -> None:
        match output:
            case CallProgress(_, status) if leg.on_progress is not None:
                leg.on_progress(status)
            case CallAnswered() | CallConfirmed() | MediaChanged():
                try:
                    leg.apply_media()
                except TelephonyError:
                    self._spawn(leg.hangup_for(EndReason.ERROR))
                    return
                if isinstance(output, CallAnswered):
                    leg.was_answered = True
                    leg.start_media()
                leg.confirmed()
            case CallEnded():
                leg.finished(output)
                _log.info("call ended", call_id=leg.facts.call_id, reason=output.reason, status=output.status)
            case CallReleased(call):
                leg.released()
                del self._legs[call]

    def _ring(self, call: Call) -> None:
        leg = SipLeg(self, call, inbound_facts(call.invite, uuid.uuid4().hex))
        self._legs[call] = leg
        _log.info("call came in", call_id=leg.facts.call_id)
        self._spawn(self._serve(leg))

    async def _serve(self, leg: SipLeg) -> None:
        if self._incoming is None:
            return
        try:
            await self._incoming(leg)
        except TelephonyError:
            if leg.end is None:
                _log.exception("serving a call failed", call_id=leg.facts.call_id)
                await leg.hangup_for(EndReason.ERROR)
        except Exception:  # noqa: BLE001 - whatever its handler did wrong, a caller is not left hanging
            _log.exception("serving a call failed", call_id=leg.facts.call_id)
            await leg.hangup_for(EndReason.ERROR)
        if not leg.call.answered:
            await leg.reject(480)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- time and place -----------------------------------------------------------------------------------

    def _now(self) -> float:
        if self._loop is None:
            raise TelephonyError("the line is not started")
        return self._loop.time()

    def _schedule(self) -> None:
        at = self.ua.next_timer()
        if self._loop is None or (self._timer is not None and self._timer_at == at):
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if at is not None:
            self._timer_at = at
            self._timer = self._loop.call_at(at, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self.command(lambda ua, now: ua.tick(max(now, self._timer_at)))

    def _find_local_host(self, peer_host: str) -> str:
        """Our address as that peer sees it: the one set, the one bound, or the one of the route there."""
        if self._settings.advertise:
            return self._settings.advertise
        if not ipaddress.ip_address(self._settings.bind).is_unspecified:
            return self._settings.bind
        family = socket.AF_INET6 if ":" in peer_host else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((peer_host, 9))  # Looks up the route; nothing is sent.
            return str(probe.getsockname()[0])

    async def _route(self, address: str) -> tuple[Uri, Peer]:
        try:
            target = Uri.parse(address)
        except ProtocolError as error:
            raise DialFailed(404, "not a SIP address") from error
        if target.scheme != "sip" or target.transport not in ("UDP", "TCP"):
            raise DialFailed(416, "only sip addresses over UDP and TCP can be rung")
        port = target.port or 5060
        try:
            found = await asyncio.get_running_loop().getaddrinfo(target.host, port, type=socket.SOCK_DGRAM)
        except OSError as error:
            raise DialFailed(404, "the host is not known") from error
        hosts = [plain_host(str(entry[4][0])) for entry in found]
        host = next((host for host in hosts if self._allowed_peer(host)), None)
        if host is None:
            raise DialFailed(403, "the host is not among the allowed peers")
        return target, Peer(target.transport, host, port)
