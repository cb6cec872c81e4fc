"""Calls from and to baresip, headless over loopback."""

import asyncio
import shutil
import socket
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from tests.telephony.sip.certificates import Authority
from tests.telephony.sip.sip_harness import TonePort
from voicebot.settings import SipSettings
from voicebot.telephony.leg import CallLeg, EndReason
from voicebot.telephony.sip.line import SipLine

BARESIP = shutil.which("baresip")
MODULES = "/usr/lib/baresip/modules"

pytestmark = [
    pytest.mark.sip_clients,
    pytest.mark.skipif(BARESIP is None, reason="there is no baresip: install Debian's baresip"),
]


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _voice(path: Path, seconds: float, hz: float) -> None:
    """A sine, then as much silence: baresip hangs up at the end of the file."""
    times = np.arange(int(seconds * 8000)) / 8000
    samples = np.concatenate([8000 * np.sin(2 * np.pi * hz * times), np.zeros(len(times))]).astype("<i2")
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(samples.tobytes())


def _strength(path: Path, hz: float) -> float:
    """The share of a recording's energy that lies within 20 Hz of ``hz``."""
    data = path.read_bytes()
    # The header is completed only when baresip leaves; what follows its 44 bytes counts.
    samples = np.frombuffer(data[44 : len(data) - len(data) % 2], dtype="<i2").astype(np.float64)
    assert len(samples) > 4000, "half a second at least"
    spectrum = np.abs(np.fft.rfft(samples)) ** 2
    frequencies = np.fft.rfftfreq(len(samples), 1 / 8000)
    return float(spectrum[np.abs(frequencies - hz) < 20].sum() / spectrum.sum())


@asynccontextmanager
async def _baresip(
    folder: Path, port: int, *commands: str, transport: str = "udp", settings: str = ""
) -> AsyncIterator[None]:
    """Run baresip with an account of its own until the block ends."""
    _voice(folder / "voice.wav", 4.0, 600.0)
    modules = ("account.so", "menu.so", "g711.so", "aufile.so", "sndfile.so")
    (folder / "config").write_text(
        f"sip_listen 127.0.0.1:{port}\nmodule_path {MODULES}\naudio_player aufile,{folder}/heard.wav\n"
        f"audio_source aufile,{folder}/voice.wav\nsnd_path {folder}\n{settings}"
        + "".join(f"module{'_app' if name in ('account.so', 'menu.so') else ''} {name}\n" for name in modules)
    )
    (folder / "accounts").write_text(
        f"<sip:ann@127.0.0.1:{port};transport={transport}>;regint=0;answermode=auto;audio_codecs=pcma,pcmu\n"
    )
    assert BARESIP is not None
    options = [part for command in commands for part in ("-e", command)]
    with (folder / "baresip.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(BARESIP, "-f", str(folder), "-t", "30", *options),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            yield
        finally:
            if process.returncode is None:
                process.terminate()
            async with asyncio.timeout(10):
                await process.wait()


class Answering:
    """A line that answers with a tone."""

    def __init__(self, **settings: object) -> None:
        given = {"rtp_low": 43000, "rtp_high": 44000, **settings}
        self.line = SipLine(SipSettings.model_validate(given), 0)
        self.calls: asyncio.Queue[tuple[CallLeg, TonePort]] = asyncio.Queue()

    async def serve(self, leg: CallLeg) -> None:
        """Take a call."""
        port = TonePort(440.0)
        leg.attach(port)
        await leg.ringing()
        await leg.answer()
        await self.calls.put((leg, port))
        await leg.wait_ended()


@pytest.fixture
async def answering() -> AsyncIterator[Answering]:
    """A line that answers."""
    made = Answering()
    await made.line.start(made.serve)
    yield made
    await made.line.stop()


async def _heard(port: TonePort, frames: int) -> None:
    """Wait until the media clock has ticked so often."""
    async with asyncio.timeout(15):
        while port.frames < frames:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_baresip_rings_us(answering: Answering, tmp_path: Path, transport: str) -> None:
    """It writes this machine's network address into its SDP, not loopback's."""
    dial = f"/dial sip:bot@127.0.0.1:{answering.line.port};transport={transport}"
    async with _baresip(tmp_path, _free_port(), dial, transport=transport):
        async with asyncio.timeout(15):
            leg, port = await answering.calls.get()
        await _heard(port, 100)
        assert leg.end is None
        await leg.hangup()
    assert (await leg.wait_ended()).reason is EndReason.LOCAL_HANGUP
    assert port.loudest > 4000, "we heard its voice"
    (recording,) = tmp_path.glob("dump-*-dec.wav")
    assert _strength(recording, 440.0) > 0.9, "it heard our tone"


async def test_we_ring_baresip(answering: Answering, tmp_path: Path) -> None:
    port = _free_port()
    tone = TonePort(440.0)
    progress: list[int] = []
    async with _baresip(tmp_path, port):
        async with asyncio.timeout(15):
            while not (tmp_path / "baresip.log").read_bytes().count(b"is ready"):
                await asyncio.sleep(0.1)
        leg = await answering.line.dial(
            f"sip:ann@127.0.0.1:{port}", caller="0161", caller_name="Bot", on_progress=progress.append
        )
        leg.attach(tone)
        await _heard(tone, 75)
        await leg.send_keys("5#")
        await leg.hangup()
    assert tone.loudest > 4000
    assert tone.end is not None
    assert tone.end.reason is EndReason.LOCAL_HANGUP
    (recording,) = tmp_path.glob("dump-*-dec.wav")
    assert _strength(recording, 440.0) > 0.8


@pytest.mark.parametrize("direction", ["in", "out"])
async def test_baresip_over_tls(tmp_path: Path, direction: str) -> None:
    """Each side proves who it is by a certificate that the other's authority signed."""
    authority = Authority(tmp_path)
    ours, theirs = authority.issue("bot.pem", "127.0.0.1"), authority.issue("ann.pem", "127.0.0.1")
    answering = Answering(tls_port=0, tls_certificate=str(ours), tls_ca=str(authority.ca))
    await answering.line.start(answering.serve)
    folder, port = tmp_path / "baresip", _free_port()
    folder.mkdir()
    dial = f"/dial sip:bot@127.0.0.1:{answering.line.sockets.tls_port};transport=tls"
    settings = f"sip_certificate {theirs}\nsip_cafile {authority.ca}\nsip_verify_server yes\n"
    try:
        commands = (dial,) if direction == "in" else ()
        async with _baresip(folder, port, *commands, transport="tls", settings=settings):
            if direction == "in":
                async with asyncio.timeout(15):
                    leg, tone = await answering.calls.get()
            else:
                async with asyncio.timeout(15):
                    while not (folder / "baresip.log").read_bytes().count(b"is ready"):
                        await asyncio.sleep(0.1)
                tone = TonePort(440.0)
                leg = await answering.line.dial(f"sip:ann@127.0.0.1:{port + 1};transport=tls")
                leg.attach(tone)
            await _heard(tone, 100)
            assert leg.end is None
            await leg.hangup()
    finally:
        await answering.line.stop()
    assert tone.loudest > 4000, "we heard its voice"
    (recording,) = folder.glob("dump-*-dec.wav")
    assert _strength(recording, 440.0) > 0.8, "it heard our tone"
