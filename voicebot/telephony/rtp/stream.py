"""The media of calls on real sockets: one UDP port a call, one clock for all."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable, Sequence
from typing import cast

import structlog

from voicebot.audio.encodings import RTP_CLOCK
from voicebot.audio.frames import FRAME_MS
from voicebot.errors import TelephonyError
from voicebot.settings import Network
from voicebot.telephony.dual_stack import plain_host, reachable
from voicebot.telephony.leg import MediaPort
from voicebot.telephony.listener import Listener
from voicebot.telephony.quality import MediaQuality
from voicebot.telephony.rtp.clock import MediaClock, unix_now
from voicebot.telephony.rtp.latch import Address
from voicebot.telephony.rtp.packet import is_rtcp
from voicebot.telephony.rtp.session import RtpSession
from voicebot.telephony.rtp.srtp import SrtpKeys
from voicebot.telephony.rtp.wire import WireWatch

_EXPEDITED = 0xB8  # DSCP EF (RFC 3246) in the TOS octet
_TICKS_A_SECOND = 1000 // FRAME_MS

_log = structlog.get_logger(__name__)


def _ticks_now() -> int:
    return int(time.monotonic() * RTP_CLOCK)


class _ReportPort(asyncio.DatagramProtocol):
    """The port after RTP's, for a peer's reports."""

    def __init__(self, stream: "RtpStream") -> None:
        self._stream = stream

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """A datagram came."""
        self._stream.report_received(data, addr)


class RtpStream(asyncio.DatagramProtocol):
    """One call's media. Made by :meth:`MediaEngine.open`, configured by signalling, then started.

    ``on_timeout`` is called once when nothing has arrived for the engine's media timeout, counted from
    :meth:`start`, and again only after media has come back. ``wire``, when set, notes voiced packets.
    """

    def __init__(self, engine: "MediaEngine", rate: int | None = None) -> None:
        self.local_port = 0
        self._listener = Listener()
        self.on_timeout: Callable[[], None] | None = None
        self.wire: WireWatch | None = None
        self.session = RtpSession(engine.allowed, rate)
        self._engine = engine
        self._transport: asyncio.DatagramTransport | None = None
        self._reports: asyncio.DatagramTransport | None = None
        self._on_ipv6 = False
        self.unsendable = 0
        """Datagrams for addresses that our socket cannot have: of the other family, or with a port beyond 65535."""
        self._running = False
        self._closed = False
        self._alive_at = 0
        self._counted = 0
        self._timed_out = False
        self._keys_sent: list[asyncio.Future[None]] = []
        self._until_report = _TICKS_A_SECOND

    @property
    def rate(self) -> int:
        """Rate of its frames in Hz: fixed once it is configured."""
        return self.session.rate

    @property
    def position(self) -> int:
        """Samples ticked since :meth:`start`."""
        return self.session.position

    @property
    def closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self._closed

    def attach(self, port: MediaPort | None) -> MediaPort | None:
        """Let ``port`` listen and speak from the next frame on; gives the one that did before."""
        return self._listener.attach(port)

    def configure(
        self,
        *,
        remote: tuple[str, int],
        payload_type: int,
        encoding: str,
        ptime_ms: int,
        event_payload_type: int | None,
        send: bool = True,
        receive: bool = True,
        keys: SrtpKeys | None = None,
        rtcp_mux: bool = False,
        rtcp_port: int | None = None,
    ) -> None:
        """What SDP agreed on; may be called again (re-INVITE, hold). ``keys`` None is media in clear.

        Raises :class:`TelephonyError` for a remote outside the allowed networks, and its subclass
        ``ProtocolError`` for an encoding that we don't speak.
        """
        self.session.configure(
            remote=remote,
            payload_type=payload_type,
            encoding=encoding,
            ptime_ms=ptime_ms,
            event_payload_type=event_payload_type,
            send=send,
            receive=receive,
            keys=keys,
            rtcp_mux=rtcp_mux,
            rtcp_port=rtcp_port,
        )
        self._alive_at = self.position

    def start(self) -> None:
        """The media clock begins to tick. Harmless twice."""
        if self._running or self._closed:
            return
        self._running = True
        self._alive_at = self.position
        self.session.reporter.start(unix_now())
        self._engine.clock.add(self._tick)

    async def send_keys(self, keys: str) -> None:
        """Press keys; returns when they are sent, or the stream is closed. ValueError for a wrong key."""
        if self._closed or not keys:
            return
        self.session.press(keys)
        if not self._running:
            return
        sent: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._keys_sent.append(sent)
        await sent

    def close(self) -> None:
        """Stop and free the port. Harmless twice."""
        if self._closed:
            return
        self._closed = True
        self._engine.clock.remove(self._tick)
        self._running = False
        self._send_report(self.session.goodbye())
        for transport in (self._transport, self._reports):
            if transport is not None:
                transport.close()
        self._release_keys()
        self._engine.release(self)

    async def bind(self, host: str, port: int) -> None:
        """Open its two sockets. Raises OSError, with neither open, when one port is taken."""
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=(host, port))
        try:
            self._reports, _ = await loop.create_datagram_endpoint(
                lambda: _ReportPort(self), local_addr=(host, port + 1)
            )
        except OSError:
            if self._transport is not None:
                self._transport.close()
            raise

    # asyncio.DatagramProtocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        self._transport = cast(asyncio.DatagramTransport, transport)  # uvloop's is no subclass
        udp = transport.get_extra_info("socket")
        self.local_port = udp.getsockname()[1]
        self._on_ipv6 = udp.family == socket.AF_INET6
        with contextlib.suppress(OSError):  # a mark for routers; media flows without it too
            if self._on_ipv6:
                udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, _EXPEDITED)
            else:
                udp.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, _EXPEDITED)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """A datagram came."""
        if not self._running:
            return
        if is_rtcp(data):
            self.report_received(data, addr)
            return
        now = time.monotonic()
        heard = self.session.receive(data, self._source(addr), int(now * RTP_CLOCK))
        if heard.audio is not None and self.wire is not None:
            self.wire.note_received(now, heard.audio, heard.rate)
        for press in heard.keys:
            self._listener.key(press)

    def _source(self, addr: tuple[str, int]) -> Address:
        return (plain_host(addr[0]), addr[1]) if self._on_ipv6 else (addr[0], addr[1])

    def _address(self, target: Address) -> Address:
        return (reachable(target[0]), target[1]) if self._on_ipv6 else target

    def report_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """RTCP came, on its own port or on RTP's."""
        if self._running:
            self.session.receive_rtcp(data, self._source(addr), unix_now())

    def quality(self) -> MediaQuality | None:
        """How well the line carried the call so far; None before any media."""
        return self.session.quality()

    def error_received(self, exc: Exception) -> None:
        """The network answered that the peer's port is closed: signalling or the timeout will end the call."""

    def _tick(self) -> None:
        session = self.session
        heard, keys = session.pull(_ticks_now())
        for press in keys:
            self._listener.key(press)
        said = self._listener.exchange(heard)
        for datagram in session.push(said):
            if self.wire is not None and (audio := session.decode_sent(datagram)) is not None:
                self.wire.note_sent(time.monotonic(), audio, _rate_of(session))
            self._send(self._transport, session.seal(datagram), session.target)
        self._until_report -= 1
        if self._until_report <= 0:
            self._until_report = _TICKS_A_SECOND // 5
            self._send_report(session.report(unix_now()))
        if self._keys_sent and not session.keys_pending:
            self._release_keys()
        self._watch()

    def _send_report(self, datagram: bytes | None) -> None:
        if datagram is not None:
            transport = self._transport if self.session.rtcp_mux else self._reports
            self._send(transport, datagram, self.session.rtcp_target)

    def _send(self, transport: asyncio.DatagramTransport | None, datagram: bytes, target: Address | None) -> None:
        """Send to where the peer wants it. Addresses come from the peer: one that cannot be must not stop the clock."""
        if transport is None or target is None or transport.is_closing():
            return
        host, port = self._address(target)
        if port > 0xFFFF or (":" in host and not self._on_ipv6):
            self.unsendable += 1
        else:
            transport.sendto(datagram, (host, port))

    def _watch(self) -> None:
        session = self.session
        # A peer that suppresses its silence still reports.
        signs = session.stats.received + session.stats.reports
        if signs != self._counted:
            self._counted, self._timed_out = signs, False
            self._alive_at = session.position
        elif not (session.receiving and session.sending):  # on hold, and a phone on hold need not send anything
            self._alive_at = session.position
        elif not self._timed_out and session.position - self._alive_at >= self._engine.media_timeout_s * session.rate:
            self._timed_out = True
            if self.on_timeout is not None:
                self.on_timeout()

    def _release_keys(self) -> None:
        waiting, self._keys_sent = self._keys_sent, []
        for sent in waiting:
            if not sent.done():
                sent.set_result(None)


