"""What a line holds of the machine: sockets, ports and tasks, before and after peers that misbehave."""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.telephony.sip.sip_harness import OFFER, TonePort, request
from voicebot.errors import DialFailed
from voicebot.settings import SipSettings
from voicebot.telephony.leg import CallLeg
from voicebot.telephony.sip.leg import SipLeg
from voicebot.telephony.sip.line import SipLine


def _files() -> int:
    """Open descriptors of this process."""
    gc.collect()
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def _turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


class Pair:
    """A line that answers, and one that rings it."""

    def __init__(self) -> None:
        settings = SipSettings(rtp_low=47400, rtp_high=47600, max_calls=5, calls_per_second=200.0, media_timeout_s=0.5)
        self.bot = SipLine(settings, 0)
        self.ann = SipLine(SipSettings(rtp_low=47600, rtp_high=47800), 0)
        self.takes: Callable[[CallLeg], Awaitable[None]] = self.answer
        self.legs: list[SipLeg] = []

    async def serve(self, leg: CallLeg) -> None:
        """Take a call as the test wishes."""
        await self.takes(leg)

    async def answer(self, leg: CallLeg) -> None:
        """The usual way."""
        assert isinstance(leg, SipLeg)
        self.legs.append(leg)
        leg.attach(TonePort())
        await leg.answer()
        await leg.wait_ended()

    @property
    def address(self) -> str:
        """What to ring."""
        return f"sip:bot@127.0.0.1:{self.bot.port}"


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    """Both lines. Once they have stopped, every socket and task of theirs is gone; nothing may be raised meanwhile."""
    raised: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: raised.append(context))
    await _turns()
    files, tasks = _files(), len(asyncio.all_tasks())
    made = Pair()
    await made.ann.start(made.serve)
    await made.bot.start(made.serve)
    yield made
    await made.ann.stop()
    await made.bot.stop()
    await _turns()
    assert raised == []
    assert (_files(), len(asyncio.all_tasks())) == (files, tasks)
    assert (made.ann.legs, made.bot.legs) == ((), ())


async def _hears(leg: SipLeg) -> None:
    port = TonePort()
    leg.attach(port)
    async with asyncio.timeout(10):
        while port.loudest < 4000:
            await asyncio.sleep(0.02)


async def _dial(pair: Pair) -> SipLeg:
    leg = await pair.ann.dial(pair.address)
    assert isinstance(leg, SipLeg)
    return leg


async def test_refused_and_broken_calls_leave_nothing_open(pair: Pair) -> None:
    """Refused, left unanswered, and served by something that raises: each is told, and its ports are free."""

    async def refuse(leg: CallLeg) -> None:
        await leg.reject(486)

    async def forget(leg: CallLeg) -> None:
        await leg.ringing()

    async def break_down(leg: CallLeg) -> None:
        raise RuntimeError("a defect of the application")

    for takes, status in ((refuse, 486), (forget, 480), (break_down, 480)):
        pair.takes = takes
        for _ in range(5):
            with pytest.raises(DialFailed) as failure:
                await pair.ann.dial(pair.address)
            assert failure.value.status == status
    await _turns()
    assert pair.ann.media.streams == pair.bot.media.streams == 0


async def test_noise_at_the_media_port_disturbs_nobody(pair: Pair) -> None:
    """STUN, DTLS, RTCP, wrong RTP and plain noise, from a stranger on the same host."""
    leg = await _dial(pair)
    leg.attach(TonePort())
    at_bot = pair.legs[0]
    assert at_bot.stream is not None
    random = Random(1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for _ in range(2000):
            first = random.choice(
                (b"\x00\x01\x00\x00\x21\x12\xa4\x42", b"\x16\xfe\xfd", b"\x80\xc8", b"\x80\x08", b"\xff", b"")
            )
            port = at_bot.stream.local_port + random.randint(0, 1)
            stranger.sendto(first + random.randbytes(random.randint(0, 400)), ("127.0.0.1", port))
        await asyncio.gather(_hears(leg), _hears(at_bot))
    await leg.hangup()


async def test_a_flood_of_messages_leaves_the_line_usable(pair: Pair) -> None:
    """Noise, OPTIONS, and INVITEs that are held: capped and refused, and real calls get through after it."""
    waiting = asyncio.Event()

    async def hold(leg: CallLeg) -> None:
        await waiting.wait()

    pair.takes = hold
    random = Random(2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flooder:
        for number in range(1500):
            method = random.choice(("OPTIONS", "INVITE", "noise"))
            data = random.randbytes(300)
            if method != "noise":
                body = OFFER.replace("10.0.0.9", "127.0.0.1") if method == "INVITE" else ""
                data = request(method, branch=f"z9hG4bK{number}", Call_ID=f"flood-{number}", body=body)
            flooder.sendto(data, ("127.0.0.1", pair.bot.port))
            if number % 100 == 0:
                await _turns()
        async with asyncio.timeout(10):
            while not pair.bot.legs:
                await asyncio.sleep(0)
        assert len(pair.bot.legs) <= 5
        waiting.set()
        async with asyncio.timeout(10):
            while pair.bot.legs:
                await asyncio.sleep(0.01)
    pair.takes = pair.answer
    async with asyncio.timeout(10):
        while True:  # the rate of new calls recovers
            try:
                leg = await _dial(pair)
                break
            except DialFailed as refusal:
                assert refusal.status == 503
                await asyncio.sleep(0.05)
    await _hears(leg)
    await leg.hangup()


async def test_callers_that_vanish_with_their_connection(pair: Pair) -> None:
    """INVITE over TCP, and the connection is gone, at once or when the call is up: media that stays away ends it."""
    for read in (False, True):
        reader, writer = await asyncio.open_connection("127.0.0.1", pair.bot.port)
        via = f"SIP/2.0/TCP 127.0.0.1:9;rport;branch=z9hG4bKtcp{read}"
        contact = "<sip:ann@127.0.0.1:9;transport=tcp>"
        body = OFFER.replace("10.0.0.9", "127.0.0.1")
        writer.write(request("INVITE", Via=via, Call_ID=f"tcp-{read}", Contact=contact, body=body))
        if read:
            async with asyncio.timeout(5):
                while b"SIP/2.0 200" not in await reader.read(65536):
                    pass
        writer.transport.abort()
    async with asyncio.timeout(10):
        while len(pair.legs) < 2 or any(leg.end is None for leg in pair.legs):
            await asyncio.sleep(0.02)
    assert pair.bot.media.streams == 0


async def test_a_hundred_calls_open_and_close_everything(pair: Pair) -> None:
    leg = await _dial(pair)
    await leg.hangup()
    await _turns()
    files, tasks = _files(), len(asyncio.all_tasks())
    for _ in range(20):
        legs = await asyncio.gather(*(_dial(pair) for _ in range(5)))
        await asyncio.gather(*(leg.hangup() for leg in legs))
        async with asyncio.timeout(10):
            while pair.bot.legs or pair.bot.media.streams:
                await asyncio.sleep(0.01)
    await _turns()
    assert (_files(), len(asyncio.all_tasks())) == (files, tasks)
