"""Sockets for SIP: UDP, TCP and TLS, allowed peers only. Bytes go in and out; nothing is understood here."""

import asyncio
import ipaddress
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from itertools import count

import structlog

from voicebot.errors import ConfigurationError
from voicebot.telephony.dual_stack import plain_host, reachable
from voicebot.telephony.sip.connection import StreamConnection, StreamLimits
from voicebot.telephony.sip.events import Peer
from voicebot.telephony.sip.tls import Tls

CONNECT_TIMEOUT_S = 4.0
CLOSE_S = 1.0
"""How long :meth:`SipSockets.stop` lets connections send what is unsent."""
SWEEP_S = 1.0
"""How often connections are looked over for stale ones."""
CERTIFICATE_S = 60.0
"""How often the certificate's files are looked at."""
ACCEPT_AGAIN_S = 0.1
BACKLOG = 128
PORT_TRIES = 20

Address = tuple[str, str, int]
"""Transport, host and port."""

_log = structlog.get_logger(__name__)


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, owner: "SipSockets") -> None:
        self._owner = owner

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._owner.datagram(data, addr[0], addr[1])

    def error_received(self, exc: Exception) -> None:
        # An ICMP answer names no transaction; their timers notice a peer that is gone.
        self._owner.udp_errors += 1


