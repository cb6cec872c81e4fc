"""Kamailio in front of our lines: calls, hold and transfer go through it, and it fails over when a node dies."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from tests.telephony.sip.kamailio_harness import KAMAILIO, kamailio
from tests.telephony.sip.sip_harness import TonePort
from voicebot.settings import SipSettings
from voicebot.telephony.leg import CallLeg, EndReason
from voicebot.telephony.sip.leg import SipLeg
from voicebot.telephony.sip.line import SipLine

ROOT = Path(__file__).parents[3]

pytestmark = [
    pytest.mark.sip_clients,
    pytest.mark.skipif(KAMAILIO is None, reason="there is no kamailio: install Debian's kamailio"),
]


class Station:
    """A line that answers with a tone and remembers its legs."""

    def __init__(self, low: int) -> None:
        self.line = SipLine(
            SipSettings(rtp_low=low, rtp_high=low + 100, transfer_targets=("sip:*@127.0.0.1",), max_calls=20), 0
        )
        self.legs: asyncio.Queue[SipLeg] = asyncio.Queue()

    async def serve(self, leg: CallLeg) -> None:
        """Take a call."""
        assert isinstance(leg, SipLeg)
        await leg.ringing()
        leg.attach(TonePort())
        await leg.answer()
        await self.legs.put(leg)
        await leg.wait_ended()

    async def rung(self) -> SipLeg:
        """The next leg that is answered."""
        async with asyncio.timeout(15):
            return await self.legs.get()


class Council:
    """Ann outside, the bot's node and bob behind the proxy."""

    def __init__(self, ann: Station, bot: Station, bob: Station, port: int) -> None:
        self.ann, self.bot, self.bob, self.port = ann, bot, bob, port

    def address(self, user: str, transport: str = "udp") -> str:
        """What to ring, always by way of the proxy."""
        return f"sip:{user}@127.0.0.1:{self.port};transport={transport}"

    async def call(self, transport: str) -> tuple[SipLeg, SipLeg]:
        """Ann rings the bot: her leg and the bot's."""
        leg = await self.ann.line.dial(self.address("bot", transport), caller="+441610000000")
        assert isinstance(leg, SipLeg)
        leg.attach(TonePort())
        return leg, await self.bot.rung()


@pytest.fixture
async def council(tmp_path: Path) -> AsyncIterator[Council]:
    """All of them, started."""
    async with AsyncExitStack() as stack:
        stations = [Station(low) for low in (46000, 46200, 46400)]
        for station in stations:
            await station.line.start(station.serve)
            stack.push_async_callback(station.line.stop)
        ann, bot, bob = stations
        port = await stack.enter_async_context(kamailio(tmp_path, [bot.line.port], {"bob": bob.line.port}))
        yield Council(ann, bot, bob, port)
    assert all(station.line.media.streams == 0 for station in stations)


async def hears(leg: SipLeg) -> None:
    """Wait until a leg hears a tone that began after now."""
    port = TonePort()
    leg.attach(port)
    async with asyncio.timeout(10):
        while port.loudest < 4000:
            await asyncio.sleep(0.02)


def routes(leg: SipLeg) -> list[str]:
    """The route set of a leg's dialog."""
    assert leg.call.dialog is not None
    return leg.call.dialog.routes


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("who", ["ann", "bot"])
async def test_a_call_is_routed_and_ended_through_it(council: Council, transport: str, who: str) -> None:
    at_ann, at_bot = await council.call(transport)
    await asyncio.gather(hears(at_ann), hears(at_bot))
    for leg in (at_ann, at_bot):
        assert any(f"127.0.0.1:{council.port}" in route for route in routes(leg)), "it stays on the way"
    leaving, staying = (at_ann, at_bot) if who == "ann" else (at_bot, at_ann)
    await leaving.hangup()
    async with asyncio.timeout(5):
        assert (await staying.wait_ended()).reason is EndReason.REMOTE_HANGUP


@pytest.mark.parametrize("who", ["ann", "bot"])
async def test_hold_and_resume_go_through_it(council: Council, who: str) -> None:
    at_ann, at_bot = await council.call("udp")
    holding, held = (at_ann, at_bot) if who == "ann" else (at_bot, at_ann)
    for on in (True, False):
        await (holding.hold() if on else holding.resume())
        assert held.call.negotiation is not None
        parameters = held.call.negotiation.parameters
        assert parameters is not None
        assert parameters.send is not on
    await asyncio.gather(hears(at_ann), hears(at_bot))
    await at_ann.hangup()


async def test_a_blind_transfer_goes_through_it(council: Council) -> None:
    """The bot sends ann to bob: REFER and NOTIFY cross the proxy, and so does ann's new call."""
    at_ann, at_bot = await council.call("udp")
    await at_bot.transfer(council.address("bob"))
    assert at_bot.end is not None
    at_bob = await council.bob.rung()
    assert any(f"127.0.0.1:{council.port}" in route for route in routes(at_bob))
    await asyncio.gather(hears(at_ann), hears(at_bob))
    await at_ann.hangup()
    assert (await at_bob.wait_ended()).reason is EndReason.REMOTE_HANGUP


async def test_an_attended_transfer_goes_through_it(council: Council) -> None:
    """The bot speaks with bob first, then puts ann in its place: Replaces crosses the proxy."""
    at_ann, at_bot = await council.call("udp")
    to_bob = await council.bot.line.dial(council.address("bob"))
    assert isinstance(to_bob, SipLeg)
    at_bob = await council.bob.rung()
    await at_bot.transfer("", replaces=to_bob)
    await asyncio.gather(hears(at_ann), hears(at_bob))
    assert at_bot.end is not None
    assert to_bob.end is not None
    await at_bob.hangup()
    assert (await at_ann.wait_ended()).reason is EndReason.REMOTE_HANGUP


@asynccontextmanager
async def node(low: int) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """A node of its own process, and the port of its line."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.prove.answering", str(low), str(low + 100)),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(40):
            yield process, int(await process.stdout.readline())
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.slow
async def test_new_calls_fail_over_when_a_node_is_killed(tmp_path: Path) -> None:
    """Two nodes take turns; one is killed, and every call after that is answered by the other."""
    ann = Station(46600)
    await ann.line.start(ann.serve)
    try:
        async with node(46800) as (first, one), node(47000) as (_, two), kamailio(tmp_path, [one, two], {}) as port:

            async def answered_by() -> int:
                leg = await ann.line.dial(f"sip:bot@127.0.0.1:{port}")
                assert isinstance(leg, SipLeg)
                assert leg.call.dialog is not None
                await hears(leg)
                await leg.hangup()
                assert leg.call.dialog.target.port is not None
                return leg.call.dialog.target.port

            assert {await answered_by() for _ in range(4)} == {one, two}
            first.kill()
            assert [await answered_by() for _ in range(4)] == [two] * 4
    finally:
        await ann.line.stop()
