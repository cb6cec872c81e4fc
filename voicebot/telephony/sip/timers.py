"""Deadlines of many machines in one place, without a clock."""

import heapq
from collections.abc import Iterator
from itertools import count


class Timers:
    """Named deadlines, each belonging to an owner (any hashable object, matched by its hash)."""

    def __init__(self) -> None:
        self._deadlines: dict[object, dict[str, tuple[float, int]]] = {}
        self._heap: list[tuple[float, int, object, str]] = []
        self._serial = count()

    def __len__(self) -> int:
        return sum(len(names) for names in self._deadlines.values())

    def start(self, owner: object, name: str, at: float) -> None:
        """Set a deadline; one of that owner and name that runs is replaced."""
        serial = next(self._serial)
        self._deadlines.setdefault(owner, {})[name] = (at, serial)
        heapq.heappush(self._heap, (at, serial, owner, name))

    def stop(self, owner: object, name: str) -> None:
        """Forget a deadline; harmless when there is none."""
        names = self._deadlines.get(owner)
        if names is not None and names.pop(name, None) is not None and not names:
            del self._deadlines[owner]

    def stop_all(self, owner: object) -> None:
        """Forget all deadlines of an owner."""
        self._deadlines.pop(owner, None)

    def next(self) -> float | None:
        """The nearest deadline, or None."""
        while self._heap:
            at, serial, owner, name = self._heap[0]
            if self._deadlines.get(owner, {}).get(name) == (at, serial):
                return at
            heapq.heappop(self._heap)
        return None

    def due(self, now: float) -> Iterator[tuple[object, str]]:
        """Take the deadlines that have passed, nearest first. What is started meanwhile counts too."""
        while (at := self.next()) is not None and at <= now:
            _, _, owner, name = heapq.heappop(self._heap)
            self.stop(owner, name)
            yield owner, name
