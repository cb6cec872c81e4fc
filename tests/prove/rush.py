"""The rush on the agents' queues, for as long as a part of the proof may take."""

import tempfile
from pathlib import Path
from typing import Any

from tests.handoff.rush import percentile, rush

_LENGTH_S = 500.0


async def queues() -> dict[str, Any]:
    """Fifty callers and twenty fickle agents, the web process killed twice and the media process once."""
    with tempfile.TemporaryDirectory() as folder:
        result = await rush(Path(folder), length_s=_LENGTH_S)
    return {
        "title": "Queues of agents",
        "about": "Callers in memory, agents who accept, decline, drop and go away at random, on a real SQLite file; "
        "the web process is killed twice and the media process once.",
        "columns": ["what", "value"],
        "rows": [
            ["callers", result.entered],
            ["joined with an agent", result.joined],
            ["hung up while waiting", result.left],
            ["cut off by the media process's death", result.cut_off],
            ["callbacks joined", result.rung_back],
            ["lost or forgotten", len(result.unaccounted)],
            ["offered to two agents at once", result.offered_twice],
            ["offered out of order within priority", len(result.out_of_order)],
            ["offer to first ring, p95, ms", round(percentile(result.to_ring, 0.95) * 1000)],
            ["key to joined, p95, ms", round(percentile(result.to_join, 0.95) * 1000)],
        ],
        "notes": result.unaccounted[:5] + result.out_of_order[:5],
    }
