"""What the publisher needs of whoever owns the processes."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

from voicebot.flows.errors import FlowError
from voicebot.flows.running import Dialogue


class CandidateFailed(FlowError):
    """A candidate did not start, or serves another model than the one meant."""


class Host(Protocol):
    """Starts dialogues beside the live one, and leads new calls to one of them."""

    async def start(
        self, version: str, folder: Path, model: Path, *, made: Callable[[], Awaitable[Path]], apart: bool = False
    ) -> Dialogue:
        """Start Rasa and its actions on free ports and wait until they serve ``model``.

        They load while ``made`` makes the model, and whatever that raises ends them. ``apart``: on a copy of
        the council's records, so that what is tried out leaves no trace. Raises :class:`CandidateFailed`.
        """
        ...

    async def switch(self, dialogue: Dialogue) -> None:
        """Lead new calls to it. Calls in progress stay where they are."""
        ...

    async def stop(self, dialogue: Dialogue) -> None:
        """Stop one that stands beside the live one."""
        ...

    def running(self, version: str) -> Dialogue | None:
        """The running dialogue of a version, if it is on the council's own records."""
        ...

    @property
    def live(self) -> Dialogue:
        """The dialogue of new calls."""
        ...
