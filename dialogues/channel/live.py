"""Histories of calls as objects, always as they were when they were saved."""

from collections import OrderedDict
from collections.abc import Iterable
from itertools import islice
from typing import Any

MOST_LIVE = 400
"""Calls whose history is kept as it is."""

Tracker = Any
"""Rasa's DialogueStateTracker."""


class LiveHistories:
    """The histories of the calls that were heard of last, as they were when they were saved."""

    def __init__(self, most: int = MOST_LIVE) -> None:
        self._most = most
        self._calls: OrderedDict[str, tuple[Tracker, int]] = OrderedDict()

    def get(self, sender: str) -> "Tracker | None":
        """A call's history as it was saved."""
        if sender not in self._calls:
            return None
        tracker, saved = self._calls[sender]
        if len(tracker.events) != saved:
            tracker = _first(tracker, saved)
            self._calls[sender] = (tracker, saved)
        self._calls.move_to_end(sender)
        return tracker

    def saved(self, sender: str) -> "int | None":
        """How many events of a call are saved."""
        return self._calls[sender][1] if sender in self._calls else None

    def put(self, tracker: Tracker) -> list[Tracker]:
        """Keep a history as it is now; gives those for which there is no more room."""
        left = []
        self._calls[tracker.sender_id] = (tracker, len(tracker.events))
        self._calls.move_to_end(tracker.sender_id)
        while len(self._calls) > self._most:
            oldest = next(iter(self._calls))
            left.append(self.get(oldest))
            del self._calls[oldest]
        return left

    def senders(self) -> Iterable[str]:
        """The calls there are."""
        return tuple(self._calls)


def _first(tracker: Tracker, events: int) -> Tracker:
    """The same history with so many events."""
    before = tracker.init_copy()
    before.model_id, before.assistant_id = tracker.model_id, tracker.assistant_id
    for event in islice(tracker.events, events):
        before.update(event)
    return before
