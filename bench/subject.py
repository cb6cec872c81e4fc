"""A measured server as a process of its own on one core: started, watched and ended."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).parents[1]
_TICK = os.sysconf("SC_CLK_TCK")


def cores() -> tuple[set[int], set[int]]:
    """One core for the server, another for the load (the same where there is only one)."""
    have = sorted(os.sched_getaffinity(0))
    return {have[0]}, {have[-1]}


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU time in s since the process began, and memory now in MiB (its share of what is shared)."""

    cpu_s: float
    memory_mib: float


class Subject:
    """A server process. ``python`` is its interpreter; it speaks :mod:`bench.control`. Use as a context.

    Unless it is ``pinned`` to a core of its own it has the machine as any process has.
    """

    def __init__(self, module: str, *arguments: str, python: Path | None = None, pinned: bool = True) -> None:
        server, _ = cores()
        command = [str(python or sys.executable), "-m", module, *arguments]
        limits = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"} if pinned else {}
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **limits, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=(lambda: os.sched_setaffinity(0, server)) if pinned else None,
        )
        self.ready: dict[str, Any] = self._line()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the measured server ended with status {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def counts(self) -> dict[str, Any]:
        """What it has counted so far."""
        assert self._process.stdin is not None
        self._process.stdin.write("?\n")
        self._process.stdin.flush()
        return self._line()

    def usage(self) -> Usage:
        """What it uses."""
        place = Path("/proc") / str(self._process.pid)
        fields = (place / "stat").read_text().rpartition(")")[2].split()
        shares = (place / "smaps_rollup").read_text()
        kib = next(int(line.split()[1]) for line in shares.splitlines() if line.startswith("Pss:"))
        return Usage((int(fields[11]) + int(fields[12])) / _TICK, kib / 1024)


def start_load(module: str, arguments: Sequence[str]) -> "subprocess.Popen[str]":
    """A load process on the other core; its last line of output is its result."""
    _, load = cores()
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, load),
    )
