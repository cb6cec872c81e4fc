"""The SIP line: sockets, clock and media around the user agent core."""

import asyncio
import uuid
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import structlog

from voicebot.audio.encodings import PCMA, encoding
from voicebot.errors import TelephonyError
from voicebot.settings import Settings, SipSettings, SrtpMode
from voicebot.telephony.leg import CallLeg, EndReason, IncomingHandler
from voicebot.telephony.rtp.stream import MediaEngine
from voicebot.telephony.sip.accounts import make_challenger, make_router
from voicebot.telephony.sip.call import Call
from voicebot.telephony.sip.connection import StreamLimits
from voicebot.telephony.sip.dialling import Dialler
from voicebot.telephony.sip.endpoint import UserAgentConfig
from voicebot.telephony.sip.events import (
    CallReleased,
    IncomingCall,
    Output,
    Peer,
    Replacing,
    RequestAnswered,
    Send,
    TransferRequested,
)
from voicebot.telephony.sip.facts import inbound_facts
from voicebot.telephony.sip.health import Health
from voicebot.telephony.sip.hosts import Hosts
from voicebot.telephony.sip.layer import Client
from voicebot.telephony.sip.leg import SipLeg
from voicebot.telephony.sip.message import Request, Response
from voicebot.telephony.sip.negotiation import MediaPolicy, Negotiation, NotAcceptable, choose
from voicebot.telephony.sip.routing import Route
from voicebot.telephony.sip.succession import Successor, send_on, take_place
from voicebot.telephony.sip.targets import Targets, is_address
from voicebot.telephony.sip.tls import Tls, TlsFiles
from voicebot.telephony.sip.transport import SipSockets
from voicebot.telephony.sip.ua import UserAgent
from voicebot.telephony.sip.uac import Outgoing
from voicebot.telephony.sip.wish import Wish

