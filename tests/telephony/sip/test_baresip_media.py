"""Encrypted and wide-band calls with baresip."""

import asyncio
from pathlib import Path

import pytest

from tests.telephony.sip.baresip_harness import BARESIP, answering, baresip, heard, strength
from tests.telephony.sip.ports import free_port
from tests.telephony.sip.sip_harness import TonePort
from voicebot.errors import DialFailed
from voicebot.settings import SrtpMode
from voicebot.telephony.leg import CallLeg
from voicebot.telephony.quality import MediaQuality
from voicebot.telephony.sip.leg import SipLeg

pytestmark = [
    pytest.mark.sip_clients,
    pytest.mark.skipif(BARESIP is None, reason="there is no baresip: install Debian's baresip"),
]


def quality(leg: CallLeg) -> MediaQuality:
    assert isinstance(leg, SipLeg)
    found = leg.quality()
    assert found is not None
    return found


@pytest.mark.parametrize("mode", ["srtp", "srtp-mand"])
@pytest.mark.parametrize("srtp", [SrtpMode.OPTIONAL, SrtpMode.REQUIRED])
async def test_baresip_rings_us_encrypted(tmp_path: Path, mode: str, srtp: SrtpMode) -> None:
    """``srtp`` offers keys beside plain RTP, ``srtp-mand`` RTP/SAVP."""
    async with answering(srtp=srtp, srtp_without_tls=True) as bot:
        dial = f"/dial sip:bot@127.0.0.1:{bot.line.port};transport=tcp"
        account = f";mediaenc={mode}"
        async with baresip(tmp_path, free_port(), dial, transport="tcp", modules=("srtp.so",), account=account):
            async with asyncio.timeout(15):
                leg, port = await bot.calls.get()
            await heard(port, 150)
            carried = quality(leg)
            await leg.hangup()
    assert carried.encrypted.startswith("AE")
    assert carried.lost == 0
    assert port.loudest > 4000, "we heard its voice"
    (recording,) = tmp_path.glob("dump-*-dec.wav")
    assert strength(recording, 440.0) > 0.9, "it heard our tone"


@pytest.mark.parametrize("srtp", [SrtpMode.OPTIONAL, SrtpMode.REQUIRED])
async def test_we_ring_baresip_encrypted(tmp_path: Path, srtp: SrtpMode) -> None:
    async with answering(srtp=srtp, srtp_without_tls=True) as bot:
        port, tone = free_port(), TonePort(440.0)
        async with baresip(tmp_path, port, modules=("srtp.so",), account=";mediaenc=srtp"):
            async with asyncio.timeout(15):
                while not (tmp_path / "baresip.log").read_bytes().count(b"is ready"):
                    await asyncio.sleep(0.1)
            leg = await bot.line.dial(f"sip:ann@127.0.0.1:{port}")
            leg.attach(tone)
            await heard(tone, 100)
            carried = quality(leg)
            await leg.hangup()
    assert carried.encrypted
    assert tone.loudest > 4000
    (recording,) = tmp_path.glob("dump-*-dec.wav")
    assert strength(recording, 440.0) > 0.8


async def test_baresip_without_encryption_is_refused_where_it_is_required(tmp_path: Path) -> None:
    async with answering(srtp=SrtpMode.REQUIRED, srtp_without_tls=True) as bot:
        port = free_port()
        dial = f"/dial sip:bot@127.0.0.1:{bot.line.port}"
        async with baresip(tmp_path, port, dial):
            log = tmp_path / "baresip.log"
            async with asyncio.timeout(15):
                while b"488" not in log.read_bytes():
                    await asyncio.sleep(0.1)
            with pytest.raises(DialFailed, match="488"):
                await bot.line.dial(f"sip:ann@127.0.0.1:{port}")
        assert bot.calls.empty()


async def test_g722_both_ways(tmp_path: Path) -> None:
    """A tone of 5.5 kHz, which no narrow-band codec carries."""
    async with answering(codecs=("G722", "PCMA")) as bot:
        bot.hz = 5500.0
        dial = f"/dial sip:bot@127.0.0.1:{bot.line.port}"
        async with baresip(tmp_path, free_port(), dial, codecs="g722/16000,pcma", modules=("g722.so",), rate=16000):
            async with asyncio.timeout(15):
                leg, port = await bot.calls.get()
            assert leg.rate == 16000
            await heard(port, 150)
            carried = quality(leg)
            await leg.hangup()
    assert carried.encoding == "G722"
    assert port.loudest > 4000
    (recording,) = tmp_path.glob("dump-*-dec.wav")
    assert strength(recording, 5500.0, 16000) > 0.9


async def test_baresip_reports_and_we_to_it(tmp_path: Path) -> None:
    """Its first report comes within some seconds; the round trip on loopback is short."""
    async with answering() as bot:
        dial = f"/dial sip:bot@127.0.0.1:{bot.line.port}"
        async with baresip(tmp_path, free_port(), dial, voice_s=12.0):
            async with asyncio.timeout(15):
                leg, port = await bot.calls.get()
            await heard(port, 10)
            async with asyncio.timeout(22):
                while quality(leg).round_trip_ms is None:
                    await asyncio.sleep(0.2)
            carried = quality(leg)
            await leg.hangup()
    assert carried.round_trip_ms is not None
    assert carried.round_trip_ms < 1000, "loopback, but the machine may be busy"
    assert carried.peer_lost_percent is not None
    assert 1 < carried.mos < 4.5
