"""SIPp on ways of its own: it is asked for a password by us, asks for ours, and calls over IPv6."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from voicebot.settings import SipSettings
from voicebot.telephony.leg import CallLeg, EndReason
from voicebot.telephony.sip.line import SipLine

SIPP = shutil.which("sipp")
SCENARIOS = Path(__file__).parent / "scenarios"

pytestmark = [
    pytest.mark.sip_clients,
    pytest.mark.skipif(SIPP is None, reason="there is no sipp: install Debian's sip-tester"),
]


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    """Whether a TCP port is listened on."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@asynccontextmanager
async def _sipp(folder: Path, scenario: str, *options: str, host: str = "127.0.0.1") -> AsyncIterator[None]:
    """Run SIPp beside the block, after which every call of its scenario must have succeeded."""
    assert SIPP is not None
    process = await asyncio.create_subprocess_exec(
        *(SIPP, "-sf", str(SCENARIOS / scenario), "-i", host, "-nostdin", "-m", "1", "-s", "0800"),
        *("-trace_err", "-error_file", "errors.log", *options),
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield
        async with asyncio.timeout(20):
            said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    errors = folder / "errors.log"
    text = said.decode(errors="replace")[-2000:]
    assert process.returncode == 0, f"{text}\n{errors.read_text()[:3000] if errors.exists() else ''}"


class Line:
    """A line that answers, started."""

    def __init__(self, **settings: object) -> None:
        given = {"rtp_low": 46400, "rtp_high": 46500, **settings}
        self.line = SipLine(SipSettings.model_validate(given), 0)
        self.legs: list[CallLeg] = []

    async def serve(self, leg: CallLeg) -> None:
        """Take a call."""
        self.legs.append(leg)
        await leg.answer()
        await leg.wait_ended()


@asynccontextmanager
async def _line(**settings: object) -> AsyncIterator[Line]:
    made = Line(**settings)
    await made.line.start(made.serve)
    try:
        yield made
    finally:
        await made.line.stop()


@pytest.mark.parametrize("algorithms", [["MD5"], ["MD5", "SHA-256"]])
@pytest.mark.parametrize("transport", ["u1", "t1"])
async def test_a_caller_that_knows_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, algorithms: list[str], transport: str
) -> None:
    monkeypatch.setenv("RECEPTION", "hush")
    callers = [{"user": "reception", "password_env": "RECEPTION", "networks": ["127.0.0.0/8"]}]
    async with _line(callers=callers, digest_algorithms=algorithms) as bot:
        async with _sipp(tmp_path, "proving.xml", f"127.0.0.1:{bot.line.port}", "-t", transport):
            pass
        assert (await bot.legs[0].wait_ended()).reason is EndReason.REMOTE_HANGUP


async def test_a_caller_that_guesses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECEPTION", "hush")
    callers = [{"user": "reception", "password_env": "RECEPTION"}]
    async with _line(callers=callers, digest_algorithms=["MD5"]) as bot:
        async with _sipp(tmp_path, "guessing.xml", f"127.0.0.1:{bot.line.port}"):
            pass
        assert not bot.legs


def _trunk(port: int, **settings: object) -> dict[str, object]:
    return {
        "name": "sipp",
        "domain": f"127.0.0.1:{port}",
        "user": "bot",
        "password_env": "BOT_PASSWORD",
        "options_s": 0,
        **settings,
    }


async def test_a_registrar_that_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Registered with a password, renewed in time with the same nonce and after that with a new one, and taken away."""
    monkeypatch.setenv("BOT_PASSWORD", "hush")
    port = _free_port()
    async with (
        _sipp(tmp_path, "registrar.xml", "-p", str(port)),
        _line(trunks=[_trunk(port, registers=True)], failover_s=3.0) as bot,
    ):
        (trunk,) = bot.line.router.trunks
        async with asyncio.timeout(15):
            while trunk.status().granted_s != 60:
                await asyncio.sleep(0.02)


@pytest.mark.parametrize("transport", ["u1", "t1"])
async def test_a_server_that_asks_for_the_invite_and_for_the_bye(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, transport: str
) -> None:
    monkeypatch.setenv("BOT_PASSWORD", "hush")
    port = _free_port()
    way = _trunk(port, transport="udp" if transport == "u1" else "tcp")
    async with (
        _sipp(tmp_path, "challenging.xml", "-p", str(port), "-t", transport),
        _line(trunks=[way], failover_s=3.0) as bot,
    ):
        async with asyncio.timeout(5):
            while transport == "t1" and not _listens(port):
                await asyncio.sleep(0.02)
        leg = await bot.line.dial("tel:0161")
        await leg.hangup()


@pytest.mark.parametrize("bind", ["::", "::1"])
@pytest.mark.parametrize("transport", ["u1", "t1"])
async def test_a_call_over_ipv6(tmp_path: Path, bind: str, transport: str) -> None:
    async with _line(bind=bind) as bot:
        async with _sipp(tmp_path, "ipv6.xml", f"[::1]:{bot.line.port}", "-t", transport, host="::1"):
            pass
        assert (await bot.legs[0].wait_ended()).reason is EndReason.REMOTE_HANGUP
