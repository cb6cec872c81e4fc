"""Sockets for SIP: UDP and TCP on one port, allowed peers only. Bytes go in and out; nothing is understood here."""

import asyncio
import ipaddress
from collections.abc import Callable
from itertools import count
from typing import cast

import structlog

from voicebot.errors import ConfigurationError
from voicebot.telephony.sip.events import Peer
from voicebot.telephony.sip.framing import StreamFramer

CONNECT_TIMEOUT_S = 4.0
MAX_CONNECTIONS = 256
MAX_UNSENT = 1 << 20
"""A connection with more unsent bytes than that is given up."""

_log = structlog.get_logger(__name__)


def plain_host(host: str) -> str:
    """An address without zone, an IPv4-mapped one as IPv4."""
    address = ipaddress.ip_address(host.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, owner: "SipSockets") -> None:
        self._owner = owner

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._owner.datagram(data, addr[0], addr[1])

    def error_received(self, exc: Exception) -> None:
        # An ICMP answer names no transaction; their timers notice a peer that is gone.
        self._owner.udp_errors += 1


class _Connection(asyncio.Protocol):
    def __init__(self, owner: "SipSockets", flow: int) -> None:
        self.flow = flow
        self.peer: Peer | None = None
        self.transport: asyncio.Transport | None = None
        self._owner = owner
        self._framer = StreamFramer()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        host, port = transport.get_extra_info("peername")[:2]
        self.peer = Peer("TCP", plain_host(host), port, self.flow)
        if not self._owner.admit(self):
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        if self.peer is None or self.transport is None:
            return
        messages = self._framer.feed(data)
        if pongs := self._framer.take_pongs():
            self.transport.write(pongs)
        for message in messages:
            self._owner.on_message(message, self.peer)
        if self._framer.broken:
            self._owner.malformed += 1
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._owner.lost(self)

    def write(self, data: bytes) -> None:
        if self.transport is not None:
            self.transport.write(data)
            if self.transport.get_write_buffer_size() > MAX_UNSENT:
                self.transport.abort()


class SipSockets:
    """The sockets of one line. ``refused`` counts datagrams and connections from peers that are not allowed."""

    def __init__(
        self,
        *,
        bind: str,
        port: int,
        allowed: Callable[[str], bool],
        on_message: Callable[[bytes, Peer], None],
        on_failed: Callable[[Peer], None],
    ) -> None:
        self.port = port
        self.refused = 0
        self.malformed = 0
        self.udp_errors = 0
        self.on_message = on_message
        self._bind = bind
        self._allowed = allowed
        self._on_failed = on_failed
        self._udp: asyncio.DatagramTransport | None = None
        self._server: asyncio.Server | None = None
        self._flows: dict[int, _Connection] = {}
        self._by_address: dict[tuple[str, int], _Connection] = {}
        self._connecting: dict[tuple[str, int], list[tuple[bytes, Peer]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._numbers = count(1)

    async def start(self) -> None:
        """Open both sockets (``port`` 0 takes a free one). Raises :class:`ConfigurationError` when one is taken."""
        loop = asyncio.get_running_loop()
        try:
            udp, _ = await loop.create_datagram_endpoint(lambda: _Udp(self), local_addr=(self._bind, self.port))
            self._udp = udp
            self.port = udp.get_extra_info("sockname")[1]
            self._server = await loop.create_server(self._connection, self._bind, self.port)
        except OSError as error:
            if self._udp is not None:
                self._udp.close()
            message = f"cannot listen for SIP on {self._bind}:{self.port} ({error.strerror or error})"
            raise ConfigurationError(f"{message}; set VOICEBOT_SIP_PORT to a free port") from error

    async def stop(self) -> None:
        """Close everything."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server is not None:
            self._server.close()
        for connection in list(self._flows.values()):
            if connection.transport is not None:
                connection.transport.close()
        if self._udp is not None:
            self._udp.close()
        if self._server is not None:
            await self._server.wait_closed()

    def send(self, data: bytes, peer: Peer) -> None:
        """Send. A TCP connection is opened when there is none; ``on_failed`` hears when that cannot be done.

        Long requests stay on UDP, where RFC 3261 18.1.1 would move them to TCP: trunks that listen on UDP alone are
        common, and IP fragments reach them.
        """
        if not peer.reliable:
            if self._udp is not None and not self._udp.is_closing():
                self._udp.sendto(data, (peer.host, peer.port))
            return
        address = (peer.host, peer.port)
        connection = self._flows.get(peer.flow) or self._by_address.get(address)
        if connection is not None:
            connection.write(data)
        elif address in self._connecting:
            self._connecting[address].append((data, peer))
        else:
            self._connecting[address] = [(data, peer)]
            task = asyncio.get_running_loop().create_task(self._connect(address))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _connect(self, address: tuple[str, int]) -> None:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                _, connection = await asyncio.get_running_loop().create_connection(self._connection, *address)
        except (OSError, TimeoutError):
            for peer in {peer for _, peer in self._connecting.pop(address, [])}:
                self._on_failed(peer)
            return
        for data, _ in self._connecting.pop(address, []):
            connection.write(data)

    def _connection(self) -> _Connection:
        return _Connection(self, next(self._numbers))

    # --- called by the protocols --------------------------------------------------------------------

    def datagram(self, data: bytes, host: str, port: int) -> None:
        """A datagram came."""
        host = plain_host(host)
        if self._allowed(host):
            self.on_message(data, Peer("UDP", host, port))
        else:
            self._refuse()

    def admit(self, connection: _Connection) -> bool:
        """Whether a new connection may stay."""
        peer = connection.peer
        if peer is None or not self._allowed(peer.host) or len(self._flows) >= MAX_CONNECTIONS:
            self._refuse()
            return False
        self._flows[connection.flow] = connection
        self._by_address[(peer.host, peer.port)] = connection
        return True

    def lost(self, connection: _Connection) -> None:
        """A connection is closed. Transactions on it go on: their next message opens a new one."""
        self._flows.pop(connection.flow, None)
        peer = connection.peer
        if peer is not None and self._by_address.get((peer.host, peer.port)) is connection:
            del self._by_address[(peer.host, peer.port)]

    def _refuse(self) -> None:
        self.refused += 1
        if self.refused in (1, 100, 10_000, 1_000_000):
            _log.warning("dropped a message from a peer that is not allowed", dropped=self.refused)
