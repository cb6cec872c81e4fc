"""The line on real sockets: two of ours over loopback."""

import asyncio
import socket
from collections.abc import AsyncIterator
from ipaddress import ip_network

import pytest

from tests.telephony.sip.sip_harness import TonePort
from voicebot.errors import ConfigurationError, DialFailed
from voicebot.settings import SipSettings
from voicebot.telephony.leg import CallLeg, EndReason
from voicebot.telephony.sip.line import SipLine


class Pair:
    """A line that rings and one that is rung (its handler is set by the test)."""

    def __init__(self) -> None:
        self.caller = SipLine(SipSettings(rtp_low=44000, rtp_high=44200), 0)
        self.called = SipLine(SipSettings(rtp_low=44200, rtp_high=44400, media_timeout_s=0.4), 0)
        self.legs: list[CallLeg] = []
        self.answers = True

    async def serve(self, leg: CallLeg) -> None:
        """Take a call, or let it ring."""
        self.legs.append(leg)
        await leg.ringing()
        if self.answers:
            await leg.answer()
        await leg.wait_ended()

    @property
    def address(self) -> str:
        """What to ring."""
        return f"sip:bot@127.0.0.1:{self.called.port}"


async def _nobody(leg: CallLeg) -> None:
    await leg.reject(404)


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    """Both lines, started."""
    made = Pair()
    await made.caller.start(_nobody)
    await made.called.start(made.serve)
    yield made
    await made.caller.stop()
    await made.called.stop()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_keys_and_hang_up(pair: Pair, transport: str) -> None:
    progress: list[int] = []
    leg = await pair.caller.dial(
        f"{pair.address};transport={transport}",
        caller="+441612345678",
        caller_name='Ann "A"',
        headers={"User-to-User": "cafe"},
        on_progress=progress.append,
    )
    ours, theirs = TonePort(), TonePort()
    leg.attach(ours)
    other = pair.legs[0]
    other.attach(theirs)
    assert progress == [180]
    assert (other.facts.caller, other.facts.caller_name, other.facts.called) == ("+441612345678", 'Ann "A"', "bot")
    assert other.facts.headers["user-to-user"] == "cafe"
    await leg.send_keys("1#")
    await other.hangup()
    assert (await leg.wait_ended()).reason is EndReason.REMOTE_HANGUP
    assert theirs.keys == ["1", "#"]
    assert ours.end == leg.end
    assert theirs.end == other.end
    late = TonePort()
    leg.attach(late)
    assert late.end == leg.end, "a port attached too late is told so"
    await leg.hangup()


async def test_a_dial_that_is_given_up_cancels_the_call(pair: Pair) -> None:
    pair.answers = False
    ringing = asyncio.Event()
    task = asyncio.create_task(pair.caller.dial(pair.address, on_progress=lambda _: ringing.set()))
    await ringing.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await pair.legs[0].wait_ended()).reason is EndReason.CANCELLED
    assert pair.caller.media.streams == 0


async def test_a_call_without_media_is_hung_up(pair: Pair) -> None:
    """The caller's stream is closed, so that nothing is sent: the called line notices."""
    leg = await pair.caller.dial(pair.address)
    assert pair.caller.legs[0].stream is not None
    pair.caller.legs[0].stream.close()
    assert (await pair.legs[0].wait_ended()).reason is EndReason.MEDIA_TIMEOUT
    assert (await leg.wait_ended()).reason is EndReason.REMOTE_HANGUP


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("sip:x@192.0.2.1", 403),
        ("sips:x@127.0.0.1:9", 503),
        ("tel:+44161", 416),
        ("nonsense", 404),
        ("sip:x@127.0.0.1:9;transport=tcp", 503),
        ("sip:x@127.0.0.1:9", 408),
    ],
)
async def test_dials_that_fail(pair: Pair, address: str, status: int) -> None:
    with pytest.raises(DialFailed) as failure:
        await pair.caller.dial(address, timeout_s=0.2)
    assert failure.value.status == status
    assert pair.caller.media.streams == 0


async def test_a_refusal_is_told(pair: Pair) -> None:
    with pytest.raises(DialFailed) as failure:
        await pair.called.dial(f"sip:x@127.0.0.1:{pair.caller.port}")
    assert failure.value.status == 404


async def test_strangers_are_dropped() -> None:
    line = SipLine(SipSettings(peers=[ip_network("192.0.2.0/24")]), 0)
    await line.start(_nobody)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(b"OPTIONS sip:x SIP/2.0\r\n\r\n", ("127.0.0.1", line.port))
        async with asyncio.timeout(5):
            while line.sockets.refused == 0:
                await asyncio.sleep(0.01)
    await line.stop()
    assert line.ua.dropped == 0


async def test_a_port_that_is_taken(pair: Pair) -> None:
    with pytest.raises(ConfigurationError, match="VOICEBOT_SIP_PORT"):
        await SipLine(SipSettings(), pair.called.port).start(_nobody)


async def test_stopping_hangs_up(pair: Pair) -> None:
    leg = await pair.caller.dial(pair.address)
    await pair.called.stop()
    assert (await leg.wait_ended()).reason is EndReason.REMOTE_HANGUP
    assert (await pair.legs[0].wait_ended()).reason is EndReason.LOCAL_HANGUP
