"""Calls from and to baresip, headless over loopback."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.telephony.sip.baresip_harness import BARESIP, Answering, baresip, heard, strength
from tests.telephony.sip.baresip_harness import answering as answering_with
from tests.telephony.sip.certificates import Authority
from tests.telephony.sip.ports import free_port
from tests.telephony.sip.sip_harness import TonePort
from voicebot.settings import SrtpMode
from voicebot.telephony.leg import EndReason
from voicebot.telephony.sip.leg import SipLeg

pytestmark = [
    pytest.mark.sip_clients,
    pytest.mark.skipif(BARESIP is None, reason="there is no baresip: install Debian's baresip"),
]


@pytest.fixture
async def answering() -> AsyncIterator[Answering]:
    """A line that answers."""
    made = Answering()
    await made.line.start(made.serve)
    yield made
    await made.line.stop()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_baresip_rings_us(answering: Answering, tmp_path: Path, transport: str) -> None:
    """It writes this machine's network address into its SDP, not loopback's."""
    dial = f"/dial sip:bot@127.0.0.1:{answering.line.port};transport={transport}"
    async with baresip(tmp_path, free_port(), dial, transport=transport):
        async with asyncio.timeout(15):
            leg, port = await answering.calls.get()
        await heard(port, 100)
        assert leg.end is None
        await leg.hangup()
    assert (await leg.wait_ended()).reason is EndReason.LOCAL_HANGUP
    assert port.loudest > 4000, "we heard its voice"
    (recording,) = tmp_path.glob("dump-*-dec.wav")
    assert strength(recording, 440.0) > 0.9, "it heard our tone"


async def test_we_ring_baresip(answering: Answering, tmp_path: Path) -> None:
    port = free_port()
    tone = TonePort(440.0)
    progress: list[int] = []
    async with baresip(tmp_path, port):
        async with asyncio.timeout(15):
            while not (tmp_path / "baresip.log").read_bytes().count(b"is ready"):
                await asyncio.sleep(0.1)
        leg = await answering.line.dial(
            f"sip:ann@127.0.0.1:{port}", caller="0161", caller_name="Bot", on_progress=progress.append
        )
        leg.attach(tone)
        await heard(tone, 75)
        await leg.send_keys("5#")
        await leg.hangup()
    assert tone.loudest > 4000
    assert tone.end is not None
    assert tone.end.reason is EndReason.LOCAL_HANGUP
    (recording,) = tmp_path.glob("dump-*-dec.wav")
    assert strength(recording, 440.0) > 0.8


@pytest.mark.parametrize("direction", ["in", "out"])
@pytest.mark.parametrize("srtp", [SrtpMode.OFF, SrtpMode.REQUIRED])
async def test_baresip_over_tls(tmp_path: Path, direction: str, srtp: SrtpMode) -> None:
    """Each side proves who it is by a certificate that the other's authority signed; audio in clear and encrypted."""
    authority = Authority(tmp_path)
    ours, theirs = authority.issue("bot.pem", "127.0.0.1"), authority.issue("ann.pem", "127.0.0.1")
    folder, port = tmp_path / "baresip", free_port()
    folder.mkdir()
    settings = f"sip_certificate {theirs}\nsip_cafile {authority.ca}\nsip_verify_server yes\n"
    account = ";mediaenc=srtp-mand" if srtp is SrtpMode.REQUIRED else ""
    async with answering_with(tls_port=0, tls_certificate=str(ours), tls_ca=str(authority.ca), srtp=srtp) as bot:
        dial = f"/dial sip:bot@127.0.0.1:{bot.line.sockets.tls_port};transport=tls"
        commands = (dial,) if direction == "in" else ()
        async with baresip(
            folder, port, *commands, transport="tls", settings=settings, modules=("srtp.so",), account=account
        ):
            if direction == "in":
                async with asyncio.timeout(15):
                    leg, tone = await bot.calls.get()
            else:
                async with asyncio.timeout(15):
                    while not (folder / "baresip.log").read_bytes().count(b"is ready"):
                        await asyncio.sleep(0.1)
                tone = TonePort(440.0)
                leg = await bot.line.dial(f"sip:ann@127.0.0.1:{port + 1};transport=tls")
                leg.attach(tone)
            await heard(tone, 100)
            assert leg.end is None
            assert isinstance(leg, SipLeg)
            carried = leg.quality()
            await leg.hangup()
    assert carried is not None
    assert bool(carried.encrypted) is (srtp is SrtpMode.REQUIRED)
    assert tone.loudest > 4000, "we heard its voice"
    (recording,) = folder.glob("dump-*-dec.wav")
    assert strength(recording, 440.0) > 0.8, "it heard our tone"


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_baresip_gives_its_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, transport: str) -> None:
    """It knows MD5 only, and hangs up when it is offered SHA-256 too: hence our default."""
    monkeypatch.setenv("RECEPTION", "hush")
    async with answering_with(callers=[{"user": "reception", "password_env": "RECEPTION"}]) as bot:
        dial = f"/dial sip:bot@127.0.0.1:{bot.line.port};transport={transport}"
        account = ";auth_user=reception;auth_pass=hush"
        async with baresip(tmp_path, free_port(), dial, transport=transport, account=account):
            async with asyncio.timeout(15):
                leg, tone = await bot.calls.get()
            await heard(tone, 50)
            await leg.hangup()
    assert tone.loudest > 4000
