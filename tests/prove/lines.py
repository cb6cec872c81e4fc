"""The part of ``make prove`` that measures lines: how many calls one core carries, ours and others'."""

import asyncio
from collections.abc import Sequence
from typing import Any

from bench.lines import KINDS, Kind, Measured, climb, speech_file

_SECONDS = 6.0


async def lines() -> dict[str, Any]:
    """Every kind of server, one after another in the same run."""
    runs: list[Measured] = []
    notes: list[str] = []
    with speech_file() as speech:
        for kind in KINDS:
            if kind.python is not None and not kind.python.is_file():
                notes.append(f"{kind.name}: not measured, its environment is missing (scripts/bench-environment)")
                continue
            found = await asyncio.to_thread(lambda kind=kind: _all(kind, speech))  # type: ignore[misc]
            runs += found
            notes.append(_best(kind, found))
            print(notes[-1], flush=True)
    return {
        "title": "Calls on one core",
        "about": "Two-way G.711 calls (see `bench/README.md`). Carried: at most one packet in a hundred is more than "
        "5 ms off its time, and no audio is missing. The server has one core for itself, the load another.",
        "columns": [
            *("server", "calls", "carried", "CPU %", "MiB a call", "p50 ms", "p99 ms"),
            "missing s",
            "lost packets",
        ],
        "rows": [_row(one) for one in runs],
        "notes": notes,
    }


def _all(kind: Kind, speech: Any) -> list[Measured]:
    return list(climb(kind, speech, _SECONDS))


def _best(kind: Kind, runs: Sequence[Measured]) -> str:
    carried = max((one.calls for one in runs if one.carried), default=0)
    short = [one.calls for one in runs if not one.carried]
    return f"{kind.name}: carries {carried}" + (f", not {min(short)}" if short else " (the most that was tried)")


def _row(one: Measured) -> list[Any]:
    if one.fault:
        return [one.kind, one.calls, one.fault, *[""] * 6]
    carried = "yes" if one.carried else "no"
    return [
        *(one.kind, one.calls, carried, round(one.cpu_percent), one.memory_mib),
        *(one.p50_ms, one.p99_ms, one.missing_s, one.lost),
    ]
