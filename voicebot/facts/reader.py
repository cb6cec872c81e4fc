"""The facts for calls: always there at once, never older than a few seconds while the database answers."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Protocol

import structlog

from voicebot.accounts.keys import utc_now
from voicebot.errors import RecordsUnavailable
from voicebot.facts.defaults import council_defaults
from voicebot.facts.model import CouncilFacts, FactRefused, Notice
from voicebot.facts.opening import is_open
from voicebot.facts.store import FactsStore
from voicebot.facts.wording import closed_words, opens_words, place_sentence, queue_sentence
from voicebot.records.database import Database, RecordRejected
from voicebot.settings import Settings

log = structlog.get_logger(__name__)

REFRESH_S = 2.0
"""Seconds between looks for changes: with the reading itself, a change is heard within five."""


class Knows(Protocol):
    """Where the facts come from."""

    async def version(self) -> int:
        """Grows with every change."""
        ...

    async def current(self) -> CouncilFacts:
        """All facts as they hold now."""
        ...


class FactsReader:
    """A snapshot of the facts and what calls ask of it. Nothing here waits or raises.

    Without :meth:`run`, or while the database is away, the last snapshot holds; at first that is the defaults.
    ``at`` is a moment in any zone, by default now.
    """

    def __init__(self, facts: CouncilFacts, now: Callable[[], datetime] = utc_now) -> None:
        self.facts = facts
        self._now = now
        self._version = -1

    def is_open(self, queue: str, at: datetime | None = None) -> bool:
        """Whether people of ``queue`` answer. Emergency queues and unknown ones always do."""
        return is_open(self.facts, queue, at or self._now())

    def closed_words(self, queue: str, at: datetime | None = None) -> str:
        """What a caller of a closed queue is told: until when, and the other way there is. Empty when open."""
        at = at or self._now()
        return "" if is_open(self.facts, queue, at) else closed_words(self.facts, queue, at)

    def opens_words(self, queue: str, at: datetime | None = None) -> str:
        """When a closed queue opens: "tomorrow at nine". Empty when it is open, or that is not planned."""
        return opens_words(self.facts, queue, at or self._now())

    def out_of_hours(self, queue: str) -> str:
        """The queue's way out of hours: "message", "callback" or "number"."""
        known = self.facts.queue.get(queue)
        return known.out_of_hours.value if known is not None else "message"

    def place_today(self, place: str, at: datetime | None = None) -> str:
        """How a place stands, in a sentence; empty when nothing is known of it."""
        return place_sentence(self.facts, place, at or self._now())

    def queue_today(self, queue: str, at: datetime | None = None) -> str:
        """How a queue stands, in a sentence; empty when nothing is known of it."""
        return queue_sentence(self.facts, queue, at or self._now())

    def number(self, *names: str) -> str:
        """The phone number of the first of these services or queues that has one; else empty."""
        return next((self.facts.contact[name].number for name in names if name in self.facts.contact), "")

    def notices_for(self, service: str, topic: str, at: datetime | None = None) -> Sequence[tuple[str, Notice]]:
        """The notices, by name, that are told where the call is about ``service`` and ``topic``."""
        return [
            (name, notice)
            for name, notice in self._holding(at)
            if notice.service and notice.service == service and notice.topic in ("", topic)
        ]

    def greeting_notices(self, at: datetime | None = None) -> Sequence[tuple[str, Notice]]:
        """The notices, by name, that everybody is told after the greeting."""
        return [(name, notice) for name, notice in self._holding(at) if notice.greeting]

    def _holding(self, at: datetime | None) -> Sequence[tuple[str, Notice]]:
        here = (at or self._now()).astimezone(self.facts.zone)
        return [(name, notice) for name, notice in self.facts.notice.items() if notice.holds(here)]

    async def refresh(self, store: Knows) -> bool:
        """Take over what has changed; False when that can't be known now."""
        try:
            version = await store.version()
            if version != self._version:
                self.facts, self._version = await store.current(), version
        except (RecordsUnavailable, RecordRejected) as error:
            log.debug("facts.away", error=type(error).__name__)
            return False
        except FactRefused as error:
            # Defaults that changed under what was set, say: what held before goes on, and people are told in the log.
            log.error("facts.do_not_fit", error=str(error))
            self._version = version
            return False
        return True

    async def run(self, store: Knows, every_s: float = REFRESH_S) -> None:
        """Look for changes until cancelled."""
        while True:
            await self.refresh(store)
            await asyncio.sleep(every_s)


@asynccontextmanager
async def open_facts(settings: Settings, now: Callable[[], datetime] = utc_now) -> AsyncIterator[FactsReader]:
    """A reader that follows the database for as long as the block lasts; ``now`` is its clock.

    Raises :class:`~voicebot.errors.ConfigurationError` when the council's defaults are wrong.
    """
    defaults = council_defaults(settings)
    reader = FactsReader(defaults, now)
    database = Database(settings.database, busy_timeout_ms=500)
    store = FactsStore(database, defaults)
    following = asyncio.create_task(reader.run(store), name="facts")
    try:
        yield reader
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
        await database.close()
