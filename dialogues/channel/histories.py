"""Where Rasa keeps the histories of calls: those in progress as they are, not as text to be read again and again.

A turn needs the history three times (before, during and after), and it grows with the call: reading it from text or a
database each time took longer than what the turn was for. A call's turns go through one process, one at a time; what a
turn that failed has left half done on a history is taken back when it is asked for next.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from rasa.core.tracker_store import InMemoryTrackerStore, SQLTrackerStore
from rasa.shared.core.trackers import DialogueStateTracker

from channel.live import LiveHistories

MOST_AS_TEXT = 4000
"""Calls over for a while whose history is still there for somebody who rings back, where there is no database."""


class KeptInMemory(InMemoryTrackerStore):
    """Histories of calls in progress as they are, those of earlier calls as text, and none for ever."""

    def __init__(self, domain: Any, event_broker: Any = None, **named: Any) -> None:
        super().__init__(domain, event_broker, **named)
        self._live = LiveHistories()

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep a call's history."""
        await self.stream_events(tracker)
        self.store.pop(tracker.sender_id, None)
        for earlier in self._live.put(tracker):
            self.store[earlier.sender_id] = self.serialise_tracker(earlier)
        while len(self.store) > MOST_AS_TEXT:
            del self.store[next(iter(self.store))]

    async def retrieve(self, sender_id: str) -> "DialogueStateTracker | None":
        """A call's history."""
        return self._live.get(sender_id) or await super().retrieve(sender_id)

    async def retrieve_full_tracker(self, sender_id: str) -> "DialogueStateTracker | None":
        """The same: a call is one session."""
        return await self.retrieve(sender_id)

    async def keys(self) -> Iterable[str]:
        """All calls."""
        return [*self._live.senders(), *self.store]


class KeptInSql(SQLTrackerStore):
    """Histories in a database, written at each turn and read only by a process that did not write them."""

    def __init__(self, domain: Any, event_broker: Any = None, **named: Any) -> None:
        super().__init__(domain, event_broker=event_broker, **named)
        self._live = LiveHistories()

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Write what is new of a call."""
        await super().save(tracker)
        self._live.put(tracker)

    async def retrieve(self, sender_id: str) -> "DialogueStateTracker | None":
        """A call's history."""
        live = self._live.get(sender_id)
        if live is not None:
            return live
        tracker = await super().retrieve(sender_id)
        if tracker is not None:
            self._live.put(tracker)
        return tracker

    def _additional_events(self, session: Any, tracker: DialogueStateTracker) -> Iterable[Any]:
        saved = self._live.saved(tracker.sender_id)
        if saved is None:
            return super()._additional_events(session, tracker)
        return islice(tracker.events, saved, None)