def _rate_of(session: RtpSession) -> int:
    return session.rate if session.encoding is None else session.encoding.rate


class MediaEngine:
    """Allocates ports and ticks all calls of a process with one clock."""

    def __init__(self, *, bind: str, low: int, high: int, allowed: Sequence[Network], media_timeout_s: float) -> None:
        self.allowed = tuple(allowed)
        self.media_timeout_s = media_timeout_s
        self.clock = MediaClock()
        self._bind = bind
        self._ports = range(low + low % 2, high + 1, 2)
        self._at = 0
        self._streams: dict[int, RtpStream] = {}

    async def start(self) -> None:
        """Begin. Raises TelephonyError when the range holds no even port."""
        if not self._ports:
            raise TelephonyError("the RTP port range holds no even port")

    async def stop(self) -> None:
        """Close all streams and stop the clock."""
        for stream in tuple(self._streams.values()):
            stream.close()
        self.clock.stop()

    @property
    def streams(self) -> int:
        """Streams open now."""
        return len(self._streams)

    async def open(self, rate: int | None = None) -> RtpStream:
        """A stream on an even port of its own, with the odd one after it for reports.

        ``rate`` fixes that of its frames; None leaves it to the first encoding that is agreed on. Raises
        :class:`TelephonyError` when no pair of ports is free.
        """
        for _ in range(len(self._ports)):
            port = self._ports[self._at % len(self._ports)]
            self._at += 1
            if port in self._streams:
                continue
            stream = RtpStream(self, rate)
            self._streams[port] = stream
            try:
                await stream.bind(self._bind, port)
            except OSError:  # another process has one of the two
                del self._streams[port]
                continue
            except BaseException:  # whoever wanted it has gone: neither sockets nor ports may stay
                stream.close()
                self._streams.pop(port, None)
                raise
            return stream
        raise TelephonyError("no RTP port is free")

    def release(self, stream: RtpStream) -> None:
        """A stream closed: its port may be used again. Called by the stream."""
        self._streams.pop(stream.local_port, None)
