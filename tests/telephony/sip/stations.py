"""Three lines of ours on real sockets, which ring each other and change hands."""

import asyncio
from typing import Any

from tests.telephony.sip.sip_harness import TonePort
from voicebot.settings import SipSettings
from voicebot.telephony.leg import CallLeg, IncomingHandler
from voicebot.telephony.sip.leg import SipLeg
from voicebot.telephony.sip.line import SipLine


class Station:
    """A line that answers with a tone and remembers its legs."""

    def __init__(self, low: int, *targets: str, refuse: int = 0, **settings: Any) -> None:
        given = {"rtp_low": low, "rtp_high": low + 100, "transfer_targets": targets, **settings}
        self.line = SipLine(SipSettings.model_validate(given), 0)
        self.legs: asyncio.Queue[SipLeg] = asyncio.Queue()
        self.refuse = refuse
        self.transport = ""
        self.name = "x"
        self.proxy = 0
        """The port of a proxy by way of which it is rung, or 0."""
        self.instead: IncomingHandler | None = None
        """Takes the calls in place of :meth:`serve`."""

    async def serve(self, leg: CallLeg) -> None:
        """Take a call, or refuse it."""
        assert isinstance(leg, SipLeg)
        if self.instead is not None:
            await self.instead(leg)
            return
        await leg.ringing()
        if self.refuse:
            await leg.reject(self.refuse)
            return
        leg.attach(TonePort())
        await leg.answer()
        await self.legs.put(leg)
        await leg.wait_ended()

    @property
    def address(self) -> str:
        """What to ring."""
        return f"sip:{self.name}@127.0.0.1:{self.proxy or self.line.port}{self.transport}"

    async def rung(self) -> SipLeg:
        """The next leg that is answered."""
        async with asyncio.timeout(10):
            return await self.legs.get()


class Three:
    """The bot and two others; all may be sent to each other's host."""

    def __init__(self, transport: str = "", bob: dict[str, Any] | None = None, **settings: Any) -> None:
        self.bot, self.ann = (Station(low, "sip:*@127.0.0.1", **settings) for low in (45000, 45200))
        self.bob = Station(45400, "sip:*@127.0.0.1", **{**settings, **(bob or {})})
        for name, station in (("bot", self.bot), ("ann", self.ann), ("bob", self.bob)):
            station.name, station.transport = name, transport

    async def call(self, one: Station, other: Station) -> tuple[SipLeg, SipLeg]:
        """A call that is up: its two legs."""
        leg = await one.line.dial(other.address, caller="0161")
        assert isinstance(leg, SipLeg)
        leg.attach(TonePort())
        return leg, await other.rung()


def directions(leg: SipLeg) -> tuple[bool, bool]:
    """Whether a leg sends, and whether it receives."""
    assert leg.call.negotiation is not None
    parameters = leg.call.negotiation.parameters
    assert parameters is not None
    return parameters.send, parameters.receive


async def hears(leg: SipLeg) -> None:
    """Wait until a leg hears a tone that began after now."""
    port = TonePort()
    leg.attach(port)
    async with asyncio.timeout(10):
        while port.loudest < 4000:
            await asyncio.sleep(0.02)
