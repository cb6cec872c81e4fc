"""The browser line: pages that ring the service, and the pages of people that it rings.

A page is one WebSocket, kept by whoever calls :meth:`BrowserLine.connected`. It can ring nobody but this service, and a
person is rung at ``browser:NAME`` only while a page of theirs, with the right to it, has registered.
"""

import asyncio
import ipaddress
import secrets
import uuid
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from voicebot.audio.line_quality import LineQuality
from voicebot.errors import ConfigurationError, DialFailed, ProtocolError, TelephonyError
from voicebot.settings import BrowserSettings
from voicebot.telephony.leg import CallFacts, CallLeg, Direction, EndReason, IncomingHandler, LegEnded
from voicebot.telephony.pace import CallPace
from voicebot.telephony.rtp.clock import MediaClock
from voicebot.telephony.webrtc import messages
from voicebot.telephony.webrtc.leg import BrowserLeg
from voicebot.telephony.webrtc.media import BrowserMedia
from voicebot.telephony.webrtc.page_socket import VERSION
from voicebot.telephony.webrtc.sdp import BrowserCodec, Offer, answer, read_offer
from voicebot.telephony.webrtc.wire import BrowserSockets

SCHEME = "browser"

_log = structlog.get_logger(__name__)

Sender = Callable[[messages.ToPage], None]


@dataclass(eq=False)
class Page:
    """One connected page. ``name`` is its person's account name, empty for someone with a link.

    ``send`` must not block; ``may_take_calls``: whether it may register to be rung.
    """

    name: str
    may_take_calls: bool
    send: Sender
    leg: BrowserLeg | None = None
    registered: bool = False
    version: str = ""
    """Of the dialogue that its calls talk to; empty for the live one."""


