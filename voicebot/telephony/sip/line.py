"""The SIP line: sockets, clock and media around the user agent core."""

import asyncio
import ipaddress
import socket
import uuid
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import structlog

from voicebot.audio.encodings import PCMA, encoding
from voicebot.errors import DialFailed, ProtocolError, TelephonyError
from voicebot.settings import Settings, SipSettings
from voicebot.telephony.leg import CallFacts, CallLeg, Direction, EndReason, IncomingHandler
from voicebot.telephony.rtp.stream import MediaEngine
from voicebot.telephony.sip.address import Address
from voicebot.telephony.sip.call import Call
from voicebot.telephony.sip.connection import StreamLimits, plain_host
from voicebot.telephony.sip.endpoint import UserAgentConfig
from voicebot.telephony.sip.events import (
    CallReleased,
    IncomingCall,
    Output,
    Peer,
    Replacing,
    Send,
    TransferRequested,
)
from voicebot.telephony.sip.facts import inbound_facts
from voicebot.telephony.sip.hosts import host_towards, is_ours
from voicebot.telephony.sip.leg import SipLeg
from voicebot.telephony.sip.message import REASONS
from voicebot.telephony.sip.negotiation import MediaPolicy, Negotiation, NotAcceptable, choose
from voicebot.telephony.sip.succession import Successor, send_on, take_place
from voicebot.telephony.sip.targets import Targets
from voicebot.telephony.sip.tls import Tls, TlsFiles
from voicebot.telephony.sip.transport import SipSockets
from voicebot.telephony.sip.ua import UserAgent
from voicebot.telephony.sip.uac import Outgoing
from voicebot.telephony.sip.uri import Uri, escape_user

MAX_REDIRECTS = 3
"""Addresses tried at most for one dial, where answers send us on."""
STOP_S = 3.0
"""How long :meth:`SipLine.stop` waits for peers to acknowledge their BYEs."""

_log = structlog.get_logger(__name__)