SCHEMES = ("sip", "sips", "tel")
"""Schemes of the addresses that :meth:`SipLine.dial` rings."""
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
        self.hosts = Hosts(settings)
        self.media = media or MediaEngine(
            bind=settings.bind,
            low=settings.rtp_low,
            high=settings.rtp_high,
            allowed=self.hosts.media_networks,
            media_timeout_s=settings.media_timeout_s,
        )
        targets = Targets(settings.transfer_targets)
        health = Health()
        self.router = make_router(settings, self, self.hosts, health)
        self.dialler = Dialler(self, settings, targets, health)
        self.ua = UserAgent(
            UserAgentConfig(
                local_address=self._local_address,
                allowed_peer=self.hosts.peer,
                allowed_media=self.hosts.media_allowed,
                media_policy=self.media_policy,
                credentials=self.router.credentials,
                challenger=make_challenger(settings, self.router),
                account_of=self.router.account_of,
                max_calls=settings.max_calls,
                calls_per_second=settings.calls_per_second,
                session_expires=settings.session_expires_s,
                min_se=settings.min_session_expires_s,
                may_refer=targets.allows,
            )
        )
        self.tls = Tls(TlsFiles.from_settings(settings))
        self.sockets = SipSockets(
            bind=settings.bind,
            port=port,
            allowed=self.hosts.peer,
            on_message=lambda data, peer: self.command(lambda ua, now: ua.receive(data, peer, now)),
            on_failed=lambda peer: self.command(lambda ua, now: ua.transport_failed(peer, now)),
            tls=self.tls,
            tls_port=settings.tls_port,
            limits=StreamLimits(settings.max_connections, settings.max_connections_per_host),
            in_use=self._in_use,
            on_lost=self._lost,
        )
        self._incoming: IncomingHandler | None = None
        self._parties: dict[Call, SipLeg | Successor] = {}
        self._asked: dict[Client, asyncio.Future[Response | None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0

    @classmethod
    def from_settings(cls, settings: Settings, media: MediaEngine | None = None) -> "SipLine":
        """The line that the settings describe. Peers may send us on to where our own people are, too."""
        people = (address for addresses in settings.handoff.queues.values() for address in addresses)
        targets = (*settings.sip.transfer_targets, *(address for address in people if is_address(address)))
        return cls(settings.sip.model_copy(update={"transfer_targets": targets}), settings.sip_port, media)

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
        for trunk in self.router.trunks:
            self.spawn(trunk.live())

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
        """Ring a ``sip:`` address, or a number by a trunk, and give the answered leg. Raises :class:`DialFailed`.

        ``on_early_media`` is given the unanswered leg once there is something to hear. A 3xx is followed to where
        peers may send us, and is a failure otherwise.
        """
        wish = Wish(caller, caller_name, headers, on_progress, on_early_media)
        return await self.dialler.dial(address, wish, timeout_s=timeout_s, call_id=call_id)

    def stop_accepting(self) -> None:
        """Refuse new calls (503), which a trunk's other ways may take, from now on."""
        self.ua.stop_accepting()

    async def stop(self) -> None:
        """Refuse new calls, hang up all others, leave the trunks, wait a little for the peers' answers, and close."""
        self.ua.stop_accepting()
        leaving = asyncio.gather(*(trunk.leave() for trunk in self.router.trunks))
        # A call given up before any answer may never hear of its end: its server is not there.
        legs = [
            party
            for party in self._parties.values()
            if isinstance(party, SipLeg) and not (party.call.cancel_wanted and not party.call.provisional)
        ]
        for call in list(self._parties):
            self.command(lambda ua, now, call=call: ua.hangup(call, now))  # type: ignore[misc]
        try:
            async with asyncio.timeout(STOP_S):
                for leg in legs:
                    await leg.wait_released()
        except TimeoutError:
            _log.info("some peers did not acknowledge the hang-up", calls=len(self._parties))
        await leaving
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
        trunk = self.router.trunk_at(peer.host)
        codecs = (trunk.settings.codecs if trunk is not None else ()) or settings.codecs
        return MediaPolicy(
            tuple(encoding(name) for name in codecs),
            SrtpMode(trunk.settings.srtp) if trunk is not None and trunk.settings.srtp else settings.srtp,
            keys_are_safe=peer.transport == "TLS" or settings.srtp_without_tls,
        )

    # --- used by trunks ---------------------------------------------------------------------------------

    async def ask(self, request: Request, peer: Peer, *, account: str = "", timeout_s: float) -> Response | None:
        """Send a request that belongs to no dialog; None when nothing came of it in time."""
        client, outputs = self.ua.request(request, peer, self.now(), account=account)
        answer: asyncio.Future[Response | None] = asyncio.get_running_loop().create_future()
        self._asked[client] = answer
        self.handle(outputs)
        try:
            async with asyncio.timeout(timeout_s):
                return await answer
        except TimeoutError:
            return None
        finally:
            self._asked.pop(client, None)
            self.ua.abandon(client)

    def contact(self, peer: Peer, user: str) -> str:
        """Our Contact value as that peer can reach it."""
        return self.ua.contact(peer, user)

    def keep_open(self, peer: Peer) -> None:
        """Send a keep-alive."""
        self.sockets.ping(peer)

    def _lost(self, peer: Peer) -> None:
        self.command(lambda ua, now: ua.connection_lost(peer, now))
        for trunk in self.router.trunks:
            trunk.lost(peer)

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

    def outgoing(self, route: Route, peer: Peer, wish: Wish, timeout_s: float, *, call_id: str = "") -> Outgoing:
        """The call that is to be made to that server of a route. Raises TelephonyError for headers that won't do."""
        sender = route.identity(self.hosts.local(peer.host), wish.caller, wish.caller_name)
        account, routes = (route.trunk.name, route.trunk.routes) if route.trunk is not None else ("", ())
        return Outgoing(route.target, str(sender), timeout_s, wish.headers or {}, account, routes, call_id)

    def take_in(self, leg: SipLeg) -> None:
        """A leg of ours: from now on it hears of its call."""
        self._parties[leg.call] = leg

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
                case RequestAnswered(client, response):
                    answer = self._asked.get(client)
                    if answer is not None and not answer.done():
                        answer.set_result(response)
                case CallReleased(call):
                    if (party := self._parties.pop(call, None)) is not None:
                        party.tell(output)
                case _ if (party := self._parties.get(output.call)) is not None:
                    party.tell(output)
        self._schedule()

    def _ring(self, call: Call) -> None:
        bound = self.router.bound(call.invite) is not None
        facts = inbound_facts(
            call.invite,
            uuid.uuid4().hex,
            trunk=call.account,
            bound=bound,
            trusted=bool(call.account) or self.hosts.trusted(call.peer.host),
            kept=self._settings.kept_headers,
        )
        self.take_in(leg := SipLeg(self, call, facts))
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
        return self.hosts.local(peer.host), port

    def _in_use(self, flow: int) -> bool:
        """Whether a call's messages come and go on that connection."""
        return any(call.peer.flow == flow or (call.dialog and call.dialog.peer.flow == flow) for call in self.ua.calls)
