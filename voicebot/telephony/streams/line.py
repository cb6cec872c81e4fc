"""The line on which audio streams arrive: one port for the providers' webhooks and WebSockets, one for AudioSocket."""

import asyncio
import ipaddress
import socket
import uuid
from collections.abc import Callable, Coroutine, Mapping
from http import HTTPStatus
from typing import Any

import structlog

from voicebot.errors import ConfigurationError, DialFailed, TelephonyError
from voicebot.settings import HandoffSettings, StreamSettings
from voicebot.telephony.leg import CallFacts, CallLeg, Direction, EndReason, IncomingHandler, LegEnded
from voicebot.telephony.rtp.clock import MediaClock
from voicebot.telephony.streams.arrival import Arrival
from voicebot.telephony.streams.audiosocket import AudioSocketDialect
from voicebot.telephony.streams.calls import ProviderCall, ProviderCalls
from voicebot.telephony.streams.destination import Destination
from voicebot.telephony.streams.dialect import Dialect, Started
from voicebot.telephony.streams.http import StreamServer
from voicebot.telephony.streams.leg import Connection, StreamLeg
from voicebot.telephony.streams.session import StreamSession
from voicebot.telephony.streams.signature import TelnyxSignature, TwilioSignature
from voicebot.telephony.streams.tcp import TcpConnection
from voicebot.telephony.streams.telnyx import TelnyxDialect
from voicebot.telephony.streams.twilio import TwilioDialect
from voicebot.telephony.streams.twiml import TELNYX, TOKEN, TWILIO, Provider
from voicebot.telephony.streams.webhook import application
from voicebot.telephony.streams.websocket import ServerConnection, WebSocketConnection

UNSTARTED = 32
"""Connections of one dialect that may be open without having started a stream: whoever holds them all keeps out only
others of that dialect, and only for ``start_s``."""
_DIAL_SPARE_S = 30.0

_log = structlog.get_logger(__name__)


