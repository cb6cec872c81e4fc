"""Ring a line as a citizen would, over any :class:`~voicebot.telephony.leg.Line`."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from ipaddress import ip_address, ip_network
from typing import Any, get_args

from voicebot.caller.citizen import CallerEvent, CallerTurn, Citizen, EventName, Say, take_seat
from voicebot.caller.report import CallReport
from voicebot.errors import DialFailed
from voicebot.settings import Codec, Network, SipSettings, SrtpMode
from voicebot.telephony.leg import CallLeg, EndReason, LegEnded, Line
from voicebot.telephony.quality import Measured
from voicebot.telephony.rtp.wire import WireWatch
from voicebot.telephony.sip.leg import SipLeg
from voicebot.telephony.sip.line import SipLine
from voicebot.telephony.sip.uri import Uri

Print = Callable[[dict[str, Any]], None]

_RTP_RANGE = (40000, 48998)  # away from the service's own ports, so that both fit on one machine


async def _nobody(leg: CallLeg) -> None:
    await leg.reject(486)


async def _networks(address: str) -> tuple[Network, ...]:
    """The host of an address, alone: the networks that this phone talks to. Empty when it can't be found."""
    host = Uri.parse(address).host.strip("[]")
    with contextlib.suppress(ValueError):
        return (ip_network(ip_address(host)),)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None)
    except OSError:
        return ()
    return tuple({ip_network(ip_address(entry[4][0])) for entry in found})


@contextlib.asynccontextmanager
async def citizens_phone(
    address: str, codecs: Sequence[Codec] = get_args(Codec), *, encrypted: bool = False
) -> AsyncIterator[SipLine]:
    """A SIP line of its own, on free ports, that may ring ``address`` and nobody else.

    It speaks ``codecs``, best first; ``encrypted`` insists on SRTP, over TLS or not.
    """
    networks = await _networks(address)
    loopback = all(network.is_loopback for network in networks)
    ipv6 = bool(networks) and all(network.version == 6 for network in networks)
    own, every = ("::1", "::") if ipv6 else ("127.0.0.1", "0.0.0.0")  # noqa: S104 - only the address rung is let in
    settings = SipSettings(
        bind=own if loopback else every,
        rtp_low=_RTP_RANGE[0],
        rtp_high=_RTP_RANGE[1],
        peers=networks,
        media_networks=networks,
        codecs=tuple(codecs),
        srtp=SrtpMode.REQUIRED if encrypted else SrtpMode.OPTIONAL,
        srtp_without_tls=encrypted,
    )
    line = SipLine(settings, 0)
    await line.start(_nobody)
    try:
        yield line
    finally:
        await line.stop()


async def ring(
    line: Line,
    address: str,
    citizen: Citizen,
    *,
    caller: str = "",
    caller_name: str = "",
    ring_s: float = 30.0,
    timeout_s: float = 600.0,
    tell: Print | None = None,
) -> CallReport:
    """Ring ``address`` on ``line``, let ``citizen`` talk, and report.

    ``tell`` gets each event's object as it happens, and the summary at last. A call that is not answered gives a
    report too. After ``timeout_s`` of real time the call is hung up; cancelling hangs it up and raises.
    """
    started = time.monotonic()
    report = CallReport(uuid.uuid4().hex, address, citizen)
    emit = tell or (lambda shaped: None)

    def since() -> int:
        return round((time.monotonic() - started) * 1000)

    def progress(status: int) -> None:
        if status in (180, 183):
            emit({"event": EventName.RINGING.value, "at_ms": since(), "call_id": report.call_id})

    try:
        leg = await line.dial(
            address,
            caller=caller,
            caller_name=caller_name,
            timeout_s=ring_s,
            on_progress=progress,
            call_id=report.call_id,
        )
    except DialFailed as failure:
        report.status, report.reason = failure.status, failure.reason
        citizen.end = LegEnded(EndReason.REJECTED, str(failure))
        emit(
            {
                "event": "ended",
                "at_ms": since(),
                "call_id": report.call_id,
                "reason": "rejected",
                "status": failure.status,
            }
        )
        emit(report.summary())
        return report
    report.answered, report.answered_ms = True, since()
    emit({"event": EventName.ANSWERED.value, "at_ms": since(), "call_id": report.call_id})
    watch = watched(leg)
    spoken: list[tuple[CallerTurn, float]] = []

    def note(event: CallerEvent) -> None:
        if event.name is EventName.CALLER_SPEECH_END:
            spoken.append((citizen.turns[-1], time.monotonic()))
        emit(report.line(event))

    citizen.on_event = note
    try:
        take_seat(citizen, leg)
        async with asyncio.timeout(timeout_s):
            end = await leg.wait_ended()
    except TimeoutError:
        await leg.hangup()
        end = LegEnded(EndReason.LOCAL_HANGUP, "the time was up")
    except BaseException:
        await asyncio.shield(leg.hangup())
        raise
    report.quality = leg.quality() if isinstance(leg, Measured) else None
    report.reason = end.detail if end.detail and end.reason is EndReason.LOCAL_HANGUP else end.reason.value
    report.wire_ms = _wire_latencies(watch, spoken)
    emit(report.summary())
    return report


def watched(leg: CallLeg) -> WireWatch:
    """What crosses a leg's socket from now on; nothing where the line is none of SIP."""
    watch = WireWatch()
    if isinstance(leg, SipLeg) and leg.stream is not None:
        leg.stream.wire = watch
    return watch


def _wire_latencies(watch: WireWatch, spoken: list[tuple[CallerTurn, float]]) -> list[float]:
    """For each turn that got its answer in good order: last voiced packet sent to first voiced packet received."""
    latencies = []
    for index, (turn, over) in enumerate(spoken):
        until = spoken[index + 1][1] if index + 1 < len(spoken) else float("inf")
        if turn.answered_at is None or turn.cut_off or not isinstance(turn.step, Say):
            continue
        if turn.step.barge_in_ms is not None:  # the other side may still be talking when this one ends
            continue
        # The last packet of a turn leaves just after the turn is said to be over, at most a packet (60 ms) later.
        sent = [packet for packet in watch.sent if packet.at <= over + 0.06]
        if not sent:
            continue
        last = sent[-1]
        answer = next((packet for packet in watch.received if last.at < packet.at < until), None)
        if answer is not None:
            sent_at = last.at - last.length_s + last.last_s
            latencies.append((answer.at - answer.length_s + answer.first_s - sent_at) * 1000)
    return latencies
