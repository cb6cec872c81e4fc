"""One browser as a :class:`~voicebot.telephony.leg.CallLeg`."""

import asyncio
import time
from collections.abc import Callable, Mapping

import structlog

from voicebot.audio.line_quality import LineQuality
from voicebot.errors import TelephonyError, TransferRefused
from voicebot.telephony.leg import CallFacts, CallLeg, EndReason, KeyPress, LegEnded, MediaPort
from voicebot.telephony.listener import Listener
from voicebot.telephony.quality import MediaQuality
from voicebot.telephony.rtp.clock import MediaClock, unix_now
from voicebot.telephony.webrtc.media import BrowserMedia
from voicebot.telephony.webrtc.wire import BrowserWire

KEY_MS = 100
"""How long a key of the page's keypad is said to have lasted."""

_MOST_EARLY = 20
_REPORT_TICKS = 10
"""So often it is looked whether a report is due: five times a second."""

_log = structlog.get_logger(__name__)


class BrowserLeg:
    """One browser's call. Made by :class:`~voicebot.telephony.webrtc.line.BrowserLine`.

    The leg outlives blinks of the network: it ends when nothing has come from the browser for ``grace_s``.
    ``send_keys_to_page`` shows keys to the other side's page; ``on_end`` is called once.
    """

    def __init__(
        self,
        facts: CallFacts,
        wire: BrowserWire,
        media: BrowserMedia,
        clock: MediaClock,
        *,
        connect_s: float,
        grace_s: float,
        on_end: Callable[["BrowserLeg"], None],
    ) -> None:
        self.wire = wire
        self.media = media
        self._facts = facts
        self._clock = clock
        self._connect_s = connect_s
        self._grace_s = grace_s
        self._on_end = on_end
        self._listener = Listener()
        self._early: str | None = ""  # keys pressed before the first port was attached
        self._end: LegEnded | None = None
        self._ended = asyncio.Event()
        self._closing: asyncio.Task[None] | None = None
        self._running = False
        self._until_report = _REPORT_TICKS
        wire.on_packet = self._packet
        wire.on_report = self._report
        wire.on_closed = self._browser_closed

    @property
    def facts(self) -> CallFacts:
        """What the line knows about the call."""
        return self._facts

    @property
    def rate(self) -> int:
        """16000 Hz with Opus, 8000 with PCMA."""
        return self.media.rate

    @property
    def position(self) -> int:
        """Samples ticked since media began."""
        return self.media.position

    @property
    def end(self) -> LegEnded | None:
        """How it ended, or None while it lives."""
        return self._end

    def attach(self, port: MediaPort | None) -> MediaPort | None:
        """Let ``port`` listen and speak from the next frame on; gives the one that did before."""
        before = self._listener.attach(port, self._end)
        if port is not None and self._end is None:
            early, self._early = self._early, None
            for key in early or "":
                self.press(key)
        return before

    async def ringing(self) -> None:
        """The page says so by itself."""

    async def answer(self) -> None:
        """Wait until the browser is connected, then let media run. Raises TelephonyError when it never is."""
        try:
            async with asyncio.timeout(self._connect_s):
                connected = asyncio.ensure_future(self.wire.up.wait())
                ended = asyncio.ensure_future(self._ended.wait())
                try:
                    await asyncio.wait((connected, ended), return_when=asyncio.FIRST_COMPLETED)
                finally:
                    connected.cancel()
                    ended.cancel()
        except TimeoutError as error:
            self.finish(LegEnded(EndReason.ERROR, "the browser could not be connected"))
            raise TelephonyError("the browser could not be connected") from error
        if self._end is not None:
            raise TelephonyError("the caller has gone")
        if not self._running:
            self._running = True
            self.media.reporter.start(unix_now())
            self._clock.add(self._tick)

    async def reject(self, status: int = 480) -> None:
        """Refuse the call."""
        self.finish(LegEnded(EndReason.REJECTED, str(status)))

    async def hangup(self) -> None:
        """End the leg. Harmless twice."""
        self.finish(LegEnded(EndReason.LOCAL_HANGUP))
        if self._closing is not None:
            await asyncio.shield(self._closing)

    async def transfer(
        self, target: str, *, replaces: CallLeg | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        """A browser can't be handed on: it has no line of its own. Raises :class:`TransferRefused`."""
        raise TransferRefused("a browser can't be handed on to another line")

    async def send_keys(self, keys: str) -> None:
        """A browser takes no keys: the person at it can't hear them. Raises TelephonyError."""
        raise TelephonyError("a browser takes no keys")

    async def wait_ended(self) -> LegEnded:
        """Wait for the end."""
        await self._ended.wait()
        assert self._end is not None
        return self._end

    def quality(self) -> MediaQuality | None:
        """How well the line carried the call so far; None before any media."""
        return self.media.quality_so_far()

    # the line's and the page's hands

    def simulate(self, quality: LineQuality) -> None:
        """From now on the line is as good or bad as that."""
        self.media.simulate(quality)

    def press(self, key: str) -> None:
        """A key of the page's keypad. Pressed before anybody listens, it counts as soon as somebody does."""
        if self._early is not None:
            self._early = (self._early + key)[:_MOST_EARLY]
        else:
            self._listener.key(KeyPress(key, self.position, KEY_MS))

    def finish(self, end: LegEnded) -> None:
        """The leg is over, for whatever reason. Harmless twice."""
        if self._end is not None:
            return
        self._end = end
        self._clock.remove(self._tick)
        port = self._listener.attach(None)
        self._ended.set()
        self._closing = asyncio.get_running_loop().create_task(self.wire.close())
        if port is not None:
            port.ended(end)
        self._on_end(self)

    def _browser_closed(self) -> None:
        self.finish(LegEnded(EndReason.REMOTE_HANGUP, "the browser closed the connection"))

    def _packet(self, data: bytes) -> None:
        self.media.receive(data, self._now())

    def _report(self, data: bytes) -> None:
        self.media.receive_report(data, unix_now())

    def _now(self) -> int:
        return int(time.monotonic() * self.media.rate)

    def _tick(self) -> None:
        heard = self.media.pull(self._now())
        said = self._listener.exchange(heard)
        packet = self.media.push(said)
        if packet is not None:
            self.wire.send(packet)
        self._until_report -= 1
        if self._until_report <= 0:
            self._until_report = _REPORT_TICKS
            report = self.media.report(unix_now())
            if report is not None:
                self.wire.send(report)
        if asyncio.get_running_loop().time() - self.wire.heard_at > self._grace_s:
            self.finish(LegEnded(EndReason.MEDIA_TIMEOUT))
