"""A WebSocket as a :class:`~voicebot.telephony.streams.leg.Connection`: the websockets library's protocol without its
I/O, under an asyncio protocol. A message is sent by the media clock without a task or a lock in between."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import cast

from websockets.client import ClientProtocol
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from voicebot.telephony.streams.dialect import MAX_MESSAGE, Wire

CLOSE_S = 2.0
"""How long a peer may take to answer our close."""
SEND_BUFFER = 1 << 16
"""What the kernel may hold of what we send: a peer who doesn't read is noticed soon."""
_MAX_UNSENT = 1 << 18
_MAX_FRAGMENTS = 64
_MAX_CONTROL_FRAMES = 100
_CLEAN = frozenset((CloseCode.NORMAL_CLOSURE, CloseCode.GOING_AWAY, CloseCode.NO_STATUS_RCVD))


class WebSocketConnection(asyncio.Protocol):
    """One WebSocket, of either side. Its owner sets :attr:`on_message` and :attr:`on_closed`.

    ``on_closed`` is called once, with "" when the peer closed in good order, else with what was wrong.
    """

    def __init__(self, protocol: ServerProtocol | ClientProtocol) -> None:
        self.on_message: Callable[[Wire], None] = lambda message: None
        self.on_closed: Callable[[str], None] = lambda detail: None
        self._protocol = protocol
        self._transport: asyncio.Transport | None = None
        self._parts: list[bytes] = []
        self._opcode = Opcode.TEXT
        self._control = 0
        self._lost = False
        self._timer: asyncio.TimerHandle | None = None

    # Connection

    @property
    def unsent(self) -> int:
        """Bytes that the peer has not taken yet."""
        return self._transport.get_write_buffer_size() if self._transport is not None else 0

    def send(self, message: Wire) -> None:
        """Send a message; nothing happens once the connection is closing."""
        if self._protocol.state is not OPEN:
            return
        if isinstance(message, str):
            self._protocol.send_text(message.encode())
        else:
            self._protocol.send_binary(message)
        self._flush()

    def close(self) -> None:
        """Close in good order; cut off if the peer doesn't answer that in time."""
        if self._protocol.state is OPEN:
            self._protocol.send_close(CloseCode.NORMAL_CLOSURE)
            self._flush()
        self._expect_end()

    def abort(self) -> None:
        """Cut off."""
        if self._transport is not None:
            self._transport.abort()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        self._transport = cast(asyncio.Transport, transport)
        own = transport.get_extra_info("socket")
        if own is not None:
            with contextlib.suppress(OSError):
                own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                own.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        self._protocol.receive_data(data)
        self._take_events()

    def eof_received(self) -> None:
        """The peer sends nothing more."""
        self._protocol.receive_eof()
        self._take_events()

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone."""
        if not self._protocol.reader.eof:
            self._protocol.receive_eof()
        if self._timer is not None:
            self._timer.cancel()
        if not self._lost:
            self._lost = True
            code = self._protocol.close_code
            self.on_closed("" if code in _CLEAN else f"closed with {int(code) if code else 'no code'}")

    # inside

    def _take_events(self) -> None:
        self._flush()
        for event in self._protocol.events_received():
            if isinstance(event, Frame):
                self._frame(event)
            else:
                self.handshake(event)
        self._flush()
        if self._protocol.close_expected():
            self._expect_end()

    def handshake(self, event: Request | Response) -> None:
        """The opening request or its answer came."""
        raise NotImplementedError

    def _frame(self, frame: Frame) -> None:
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            self._opcode, self._parts = frame.opcode, [bytes(frame.data)]
        elif frame.opcode is Opcode.CONT:
            self._parts.append(bytes(frame.data))
        else:
            self._control += 1
            if self._control > _MAX_CONTROL_FRAMES:
                self._protocol.fail(CloseCode.POLICY_VIOLATION, "too many control frames")
            return
        self._control = 0
        if not frame.fin:
            if len(self._parts) > _MAX_FRAGMENTS:
                self._protocol.fail(CloseCode.MESSAGE_TOO_BIG, "too many fragments")
            return
        data, self._parts = b"".join(self._parts), []
        if self._opcode is Opcode.BINARY:
            self.on_message(data)
            return
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self._protocol.fail(CloseCode.INVALID_DATA, "not UTF-8")
            return
        self.on_message(text)

    def _flush(self) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            self._protocol.data_to_send()
            return
        for data in self._protocol.data_to_send():
            if data:
                transport.write(data)
            elif transport.can_write_eof():
                transport.write_eof()
            else:
                transport.close()
        if transport.get_write_buffer_size() > _MAX_UNSENT:
            transport.abort()

    def _expect_end(self) -> None:
        if self._timer is None and self._transport is not None and not self._lost:
            self._timer = asyncio.get_running_loop().call_later(CLOSE_S, self._transport.abort)


Admission = Callable[[str, Mapping[str, str], WebSocketConnection], HTTPStatus]
"""Decides on an opening request by its path and headers (lower-case names): SWITCHING_PROTOCOLS lets it in."""


class ServerConnection(WebSocketConnection):
    """One that was opened by the peer: refused before the upgrade, or let in."""

    def __init__(self, admit: Admission) -> None:
        self._server = ServerProtocol(max_size=MAX_MESSAGE)
        super().__init__(self._server)
        self._admit = admit

    def handshake(self, event: Request | Response) -> None:
        """Let it in or refuse it."""
        assert isinstance(event, Request)
        if self._server.parser_exc is not None:
            self.abort()  # What came right behind the request was no WebSocket: there is nobody to be let in.
            return
        headers = {name.lower(): value for name, value in event.headers.raw_items()}
        response = self._server.accept(event)
        if response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            status = self._admit(event.path, headers, self)
            if status is not HTTPStatus.SWITCHING_PROTOCOLS:
                response = self._server.reject(status, f"{status.phrase}\n")
        self._server.send_response(response)


class ClientConnection(WebSocketConnection):
    """One that we open. ``opened`` is done when the peer has let us in, or failed with its refusal."""

    def __init__(self, protocol: ClientProtocol, headers: Mapping[str, str]) -> None:
        super().__init__(protocol)
        self._client = protocol
        self._headers = headers
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask to be let in."""
        super().connection_made(transport)
        request = self._client.connect()
        for name, value in self._headers.items():
            request.headers[name] = value
        self._client.send_request(request)
        self._flush()

    def handshake(self, event: Request | Response) -> None:
        """We were let in, or not."""
        if self.opened.done():
            return
        if self._client.handshake_exc is None and self._protocol.state is OPEN:
            self.opened.set_result(None)
        else:
            self._refused(event.status_code if isinstance(event, Response) else 0)

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone, perhaps before we were let in."""
        self._refused(0)
        super().connection_lost(exc)

    def _refused(self, status: int) -> None:
        if not self.opened.done():
            self.opened.set_exception(ConnectionRefusedError(status or 0, f"refused with {status}"))
