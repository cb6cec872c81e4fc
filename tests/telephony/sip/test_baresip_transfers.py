"""Hold, resume and blind transfer with baresip, which is told what to do over its control port."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.telephony.sip.baresip_harness import BARESIP, Answering, answering, baresip, heard, strength, tell
from tests.telephony.sip.ports import free_port
from tests.telephony.sip.sip_harness import TonePort
from voicebot.telephony.leg import CallLeg, EndReason
from voicebot.telephony.sip.leg import SipLeg

pytestmark = [
    pytest.mark.sip_clients,
    pytest.mark.skipif(BARESIP is None, reason="there is no baresip: install Debian's baresip"),
]

ANYWHERE_HERE = ("sip:*@127.0.0.1",)


class Phone:
    """A baresip in a call with a line of ours: the leg, and its control port."""

    def __init__(self, leg: SipLeg, port: TonePort, control: int) -> None:
        self.leg = leg
        self.port = port
        self._control = control

    async def do(self, command: str, params: str = "") -> None:
        """Give it a command."""
        await tell(self._control, command, params)


@asynccontextmanager
async def _ringing_us(folder: Path, bot: Answering) -> AsyncIterator[Phone]:
    control = free_port()
    settings = f"ctrl_tcp_listen 127.0.0.1:{control}\nmodule_app ctrl_tcp.so\n"
    dial = f"/dial sip:bot@127.0.0.1:{bot.line.port}"
    async with baresip(folder, free_port(), dial, settings=settings):
        async with asyncio.timeout(15):
            leg, port = await bot.calls.get()
        assert isinstance(leg, SipLeg)
        await heard(port, 25)
        yield Phone(leg, port, control)


def _directions(leg: SipLeg) -> tuple[bool, bool]:
    """Whether it sends, and whether it receives."""
    assert leg.call.negotiation is not None
    parameters = leg.call.negotiation.parameters
    assert parameters is not None
    return parameters.send, parameters.receive


async def _until_sending(leg: SipLeg, sends: bool) -> None:
    async with asyncio.timeout(10):
        while _directions(leg)[0] is not sends:
            await asyncio.sleep(0.02)


async def _hears(leg: CallLeg) -> None:
    port = TonePort()
    leg.attach(port)
    async with asyncio.timeout(10):
        while port.loudest < 4000:
            await asyncio.sleep(0.02)


async def test_baresip_holds_us_and_resumes(tmp_path: Path) -> None:
    async with answering() as bot, _ringing_us(tmp_path, bot) as phone:
        await phone.do("hold")
        await _until_sending(phone.leg, False)
        await phone.do("resume")
        await _until_sending(phone.leg, True)
        await _hears(phone.leg)
        assert phone.leg.end is None
        await phone.leg.hangup()


async def test_we_hold_baresip_and_resume(tmp_path: Path) -> None:
    async with answering() as bot, _ringing_us(tmp_path, bot) as phone:
        await phone.leg.hold()
        assert _directions(phone.leg) == (True, False)
        await phone.leg.resume()
        assert _directions(phone.leg) == (True, True)
        await _hears(phone.leg)
        await phone.leg.hangup()


async def test_baresip_sends_us_on(tmp_path: Path) -> None:
    """Blind transfer by the phone: the leg goes on with the one whom it names, and the phone is out."""
    async with (
        answering(transfer_targets=ANYWHERE_HERE) as bot,
        answering(rtp_low=44400, rtp_high=44600) as bob,
        _ringing_us(tmp_path, bot) as phone,
    ):
        await phone.do("transfer", f"sip:bob@127.0.0.1:{bob.line.port}")
        async with asyncio.timeout(15):
            theirs, _ = await bob.calls.get()
        await asyncio.gather(_hears(phone.leg), _hears(theirs))
        assert phone.leg.end is None
        await theirs.hangup()
        assert (await phone.leg.wait_ended()).reason is EndReason.REMOTE_HANGUP


async def test_we_send_baresip_on(tmp_path: Path) -> None:
    """Blind transfer by us: the phone rings the one whom we name, tells us, and we leave."""
    async with answering() as bot, answering(rtp_low=44400, rtp_high=44600) as bob:
        bob.hz = 1000.0
        async with _ringing_us(tmp_path, bot) as phone:
            await phone.leg.transfer(f"sip:bob@127.0.0.1:{bob.line.port}")
            assert phone.leg.end is not None
            async with asyncio.timeout(15):
                theirs, port = await bob.calls.get()
            await heard(port, 75)
            assert theirs.end is None
            await theirs.hangup()
    recordings = [path for path in tmp_path.glob("dump-*-dec.wav") if path.stat().st_size > 10_000]
    assert any(strength(recording, 1000.0) > 0.8 for recording in recordings), "it heard bob"
