"""Calls by SIPp at a line that answers: through a lossy network, many a second, and an hour's worth of short ones."""

import asyncio
import csv
import json
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "tests" / "telephony" / "sip" / "scenarios"
FORGOTTEN_S = 40.0
"""After that long the last transaction of a call has been forgotten (64*T1 and T4)."""
COLUMNS = ["", "calls", "succeeded", "failed", "calls a second", "retransmissions", "left behind"]


class Subject:
    """The answering line in its process."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.port = port
        self._process = process

    async def holdings(self) -> dict[str, Any]:
        """What it holds now."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(b"\n")
        said: dict[str, Any] = json.loads(await stdout.readline())
        return said

    async def forgotten(self) -> dict[str, Any]:
        """What it holds once it has forgotten its calls, or when it should have."""
        async with asyncio.timeout(FORGOTTEN_S + 20):
            while not (held := await self.holdings())["idle"]:
                await asyncio.sleep(1)
        return held


@asynccontextmanager
async def answering(low: int, high: int) -> AsyncIterator[Subject]:
    """An answering line with audio on these ports."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.prove.answering", str(low), str(high)),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        yield Subject(process, int(await process.stdout.readline()))
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(10):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def sipp(port: int, scenario: str, *options: str) -> dict[str, int]:
    """Let SIPp ring the line at that port; gives its counts. Raises RuntimeError when there is no SIPp."""
    program = shutil.which("sipp")
    if program is None:
        raise RuntimeError("there is no sipp: install Debian's sip-tester")
    with tempfile.TemporaryDirectory() as folder:
        process = await asyncio.create_subprocess_exec(
            *(program, f"127.0.0.1:{port}", "-sf", str(SCENARIOS / scenario), "-i", "127.0.0.1", "-nostdin"),
            *("-s", "0800", "-trace_stat", "-stf", "stat.csv", "-fd", "5", *options),
            cwd=folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        last = list(csv.DictReader((Path(folder) / "stat.csv").read_text().splitlines(), delimiter=";"))[-1]
    names = {"succeeded": "SuccessfulCall(C)", "failed": "FailedCall(C)", "again": "Retransmissions(C)"}
    counts = {name: int(last[column]) for name, column in names.items()}
    counts["rate"] = round(float(last["CallRate(C)"]))
    return counts


def _row(name: str, calls: int, counts: dict[str, int], held: dict[str, Any]) -> list[Any]:
    left = "nothing" if held["idle"] and not held["legs"] and not held["media"] else f"{held['legs']} calls"
    return [name, calls, counts["succeeded"], counts["failed"], counts["rate"], counts["again"], left]


async def load() -> dict[str, Any]:
    """Two hundred calls with one message in ten lost each way; fifteen hundred at a hundred a second."""
    rows = []
    for name, calls, options in (
        ("one message in ten lost, each way", 200, ("-r", "10", "-lost", "10")),
        ("a hundred calls a second, signalling only", 1500, ("-r", "100", "-l", "1000")),
    ):
        async with answering(20000, 28000) as subject:
            counts = await sipp(subject.port, "flood.xml", "-m", str(calls), *options)
            rows.append(_row(name, calls, counts, await subject.forgotten()))
            print(rows[-1], flush=True)
    return {
        "title": "Load",
        "about": "SIPp on loopback, at a line that answers (uvloop, in a process of its own): each call is answered, "
        "held for a second and hung up. Left behind is what the line remembers when it should have forgotten all.",
        "columns": COLUMNS,
        "rows": rows,
    }


async def endurance() -> dict[str, Any]:
    """As many short calls as a busy line has in an hour, in three lots, and what is left after each."""
    held = []
    failed = 0
    async with answering(20000, 28000) as subject:
        for _ in range(3):
            counts = await sipp(subject.port, "short.xml", "-m", "2400", "-r", "60", "-l", "1000")
            failed += counts["failed"]
            held.append(await subject.forgotten())
            print(f"after {held[-1]['calls']} calls: {held[-1]}", flush=True)
    shown = {
        "memory_kib": "memory, KiB",
        "objects": "objects that Python tracks",
        "files": "open files and sockets",
        "tasks": "tasks",
        "media": "media ports",
    }
    return {
        "title": "An hour's worth of short calls",
        "about": "7,200 calls of a fifth of a second (two a second for an hour) at 60 a second, in three lots; counted "
        "when the line has forgotten each. The first lot fills what the interpreter keeps for reuse.",
        "columns": ["after", *(f"{one['calls']} calls" for one in held)],
        "rows": [[label, *(one[name] for one in held)] for name, label in shown.items()],
        "notes": [f"calls that SIPp counts as failed: {failed}"],
    }