class StreamLine:
    """Takes the calls of stream providers. Ports 0 take free ones (see :attr:`port` after :meth:`start`).

    ``clock`` is shared with the other lines. A provider without its secret is not served at all. Raises
    :class:`ConfigurationError` when a destination or key is wrong.
    """

    def __init__(self, settings: StreamSettings, handoff: HandoffSettings, clock: MediaClock) -> None:
        self.clock = clock
        self.calls = ProviderCalls()
        self.malformed = 0
        self.refused = 0
        secret = settings.twilio_auth_token.get_secret_value()
        self.twilio: TwilioSignature | None = None
        self.telnyx = TelnyxSignature(settings.telnyx_public_key) if settings.telnyx_public_key else None
        self._secret = secret
        self._settings = settings
        self._handoff = handoff
        self._dial = {queue: Destination.parse(text) for queue, text in settings.dial.items()}
        self._arrivals: set[Arrival] = set()
        self._legs: set[StreamLeg] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._incoming: IncomingHandler | None = None
        self._server: StreamServer | None = None
        self._audiosocket: asyncio.Server | None = None
        self._accepting = True
        self._allowance = settings.calls_per_second
        self._counted_at = 0.0
        self.public_url = settings.public_url

    # --- what the settings say --------------------------------------------------------------------------

    @property
    def port(self) -> int:
        """Where webhooks and WebSockets arrive."""
        return self._server.port if self._server is not None else self._settings.port

    @property
    def audiosocket_port(self) -> int:
        """Where AudioSocket connections arrive; 0 when they don't."""
        return int(self._audiosocket.sockets[0].getsockname()[1]) if self._audiosocket is not None else 0

    @property
    def media_timeout_s(self) -> float:
        """Seconds without audio after which a call is taken for dead."""
        return self._settings.media_timeout_s

    @property
    def ring_s(self) -> float:
        """Seconds that somebody dialled is rung."""
        return self._handoff.ring_s

    @property
    def accept_s(self) -> float:
        """Seconds that somebody dialled has to take the call."""
        return self._handoff.accept_s

    @property
    def join_by_key(self) -> bool:
        """Whether somebody dialled takes the call with a key."""
        return self._handoff.join_on == "key"

    @property
    def caller_id(self) -> str:
        """Who seems to call when somebody is dialled; empty for the caller."""
        return self._settings.caller_id

    @property
    def dial_s(self) -> float:
        """How long the outcome of a dialling is waited for."""
        return self.ring_s + self.accept_s + _DIAL_SPARE_S

    def destination(self, queue: str, provider: Provider) -> Destination | None:
        """Where this provider dials a queue's callers on to; None when our own line rings the queue's people."""
        found = self._dial.get(queue) or self._dial.get("default")
        return found if found is not None and found.kind in provider.kinds else None

    def may_dial(self, target: str) -> bool:
        """Whether an admin configured this destination."""
        return target in self._settings.dial.values()

    @property
    def legs(self) -> tuple[StreamLeg, ...]:
        """Legs that have not ended."""
        return tuple(self._legs)

    @property
    def connections(self) -> int:
        """Connections that are open."""
        return len(self._arrivals)

    def now(self) -> float:
        """The event loop's time in seconds."""
        return asyncio.get_running_loop().time()

    # --- Line -------------------------------------------------------------------------------------------

    async def start(self, incoming: IncomingHandler) -> None:
        """Listen. Raises ConfigurationError when a port is taken."""
        self._incoming = incoming
        listener = _listen(self._settings.bind, self._settings.port, "streams.port")
        port = int(listener.getsockname()[1])
        self.public_url = self._settings.public_url or f"http://{_host(self._settings.bind)}:{port}"
        if self._secret:
            self.twilio = TwilioSignature(self._secret, self.public_url)
        if self.twilio is None and self.telnyx is None and not self._settings.audiosocket:
            _log.warning("streams are taken, but no provider is set up")
        most = self._settings.max_calls + UNSTARTED
        self._server = StreamServer(application(self), lambda: ServerConnection(self._admit), listener, most)
        await self._server.start()
        if self._settings.audiosocket:
            bind, socket_port = self._settings.audiosocket_bind, self._settings.audiosocket_port
            taken = _listen(bind, socket_port, "streams.audiosocket_port")
            loop = asyncio.get_running_loop()
            self._audiosocket = await loop.create_server(lambda: TcpConnection(self._admit_tcp), sock=taken)

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
    ) -> CallLeg:
        """Raises :class:`DialFailed`: streams are only received."""
        raise DialFailed(501, "this line does not ring out")

    def stop_accepting(self) -> None:
        """Refuse new calls from now on, or have the provider dial a person for them, as when all lines are busy."""
        self._accepting = False

    async def stop(self) -> None:
        """Stop listening; calls in progress are hung up."""
        if self._server is not None:
            self._server.refuse()
        if self._audiosocket is not None:
            self._audiosocket.close()
        await asyncio.gather(*(leg.hangup() for leg in tuple(self._legs)), return_exceptions=True)
        if self._server is not None:
            await self._server.stop()
        for arrival in tuple(self._arrivals):
            arrival.cut_off()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._server = self._audiosocket = None

    # --- arriving ---------------------------------------------------------------------------------------

    def has_room(self, now: float) -> bool:
        """Whether one more call may begin now; if so it is counted."""
        rate = self._settings.calls_per_second
        self._allowance = min(max(1.0, rate), self._allowance + (now - self._counted_at) * rate)
        self._counted_at = now
        if not self._accepting or len(self._legs) >= self._settings.max_calls or self._allowance < 1.0:
            self.refused += 1
            return False
        self._allowance -= 1.0
        return True

    def _admit(self, path: str, headers: Mapping[str, str], connection: WebSocketConnection) -> HTTPStatus:
        """Decide on a WebSocket before the upgrade."""
        match path.partition("?")[0].rstrip("/"):
            case "/twilio/stream":
                if self.twilio is None or not self.twilio.of_stream(path, headers):
                    return self._refuse("the signature of a stream is wrong")
                dialect: Dialect = TwilioDialect()
            case "/telnyx/stream" if self.telnyx is not None:
                dialect = TelnyxDialect()  # its token must prove it: Telnyx signs no WebSockets
            case _:
                return HTTPStatus.NOT_FOUND
        if not self._has_place(dialect):
            return HTTPStatus.SERVICE_UNAVAILABLE
        self._receive(connection, dialect)
        return HTTPStatus.SWITCHING_PROTOCOLS

    def _refuse(self, why: str) -> HTTPStatus:
        self.refused += 1
        _log.warning(why)
        return HTTPStatus.FORBIDDEN

    def _admit_tcp(self, connection: TcpConnection, host: str) -> None:
        peer = ipaddress.ip_address(host.partition("%")[0])
        peer = (peer.ipv4_mapped if isinstance(peer, ipaddress.IPv6Address) else None) or peer
        dialect = AudioSocketDialect()
        if not any(peer in network for network in self._settings.audiosocket_peers) or not self._has_place(dialect):
            self.refused += 1
            connection.abort()
            return
        self._receive(connection, dialect)

    def _has_place(self, dialect: Dialect) -> bool:
        return sum(each.leg is None and each.line == dialect.line for each in self._arrivals) < UNSTARTED

    def _receive(self, connection: WebSocketConnection | TcpConnection, dialect: Dialect) -> None:
        arrival = Arrival(self, connection, dialect, self._settings.start_s)
        connection.on_message = arrival.message
        connection.on_closed = arrival.closed
        self._arrivals.add(arrival)

    def started(self, connection: Connection, session: StreamSession, start: Started) -> StreamLeg | None:
        """A stream has started: a new leg, or the one that waited for it. None when it is to be refused."""
        line = session.dialect.line
        if line == AudioSocketDialect.line:
            if not self.has_room(self.now()):
                return None
            headers = {"call-id": start.call_id}
            facts = CallFacts(uuid.uuid4().hex, line, Direction.INBOUND, headers=headers)
            return self._open(connection, session, facts, None)
        token = start.parameters.get(TOKEN, "")
        call = self.calls.redeem(line, start.call_id, token, self.now())
        if call is None:
            self._refuse("a stream without its token")
            return None
        if call.leg is not None:
            return call.leg if call.leg.resume(connection, session) else None
        if len(self._legs) >= self._settings.max_calls:
            self.refused += 1
            return None
        caller, called = call.caller or start.caller, call.called or start.called
        headers = {"call-id": start.call_id, **call.headers}
        facts = CallFacts(uuid.uuid4().hex, line, Direction.INBOUND, caller, called, headers=headers)
        return self._open(connection, session, facts, call)

    def _open(
        self, connection: Connection, session: StreamSession, facts: CallFacts, call: ProviderCall | None
    ) -> StreamLeg:
        leg = StreamLeg(self, facts, connection, session, call)
        if call is not None:
            call.leg, call.hand_on = leg, None
        self._legs.add(leg)
        _log.info("call came in", call_id=facts.call_id, line=facts.line)
        self._spawn(self._serve(leg))
        return leg

    async def _serve(self, leg: StreamLeg) -> None:
        if self._incoming is None:
            return
        try:
            await self._incoming(leg)
        except TelephonyError as error:
            if leg.end is None:  # else the caller had gone before anybody answered
                _log.warning("serving a call failed", call_id=leg.facts.call_id, error=type(error).__name__)
                leg.finish(LegEnded(EndReason.ERROR, "a failure of the line"))
        except Exception:  # noqa: BLE001 - whatever its handler did wrong, the caller is handed on
            _log.exception("serving a call failed", call_id=leg.facts.call_id)
            leg.finish(LegEnded(EndReason.ERROR, "a defect"))
        if leg.end is None:
            await leg.reject(480)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- told by legs and arrivals ----------------------------------------------------------------------

    def ended(self, leg: StreamLeg) -> None:
        """A leg is over."""
        self._legs.discard(leg)

    def closed(self, arrival: Arrival) -> None:
        """A connection is gone."""
        self._arrivals.discard(arrival)

    def leg_destination(self, queue: str, line: str) -> str | None:
        """What was configured for a queue, as written, if the provider of that line can dial it."""
        provider = {TWILIO.name: TWILIO, TELNYX.name: TELNYX}.get(line)
        if provider is None or self.destination(queue, provider) is None:
            return None
        return self._settings.dial.get(queue) or self._settings.dial.get("default")


def _host(bind: str) -> str:
    return f"[{bind}]" if ":" in bind else bind


def _listen(host: str, port: int, setting: str) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"streams can't be received on {host}:{port} ({error.strerror}): set {setting} to a free port"
        ) from error
    listener.setblocking(False)
    return listener
