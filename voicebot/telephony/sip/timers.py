"""Deadlines of many machines in one place, without a clock."""

import heapq
from collections.abc import Iterator
from itertools import count

_SLACK = 64
"""Stopped deadlines that are not worth clearing away."""


class Timers:
    """Named deadlines, each belonging to an owner (any hashable object, matched by its hash)."""

    def __init__(self) -> None:
        self._deadlines: dict[object, dict[str, tuple[float, int]]] = {}
        self._heap: list[tuple[float, int, object, str]] = []
        self._running = 0
        self._serial = count()

    def __len__(self) -> int:
        return self._running

    def start(self, owner: object, name: str, at: float) -> None:
        """Set a deadline; one of that owner and name that runs is replaced."""
        serial = next(self._serial)
        names = self._deadlines.setdefault(owner, {})
        self._running += name not in names
        names[name] = (at, serial)
        heapq.heappush(self._heap, (at, serial, owner, name))
        self._clear()

    def stop(self, owner: object, name: str) -> None:
        """Forget a deadline; harmless when there is none."""
        names = self._deadlines.get(owner)
        if names is not None and names.pop(name, None) is not None:
            self._running -= 1
            if not names:
                del self._deadlines[owner]
            self._clear()

    def stop_all(self, owner: object) -> None:
        """Forget all deadlines of an owner."""
        self._running -= len(self._deadlines.pop(owner, {}))
        self._clear()

    def next(self) -> float | None:
        """The nearest deadline, or None."""
        while self._heap:
            at, serial, owner, name = self._heap[0]
            if self._runs(owner, name, at, serial):
                return at
            heapq.heappop(self._heap)
        return None

    def due(self, now: float) -> Iterator[tuple[object, str]]:
        """Take the deadlines that have passed, nearest first. What is started meanwhile counts too."""
        while (at := self.next()) is not None and at <= now:
            _, _, owner, name = heapq.heappop(self._heap)
            self.stop(owner, name)
            yield owner, name

    def _runs(self, owner: object, name: str, at: float, serial: int) -> bool:
        return self._deadlines.get(owner, {}).get(name) == (at, serial)

    def _clear(self) -> None:
        """Drop stopped deadlines once they outnumber those that run.

        Each holds its owner, a call or a transaction, and would do so until its time: for half an hour where a
        session timer was stopped.
        """
        if len(self._heap) > 2 * self._running + _SLACK:
            self._heap = [entry for entry in self._heap if self._runs(entry[2], entry[3], entry[0], entry[1])]
            heapq.heapify(self._heap)
