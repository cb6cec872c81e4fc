"""Runs baresip, headless over loopback, and tells what it heard."""

import asyncio
import json
import shutil
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np

from tests.telephony.sip.sip_harness import TonePort
from voicebot.settings import SipSettings
from voicebot.telephony.leg import CallLeg
from voicebot.telephony.sip.line import SipLine

BARESIP = shutil.which("baresip")
MODULES = "/usr/lib/baresip/modules"


def voice(path: Path, seconds: float, hz: float, rate: int = 8000) -> None:
    """A sine, then as much silence: baresip hangs up at the end of the file."""
    times = np.arange(int(seconds * rate)) / rate
    samples = np.concatenate([8000 * np.sin(2 * np.pi * hz * times), np.zeros(len(times))]).astype("<i2")
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(samples.tobytes())


def strength(path: Path, hz: float, rate: int = 8000) -> float:
    """The share of a recording's energy that lies within 20 Hz of ``hz``."""
    data = path.read_bytes()
    # The header is completed only when baresip leaves; what follows its 44 bytes counts.
    samples = np.frombuffer(data[44 : len(data) - len(data) % 2], dtype="<i2").astype(np.float64)
    assert len(samples) > rate // 2, "half a second at least"
    spectrum = np.abs(np.fft.rfft(samples)) ** 2
    frequencies = np.fft.rfftfreq(len(samples), 1 / rate)
    return float(spectrum[np.abs(frequencies - hz) < 20].sum() / spectrum.sum())


@asynccontextmanager
async def baresip(
    folder: Path,
    port: int,
    *commands: str,
    transport: str = "udp",
    codecs: str = "pcma,pcmu",
    modules: tuple[str, ...] = (),
    account: str = "",
    settings: str = "",
    rate: int = 8000,
    voice_s: float = 4.0,
) -> AsyncIterator[None]:
    """Run baresip with an account of its own until the block ends.

    ``modules`` are loaded beside those that every test needs; ``account`` and ``settings`` are added to its account
    line and its configuration. Its voice and its recording have ``rate`` Hz; it hangs up after twice
    ``voice_s``.
    """
    voice(folder / "voice.wav", voice_s, 600.0, rate)
    loaded = ("account.so", "menu.so", "g711.so", "aufile.so", "sndfile.so", *modules)
    (folder / "config").write_text(
        f"sip_listen 127.0.0.1:{port}\nmodule_path {MODULES}\naudio_player aufile,{folder}/heard.wav\n"
        f"audio_source aufile,{folder}/voice.wav\nsnd_path {folder}\n{settings}"
        + "".join(f"module{'_app' if name in ('account.so', 'menu.so') else ''} {name}\n" for name in loaded)
    )
    (folder / "accounts").write_text(
        f"<sip:ann@127.0.0.1:{port};transport={transport}>;regint=0;answermode=auto;audio_codecs={codecs}{account}\n"
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


async def tell(control: int, command: str, params: str = "") -> None:
    """Give a command to the baresip whose ``ctrl_tcp`` listens at a port: a netstring of JSON."""
    text = json.dumps({"command": command, "params": params, "token": "1"}).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", control)
    writer.write(b"%d:%s," % (len(text), text))
    async with asyncio.timeout(10):
        while True:
            size = int((await reader.readuntil(b":"))[:-1])
            said = json.loads((await reader.readexactly(size + 1))[:-1])
            if said.get("response"):
                break
    writer.close()
    assert said["ok"], said


class Answering:
    """A line that answers with a tone; ``settings`` are those of the line."""

    def __init__(self, **settings: Any) -> None:
        given = {"rtp_low": 43000, "rtp_high": 44000, **settings}
        self.line = SipLine(SipSettings.model_validate(given), 0)
        self.hz = 440.0
        self.calls: asyncio.Queue[tuple[CallLeg, TonePort]] = asyncio.Queue()

    async def serve(self, leg: CallLeg) -> None:
        """Take a call."""
        port = TonePort(self.hz)
        leg.attach(port)
        await leg.ringing()
        await leg.answer()
        await self.calls.put((leg, port))
        await leg.wait_ended()


async def heard(port: TonePort, frames: int) -> None:
    """Wait until the media clock has ticked so often."""
    async with asyncio.timeout(15):
        while port.frames < frames:
            await asyncio.sleep(0.05)


@asynccontextmanager
async def answering(**settings: Any) -> AsyncIterator[Answering]:
    """A line with these settings that answers until the block ends."""
    made = Answering(**settings)
    await made.line.start(made.serve)
    try:
        yield made
    finally:
        await made.line.stop()
