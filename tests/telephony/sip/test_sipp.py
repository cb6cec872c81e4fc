"""Calls from SIPp (Debian's ``sip-tester``) over loopback."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from tests.telephony.sip.sip_harness import TonePort
from voicebot.settings import SipSettings
from voicebot.telephony.leg import CallLeg, EndReason
from voicebot.telephony.sip.line import SipLine

SIPP = shutil.which("sipp")
PCAPS = Path("/usr/share/sip-tester")
SCENARIOS = Path(__file__).parent / "scenarios"

pytestmark = [
    pytest.mark.sip_clients,
    pytest.mark.skipif(SIPP is None, reason="there is no sipp: install Debian's sip-tester"),
]


class Answering:
    """A line that answers with a tone (or only rings), and remembers its legs."""

    def __init__(self, *, answer: bool = True, **settings: object) -> None:
        self.line = SipLine(SipSettings.model_validate({"rtp_low": 41000, "rtp_high": 43000, **settings}), 0)
        self.legs: list[CallLeg] = []
        self.ports: list[TonePort] = []
        self._answer = answer

    async def serve(self, leg: CallLeg) -> None:
        """Take a call."""
        port = TonePort()
        self.legs.append(leg)
        self.ports.append(port)
        leg.attach(port)
        await leg.ringing()
        if self._answer:
            await leg.answer()
        await leg.wait_ended()

    async def sipp(self, folder: Path, scenario: str, *options: str, timeout_s: float = 30.0) -> str:
        """Let SIPp call this line; gives what it said after asserting that every call succeeded."""
        (folder / "pcap").symlink_to(PCAPS)
        assert SIPP is not None
        process = await asyncio.create_subprocess_exec(
            *(SIPP, f"127.0.0.1:{self.line.port}", "-sf", str(SCENARIOS / scenario), "-i", "127.0.0.1", "-nostdin"),
            *("-trace_err", "-error_file", "errors.log", "-s", "0800", *options),
            cwd=folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(timeout_s):
                said, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        errors = folder / "errors.log"
        text = said.decode(errors="replace")[-3000:]
        assert process.returncode == 0, f"{text}\n{errors.read_text()[:3000] if errors.exists() else ''}"
        return text


@pytest.fixture
async def answering() -> AsyncIterator[Answering]:
    """A line that answers."""
    made = Answering()
    await made.line.start(made.serve)
    yield made
    await made.line.stop()


def _tone(path: Path) -> None:
    """Two seconds of a loud A-law square wave: 0x2A is near the top, 0xAA near the bottom."""
    wave = np.where(np.arange(16000) // 10 % 2, 0x2A, 0xAA).astype(np.uint8)
    path.write_bytes(wave.tobytes())


@pytest.mark.parametrize("transport", ["u1", "t1"])
async def test_a_call_with_media(answering: Answering, tmp_path: Path, transport: str) -> None:
    _tone(tmp_path / "tone.al")
    await answering.sipp(tmp_path, "talk.xml", "-m", "1", "-t", transport)
    leg, port = answering.legs[0], answering.ports[0]
    end = await leg.wait_ended()
    assert end.reason is EndReason.REMOTE_HANGUP
    assert leg.facts.caller == "01610000000"
    assert leg.facts.caller_name == "Test Caller"
    assert leg.facts.called == "0800"
    assert 70 <= port.frames <= 130, "two seconds are a hundred frames"
    assert port.loudest > 5000


async def test_keys(answering: Answering, tmp_path: Path) -> None:
    await answering.sipp(tmp_path, "keys.xml", "-m", "1")
    assert answering.ports[0].keys == ["1", "#"]


async def test_the_caller_gives_up(tmp_path: Path) -> None:
    ringing = Answering(answer=False)
    await ringing.line.start(ringing.serve)
    try:
        await ringing.sipp(tmp_path, "cancel.xml", "-m", "1")
        assert (await ringing.legs[0].wait_ended()).reason is EndReason.CANCELLED
    finally:
        await ringing.line.stop()


@pytest.mark.slow
async def test_two_hundred_calls_through_a_bad_network(tmp_path: Path) -> None:
    """Ten calls a second, of which SIPp loses one message in ten each way: all 200 succeed."""
    many = Answering(max_calls=400, calls_per_second=100.0)
    await many.line.start(many.serve)
    try:
        await many.sipp(tmp_path, "flood.xml", "-m", "200", "-r", "10", "-lost", "10", timeout_s=110.0)
        async with asyncio.timeout(40):
            reasons = [(await leg.wait_ended()).reason for leg in many.legs]
        assert reasons == [EndReason.REMOTE_HANGUP] * 200
        assert many.line.media.streams == 0
    finally:
        await many.line.stop()
