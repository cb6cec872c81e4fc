"""One trunk: where its servers are, being registered with them, and whether they are there."""

import asyncio
import ipaddress
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2s
from random import Random
from typing import Protocol

import structlog

from voicebot.errors import ConfigurationError, ProtocolError, TelephonyError
from voicebot.settings import TrunkSettings
from voicebot.telephony.sip.digest import Credentials
from voicebot.telephony.sip.events import Peer
from voicebot.telephony.sip.health import BAD_S, Health
from voicebot.telephony.sip.locate import Records, locate
from voicebot.telephony.sip.message import Headers, Request, Response
from voicebot.telephony.sip.registration import Registration, RegistrationState, retry_after
from voicebot.telephony.sip.uri import Uri, escape_user, join_host_port, split_host_port

UDP_KEEP_ALIVE_S = 25.0
"""How often a NAT on the way is reminded of us (RFC 5626 4.4.2 asks for 24 to 29)."""
STREAM_KEEP_ALIVE_S = 100.0
"""How often a connection is pinged (RFC 5626 4.4.1 asks for 95 to 120)."""
LOOK_UP_S = 300.0
"""How often the servers are looked up where they are not asked whether they are there."""
PROBED = 4
"""Most servers asked whether they are there."""
FLAPPING_S = 30.0
"""A connection that is lost sooner than that after registering, and not for the first time, is not replaced at once."""
LEAVE_S = 2.0

