"""The rush on the agents' queues, for ten minutes, on either database."""

import tempfile
from pathlib import Path
from typing import Any

from tests.handoff.rush import Result, percentile, rush
from tests.postgres_server import binaries, running_server

_LENGTH_S = 600.0
"""Ten minutes; the last callers are served to the end after it."""


async def queues() -> dict[str, Any]:
    """On PostgreSQL, where transactions run side by side."""
    if binaries() is None:
        return _table("PostgreSQL", None)
    with running_server() as server:
        return await _rush("PostgreSQL", server.url)


async def queues_sqlite() -> dict[str, Any]:
    """On SQLite, where writers wait for each other."""
    return await _rush("SQLite", "")


async def _rush(engine: str, url: str) -> dict[str, Any]:
    """Fifty callers and twenty fickle agents, the web process killed twice and the callers' process once."""
    with tempfile.TemporaryDirectory() as folder:
        return _table(engine, await rush(Path(folder), length_s=_LENGTH_S, url=url, processes=True))


def _table(engine: str, result: Result | None) -> dict[str, Any]:
    notes = ["not measured: Debian's postgresql is not installed"]
    return {
        "title": f"Queues of agents on {engine}",
        "about": f"Fifty callers at any time, in memory, for {_LENGTH_S:.0f} s, and then until the last is served; "
        "twenty agents who accept, decline, drop and go away at random. The process of their pages is killed twice in "
        "the middle of its work, the callers' process once. Agents' phones answer at once, and talks last a second, so "
        "that there are many.",
        "columns": ["what", "how many"],
        "rows": [list(row) for row in _figures(result).items()] if result is not None else [],
        "notes": notes if result is None else [*result.unaccounted[:5], *result.out_of_order[:5]],
    }


def _figures(result: Result) -> dict[str, int]:
    return {
        "callers": result.entered,
        "joined with an agent": result.joined,
        "hung up while waiting": result.left,
        "cut off by the death of their process": result.cut_off,
        "callbacks joined": result.rung_back,
        "turned away, the database being away": result.turned_away,
        "lost or forgotten": len(result.unaccounted),
        "offered to two agents at once": result.offered_twice,
        "offered out of order within priority": len(result.out_of_order),
        "longest wait of who was joined, s": round(result.longest_wait),
        "offer to first ring, p95, ms": round(percentile(result.to_ring, 0.95) * 1000),
        "key to joined, p95, ms": round(percentile(result.to_join, 0.95) * 1000),
    }
