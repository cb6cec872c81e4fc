"""A plain TCP stream as a :class:`~voicebot.telephony.streams.leg.Connection`."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import cast

from voicebot.telephony.streams.dialect import Wire
from voicebot.telephony.streams.websocket import SEND_BUFFER


class TcpConnection(asyncio.Protocol):
    """One TCP connection, of either side. Its owner sets :attr:`on_message` and :attr:`on_closed`.

    ``on_made``, if given, is called with the peer's host when the socket is open, and may :meth:`abort`.
    """

    def __init__(self, on_made: "Callable[[TcpConnection, str], None] | None" = None) -> None:
        self.on_message: Callable[[Wire], None] = lambda message: None
        self.on_closed: Callable[[str], None] = lambda detail: None
        self._on_made = on_made
        self._transport: asyncio.Transport | None = None

    @property
    def unsent(self) -> int:
        """Bytes that the peer has not taken yet."""
        return self._transport.get_write_buffer_size() if self._transport is not None else 0

    def send(self, message: Wire) -> None:
        """Send bytes; nothing happens once the connection is closing."""
        if self._transport is not None and not self._transport.is_closing() and isinstance(message, bytes):
            self._transport.write(message)

    def close(self) -> None:
        """Close after what was sent."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Cut off."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        self._transport = cast(asyncio.Transport, transport)
        own = transport.get_extra_info("socket")
        with contextlib.suppress(OSError):
            own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            own.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        if self._on_made is not None:
            self._on_made(self, str(transport.get_extra_info("peername")[0]))

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        self.on_message(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone."""
        self.on_closed("" if exc is None else "the connection broke")
