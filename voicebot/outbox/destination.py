"""Where something of the outbox can go, and the two ways in which it may not arrive."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from voicebot.errors import VoicebotError


class NotNow(VoicebotError):
    """The destination did not take it this time; it is tried again, not before ``wait_s`` if that is told.

    The message goes into the records: it names what failed and holds nothing of what was sent.
    """

    def __init__(self, problem: str, wait_s: float = 0.0) -> None:
        super().__init__(problem)
        self.wait_s = wait_s


class Refused(VoicebotError):
    """The destination will never take it as it is. The message says why, and holds nothing personal."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is delivered. ``uid`` is the same in every attempt; ``attempt`` counts from 1."""

    uid: str
    kind: str
    payload: Mapping[str, Any]
    call_id: str
    at: datetime
    attempt: int = 1


class Destination(Protocol):
    """One receiver."""

    @property
    def name(self) -> str:
        """What it is called in the records; unique and lasting, since what waits for it is found by it."""
        ...

    def wants(self, kind: str, payload: Mapping[str, Any]) -> bool:
        """Whether it is to be told."""
        ...

    async def deliver(self, told: Told) -> dict[str, Any]:
        """Hand it over; gives what is worth keeping of the answer. Raises :class:`NotNow` or :class:`Refused`."""
        ...
