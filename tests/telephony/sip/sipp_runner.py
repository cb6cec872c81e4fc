"""Runs SIPp (Debian's ``sip-tester``) on the scenarios beside this file."""

import asyncio
import shutil
import socket
from pathlib import Path

from tests.telephony.sip.ports import free_port

SIPP = shutil.which("sipp")
SCENARIOS = Path(__file__).parent / "scenarios"


class Sipp:
    """One SIPp on one scenario, in a folder of its own: it rings ``remote``, or is rung at :attr:`port`.

    ``keys`` fill ``[name]`` in the scenario.
    """

    def __init__(self, folder: Path, scenario: str, remote: int = 0, *, transport: str = "u1", **keys: str) -> None:
        self.port = free_port()
        self._folder = folder / scenario
        self._command = [
            *([f"127.0.0.1:{remote}"] if remote else []),
            *("-sf", str(SCENARIOS / scenario), "-i", "127.0.0.1", "-p", str(self.port), "-m", "1", "-nostdin"),
            *("-t", transport),
            *("-s", "0800", "-trace_err", "-error_file", "errors.log", "-trace_msg", "-message_file", "messages.log"),
            *(part for name, value in keys.items() for part in ("-key", name, value)),
        ]
        self._listens = not remote
        self._process: asyncio.subprocess.Process | None = None

    @property
    def address(self) -> str:
        """What to ring."""
        return f"sip:agent@127.0.0.1:{self.port}"

    @property
    def folder(self) -> Path:
        """Where it runs: files that its scenario plays belong there."""
        self._folder.mkdir(exist_ok=True)
        return self._folder

    async def start(self) -> None:
        """Start it; one that is to be rung over UDP listens when this returns."""
        assert SIPP is not None
        self._process = await asyncio.create_subprocess_exec(
            SIPP,
            *self._command,
            cwd=self.folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(10):
            while self._listens and _free(self.port) and self._process.returncode is None:
                await asyncio.sleep(0.02)

    async def finish(self, timeout_s: float = 20.0) -> None:
        """Wait until its call is over; asserts that all went as the scenario says."""
        assert self._process is not None
        try:
            async with asyncio.timeout(timeout_s):
                said, _ = await self._process.communicate()
        finally:
            if self._process.returncode is None:
                self._process.kill()
                await self._process.wait()
                print(self._log())
        assert self._process.returncode == 0, f"{said.decode(errors='replace')[-2000:]}\n{self._log()}"

    def _log(self) -> str:
        logs = [self.folder / name for name in ("errors.log", "messages.log")]
        return "\n".join(log.read_text(errors="replace")[-6000:] for log in logs if log.exists())


def _free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