class SipSockets:
    """The sockets of one line. ``refused`` counts datagrams and connections from peers that are not allowed.

    TLS is listened for only when ``tls`` holds a certificate. ``in_use`` says whether a call depends on a flow;
    ``on_lost`` hears of connections of ours that were closed.
    """

    def __init__(
        self,
        *,
        bind: str,
        port: int,
        allowed: Callable[[str], bool],
        on_message: Callable[[bytes, Peer], None],
        on_failed: Callable[[Peer], None],
        tls: Tls,
        tls_port: int = 5061,
        limits: StreamLimits | None = None,
        in_use: Callable[[int], bool] = lambda _: False,
        on_lost: Callable[[Peer], None] = lambda _: None,
    ) -> None:
        self.port = port
        self.tls_port = tls_port
        self.refused = 0
        self.malformed = 0
        self.udp_errors = 0
        self.handshakes_failed = 0
        self.on_message = on_message
        self._bind = bind
        self._allowed = allowed
        self._on_failed = on_failed
        self._on_lost = on_lost
        self._tls = tls
        self._limits = limits or StreamLimits()
        self._in_use = in_use
        self._udp: asyncio.DatagramTransport | None = None
        self._servers: list[asyncio.Server] = []
        self._flows: dict[int, StreamConnection] = {}
        self._by_address: dict[Address, StreamConnection] = {}
        self._hosts: Counter[str] = Counter()
        self._connecting: dict[tuple[Address, str], list[tuple[bytes, Peer]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._numbers = count(1)
        self._timers: list[asyncio.TimerHandle] = []

    @property
    def connections(self) -> int:
        """Connections that are open, or being secured."""
        return self._hosts.total()

    # --- open and close -----------------------------------------------------------------------------

    async def start(self) -> None:
        """Open the sockets (``port`` 0 takes a free one). Raises :class:`ConfigurationError` when one is taken."""
        loop = asyncio.get_running_loop()
        udp, tcp = self._bound_pair()
        secured = None
        if self._tls.server is not None:
            try:
                secured = _bound(socket.SOCK_STREAM, self._bind, self.tls_port)
            except OSError as error:
                udp.close()
                tcp.close()
                raise _taken(self._bind, self.tls_port, "VOICEBOT_SIP__TLS_PORT", error) from error
        self._udp, _ = await loop.create_datagram_endpoint(lambda: _Udp(self), sock=udp)
        self._servers.append(await loop.create_server(lambda: self._connection("TCP"), sock=tcp))
        if secured is not None:
            self.tls_port = secured.getsockname()[1]
            secured.listen(BACKLOG)
            self._spawn(self._accept(secured))
            self._every(CERTIFICATE_S, self._tls.refresh)
        limits = self._limits
        self._every(min(SWEEP_S, limits.silent_s / 2, limits.partial_s / 2, limits.idle_s / 2), self._sweep)

    def _bound_pair(self) -> tuple[socket.socket, socket.socket]:
        """UDP and TCP on the same port."""
        for left in reversed(range(PORT_TRIES)):
            try:
                udp = _bound(socket.SOCK_DGRAM, self._bind, self.port)
                try:
                    tcp = _bound(socket.SOCK_STREAM, self._bind, udp.getsockname()[1])
                except OSError:
                    udp.close()
                    raise
            except OSError as error:
                if self.port == 0 and left:
                    continue  # A port that is free for one may be taken for the other.
                raise _taken(self._bind, self.port, "VOICEBOT_SIP_PORT", error) from error
            self.port = udp.getsockname()[1]
            return udp, tcp
        raise AssertionError("unreachable")

    def _every(self, seconds: float, work: Callable[[], object]) -> None:
        loop = asyncio.get_running_loop()
        place = len(self._timers)

        def again() -> None:
            work()
            self._timers[place] = loop.call_later(seconds, again)

        self._timers.append(loop.call_later(seconds, again))

    async def stop(self) -> None:
        """Close everything."""
        for timer in self._timers:
            timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for server in self._servers:
            server.close()
        open_ones = list(self._flows.values())
        for connection in open_ones:
            connection.close()
        if open_ones:
            await asyncio.wait([connection.closed for connection in open_ones], timeout=CLOSE_S)
        for connection in list(self._flows.values()):
            connection.abort()
        if self._udp is not None:
            self._udp.close()
        for server in self._servers:
            await server.wait_closed()

    # --- out ----------------------------------------------------------------------------------------

    def send(self, data: bytes, peer: Peer) -> None:
        """Send. A connection is opened when there is none; ``on_failed`` hears when that cannot be done.

        Long requests stay on UDP, where RFC 3261 18.1.1 would move them to TCP: trunks that listen on UDP alone are
        common, and IP fragments reach them.
        """
        if ":" in peer.host and ":" not in self._bind:
            asyncio.get_running_loop().call_soon(self._on_failed, peer)  # An IPv6 host, and we are on IPv4.
            return
        if not peer.reliable:
            if self._udp is not None and not self._udp.is_closing():
                self._udp.sendto(data, (reachable(peer.host) if ":" in self._bind else peer.host, peer.port))
            return
        connection = self.connection_to(peer)
        key = ((peer.transport, peer.host, peer.port), peer.name)
        if connection is not None:
            connection.write(data)
        elif key in self._connecting:
            self._connecting[key].append((data, peer))
        else:
            self._connecting[key] = [(data, peer)]
            self._spawn(self._connect(*key))

    def connection_to(self, peer: Peer) -> StreamConnection | None:
        """The open connection on which messages for that peer go, if there is one."""
        connection = self._flows.get(peer.flow)
        if connection is None:
            connection = self._by_address.get((peer.transport, peer.host, peer.port))
        if connection is not None and connection.kind == "TLS" and connection.outgoing:
            return connection if peer.name in ("", connection.name) else None  # None: it proved to be another domain.
        return connection

    def ping(self, peer: Peer) -> None:
        """Keep the way to that peer open: a CRLF that NATs see, answered on connections (RFC 5626 3.5.1)."""
        if not peer.reliable:
            self.send(b"\r\n\r\n", peer)
        elif (connection := self.connection_to(peer)) is not None:
            connection.ping()

    def _source(self, host: str) -> tuple[str, int] | None:
        """Where connections to that host come from: the address that we are bound to, if it is one."""
        unspecified = ipaddress.ip_address(self._bind).is_unspecified
        return None if unspecified or (":" in host) != (":" in self._bind) else (self._bind, 0)

    async def _connect(self, address: Address, name: str) -> None:
        transport, host, port = address
        key = (address, name)
        try:
            context = self._tls.client if transport == "TLS" else None
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                _, connection = await asyncio.get_running_loop().create_connection(
                    lambda: self._connection(transport, outgoing=True, name=(name or host) if context else ""),
                    host,
                    port,
                    local_addr=self._source(host),
                    ssl=context,
                    server_hostname=(name or host) if context is not None else None,
                )
        except (OSError, TimeoutError) as error:
            if isinstance(error, ssl.SSLError):
                self.handshakes_failed += 1
                reason = getattr(error, "verify_message", "") or error.reason
                _log.warning("a TLS connection could not be secured", reason=reason)
            for peer in {peer for _, peer in self._connecting.pop(key, [])}:
                self._on_failed(peer)
            return
        for data, _ in self._connecting.pop(key, []):
            connection.write(data)

    def _connection(
        self, kind: str, *, outgoing: bool = False, name: str = "", admitted: bool = False
    ) -> StreamConnection:
        made = StreamConnection(self, kind, next(self._numbers), outgoing=outgoing, name=name)
        # One that we make ourselves leads to where we mean to go, and one that is secured was let in before.
        made.admitted = outgoing or admitted
        return made

    def _spawn(self, work: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- in -----------------------------------------------------------------------------------------

    def datagram(self, data: bytes, host: str, port: int) -> None:
        """A datagram came."""
        host = plain_host(host)
        if self._allowed(host):
            self.on_message(data, Peer("UDP", host, port))
        else:
            self._refuse()

    async def _accept(self, listener: socket.socket) -> None:
        """Take connections to the TLS port. Who is not allowed does not get as far as a handshake."""
        loop = asyncio.get_running_loop()
        with listener:
            while True:
                try:
                    accepted, address = await loop.sock_accept(listener)
                except OSError:
                    await asyncio.sleep(ACCEPT_AGAIN_S)  # No file descriptor is left, or the caller has gone already.
                    continue
                host = plain_host(address[0])
                if not self._room_for(host):
                    self._refuse()
                    accepted.close()
                    continue
                self._hosts[host] += 1
                self._spawn(self._handshake(accepted, host))

    async def _handshake(self, accepted: socket.socket, host: str) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: self._connection("TLS", admitted=True),
                accepted,
                ssl=self._tls.server,
                ssl_handshake_timeout=self._limits.handshake_s,
            )
        except OSError:
            self.handshakes_failed += 1
        finally:
            # From here on the connection itself is counted, if there is one.
            self._leave(host)

    def admit(self, connection: StreamConnection) -> bool:
        """Whether a new connection may stay."""
        peer = connection.peer
        if peer is None or not (connection.admitted or self._room_for(peer.host)):
            self._refuse()
            connection.peer = None
            return False
        self._hosts[peer.host] += 1
        self._flows[connection.flow] = connection
        self._by_address[(peer.transport, peer.host, peer.port)] = connection
        return True

    def lost(self, connection: StreamConnection) -> None:
        """A connection is closed."""
        peer = connection.peer
        if self._flows.pop(connection.flow, None) is None or peer is None:
            return
        self._leave(peer.host)
        address = (peer.transport, peer.host, peer.port)
        if self._by_address.get(address) is connection:
            del self._by_address[address]
        if connection.outgoing:
            self._on_lost(peer)

    def _room_for(self, host: str) -> bool:
        limits = self._limits
        return self._allowed(host) and self._hosts[host] < limits.per_host and self.connections < limits.connections

    def _leave(self, host: str) -> None:
        self._hosts[host] -= 1
        if self._hosts[host] <= 0:
            del self._hosts[host]

    def _sweep(self) -> None:
        now = asyncio.get_running_loop().time()
        for connection in list(self._flows.values()):
            if connection.stale(now, self._limits, self._in_use):
                connection.abort()

    def _refuse(self) -> None:
        self.refused += 1
        if self.refused in (1, 100, 10_000, 1_000_000):
            _log.warning("dropped a message from a peer that is not allowed", dropped=self.refused)


def _bound(kind: socket.SocketKind, host: str, port: int) -> socket.socket:
    """A socket bound to an address; bound to ``::`` it serves IPv4 too."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, kind)
    try:
        made.setblocking(False)
        if kind is socket.SOCK_STREAM:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family is socket.AF_INET6 and ipaddress.ip_address(host).is_unspecified:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        made.bind((host, port))
    except OSError:
        made.close()
        raise
    return made


def _taken(bind: str, port: int, setting: str, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"cannot listen for SIP on {bind}:{port} ({error.strerror or error}); set {setting} to a free port"
    )
