"""One SIP connection over TCP or TLS: messages in and out, keep-alives (RFC 5626 3.5.1), and when it has gone stale."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, cast

from voicebot.telephony.dual_stack import plain_host
from voicebot.telephony.sip.events import Peer
from voicebot.telephony.sip.framing import PING, StreamFramer

MAX_UNSENT = 1 << 20
"""A connection with more unsent bytes than that is given up."""


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """What connections may cost us. Times are in seconds.

    ``silent_s``: how long after its opening a peer's connection must have brought a message; ``partial_s``: how long a
    message may take to arrive; ``idle_s``: after what silence a connection without a call on it is closed.
    """

    connections: int = 256
    per_host: int = 64
    handshake_s: float = 10.0
    silent_s: float = 32.0
    partial_s: float = 15.0
    idle_s: float = 900.0
    pong_s: float = 10.0


class ConnectionOwner(Protocol):
    """What a connection belongs to."""

    on_message: Callable[[bytes, Peer], None]
    malformed: int

    def admit(self, connection: "StreamConnection") -> bool:
        """Whether a connection that was just made may stay."""
        ...

    def lost(self, connection: "StreamConnection") -> None:
        """It is closed."""
        ...


class StreamConnection(asyncio.Protocol):
    """One connection. ``outgoing`` ones are ours; ``name`` is the domain that a TLS peer proved to be, if it had to."""

    def __init__(self, owner: ConnectionOwner, kind: str, flow: int, *, outgoing: bool = False, name: str = "") -> None:
        self.kind = kind
        self.flow = flow
        self.outgoing = outgoing
        self.name = name
        self.peer: Peer | None = None
        self.admitted = False
        """Whether it was let in before it was made."""
        self.used = False
        """Whether it has brought a message."""
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when it is closed."""
        self._owner = owner
        self._transport: asyncio.Transport | None = None
        self._framer = StreamFramer()
        self._opened = self._heard = asyncio.get_running_loop().time()
        self._partial: float | None = None
        self._pinged: float | None = None
        self._pongs = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open (and secured, when it is TLS)."""
        self._transport = cast(asyncio.Transport, transport)
        host, port = transport.get_extra_info("peername")[:2]
        self.peer = Peer(self.kind, plain_host(host), port, self.flow, self.name)
        if not self._owner.admit(self):
            self.abort()

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        if self.peer is None:
            return
        now = asyncio.get_running_loop().time()
        self._heard = now
        messages = self._framer.feed(data)
        if self._framer.waiting:
            self._partial = now if self._partial is None or messages else self._partial
        else:
            self._partial = None
        if self._pinged is not None and not self._framer.awaiting_pong:
            self._pinged, self._pongs = None, True
        if pongs := self._framer.take_pongs():
            self.write(pongs)
        for message in messages:
            self.used = True
            self._owner.on_message(message, self.peer)
        if self._framer.broken:
            self._owner.malformed += 1
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is closed."""
        self._owner.lost(self)
        if not self.closed.done():
            self.closed.set_result(None)

    def write(self, data: bytes) -> None:
        """Send."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)
            if self._transport.get_write_buffer_size() > MAX_UNSENT:
                self.abort()

    def ping(self) -> None:
        """Ask whether the peer is there; :meth:`stale` notices when one that used to answer does so no more."""
        if self._pinged is None:
            self._pinged = asyncio.get_running_loop().time()
            self._framer.awaiting_pong = True
        self.write(PING)

    def stale(self, now: float, limits: StreamLimits, in_use: Callable[[int], bool]) -> bool:
        """Whether it has outlived its use; ``in_use`` says whether a call depends on that flow."""
        if self._partial is not None and now - self._partial > limits.partial_s:
            return True
        if self._pongs and self._pinged is not None and now - self._pinged > limits.pong_s:
            return True
        if not self.used and not self.outgoing:
            return now - self._opened > limits.silent_s
        return now - self._heard > limits.idle_s and not in_use(self.flow)

    def close(self) -> None:
        """Send what is unsent and close."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()