_DOWN = frozenset({408, 500, 502, 503, 504})
"""Answers to OPTIONS that mean that calls would fail. Any other answer shows life."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TrunkStatus:
    """What can be shown of a trunk: nothing secret, no numbers. ``reachable`` is None while it has not been asked."""

    name: str
    registration: str
    granted_s: int
    reachable: bool | None
    servers: int

    @property
    def up(self) -> bool:
        """Whether calls can come and go by it, as far as is known."""
        return self.registration in ("none", RegistrationState.REGISTERED) and self.reachable is not False


class TrunkLine(Protocol):
    """What a trunk needs of the line that it belongs to."""

    async def ask(self, request: Request, peer: Peer, *, account: str = "", timeout_s: float) -> Response | None:
        """Send a request that belongs to no dialog; None when nothing came of it in time."""
        ...

    def contact(self, peer: Peer, user: str) -> str:
        """Our Contact value as that peer can reach it."""
        ...

    def keep_open(self, peer: Peer) -> None:
        """Send a keep-alive."""
        ...


class Trunk:
    """A trunk. Raises :class:`ConfigurationError` for a wrong domain or a password that is not there.

    ``learn`` is given its name and its servers' addresses whenever they were looked up.
    """

    def __init__(
        self,
        settings: TrunkSettings,
        password: str | None,
        line: TrunkLine,
        records: Records,
        health: Health,
        random: Random,
        *,
        learn: Callable[[str, frozenset[str]], None],
        failover_s: float,
    ) -> None:
        self.settings = settings
        self.name = settings.name
        try:
            self.host, self.port = split_host_port(settings.domain)
            self._server = split_host_port(settings.proxy) if settings.proxy else (self.host, self.port)
        except ProtocolError as error:
            raise ConfigurationError(f"sip.trunks: {self.name}: wrong domain or proxy ({error})") from error
        user = settings.auth_user or settings.user
        self.credentials = Credentials(user, password, settings.realm) if password is not None else None
        seed = "\0".join((self.name, settings.user, settings.domain)).encode()
        # The same after a restart, so that the new binding takes the old one's place.
        self.contact_user = f"{self.name}-{blake2s(seed, digest_size=6).hexdigest()}"
        self.registration: Registration | None = None
        if settings.registers:
            aor = Uri("sip", escape_user(settings.user), self.host)
            registrar = join_host_port(self.host, self.port)
            self.registration = Registration(
                aor, registrar, self.contact_user, expires=settings.expires_s, random=random
            )
        self.reachable: bool | None = None
        self._line = line
        self._records = records
        self._health = health
        self._random = random
        self._learn = learn
        self._failover_s = failover_s
        self._servers: frozenset[str] = frozenset()
        self._at: Peer | None = None
        self._registered_when = float("-inf")
        self._wake = asyncio.Event()

    # --- what it is ---------------------------------------------------------------------------------

    def status(self) -> TrunkStatus:
        """How it is."""
        registration = self.registration
        return TrunkStatus(
            self.name,
            registration.state.value if registration is not None else "none",
            registration.granted if registration is not None else 0,
            self.reachable,
            len(self._servers),
        )

    def serves(self, uri: Uri) -> bool:
        """Whether an address is one of its domain's."""
        return uri.host.lower() == self.host.lower() and uri.port in (None, self.port)

    def is_from(self, host: str) -> bool:
        """Whether that host is one of its servers, or of its networks."""
        return host in self._servers or any(ipaddress.ip_address(host) in network for network in self.settings.peers)

    @property
    def routes(self) -> tuple[str, ...]:
        """Route values for calls by it (RFC 3608, RFC 3261 8.1.2)."""
        if self.registration is not None and self.registration.service_route:
            return self.registration.service_route
        if not self.settings.proxy:
            return ()
        transport = f";transport={self.settings.transport}" if self.settings.transport else ""
        return (f"<sip:{join_host_port(*self._server)}{transport};lr>",)

    async def targets(self) -> list[Peer]:
        """Its servers, best first: those that failed lately last, the one that we are registered with in front."""
        host, port = self._server
        transport = self.settings.transport.upper()
        found = await locate(host, self._records, self._random, port=port, transport=transport)
        if found:
            self._servers = frozenset(peer.host for peer in found)
            self._learn(self.name, self._servers)
        now = asyncio.get_running_loop().time()
        ordered = self._health.order(found, now)
        if self._at is not None and self._at in ordered and not self._health.bad(self._at, now):
            ordered.remove(self._at)
            ordered.insert(0, self._at)
        return ordered

    # --- its life -----------------------------------------------------------------------------------

    async def live(self) -> None:
        """Stay registered, know which servers are there, and keep the way to them open, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch())
            if self.registration is not None:
                group.create_task(self._stay_registered(self.registration))
                group.create_task(self._keep_open())

    async def leave(self) -> None:
        """Take the registration away, as far as that is possible in a moment."""
        registration, at = self.registration, self._at
        if registration is None or at is None or registration.state is not RegistrationState.REGISTERED:
            return
        self._at = None
        registration.left()
        await self._ask(
            lambda: registration.request(self._line.contact(at, self.contact_user), leave=True), at, LEAVE_S
        )

    def lost(self, peer: Peer) -> None:
        """A connection was closed: if calls were to come by it, register anew."""
        at = self._at
        if at is None or (at.transport, at.host, at.port) != (peer.transport, peer.host, peer.port):
            return
        _log.info("the connection to a registrar was lost", trunk=self.name)
        self._at = None
        if self.registration is not None:
            self.registration.left()
        self._wake.set()

    async def _stay_registered(self, registration: Registration) -> None:
        flaps = 0
        while True:
            before = registration.state
            wait = await self._register(registration)
            if registration.state is not before:
                _log.info("registration", trunk=self.name, state=registration.state.value)
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._wake.wait()
            if self._wake.is_set():
                self._wake.clear()
                soon = asyncio.get_running_loop().time() - self._registered_when < FLAPPING_S
                flaps = flaps + 1 if soon else 0
                await asyncio.sleep(registration.back_off() if flaps > 1 else self._random.random())

    async def _register(self, registration: Registration) -> float:
        """Register with the first server that can; gives the seconds until the next time."""
        for peer in await self.targets():
            wait = await self._register_at(registration, peer)
            if wait is not None:
                return wait
        self._at = None
        if registration.state is not RegistrationState.UNREACHABLE:
            registration.unanswered()
        return registration.back_off()

    async def _register_at(self, registration: Registration, peer: Peer) -> float | None:
        for _ in range(2):  # Once more when the registrar wants us to stay longer.
            response = await self._ask(
                lambda: registration.request(self._line.contact(peer, self.contact_user)), peer, self._failover_s
            )
            now = asyncio.get_running_loop().time()
            if response is None:
                registration.unanswered()
                self._health.failed(peer, now)
                return None
            wait = registration.answered(response)
            if wait is None:
                self._health.failed(peer, now, retry_after(response) or BAD_S)
                return None
            if wait > 0:
                break
        if registration.state is RegistrationState.REGISTERED:
            self._health.worked(peer)
            self._at, self._registered_when = peer, now
        return wait or registration.back_off()

    async def _ask(self, make: Callable[[], Request], peer: Peer, timeout_s: float) -> Response | None:
        """Send what ``make`` gives; None when nothing came of it, also since there is no way to that server."""
        try:
            return await self._line.ask(make(), peer, account=self.name, timeout_s=timeout_s)
        except TelephonyError:
            return None

    async def _watch(self) -> None:
        """Ask the servers whether they are there (OPTIONS)."""
        every = self.settings.options_s
        while True:
            peers = await self.targets()
            if every:
                alive = await asyncio.gather(*(self._probe(peer) for peer in peers[:PROBED]))
                if self.reachable is not any(alive):
                    self.reachable = any(alive)
                    _log.info("trunk", trunk=self.name, reachable=self.reachable)
            await asyncio.sleep((every or LOOK_UP_S) * self._random.uniform(0.9, 1.1))

    async def _probe(self, peer: Peer) -> bool:
        response = await self._ask(lambda: self._options(peer), peer, self._failover_s)
        if response is None or response.status in _DOWN:
            seconds = retry_after(response) if response is not None else 0.0
            # Until it has been asked again, at least.
            seconds = max(seconds, BAD_S, 2 * self.settings.options_s)
            self._health.failed(peer, asyncio.get_running_loop().time(), seconds)
            return False
        self._health.worked(peer)
        return True

    def _options(self, peer: Peer) -> Request:
        ours = Uri("sip", escape_user(self.settings.user or "voicebot"), self.host)
        headers = Headers(
            [
                ("Max-Forwards", "70"),
                ("From", f"<{ours}>;tag={self._random.getrandbits(64):016x}"),
                ("To", f"<sip:{join_host_port(self.host, self.port)}>"),
                ("Call-ID", f"{self._random.getrandbits(64):016x}"),
                ("CSeq", "1 OPTIONS"),
                ("Contact", self._line.contact(peer, self.contact_user)),
                ("Accept", "application/sdp"),
            ]
        )
        return Request("OPTIONS", f"sip:{join_host_port(self.host, self.port)}", headers)

    async def _keep_open(self) -> None:
        while True:
            at = self._at
            every = STREAM_KEEP_ALIVE_S if at is not None and at.reliable else UDP_KEEP_ALIVE_S
            await asyncio.sleep(every * self._random.uniform(0.95, 1.15))
            if self._at is not None:
                self._line.keep_open(self._at)
