"""The fuzz targets for ten minutes, two at a time, guided by coverage where the fuzzer for that can be had."""

import asyncio
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).parents[2]
SECONDS = 100
"""For each target; with two at a time all ten of them are done within the part's limit."""
AT_ONCE = 2
_UV = ROOT / ".tools" / "bin" / "uv"
_GUIDED = (str(_UV), "run", "--quiet", "--frozen", "--isolated", "--group", "fuzz", "python")


async def fuzz() -> dict[str, Any]:
    """Every target of ``tests/fuzz``."""
    python = _GUIDED if await _succeeds(*_GUIDED, "-c", "import atheris") else (sys.executable,)
    places = asyncio.Semaphore(AT_ONCE)

    async def one(name: str) -> dict[str, Any]:
        async with places:
            done = await _run(*python, "-m", "tests.fuzz", name, "--seconds", str(SECONDS))
            print(f"{name}: {done['runs']} inputs, found {done['found'] or 'nothing'}", flush=True)
            return done

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(name)) for name in TARGETS]
    results = [task.result() for task in tasks]
    return {
        "title": "Fuzzing",
        "about": "Good messages changed, cut, doubled and out of order, and noise, at all that a peer can reach: "
        "nothing may raise, and nothing may be left behind. Guided by coverage (atheris) where it says so.",
        "columns": ["target", "seconds", "inputs", "guided", "found"],
        "rows": [
            [one["target"], one["seconds"], one["runs"], "yes" if one["guided"] else "no", len(one["found"])]
            for one in results
        ],
        "notes": [f"{one['target']}: {place} ({kept})" for one in results for place, kept in one["found"].items()],
    }


async def _succeeds(*command: str) -> bool:
    try:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
    except FileNotFoundError:
        return False
    return await process.wait() == 0


async def _run(*command: str) -> dict[str, Any]:
    """What the last line of its output says. The fuzzer leaves with this process, also when that is interrupted."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
    try:
        said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, 9)
            await process.wait()
    result: dict[str, Any] = json.loads(said.decode().strip().splitlines()[-1])
    return result
