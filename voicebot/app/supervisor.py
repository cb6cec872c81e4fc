"""Starts the parts, watches them, starts them again when they die, and stops them all."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from voicebot.app.parts import Part, child_environment, with_parent_death_signal
from voicebot.errors import ConfigurationError
from voicebot.settings import Settings

log = structlog.get_logger(__name__)

WRONG_CONFIGURATION = 78
"""Exit status (``EX_CONFIG`` of sysexits.h) of a part that would fail again however often it were started."""

_FIRST_DELAY_S = 0.2
_LONGEST_DELAY_S = 10.0
_STEADY_S = 30.0
_STOP_S = 8.0
_WIND_UP_S = 15.0
"""For a part that has let go of what it was at to write down the rest, on top of ``calls.drain_s``."""


class Supervisor:
    """Owns the service's processes.

    ``on_state`` hears (part, state) with the states ``starting``, ``ready``, ``died`` and ``stopped``.
    """

    def __init__(
        self, settings: Settings, parts: Sequence[Part], on_state: Callable[[str, str], None] | None = None
    ) -> None:
        self._settings = settings
        self._parts = list(parts)
        self._on_state = on_state or (lambda part, state: None)
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._watchers: dict[str, asyncio.Task[None]] = {}
        self._stopping = False
        self._leaving: set[str] = set()
        self._fatal: asyncio.Future[str] | None = None

    def pid(self, part: str) -> int | None:
        """Process id of a running part."""
        process = self._processes.get(part)
        return process.pid if process is not None and process.returncode is None else None

    async def start(self, timeout_s: float = 120.0) -> None:
        """Start every part and wait until all are ready.

        Raises :class:`ConfigurationError` when one can't be, with the end of its log.
        """
        self._settings.log_dir.mkdir(parents=True, exist_ok=True)
        self._settings.run_dir.mkdir(parents=True, exist_ok=True)
        self._fatal = asyncio.get_running_loop().create_future()
        for part in self._parts:
            self._begin(part)
        waiting = asyncio.ensure_future(asyncio.gather(*(self._until_ready(part) for part in self._parts)))
        done, _ = await asyncio.wait((waiting, self._fatal), timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        if waiting in done:
            await waiting
            return
        waiting.cancel()
        with suppress(asyncio.CancelledError):
            await waiting
        problem = self._fatal.result() if self._fatal.done() else f"not ready after {timeout_s:.0f} s"
        await self.stop()
        raise ConfigurationError(problem)

    def _begin(self, part: Part) -> None:
        self._watchers[part.name] = asyncio.create_task(self._watch(part), name=f"watch-{part.name}")

    async def add(self, part: Part, timeout_s: float = 120.0) -> None:
        """Start one part more, beside the others, and wait until it is ready.

        Raises :class:`ConfigurationError` with the end of its log when it can't be; it is stopped again then.
        """
        self._parts.append(part)
        self._begin(part)
        ready = asyncio.ensure_future(self._until_ready(part))
        try:
            done, _ = await asyncio.wait(
                (ready, self._watchers[part.name]), timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED
            )
            if ready in done:
                await ready
                return
        finally:
            ready.cancel()
        problem = f"{part.name} was not ready after {timeout_s:.0f} s:\n{self._log_end(part)}"
        await self.remove(part.name)
        raise ConfigurationError(problem)

    async def remove(self, name: str) -> None:
        """Stop one part for good. Harmless when there is none of that name."""
        watcher = self._watchers.pop(name, None)
        if watcher is not None:
            watcher.cancel()
            with suppress(asyncio.CancelledError):
                await watcher
        leaving = [part for part in self._parts if part.name == name]
        self._parts = [part for part in self._parts if part.name != name]
        for part in leaving:
            await self._stop_part(part, self._processes.pop(name, None))
        self._on_state(name, "stopped")

    async def _until_ready(self, part: Part) -> None:
        while not await part.ready():
            await asyncio.sleep(0.1)
        self._on_state(part.name, "ready")

    async def _watch(self, part: Part) -> None:
        delay = _FIRST_DELAY_S
        loop = asyncio.get_running_loop()
        while not self._stopping:
            self._on_state(part.name, "starting")
            began = loop.time()
            status = await self._run_once(part)
            if self._is_stopping() or part.name in self._leaving:
                break
            self._on_state(part.name, "died")
            log.warning("part.died", part=part.name, status=status)
            if status == WRONG_CONFIGURATION and self._fatal is not None and not self._fatal.done():
                self._fatal.set_result(f"{part.name} could not start:\n{self._log_end(part)}")
                return
            delay = _FIRST_DELAY_S if loop.time() - began > _STEADY_S else min(delay * 2, _LONGEST_DELAY_S)
            await asyncio.sleep(delay)
        self._on_state(part.name, "stopped")

    def _is_stopping(self) -> bool:
        return self._stopping

    def _output(self, part: Part) -> Path:
        return self._settings.log_dir / f"{part.name}.out"

    def _log_end(self, part: Part) -> str:
        lines = self._output(part).read_text(errors="replace").strip().splitlines()
        return "\n".join(lines[-12:])

    async def _run_once(self, part: Part) -> int:
        with self._output(part).open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *with_parent_death_signal(part),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=child_environment(self._settings, part.env),
                start_new_session=True,
            )
        self._processes[part.name] = process
        return await process.wait()

    async def drain(self) -> None:
        """Ask the parts that drain to end when what they are at is done, and wait for that; all others go on.

        A part that is late with ending although its time for that is over hangs, and is not waited for.
        """
        leaving: dict[str, asyncio.subprocess.Process] = {}
        for part in self._parts:
            process = self._processes.get(part.name)
            if part.drains and process is not None and process.returncode is None:
                self._leaving.add(part.name)
                process.send_signal(signal.SIGTERM)
                leaving[part.name] = process
        try:
            async with asyncio.timeout(self._settings.calls.drain_s + _WIND_UP_S):
                for process in leaving.values():
                    await process.wait()
        except TimeoutError:
            late = [name for name, process in leaving.items() if process.returncode is None]
            log.warning("part.hangs", parts=late)

    async def stop(self) -> None:
        """Ask each part to stop at once, then insist; the first named first: calls end before what serves them."""
        self._stopping = True
        for part in self._parts:
            await self._stop_part(part, self._processes.get(part.name))
        for watcher in self._watchers.values():
            watcher.cancel()
        await asyncio.gather(*self._watchers.values(), return_exceptions=True)

    async def _stop_part(self, part: Part, process: asyncio.subprocess.Process | None) -> None:
        if process is None or process.returncode is not None:
            return
        process.send_signal(part.stop_signal)
        try:
            async with asyncio.timeout(_STOP_S):
                await process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
