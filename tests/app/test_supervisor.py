"""The supervisor: starts, notices death, starts again, stops everything, and gives up on what can't work."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from voicebot.app.parts import Part
from voicebot.app.supervisor import Supervisor
from voicebot.errors import ConfigurationError
from voicebot.settings import Settings

RUNS = """
import pathlib, signal, sys
marker = pathlib.Path(sys.argv[1])
marker.write_text((marker.read_text() if marker.exists() else "") + "x")
signal.pause()
"""


def part(name: str, code: str, marker: Path, *arguments: str) -> Part:
    async def ready() -> bool:
        return marker.exists()

    return Part(name, (sys.executable, "-c", code, *arguments), ready)


async def reached(marker: Path, text: str) -> None:
    async with asyncio.timeout(10):
        while not marker.exists() or marker.read_text() != text:
            await asyncio.sleep(0.01)


async def test_a_part_that_is_killed_is_started_again_and_all_are_stopped(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    states: list[tuple[str, str]] = []
    supervisor = Supervisor(
        Settings(data=tmp_path),
        [part("one", RUNS, marker, str(marker))],
        lambda name, state: states.append((name, state)),
    )
    await supervisor.start(20)
    first = supervisor.pid("one")
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await reached(marker, "xx")
    second = supervisor.pid("one")
    assert second not in (None, first)
    await supervisor.stop()
    assert supervisor.pid("one") is None
    assert ("one", "died") in states
    with pytest.raises(ProcessLookupError):
        os.kill(second or 0, 0)


async def test_a_wrong_configuration_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    code = "import sys; print('the port is taken: choose another'); sys.exit(78)"
    supervisor = Supervisor(Settings(data=tmp_path), [part("one", code, tmp_path / "never")])
    with pytest.raises(ConfigurationError, match="the port is taken: choose another"):
        await supervisor.start(20)


async def test_what_never_becomes_ready_is_stopped(tmp_path: Path) -> None:
    supervisor = Supervisor(Settings(data=tmp_path), [part("one", "import signal; signal.pause()", tmp_path / "never")])
    with pytest.raises(ConfigurationError, match="not ready"):
        await supervisor.start(0.5)
    assert supervisor.pid("one") is None


async def test_a_part_can_be_added_and_taken_out_while_the_others_run(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    supervisor = Supervisor(Settings(data=tmp_path), [part("one", RUNS, one, str(one))])
    await supervisor.start(20)
    first = supervisor.pid("one")
    await supervisor.add(part("two", RUNS, two, str(two)), 20)
    second = supervisor.pid("two")
    assert second is not None
    await supervisor.remove("two")
    assert supervisor.pid("two") is None
    with pytest.raises(ProcessLookupError):
        os.kill(second, 0)
    with pytest.raises(ConfigurationError, match="choose another"):
        await supervisor.add(
            part("three", "import sys; print('choose another'); sys.exit(78)", tmp_path / "never"), timeout_s=20
        )
    assert supervisor.pid("three") is None
    assert supervisor.pid("one") == first
    await supervisor.stop()
