"""One call that comes as an audio stream, as a :class:`~voicebot.telephony.leg.CallLeg`.

It outlives its connection: while the provider dials somebody for the caller there is no stream, and when nobody
answers a new one brings the caller back to the same leg. So does a new one after a connection that broke.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

import structlog

from voicebot.audio.frames import AudioFrame
from voicebot.errors import TelephonyError, TransferRefused
from voicebot.telephony.leg import CallFacts, CallLeg, EndReason, KeyPress, LegEnded, MediaPort
from voicebot.telephony.listener import Listener
from voicebot.telephony.quality import MediaQuality
from voicebot.telephony.streams.calls import HandOn, ProviderCall
from voicebot.telephony.streams.destination import Destination
from voicebot.telephony.streams.dialect import Failed, Key, Stopped, StreamEvent, Wire
from voicebot.telephony.streams.muted import Muted
from voicebot.telephony.streams.session import StreamSession

if TYPE_CHECKING:
    from voicebot.telephony.streams.line import StreamLine

KEY_MS = 100
"""How long a pressed key is said to have lasted: no dialect tells."""
MAX_UNSENT = 1 << 16
"""Bytes that may wait to be sent, about five seconds of audio. A peer who reads more slowly has lost the call."""
GOODBYE_S = 2.0
"""How long the end of what was said is waited for before the stream is closed."""
ASK_S = 10.0
"""How long a provider may take from the end of a stream to asking what to do next."""

_log = structlog.get_logger(__name__)


class Connection(Protocol):
    """What carries a stream's messages. Nothing here waits."""

    @property
    def unsent(self) -> int:
        """Bytes that the peer has not taken yet."""
        ...

    def send(self, message: Wire) -> None:
        """Send a message; nothing happens once the connection is gone."""
        ...

    def close(self) -> None:
        """End it in good order, after what was sent."""
        ...

    def abort(self) -> None:
        """End it at once."""
        ...


