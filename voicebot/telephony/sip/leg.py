"""One SIP call as a :class:`~voicebot.telephony.leg.CallLeg`."""

import asyncio
import ipaddress
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

import structlog

from voicebot.errors import ProtocolError, TelephonyError, TransferRefused
from voicebot.telephony.leg import CallFacts, CallLeg, EndReason, LegEnded, MediaPort
from voicebot.telephony.quality import MediaQuality
from voicebot.telephony.rtp.stream import RtpStream
from voicebot.telephony.sip.call import Call
from voicebot.telephony.sip.events import (
    CallAnswered,
    CallConfirmed,
    CallEnded,
    CallProgress,
    CallReleased,
    ChangeSettled,
    MediaChanged,
    Output,
    TransferSettled,
)
from voicebot.telephony.sip.message import REASONS
from voicebot.telephony.sip.replaces import Replaces
from voicebot.telephony.sip.uri import Uri

if TYPE_CHECKING:
    from voicebot.telephony.sip.line import SipLine
    from voicebot.telephony.sip.succession import Successor

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
        self._rate: int | None = None
        self._port: MediaPort | None = None
        self._end: LegEnded | None = None
        self._ended = asyncio.Event()
        self._released = asyncio.Event()
        self.on_early_media: Callable[[SipLeg], None] | None = None
        self.successor: Successor | None = None
        """The call that is to take this leg's place with another party."""
        self._deferred: CallEnded | None = None
        self._changes: deque[asyncio.Future[int]] = deque()
        self._sent_on: asyncio.Future[int] | None = None
        if stream is not None:
            stream.on_timeout = self._media_timeout

    @property
    def facts(self) -> CallFacts:
        """What the line knows about the call."""
        return self._facts

    @property
    def rate(self) -> int:
        """That of the codec first agreed on, whatever is negotiated later; before, of the codec that would be."""
        if self._rate is None:
            self._rate = self._line.rate_of(self.call)
        return self._rate

    def quality(self) -> MediaQuality | None:
        """How well the line carried the call so far, or as it ended; None before any media."""
        return self._stream.quality() if self._stream is not None else None

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

    async def announce(self) -> None:
        """Let an unanswered caller hear us (183): the call is not answered, and costs nothing, yet.

        Raises TelephonyError when the caller has gone or takes no early media; the call is still to be answered then.
        """
        self._check_alive()
        if self._stream is None:
            stream = await self._open()
            try:
                self._line.progress(self, stream.local_port)
            except TelephonyError:
                self._stream = None
                stream.close()
                raise
            stream.start()

    async def answer(self) -> None:
        """200 with our SDP; media runs when this returns. Raises TelephonyError if the caller has gone."""
        self._check_alive()
        if self.call.answered or self.call.answer_waiting:
            return
        stream = self._stream or await self._open()
        self._line.answer(self, stream.local_port)
        if self.call.offer is None:
            await asyncio.wait((self.up,), timeout=ANSWER_S)
        self._check_alive()
        stream.start()

    async def _open(self) -> RtpStream:
        try:
            self._stream = stream = await self._line.media.open(self.rate)
        except TelephonyError:
            await self.reject(503)
            raise
        if self.call.ended:
            stream.close()
        self._check_alive()
        stream.on_timeout = self._media_timeout
        stream.attach(self._port)
        return stream

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
            remote=(self._line.hosts.media_host(host), port),
            payload_type=parameters.payload_type,
            encoding=parameters.encoding,
            ptime_ms=parameters.ptime_ms,
            event_payload_type=parameters.event_payload_type,
            send=parameters.send,
            receive=parameters.receive,
            keys=parameters.keys,
            rtcp_mux=parameters.rtcp_mux,
            rtcp_port=parameters.rtcp_port,
        )
        self._rate = self._stream.rate

    def start_media(self) -> None:
        """Let the media clock tick."""
        if self._stream is not None:
            self._stream.start()

    async def reject(self, status: int = 480) -> None:
        """Refuse an unanswered inbound call."""
        if not 300 <= status <= 699:
            raise ValueError("a refusal has a status of 300 to 699")
        self._line.command(lambda ua, now: ua.reject(self.call, status, now))

    async def hangup(self, farewell: Mapping[str, str] | None = None) -> None:
        """End the leg. Its media stops at once; waits at most :data:`GOODBYE_S` for the peer to say that it knows.

        ``farewell`` are headers for the BYE (``User-to-User``, say).
        """
        await self.hangup_for(EndReason.LOCAL_HANGUP, farewell)

    async def hangup_for(self, reason: EndReason, farewell: Mapping[str, str] | None = None) -> None:
        """End the leg for another reason."""
        if self.successor is not None:
            self.successor.give_up()
        headers = farewell or {}
        self._line.command(lambda ua, now: ua.hangup(self.call, now, reason, headers))
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
        """Hand the party on (REFER) and leave once it has reached ``target``: until then it still hears us.

        With ``replaces``, ``target`` may be empty for where that leg's party is. ``headers`` go into the INVITE that
        the party sends. Without either the party is given back: ``headers`` go into our BYE. Raises TransferRefused
        when the party won't, or comes back because nobody took it.
        """
        if self._end is not None or self._sent_on is not None:
            raise TransferRefused("the party has gone, or is being handed on already")
        if not target and replaces is None:
            await self.hangup(headers)
            return
        refer_to = _refer_to(target, replaces, headers or {})
        self._sent_on = asyncio.get_running_loop().create_future()
        try:
            self._line.command(lambda ua, now: ua.refer(self.call, refer_to, now))
            status = await self._sent_on
        finally:
            self._sent_on = None
        if status >= 300:
            raise TransferRefused(REASONS.get(status, "Refused"), status)
        await self.hangup()
        if replaces is not None and replaces.end is None:
            await replaces.hangup()

    async def hold(self) -> None:
        """Ask the party to stop sending; it may be told something still. Raises TelephonyError when it won't."""
        await self._change(on=True)

    async def resume(self) -> None:
        """Hear the party again. Raises TelephonyError when it won't."""
        await self._change(on=False)

    async def _change(self, *, on: bool) -> None:
        if self._end is not None:
            raise TelephonyError("the party has gone")
        settled: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._changes.append(settled)
        try:
            self._line.command(lambda ua, now: ua.hold(self.call, on, now))
        except TelephonyError:
            self._changes.remove(settled)
            raise
        status = await settled
        if status != 200:
            raise TelephonyError(f"the party would not change the session ({status})")

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

    def tell(self, output: Output) -> None:
        """What happens to the leg's call."""
        match output:
            case CallProgress(_, status, early):
                if self.on_progress is not None:
                    self.on_progress(status)
                if early:
                    self._early_media()
            case CallAnswered() | CallConfirmed() | MediaChanged():
                self._media_agreed(answered=isinstance(output, CallAnswered))
            case ChangeSettled(_, status) if self._changes:
                _resolve(self._changes.popleft(), status)
            case TransferSettled(_, status):
                _resolve(self._sent_on, status)
            case CallEnded() if self.successor is not None:
                self._deferred = output  # The peer has left us to whom it sent us.
            case CallEnded():
                self.finished(output)
                _log.info("call ended", call_id=self.facts.call_id, reason=output.reason, status=output.status)
            case CallReleased() if self.successor is None:
                self.released()
            case _:
                pass

    def _media_agreed(self, *, answered: bool) -> None:
        try:
            self.apply_media()
        except TelephonyError:
            self._line.spawn(self.hangup_for(EndReason.ERROR))
            return
        if answered:
            self.was_answered = True
            self.start_media()
        self.confirmed()

    def _early_media(self) -> None:
        """There is something to hear before the answer: a queue's announcement, the network's own words."""
        try:
            self.apply_media()
        except TelephonyError:
            return  # The answer decides; till then there is nothing to hear.
        if self.on_early_media is not None:
            self.start_media()
            self.on_early_media(self)

    def adopt(self, call: Call) -> None:
        """Go on with the party of another call, whose media comes to the same port."""
        self.call = call
        self.was_answered = True
        if call.negotiation is not None and call.negotiation.parameters is not None:
            self._media_agreed(answered=True)

    def remain(self) -> None:
        """Nobody takes over: stay with the old party, if it is still there."""
        if self._deferred is not None:
            self.finished(self._deferred)
            self.released()

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
        _resolve(self._sent_on, 200)  # Wherever it went, it is no longer here.
        while self._changes:
            _resolve(self._changes.popleft(), 481)
        self._ended.set()
        if port is not None:
            port.ended(self._end)

    def released(self) -> None:
        """The core has forgotten the call."""
        self._released.set()

    def _media_timeout(self) -> None:
        self._line.command(lambda ua, now: ua.hangup(self.call, now, EndReason.MEDIA_TIMEOUT))


def _resolve(waiting: asyncio.Future[int] | None, status: int) -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(status)


def _refer_to(target: str, replaces: CallLeg | None, headers: Mapping[str, str]) -> str:
    """The Refer-To value; headers for the INVITE stand in its URI (RFC 3261 19.1.1). Raises TransferRefused."""
    wanted = [(name, value) for name, value in headers.items() if value]
    if replaces is not None:
        dialog = replaces.call.dialog if isinstance(replaces, SipLeg) else None
        if dialog is None or replaces.end is not None:
            raise TransferRefused("there is no call of this line to be replaced")
        target = target or str(dialog.target)
        wanted.insert(0, ("Replaces", str(Replaces.naming(dialog))))
    try:
        uri = Uri.parse(target)
    except ProtocolError as error:
        raise TransferRefused("not an address to be handed on to") from error
    written = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in wanted)
    return f"<{replace(uri, headers=written)}>"
