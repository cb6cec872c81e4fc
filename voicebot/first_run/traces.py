"""What would tell a caller that the council is only the example: nothing of it may be left to be heard."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from voicebot.council import words
from voicebot.flows.model import Found

EXAMPLE = words.COUNCIL_NAME
"""The example council's name."""

MARKS: tuple[str, ...] = (
    EXAMPLE.removesuffix(" Council"),
    *words.TOWNS,
    "01632 960",
    ".example",
    " ZB",
)
"""Names and numbers that exist in no council: towns, Ofcom's numbers for drama, addresses for documentation."""

_LONGEST = 500


class Searches(Protocol):
    """Whatever finds text in flows: the studio."""

    async def search(self, text: str, of: str = "", limit: int = 50) -> Sequence[Found]:
        """Where ``text`` is said, asked or given as an example."""
        ...


async def traces(flows: Searches, of: str = "", council: str = "") -> list[Found]:
    """Where the example is still to be heard, once each. The council's own name is no trace, whatever it is."""
    found: dict[tuple[str, str], Found] = {}
    async for trace in _all(flows, of):
        if trace.place.kind == "examples" or (council and council in trace.text and council != EXAMPLE):
            continue
        found.setdefault((trace.place.name, trace.place.field), trace)
    return list(found.values())


async def _all(flows: Searches, of: str) -> AsyncIterator[Found]:
    for mark in MARKS:
        for trace in await flows.search(mark, of, _LONGEST):
            yield trace
