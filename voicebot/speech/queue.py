"""Who is served next: fair over calls, bounded, and rid of work that nobody waits for any more. No clocks, no tasks."""

from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(slots=True)
class _Entry(Generic[Item]):
    item: Item
    speculative: bool


class QueueFull(Exception):
    """No room, and nothing queued that could give way."""


class FairQueue(Generic[Item]):
    """Items of many calls, given out one call after another.

    A call has at most ``per_call`` items waiting; all calls together ``limit``. ``speculative`` items are guesses (a
    transcription at the first pause, say): a newer item of the same call drops them, and when the queue is full
    they give way to an item that is no guess.
    """

    def __init__(self, *, limit: int, per_call: int = 4) -> None:
        self._limit = limit
        self._per_call = per_call
        self._calls: OrderedDict[str, deque[_Entry[Item]]] = OrderedDict()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def put(self, call: str, item: Item, *, speculative: bool = False) -> list[Item]:
        """Add ``item``; gives the items that had to go. Raises :class:`QueueFull`, and then nothing has changed."""
        waiting = self._calls.get(call)
        stale = [entry for entry in waiting if entry.speculative] if waiting else []
        others = len(waiting) - len(stale) if waiting else 0
        if others >= self._per_call:
            raise QueueFull
        yielding: tuple[str, _Entry[Item]] | None = None
        if self._count - len(stale) >= self._limit:
            yielding = None if speculative else self._oldest_guess(except_call=call)
            if yielding is None:
                raise QueueFull
        dropped = [entry.item for entry in stale]
        for entry in stale:
            self._take(call, entry)
        if yielding is not None:
            self._take(*yielding)
            dropped.append(yielding[1].item)
        self._calls.setdefault(call, deque()).append(_Entry(item, speculative))
        self._count += 1
        return dropped

    def _oldest_guess(self, *, except_call: str) -> tuple[str, _Entry[Item]] | None:
        for call, waiting in self._calls.items():
            if call == except_call:
                continue
            for entry in waiting:
                if entry.speculative:
                    return call, entry
        return None

    def _take(self, call: str, entry: _Entry[Item]) -> None:
        waiting = self._calls[call]
        for index, other in enumerate(waiting):
            if other is entry:
                del waiting[index]
                break
        if not waiting:
            del self._calls[call]
        self._count -= 1

    def pop(self) -> Item | None:
        """The next item: the first of the call that has waited longest for its turn."""
        if not self._calls:
            return None
        call, waiting = self._calls.popitem(last=False)
        entry = waiting.popleft()
        self._count -= 1
        if waiting:
            self._calls[call] = waiting
        return entry.item

    def remove(self, call: str, item: Item) -> bool:
        """Take back ``item``; False when it is no longer queued."""
        for entry in self._calls.get(call, ()):
            if entry.item is item:
                self._take(call, entry)
                return True
        return False

    def drain(self) -> list[Item]:
        """Empty the queue and give what was in it."""
        items = [entry.item for waiting in self._calls.values() for entry in waiting]
        self._calls.clear()
        self._count = 0
        return items
