"""One clock for the media of all calls.

A frame of 20 ms is cut into ten slots of 2 ms, and each stream ticks in one of them, so that the work of many
calls is spread evenly. Deadlines are absolute: the clock does not drift, whatever a tick costs. When the event
loop was late, the missed ticks of a stream are made up one at a time, at least 8 ms apart, so that its peer does
not get a burst; after a stop of more than a second they are left out.
"""

import asyncio
import time
from collections.abc import Callable

import structlog

SLOTS = 10
SLOT_S = 0.002
_APART_S = 0.008
_GIVE_UP_S = 1.0

_log = structlog.get_logger(__name__)

_UNIX_EPOCH = time.time() - time.monotonic()

Tick = Callable[[], None]


def unix_now() -> float:
    """Unix time that never jumps: the monotonic clock, from where it stood when the process began."""
    return time.monotonic() + _UNIX_EPOCH


class ClockCore:
    """The clock's arithmetic, without a loop: :meth:`run` with the time now, then sleep until what it says."""

    def __init__(self, start: float) -> None:
        self._origin = start
        self._slots: list[list[Tick]] = [[] for _ in range(SLOTS)]
        self._next = 0  # slots gone by since the origin
        self._ran = [start - 1.0] * SLOTS
        self.skipped = 0

    def add(self, tick: Tick) -> None:
        """Call ``tick`` every 20 ms, in the slot that has least to do."""
        min(self._slots, key=len).append(tick)

    def remove(self, tick: Tick) -> None:
        """No longer; harmless when it is not there."""
        for slot in self._slots:
            if tick in slot:
                slot.remove(tick)

    @property
    def idle(self) -> bool:
        """Whether nothing ticks."""
        return not any(self._slots)

    def restart(self, now: float) -> None:
        """Begin counting anew at ``now`` (after an idle time)."""
        self._origin, self._next = now, 0

    def run(self, now: float) -> float:
        """Tick what is due at ``now`` (seconds); gives the time of the next call."""
        late = now - (self._origin + self._next * SLOT_S)
        if late > _GIVE_UP_S:
            missed = int(late / SLOT_S) // SLOTS * SLOTS
            self._next += missed
            self.skipped += missed // SLOTS
        while True:
            due = self._origin + self._next * SLOT_S
            if due > now + 1e-6:
                return due
            index = self._next % SLOTS
            free = self._ran[index] + _APART_S
            if free > now + 1e-6:
                return free
            self._next += 1
            if self._slots[index]:
                self._ran[index] = now
                for tick in tuple(self._slots[index]):
                    tick()


class MediaClock:
    """Runs a :class:`ClockCore` on the running event loop; asleep while nothing ticks."""

    def __init__(self) -> None:
        self._core: ClockCore | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._reported = 0

    def add(self, tick: Tick) -> None:
        """Call ``tick`` every 20 ms from now on. It must not raise and must be quick."""
        self._loop = asyncio.get_running_loop()
        now = self._loop.time()
        if self._core is None:
            self._core = ClockCore(now)
        self._core.add(tick)
        if self._timer is None:
            self._core.restart(now)
            self._timer = self._loop.call_at(now, self._run)

    def remove(self, tick: Tick) -> None:
        """No longer."""
        if self._core is not None:
            self._core.remove(tick)

    def stop(self) -> None:
        """Forget all."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._core = None

    def _run(self) -> None:
        core, loop = self._core, self._loop
        if core is None or loop is None:
            return
        if core.idle:
            self._timer = None
            return
        # Schedule even if a tick raises: one call's defect must not stop the others.
        due = loop.time() + SLOT_S
        try:
            due = core.run(loop.time())
        finally:
            self._timer = loop.call_at(due, self._run)
            if core.skipped > self._reported:
                _log.warning("media clock fell behind", frames_skipped=core.skipped - self._reported)
                self._reported = core.skipped
