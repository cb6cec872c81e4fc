"""The rush on the agents' queues, for as long as a part of the proof may take, on either database."""

import tempfile
from pathlib import Path
from typing import Any

from tests.handoff.rush import Result, percentile, rush
from tests.postgres_server import binaries, running_server

_LENGTH_S = {"SQLite": 500.0, "PostgreSQL": 120.0}


async def queues() -> dict[str, Any]:
    """Fifty callers and twenty fickle agents, the web process killed twice and the media process once."""
    with tempfile.TemporaryDirectory() as folder:
        results = {"SQLite": await rush(Path(folder), length_s=_LENGTH_S["SQLite"])}
    if binaries() is not None:
        with running_server() as server, tempfile.TemporaryDirectory() as folder:
            results["PostgreSQL"] = await rush(Path(folder), length_s=_LENGTH_S["PostgreSQL"], url=server.url)
    rows = [_figures(result) for result in results.values()]
    return {
        "title": "Queues of agents",
        "about": "Callers in memory, agents who accept, decline, drop and go away at random, on a real database; "
        "the web process is killed twice and the media process once.",
        "columns": ["what", *(f"{name}, {_LENGTH_S[name]:.0f} s" for name in results)],
        "rows": [[what, *(row[what] for row in rows)] for what in rows[0]],
        "notes": [note for result in results.values() for note in result.unaccounted[:5] + result.out_of_order[:5]],
    }


def _figures(result: Result) -> dict[str, int]:
    return {
        "callers": result.entered,
        "joined with an agent": result.joined,
        "hung up while waiting": result.left,
        "cut off by the media process's death": result.cut_off,
        "callbacks joined": result.rung_back,
        "lost or forgotten": len(result.unaccounted),
        "offered to two agents at once": result.offered_twice,
        "offered out of order within priority": len(result.out_of_order),
        "offer to first ring, p95, ms": round(percentile(result.to_ring, 0.95) * 1000),
        "key to joined, p95, ms": round(percentile(result.to_join, 0.95) * 1000),
    }