@dataclass(eq=False)
class _Pending:
    """A call that rings at a person's pages."""

    name: str
    pages: list[Page]
    headers: Mapping[str, str]
    caller: str
    taken: "asyncio.Future[BrowserLeg]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class BrowserLine:
    """A :class:`~voicebot.telephony.leg.Line` of browsers. ``clock`` is the one that ticks all calls of the process."""

    def __init__(self, settings: BrowserSettings, clock: MediaClock) -> None:
        self._settings = settings
        self._clock = clock
        self._sockets = BrowserSockets(settings.bind, settings.udp_low, settings.udp_high)
        self._hosts = (settings.advertise or settings.bind,)
        self._incoming: IncomingHandler | None = None
        self._accepting = True
        self._pace: CallPace | None = None
        self._legs: dict[str, BrowserLeg] = {}
        self._pages: dict[BrowserLeg, Page] = {}
        self._registered: dict[str, list[Page]] = {}
        self._ringing: dict[str, _Pending] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._losses: dict[BrowserLeg, asyncio.TimerHandle] = {}
        self.on_ended: Callable[[BrowserLeg, Page | None], None] = lambda leg, page: None
        """Called when a leg is over, with the page that it was shown on."""

    @property
    def legs(self) -> tuple[BrowserLeg, ...]:
        """Legs that have not ended."""
        return tuple(self._legs.values())

    def may_begin(self) -> bool:
        """Whether another call, or one in text, may begin in this second; it is counted if so."""
        if not self._accepting:
            return False
        now = asyncio.get_running_loop().time()
        self._pace = self._pace or CallPace(self._settings.calls_per_second, now)
        return self._pace.admits(now)

    def page_of(self, leg: CallLeg) -> Page | None:
        """The page on which a leg is shown now."""
        return self._pages.get(leg) if isinstance(leg, BrowserLeg) else None

    # --- Line -----------------------------------------------------------------------------------------

    async def start(self, incoming: IncomingHandler) -> None:
        """Take calls. Raises ConfigurationError when browsers could not be told where to send their audio."""
        if ipaddress.ip_address(self._hosts[0]).is_unspecified:
            raise ConfigurationError("browser.bind is every address: set browser.advertise to the one to tell browsers")
        if self._settings.udp_low > self._settings.udp_high:
            raise ConfigurationError("browser.udp_low is above browser.udp_high: no port is left for browsers")
        self._incoming = incoming

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
        """Ring every page of the person at ``browser:NAME``; the first to pick up has the call.

        Raises :class:`DialFailed`: 480 when none has registered, 486 when all are in a call, 408 when none picks up,
        603 when one declines. Cancelling the awaiting task stops the ringing.
        """
        scheme, _, name = address.partition(":")
        if scheme != SCHEME or not name:
            raise DialFailed(404, "not a browser's address")
        pages = self._registered.get(name, [])
        free = [page for page in pages if page.leg is None]
        if not free:
            raise DialFailed(486, "Busy Here") if pages else DialFailed(480, "Temporarily Unavailable")
        ring = uuid.uuid4().hex
        kept = {key.lower(): value for key, value in (headers or {}).items()}
        pending = _Pending(name, free, kept, caller_name or caller)
        self._ringing[ring] = pending
        for page in free:
            page.send(messages.Ringing(ring=ring, caller=pending.caller, headers=kept))
        if on_progress is not None:
            on_progress(180)
        try:
            async with asyncio.timeout(timeout_s):
                leg = await asyncio.shield(pending.taken)
                await leg.answer()
        except TimeoutError as error:
            self._drop(pending)
            raise DialFailed(408, "Request Timeout") from error
        except asyncio.CancelledError:
            self._drop(pending)
            raise
        except DialFailed:
            raise
        except TelephonyError as error:
            raise DialFailed(480, "the browser could not be connected") from error
        finally:
            del self._ringing[ring]
            for page in pending.pages:
                page.send(messages.RingOver(ring=ring))
            if not pending.taken.done():
                pending.taken.cancel()
        return leg

    @staticmethod
    def _drop(pending: _Pending) -> None:
        """Nobody wants the call any more that a page has just picked up."""
        if pending.taken.done() and not pending.taken.cancelled() and pending.taken.exception() is None:
            pending.taken.result().finish(LegEnded(EndReason.CANCELLED))

    def stop_accepting(self) -> None:
        """Tell pages that ring, or begin to type, that all lines are busy. People can still be rung on theirs."""
        self._accepting = False

    async def stop(self) -> None:
        """No more calls; those in progress are hung up."""
        self._incoming = None
        for pending in self._ringing.values():
            if not pending.taken.done():
                pending.taken.set_exception(DialFailed(480, "Temporarily Unavailable"))
        for leg in self.legs:
            await leg.hangup()
        for timer in self._losses.values():
            timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- pages ----------------------------------------------------------------------------------------

    def connected(self, name: str, *, may_take_calls: bool, send: Sender, version: str = "") -> Page:
        """A page has connected."""
        return Page(name, may_take_calls, send, version=version)

    def disconnected(self, page: Page, *, cleanly: bool) -> None:
        """A page is gone: it left (its call ends), or its connection was lost (the call waits for it a while)."""
        self._unregister(page)
        leg, page.leg = page.leg, None
        if leg is None or leg.end is not None:
            return
        self._pages.pop(leg, None)
        if cleanly:
            leg.finish(LegEnded(EndReason.REMOTE_HANGUP, "the page was left"))
            return
        loop = asyncio.get_running_loop()
        self._losses[leg] = loop.call_later(
            self._settings.grace_s, leg.finish, LegEnded(EndReason.REMOTE_HANGUP, "the page did not come back")
        )

    async def receive(self, page: Page, message: messages.FromPage) -> None:
        """Do what a page asks; what can't be done is answered with a problem."""
        try:
            await self._act(page, message)
        except ProtocolError as error:
            _log.info("a page's message was refused", reason=str(error))
            page.send(messages.Problem(code="not_understood"))
        except TelephonyError as error:
            _log.warning("a page could not be served", error=str(error))
            page.send(messages.Problem(code="failed"))

    async def _act(self, page: Page, message: messages.FromPage) -> None:
        match message:
            case messages.Ring():
                await self._ring(page, message)
            case messages.Resume(token=token):
                self._resume(page, token)
            case messages.Register():
                self._register(page)
            case messages.Unregister():
                self._unregister(page)
                page.send(messages.Registered(address=None))
            case messages.Accept():
                await self._accept(page, message)
            case messages.Decline(ring=ring):
                pending = self._ringing.get(ring)
                if pending is not None and page in pending.pages and not pending.taken.done():
                    pending.taken.set_exception(DialFailed(603, "Decline"))
            case _ if page.leg is None:
                page.send(messages.Problem(code="no_call"))
            case messages.Reoffer(sdp=sdp):
                self._reoffer(page, page.leg, sdp)
            case messages.Press(key=key):
                page.leg.press(key)
            case messages.SetQuality(quality=quality):
                page.leg.simulate(quality.line())
            case messages.HangUp():
                page.leg.finish(LegEnded(EndReason.REMOTE_HANGUP))
            case _:
                page.send(messages.Problem(code="not_understood"))

    async def _ring(self, page: Page, message: messages.Ring) -> None:
        incoming = self._incoming
        full = len(self._legs) >= self._settings.max_calls
        if page.leg is not None or incoming is None or full or not self.may_begin():
            page.send(messages.Problem(code="busy"))
            return
        leg = await self._open(page, message.sdp, Direction.INBOUND, quality=message.quality.line())
        self._spawn(self._serve(incoming, leg))

    async def _serve(self, incoming: IncomingHandler, leg: BrowserLeg) -> None:
        try:
            await incoming(leg)
        except TelephonyError:
            _log.info("a browser's call ended early", call_id=leg.facts.call_id)
        except Exception:  # noqa: BLE001 - whatever its handler did wrong, a caller is not left hanging
            _log.exception("serving a call failed", call_id=leg.facts.call_id)
        finally:
            leg.finish(LegEnded(EndReason.LOCAL_HANGUP))

    async def _accept(self, page: Page, message: messages.Accept) -> None:
        pending = self._ringing.get(message.ring)
        if pending is None or page not in pending.pages or pending.taken.done() or page.leg is not None:
            page.send(messages.RingOver(ring=message.ring))
            return
        leg = await self._open(page, message.sdp, Direction.OUTBOUND, pending=pending)
        if pending.taken.done():  # another page was faster while ours opened its port
            leg.finish(LegEnded(EndReason.CANCELLED))
            return
        for other in pending.pages:
            if other is not page:
                other.send(messages.RingOver(ring=message.ring))
        pending.pages = [page]
        pending.taken.set_result(leg)

    async def _open(
        self,
        page: Page,
        sdp: str,
        direction: Direction,
        *,
        pending: _Pending | None = None,
        quality: LineQuality | None = None,
    ) -> BrowserLeg:
        offer = read_offer(sdp, _codecs(self._settings))
        wire = await self._sockets.open(offer.fingerprints)
        wire.begin(offer)
        name = f"{SCHEME}:{page.name}" if page.name else ""
        facts = CallFacts(
            uuid.uuid4().hex,
            SCHEME,
            direction,
            caller=pending.caller if pending is not None else name,
            called=name if pending is not None else "",
            headers=pending.headers if pending is not None else {VERSION: page.version} if page.version else {},
        )
        leg = BrowserLeg(
            facts,
            wire,
            BrowserMedia(offer.codec, offer.payload_type, quality),
            self._clock,
            connect_s=self._settings.connect_s,
            grace_s=self._settings.grace_s,
            on_end=self._ended,
        )
        self._legs[secrets.token_urlsafe(24)] = leg
        self._show(leg, page)
        self._send_answer(page, leg, offer)
        return leg

    def _show(self, leg: BrowserLeg, page: Page) -> None:
        self._pages[leg] = page
        page.leg = leg
        timer = self._losses.pop(leg, None)
        if timer is not None:
            timer.cancel()

    def _send_answer(self, page: Page, leg: BrowserLeg, offer: Offer) -> None:
        sdp = answer(
            offer,
            ours=leg.wire.ice.ours,
            fingerprint=self._sockets.fingerprint,
            hosts=self._hosts,
            port=leg.wire.port,
        )
        token = next(token for token, known in self._legs.items() if known is leg)
        page.send(messages.Answer(sdp=sdp, token=token))

    def _reoffer(self, page: Page, leg: BrowserLeg, sdp: str) -> None:
        offer = read_offer(sdp, (leg.media.codec,))
        leg.wire.begin(offer)
        self._send_answer(page, leg, offer)

    def _resume(self, page: Page, token: str) -> None:
        leg = self._legs.get(token)
        if leg is None or page.leg is not None:
            page.send(messages.Problem(code="no_call"))
            return
        before = self._pages.get(leg)
        if before is not None:
            before.leg = None
        self._show(leg, page)
        page.send(messages.Resumed())

    def _register(self, page: Page) -> None:
        if not page.may_take_calls or not page.name:
            page.send(messages.Problem(code="not_allowed"))
            return
        if not page.registered:
            page.registered = True
            self._registered.setdefault(page.name, []).append(page)
        page.send(messages.Registered(address=f"{SCHEME}:{page.name}"))

    def _unregister(self, page: Page) -> None:
        if not page.registered:
            return
        page.registered = False
        pages = self._registered[page.name]
        pages.remove(page)
        if not pages:
            del self._registered[page.name]
        for pending in self._ringing.values():
            if page in pending.pages and page.leg is None:
                pending.pages.remove(page)
                if not pending.pages and not pending.taken.done():
                    pending.taken.set_exception(DialFailed(480, "Temporarily Unavailable"))

    def _ended(self, leg: BrowserLeg) -> None:
        self._legs = {token: known for token, known in self._legs.items() if known is not leg}
        timer = self._losses.pop(leg, None)
        if timer is not None:
            timer.cancel()
        page = self._pages.pop(leg, None)
        if page is not None:
            page.leg = None
        self.on_ended(leg, page)
        _log.info("browser call ended", call_id=leg.facts.call_id, reason=leg.end.reason if leg.end else "")

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _codecs(settings: BrowserSettings) -> tuple[BrowserCodec, ...]:
    return tuple(BrowserCodec(name) for name in settings.codecs)