class SipLine:
    """A SIP line on UDP, TCP and, with a certificate, TLS.

    ``port`` 0 takes a free one (see :attr:`port` after :meth:`start`). ``media`` may be shared with other lines; the
    line makes its own when none is given.
    """

    def __init__(self, settings: SipSettings, port: int, media: MediaEngine | None = None) -> None:
        self._settings = settings
        self._own_media = media is None
        self._targets = Targets(settings.transfer_targets)
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
            if not allowed_media(host) and allowed_media(loopback) and is_ours(host):
                return loopback
            return host

        self._allowed_peer = allowed_peer
        self.media_host = media_host
        """Where audio for an SDP address goes: there, or over loopback when it is this machine's own and only that is
        allowed (softphones on the same machine write the network's address)."""
        self._local_host = lru_cache(maxsize=1024)(self._find_local_host)
        self.ua = UserAgent(
            UserAgentConfig(
                local_address=self._local_address,
                allowed_peer=allowed_peer,
                allowed_media=lambda host: allowed_media(media_host(host)),
                media_policy=self.media_policy,
                max_calls=settings.max_calls,
                calls_per_second=settings.calls_per_second,
                session_expires=settings.session_expires_s,
                min_se=settings.min_session_expires_s,
                may_refer=self._targets.allows,
            )
        )
        self.sockets = SipSockets(
            bind=settings.bind,
            port=port,
            allowed=allowed_peer,
            on_message=lambda data, peer: self.command(lambda ua, now: ua.receive(data, peer, now)),
            on_failed=lambda peer: self.command(lambda ua, now: ua.transport_failed(peer, now)),
            tls=Tls(TlsFiles.from_settings(settings)),
            tls_port=settings.tls_port,
            limits=StreamLimits(settings.max_connections, settings.max_connections_per_host),
            in_use=self._in_use,
            on_lost=lambda peer: self.command(lambda ua, now: ua.connection_lost(peer, now)),
        )
        self._incoming: IncomingHandler | None = None
        self._parties: dict[Call, SipLeg | Successor] = {}
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
        return tuple(leg for leg in self._parties.values() if isinstance(leg, SipLeg) and leg.end is None)

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
        on_early_media: Callable[[SipLeg], None] | None = None,
    ) -> CallLeg:
        """Ring a ``sip:`` address and give the answered leg. Raises :class:`DialFailed`.

        ``on_early_media`` is given the unanswered leg once there is something to hear. A 3xx is followed to where
        peers may send us, and is a failure otherwise.
        """
        deadline = asyncio.get_running_loop().time() + timeout_s
        for _ in range(MAX_REDIRECTS):
            left = deadline - asyncio.get_running_loop().time()
            leg = await self._dial(
                address,
                caller=caller,
                caller_name=caller_name,
                headers=headers,
                timeout_s=left,
                on_progress=on_progress,
                call_id=call_id,
                on_early_media=on_early_media,
            )
            if leg.was_answered:
                return leg
            elsewhere = next((uri for uri in leg.call.redirects if self._targets.allows(uri)), None)
            if elsewhere is None or deadline <= asyncio.get_running_loop().time():
                break
            address, call_id = str(replace(elsewhere, headers="")), ""
        status = leg.final_status or 487
        raise DialFailed(status, REASONS.get(status, "Failed"))

    async def _dial(
        self,
        address: str,
        *,
        caller: str,
        caller_name: str,
        headers: Mapping[str, str] | None,
        timeout_s: float,
        on_progress: Callable[[int], None] | None,
        call_id: str,
        on_early_media: Callable[[SipLeg], None] | None,
    ) -> SipLeg:
        """Ring one address; gives the leg when it is answered, refused or over."""
        target, peer = await self.route(address)
        wish = Outgoing(
            target, str(self.identity(peer, caller, caller_name)), timeout_s, headers or {}, call_id=call_id
        )
        try:
            stream = await self.media.open()
        except TelephonyError as error:
            raise DialFailed(503, "no media port is free") from error
        try:
            negotiation = self.ua.negotiation(peer, stream.local_port)
            call, outputs = self.ua.invite(wish, peer, negotiation, self.now())
        except NotAcceptable as error:
            stream.close()
            raise DialFailed(488, str(error)) from error
        except BaseException:
            stream.close()
            raise
        called = target.number or target.host
        facts = CallFacts(uuid.uuid4().hex, "sip", Direction.OUTBOUND, caller, called, caller_name)
        leg = SipLeg(self, call, facts, stream)
        leg.on_progress, leg.on_early_media = on_progress, on_early_media
        self._parties[call] = leg
        self.handle(outputs)
        try:
            await asyncio.shield(leg.up)
        except asyncio.CancelledError:
            self.command(lambda ua, now: ua.hangup(call, now, EndReason.CANCELLED))
            raise
        return leg

    async def stop(self) -> None:
        """Refuse new calls, hang up all others, wait a little for the peers' answers, and close."""
        self.ua.stop_accepting()
        legs = [party for party in self._parties.values() if isinstance(party, SipLeg)]
        for call in list(self._parties):
            self.command(lambda ua, now, call=call: ua.hangup(call, now))  # type: ignore[misc]
        try:
            async with asyncio.timeout(STOP_S):
                for leg in legs:
                    await leg.wait_released()
        except TimeoutError:
            _log.info("some peers did not acknowledge the hang-up", calls=len(self._parties))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._timer is not None:
            self._timer.cancel()
        await self.sockets.stop()
        if self._own_media:
            await self.media.stop()
        self._loop = None

    def media_policy(self, peer: Peer) -> MediaPolicy:
        """What is spoken with a peer. Keys for encryption travel in the signalling, so only TLS keeps them."""
        settings = self._settings
        return MediaPolicy(
            tuple(encoding(name) for name in settings.codecs),
            settings.srtp,
            keys_are_safe=peer.transport == "TLS" or settings.srtp_without_tls,
        )

    # --- used by legs -----------------------------------------------------------------------------------

    def rate_of(self, call: Call) -> int:
        """Rate of a call's frames: of what was agreed on, else of what its offer would come to, else of G.711."""
        negotiated = call.negotiation.parameters if call.negotiation is not None else None
        if negotiated is not None:
            return encoding(negotiated.encoding).rate
        if call.offer is None:
            return PCMA.rate
        try:
            return choose(call.offer, lambda _: True, self.media_policy(call.peer)).encoding.rate
        except NotAcceptable:
            return PCMA.rate

    def command(self, what: Callable[[UserAgent, float], list[Output]]) -> None:
        """Let the core do something and carry out what comes of it."""
        if self._loop is not None:
            self.handle(what(self.ua, self.now()))

    def answer(self, leg: SipLeg, port: int) -> None:
        """Answer an inbound call with audio at that port. Raises TelephonyError after refusing or ending it."""
        call = leg.call
        try:
            negotiation = call.negotiation or self.ua.negotiation(call.peer, port)
            outputs = self.ua.answer(call, negotiation, self.now())
        except TelephonyError:
            self.command(lambda ua, now: ua.tick(now))
            raise
        try:
            leg.apply_media()
        except TelephonyError:
            self.handle(outputs)
            self.command(lambda ua, now: ua.hangup(call, now, EndReason.ERROR))
            raise
        self.handle(outputs)

    def progress(self, leg: SipLeg, port: int) -> None:
        """Give an inbound call early media at that port. Raises TelephonyError when it takes none."""
        call = leg.call
        outputs = self.ua.progress(call, self.ua.negotiation(call.peer, port), self.now())
        leg.apply_media()
        self.handle(outputs)

    def leg_of(self, call: Call) -> SipLeg | None:
        """The leg whose party that call is."""
        leg = self._parties.get(call)
        return leg if isinstance(leg, SipLeg) else None

    def succeed(self, leg: SipLeg, call: Call) -> None:
        """From now on the leg's party is that of ``call``; what becomes of the old call concerns nobody."""
        self._parties.pop(leg.call, None)
        self._parties[call] = leg
        leg.adopt(call)

    def invite(self, party: Successor, wish: Outgoing, peer: Peer, negotiation: Negotiation) -> Call:
        """Make a call whose events go to ``party``."""
        call, outputs = self.ua.invite(wish, peer, negotiation, self.now())
        self._parties[call] = party
        party.call = call
        self.handle(outputs)
        return call

    def identity(self, peer: Peer, caller: str = "", caller_name: str = "") -> Address:
        """Who rings: the From of a call to that peer."""
        return Address(Uri("sip", escape_user(caller) or "voicebot", self._local_host(peer.host)), caller_name)

    # --- outputs ----------------------------------------------------------------------------------------

    def handle(self, outputs: list[Output]) -> None:
        """Carry out what the core gave."""
        for output in outputs:
            match output:
                case Send(data, peer):
                    self.sockets.send(data, peer)
                case IncomingCall(call):
                    self._ring(call)
                case Replacing(call):
                    take_place(self, call)
                case TransferRequested(call):
                    send_on(self, call)
                case CallReleased(call):
                    if (party := self._parties.pop(call, None)) is not None:
                        party.tell(output)
                case _ if (party := self._parties.get(output.call)) is not None:
                    party.tell(output)
        self._schedule()

    def _ring(self, call: Call) -> None:
        leg = SipLeg(self, call, inbound_facts(call.invite, uuid.uuid4().hex))
        self._parties[call] = leg
        _log.info("call came in", call_id=leg.facts.call_id)
        self.spawn(self._serve(leg))

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

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something in a task of its own that ends with the line."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- time and place -----------------------------------------------------------------------------------

    def now(self) -> float:
        """The time that the core counts in. Raises TelephonyError when the line is not started."""
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

    def _local_address(self, peer: Peer) -> tuple[str, int]:
        # Port 0: nothing is listened on for TLS, and messages come back by the connection that we opened.
        port = (self.sockets.tls_port or 5061) if peer.transport == "TLS" else self.port
        return self._local_host(peer.host), port

    def _in_use(self, flow: int) -> bool:
        """Whether a call's messages come and go on that connection."""
        return any(call.peer.flow == flow or (call.dialog and call.dialog.peer.flow == flow) for call in self.ua.calls)

    def _find_local_host(self, peer_host: str) -> str:
        """Our address as that peer sees it: the one set, the one bound, or the one of the route there."""
        if self._settings.advertise:
            return self._settings.advertise
        if not ipaddress.ip_address(self._settings.bind).is_unspecified:
            return self._settings.bind
        return host_towards(peer_host)

    async def route(self, address: str) -> tuple[Uri, Peer]:
        """What to ring and by way of whom. Raises DialFailed."""
        try:
            target = Uri.parse(address)
        except ProtocolError as error:
            raise DialFailed(404, "not a SIP address") from error
        if target.scheme not in ("sip", "sips") or target.transport not in ("UDP", "TCP", "TLS"):
            raise DialFailed(416, "only sip addresses over UDP, TCP and TLS can be rung")
        port = target.port or (5061 if target.transport == "TLS" else 5060)
        try:
            found = await asyncio.get_running_loop().getaddrinfo(target.host, port, type=socket.SOCK_DGRAM)
        except OSError as error:
            raise DialFailed(404, "the host is not known") from error
        hosts = [plain_host(str(entry[4][0])) for entry in found]
        host = next((host for host in hosts if self._allowed_peer(host)), None)
        if host is None:
            raise DialFailed(403, "the host is not among the allowed peers")
        return target, Peer(target.transport, host, port, name=target.host)