class StreamLeg:
    """One party on a stream line. Made by the line once the stream has started and proven whose it is."""

    def __init__(
        self,
        line: "StreamLine",
        facts: CallFacts,
        connection: Connection,
        session: StreamSession,
        call: ProviderCall | None,
    ) -> None:
        self._line = line
        self._facts = facts
        self._connection: Connection | None = connection
        self._session = session
        self._call = call
        self._base = 0  # samples ticked with earlier connections
        self._listener = Listener()
        self._end: LegEnded | None = None
        self._ended = asyncio.Event()
        self._came_back = asyncio.Event()
        self._keys_sent: list[asyncio.Future[None]] = []
        self._ticking = False
        self._leaving = False
        self._giving_up: asyncio.TimerHandle | None = None

    @property
    def facts(self) -> CallFacts:
        """What the line knows about the call."""
        return self._facts

    @property
    def rate(self) -> int:
        """Sampling rate of the dialect in Hz."""
        return self._session.dialect.rate

    @property
    def position(self) -> int:
        """Samples ticked since the answer."""
        return self._base + self._session.inbound.position

    @property
    def end(self) -> LegEnded | None:
        """How it ended, or None while it lives."""
        return self._end

    @property
    def session(self) -> StreamSession:
        """Its media (for statistics and measuring)."""
        return self._session

    def quality(self) -> MediaQuality | None:
        """How well the stream carries the call, or did; None before any media."""
        return self._session.quality()

    def attach(self, port: MediaPort | None) -> MediaPort | None:
        """Let ``port`` listen and speak from the next frame on; gives the one that did before."""
        return self._listener.attach(port, self._end)

    async def ringing(self) -> None:
        """Nothing: the provider has answered before the stream came."""

    async def answer(self) -> None:
        """Let the media clock tick. Raises TelephonyError if the caller has gone."""
        if self._end is not None:
            raise TelephonyError("the caller has gone")
        if not self._ticking:
            self._ticking = True
            self._session.heard_at = self._line.now()
            self._line.clock.add(self._tick)

    async def reject(self, status: int = 480) -> None:
        """End the stream without a conversation: the provider asks what to do and hears that nobody is here."""
        self.finish(LegEnded(EndReason.REJECTED, str(status)))

    async def hangup(self) -> None:
        """End the call once the end of what was said has been heard; waits at most :data:`GOODBYE_S`."""
        if self._end is None and not self._leaving:
            await self._let_finish()
            if self._call is not None:
                self._call.over = True
        self.finish(LegEnded(EndReason.LOCAL_HANGUP))

    async def send_keys(self, keys: str) -> None:
        """Press keys, as tones. Raises TelephonyError when there is no media (any more)."""
        if self._end is not None or not self._ticking:
            raise TelephonyError("the leg has no media")
        if not keys:
            return
        self._session.press(keys)
        sent: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._keys_sent.append(sent)
        await sent

    async def transfer(
        self, target: str, *, replaces: CallLeg | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        """Close the stream and let the provider dial ``target``, which must be a configured destination.

        Raises :class:`TransferRefused`: with the leg up when the target or the dialect won't do, or when nobody
        answered and the provider brought the caller back; with the leg over when the caller went meanwhile.
        """
        if replaces is not None:
            raise TransferRefused("a provider cannot replace a leg of ours")
        await self.hand_on(target, headers=headers)

    def destination(self, queue: str) -> str | None:
        """Where the provider dials this caller on to for a queue; None when our own line does."""
        return self._line.leg_destination(queue, self._facts.line) if self._call is not None else None

    async def hand_on(self, target: str, *, headers: Mapping[str, str] | None = None, whisper: str = "") -> None:
        """:meth:`transfer`, with words for the person who answers, before they are joined."""
        call = self._call
        if call is None:
            raise TransferRefused("this line hands nobody on")
        if not self._line.may_dial(target):
            raise TransferRefused("not a configured destination", 403)
        if self._end is not None or self._leaving:
            raise TransferRefused("the caller has gone")
        self._leaving = True
        try:
            await self._let_finish()
            if self._end is not None:
                raise TransferRefused("the caller has gone")
            result: asyncio.Future[int] = asyncio.get_running_loop().create_future()
            call.hand_on = wish = HandOn(Destination.parse(target), headers or {}, whisper, result)
            self._came_back.clear()
            self._park()
            await self._dialled(wish)
        finally:
            self._leaving = False

    async def _dialled(self, wish: HandOn) -> None:
        """Wait for what becomes of the provider's dialling."""
        ended = asyncio.ensure_future(self._ended.wait())
        asked = asyncio.ensure_future(wish.asked.wait())
        try:
            await asyncio.wait((ended, asked), timeout=ASK_S, return_when=asyncio.FIRST_COMPLETED)
            if asked.done() and not ended.done():
                await asyncio.wait((ended, wish.result), timeout=self._line.dial_s, return_when=asyncio.FIRST_COMPLETED)
            if self._end is None and wish.result.done() and wish.result.result() == 0:
                self.finish(LegEnded(EndReason.LOCAL_HANGUP, "handed on"))
                return
            if self._end is None and wish.result.done():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(ASK_S):
                        await self._came_back.wait()
            status = wish.result.result() if wish.result.done() else 0
            if self._connection is None:
                self.finish(LegEnded(EndReason.REMOTE_HANGUP))
                raise TransferRefused("the caller has gone", status)
            raise TransferRefused("nobody took the call", status)
        finally:
            ended.cancel()
            asked.cancel()

    async def wait_ended(self) -> LegEnded:
        """Wait for the end."""
        await self._ended.wait()
        if self._end is None:
            raise TelephonyError("ended without a reason")
        return self._end

    # a leg whose peer buffers

    def clear(self) -> None:
        """What was said and has not been heard yet need not be heard any more."""
        self._send(self._session.clear(self._line.now()))

    @property
    def unheard(self) -> int:
        """Samples said that may not have been heard yet."""
        return self._session.unheard(self._line.now())

    # called by the line

    def happened(self, event: StreamEvent) -> None:
        """The peer said something other than audio."""
        match event:
            case Key(key):
                self._press(key)
            case Stopped():
                self.finish(LegEnded(EndReason.REMOTE_HANGUP))
            case Failed(detail):
                _log.warning("the stream's peer reports a failure", call_id=self._facts.call_id, detail=detail)
            case _:
                pass

    def lost(self, connection: Connection, detail: str = "") -> None:
        """A connection is gone. It ends the leg, unless we closed it to have the caller dialled on.

        ``detail`` tells what was wrong with it: then a provider has a moment to bring the caller back on another.
        Without, the peer closed it in good order.
        """
        if connection is not self._connection or self._end is not None:
            return
        self._connection = None
        if not detail:
            self.finish(LegEnded(EndReason.REMOTE_HANGUP))
        elif self._call is None:
            self.finish(LegEnded(EndReason.ERROR, detail))
        else:
            self._wait_for_another(detail)

    def _wait_for_another(self, detail: str) -> None:
        def give_up() -> None:
            if self._connection is None and not self._leaving:
                self.finish(LegEnded(EndReason.ERROR, detail))

        _log.warning("a stream broke", call_id=self._facts.call_id, detail=detail)
        self._giving_up = asyncio.get_running_loop().call_later(ASK_S, give_up)

    def resume(self, connection: Connection, session: StreamSession) -> bool:
        """The caller is back on a new stream, which takes the place of one that hangs; False when the leg is over."""
        if self._end is not None or session.dialect.rate != self.rate:
            return False
        if self._connection is not None:
            self._connection.abort()
        if self._giving_up is not None:
            self._giving_up.cancel()
        self._base = self.position
        self._connection, self._session = connection, session
        self._came_back.set()
        return True

    def finish(self, end: LegEnded) -> None:
        """The leg is over, for whatever reason. Harmless twice."""
        if self._end is not None:
            return
        self._end = end
        if self._giving_up is not None:
            self._giving_up.cancel()
        if self._ticking:
            self._line.clock.remove(self._tick)
        if end.reason in (EndReason.ERROR, EndReason.MEDIA_TIMEOUT):
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.abort()
        self._park()
        if self._call is not None and self._call.leg is self:
            self._call.leg = None
        self._release_keys()
        port = self._listener.attach(None)
        self._ended.set()
        self._line.ended(self)
        _log.info("call ended", call_id=self._facts.call_id, reason=end.reason, detail=end.detail)
        if port is not None:
            port.ended(end)

    # media

    def _park(self) -> None:
        """Close the stream; the leg may go on without."""
        connection, self._connection = self._connection, None
        if connection is not None:
            goodbye = self._session.dialect.goodbye()
            if goodbye is not None:
                connection.send(goodbye)
            connection.close()

    async def _let_finish(self) -> None:
        """Let the peer play what it has: nobody's last words are cut off."""
        if self._connection is None or not self._ticking:
            return
        self.attach(Muted(self._listener.port))
        loop = asyncio.get_running_loop()
        deadline = loop.time() + GOODBYE_S
        while self._end is None and loop.time() < deadline and not self._session.played_out(self._line.now()):
            await asyncio.sleep(0.02)
        if isinstance(self._listener.port, Muted):
            self.attach(self._listener.port.behind)

    def _tick(self) -> None:
        heard = self._session.pull()
        if self._base:
            heard = AudioFrame(heard.samples, heard.rate, self._base + heard.position, heard.concealed)
        said = self._listener.exchange(heard)
        now = self._line.now()
        if self._connection is not None:
            self._send(self._session.push(said, now))
            self._watch(now)
        if self._keys_sent and not self._session.keys_pending:
            self._release_keys()

    def _send(self, messages: list[Wire]) -> None:
        connection = self._connection
        if connection is not None:
            for message in messages:
                connection.send(message)

    def _watch(self, now: float) -> None:
        if self._connection is not None and self._connection.unsent > MAX_UNSENT:
            self.finish(LegEnded(EndReason.ERROR, "the peer reads too slowly"))
        elif now - self._session.heard_at > self._line.media_timeout_s:
            self.finish(LegEnded(EndReason.MEDIA_TIMEOUT))

    def _press(self, key: str) -> None:
        self._listener.key(KeyPress(key, self.position, KEY_MS))

    def _release_keys(self) -> None:
        waiting, self._keys_sent = self._keys_sent, []
        for sent in waiting:
            if not sent.done():
                sent.set_result(None)
