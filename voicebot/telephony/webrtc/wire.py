"""The socket of one browser call: STUN, DTLS and SRTP on one UDP port (RFC 7983), with aiortc's DTLS-SRTP.

aiortc's peer connection is not used: its receiver needs a thread and at least 80 ms of buffer for each call, and its
ICE sends to whatever address a browser names. Its DTLS transport is handed an ICE of ours instead.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import cast

import structlog
from aiortc import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport, RTCIceTransport

from voicebot.errors import TelephonyError
from voicebot.telephony.rtp.latch import Address
from voicebot.telephony.webrtc.ice import IceLite, is_stun
from voicebot.telephony.webrtc.sdp import Fingerprint, Offer

_EXPEDITED = 0xB8  # DSCP EF (RFC 3246) in the TOS octet
_LONGEST_QUEUE = 64
"""Datagrams that may wait for DTLS; more are dropped, as a full socket buffer would."""

_log = structlog.get_logger(__name__)


class _Path:
    """What aiortc's DTLS transport needs of an ICE transport: a way for datagrams, and a role.

    The role of an ICE-lite agent is always controlled (RFC 8445 section 6.1.1), with which aiortc begins the handshake.
    """

    role = "controlled"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._out = send
        self._in: asyncio.Queue[bytes | None] = asyncio.Queue()

    def put(self, data: bytes) -> None:
        if self._in.qsize() < _LONGEST_QUEUE:
            self._in.put_nowait(data)

    def close(self) -> None:
        self._in.put_nowait(None)

    async def _recv(self) -> bytes:
        data = await self._in.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        self._out(data)


class _Secured(RTCDtlsTransport):
    """aiortc's DTLS-SRTP, giving decrypted packets as they are instead of to its own receivers."""

    def __init__(
        self,
        path: _Path,
        certificate: RTCCertificate,
        on_packet: Callable[[bytes], None],
        on_report: Callable[[bytes], None],
    ) -> None:
        super().__init__(cast(RTCIceTransport, path), [certificate])
        self._on_packet, self._on_report = on_packet, on_report

    async def _handle_rtp_data(self, data: bytes, arrival_time_ms: int) -> None:
        self._on_packet(data)

    async def _handle_rtcp_data(self, data: bytes) -> None:
        self._on_report(data)

    async def send_packet(self, data: bytes) -> None:
        """Encrypt and send an RTP or RTCP packet. Raises ConnectionError when the transport is not up."""
        await self._send_rtp(data)


