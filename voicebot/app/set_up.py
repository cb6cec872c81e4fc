"""A council that still speaks as the example takes no calls: the public lines wait until nothing of it is left."""

import asyncio

import structlog

from voicebot.first_run.left_over import left_of_example
from voicebot.settings import Settings

log = structlog.get_logger(__name__)

_LOOK_EVERY_S = 10.0
_SHOWN = 10
NOT_SET_UP = 503
"""The SIP status that callers get meanwhile: service unavailable."""


class SetUp:
    """Whether a council has made the example its own. ``left`` is what callers would still hear of the example."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.left: list[str] = []

    async def look(self) -> None:
        """Look now. Raises :class:`~voicebot.errors.ConfigurationError` when the council's facts can't be read."""
        before, self.left = self.left, await left_of_example(self._settings)
        if self.left and self.left != before:
            log.error(
                "set_up.example_left",
                places=len(self.left),
                first=[place.partition(": ")[0] for place in self.left[:_SHOWN]],
            )
        elif before and not self.left:
            log.info("set_up.done")

    async def follow(self) -> None:
        """Look again, until nothing is left: somebody is at work on it."""
        while self.left:
            await asyncio.sleep(_LOOK_EVERY_S)
            await self.look()
