"""A queue with threads behind it: native code works in them while the event loop goes on."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from voicebot.errors import Overloaded, SpeechUnavailable
from voicebot.speech.queue import FairQueue, QueueFull

Result = TypeVar("Result")


class Superseded(SpeechUnavailable):
    """A speculative request was dropped for a newer one of its call, or to make room."""


@dataclass(frozen=True, slots=True)
class Done(Generic[Result]):
    """A result and how long it waited for a thread, in ms."""

    result: Result
    queue_ms: float


@dataclass(eq=False, slots=True)
class _Job:
    work: Callable[[], Any]
    future: "asyncio.Future[Done[Any]]"
    queued_at: float = field(default_factory=time.monotonic)


class Lane:
    """``workers`` threads that serve a :class:`~voicebot.speech.queue.FairQueue` of at most ``limit``.

    Belongs to the event loop that first uses it; not for several loops.
    """

    def __init__(self, name: str, *, workers: int, limit: int, per_call: int = 4) -> None:
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix=f"speech-{name}")
        self._workers = workers
        self._queue: FairQueue[_Job] = FairQueue(limit=limit, per_call=per_call)
        self._running = 0
        self._closed = False

    @property
    def queued(self) -> int:
        """Requests that wait for a thread."""
        return len(self._queue)

    @property
    def running(self) -> int:
        """Requests in a thread."""
        return self._running

    async def submit(self, call: str, work: Callable[[], Result], *, speculative: bool = False) -> Done[Result]:
        """Run ``work`` in a thread when its turn comes.

        Raises what ``work`` raises, :class:`~voicebot.errors.Overloaded` at once when there is no room, and
        :class:`Superseded`. Cancelling takes it out of the queue; work that has begun goes on to its end unheard.
        """
        if self._closed:
            raise SpeechUnavailable("speech is shutting down")
        job = _Job(work, asyncio.get_running_loop().create_future())
        try:
            dropped = self._queue.put(call, job, speculative=speculative)
        except QueueFull:
            raise Overloaded(f"{len(self._queue)} requests wait already") from None
        for old in dropped:
            if not old.future.done():
                old.future.set_exception(Superseded("a newer request took its place"))
        self._pump()
        try:
            return await job.future
        finally:
            self._queue.remove(call, job)

    def _pump(self) -> None:
        while self._running < self._workers and not self._closed:
            job = self._queue.pop()
            if job is None:
                return
            if job.future.done():
                continue
            self._running += 1
            waited = (time.monotonic() - job.queued_at) * 1000
            handle = asyncio.get_running_loop().run_in_executor(self._executor, job.work)
            handle.add_done_callback(lambda done, job=job, waited=waited: self._finish(job, done, waited))  # type: ignore[misc]

    def _finish(self, job: _Job, handle: "asyncio.Future[Any]", waited: float) -> None:
        self._running -= 1
        error = None if handle.cancelled() else handle.exception()
        if not job.future.done():
            if handle.cancelled():
                job.future.set_exception(SpeechUnavailable("speech is shutting down"))
            elif error is not None:
                job.future.set_exception(error)
            else:
                job.future.set_result(Done(handle.result(), waited))
        self._pump()

    async def close(self) -> None:
        """Refuse what is queued, wait for what runs."""
        self._closed = True
        for job in self._queue.drain():
            if not job.future.done():
                job.future.set_exception(SpeechUnavailable("speech is shutting down"))
        await asyncio.to_thread(self._executor.shutdown, wait=True)