class BrowserWire(asyncio.DatagramProtocol):
    """One UDP port. ``on_packet`` takes decrypted RTP and ``on_report`` RTCP; ``on_closed`` hears once that the browser
    has closed DTLS, or that it could not be set up. ``heard_at`` is the loop's time of the last datagram that was the
    browser's."""

    def __init__(self, certificate: RTCCertificate, fingerprints: tuple[Fingerprint, ...]) -> None:
        self.ice = IceLite()
        self.port = 0
        self.up = asyncio.Event()
        self.on_packet: Callable[[bytes], None] | None = None
        self.on_report: Callable[[bytes], None] | None = None
        self.on_closed: Callable[[], None] | None = None
        self.heard_at = asyncio.get_running_loop().time()
        self._transport: asyncio.DatagramTransport | None = None
        self._path = _Path(self._to_network)
        self._dtls = _Secured(self._path, certificate, self._packet, self._report)
        self._fingerprints = fingerprints
        self._handshake: asyncio.Task[None] | None = None
        self._outgoing: asyncio.Queue[bytes] = asyncio.Queue()
        self._sending: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self._closed

    def begin(self, offer: Offer) -> None:
        """An offer came: the first, or one that restarts ICE. Raises TelephonyError for another certificate."""
        if offer.fingerprints != self._fingerprints:
            raise TelephonyError("the offer is of another browser")
        self.ice.begin(offer.ufrag)

    def send(self, data: bytes) -> None:
        """Send an RTP or RTCP packet, if the way is open."""
        if self.up.is_set() and self._outgoing.qsize() < _LONGEST_QUEUE:
            self._outgoing.put_nowait(data)

    async def close(self) -> None:
        """Say goodbye and free the port. Harmless twice."""
        if self._closed:
            return
        self._closed = True
        self.up.clear()
        for task in (self._handshake, self._sending):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        await self._dtls.stop()
        self._path.close()
        if self._transport is not None:
            self._transport.close()

    # asyncio.DatagramProtocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        self._transport = cast(asyncio.DatagramTransport, transport)  # uvloop's is no subclass
        udp = transport.get_extra_info("socket")
        self.port = udp.getsockname()[1]
        if udp.family == socket.AF_INET:
            with contextlib.suppress(OSError):  # a mark for routers; media flows without it too
                udp.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, _EXPEDITED)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """A datagram came."""
        source: Address = (addr[0], addr[1])
        if is_stun(data):
            reply = self.ice.receive(data, source)
            if reply is None or self._transport is None:
                return
            self._heard()
            self._transport.sendto(reply, addr)
            if self.ice.remote is not None and self._handshake is None:
                self._handshake = asyncio.get_running_loop().create_task(self._connect())
        elif self.ice.belongs(source):
            self._heard()
            self._path.put(data)

    def error_received(self, exc: Exception) -> None:
        """The network answered that the browser's port is closed: signalling or the timeout will end the call."""

    def _heard(self) -> None:
        self.heard_at = asyncio.get_running_loop().time()

    def _to_network(self, data: bytes) -> None:
        if self.ice.remote is not None and self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data, self.ice.remote)

    def _packet(self, data: bytes) -> None:
        if self.on_packet is not None:
            self.on_packet(data)

    def _report(self, data: bytes) -> None:
        if self.on_report is not None:
            self.on_report(data)

    async def _connect(self) -> None:
        fingerprints = [RTCDtlsFingerprint(each.algorithm, each.value) for each in self._fingerprints]
        self._dtls.on("statechange", self._changed)
        await self._dtls.start(RTCDtlsParameters(fingerprints=fingerprints))
        if self._dtls.state == "connected":
            self._sending = asyncio.get_running_loop().create_task(self._send_all())
            self.up.set()

    def _changed(self) -> None:
        if self._dtls.state not in ("closed", "failed") or self._closed:
            return
        if self._dtls.state == "failed":
            _log.warning("a browser could not be connected: DTLS failed")
        if self.on_closed is not None:
            self.on_closed()

    async def _send_all(self) -> None:
        while True:
            data = await self._outgoing.get()
            try:
                await self._dtls.send_packet(data)
            except ConnectionError:
                return


class BrowserSockets:
    """Opens wires on the ports of a range, on one address each. ``certificate`` is one for all calls of a process."""

    def __init__(self, bind: str, low: int, high: int) -> None:
        self._bind = bind
        self._ports = range(low, high + 1)
        self._at = 0
        self.certificate = RTCCertificate.generateCertificate()

    @property
    def fingerprint(self) -> Fingerprint:
        """Of our certificate, for answers."""
        prints = self.certificate.getFingerprints()
        found = next(each for each in prints if each.algorithm == "sha-256")
        return Fingerprint(found.algorithm, found.value)

    async def open(self, fingerprints: tuple[Fingerprint, ...]) -> BrowserWire:
        """A wire for the browser with these certificates. Raises :class:`TelephonyError` when no port is free."""
        loop = asyncio.get_running_loop()
        for _ in range(len(self._ports)):
            port = self._ports[self._at % len(self._ports)]
            self._at += 1
            wire = BrowserWire(self.certificate, fingerprints)
            try:
                await loop.create_datagram_endpoint(lambda made=wire: made, local_addr=(self._bind, port))  # type: ignore[misc]
            except OSError:  # something else has it
                continue
            return wire
        raise TelephonyError("no UDP port is free for a browser")
