"""The web process."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator
from functools import partial
from ipaddress import ip_address

import structlog
import uvicorn

from voicebot.errors import ConfigurationError, RecordsUnavailable
from voicebot.handoff.desk_events import DeskEvents
from voicebot.handoff.forgetting import forget_desk
from voicebot.outbox.service import courier_at_work
from voicebot.records.retention import keep_forgetting
from voicebot.records.store import RecordStore
from voicebot.settings import Settings
from voicebot.telephony.webrtc.page_socket import MAX_MESSAGE
from voicebot.web.app import create_app
from voicebot.web.media_status import MediaStatusClient

log = structlog.get_logger(__name__)

_RETRY_S = 3.0
_GRACE_S = 5


class SignalFreeServer(uvicorn.Server):
    """uvicorn with the signals left to the event loop, so that SIGTERM ends in exit status 0."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises :class:`ConfigurationError` when the port is taken."""
    asyncio.run(serve(settings))


async def serve(settings: Settings) -> None:
    """The web process's whole life. A database that is away only makes it not ready."""
    store = RecordStore(settings.database)
    app = create_app(settings, store, MediaStatusClient(settings.media_socket))
    listener = _listen(settings.http_bind, settings.http_port)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        ws="websockets-sansio",
        ws_max_size=MAX_MESSAGE,
        timeout_graceful_shutdown=_GRACE_S,
    )
    server = SignalFreeServer(config)

    def stop() -> None:
        server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    following: asyncio.Task[None] | None = None
    keeping = asyncio.create_task(_keep(store, settings.records.keep_days))
    if in_clear(settings):
        log.warning("web.in_clear", advice="set VOICEBOT_WEB__PUBLIC_URL to the https address of a proxy in front")
    log.info("web.ready", port=listener.getsockname()[1])
    try:
        async with courier_at_work(settings, store.database):
            if settings.outbox.webhooks:  # nobody else wants to know
                following = asyncio.create_task(DeskEvents(store.database).run())
            await server.serve(sockets=[listener])
    finally:
        for task in (keeping, following):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        await store.close()
        log.info("web.stopped")


def in_clear(settings: Settings) -> bool:
    """Whether passwords may cross a network unencrypted: others reach us, and nothing says that they do by HTTPS."""
    try:
        loopback = ip_address(settings.http_bind).is_loopback
    except ValueError:
        loopback = settings.http_bind == "localhost"
    return not loopback and not settings.web.public_url.lower().startswith("https:")


async def _keep(store: RecordStore, keep_days: int) -> None:
    """Bring the database to the newest state, then see to it that old calls are forgotten."""
    while True:
        try:
            await store.upgrade()
        except RecordsUnavailable as error:
            log.warning("web.database_down", error=type(error).__name__)
            await asyncio.sleep(_RETRY_S)
        else:
            break
    await keep_forgetting(store, keep_days, partial(forget_desk, store.database))


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"the web server can't listen on {host}:{port} ({error.strerror}): set VOICEBOT_HTTP_PORT to a free port"
        ) from error
    listener.setblocking(False)
    return listener
