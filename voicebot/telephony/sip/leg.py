"""One SIP call as a :class:`~voicebot.telephony.leg.CallLeg`."""

import asyncio
import ipaddress
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import structlog

from voicebot.errors import TelephonyError, TransferRefused
from voicebot.telephony.leg import CallFacts, CallLeg, EndReason, LegEnded, MediaPort
from voicebot.telephony.rtp.stream import RtpStream
from voicebot.telephony.sip.call import Call
from voicebot.telephony.sip.events import CallEnded

if TYPE_CHECKING:
    from voicebot.telephony.sip.line import SipLine

RATE = 8000
GOODBYE_S = 2.0
"""How long :meth:`SipLeg.hangup` waits for the peer's answer to CANCEL or BYE; repeats go on without it."""
ANSWER_S = 35.0
"""How long :meth:`SipLeg.answer` waits for the ACK that brings the media address; longer than 64*T1."""

_log = structlog.get_logger(__name__)


class SipLeg:
    """One party on a SIP line. Made by :class:`~voicebot.telephony.sip.line.SipLine`."""

    def __init__(self, line: "SipLine", call: Call, facts: CallFacts, stream: RtpStream | None = None) -> None:
        self.call = call
        self.on_progress: Callable[[int], None] | None = None
        self.final_status = 0
        self.was_answered = False
        self.up: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the call is answered and confirmed, or over."""
        self._line = line
        self._facts = facts
        self._stream = stream
        self._port: MediaPort | None = None
        self._end: LegEnded | None = None
        self._ended = asyncio.Event()
        self._released = asyncio.Event()
        if stream is not None:
            stream.on_timeout = self._media_timeout

    @property
    def facts(self) -> CallFacts:
        """What the line knows about the call."""
        return self._facts

    @property
    def rate(self) -> int:
        """8000 Hz."""
        return RATE

    @property
    def position(self) -> int:
        """Samples ticked since media began."""
        return self._stream.position if self._stream is not None else 0

    @property
    def end(self) -> LegEnded | None:
        """How it ended, or None while it lives."""
        return self._end

    @property
    def stream(self) -> RtpStream | None:
        """Its media, once there is some (for statistics and measuring)."""
        return self._stream

    def attach(self, port: MediaPort | None) -> MediaPort | None:
        """Let ``port`` listen and speak from the next frame on; gives the one that did before."""
        before, self._port = self._port, port
        if self._end is not None:
            self._port = None
            if port is not None:
                port.ended(self._end)
        elif self._stream is not None:
            self._stream.attach(port)
        return before

    async def ringing(self) -> None:
        """180, while the call is unanswered."""
        self._line.command(lambda ua, now: ua.ring(self.call, now))

    async def answer(self) -> None:
        """200 with our SDP; media runs when this returns. Raises TelephonyError if the caller has gone."""
        self._check_alive()
        if self.call.answered or self._stream is not None:
            return
        try:
            self._stream = stream = await self._line.media.open()
        except TelephonyError:
            await self.reject(503)
            raise
        if self.call.ended:
            stream.close()
        self._check_alive()
        stream.on_timeout = self._media_timeout
        stream.attach(self._port)
        self._line.answer(self, stream.local_port)
        if self.call.offer is None:
            await asyncio.wait((self.up,), timeout=ANSWER_S)
        self._check_alive()
        stream.start()

    def _check_alive(self) -> None:
        if self._end is not None:
            raise TelephonyError("the caller has gone")

    def apply_media(self) -> None:
        """Give the stream what the last negotiation came to. Raises TelephonyError for a forbidden address."""
        parameters = self.call.negotiation.parameters if self.call.negotiation is not None else None
        if self._stream is None or parameters is None:
            return
        host, port = parameters.remote
        if ipaddress.ip_address(host).is_unspecified:
            # The old way to hold: no address. Nothing is sent; the peer's own is named so that it stays allowed.
            host = self.call.peer.host
        self._stream.configure(
            remote=(self._line.media_host(host), port),
            payload_type=parameters.payload_type,
            encoding=parameters.encoding,
            ptime_ms=parameters.ptime_ms,
            event_payload_type=parameters.event_payload_type,
            send=parameters.send,
            receive=parameters.receive,
        )

    def start_media(self) -> None:
        """Let the media clock tick."""
        if self._stream is not None:
            self._stream.start()

    async def reject(self, status: int = 480) -> None:
        """Refuse an unanswered inbound call."""
        if not 300 <= status <= 699:
            raise ValueError("a refusal has a status of 300 to 699")
        self._line.command(lambda ua, now: ua.reject(self.call, status, now))

    async def hangup(self) -> None:
        """End the leg. Its media stops at once; waits at most :data:`GOODBYE_S` for the peer to say that it knows."""
        await self.hangup_for(EndReason.LOCAL_HANGUP)

    async def hangup_for(self, reason: EndReason) -> None:
        """End the leg for another reason."""
        self._line.command(lambda ua, now: ua.hangup(self.call, now, reason))
        try:
            async with asyncio.timeout(GOODBYE_S):
                await self._released.wait()
        except TimeoutError:
            _log.info("the peer did not acknowledge the hang-up in time", call_id=self._facts.call_id)

    async def send_keys(self, keys: str) -> None:
        """Press keys by RFC 4733. Raises TelephonyError when there is no media (any more)."""
        if self._stream is None or self._end is not None:
            raise TelephonyError("the leg has no media")
        await self._stream.send_keys(keys)

    async def transfer(
        self, target: str, *, replaces: CallLeg | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        """Raises TransferRefused: REFER is not spoken yet."""
        raise TransferRefused("this line cannot hand a call on")

    async def wait_ended(self) -> LegEnded:
        """Wait for the end."""
        await self._ended.wait()
        if self._end is None:
            raise TelephonyError("ended without a reason")
        return self._end

    async def wait_released(self) -> None:
        """Wait until the signalling of the ended call is over."""
        await self._released.wait()

    # --- called by the line -------------------------------------------------------------------------

    def confirmed(self) -> None:
        """The call is up."""
        if not self.up.done():
            self.up.set_result(None)

    def finished(self, event: CallEnded) -> None:
        """The core says that the call is over."""
        if self._end is not None:
            return
        self.final_status = event.status
        detail = " ".join(filter(None, (str(event.status or ""), event.detail)))
        self._end = LegEnded(event.reason, detail)
        port, self._port = self._port, None
        if self._stream is not None:
            self._stream.attach(None)
            self._stream.close()
        self.confirmed()
        self._ended.set()
        if port is not None:
            port.ended(self._end)

    def released(self) -> None:
        """The core has forgotten the call."""
        self._released.set()

    def _media_timeout(self) -> None:
        self._line.command(lambda ua, now: ua.hangup(self.call, now, EndReason.MEDIA_TIMEOUT))
