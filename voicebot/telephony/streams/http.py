"""The HTTP server of the stream line: uvicorn for the webhooks, with our own WebSocket protocol in it."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import cast

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from voicebot.telephony.streams.websocket import ServerConnection

REQUEST_S = 10.0
"""How long a client may take to send its first request: sockets that say nothing are not kept."""
_GRACE_S = 1


class _PromptProtocol(H11Protocol):
    """HTTP for clients that say something soon."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._deadline = self.loop.call_later(REQUEST_S, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._deadline.cancel()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        super().handle_events()
        asked = bool(self.cycle)
        if asked or self.transport.get_protocol() is not self:
            self._deadline.cancel()


class _SignalFree(uvicorn.Server):
    """uvicorn with the signals left to the process that runs it."""

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        """Captures nothing."""
        return nullcontext()


class StreamServer:
    """Serves an application and WebSockets on a socket that is bound; ``most`` bounds its HTTP connections."""

    def __init__(
        self, app: Starlette, websocket: Callable[[], ServerConnection], listener: socket.socket, most: int
    ) -> None:
        def make(**_: object) -> ServerConnection:
            return websocket()

        config = uvicorn.Config(
            app,
            http=_PromptProtocol,
            ws=cast(type[asyncio.Protocol], make),
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            limit_concurrency=most,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=_GRACE_S,
        )
        self.port = int(listener.getsockname()[1])
        self._server = _SignalFree(config)
        self._listener = listener
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Serve; returns when connections are taken."""
        self._task = asyncio.get_running_loop().create_task(self._server.serve(sockets=[self._listener]))
        while not self._server.started and not self._task.done():
            await asyncio.sleep(0.005)
        if self._task.done():
            await self._task

    def refuse(self) -> None:
        """Take no more connections."""
        self._server.should_exit = True

    async def stop(self) -> None:
        """End."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task
            self._task = None
