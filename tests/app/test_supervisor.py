"""The supervisor: starts, notices death, starts again, stops everything, and gives up on what can't work."""

import asyncio
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from voicebot.app.parts import Part
from voicebot.app.stop_signals import StopSignals
from voicebot.app.supervisor import Supervisor
from voicebot.errors import ConfigurationError
from voicebot.settings import CallSettings, Settings

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


DRAINS = """
import pathlib, signal, sys, time
marker, done = map(pathlib.Path, sys.argv[1:])
def let_end(*_):
    while not done.exists():
        time.sleep(0.01)
    sys.exit(0)
signal.signal(signal.SIGTERM, let_end)
signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
marker.write_text("x")
while True:
    signal.pause()
"""


async def test_what_is_under_way_is_let_end_and_the_others_are_kept_alive_for_it(tmp_path: Path) -> None:
    one, two, done = tmp_path / "one", tmp_path / "two", tmp_path / "done"
    drains = replace(part("one", DRAINS, one, str(one), str(done)), drains=True)
    supervisor = Supervisor(Settings(data=tmp_path), [drains, part("two", RUNS, two, str(two))])
    await supervisor.start(20)
    draining = asyncio.create_task(supervisor.drain())
    await asyncio.sleep(0)
    os.kill(supervisor.pid("two") or 0, signal.SIGKILL)
    await reached(two, "xx")
    assert not draining.done()
    assert supervisor.pid("one") is not None
    done.touch()
    await asyncio.wait_for(draining, 10)
    assert supervisor.pid("one") is None
    assert one.read_text() == "x", "it was not started again"
    await supervisor.stop()


async def test_a_part_that_hangs_is_not_waited_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was given its time to let calls end, and some more to write down what is left."""
    monkeypatch.setattr("voicebot.app.supervisor._WIND_UP_S", 0.2)
    one = tmp_path / "one"
    hangs = replace(part("one", DRAINS, one, str(one), str(tmp_path / "never")), drains=True)
    supervisor = Supervisor(Settings(data=tmp_path, calls=CallSettings(drain_s=0.3)), [hangs])
    await supervisor.start(20)
    began = asyncio.get_running_loop().time()
    await asyncio.wait_for(supervisor.drain(), 20)
    assert asyncio.get_running_loop().time() - began >= 0.5
    assert supervisor.pid("one") is not None
    await supervisor.stop()
    assert supervisor.pid("one") is None


async def test_stopping_at_once_waits_for_nothing(tmp_path: Path) -> None:
    one = tmp_path / "one"
    drains = replace(part("one", DRAINS, one, str(one), str(tmp_path / "never")), drains=True)
    supervisor = Supervisor(Settings(data=tmp_path), [drains])
    await supervisor.start(20)
    await supervisor.stop()
    assert supervisor.pid("one") is None


async def test_a_second_signal_cuts_the_wait_short() -> None:
    signals = StopSignals()
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        assert await asyncio.wait_for(signals.next(), 5) is signal.SIGTERM
        waiting = asyncio.Event()

        async def forever() -> None:
            waiting.set()
            await asyncio.Event().wait()

        work = asyncio.create_task(signals.unless(forever()))
        await waiting.wait()
        os.kill(os.getpid(), signal.SIGINT)
        assert not await asyncio.wait_for(work, 5)
        assert await signals.unless(asyncio.sleep(0))
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().remove_signal_handler(number)


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
