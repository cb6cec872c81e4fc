"""Encrypted calls between two lines of ours, through a hold and with reports."""

import asyncio

import pytest

from tests.telephony.sip.sip_harness import TonePort
from voicebot.errors import DialFailed
from voicebot.settings import SipSettings, SrtpMode
from voicebot.telephony.leg import CallLeg
from voicebot.telephony.sip.leg import SipLeg
from voicebot.telephony.sip.line import SipLine


class Pair:
    """A line that rings and one that answers with a tone."""

    def __init__(self, ringing: SipSettings, answering: SipSettings) -> None:
        self.caller, self.called = SipLine(ringing, 0), SipLine(answering, 0)
        self.legs: asyncio.Queue[tuple[SipLeg, TonePort]] = asyncio.Queue()

    async def __aenter__(self) -> "Pair":
        await self.caller.start(self._take)
        await self.called.start(self._take)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.caller.stop()
        await self.called.stop()

    async def _take(self, leg: CallLeg) -> None:
        assert isinstance(leg, SipLeg)
        port = TonePort()
        leg.attach(port)
        await leg.answer()
        await self.legs.put((leg, port))
        await leg.wait_ended()

    async def call(self) -> tuple[tuple[SipLeg, TonePort], tuple[SipLeg, TonePort]]:
        """Both ends of a call."""
        leg = await self.caller.dial(f"sip:bot@127.0.0.1:{self.called.port}")
        assert isinstance(leg, SipLeg)
        port = TonePort()
        leg.attach(port)
        async with asyncio.timeout(5):
            return (leg, port), await self.legs.get()


def settings(low: int, srtp: SrtpMode, **more: object) -> SipSettings:
    given = {"rtp_low": low, "rtp_high": low + 98, "srtp": srtp, "srtp_without_tls": True, **more}
    return SipSettings.model_validate(given)


async def hears(port: TonePort, frames: int = 30) -> float:
    """The loudest frame of the next ones."""
    port.loudest, until = 0.0, port.frames + frames
    async with asyncio.timeout(10):
        while port.frames < until:
            await asyncio.sleep(0.02)
    return port.loudest


@pytest.mark.parametrize("codecs", [("PCMA",), ("G722",)])
async def test_a_hold_and_what_follows_keep_the_keys(codecs: tuple[str, ...]) -> None:
    one, two = (settings(low, SrtpMode.REQUIRED, codecs=codecs) for low in (46000, 46100))
    async with Pair(one, two) as pair:
        (leg, port), (other, other_port) = await pair.call()
        assert await hears(port) > 4000
        assert await hears(other_port) > 4000
        assert leg.call.negotiation is not None and leg.call.negotiation.parameters is not None
        keys = leg.call.negotiation.parameters.keys
        await leg.hold()
        await hears(port, 15)  # what was on its way
        assert await hears(port) == 0, "on hold nothing is heard"
        await leg.resume()
        assert await hears(port) > 4000
        assert await hears(other_port) > 4000
        assert leg.call.negotiation.parameters.keys == keys
        for end in (leg, other):
            quality = end.quality()
            assert quality is not None and quality.encrypted
            assert end.stream is not None and end.stream.session.stats.forged == 0
        await leg.hangup()


async def test_both_ends_have_to_agree() -> None:
    async with Pair(settings(46200, SrtpMode.REQUIRED), settings(46300, SrtpMode.OFF)) as pair:
        with pytest.raises(DialFailed, match="488"):
            await pair.call()
    async with Pair(settings(46200, SrtpMode.OFF), settings(46300, SrtpMode.REQUIRED)) as pair:
        with pytest.raises(DialFailed, match="488"):
            await pair.call()
    async with Pair(settings(46200, SrtpMode.OPTIONAL), settings(46300, SrtpMode.OFF)) as pair:
        (leg, port), _ = await pair.call()
        assert await hears(port) > 4000
        quality = leg.quality()
        assert quality is not None and quality.encrypted == ""


async def test_without_tls_nothing_is_encrypted_unless_that_is_allowed() -> None:
    strict = {"srtp_without_tls": False}
    optional = (settings(low, SrtpMode.OPTIONAL, **strict) for low in (46400, 46500))
    async with Pair(*optional) as pair:
        (leg, _), _ = await pair.call()
        assert b"crypto" not in leg.call.invite.body
    required = (settings(low, SrtpMode.REQUIRED, **strict) for low in (46400, 46500))
    async with Pair(*required) as pair:
        with pytest.raises(DialFailed, match="488"):
            await pair.call()
